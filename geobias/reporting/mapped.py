"""An audit laid out in the cells of a map."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geobias.geometry.places import Ints
from geobias.maps import Cells, View
from geobias.maps.cells import FEW
from geobias.regions.world import countries, locate
from geobias.reporting.layers import ACCURACY, HOT_SPOTS, SCORES, Layer
from geobias.reporting.limits import MOST_DRAWN, most_accurate
from geobias.results import Audit
from geobias.samples import Samples
from geobias.sphere import Floats

MOST_CELLS = 6_000

_MOST_NUMBERS = 400_000
"""Numbers of all cells, models, scales and layers; where there would be more, draw fewer models."""

_WIDTHS = tuple(step * 10.0**power for power in range(5) for step in (1.0, 1.5, 2.0, 3.0, 5.0, 7.0))
_FINEST, _COARSEST = 250, 110
"""So many cells fit into the width of the map: finer than on paper, because it can be zoomed."""

_ENOUGH = 4 * FEW
"""Half of the samples are in cells of so many at least, or the cells are too fine."""

AT_SEA = "the sea"


@dataclass(frozen=True, eq=False)
class Mapped:
    """An audit laid out in cells.

    Attributes
    ----------
    audit : Audit
        What is laid out.
    view : View
        How the globe is laid flat.
    cells : Cells
        Hexagons that hold samples.
    drawn : tuple of str
        The models to draw.
    """

    audit: Audit
    view: View
    cells: Cells
    drawn: tuple[str, ...]

    @classmethod
    def of(cls, audit: Audit) -> Mapped:
        """Lay an audit out in cells that suit its samples."""
        scored = audit.scored
        view = View.of(scored.lat, scored.lon)
        cells = _cells(view, scored)
        each = 1 + audit.summary["scale"].nunique() * (len(SCORES) + 1)
        fitting = max(1, min(MOST_DRAWN, _MOST_NUMBERS // (cells.x.size * each)))
        drawn = tuple(scored.models[model] for model in most_accurate(scored, fitting))
        return cls(audit, view, cells, drawn)

    @cached_property
    def scales(self) -> tuple[str, ...]:
        """Names of the scales."""
        return tuple(dict.fromkeys(self.audit.summary["scale"]))

    @property
    def layers(self) -> tuple[Layer, ...]:
        """What there is to look at."""
        return (ACCURACY, *SCORES, *((HOT_SPOTS,) if self.judged else ()))

    @property
    def judged(self) -> bool:
        """Whether single centres were judged, by a test that holds for these samples."""
        # The test of a centre takes the samples of a site for independent ones.
        return "clustering_label" in self.audit.samples and not self.audit.scored.repeated

    @cached_property
    def places(self) -> NDArray[np.object_]:
        """Name of the country that most samples of each cell lie in."""
        row = locate(self.audit.scored.lat, self.audit.scored.lon)
        names = np.append(countries()["country"].to_numpy(object), AT_SEA)
        pairs, count = np.unique(
            np.column_stack((self.cells.cell, row)), axis=0, return_counts=True
        )
        order = np.lexsort((pairs[:, 1], count, pairs[:, 0]))
        last = np.append(np.flatnonzero(np.diff(pairs[order, 0])), order.size - 1)
        most: NDArray[np.object_] = names[pairs[order[last], 1]]  # NOWHERE takes the last name
        return most

    def centres(self, model: str, scale: str) -> pd.DataFrame:
        """Return the scores around all centres of one model at one scale."""
        samples = self.audit.samples
        return samples[(samples["model"] == model) & (samples["scale"] == scale)]

    def cell_at(self, lat: float, lon: float) -> int:
        """Return the cell that a position lies in, or else the nearest one."""
        x, y = self.view.project(lat, lon)
        return int(np.argmin(np.hypot(self.cells.x - x, self.cells.y - y)))

    def accuracy(self, model: str) -> tuple[Floats, Ints]:
        """Return the percentage of right samples in each cell, and how many samples it is of."""
        scored = self.audit.scored
        mean, count = self.cells.mean(scored.correct[scored.models.index(model)])
        return 100.0 * mean, count

    def mean(self, centres: pd.DataFrame, values: Floats) -> tuple[Floats, Ints]:
        """Average a value of centres over each cell; return also how many are known there."""
        spread = np.full(self.audit.scored.n, np.nan)
        spread[np.searchsorted(self.audit.scored.rows, centres["sample"].to_numpy())] = values
        return self.cells.mean(spread)


def _cells(view: View, samples: Samples) -> Cells:
    """Return cells as fine as the samples are many, but no more than can be drawn at ease."""
    low, _, high, _ = view.bounds
    for width in _WIDTHS:
        if (high - low) / _FINEST <= width < (high - low) / _COARSEST:
            cells = Cells.of(view, samples.lat, samples.lon, width)
            if cells.x.size <= MOST_CELLS and np.median(cells.count[cells.cell]) >= _ENOUGH:
                return cells
    return Cells.of(view, samples.lat, samples.lon)
