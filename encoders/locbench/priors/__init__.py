"""Priors without a network: how likely a class is at a place, by counting training samples."""
