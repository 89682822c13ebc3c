"""What the p value of a single centre takes, neighbourhood by neighbourhood.

A second kernel over the same graphs as `geobias.ssi.sums`, for those who ask which centres
stand out. It leaves the motifs of each graph, the higher moments of the marks, and tails
that were counted out where errors are few.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from geobias.geometry.borrowing import borrowed, give_back
from geobias.geometry.lattice import lattice_of
from geobias.geometry.linking import link_up, room_to_link
from geobias.geometry.offers import lay_out
from geobias.ssi.arrangements import few_tails, permuted_tails, room_to_deal
from geobias.ssi.motifs import sum_motifs, sum_powers
from geobias.ssi.sums import sum_graph


@njit(cache=True, nogil=True)
def visit_tails(
    unit, lat_rad, lon_rad, seat_start, point_of_seat, nearest,
    centres, radius, start, members, k, values, codes, rings, shores,
    draws, seeds, graph_sums, mark_sums, motifs, powers, tails,
):  # fmt: skip
    """Fill ``motifs``, ``powers`` and ``tails`` for a chunk of neighbourhoods.

    ``codes`` (seats, models) says which of ``values`` each seat carries. With ``draws`` above
    0 the tails come from so many random arrangements at every centre; otherwise they are
    counted out where errors are few, and NaN elsewhere. ``motifs`` is (centres, 2): the
    graph of samples alone, and with the lattice. ``tails`` is (models, centres, 3, 2).
    """
    sizes = start[1:] - start[:-1]
    most = sizes.max()
    own_room = room_to_link(most, k, rings, shores)
    room = borrowed(own_room)
    local = room.local
    degree, alone = np.empty(most, np.int64), np.empty(most, np.int64)
    weighted, weight2, seen = np.empty(most), np.empty(most), np.empty(most, np.int64)
    deviation, deal = np.empty(most), room_to_deal(most)
    member_of_seat = np.full(point_of_seat.size, -1, np.int32)
    last_size, last_radius = -1, -1.0
    tails[:] = np.nan
    for c in range(sizes.size):
        count = sizes[c]
        seats = members[start[c] : start[c + 1]]
        if radius[c] <= 0.0:
            continue
        if count != last_size or radius[c] != last_radius:
            last_size, last_radius = count, radius[c]
            lattice = lattice_of(count, radius[c], k, rings.size)
            lay_out(room.offers, lattice)
        background, _ = link_up(
            room, seats, borrowed(lattice), rings, shores, k, unit,
            point_of_seat, lat_rad[centres[c]], lon_rad[centres[c]],
            seat_start, nearest, member_of_seat,
        )  # fmt: skip
        sum_graph(local, count, degree, alone, graph_sums[c])
        sum_motifs(local, local.linked, count, weighted, weight2, seen, motifs[c, 0])
        sum_motifs(local, local.kept, count, weighted, weight2, seen, motifs[c, 1])
        for model in range(codes.shape[1]):
            sums = mark_sums[model, c]
            if sums.square == 0.0:
                continue
            for i in range(count):
                deviation[i] = values[codes[seats[i], model]] - sums.mean
            sum_powers(deviation, count, powers[model, c])
            if draws > 0:
                permuted_tails(
                    local, count, background, degree, alone, deviation, sums.mean,
                    draws, seeds[c], deal, tails[model, c],
                )  # fmt: skip
            else:
                few_tails(
                    local, count, background, degree, alone, deviation, sums.mean,
                    seeds[c], deal, tails[model, c],
                )  # fmt: skip
    give_back(own_room)
