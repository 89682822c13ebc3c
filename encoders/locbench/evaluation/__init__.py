"""Evaluation: how good a model is, and what it says of every sample."""
