"""Scores for every centre: chunks of neighbourhoods through the kernel, sums through the nulls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from geobias.geometry.lattice import most_rings, ring_table
from geobias.geometry.nearest import nearest_points
from geobias.geometry.neighbours import (
    Neighbourhoods,
    Reach,
    chunks,
    index_of,
    neighbourhoods,
    reach_of,
)
from geobias.geometry.places import Ints, Places
from geobias.scales import EARTH_RADIUS_KM, Scale
from geobias.sphere import Floats
from geobias.ssi import nulls
from geobias.ssi.crowding import unmarked_z
from geobias.ssi.judging import visit_tails
from geobias.ssi.motifs import HIGHER_POWERS, MOTIF_SUMS
from geobias.ssi.nulls import Records
from geobias.ssi.sums import GRAPH_SUMS, MARK_SUMS, sum_edges
from geobias.ssi.surprisal import surprisal, two_sided
from geobias.ssi.tails import JUDGED, centre_p

Progress = Callable[[int, int], None]
Codes = NDArray[np.integer[Any]]
Made = TypeVar("Made")

TESTED = ("marked", "relative", "clustering", "isolation")
"""Scores that depend on the marks."""

_CENTRES_AXIS = (0, 1, 1, 2)

_RECORDS_PER_CHUNK = 200_000
"""Centres times columns that are in work at once; their sums take 64 bytes each."""


class Judge(NamedTuple):
    """How to judge single centres: by so many permutations each, or 0 for the closed form."""

    draws: int
    seed: int


@dataclass(frozen=True)
class CentreScores:
    """The scores of each centre at one scale.

    (models, centres) in ``marked``, ``relative``, ``relative_z``, ``clustering_z`` and
    ``isolation_z``; one entry per centre in the others. Deviates end in ``_z``; but for those
    of relative, `two_sided` turns them into nats. ``p`` has two-sided p values of the
    calibrated scores, if they were asked for.
    """

    neighbours: Ints
    radius_km: Floats
    capped: NDArray[np.bool_]
    unmarked: Floats
    crowding_z: Floats
    marked: Floats
    relative: Floats
    relative_z: Floats
    clustering_z: Floats
    isolation_z: Floats
    p: Mapping[str, Floats] | None

    def nats(self, score: str) -> Floats:
        """Return one of `TESTED` in nats, (models, centres)."""
        if score in ("marked", "relative"):
            nats: Floats = getattr(self, score)
            return nats
        return two_sided(getattr(self, f"{score}_z"))


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
        self._index = index_of(index, places, threads)
        self._nearest = nearest_points(places, k, threads)

    def score(
        self, scale: Scale, centres: Ints, advance: Progress, judge: Judge | None = None
    ) -> CentreScores:
        """Score the neighbourhoods around ``centres`` (points) at one scale.

        ``advance(done, total)`` is told about progress, in pairs of centre and neighbour.
        ``judge`` says how p values are to be had; without it there are none.
        """
        reach = reach_of(self._index, scale, centres)
        graph, sums, level_counts, *p = self._sums(reach, advance, judge)
        with np.errstate(divide="ignore", invalid="ignore"):
            relative_z = nulls.relative_z(graph, sums)
            return CentreScores(
                neighbours=graph["samples"].astype(np.int64),
                radius_km=reach.radius * EARTH_RADIUS_KM,
                capped=reach.capped,
                unmarked=self._unmarked(graph),
                crowding_z=self._crowding(graph, reach, scale),
                marked=self._marked(graph, sums, level_counts),
                relative=nulls.relative_nats(sums, relative_z),
                relative_z=relative_z,
                clustering_z=nulls.clustering_z(graph, sums),
                isolation_z=nulls.isolation_z(graph, sums),
                p=dict(zip(JUDGED, p[0], strict=True)) if p else None,
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
            found: Neighbourhoods, graph: Records, sums: Records, level_counts: Ints
        ) -> tuple[Floats, Floats]:
            weight = weight_of[found.centres]
            with np.errstate(divide="ignore", invalid="ignore"):
                scores = (
                    self._marked(graph, sums, level_counts),
                    nulls.relative_nats(sums, nulls.relative_z(graph, sums)),
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

    def _sums(
        self, reach: Reach, advance: Progress, judge: Judge | None = None
    ) -> tuple[NDArray[Any], ...]:
        """Reduce every neighbourhood to the sums its scores are made of, and p values if asked."""

        def make(
            found: Neighbourhoods, graph: Records, sums: Records, level_counts: Ints
        ) -> tuple[NDArray[Any], ...]:
            if judge is None:
                return graph, sums, level_counts
            return graph, sums, level_counts, self._p(found, graph, sums, judge)

        order, made = self._reduce(reach, self.codes, make, advance)
        back = np.argsort(order)
        return tuple(
            np.concatenate(parts, axis=axis).take(back, axis=axis)
            for axis, parts in zip(_CENTRES_AXIS, zip(*made, strict=True), strict=False)
        )

    def _p(
        self, found: Neighbourhoods, graph: Records, sums: Records, judge: Judge
    ) -> NDArray[Any]:
        """Return two-sided p values, (scores, models, centres)."""
        places = self._places
        shape = self.codes.shape[1], found.centres.size
        motifs = np.zeros((shape[1], 2), MOTIF_SUMS).view(np.recarray)
        powers = np.zeros(shape, HIGHER_POWERS).view(np.recarray)
        tails = np.empty((*shape, len(JUDGED), 2))
        sizes = np.diff(found.start)
        visit_tails(
            places.unit, np.radians(places.lat), np.radians(places.lon), places.seat_start,
            places.point_of_seat, self._nearest, found.centres, found.radius, found.start,
            found.members, self._k, self._values, self.codes,
            ring_table(most_rings(int(sizes.max()), float(found.radius.max()))),
            judge.draws, places.draw[found.centres] ^ np.uint64(judge.seed),
            np.zeros_like(graph), sums, motifs, powers, tails,
        )  # fmt: skip
        with np.errstate(divide="ignore", invalid="ignore"):
            return centre_p(graph, sums, powers, motifs, tails)

    def _reduce(
        self,
        reach: Reach,
        codes: Codes,
        make: Callable[[Neighbourhoods, Records, Records, Ints], Made],
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
                return found.members.size, make(found, graph, sums, level_counts)

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

    def _crowding(self, graph: Records, reach: Reach, scale: Scale) -> Floats:
        z = unmarked_z(graph, reach.radius, k=self._k, nearest=scale.radius_rad is None)
        # The nearest few of a larger disc are not scattered evenly over it.
        return np.where(reach.capped, np.nan, z)

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
