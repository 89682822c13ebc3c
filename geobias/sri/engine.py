"""SRI for every centre: chunks of neighbourhoods through the kernel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.special import gammaln

from geobias.geometry.neighbours import Neighbourhoods, Reach, chunks, neighbourhoods
from geobias.geometry.places import Ints
from geobias.geometry.walk import Route, Task, Walk, averaging
from geobias.marking import Codes
from geobias.scales import Scale
from geobias.sphere import RIM, Floats
from geobias.sri.cuts import CELLS_PER_RADIUS, LAGS_PER_RADIUS, SNAP, Sizes
from geobias.sri.parts import KINDS
from geobias.sri.visiting import visit_parts

_MEMBER_BYTES = 100
"""What a member of a neighbourhood takes in the kernel."""

NAMES = ("sri_grid", "sri_lag", "sri_sector")
"""The kinds of SRI, in the order of `geobias.sri.cuts`."""


@dataclass(frozen=True)
class PartScores:
    """SRI of each centre at one scale, (kinds, models, centres).

    ``nats`` is what the preset makes it, and grows as parts get small. ``p`` says how often
    chance gives as much in the parts of preset ``geobias``; -ln p is about 1 nat when errors
    fall at random.
    """

    nats: Floats
    p: Floats

    def relative(self) -> Floats:
        """Return -ln p in nats."""
        nats: Floats = -np.log(self.p)
        return nats + 0.0


class PartEngine:
    """Scores how the parts of neighbourhoods differ from the whole.

    Parameters
    ----------
    walk
        The way to the neighbourhoods.
    values
        The distinct marks, ascending.
    levels
        The levels a mark can have. A mark between two levels, the mean of a merged site,
        belongs to both by its nearness; between more than two it leaves the SRI of its
        neighbourhoods undefined.
    sizes
        How large the parts are.
    preset
        ``geobias`` or ``published``: what the raw scores are. The calibrated ones are those
        of ``geobias`` whatever the preset.
    draws
        Most arrangements of the marks that are drawn at a centre.
    seed
        Seed of those draws.
    """

    def __init__(
        self,
        walk: Walk,
        values: Floats,
        levels: Sequence[float],
        sizes: Sizes,
        *,
        preset: str,
        draws: int,
        seed: int,
    ) -> None:
        self._walk = walk
        self._spread = spread_of(values, levels)
        self._whole_marks = bool(np.isin(self._spread, (0.0, 1.0)).all())
        self._sizes = sizes
        self._published = preset == "published"
        self._draws = draws
        self._seed = np.uint64(seed)

    def scoring(self, scale: Scale, route: Route, codes: Codes) -> Task:
        """Return the task of scoring every neighbourhood of a scale, which makes `PartScores`."""
        capped = _is_cut(scale)

        def visit(found: Neighbourhoods) -> tuple[Floats, Floats]:
            nats, p = self._visit(self._discs(found, capped), codes, False, self._draws)
            if self._published:
                nats, _ = self._visit(self._surroundings(found), codes, True, 0)
            return nats, p

        def finish(parts: list[tuple[Floats, Floats]]) -> PartScores:
            nats, p = (np.concatenate(own, axis=2) for own in zip(*parts, strict=True))
            return PartScores(nats[..., route.back], p[..., route.back])

        return Task(visit, finish, partial(_room, codes.shape[1]))

    def averaging(self, scale: Scale, centres: Ints, weights: Ints, codes: Codes) -> Task:
        """Return the task of averaging the raw scores, which makes (kinds, columns)."""
        capped = _is_cut(scale)

        def scores(found: Neighbourhoods) -> Floats:
            around = self._surroundings(found) if self._published else self._discs(found, capped)
            return self._visit(around, codes, self._published, 0)[0]

        room = partial(_room, codes.shape[1])
        return averaging(scores, self._walk.places.points, centres, weights, room)

    def _visit(
        self, around: Iterator[Neighbourhoods], codes: Codes, published: bool, draws: int
    ) -> tuple[Floats, Floats]:
        """Run the kernel, and return SRI and p, (kinds, columns, centres)."""
        places = self._walk.places
        made = []
        for found in around:
            shape = KINDS, codes.shape[1], found.centres.size
            nats, p = np.empty(shape), np.empty(shape)
            visit_parts(
                places.unit, *places.radians, places.point_of_seat, found.centres,
                found.radius, found.start, found.members, self._sizes, published, codes,
                self._spread, self._whole_marks, draws, places.draw[found.centres] ^ self._seed,
                gammaln(np.arange(1.0, np.diff(found.start).max() + 2.0)), nats, p,
            )  # fmt: skip
            made.append((nats, p))
        nats, p = (np.concatenate(own, axis=2) for own in zip(*made, strict=True))
        return nats, p

    def _discs(self, found: Neighbourhoods, capped: bool) -> Iterator[Neighbourhoods]:
        """Return the same neighbourhoods without a cap."""
        if not capped:
            return iter([found])
        return self._within(found, found.radius * (1.0 + RIM))

    def _surroundings(self, found: Neighbourhoods) -> Iterator[Neighbourhoods]:
        """Return all samples that the parts of preset ``published`` can hold."""
        return self._within(found, _outermost(self._sizes, found.radius))

    def _within(self, found: Neighbourhoods, search: Floats) -> Iterator[Neighbourhoods]:
        """Look up all samples within ``search`` of each centre, in chunks."""
        index, places = self._walk.index, self._walk.places
        nothing_cut = np.zeros(found.centres.size, bool)
        reach = Reach(found.centres, found.radius, search, None, nothing_cut, nothing_cut)
        for chunk in chunks(index.count(found.centres, search)):
            yield neighbourhoods(index, places, reach, chunk)


def _room(columns: int, members: int, radius: float) -> int:
    """Return how many bytes the work on a neighbourhood takes."""
    return members * (_MEMBER_BYTES + columns)


def farthest(scale: Scale, sizes: Sizes, preset: str, radius: Floats) -> Floats:
    """Return angles beyond which parts hold nothing, in neighbourhoods of up to such radii."""
    if scale.radius_rad is not None:
        radius = np.full(radius.shape, scale.radius_rad)
    return _outermost(sizes, radius) if preset == "published" else radius * (1.0 + RIM)


def _outermost(sizes: Sizes, radius: Floats) -> Floats:
    """Return angles beyond which the parts of preset ``published`` hold nothing."""
    cell = sizes.cell or radius / CELLS_PER_RADIUS
    lag = sizes.lag or radius / LAGS_PER_RADIUS
    with np.errstate(invalid="ignore"):
        # A degree of longitude is never longer than one of latitude.
        corner = np.sqrt(2.0) * cell * np.ceil(radius / cell - SNAP)
        ring = lag * np.ceil(radius / lag - SNAP)
    outermost: Floats = np.fmax(radius, np.fmax(corner, ring)) * (1.0 + SNAP)
    return np.minimum(outermost, np.pi)


def _is_cut(scale: Scale) -> bool:
    """Whether a cap can turn samples away that lie within the radius."""
    return scale.cap is not None and scale.radius_rad is not None


def spread_of(values: Floats, levels: Sequence[float]) -> Floats:
    """Return how each mark counts, (values, levels): all rows add up to 1.

    >>> spread_of(np.array([-1.0, 0.5, 1.0]), (-1.0, 1.0)).tolist()
    [[1.0, 0.0], [0.25, 0.75], [0.0, 1.0]]
    """
    steps = np.array(sorted(levels))
    if steps.size == 2:
        high = (values - steps[0]) / (steps[1] - steps[0])
        return np.stack((1.0 - high, high), axis=1)
    whole: Floats = (values[:, None] == steps).astype(np.float64)
    whole[whole.sum(axis=1) == 0.0] = np.nan
    return whole
