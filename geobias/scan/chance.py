"""What the highest likelihood ratio of any circle is when errors fall by chance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from geobias.crews import Crew
from geobias.geometry.places import Ints
from geobias.geometry.walk import Progress
from geobias.inference.exchange import Exchange
from geobias.scan.circles import Circles, Errors, pieces_of
from geobias.scan.ladder import Ground
from geobias.scan.lanes import LANES, WORDS, Words, rows
from geobias.scan.sweep import MOST_PLANES, pack, sweep
from geobias.sphere import Floats

_TABLE_BYTES = 1 << 29
"""The permuted errors of models that are worked on together take about so much memory."""

_WORD = 64
"""Bits in a word: one for each of so many permutations."""


class _Trade(NamedTuple):
    """Errors, (models, seats) of so many bits, and which of them may trade places."""

    errors: Errors
    parts: int
    exchange: Exchange
    seed: int


class _Table(NamedTuple):
    """The permuted errors of some models and the ground they lie on, as `sweep` takes them."""

    ground: Ground
    bits: Words
    parts: int
    all_errors: Ints
    samples: int
    highest: int
    permutations: int


@dataclass
class _Best:
    """The highest ratios so far, (models, lanes): an array that is replaced, never changed.

    They spare work on what cannot be higher, and change no result. In this process a piece sets out
    from those that are known when it is begun; in another one, when it is sent there.
    """

    ratios: Floats


class _Piece(NamedTuple):
    """The circles of some centres, and the highest ratios of others."""

    centres: Ints
    start: Ints
    square: Floats
    n: Ints
    best: _Best


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

    def maxima(self, crew: Crew, advance: Progress) -> Floats:
        """Return the highest ratio of any circle in each permutation, (models, permutations)."""
        maxima = np.zeros((len(self.errors), self.permutations))
        batches = list(self._batches())
        total = sum(draws.size + self.circles.centres.size for _, draws in batches)
        done = 0
        for models, draws in batches:
            best = _Best(np.zeros((models.size, LANES)))
            for steps in self._raise(best, models, draws, crew):
                done += steps
                advance(done, total)
            maxima[models[:, None], draws] = best.ratios[:, : draws.size]
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

    def _raise(self, best: _Best, models: Ints, draws: Ints, crew: Crew) -> Iterator[int]:
        """Raise the highest ratios by those of a batch; yield how much more of it is done."""
        table = self._table(models, draws, crew)
        yield draws.size
        for centres, ratios in crew.map(_swept, table, self._pieces(best, crew)):
            best.ratios = np.maximum(best.ratios, ratios)
            yield centres

    def _table(self, models: Ints, draws: Ints, crew: Crew) -> _Table:
        """Permute the errors of each model, and lay them as bits side by side."""
        errors, seats = self.errors[models], self.errors.shape[1]
        bits = rows(models.size * (seats + 1) * self._parts)
        bits = bits.reshape(models.size, seats + 1, self._parts, WORDS)
        trade = _Trade(errors, self._parts, self.exchange, self.seed)
        together = (draws[first : first + _WORD] for first in range(0, draws.size, _WORD))
        for word, permuted in enumerate(crew.map(_permuted, trade, together)):
            bits[:, :seats, :, word] = permuted
        return _Table(
            ground=self.circles.ground,
            bits=bits.reshape(models.size, -1),
            parts=self._parts,
            all_errors=errors.sum(axis=1, dtype=np.int64),
            samples=seats,
            highest=self.highest,
            permutations=draws.size,
        )

    def _pieces(self, best: _Best, crew: Crew) -> Iterator[_Piece]:
        """Yield the circles of some centres, and of the next."""
        circles = self.circles
        for piece in pieces_of(circles.centres, crew):
            start = circles.start[piece.start : piece.stop + 1]
            held = slice(start[0], start[-1])
            yield _Piece(
                centres=circles.centres[piece],
                start=start - start[0],
                square=circles.square[held],
                n=circles.n[held],
                best=best,
            )


def _permuted(trade: _Trade, draws: Ints) -> Words:
    """Return the errors in up to 64 permutations, a bit each, (models, seats, parts)."""
    words = np.zeros((*trade.errors.shape, trade.parts), np.uint64)
    for bit, draw in enumerate(draws):
        # Draw 0 is what was observed.
        generator = np.random.default_rng([trade.seed, 2, 1 + draw])
        pack(trade.errors, trade.exchange.shuffle(generator), words, bit)
    return words


def _swept(table: _Table, piece: _Piece) -> tuple[int, Floats]:
    """Return how many centres a piece has, and the highest ratios now that it is swept."""
    maxima = piece.best.ratios.copy()
    work = rows((table.parts + 2) * MOST_PLANES).reshape(table.parts + 2, -1)
    sweep(
        table.ground, piece.centres, piece.start, piece.square, piece.n, table.bits, table.parts,
        table.all_errors, table.samples, table.highest, table.permutations, work, maxima,
    )  # fmt: skip
    return piece.centres.size, maxima
