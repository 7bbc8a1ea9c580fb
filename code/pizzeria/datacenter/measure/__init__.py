"""What each way costs: load, probes, the comparison, its record."""
