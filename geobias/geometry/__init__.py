"""Locations without marks: who is near whom, on which lattice, in which graph.

Nothing in this room knows whether a model was right. What it builds for a set of
locations and a scale therefore serves every model, threshold and permutation.
"""
