"""Scores for every centre: chunks of neighbourhoods through the kernel, sums through the nulls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

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
from geobias.ssi.surprisal import surprisal


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
    index
        ``bands``, or ``balltree`` for scikit-learn's BallTree.
    threads
        How many to use; never changes a result.
    """

    def __init__(
        self,
        places: Places,
        marks: Floats,
        levels: Sequence[float],
        *,
        k: int,
        index: str,
        threads: int,
    ) -> None:
        self._places = places
        self._levels = np.array(sorted({*levels, 0.0}))
        self._marks = np.vstack([places.seated(model) for model in marks])
        code = np.searchsorted(self._levels, self._marks).clip(max=self._levels.size - 1)
        exact = (self._levels[code] == self._marks) & (self._marks != 0.0)
        self._codes = np.where(exact, code, -1).astype(np.int16)
        self._k = k
        self._threads = threads
        self._index: Index = (
            BandIndex(places, threads) if index == "bands" else BallTreeIndex(places)
        )
        self._nearest = nearest_points(places, k, threads)

    def score(
        self,
        scale: Scale,
        centres: Ints,
        *,
        preset: str,
        marks: str,
        advance: Callable[[int, int], None],
    ) -> CentreScores:
        """Score the neighbourhoods around ``centres`` (points) at one scale.

        ``advance(done, total)`` is told about progress, in pairs of centre and neighbour.
        """
        reach = reach_of(self._index, scale, centres)
        graph, mark_sums, level_counts = self._sums(reach, advance)
        with np.errstate(divide="ignore", invalid="ignore"):
            relative = nulls.relative_z(graph, mark_sums)
            clustering = nulls.clustering_z(graph, mark_sums)
            isolation = nulls.isolation_z(graph, mark_sums)
            unmarked = self._unmarked(graph, preset)
            marked = self._marked(graph, mark_sums, level_counts, preset, marks)
        return CentreScores(
            neighbours=graph["samples"].astype(np.int64),
            radius_km=reach.radius * EARTH_RADIUS_KM,
            capped=reach.capped,
            unmarked=unmarked,
            marked=marked,
            relative_z=relative,
            clustering_z=clustering,
            isolation_z=isolation,
        )

    def _sums(
        self, reach: Reach, advance: Callable[[int, int], None]
    ) -> tuple[NDArray[np.void], NDArray[np.void], NDArray[np.int32]]:
        """Reduce every neighbourhood to the sums its scores are made of."""
        places, centres, models = self._places, reach.centres, len(self._marks)
        graph = np.zeros(centres.size, GRAPH_SUMS).view(np.recarray)
        marks = np.zeros((models, centres.size), MARK_SUMS).view(np.recarray)
        levels = np.zeros((models, centres.size, self._levels.size), np.int32)
        lat_rad, lon_rad = np.radians(places.lat), np.radians(places.lon)

        with ThreadPoolExecutor(self._threads) as pool:
            slices = np.array_split(np.arange(centres.size), min(8 * self._threads, centres.size))
            counts = np.concatenate(
                list(pool.map(lambda s: self._index.count(centres[s], reach.search[s]), slices))
            )
            if reach.cap is not None:
                counts = np.minimum(counts, reach.cap)
            # Neighbourhoods of one size come one after another: they share their lattice.
            order = np.argsort(counts, kind="stable")
            reach, counts = reach.take(order), counts[order]
            rings = ring_table(most_rings(int(counts.max()), float(reach.radius.max())))

            def reduce(chunk: slice) -> int:
                found = neighbourhoods(self._index, places, reach, chunk)
                sum_edges(
                    places.unit, lat_rad, lon_rad, places.seat_start, places.point_of_seat,
                    self._nearest, found.centres, found.radius, found.start, found.members,
                    self._k, self._marks, self._codes, rings,
                    graph[chunk], marks[:, chunk], levels[:, chunk],
                )  # fmt: skip
                return found.members.size

            total, done = int(counts.sum()), 0
            for pairs in pool.map(reduce, chunks(counts)):
                done += pairs
                advance(done, total)
        back = np.argsort(order)
        return graph[back], marks[:, back], levels[:, back]

    def _unmarked(self, graph: NDArray[np.void], preset: str) -> Floats:
        mean, sd = nulls.analytic_null((0.0, 1.0), (graph["background"], graph["samples"]), self._k)
        return surprisal(nulls.unmarked_statistic(graph), mean, sd, preset)

    def _marked(
        self,
        graph: NDArray[np.void],
        sums: NDArray[np.void],
        level_counts: NDArray[np.int32],
        preset: str,
        marks: str,
    ) -> Floats:
        counts = np.moveaxis(level_counts, -1, 0).astype(np.float64)
        complete = (counts.sum(axis=0) == graph["samples"]) & (graph["background"] > 0)
        background = np.broadcast_to(graph["background"], complete.shape)
        if marks == "01":
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
        return np.where(complete, surprisal(u, mean, sd, preset), np.nan)
