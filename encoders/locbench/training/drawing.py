"""What an epoch draws: which samples, in which order, and the seeds of all else."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor


class Seeds(NamedTuple):
    """Seeds of one epoch; they depend on no epoch before, so that a run can go on anywhere."""

    order: int
    negatives: int
    dropout: int

    @classmethod
    def of(cls, seed: int, epoch: int) -> Seeds:
        """Return those of an epoch.

        >>> Seeds.of(0, 1) == Seeds.of(0, 1), Seeds.of(0, 1) == Seeds.of(1, 0)
        (True, False)
        """
        return cls(*split_seed(seed, epoch, parts=3))


def split_seed(*numbers: int, parts: int) -> list[int]:
    """Make seeds of numbers, such that what is drawn from one tells nothing of the others.

    >>> len(set(split_seed(0, parts=3)))
    3
    """
    words = np.random.SeedSequence(numbers).generate_state(parts, np.uint64)
    return [int(word >> np.uint64(1)) for word in words]


def order_of(
    labels: Tensor | None, rows: int, most: int | None, generator: torch.Generator
) -> Tensor:
    """Draw the samples of an epoch in the order in which they are seen.

    Parameters
    ----------
    labels : integer tensor, (rows,), optional
        Classes, where samples are to be balanced.
    rows : int
        How many samples there are.
    most : int, optional
        How many samples of one class are drawn at most.
    generator : torch.Generator
        Draws them.

    Examples
    --------
    >>> labels = torch.tensor([0] * 100 + [1])
    >>> labels[order_of(labels, 101, 3, torch.Generator().manual_seed(0))].sort().values
    tensor([0, 0, 0, 1])
    """
    order = torch.randperm(rows, generator=generator)
    if labels is None or most is None:
        return order
    by_class, places = torch.sort(labels[order], stable=True)
    first = torch.searchsorted(by_class, by_class)
    kept = torch.zeros(rows, dtype=torch.bool)
    kept[places] = torch.arange(rows) - first < most
    return order[kept]
