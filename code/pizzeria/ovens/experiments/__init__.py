"""What was tried: kill -9 in the middle of a lunch, and why not `$share`."""
