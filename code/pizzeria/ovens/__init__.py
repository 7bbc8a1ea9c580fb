"""Part 3: connected ovens, tablets and the expediter, as programs that talk MQTT."""
