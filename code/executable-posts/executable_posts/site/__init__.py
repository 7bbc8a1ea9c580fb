"""A whole site: building its posts, publishing and serving what a generator made of them."""
