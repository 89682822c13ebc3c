"""Spatial relative information: whether parts of a neighbourhood differ from the whole."""
