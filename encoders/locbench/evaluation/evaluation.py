"""What an evaluation finds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from geobias.writing import write_parquet


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How good a model is on a split of a dataset, and what it says of every sample.

    Attributes
    ----------
    dataset, split, model : str
        What was evaluated.
    metrics : dict of str to float
        Of classification: ``top1``, ``top3``, ``top5``, ``top10`` and ``mrr``, and with a model the
        same of location alone, as ``location_only_top1`` and so on. Of regression: ``r2``, ``mae``,
        ``rmse``, and the ``tolerance`` of ``within``. Shares are from 0 to 1. ``n`` is how many
        samples they are of, ``without_location`` how many samples had no location.
    predictions : pandas.DataFrame
        One row per sample, as `geobias.score` reads them: by ``hit@1`` and so on, or ``within``.
    location_only : pandas.DataFrame or None
        The same without the image, for samples that have a location; None without a model, and
        for regression.
    notes : tuple of str
        What was left out or done otherwise for some samples.
    """

    dataset: str
    split: str
    model: str
    metrics: dict[str, float]
    predictions: pd.DataFrame
    location_only: pd.DataFrame | None = None
    notes: tuple[str, ...] = ()

    def facts(self) -> dict[str, Any]:
        """Return everything but the tables as plain Python values; NaN becomes None."""
        return {
            "dataset": self.dataset,
            "split": self.split,
            "model": self.model,
            "metrics": {
                name: None if math.isnan(value) else value for name, value in self.metrics.items()
            },
            "notes": list(self.notes),
        }

    def to_parquet(self, path: str | Path) -> None:
        """Write ``predictions`` to a Parquet file that carries everything else as metadata."""
        write_parquet(self.predictions, self.facts(), path)

    def __repr__(self) -> str:
        numbers = ", ".join(f"{name} {value:.6g}" for name, value in self.metrics.items())
        return "\n".join([f"{self.model} on {self.dataset}, {self.split}: {numbers}", *self.notes])
