"""What an audit takes of memory: bytes per sample, per location and per centre, in one place.

The arrays that are counted here are those of `Samples`, `Places`, `Marking` and `NearestPoints`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from geobias.geometry.linking import kernel_bytes
from geobias.geometry.nearest import LIST_FACTOR, POINTS_PER_SLICE
from geobias.geometry.walk import listing_bytes
from geobias.memory import LEAST
from geobias.ssi.engine import records_bytes
from geobias.ssi.sums import GRAPH_SUMS, MARK_SUMS

PROCESS = 250_000_000
"""Python, the packages and the compiled kernels, before a sample is read."""

_SAMPLE, _MARK = 56, 9
"""Latitude, longitude, row, site, seat, point of seat and of sample; per model mark and code."""

_LOCATION = 48
"""Latitude, longitude, unit vector and first seat."""

_RADIANS = 16

_TREE = 24
"""Of the tree in which the nearest are looked up."""

_CENTRE = 40
"""That a sample serves as centre, where, and in which order."""

_ROW, _SCORE = 43, 8
"""Of a centre in the table, for each model and scale; each score of it."""

_SEAT_OF_THREAD = 4
"""Each thread knows of each sample whether it is in the neighbourhood at hand."""


@dataclass(frozen=True)
class Footprint:
    """The memory of an audit in bytes.

    Attributes
    ----------
    samples
        Samples, their locations in order, and the nearest of each: as long as the audit lasts.
    preparing
        Beside that, while the nearest are looked up.
    scores
        Beside that, the scores of all centres, if they are not written as they come.
    work
        Beside that, the largest neighbourhood on every thread.
    least
        The smallest ``--memory`` that will do.
    """

    samples: int
    preparing: int
    scores: int
    work: int
    least: int

    @classmethod
    def of(
        cls,
        *,
        samples: int,
        locations: int,
        models: int,
        k: int,
        centres: int,
        columns: int,
        scales: int,
        largest: int,
        threads: int,
    ) -> Footprint:
        """Add up.

        Parameters
        ----------
        samples, locations, models, k
            How many there are, and links of each node.
        centres, columns, scales
            Centres, scores of each, and scales.
        largest
            Members of the largest neighbourhood.
        threads
            How many work at once.
        """
        near = LIST_FACTOR * k + 2
        held = samples * (_SAMPLE + _MARK * models) + centres * _CENTRE
        held += locations * (_LOCATION + _RADIANS + 4 * near + 4) + samples * 4 * k
        # Distances and points, as they are found and as they are settled.
        preparing = locations * _TREE + min(locations, POINTS_PER_SLICE) * near * (8 + 8 + 8)
        rows = centres * models * scales * (_ROW + _SCORE * columns)
        of_marks = models * (MARK_SUMS.itemsize + 3 * 8)
        # The sums of all graphs: in chunks, put together, and in the order that was asked for.
        summing = 3 * min(centres, locations) * (GRAPH_SUMS.itemsize + of_marks)
        one = neighbourhood_bytes(largest, k)
        return cls(
            samples=held,
            preparing=preparing,
            scores=rows + max(rows, summing),
            work=threads * (one + _SEAT_OF_THREAD * samples),
            least=max(LEAST, one),
        )

    @property
    def whole(self) -> int:
        """The most at any time, if all is kept in memory."""
        return PROCESS + self.samples + max(self.preparing, self.scores + self.work)

    def streamed(self, memory: int) -> int:
        """Return the most at any time, with so much for all but the samples."""
        return PROCESS + self.samples + max(self.preparing, memory)

    def facts(self, memory: int | None) -> dict[str, int]:
        """Return all figures by their names; ``memory`` is what may be used, if that is bounded."""
        return {
            "process": PROCESS,
            **asdict(self),
            "whole": self.whole,
            "streamed": self.streamed(memory or self.least),
        }


def neighbourhood_bytes(members: int, k: int) -> int:
    """Return what the work on a neighbourhood of so many samples takes."""
    graph = kernel_bytes(members, 0.0, k)
    return graph + records_bytes(members) + members + listing_bytes(members)
