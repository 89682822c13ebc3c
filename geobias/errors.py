"""What geobias raises when it cannot work with what it was given.

A message says what was found, where it was found (column, row numbers, count) and what to do
about it. Rows are counted from 0.
"""

from __future__ import annotations


class GeoBiasError(ValueError):
    """Base of every error that geobias raises on purpose."""


class InputError(GeoBiasError):
    """A file or table that cannot be read as samples."""


class ScaleError(GeoBiasError):
    """A scale that says no usable neighbourhood."""
