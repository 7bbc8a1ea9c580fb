"""Running a post's blocks in a kernel, through recorded outputs."""
