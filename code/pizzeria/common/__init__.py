"""What several rooms share: compilers, processes, ports, files. Nothing here knows a story."""
