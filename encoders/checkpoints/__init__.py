"""Models as files: published checkpoints are read, our own are written and read."""
