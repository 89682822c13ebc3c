"""Figures of what an audit found: drawn with matplotlib, without touching its global state."""
