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

PARTS = 60
"""The share of errors at a merged site is rounded to so many parts, or to a multiple of that."""

FEWEST = 3
"""Of fewer samples none can have neighbours and others that are not."""

_AT_THE_MEAN = 1e-9
"""A share of errors this close to the mean one is neither above nor below it."""


@dataclass(frozen=True)
class Errors:
    """The errors of one model, and who is beside whom.

    Attributes
    ----------
    links
        Neighbours of every seat.
    wrong
        1 wrong, 0 right, or the share of errors at a site; by seat.
    point
        The point of every seat.
    """

    links: Links
    wrong: Floats
    point: Ints

    @property
    def parts(self) -> Ints:
        """Errors as whole numbers: 0 and 1, or so many of `PARTS`."""
        highest = 1
        if not self.decided.all():
            # Where all shares are small, they have to be told apart, too.
            highest = PARTS * int(1.0 / self.wrong.max())
        return np.rint(highest * self.wrong).astype(np.int64)

    @property
    def decided(self) -> NDArray[np.bool_]:
        """Seats whose samples are all wrong or all right."""
        return np.isin(self.wrong, (0.0, 1.0))


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

    links, parts = errors.links, errors.parts
    with _quietly():
        # Binary weights: a sum of errors has no rounding to tell equal sums apart.
        g = G_Local(errors.wrong, links.graph(own=True), transform="B", star=True, permutations=0)
    total = (links.matrix @ parts).astype(np.int64)
    chance = Chance.of(total, links.size, parts)
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

    links, parts = errors.links, errors.parts
    with _quietly():
        local = Moran_Local(
            errors.wrong, links.graph(own=False), transformation="R", permutations=0
        )
    chance = _beside(links, parts)
    away = errors.wrong - errors.wrong.mean()
    known = ~links.undefined & (np.abs(away) > _AT_THE_MEAN)
    p = np.where(known, two_sided_p(chance.upper, chance.lower), np.nan)
    q = _q(p, errors.point, parts)
    more = chance.z > 0.0
    label = np.where(
        away > 0.0,
        np.where(more, ERRORS_AMONG_ERRORS, ERROR_AMONG_RIGHT),
        np.where(more, RIGHT_AMONG_ERRORS, RIGHT_AMONG_RIGHT),
    ).astype(object)
    value, z = np.where(~np.isnan(p), (local.Is, np.sign(away) * chance.z), np.nan)
    return Found(value, z, p, q, _labelled(label, p, q, fdr))


def join_counts(errors: Errors, fdr: float) -> Found:
    """Count the errors beside each error, the local join count of Anselin and Li (2019).

    Sites at which some samples are right and some wrong are left out: nothing is counted there,
    and they are nobody's neighbour. Only more errors than expected are asked for.
    """
    decided = errors.decided
    if decided.sum() < FEWEST:
        return undefined(errors)
    links = errors.links.among(decided)
    wrong = np.rint(errors.wrong[decided]).astype(np.int64)
    chance = _beside(links, wrong)
    # Its estimator loses its place where a sample has no neighbours: the sum itself is simple.
    beside = (links.matrix @ wrong).astype(np.float64) - wrong
    known = ~links.undefined
    known &= (wrong == 0) | ~np.isnan(chance.z)
    value = np.where(known, wrong * beside, np.nan)
    asked = known & (wrong == 1)
    z, p = np.where(asked, (chance.z, chance.upper), np.nan)
    q = _q(p, errors.point[decided])
    label = _labelled(np.full(wrong.size, HOT, dtype=object), p, q, fdr)
    label[known & (wrong == 0)] = NO_ERROR
    everywhere = np.full((4, decided.size), np.nan)
    everywhere[:, decided] = value, z, p, q
    labels = np.full(decided.size, UNDEFINED, dtype=object)
    labels[decided] = label
    value, z, p, q = everywhere
    return Found(value, z, p, q, labels)


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


def _beside(links: Links, parts: Ints) -> Chance:
    """Compare the errors among the neighbours of each seat, itself left out, with chance."""
    total = (links.matrix @ parts).astype(np.int64) - parts
    return Chance.of(total, links.size - 1, parts, own=parts)


def _q(p: Floats, *told_apart_by: Ints) -> Floats:
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
