"""`datacenter serve --open`: a board of running servers in a browser, and a crowd to put before them."""
