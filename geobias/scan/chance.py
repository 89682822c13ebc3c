"""What the highest likelihood ratio of any circle is when errors fall by chance."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geobias.geometry.places import Ints
from geobias.geometry.walk import Progress
from geobias.inference.exchange import Exchange
from geobias.scan.circles import CENTRES_PER_CHUNK, Circles, Errors
from geobias.scan.lanes import LANES, WORDS, Words, rows
from geobias.scan.sweep import MOST_PLANES, pack, sweep
from geobias.sphere import Floats

_TABLE_BYTES = 1 << 29
"""The permuted errors of models that are worked on together take about so much memory."""


@dataclass(frozen=True)
class Chance:
    """Permutes the errors of all models alike, and scans the same circles each time.

    Attributes
    ----------
    circles
        What is looked at.
    errors
        (models, seats): from 0 to ``highest``.
    highest
        The errors of a sample that is wrong altogether.
    exchange
        Which errors may trade places.
    permutations, seed
        How many, and which.
    """

    circles: Circles
    errors: Errors
    highest: int
    exchange: Exchange
    permutations: int
    seed: int

    def maxima(self, threads: int, advance: Progress) -> Floats:
        """Return the highest ratio of any circle in each permutation, (models, permutations)."""
        maxima = np.zeros((len(self.errors), self.permutations))
        batches = list(self._batches())
        total = sum(draws.size + self.circles.centres.size for _, draws in batches)
        done = 0
        with ThreadPoolExecutor(threads) as pool:
            for models, draws in batches:
                bits = self._bits(models, draws, pool)
                done += draws.size
                advance(done, total)
                highest = np.zeros((models.size, LANES))
                for centres, part in self._sweeps(models, draws.size, bits, highest, pool):
                    np.maximum(highest, part, out=highest)
                    done += centres
                    advance(done, total)
                maxima[models[:, None], draws] = highest[:, : draws.size]
        return maxima

    @property
    def _parts(self) -> int:
        return self.highest.bit_length()

    def _batches(self) -> Iterator[tuple[Ints, Ints]]:
        """Yield models and permutations that are worked on together."""
        total = self.errors.sum(axis=1, dtype=np.int64)
        # Without errors, or with nothing else, no circle is worse than another.
        models = np.flatnonzero((total > 0) & (total < self.highest * self.errors.shape[1]))
        together = max(1, _TABLE_BYTES // (8 * WORDS * self._parts * self.errors.shape[1]))
        for first in range(0, models.size, together):
            for draw in range(0, self.permutations, LANES):
                draws = np.arange(draw, min(draw + LANES, self.permutations))
                yield models[first : first + together], draws

    def _bits(self, models: Ints, draws: Ints, pool: Executor) -> Words:
        """Return the permuted errors of each model as bits side by side, (models, words)."""
        seats = self.errors.shape[1]
        bits = rows(models.size * (seats + 1) * self._parts)
        bits = bits.reshape(models.size, seats + 1, self._parts, WORDS)
        errors = self.errors[models]

        def shuffle(draw: int) -> NDArray[np.uint8]:
            generator = np.random.default_rng([self.seed, 2, draw])
            return errors[:, self.exchange.shuffle(generator)]

        for word, first in enumerate(range(0, draws.size, 64)):
            # Draw 0 is what was observed.
            shuffled = np.array(list(pool.map(shuffle, 1 + draws[first : first + 64])))
            for model in range(models.size):
                pack(shuffled[:, model], bits[model], word)
        return bits.reshape(models.size, -1)

    def _sweeps(
        self, models: Ints, permutations: int, bits: Words, highest: Floats, pool: Executor
    ) -> Iterator[tuple[int, Floats]]:
        """Sweep over the circles chunk by chunk; yield how many centres, and what is highest.

        What is highest so far is where the next chunk sets out from. That spares work, and changes
        no result.
        """
        circles, samples = self.circles, self.errors.shape[1]
        all_errors = self.errors[models].sum(axis=1, dtype=np.int64)

        def run(first: int) -> tuple[int, Floats]:
            centres = circles.centres[first : first + CENTRES_PER_CHUNK]
            start = circles.start[first : first + centres.size + 1]
            raised = highest.copy()
            work = rows((self._parts + 2) * MOST_PLANES).reshape(self._parts + 2, -1)
            sweep(
                circles.ground, centres, start, circles.square, circles.n, bits, self._parts,
                all_errors, samples, self.highest, permutations, work, raised,
            )  # fmt: skip
            return centres.size, raised

        yield from pool.map(run, range(0, circles.centres.size, CENTRES_PER_CHUNK))
