"""Who asks: the clients of a lunch, and the kitchen as an order sees it from afar."""
