"""What a model says of every sample: the tables that an audit reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geobias.encoders.locbench.datasets.dataset import Floats, Split
from geobias.encoders.locbench.evaluation.metrics import TOPS
from geobias.encoders.locbench.evaluation.ranking import Ints, Scores, first_classes, ranks

SLIGHT = 1e-8
"""Keeps the published relative error finite where the target is 0."""


@dataclass(frozen=True, eq=False)
class Ranked:
    """What is kept of the scores of each sample: one number per sample instead of one per class.

    Attributes
    ----------
    sample : int64 array
        Its row in the split.
    first, rank : int64 array
        The class that comes first, and the rank of the true one.
    score : float64 array
        Of the true class.
    """

    sample: Ints
    first: Ints
    rank: Ints
    score: Floats

    @classmethod
    def of(cls, sample: Ints, scores: Scores, labels: Ints) -> Ranked:
        """Rank some samples."""
        own = np.take_along_axis(scores, labels[:, None], axis=1)[:, 0].astype(np.float64)
        return cls(sample, first_classes(scores), ranks(scores, labels), own)

    @classmethod
    def together(cls, parts: Sequence[Ranked]) -> Ranked:
        """Join samples that were ranked in parts, in the order of the split."""
        order = np.argsort(np.concatenate([part.sample for part in parts]))
        return cls(
            *(
                np.concatenate([getattr(part, name) for part in parts])[order]
                for name in ("sample", "first", "rank", "score")
            )
        )


def ranked_table(ranked: Ranked, split: Split, classes: Sequence[str]) -> pd.DataFrame:
    """Return the columns that published tables have, and the names of the classes."""
    names = np.array(classes, dtype=object)
    rows = ranked.sample
    table = {
        "sample": rows,
        "lat": split.lat[rows],
        "lon": split.lon[rows],
        "label": names[split.targets[rows].astype(np.int64)],
        "predicted": names[ranked.first],
        "true_class_prob": ranked.score,
        "rank": ranked.rank,
        "reciprocal_rank": 1.0 / ranked.rank,
    }
    return pd.DataFrame({**table, **{f"hit@{most}": ranked.rank <= most for most in TOPS}})


def values_table(predictions: Floats, split: Split, tolerance: float) -> pd.DataFrame:
    """Return the columns that published tables have, and which predictions are close enough."""
    error = predictions - split.targets
    known = ~np.isnan(error)
    scale, undefined = split.targets + SLIGHT, np.full(len(split), np.nan)
    within = pd.array(np.abs(error) <= tolerance, dtype="boolean")
    within[~known] = pd.NA
    return pd.DataFrame(
        {
            "sample": np.arange(len(split)),
            "lat": split.lat,
            "lon": split.lon,
            "prediction": predictions,
            "label": split.targets,
            "error": error,
            "relative_error": np.divide(error, scale, where=scale != 0.0, out=undefined),
            "within": within,
        }
    )
