"""What a post's file says: its header, its blocks, its inline values and links, each with its line."""
