"""How large a simulated dataset may be, and which of its samples are trained on."""

from __future__ import annotations

from geobias.settings import whole_number

FEWEST, MOST = 1_000, 1_000_000
TRAIN, VAL = 0.7, 0.1
"""Shares of the samples; the rest are the test split."""


def size(n: int) -> int:
    """Return how many samples are wanted, or say how many there may be."""
    return whole_number("n", n, FEWEST, MOST)


def divided(n: int) -> dict[str, slice]:
    """Return the rows of each split; samples that are drawn alike need no shuffling.

    >>> divided(1_000)
    {'train': slice(0, 700, None), 'val': slice(700, 800, None), 'test': slice(800, 1000, None)}
    """
    first, second = round(TRAIN * n), round((TRAIN + VAL) * n)
    return {"train": slice(0, first), "val": slice(first, second), "test": slice(second, n)}
