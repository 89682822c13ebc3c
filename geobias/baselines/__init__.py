"""What others measure, to compare with."""
