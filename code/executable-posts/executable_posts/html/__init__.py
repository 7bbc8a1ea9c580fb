"""From an executed post to the HTML of its page."""
