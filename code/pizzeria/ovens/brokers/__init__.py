"""Through whom it is said: each kind of broker, as processes of its own."""
