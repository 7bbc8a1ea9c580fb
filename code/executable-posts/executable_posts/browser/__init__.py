"""What the build prepares for readers' browsers: where each block can run, and the Python that runs it."""
