"""What runs inside the kernel, beside an author's blocks."""
