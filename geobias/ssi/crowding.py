"""The unmarked statistic of samples that are scattered evenly, and how far from it others are.

The analytic null of the unmarked statistic lets samples and lattice points trade places, which
they cannot: a lattice is regular, and its last ring lies beyond the samples. Here the statistic
is compared with what it is for as many samples scattered evenly over the same disc, against the
same lattice. Mean and variance of that have no closed form. `docs/studies/unmarked_null.py`
simulates them and fits the law below, whose coefficients are part of the package.
"""

from __future__ import annotations

import csv
import math
from functools import cache
from importlib.resources import files

import numpy as np
from numba import njit

from geobias.geometry.lattice import ring_count
from geobias.sphere import RIM, Floats
from geobias.ssi.nulls import FEWEST_SAMPLES, Records, unmarked_statistic

NEIGHBOURS = 4
"""The law was simulated for graphs of this many neighbours of each node."""
WIDEST = math.pi / 2.0
"""The largest radius that was simulated."""
SHARED_TERMS = 9
"""So many of the terms have one coefficient for both kinds of scale."""


def unmarked_z(graph: Records, radius: Floats, *, k: int, nearest: bool) -> Floats:
    """Return z of the unmarked statistic under evenly scattered samples.

    Positive when samples crowd together, negative when they keep apart. Undefined (NaN) with
    fewer than 8 samples, without a lattice, for a radius above 90 degrees and for ``k`` other
    than 4.

    Parameters
    ----------
    graph
        ``GRAPH_SUMS`` of the neighbourhoods. Those a cap has cut are not scattered evenly by
        construction; their z means nothing.
    radius
        Radius of each neighbourhood in radians.
    k
        Neighbours of each node in the graphs.
    nearest
        Whether the radius is the distance to the farthest sample, as at ``knn:`` scales.

    Examples
    --------
    A hundred samples with 57 edges among them lie as chance would have it, with 91 they do not:

    >>> from geobias.ssi.sums import GRAPH_SUMS
    >>> graph = np.zeros(2, GRAPH_SUMS)
    >>> graph["samples"], graph["background"] = 100.0, 578.0
    >>> graph["edges"] = 57.0, 91.0
    >>> graph["border"] = 4.0 * 100.0 - graph["edges"] + 352.0
    >>> graph["inside"] = 4.0 * 578.0 - 352.0
    >>> unmarked_z(graph, np.full(2, 0.1), k=4, nearest=False).round(1).tolist()
    [0.0, 3.9]
    """
    z = np.full(graph.shape, np.nan)
    if k != NEIGHBOURS:
        return z
    enough = (graph["samples"] >= FEWEST_SAMPLES) & (graph["background"] > 0)
    known = enough & (radius <= WIDEST * (1.0 + RIM))
    mean, sd = evenly_scattered(graph["samples"][known], radius[known], nearest=nearest)
    z[known] = (unmarked_statistic(graph[known]) - mean) / sd
    return z


def evenly_scattered(samples: Floats, radius: Floats, *, nearest: bool) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of U when samples are scattered evenly.

    One sample is the centre. With ``nearest`` another lies on the rim.
    """
    # Term by term: a product of matrices has other last bits for other numbers of rows.
    summed = sum(map(np.outer, _coefficients(nearest), terms(samples, radius).T))
    mean, variance = samples * summed
    return mean, np.sqrt(variance)


def terms(samples: Floats, radius: Floats) -> Floats:
    """Return what the mean and the variance per sample are made of, (neighbourhoods, terms).

    Three for the disc, where the bend of the globe distorts the lattice; six for its rim,
    where what counts is how far the last ring lies beyond it; and six, not shared by the two
    kinds of scale, for what single samples do, at the centre and on the rim.
    """
    over = _overshoot(samples, radius)
    bend = radius**2
    disc = np.ones(samples.shape)
    rim = 1.0 / np.sqrt(samples)
    one = 1.0 / samples
    return np.column_stack((
        disc, bend, bend**2,
        rim, rim * over, rim * over**2, rim * over**3, rim * bend, rim * bend * over,
        one, one * over, one * over**2, one * bend, rim * one, rim * one * over,
    ))  # fmt: skip


@njit(cache=True, nogil=True)
def _overshoot(samples: Floats, radius: Floats) -> Floats:
    """Return how far the last ring of each lattice lies beyond the radius, in spacings."""
    over = np.empty(samples.size)
    for i in range(samples.size):
        rings, spacing = ring_count(samples[i], radius[i])
        over[i] = rings - radius[i] / spacing
    return over


@cache
def _coefficients(nearest: bool) -> Floats:
    """Read the coefficients of mean and variance, (terms, 2)."""
    scale = "nearest" if nearest else "radius"
    with (files("geobias") / "data" / "unmarked_null.csv").open(encoding="utf-8") as lines:
        return np.array([
            [float(row[f"{scale}_mean"]), float(row[f"{scale}_variance"])]
            for row in csv.DictReader(lines)
        ])  # fmt: skip
