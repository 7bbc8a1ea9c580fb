"""What changed: the outputs, charts and values of one published site against those of another."""
