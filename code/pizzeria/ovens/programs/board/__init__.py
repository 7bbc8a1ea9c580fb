"""The ovens on a page: static files, and the loopback server that hands them out."""
