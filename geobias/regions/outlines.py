"""The outlines of polygons, and which of them is nearest to a position on the globe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geobias.scales import EARTH_RADIUS_KM
from geobias.sphere import TIE_ABSOLUTE, TIE_RELATIVE, Floats, chord, unit_vectors

if TYPE_CHECKING:
    from scipy.spatial import KDTree

Ints = NDArray[np.int64]

LONGEST_DEGREES = 0.05
"""Edges are divided into pieces of at most this extent, about 6 km, which count as straight."""

_FIRST_ASKED = 4
_MORE = 4


@dataclass(frozen=True)
class Outlines:
    """Short pieces of the edges of polygons, as chords between unit vectors.

    Attributes
    ----------
    start, along
        Where each piece starts, and the vector to where it ends, (pieces, 3).
    owner
        Row of the polygon that each piece belongs to.
    tree
        Index of the middles of the pieces.
    reach
        Half the length of the longest piece.
    """

    start: Floats
    along: Floats
    owner: Ints
    tree: KDTree
    reach: float

    @classmethod
    def of(cls, parts: NDArray[np.object_], owner: Ints) -> Outlines:
        """Take the edges of polygons whose rows are ``owner`` apart."""
        import shapely
        from scipy.spatial import KDTree

        fine = shapely.segmentize(parts, LONGEST_DEGREES)
        rings, part = shapely.get_rings(fine, return_index=True)
        lonlat, ring = shapely.get_coordinates(rings, return_index=True)
        unit = unit_vectors(lonlat[:, 1], lonlat[:, 0])
        piece = np.flatnonzero(ring[1:] == ring[:-1])
        start, along = unit[piece], unit[piece + 1] - unit[piece]
        return cls(
            start=start,
            along=along,
            owner=owner[part[ring[piece]]],
            tree=KDTree(start + along / 2.0, balanced_tree=False),
            reach=float(np.sqrt((along**2).sum(axis=1).max()) / 2.0),
        )

    def nearest(self, lat: Floats, lon: Floats, within_km: float) -> Ints:
        """Return the row of the nearest polygon, -1 where none is near enough.

        Of polygons that are equally near, the first counts.
        """
        unit = unit_vectors(lat, lon)
        limit = float(chord(np.array(within_km / EARTH_RADIUS_KM)))
        row = np.full(lat.size, -1, dtype=np.int64)
        apart = self._ask(unit, 1, limit + self.reach)[0]
        pending = np.flatnonzero(np.isfinite(apart[:, 0]))
        asked = min(_FIRST_ASKED, self.owner.size)
        while pending.size:
            apart, piece = self._ask(unit[pending], asked, limit + self.reach)
            distance2 = self._distance2(unit[pending], piece)
            best = distance2.min(axis=1)
            near = distance2 <= (best * (1.0 + TIE_RELATIVE) + TIE_ABSOLUTE)[:, None]
            owner = np.append(self.owner, np.iinfo(np.int64).max)[piece]
            first = np.where(near, owner, np.iinfo(np.int64).max).min(axis=1)
            # Pieces that were not asked for have their middles beyond the last of those that were.
            done = apart[:, -1] > np.sqrt(best) * (1.0 + TIE_RELATIVE) + self.reach
            if asked == self.owner.size:
                done[:] = True
            inside = done & (best <= limit**2 * (1.0 + TIE_RELATIVE))
            row[pending[inside]] = first[inside]
            pending = pending[~done]
            asked = min(asked * _MORE, self.owner.size)
        return row

    def _ask(self, unit: Floats, count: int, within: float) -> tuple[Floats, Ints]:
        """Return distances and numbers of the nearest pieces, infinite and too large if none."""
        apart, piece = self.tree.query(
            unit,
            k=np.arange(1, count + 1),
            distance_upper_bound=within * (1.0 + TIE_RELATIVE) + TIE_ABSOLUTE,
        )
        return apart, piece

    def _distance2(self, unit: Floats, piece: Ints) -> Floats:
        """Return the squared chord from each position to each of its pieces."""
        found = piece < self.owner.size
        known = np.where(found, piece, 0)
        start, along = self.start[known], self.along[known]
        away = unit[:, None, :] - start
        length2 = (along**2).sum(axis=2)
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.where(length2 > 0.0, (away * along).sum(axis=2) / length2, 0.0)
        rest = away - share.clip(0.0, 1.0)[..., None] * along
        distance2: Floats = np.where(found, (rest**2).sum(axis=2), np.inf)
        return distance2
