"""SVG of charts, made small, safe and fit for a light and a dark page."""
