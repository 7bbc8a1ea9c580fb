"""Who works: an oven and a cook with a tablet, and the loop that puts either on a broker."""
