"""Which mark lies on which seat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geobias.geometry.places import Ints, Places
from geobias.sphere import Floats

Codes = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Marking:
    """The marks of all models on the seats of some places.

    Attributes
    ----------
    codes
        (seats, models): which of the distinct marks lies on each seat.
    values
        The distinct marks of all samples, ascending.
    levels
        The levels a mark can have. Between them lies the mean mark of a merged site.
    """

    codes: Codes
    values: Floats
    levels: tuple[float, ...]

    @classmethod
    def of(cls, places: Places, marks: Floats, levels: Sequence[float]) -> Marking:
        """Lay marks, (models, samples), on the seats of the places of the samples."""
        values = np.unique(marks)
        narrow = np.uint8 if values.size <= 256 else np.int32
        seated = [np.searchsorted(values, places.seated(model)) for model in marks]
        return cls(np.column_stack(seated).astype(narrow), values, tuple(levels))

    def of_seats(self, seats: Ints) -> Marking:
        """Return the marks on some of the seats."""
        return Marking(self.codes[seats], self.values, self.levels)
