"""What changed: the outputs, charts and values of one published site against those of another."""

SUFFIX = "_outputs.json"  # of a record's file name; no block's own file has an underscore
