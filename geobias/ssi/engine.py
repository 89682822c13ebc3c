"""Scores for every centre: chunks of neighbourhoods through the kernel, sums through the nulls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geobias.exact import ExactSum
from geobias.geometry.lattice import most_rings, ring_table
from geobias.geometry.linking import kernel_bytes
from geobias.geometry.nearest import NearestPoints, nearest_points
from geobias.geometry.neighbours import Neighbourhoods, Reach
from geobias.geometry.places import Ints, Places
from geobias.geometry.shores import EVERYWHERE, Shores
from geobias.geometry.walk import Progress, Route, Task, Walk, averaging
from geobias.marking import Codes, Marking
from geobias.scales import EARTH_RADIUS_KM, Scale
from geobias.sphere import Floats
from geobias.ssi import nulls
from geobias.ssi.columns import BLOCK
from geobias.ssi.crowding import unmarked_z
from geobias.ssi.judging import visit_tails
from geobias.ssi.motifs import HIGHER_POWERS, MOTIF_SUMS
from geobias.ssi.nulls import Records
from geobias.ssi.sums import GRAPH_SUMS, MARK_SUMS, sum_edges
from geobias.ssi.surprisal import surprisal, two_sided
from geobias.ssi.tails import JUDGED, centre_p

Sums = tuple[Records, Records, Ints]

TESTED = ("marked", "relative", "clustering", "isolation")
"""Scores that depend on the marks."""

_DEGREES_BYTES = 16
_RECORDS_BYTES = 20_000_000
"""What degrees take per member of a neighbourhood, and the records of a chunk."""

_CENTRES_AXIS = (0, 1, 1, 2)


def records_bytes(members: int) -> int:
    """Return how many bytes the scores of a neighbourhood take beside its graph and marks."""
    return _DEGREES_BYTES * members + _RECORDS_BYTES


class _Notes:
    """Notes of who is in a neighbourhood, one entry per seat, each used by one thread at a time.

    Between two neighbourhoods there is nobody in them; to make one for each task would take long.
    """

    def __init__(self, seats: int) -> None:
        self._seats = seats
        self._idle: list[NDArray[np.int32]] = []

    @contextmanager
    def one(self) -> Iterator[NDArray[np.int32]]:
        """Lend a note; it does not come back from work that fails."""
        try:
            note = self._idle.pop()
        except IndexError:
            note = np.full(self._seats, -1, np.int32)
        yield note
        self._idle.append(note)


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
    calibrated scores, if they were asked for. ``background`` counts the lattice points and
    ``dropped`` those that were left out, for they lie on water.
    """

    neighbours: Ints
    radius_km: Floats
    capped: NDArray[np.bool_]
    background: Ints
    dropped: Ints
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
    marking
        Their marks. One between the levels, the mean of a merged site, leaves the marked score
        of its neighbourhoods undefined and the others as they are.
    k
        Neighbours of each node in the graphs.
    preset, coding
        Formula of the unmarked and marked scores, and what wrong is in the marked one.
    index
        ``bands``, or ``balltree`` for scikit-learn's BallTree.
    threads, memory
        How many threads to use, and how many bytes for their work; never change a result.
    shores
        What is land: lattice points on water are left out.

    Attributes
    ----------
    marking
        Which mark lies on each seat.
    walk
        The way to the neighbourhoods.
    """

    def __init__(
        self,
        places: Places,
        marking: Marking,
        *,
        k: int,
        preset: str,
        coding: str,
        index: str,
        threads: int,
        memory: int | None = None,
        shores: Shores = EVERYWHERE,
    ) -> None:
        self.walk = Walk(places, index, threads, memory)
        self._places = places
        self.marking = marking
        self._levels = np.array(sorted({*marking.levels, 0.0}))
        self._k = k
        self._preset = preset
        self._coding = coding
        self._index = self.walk.index
        self._threads = threads
        self._shores = shores

    @cached_property
    def _notes(self) -> _Notes:
        return _Notes(self._places.seats)

    @property
    def _columns(self) -> int:
        return int(self.marking.codes.shape[1])

    @cached_property
    def _nearest(self) -> NearestPoints:
        """The nearest points of each, which graphs are made from."""
        return nearest_points(self._places, self._k, self._threads)

    def score(
        self, scale: Scale, centres: Ints, advance: Progress, judge: Judge | None = None
    ) -> CentreScores:
        """Score the neighbourhoods around ``centres`` (points) at one scale.

        ``advance(done, total)`` is told about progress, in pairs of centre and neighbour.
        ``judge`` says how p values are to be had; without it there are none.
        """
        route = self.walk.route(self.walk.reach(scale, centres))
        task = self.scoring(scale, route, judge)
        scores: CentreScores
        (scores,) = self.walk.run(route, [task], self._columns, advance)
        return scores

    def scoring(self, scale: Scale, route: Route, judge: Judge | None = None) -> Task:
        """Return the task of scoring every neighbourhood of a scale, which makes `CentreScores`."""
        reach = route.reach.take(route.back)
        task = self._summing(route, judge)

        def finish(parts: list[Any]) -> CentreScores:
            graph, sums, level_counts, *p = task.finish(parts)
            with np.errstate(divide="ignore", invalid="ignore"):
                relative_z = nulls.relative_z(graph, sums)
                return CentreScores(
                    neighbours=graph["samples"].astype(np.int64),
                    radius_km=reach.radius * EARTH_RADIUS_KM,
                    capped=reach.capped,
                    background=graph["background"].astype(np.int64),
                    dropped=graph["dropped"].astype(np.int64),
                    unmarked=self._unmarked(graph),
                    crowding_z=self._crowding(graph, reach, scale),
                    marked=self._marked(graph, sums, level_counts),
                    relative=nulls.relative_nats(sums, relative_z),
                    relative_z=relative_z,
                    clustering_z=nulls.clustering_z(graph, sums),
                    isolation_z=nulls.isolation_z(graph, sums),
                    p=dict(zip(JUDGED, p[0], strict=True)) if p else None,
                )

        return Task(task.visit, finish, task.room)

    def means(
        self, scale: Scale, centres: Ints, weights: Ints, codes: Codes, advance: Progress
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
        route = self.walk.route(self.walk.reach(scale, centres))
        task = self.averaging(route, centres, weights, codes)
        sums: ExactSum
        (sums,) = self.walk.run(route, [task], codes.shape[1], advance)
        return sums.mean()

    def averaging(self, route: Route, centres: Ints, weights: Ints, codes: Codes) -> Task:
        """Return the task of averaging each of `TESTED`, as for `means`."""
        reduce = self._reducer(route, codes)

        def scores(found: Neighbourhoods) -> tuple[Floats, ...]:
            graph, sums, level_counts = reduce(found)
            with np.errstate(divide="ignore", invalid="ignore"):
                return (
                    self._marked(graph, sums, level_counts),
                    nulls.relative_nats(sums, nulls.relative_z(graph, sums)),
                    two_sided(nulls.clustering_z(graph, sums)),
                    two_sided(nulls.isolation_z(graph, sums)),
                )

        room = partial(self._room, codes.shape[1])
        return averaging(scores, self._places.points, centres, weights, room)

    def _sums(
        self, reach: Reach, advance: Progress, judge: Judge | None = None
    ) -> tuple[NDArray[Any], ...]:
        """Reduce every neighbourhood to the sums its scores are made of, and p values if asked."""
        route = self.walk.route(reach)
        made: tuple[NDArray[Any], ...]
        (made,) = self.walk.run(route, [self._summing(route, judge)], self._columns, advance)
        return made

    def _summing(self, route: Route, judge: Judge | None) -> Task:
        """Return the task of `_sums`."""
        reduce = self._reducer(route, self.marking.codes)

        def visit(found: Neighbourhoods) -> tuple[NDArray[Any], ...]:
            graph, sums, level_counts = reduce(found)
            if judge is None:
                return graph, sums, level_counts
            return graph, sums, level_counts, self._p(found, graph, sums, judge)

        def finish(parts: list[tuple[NDArray[Any], ...]]) -> tuple[NDArray[Any], ...]:
            return tuple(
                np.concatenate(own, axis=axis).take(route.back, axis=axis)
                for axis, own in zip(_CENTRES_AXIS, zip(*parts, strict=True), strict=False)
            )

        return Task(visit, finish, partial(self._room, self._columns))

    def _room(self, columns: int, members: int, radius: float) -> int:
        """Return how many bytes the work on a neighbourhood takes."""
        lattices = 2 if self._shores.cells.size else 1
        graph = lattices * kernel_bytes(members, radius, self._k)
        of_mark = 1 if self.marking.values.size == 2 else 8
        return graph + members * of_mark * min(columns, BLOCK) + records_bytes(members)

    def _p(
        self, found: Neighbourhoods, graph: Records, sums: Records, judge: Judge
    ) -> NDArray[Any]:
        """Return two-sided p values, (scores, models, centres)."""
        places = self._places
        shape = self._columns, found.centres.size
        motifs = np.zeros((shape[1], 2), MOTIF_SUMS).view(np.recarray)
        powers = np.zeros(shape, HIGHER_POWERS).view(np.recarray)
        tails = np.empty((*shape, len(JUDGED), 2))
        sizes = np.diff(found.start)
        visit_tails(
            places.unit, *places.radians, places.seat_start,
            places.point_of_seat, self._nearest, found.centres, found.radius, found.start,
            found.members, self._k, self.marking.values, self.marking.codes,
            ring_table(most_rings(int(sizes.max()), float(found.radius.max())), self._k),
            self._shores,
            judge.draws, places.draw[found.centres] ^ np.uint64(judge.seed),
            np.zeros_like(graph), sums, motifs, powers, tails,
        )  # fmt: skip
        with np.errstate(divide="ignore", invalid="ignore"):
            return centre_p(graph, sums, powers, motifs, tails)

    def _reducer(self, route: Route, codes: Codes) -> Callable[[Neighbourhoods], Sums]:
        """Return what reduces neighbourhoods of a route to sums over their graphs."""
        places = self._places
        most = most_rings(int(route.counts.max()), float(route.reach.radius.max()))
        rings = ring_table(most, self._k)
        nearest, notes = self._nearest, self._notes

        def reduce(found: Neighbourhoods) -> Sums:
            shape = codes.shape[1], found.centres.size
            graph = np.zeros(shape[1], GRAPH_SUMS).view(np.recarray)
            sums = np.zeros(shape, MARK_SUMS).view(np.recarray)
            level_counts = np.zeros((*shape, self._levels.size), np.int64)
            with notes.one() as member_of_seat:
                sum_edges(
                    places.unit, *places.radians, places.seat_start, places.point_of_seat,
                    nearest, found.centres, found.radius, found.start, found.members,
                    self._k, self.marking.values, codes, self._levels, rings, self._shores,
                    member_of_seat, graph, sums, level_counts,
                )  # fmt: skip
            return graph, sums, level_counts

        return reduce

    def _unmarked(self, graph: Records) -> Floats:
        mean, sd = nulls.analytic_null((0.0, 1.0), (graph["background"], graph["samples"]), self._k)
        return surprisal(nulls.unmarked_statistic(graph), mean, sd, self._preset)

    def _crowding(self, graph: Records, reach: Reach, scale: Scale) -> Floats:
        z = unmarked_z(graph, reach.radius, k=self._k, nearest=scale.radius_rad is None)
        # The nearest few of a larger disc are not scattered evenly over it, and the law is for
        # the whole lattice.
        return np.where(reach.capped | (graph["dropped"] > 0), np.nan, z)

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
