"""Serve a site while it is written: watch its sources, build in forks of one warm process, refresh pages in place."""
