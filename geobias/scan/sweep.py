"""A sweep over all circles, for up to 1,024 permutations at once."""

from __future__ import annotations

import numpy as np
from numba import njit

from geobias.geometry.places import BANDS
from geobias.scan.ladder import RUNGS, rungs_of, seats_on_rungs
from geobias.scan.lanes import WORDS
from geobias.scan.likelihood import least_errors, log_ratio
from geobias.scan.tallies import GROUP, add_rows, add_tally, at_least, planes_for, read

MOST_PLANES = 48
"""No count needs more."""


@njit(cache=True, nogil=True)
def pack(errors, source, words, bit):
    """Set a bit of the word of each seat to its errors in one permutation.

    Parameters
    ----------
    errors
        (models, seats): as they were observed.
    source
        The seat from which each seat takes its errors.
    words
        (models, seats, parts), where the bit is 0: bit p of the errors at a seat goes to part p.
    bit
        Which of the 64.
    """
    for model in range(errors.shape[0]):
        for seat in range(source.size):
            taken = np.uint64(errors[model, source[seat]])
            for part in range(words.shape[2]):
                one = (taken >> np.uint64(part)) & np.uint64(1)
                words[model, seat, part] |= one << np.uint64(bit)


@njit(cache=True, nogil=True)
def _raise(tally, planes, found, n, all_errors, samples, highest, maxima):
    """Raise the maxima of those permutations that were found to have enough errors."""
    for word in range(WORDS):
        left, bit = found[word], 0
        while left:
            if left & np.uint64(1):
                errors = read(tally, planes, word, bit)
                ratio = log_ratio(errors, n, all_errors, samples, highest)
                lane = 64 * word + bit
                maxima[lane] = max(maxima[lane], ratio)
            left >>= np.uint64(1)
            bit += 1


@njit(cache=True, nogil=True)
def sweep(
    ground, centres, start, square, n, bits, parts, all_errors, samples, highest, permutations,
    work, maxima,
):  # fmt: skip
    """Raise the highest ratios found so far by those of the circles of some centres.

    Parameters
    ----------
    ground
        The points.
    centres
        Points.
    start, square, n
        The circles of centre ``i`` are ``start[i]`` up to ``start[i + 1]``: squared chords and
        numbers of samples.
    bits
        (models, words): the rows of all seats, one for each part of an error, and those of a seat
        that is never wrong.
    parts
        How many bits an error has.
    all_errors
        Of each model.
    samples, highest
        How many samples there are, and the errors of one that is wrong altogether.
    permutations
        How many lanes are in use.
    work
        (parts + 2, words): memory, `MOST_PLANES` rows in each.
    maxima
        (models, lanes): the highest ratios.
    """
    runs = np.empty((2 * BANDS, 2), np.int64)
    slots = np.empty(RUNGS, np.int64)
    order = np.empty(samples + GROUP * RUNGS, np.int32)
    begin = np.empty(RUNGS + 1, np.int64)
    found = work[parts + 1]
    for i in range(centres.size):
        circles = start[i + 1] - start[i]
        if circles == 0:
            continue
        sizes, squares = n[start[i] : start[i + 1]], square[start[i] : start[i + 1]]
        rungs = rungs_of(squares)
        # Rows are added in whole groups: a ring is filled up with the seat that is never wrong.
        begin[0], before = 0, 0
        for k in range(circles):
            ring = sizes[k] - before
            begin[k + 1] = begin[k] + (ring + GROUP - 1) // GROUP * GROUP
            order[begin[k] + ring : begin[k + 1]] = samples
            slots[rungs[k]] = begin[k]
            before = sizes[k]
        seats_on_rungs(ground, centres[i], squares[-1], slots, runs, order)
        for model in range(all_errors.size):
            # Permutations whose maximum is the lowest tell how many errors are of interest.
            floor = maxima[model, :permutations].min()
            work[:parts] = 0
            least, before = 0, 0
            for k in range(circles):
                planes = max(3, planes_for(sizes[k]))
                for part in range(parts):
                    add_rows(
                        work[part], planes, bits[model], WORDS * parts, WORDS * part,
                        order, begin[k], begin[k + 1],
                    )  # fmt: skip
                # A larger circle needs as many errors, but no more than all that are new to it.
                most = min(highest * sizes[k], all_errors[model])
                least = least_errors(
                    floor, sizes[k], all_errors[model], samples, highest,
                    least, min(most, least + highest * (sizes[k] - before)),
                )  # fmt: skip
                before = sizes[k]
                if least > most:
                    continue
                tally = work[0]
                if parts > 1:
                    tally = work[parts]
                    tally[:] = 0
                    planes += parts
                    for part in range(parts):
                        add_tally(tally, planes, work[part], part)
                at_least(tally, planes, least, found)
                _raise(
                    tally, planes, found, sizes[k], all_errors[model], samples, highest,
                    maxima[model],
                )  # fmt: skip
