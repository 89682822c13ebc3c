"""Random weights that come from a seed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from geobias.encoders.checks import count

LARGEST_SEED = 2**63 - 1


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draw random numbers from a seed, and leave those of others as they are."""
    number = count("seed", seed, least=0, most=LARGEST_SEED)
    with torch.random.fork_rng(devices=[]):
        # Not torch.manual_seed, which sets the generators of graphics cards, too.
        torch.default_generator.manual_seed(number)
        yield
