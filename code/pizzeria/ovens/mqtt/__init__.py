"""How it is said: a broker's address, and a link that comes back whenever it is cut."""
