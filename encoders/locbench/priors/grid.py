"""Classes by how often they were seen in a cell of a grid."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import scipy.sparse as sp

from geobias.encoders.checks import positive
from geobias.encoders.locbench.datasets.dataset import Split
from geobias.encoders.locbench.priors.counting import CountingPrior, Tally
from geobias.errors import InputError
from geobias.geometry.places import Ints
from geobias.settings import whole_number
from geobias.sphere import Floats

MOST_CELLS_ACROSS = 36_000
"""A hundredth of a degree; finer grids are neighbours in all but name."""

PUBLISHED_GRIDS = {
    "birdsnap": {"columns": 225, "rows": 60, "a": 2.0},
    "birdsnap+": {"columns": 30, "rows": 30, "a": 2.0},
    "nabirds+": {"columns": 45, "rows": 60, "a": 2.0},
    "inat2017": {"columns": 45, "rows": 30, "a": 2.0},
    "inat2018": {"columns": 180, "rows": 60, "a": 2.0},
    "yfcc": {"columns": 540, "rows": 150, "a": 3.0},
}
"""The published grids by the name of the dataset: columns from west to east, rows from south to
north. Where a is not published it is 2, as for iNat2018."""


class GridPrior(CountingPrior):
    """Classes by their counts in a cell of a grid of degrees, with pseudo-counts.

    References
    ----------
    Mac Aodha, Cole and Perona (2019), Presence-only geographical priors for fine-grained image
    classification.
    """

    name: ClassVar[str] = "grid"
    says: ClassVar[str] = "training samples in the same cell of a grid of degrees"

    def __init__(self, tally: Tally, columns: int, rows: int, a: float) -> None:
        super().__init__(tally.counts.shape[1], a, tally.without_location)
        self.columns, self.rows = columns, rows
        # Cells that hold nothing are not kept: there may be more of them than fit into memory.
        self._seen, cells = np.unique(self._cells(tally.lat, tally.lon), return_inverse=True)
        points = np.arange(len(cells))
        shape = len(self._seen), len(points)
        in_cell = sp.csr_array((np.ones(len(points)), (cells, points)), shape=shape)
        self._counts = sp.csr_array(in_cell @ tally.counts)

    @classmethod
    def fit(
        cls, split: Split, classes: int, *, columns: int = 180, rows: int = 90, a: float = 2.0
    ) -> GridPrior:
        """Count the training samples of each class in each cell.

        Parameters
        ----------
        split : Split
            The training samples.
        classes : int
            How many classes there are.
        columns, rows : int
            Cells around the equator, and from pole to pole.
        a : float
            Above 1; each cell is given ``a - 1`` samples of each class beforehand.

        Examples
        --------
        >>> import numpy as np
        >>> from geobias.encoders.locbench.datasets.dataset import Split
        >>> train = Split(np.full(3, 48.2), np.full(3, 16.4), np.array([0, 0, 1]))
        >>> GridPrior.fit(train, 2).class_probabilities(lat=[48.3, 0.0], lon=[16.5, 0.0])
        array([[0.6, 0.4],
               [0.5, 0.5]])
        """
        columns = whole_number("columns", columns, 1, MOST_CELLS_ACROSS)
        rows = whole_number("rows", rows, 1, MOST_CELLS_ACROSS)
        if positive("a", a) <= 1.0:
            raise InputError(f"a={a!r} has to be above 1: it is how no class becomes impossible.")
        return cls(Tally.of(split, classes), columns, rows, float(a))

    def _cells(self, lat: Floats, lon: Floats) -> Ints:
        # The north pole belongs to the last row; no longitude is 180.
        row = np.minimum(np.floor((lat + 90.0) * self.rows / 180.0), self.rows - 1)
        column = np.minimum(np.floor((lon + 180.0) * self.columns / 360.0), self.columns - 1)
        return (row * self.columns + column).astype(np.int64)

    def _weights_by_class(self, lat: Floats, lon: Floats) -> Floats:
        cells = self._cells(lat, lon)
        row = np.minimum(np.searchsorted(self._seen, cells), len(self._seen) - 1)
        counts = np.asarray(self._counts[row].toarray())
        counts[self._seen[row] != cells] = 0.0
        return counts
