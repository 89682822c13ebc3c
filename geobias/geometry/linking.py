"""From a neighbourhood to its graph, on the whole lattice or on what is left of it."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from geobias.geometry.graph import (
    Local,
    link_background,
    link_samples,
    place_members,
    room_for,
)
from geobias.geometry.keys import Keys, room_for_keys
from geobias.geometry.lattice import most_rings
from geobias.geometry.offers import Offers, room_for_offers
from geobias.geometry.stencil import SLOTS, TILE, UNSURE
from geobias.geometry.thinned import link_thinned, thin


class Room(NamedTuple):
    """Work space to build graphs in.

    ``offers`` stay with a lattice and serve all centres that have all of it; those ``at_shores``
    are for centres that have not, each of which has another one.
    """

    local: Local
    keys: Keys
    offers: Offers
    at_shores: Offers


@njit(cache=True, nogil=True)
def room_to_link(members, k, rings, shores):
    """Allocate work space for neighbourhoods of up to so many members."""
    points = rings.ring.size
    return Room(
        room_for(members, k),
        room_for_keys(members, points),
        room_for_offers(points, k),
        room_for_offers(points if shores.cells.size else 0, k),
    )


def kernel_bytes(members: int, radius: float, k: int) -> int:
    """Return how much memory the graph of a neighbourhood takes to build, per thread.

    Parameters
    ----------
    members
        Samples in it.
    radius
        How far it reaches, in radians.
    k
        Neighbours of each node.

    Returns
    -------
    int
        Bytes of the `Room` and of the `ring_table`, which threads share: some 1,255 per member with
        ``k`` 4, and 500 of them are touched only where the lattice is not plain. On land there is
        another lattice.
    """
    rings = most_rings(members, radius) + 1
    points = int(np.ceil(2.0 * np.pi * np.arange(rings)).sum())
    local = members * (3 * 8 + 4 * 4 + k * 4 + max(k, 4) * 8) + 4
    tiles = math.ceil(members / TILE) * TILE * SLOTS * (4 + 8) + UNSURE * 8 + 2 * TILE * 8
    keys = points * (4 * 8 + 8 + 1 + 4) + 4 + 8 + members * 2 * 4 + tiles
    offers = points * (k * (4 + 2 * 8) + 4 + 4 + 1 + 2 * (4 + 8)) + 2 * 4 + k * 8
    none_at_shores = 2 * 4 + k * 8
    table = 2 * 8 * rings + (4 + 2 * 8 + 2 * 4 * 4) * points
    return local + keys + offers + none_at_shores + table


@njit(cache=True, nogil=True)
def link_up(
    room, members, lattice, rings, shores, k, unit, point_of_seat,
    lat_rad, lon_rad, seat_start, nearest, member_of_seat,
):  # fmt: skip
    """Build the graph of one neighbourhood; return the lattice points in it and their edges."""
    local, keys, offers = room.local, room.keys, room.offers
    place_members(local, members, unit, point_of_seat, lat_rad, lon_rad)
    link_samples(local, members, k, seat_start, point_of_seat, nearest, member_of_seat)
    if shores.cells.size > 0:
        thinned = thin(lattice, rings, lat_rad, lon_rad, shores)
        if thinned.points.size < lattice.points:
            inside = link_thinned(local, members.size, k, lattice, thinned, rings, room.at_shores)
            return thinned.points.size, inside
    return lattice.points, link_background(local, members.size, k, lattice, rings, keys, offers)
