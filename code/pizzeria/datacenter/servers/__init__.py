"""Every way to wait: the same service on threads, processes and event loops."""
