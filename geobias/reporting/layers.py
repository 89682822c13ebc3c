"""What there is to look at on the interactive map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from geobias.inference.significance import LABELS, UNDEFINED
from geobias.sphere import Floats

CLUSTERED = LABELS["clustering"][0]
"""The label of centres around which errors keep together."""


@dataclass(frozen=True)
class Layer:
    """One number for each cell of the map.

    Attributes
    ----------
    key, label, unit : str
        What it is called, and what it is measured in.
    about : str
        What it means.
    of_model, of_scale : bool
        Whether there is one for each model, and one for each scale.
    """

    key: str
    label: str
    unit: str
    about: str
    of_model: bool = True
    of_scale: bool = True

    def values(self, centres: pd.DataFrame) -> Floats:
        """Return what centres contribute; NaN where that is not known."""
        if self is HOT_SPOTS:
            label = centres["clustering_label"].to_numpy(object)
            wrong = centres["correct"].to_numpy(np.float64) < 0.5  # of merged sites, most samples
            hot = (label == CLUSTERED) & wrong
            return np.where(label == UNDEFINED, np.nan, np.where(hot, 100.0, 0.0))
        return centres[self.key].to_numpy(np.float64)


ACCURACY = Layer(
    "accuracy", "Accuracy", "% right", "Share of the samples in a cell that the model got right.",
    of_scale=False,
)  # fmt: skip
SCORES = (
    Layer(
        "unmarked", "Unmarked", "nats", "How unevenly the samples lie. It says nothing about the "
        "model.", of_model=False,
    ),
    Layer(
        "marked", "Marked", "nats", "The published score. It grows with accuracy even when errors "
        "fall at random: a high value is not yet bias.",
    ),
    Layer(
        "clustering", "Clustering", "nats", "Do errors sit beside errors? Chance alone gives about "
        "1 nat.",
    ),
    Layer(
        "isolation", "Isolation", "nats", "Do errors sit where samples are sparse? Chance alone "
        "gives about 1 nat.",
    ),
)  # fmt: skip
HOT_SPOTS = Layer(
    "hot", "Hot spots", "% of centres", "Share of the centres in a cell that are errors with "
    "other errors beside them, more than chance explains; each centre is judged by itself.",
)  # fmt: skip
