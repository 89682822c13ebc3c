"""Tail probabilities by going through arrangements of the marks: all of them, or random ones.

A closed form of the tail needs many errors. Where there are few, every arrangement can be
visited, or so many at random that the tail is known well. Both are cheap for the same
reason: a statistic changes only through the samples whose mark departs from the commonest.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geobias.geometry.scramble import STEP, scramble
from geobias.sphere import Floats

CLUSTERING, ISOLATION, RELATIVE = 0, 1, 2
"""Rows of the tails below; the columns are P(T >= t) and P(T <= t)."""

MOST_ARRANGEMENTS = 20_000
"""Up to so many arrangements of two marks are all visited."""

FEW_MARKS = 40
"""Up to so many departing marks, random arrangements give the tail, otherwise a closed form."""

MOST_DRAWS = 200_000
ENOUGH = 50
"""Random arrangements stop when so many lie in the smaller tail (Besag and Clifford 1991)."""

_TIE = 1e-9
"""Two values of a statistic are equal if they differ by less than this share of its range."""

_ROUNDING = 1e-12
"""A range smaller than this share of the terms of a statistic is a rounding error of zero."""


class Deal(NamedTuple):
    """Work space for one neighbourhood's arrangements.

    ``order`` lists the members, those whose mark departs from the commonest first;
    ``departure`` says by how much, in that order, and ``change`` by member. ``pull`` is
    what a unit of departure at a member adds to the statistic. Of each statistic,
    ``observed`` is the value and ``tie`` how close another must come to be equal.
    """

    order: NDArray[np.int64]
    departure: Floats
    change: Floats
    pull: Floats
    observed: Floats
    tie: Floats


@njit(cache=True, nogil=True)
def room_to_deal(members):
    """Allocate work space for neighbourhoods of up to so many members."""
    return Deal(
        np.empty(members, np.int64),
        np.empty(members),
        np.zeros(members),
        np.empty((3, members)),
        np.empty(3),
        np.empty(3),
    )


@njit(cache=True, nogil=True, inline="always")
def _place(local, departing, deal):
    """Put the departures on the first members of ``order`` and return the three statistics."""
    for q in range(departing):
        deal.change[deal.order[q]] = deal.departure[q]
    clustering, isolation, relative = 0.0, 0.0, 0.0
    for q in range(departing):
        i = deal.order[q]
        linked_sum, kept_sum = 0.0, 0.0
        for a in range(local.linked[i]):
            change = deal.change[local.near[i, a]]
            linked_sum += change
            kept_sum += change * (a < local.kept[i])
        clustering += deal.departure[q] * (deal.pull[CLUSTERING, i] + linked_sum)
        isolation += deal.departure[q] * deal.pull[ISOLATION, i]
        relative += deal.departure[q] * (deal.pull[RELATIVE, i] + kept_sum)
    for q in range(departing):
        deal.change[deal.order[q]] = 0.0
    return clustering, isolation, relative


@njit(cache=True, nogil=True)
def _prepare(local, count, background, degree, alone, deviation, mean, deal):
    """Fill the work space for one model; return how many marks depart from the commonest."""
    # If more than half of the marks are equal, they win this vote (Boyer and Moore 1991).
    common, votes = deviation[0], 0
    for i in range(count):
        if votes == 0:
            common = deviation[i]
        votes += 1 if deviation[i] == common else -1
    departing, rest = 0, count
    for i in range(count):
        if deviation[i] != common:
            deal.order[departing] = i
            deal.departure[departing] = deviation[i] - common
            departing += 1
        else:
            rest -= 1
            deal.order[rest] = i
    # With e = common + change, the terms of T that are linear in the changes.
    overall = mean * count / (count + background)
    offset = mean - overall
    most_linked = 0
    for i in range(count):
        deal.pull[CLUSTERING, i] = common * alone[i]
        deal.pull[ISOLATION, i] = -float(local.border[i])
        deal.pull[RELATIVE, i] = (common + offset) * degree[i] - overall * local.border[i]
        most_linked = max(most_linked, local.linked[i])
    total, largest = 0.0, 0.0
    for q in range(departing):
        total += abs(deal.departure[q])
        largest = max(largest, abs(deal.departure[q]))
    for s in range(3):
        spread = deal.pull[s, :count].max() - deal.pull[s, :count].min()
        linked = 0.0 if s == ISOLATION else most_linked * largest
        deal.tie[s] = _TIE * total * (spread + linked)
    observed = _place(local, departing, deal)
    for s in range(3):
        deal.observed[s] = observed[s]
    return departing


@njit(cache=True, nogil=True)
def _arrangements(count, departing):
    """Return the number of ways to choose the departing members, or one more than the most."""
    ways = 1.0
    for q in range(departing):
        ways = ways * (count - q) / (q + 1)
        if ways > MOST_ARRANGEMENTS:
            return MOST_ARRANGEMENTS + 1
    return round(ways)


@njit(cache=True, nogil=True)
def _visit_all(local, count, departing, deal, tails):
    """Go through all choices of the departing members, whose marks are alike."""
    for q in range(departing):
        deal.order[q] = q
    tails[:] = 0.0
    visited = 0
    while True:
        values = _place(local, departing, deal)
        visited += 1
        for s in range(3):
            tails[s, 0] += values[s] >= deal.observed[s] - deal.tie[s]
            tails[s, 1] += values[s] <= deal.observed[s] + deal.tie[s]
        q = departing - 1
        while q >= 0 and deal.order[q] == count - departing + q:
            q -= 1
        if q < 0:
            break
        deal.order[q] += 1
        for later in range(q + 1, departing):
            deal.order[later] = deal.order[later - 1] + 1
    tails /= visited


@njit(cache=True, nogil=True)
def _visit_some(local, count, departing, deal, draws, enough, seed, tails):
    """Go through random arrangements, per statistic until its smaller tail holds enough."""
    word = np.uint64(seed)
    tails[:] = 0.0
    open_ = np.ones(3, np.bool_)
    for drawn in range(1, draws + 1):
        for q in range(departing):
            high = scramble(word) >> np.uint64(32)
            word += STEP
            other = q + np.int64((high * np.uint64(count - q)) >> np.uint64(32))
            deal.order[q], deal.order[other] = deal.order[other], deal.order[q]
        values = _place(local, departing, deal)
        for s in range(3):
            if open_[s]:
                tails[s, 0] += values[s] >= deal.observed[s] - deal.tie[s]
                tails[s, 1] += values[s] <= deal.observed[s] + deal.tie[s]
                if min(tails[s, 0], tails[s, 1]) >= enough:
                    tails[s] /= drawn
                    open_[s] = False
        if not open_.any():
            return
    for s in range(3):
        if open_[s]:
            # The marks as they are count as one arrangement more.
            tails[s] = (tails[s] + 1.0) / (draws + 1.0)


@njit(cache=True, nogil=True)
def few_tails(local, count, background, degree, alone, deviation, mean, seed, deal, tails):
    """Fill the tails of the three statistics where few marks depart, and NaN elsewhere.

    ``degree`` and ``alone`` count the edges of each member with other members, both
    directions, with the lattice present and on the graph of samples alone. ``background``
    is the number of lattice points, ``mean`` the mean mark of the members and
    ``deviation`` what each mark is above it. ``tails`` is (3, 2).

    All arrangements are visited if there are at most ``MOST_ARRANGEMENTS`` of two marks.
    Otherwise random ones are, if at most ``FEW_MARKS`` depart, or so few that less than
    one edge is expected among them.
    """
    departing = _prepare(local, count, background, degree, alone, deviation, mean, deal)
    tails[:] = np.nan
    if departing == 0:
        return
    first = deal.departure[0]
    two_marks = (deal.departure[:departing] == first).all()
    links = 0
    for i in range(count):
        links += local.linked[i]
    share = departing / count
    if two_marks and _arrangements(count, departing) <= MOST_ARRANGEMENTS:
        _visit_all(local, count, departing, deal, tails)
    elif departing <= FEW_MARKS or share * share * links < 1.0:
        _visit_some(local, count, departing, deal, MOST_DRAWS, ENOUGH, seed, tails)


@njit(cache=True, nogil=True)
def permuted_tails(
    local, count, background, degree, alone, deviation, mean, draws, seed, deal, tails
):
    """Fill the tails of the three statistics from so many random arrangements.

    A tail is (1 + arrangements in it) / (1 + draws). Arguments as in `few_tails`.
    """
    departing = _prepare(local, count, background, degree, alone, deviation, mean, deal)
    tails[:] = np.nan
    if departing > 0:
        _visit_some(local, count, departing, deal, draws, draws + 1, seed, tails)


@njit(cache=True, nogil=True)
def _next_arrangement(marks, count):
    """Step to the next distinct arrangement in lexicographic order; return whether there is one."""
    i = count - 2
    while i >= 0 and marks[i] >= marks[i + 1]:
        i -= 1
    if i < 0:
        return False
    j = count - 1
    while marks[j] <= marks[i]:
        j -= 1
    marks[i], marks[j] = marks[j], marks[i]
    marks[i + 1 : count] = marks[i + 1 : count][::-1].copy()
    return True


@njit(cache=True, nogil=True)
def _relative(local, count, degree, offset, overall, marks):
    """Return the relative statistic, up to what no arrangement changes, and the size of its terms.

    ``marks`` are deviations from their mean.
    """
    value, size = 0.0, 0.0
    for i in range(count):
        linear = offset * degree[i] - overall * local.border[i]
        inner, inner_size = linear, abs(linear)
        for a in range(local.kept[i]):
            inner += marks[local.near[i, a]]
            inner_size += abs(marks[local.near[i, a]])
        value += marks[i] * inner
        size += abs(marks[i]) * inner_size
    return value, size


@njit(cache=True, nogil=True)
def middle_tail(local, count, background, degree, deviation, mean, deal):
    """Return the middle tail of the relative statistic, for very few samples.

    All distinct arrangements of the marks are visited. With E the mean of T over them, the
    middle tail is P(|T - E| > |t - E|) + P(|T - E| = |t - E|) / 2. NaN if no arrangement
    changes T. The arguments are those of `few_tails`.
    """
    overall = mean * count / (count + background)
    offset = mean - overall
    marks = deal.departure
    marks[:count] = deviation[:count]
    observed, largest = _relative(local, count, degree, offset, overall, marks)
    marks[:count].sort()
    total, visited, lowest, highest = 0.0, 0, np.inf, -np.inf
    more = True
    while more:
        value, size = _relative(local, count, degree, offset, overall, marks)
        total += value
        visited += 1
        lowest, highest = min(lowest, value), max(highest, value)
        largest = max(largest, size)
        more = _next_arrangement(marks, count)
    if not highest - lowest > _ROUNDING * largest:
        return np.nan
    expected, tie = total / visited, _TIE * (highest - lowest)
    apart = abs(observed - expected)
    farther = 0.0
    marks[:count].sort()
    more = True
    while more:
        value, size = _relative(local, count, degree, offset, overall, marks)
        farther += 0.5 * (abs(value - expected) >= apart - tie)
        farther += 0.5 * (abs(value - expected) > apart + tie)
        more = _next_arrangement(marks, count)
    return farther / visited
