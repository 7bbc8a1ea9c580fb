"""What runs in a reader's page: the standard library only, imports nothing of ours, shipped whole."""
