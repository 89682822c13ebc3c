"""Scores for every centre: chunks of neighbourhoods through the kernel, sums through the nulls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from geobias.geometry.lattice import most_rings, ring_table
from geobias.geometry.nearest import nearest_points
from geobias.geometry.neighbours import (
    BallTreeIndex,
    BandIndex,
    Index,
    Reach,
    chunks,
    neighbourhoods,
    reach_of,
)
from geobias.geometry.places import Ints, Places
from geobias.scales import EARTH_RADIUS_KM, Scale
from geobias.sphere import Floats
from geobias.ssi import nulls
from geobias.ssi.sums import GRAPH_SUMS, MARK_SUMS, sum_edges
from geobias.ssi.surprisal import surprisal, two_sided

Records = NDArray[np.void]
Progress = Callable[[int, int], None]
Codes = NDArray[np.integer[Any]]
Made = TypeVar("Made")

TESTED = ("marked", "relative", "clustering", "isolation")
"""Scores that depend on the marks."""

_RECORDS_PER_CHUNK = 200_000
"""Centres times columns that are in work at once; their sums take 64 bytes each."""


@dataclass(frozen=True)
class CentreScores:
    """The scores of each centre at one scale.

    One entry per centre in ``neighbours``, ``radius_km``, ``capped`` and ``unmarked``;
    (models, centres) in the others. The calibrated scores are the deviates; `two_sided`
    turns them into nats.
    """

    neighbours: Ints
    radius_km: Floats
    capped: NDArray[np.bool_]
    unmarked: Floats
    marked: Floats
    relative_z: Floats
    clustering_z: Floats
    isolation_z: Floats

    def nats(self, score: str) -> Floats:
        """Return one of `TESTED` in nats, (models, centres)."""
        return self.marked if score == "marked" else two_sided(getattr(self, f"{score}_z"))


class Engine:
    """Scores models on one set of places; the geometry of a scale serves all of them.

    Parameters
    ----------
    places
        Where the samples are.
    marks
        (models, samples), in the order the places were made from.
    levels
        The levels a mark can have. A mark between them, the mean of a merged site, leaves
        the marked score of its neighbourhoods undefined and the others as they are.
    k
        Neighbours of each node in the graphs.
    preset, coding
        Formula of the unmarked and marked scores, and what wrong is in the marked one.
    index
        ``bands``, or ``balltree`` for scikit-learn's BallTree.
    threads
        How many to use; never changes a result.

    Attributes
    ----------
    codes
        (seats, models): which of the distinct marks lies on each seat.
    """

    def __init__(
        self,
        places: Places,
        marks: Floats,
        levels: Sequence[float],
        *,
        k: int,
        preset: str,
        coding: str,
        index: str,
        threads: int,
    ) -> None:
        self._places = places
        self._levels = np.array(sorted({*levels, 0.0}))
        self._values = np.unique(marks)
        narrow = np.uint8 if self._values.size <= 256 else np.int32
        seated = [np.searchsorted(self._values, places.seated(model)) for model in marks]
        self.codes: Codes = np.column_stack(seated).astype(narrow)
        self._k = k
        self._preset = preset
        self._coding = coding
        self._threads = threads
        self._index: Index = (
            BandIndex(places, threads) if index == "bands" else BallTreeIndex(places)
        )
        self._nearest = nearest_points(places, k, threads)

    def score(self, scale: Scale, centres: Ints, advance: Progress) -> CentreScores:
        """Score the neighbourhoods around ``centres`` (points) at one scale.

        ``advance(done, total)`` is told about progress, in pairs of centre and neighbour.
        """
        reach = reach_of(self._index, scale, centres)
        graph, sums, level_counts = self._sums(reach, advance)
        with np.errstate(divide="ignore", invalid="ignore"):
            return CentreScores(
                neighbours=graph["samples"].astype(np.int64),
                radius_km=reach.radius * EARTH_RADIUS_KM,
                capped=reach.capped,
                unmarked=self._unmarked(graph),
                marked=self._marked(graph, sums, level_counts),
                relative_z=nulls.relative_z(graph, sums),
                clustering_z=nulls.clustering_z(graph, sums),
                isolation_z=nulls.isolation_z(graph, sums),
            )

    def sizes(self, scale: Scale, centres: Ints) -> Ints:
        """Return how many samples the neighbourhood of each centre holds."""
        with ThreadPoolExecutor(self._threads) as pool:
            return self._count(reach_of(self._index, scale, centres), pool)

    def means(
        self, scale: Scale, centres: Ints, weights: Floats, codes: Codes, advance: Progress
    ) -> Floats:
        """Return the mean of each of `TESTED` over the centres, for many columns of marks.

        Parameters
        ----------
        scale
            What a neighbourhood is.
        centres
            Points, and in ``weights`` how often each counts.
        codes
            (seats, columns), as the attribute of that name.
        advance
            Told about progress.

        Returns
        -------
        float64 array
            (scores, columns); NaN where a score is undefined at every centre.
        """
        reach = reach_of(self._index, scale, centres)
        weight_of = np.zeros(self._places.points)
        weight_of[centres] = weights

        def total(
            points: Ints, graph: Records, sums: Records, level_counts: Ints
        ) -> tuple[Floats, Floats]:
            weight = weight_of[points]
            with np.errstate(divide="ignore", invalid="ignore"):
                scores = (
                    self._marked(graph, sums, level_counts),
                    two_sided(nulls.relative_z(graph, sums)),
                    two_sided(nulls.clustering_z(graph, sums)),
                    two_sided(nulls.isolation_z(graph, sums)),
                )
            known = [~np.isnan(score) for score in scores]
            return (
                np.array(
                    [np.where(k, s, 0.0) @ weight for k, s in zip(known, scores, strict=True)]
                ),
                np.array([k @ weight for k in known]),
            )

        _, made = self._reduce(reach, codes, total, advance)
        sums = np.zeros((2, len(TESTED), codes.shape[1]))
        for part in made:
            sums += part
        with np.errstate(invalid="ignore"):
            means: Floats = sums[0] / sums[1]
        return means

    def _sums(self, reach: Reach, advance: Progress) -> tuple[Records, Records, Ints]:
        """Reduce every neighbourhood to the sums its scores are made of."""
        order, made = self._reduce(reach, self.codes, lambda _, *sums: sums, advance)
        graph, sums, level_counts = zip(*made, strict=True)
        back = np.argsort(order)
        return (
            np.concatenate(graph)[back],
            np.concatenate(sums, axis=1)[:, back],
            np.concatenate(level_counts, axis=1)[:, back],
        )

    def _reduce(
        self,
        reach: Reach,
        codes: Codes,
        make: Callable[[Ints, Records, Records, Ints], Made],
        advance: Progress,
    ) -> tuple[Ints, list[Made]]:
        """Reduce every neighbourhood to sums, and chunk by chunk make something of them.

        Returns the order in which the centres were visited, and what was made, in that
        order: it depends on the locations alone.
        """
        places = self._places
        lat_rad, lon_rad = np.radians(places.lat), np.radians(places.lon)
        with ThreadPoolExecutor(self._threads) as pool:
            counts = self._count(reach, pool)
            # Neighbourhoods of one size come one after another: they share their lattice.
            order = np.argsort(counts, kind="stable")
            reach, counts = reach.take(order), counts[order]
            rings = ring_table(most_rings(int(counts.max()), float(reach.radius.max())))

            def reduce(chunk: slice) -> tuple[int, Made]:
                found = neighbourhoods(self._index, places, reach, chunk)
                shape = codes.shape[1], found.centres.size
                graph = np.zeros(shape[1], GRAPH_SUMS).view(np.recarray)
                sums = np.zeros(shape, MARK_SUMS).view(np.recarray)
                level_counts = np.zeros((*shape, self._levels.size), np.int64)
                sum_edges(
                    places.unit, lat_rad, lon_rad, places.seat_start, places.point_of_seat,
                    self._nearest, found.centres, found.radius, found.start, found.members,
                    self._k, self._values, codes, self._levels, rings,
                    graph, sums, level_counts,
                )  # fmt: skip
                return found.members.size, make(found.centres, graph, sums, level_counts)

            most = max(1, _RECORDS_PER_CHUNK // codes.shape[1])
            total, done, made = int(counts.sum()), 0, []
            for pairs, part in pool.map(reduce, chunks(counts, most)):
                done += pairs
                made.append(part)
                advance(done, total)
        return order, made

    def _count(self, reach: Reach, pool: ThreadPoolExecutor) -> Ints:
        """Count the members of each neighbourhood."""
        slices = np.array_split(
            np.arange(reach.centres.size), min(8 * self._threads, reach.centres.size)
        )
        parts = pool.map(lambda s: self._index.count(reach.centres[s], reach.search[s]), slices)
        counts = np.concatenate(list(parts))
        return counts if reach.cap is None else np.minimum(counts, reach.cap)

    def _unmarked(self, graph: Records) -> Floats:
        mean, sd = nulls.analytic_null((0.0, 1.0), (graph["background"], graph["samples"]), self._k)
        return surprisal(nulls.unmarked_statistic(graph), mean, sd, self._preset)

    def _marked(self, graph: Records, sums: Records, level_counts: Ints) -> Floats:
        counts = np.moveaxis(level_counts, -1, 0).astype(np.float64)
        complete = (counts.sum(axis=0) == graph["samples"]) & (graph["background"] > 0)
        background = np.broadcast_to(graph["background"], complete.shape)
        if self._coding == "01":
            # Wrong answers coded 0 become background: levels -1 and 0 are one.
            u = nulls.statistic(
                graph, (sums["mean"] + 1.0) / 2.0, sums["product"] / 4.0,
                sums["degree_mark"] / 2.0, sums["border_mark"] / 2.0,
            )  # fmt: skip
            mean, sd = nulls.analytic_null((0.0, 1.0), (counts[0] + background, counts[2]), self._k)
        else:
            u = nulls.statistic(
                graph, sums["mean"], sums["product"], sums["degree_mark"], sums["border_mark"]
            )
            counts[np.flatnonzero(self._levels == 0.0)[0]] = background
            mean, sd = nulls.analytic_null(self._levels.tolist(), list(counts), self._k)
        return np.where(complete, surprisal(u, mean, sd, self._preset), np.nan)
