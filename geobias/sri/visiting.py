"""From neighbourhoods to SRI: each is cut once, and serves all columns of marks."""

from __future__ import annotations

import numpy as np
from numba import njit

from geobias.geometry.graph import place_members
from geobias.sri.chance import tail
from geobias.sri.cuts import cut_as_published, cut_disc, room_to_see
from geobias.sri.divergence import BLOCK, divergence_of_column, room_to_tally, tally_marks
from geobias.sri.parts import KINDS, gather_parts, most_parts, room_for_parts


@njit(cache=True, nogil=True)
def visit_parts(
    unit, lat_rad, lon_rad, point_of_seat, centres, radius, start, members, sizes, published,
    codes, spread, whole_marks, draws, seeds, log_factorial, nats, p,
):  # fmt: skip
    """Fill ``nats`` and, if ``draws`` is above 0, ``p``, (kinds, columns, centres) each.

    ``codes`` (seats, columns) says which value each seat carries, ``spread`` (values, levels)
    how a value counts; ``whole_marks`` that each counts as one level entirely. The members of
    preset ``published`` are all samples its cells and rings can hold.
    """
    counts = start[1:] - start[:-1]
    most = counts.max()
    seen, parts = room_to_see(most), room_for_parts(most)
    columns = codes.shape[1]
    tallies = room_to_tally(most_parts(most), spread.shape[1], min(BLOCK, columns))
    keys, inside = np.empty((KINDS, most), np.int64), np.ones(most, np.bool_)
    pool = np.empty(most, np.int32)
    nats[:] = np.nan
    p[:] = np.nan
    for c in range(counts.size):
        if radius[c] <= 0.0:
            continue
        count, centre = counts[c], centres[c]
        seats = members[start[c] : start[c + 1]]
        place_members(seen, seats, unit, point_of_seat, lat_rad[centre], lon_rad[centre])
        if published:
            cut_as_published(
                seen, seats, radius[c], sizes, unit, lat_rad, lon_rad, point_of_seat, centre,
                keys, inside,
            )  # fmt: skip
        else:
            cut_disc(seen, count, radius[c], sizes, keys)
        gather_parts(parts, keys, count)
        if not parts.found.any():
            continue
        total = float(inside[:count].sum())
        for first in range(0, columns, BLOCK):
            block = min(BLOCK, columns - first)
            tally_marks(tallies, parts, seats, inside, codes, first, block, spread)
            for column in range(first, first + block):
                at = column - first
                for kind in range(KINDS):
                    nats[kind, column, c] = divergence_of_column(
                        tallies, parts, kind, at, total, published
                    )
                    if draws > 0:
                        p[kind, column, c] = tail(
                            tallies, parts, kind, column, at, seats, codes, pool, spread,
                            whole_marks, draws, seeds[c], log_factorial,
                        )  # fmt: skip
