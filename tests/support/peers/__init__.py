"""Side by side with the peers: the same content, built, edited, tested and broken with each tool, in one run.

`make bench-peers` runs it; `python -m support.peers --help` says what can be chosen. Nothing here is part of the tests but its own.
"""
