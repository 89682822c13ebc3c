"""Search for the options and the training that suit an encoder on a dataset."""
