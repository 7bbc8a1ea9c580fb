"""What the post talks about: two kitchens, two data centres, and the event loop in between."""
