"""Local G*, local Moran's I and local join counts of one model's errors."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geobias.geometry.places import Ints
from geobias.inference.significance import NOT_SIGNIFICANT, UNDEFINED, false_discovery_q
from geobias.local.chance import Chance
from geobias.local.links import Links
from geobias.sphere import Floats
from geobias.ssi.tails import two_sided_p

HOT, COLD = "hot", "cold"
ERRORS_AMONG_ERRORS, RIGHT_AMONG_RIGHT = "errors among errors", "right among right"
ERROR_AMONG_RIGHT, RIGHT_AMONG_ERRORS = "error among right", "right among errors"
NO_ERROR = "no error"
"""Local join counts ask errors alone whether there are others beside them."""

LABELS = {
    "getis_ord": {"hot": HOT, "cold": COLD},
    "moran": {
        "hot": ERRORS_AMONG_ERRORS,
        "cold": RIGHT_AMONG_RIGHT,
        "error_outliers": ERROR_AMONG_RIGHT,
        "right_outliers": RIGHT_AMONG_ERRORS,
    },
    "join_counts": {"hot": HOT},
}
"""What a statistic calls samples that stand out, and under what that is counted."""

FEWEST = 3
"""Of fewer samples none can have neighbours and others that are not."""


@dataclass(frozen=True)
class Errors:
    """The errors of one model, and who is beside whom.

    Attributes
    ----------
    links
        Neighbours of every seat.
    wrong
        1 wrong, 0 right; by seat. Some are wrong and some are right.
    point
        The point of every seat.
    """

    links: Links
    wrong: Floats
    point: Ints

    @property
    def around(self) -> Ints:
        """Errors in each neighbourhood, its centre included."""
        return np.asarray(self.links.matrix @ self.wrong).astype(np.int64)

    @property
    def beside(self) -> Ints:
        """Errors among the neighbours of each seat, itself left out."""
        return self.around - self.wrong.astype(np.int64)

    def chance_beside(self) -> Chance:
        """Compare the errors beside each seat, whose mark stays, with chance."""
        wrong, left = self.wrong.astype(np.int64), self.wrong.size - 1
        return Chance.of(self.beside, self.links.size - 1, wrong.sum() - wrong, left)


@dataclass(frozen=True)
class Found:
    """What one statistic says of every seat; NaN where it is undefined."""

    value: Floats
    z: Floats
    p: Floats
    q: Floats
    label: NDArray[np.object_]


def getis_ord(errors: Errors, fdr: float) -> Found:
    """Compute the local G* of Getis and Ord (1992), each sample among its neighbours.

    Where all errors lie is left to chance, so that the errors in a neighbourhood, its centre
    included, are a random sample of all.
    """
    from esda.getisord import G_Local

    links, wrong = errors.links, errors.wrong
    with _quietly():
        # Binary weights: a sum of errors has no rounding to tell equal sums apart.
        g = G_Local(wrong, links.graph(own=True), transform="B", star=True, permutations=0)
    all_wrong = np.full(wrong.size, wrong.sum(), dtype=np.int64)
    chance = Chance.of(errors.around, links.size, all_wrong, wrong.size)
    known = ~links.undefined
    p = np.where(known, two_sided_p(chance.upper, chance.lower), np.nan)
    z = np.where(known, g.Zs, np.nan)
    q = _q(p, errors.point)
    label = np.where(z > 0.0, HOT, COLD).astype(object)
    return Found(np.where(known, g.Gs, np.nan), z, p, q, _labelled(label, p, q, fdr))


def moran(errors: Errors, fdr: float) -> Found:
    """Compute the local Moran's I of Anselin (1995), with the mean of all neighbours.

    Each sample keeps its mark and the others are left to chance, the conditional permutation of
    that paper. Then I and the errors among the neighbours are as unlikely as each other.
    """
    from esda.moran import Moran_Local

    links, is_wrong = errors.links, errors.wrong == 1.0
    with _quietly():
        local = Moran_Local(
            errors.wrong, links.graph(own=False), transformation="R", permutations=0
        )
    chance = errors.chance_beside()
    p = np.where(links.undefined, np.nan, two_sided_p(chance.upper, chance.lower))
    q = _q(p, errors.point, is_wrong)
    more = chance.z > 0.0
    label = np.where(
        is_wrong,
        np.where(more, ERRORS_AMONG_ERRORS, ERROR_AMONG_RIGHT),
        np.where(more, RIGHT_AMONG_ERRORS, RIGHT_AMONG_RIGHT),
    ).astype(object)
    like_its_neighbours = np.where(is_wrong, chance.z, -chance.z)
    value, z = np.where(np.isnan(p), np.nan, (local.Is, like_its_neighbours))
    return Found(value, z, p, q, _labelled(label, p, q, fdr))


def join_counts(errors: Errors, fdr: float) -> Found:
    """Count the errors beside each error, the local join count of Anselin and Li (2019).

    Only more errors than expected are asked for.
    """
    links, is_wrong = errors.links, errors.wrong == 1.0
    chance = errors.chance_beside()
    # Its estimator loses its place where a sample has no neighbours: the sum itself is simple.
    known = ~links.undefined & ~(is_wrong & np.isnan(chance.z))
    value = np.where(known, errors.wrong * errors.beside, np.nan)
    z, p = np.where(known & is_wrong, (chance.z, chance.upper), np.nan)
    q = _q(p, errors.point)
    label = _labelled(np.full(p.size, HOT, dtype=object), p, q, fdr)
    label[known & ~is_wrong] = NO_ERROR
    return Found(value, z, p, q, label)


STATISTICS: dict[str, Callable[[Errors, float], Found]] = {
    "getis_ord": getis_ord,
    "moran": moran,
    "join_counts": join_counts,
}


def undefined(errors: Errors) -> Found:
    """Return that nothing can be said, because all marks are equal."""
    nothing = np.full(errors.wrong.size, np.nan)
    label = np.full(errors.wrong.size, UNDEFINED, dtype=object)
    return Found(nothing, nothing, nothing, nothing, label)


def _q(p: Floats, *told_apart_by: Ints | NDArray[np.bool_]) -> Floats:
    """Return q values; what chance cannot tell apart is one test."""
    keys = np.column_stack(told_apart_by)
    _, first, test = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return false_discovery_q(p[first])[test.ravel()]


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep from users what esda warns of: samples without neighbours, which are counted here.

    It also changes the filters of warnings, and that must not last either.
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def _labelled(label: NDArray[np.object_], p: Floats, q: Floats, fdr: float) -> NDArray[np.object_]:
    label[~(q <= fdr)] = NOT_SIGNIFICANT
    label[np.isnan(p)] = UNDEFINED
    return label
