"""One neighbourhood in full, to be looked at: its members, its lattice and every edge."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geobias.geometry.graph import Local, link_samples, place_members, room_for
from geobias.geometry.lattice import (
    Lattice,
    Rings,
    lattice_of,
    most_rings,
    points_near,
    ring_table,
)
from geobias.geometry.nearest import NearestPoints
from geobias.geometry.neighbours import Index, neighbourhoods, reach_of
from geobias.geometry.offers import Offers, lay_out, offer_members, room_for_offers
from geobias.geometry.places import Ints, Places
from geobias.geometry.shores import EVERYWHERE, Shores
from geobias.geometry.thinned import (
    Thinned,
    offer_members_to_thinned,
    points_left_around,
    thin,
)
from geobias.scales import EARTH_RADIUS_KM, Scale
from geobias.sphere import TIE_ABSOLUTE, TIE_RELATIVE, Floats, angle


class Edges(NamedTuple):
    """Edges of the graph on samples and lattice, (edges, 2) each: from and to.

    Members and lattice points are numbered as in `Neighbourhood`. ``within`` runs from member to
    member, ``outward`` from member to lattice point, ``inward`` from lattice point to member.
    """

    within: Ints
    outward: Ints
    inward: Ints


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """One neighbourhood, by kernels that scores are made with.

    Attributes
    ----------
    places
        Where all samples are.
    point
        The point at the centre.
    seats
        Its members, ascending.
    radius_rad
        How far it reaches. Where it is 0, all members are at the centre, and there is neither
        lattice nor graph.
    capped
        Whether samples within the radius were turned away, for there are nearer ones.
    k
        Neighbours of each node in the graph.
    shores
        Where lattice points are left out, if anywhere.
    """

    places: Places
    point: int
    seats: NDArray[np.int32]
    radius_rad: float
    capped: bool
    k: int
    shores: Shores = EVERYWHERE

    @classmethod
    def of(
        cls,
        places: Places,
        index: Index,
        scale: Scale,
        point: int,
        k: int,
        shores: Shores = EVERYWHERE,
    ) -> Neighbourhood:
        """Look up the neighbourhood of a point."""
        reach = reach_of(index, scale, np.array([point]))
        found = neighbourhoods(index, places, reach, slice(None))
        radius, capped = float(found.radius[0]), bool(reach.capped[0])
        return cls(places, point, found.members, radius, capped, k, shores)

    @property
    def samples(self) -> Ints:
        """The sample of each member, counted as they were given."""
        return self.places.sample_at[self.seats]

    @cached_property
    def members_km(self) -> tuple[Floats, Floats]:
        """East and north of each member, seen from the centre; see `_unrolled`."""
        local = self._work[0]
        return _unrolled(local.south, local.east, local.down)

    @cached_property
    def lattice_km(self) -> tuple[Floats, Floats]:
        """East and north of each lattice point, as for the members."""
        if self.radius_rad == 0.0:
            return np.empty(0), np.empty(0)
        lattice, rings, left = self._lattice, self._rings, self._thinned.points
        ring = rings.ring[left]
        across = lattice.across[ring]
        return _unrolled(across * rings.cos[left], across * rings.sin[left], lattice.down[ring])

    @cached_property
    def edges(self) -> Edges:
        """All edges but those inside the background; the time grows with members squared."""
        if self.radius_rad == 0.0:
            return Edges(*(np.empty((0, 2), np.int64) for _ in range(3)))
        local, offers = self._work
        places, count, k = self.places, self.seats.size, self.k
        # With an empty list of nearest points, each member looks at all others.
        no_list = NearestPoints(
            np.empty((places.points, 1), np.int32), np.zeros(places.points, np.int32),
            np.full((places.seats, k), -1, np.int32),
        )  # fmt: skip
        member_of_seat = np.full(places.seats, -1, np.int32)
        link_samples(
            local, self.seats, k, places.seat_start, places.point_of_seat, no_list, member_of_seat
        )
        lay_out(offers, self._lattice)
        if self._whole:
            touched = offer_members(local, count, k, self._lattice, self._rings, offers)
        else:
            touched = offer_members_to_thinned(
                local, count, k, self._lattice, self._thinned, self._rings, offers
            )
        number = np.cumsum(self._thinned.stays) - 1
        within = [(i, j) for i in range(count) for j in local.near[i, : local.kept[i]]]
        outward = [(i, number[point]) for i in range(count) for point in self._nearest_lattice(i)]
        inward = [
            (number[point], i)
            for point in np.sort(offers.touched[:touched])
            for i in offers.near[point, : offers.standing[point]]
        ]
        return Edges(*(np.array(e, np.int64).reshape(-1, 2) for e in (within, outward, inward)))

    def _nearest_lattice(self, member: int) -> Ints:
        """Return the lattice points that a member is linked to, lower ones first where they tie."""
        local, offers = self._work
        south, east, down = local.south[member], local.east[member], local.down[member]
        chord = np.sqrt(south**2 + east**2 + down**2)
        theta, azimuth = float(angle(chord)), np.arctan2(east, south)
        if self._whole:
            found = points_near(
                south, east, down, theta, azimuth, self._lattice, self._rings,
                offers.found, offers.found2,
            )  # fmt: skip
        else:
            found = points_left_around(
                south, east, down, theta, azimuth, self._lattice, self._thinned, self._rings,
                self.k, offers.found, offers.found2,
            )  # fmt: skip
        if found == 0:
            return np.empty(0, np.int64)
        points, apart2 = offers.found[:found].astype(np.int64), offers.found2[:found]
        order = np.argsort(apart2, kind="stable")
        points, apart2 = points[order], apart2[order]
        farther = np.diff(apart2) > TIE_RELATIVE * apart2[1:] + TIE_ABSOLUTE
        group = np.concatenate(([0], np.cumsum(farther)))
        nearest = points[np.lexsort((points, group))]
        return nearest[: self.k - local.kept[member]]

    @cached_property
    def _rings(self) -> Rings:
        return ring_table(most_rings(self.seats.size, self.radius_rad), self.k)

    @cached_property
    def _lattice(self) -> Lattice:
        lattice: Lattice = lattice_of(self.seats.size, self.radius_rad, self.k, self._rings.size)
        return lattice

    @cached_property
    def _thinned(self) -> Thinned:
        """The lattice points that are left."""
        places, point = self.places, self.point
        thinned: Thinned = thin(
            self._lattice, self._rings, np.radians(places.lat[point]),
            np.radians(places.lon[point]), self.shores,
        )  # fmt: skip
        return thinned

    @property
    def _whole(self) -> bool:
        return bool(self._thinned.stays.all())

    @cached_property
    def _work(self) -> tuple[Local, Offers]:
        """Work space of the kernels, in which the members stand at their places."""
        places, point = self.places, self.point
        lattice_points = self._rings.ring.size if self.radius_rad > 0.0 else 0
        work: tuple[Local, Offers] = (
            room_for(self.seats.size, self.k), room_for_offers(lattice_points, self.k)
        )  # fmt: skip
        place_members(
            work[0], self.seats, places.unit, places.point_of_seat,
            np.radians(places.lat[point]), np.radians(places.lon[point]),
        )  # fmt: skip
        return work


def _unrolled(south: Floats, east: Floats, down: Floats) -> tuple[Floats, Floats]:
    """Return east and north in kilometres, by the azimuthal equidistant projection.

    Directions and distances from the centre are true.
    """
    away = EARTH_RADIUS_KM * angle(np.sqrt(south**2 + east**2 + down**2))
    flat = np.hypot(south, east)
    # At the centre itself there is no direction.
    per_km = np.divide(away, flat, out=np.zeros_like(away), where=flat > 0.0)
    return east * per_km, -south * per_km
