"""What a search found."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from geobias.encoders.locbench.training.choices import Training
from geobias.writing import writing


@dataclass(frozen=True, eq=False)
class Found:
    """The best options and training, and all that was tried.

    Attributes
    ----------
    options : mapping
        For `train`.
    training : Training
        For `train`.
    metric : str
        What was compared: ``val_top1``, where more is better, or ``val_rmse``, where less is. The
        best of many is better on the validation split than elsewhere: report the test split.
    value : float
        That of the best.
    trials : DataFrame
        The best first. ``state`` is ``complete``, ``pruned`` where the first epochs were worse
        than the median, or ``diverged``; the metric of these is NaN.
    """

    options: Mapping[str, Any]
    training: Training
    metric: str
    value: float
    trials: pd.DataFrame

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write the trials."""
        with writing(path) as target:
            self.trials.to_csv(target, index=False)
