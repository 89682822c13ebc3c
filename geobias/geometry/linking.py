"""From a neighbourhood to its graph, on the whole lattice or on what is left of it."""

from __future__ import annotations

from numba import njit

from geobias.geometry.graph import link_background, link_samples, place_members
from geobias.geometry.thinned import link_thinned, thin


@njit(cache=True, nogil=True)
def link_up(
    local, offers, thinned_offers, members, lattice, rings, shores, k, unit, point_of_seat,
    lat_rad, lon_rad, seat_start, nearest, member_of_seat,
):  # fmt: skip
    """Build the graph of one neighbourhood; return the lattice points in it and their edges.

    ``offers`` stay with a lattice and serve all centres that have all of it; ``thinned_offers``
    are for those that have not, each of which has another one.
    """
    place_members(local, members, unit, point_of_seat, lat_rad, lon_rad)
    link_samples(local, members, k, seat_start, point_of_seat, nearest, member_of_seat)
    if shores.cells.size > 0:
        thinned = thin(lattice, rings, lat_rad, lon_rad, shores)
        if thinned.points.size < lattice.points:
            inside = link_thinned(local, members.size, k, lattice, thinned, rings, thinned_offers)
            return thinned.points.size, inside
    return lattice.points, link_background(local, members.size, k, lattice, rings, offers)
