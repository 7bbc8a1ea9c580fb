"""The notebook of a post: its paired twin, and what readers download."""
