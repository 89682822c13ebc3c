"""Sites in pieces, one for each group found there, and how pieces trade their answers.

The samples of one site fail together, and those of one group at one site may do so even more. So
neither is torn apart: what trades places are whole sites, and inside a site whole pieces.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geobias.geometry.places import Ints
from geobias.sphere import Floats

_ROUNDING = 1e-9
"""A variance below this fraction of the sums it is the difference of is 0."""


@dataclass(frozen=True)
class Pieces:
    """The samples of each site and group, and which of them are exchangeable.

    Two sites are of one kind if their pieces have the same sizes: they may trade their answers.
    Pieces of one site and one size are a run: inside it they may trade theirs. All runs of one
    kind of site and one size share a slot: an answer never leaves its slot.

    Attributes
    ----------
    of_sample
        Piece of each sample.
    group, size
        Group and number of samples of each piece. Pieces are sorted by kind, site and size.
    site, run
        Site and run of each piece, ascending.
    kind, first
        Kind and first piece of each site.
    slot
        Slot of each run.
    """

    of_sample: Ints
    group: Ints
    size: Ints
    site: Ints
    run: Ints
    kind: Ints
    first: Ints
    slot: Ints

    @classmethod
    def of(cls, sites: Ints, group: Ints) -> Pieces:
        """Find the pieces of samples.

        Parameters
        ----------
        sites
            Site of each sample, 0 up to the number of sites, none of them empty.
        group
            Group of each sample, 0 or more.
        """
        groups = int(group.max()) + 1
        held, of_sample, size = np.unique(
            sites * groups + group, return_inverse=True, return_counts=True
        )
        site, own = held // groups, held % groups
        kind = _kinds(site, size)
        order = np.lexsort((own, size, site, kind[site]))
        site, size = site[order], size[order]
        new_site = np.append(True, site[1:] != site[:-1])
        new_run = new_site | np.append(True, size[1:] != size[:-1])
        first = np.flatnonzero(new_site)
        of_run = np.column_stack((kind[site[new_run]], size[new_run]))
        return cls(
            of_sample=np.argsort(order)[of_sample],
            group=own[order],
            size=size,
            site=np.cumsum(new_site) - 1,
            run=np.cumsum(new_run) - 1,
            kind=kind[site[first]],
            first=first,
            slot=np.unique(of_run, axis=0, return_inverse=True)[1],
        )

    @property
    def split(self) -> int:
        """Number of sites that hold several groups."""
        return int((np.bincount(self.site) > 1).sum())

    @property
    def fixed(self) -> int:
        """Number of samples whose answers never reach another group."""
        slot = self.slot[self.run]
        held = np.unique(np.column_stack((slot, self.group)), axis=0)[:, 0]
        return int(self.size[(np.bincount(held) == 1)[slot]].sum())

    def trade(self, draw: np.random.Generator) -> Ints:
        """Return the piece from which each piece takes its answers in a random exchange."""
        sites = np.argsort(self.kind + draw.random(self.kind.size))
        inside = np.arange(self.run.size)
        if self.run[-1] + 1 < self.run.size:
            inside = np.argsort(self.run + draw.random(self.run.size))
        moved: Ints = (self.first[sites] - self.first)[self.site] + inside
        return moved

    def moments(self, sums: Floats, column: Ints, columns: int) -> tuple[Floats, Floats]:
        """Return mean and standard deviation of the right answers of groups over all exchanges.

        A group has at most one piece at each site. Given which sites traded, the right answers
        there are those of one piece out of a run, whose mean and variance are known; the sum of
        these means over sites has the variance of Hoeffding (1951), *A combinatorial central
        limit theorem*.

        Parameters
        ----------
        sums
            Right answers of each piece, (models, pieces).
        column
            Where the figures of each piece's group stand, -1 for groups that are left out.
        columns
            How many groups are not.

        Returns
        -------
        mean, sd
            Of shape (models, columns).
        """
        from scipy import sparse

        kept = np.flatnonzero(column >= 0)
        sites = np.bincount(self.slot)
        peers = np.maximum(sites - 1, 1)
        pieces = np.bincount(self.run)
        site_of_run = self.site[np.append(True, self.run[1:] != self.run[:-1])]
        held = sparse.csr_array(
            (np.ones(kept.size), (self.slot[self.run[kept]], column[kept])),
            shape=(sites.size, columns),
        )
        mean, sd = np.empty((2, len(sums), columns))
        for own, its_mean, its_sd in zip(sums, mean, sd, strict=True):
            of_run = np.bincount(self.run, own) / pieces
            of_slot = np.bincount(self.slot, of_run) / sites
            inside = np.bincount(self.run, (own - of_run[self.run]) ** 2) / pieces
            strays = sparse.csr_array(
                (of_run - of_slot[self.slot], (site_of_run, self.slot)),
                shape=(self.kind.size, sites.size),
            )
            between = sparse.diags_array(1.0 / peers) @ (strays.T @ strays)
            each = between.diagonal() + np.bincount(self.slot, inside) / sites
            shared = held.multiply(sparse.diags_array(1.0 / sites) @ between @ held).sum(axis=0)
            its_mean[:] = of_slot @ held
            its_sd[:] = _root(each @ held, np.asarray(shared))
        return mean, sd


def _kinds(site: Ints, size: Ints) -> Ints:
    """Return the kind of each site, from the site and the size of each piece.

    Sites of one piece come first, by its size; others as they come up.
    """
    order = np.lexsort((size, site))
    pieces = np.bincount(site)
    start = np.cumsum(pieces) - pieces
    kind = np.empty(pieces.size, dtype=np.int64)
    whole = pieces == 1
    alone, kind[whole] = np.unique(size[order[start[whole]]], return_inverse=True)
    number: dict[bytes, int] = {}
    for split in np.flatnonzero(~whole):
        sizes = size[order[start[split] : start[split] + pieces[split]]].tobytes()
        kind[split] = alone.size + number.setdefault(sizes, len(number))
    return kind


def _root(total: Floats, taken: Floats) -> NDArray[Any]:
    """Return the root of a difference, 0 where it is nothing but rounding."""
    variance = total - taken
    return np.sqrt(np.where(variance > _ROUNDING * total, variance, 0.0))
