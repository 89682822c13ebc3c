"""The numbers that benchmarks publish."""

from __future__ import annotations

import math

import numpy as np

from geobias.encoders.locbench.datasets.dataset import Floats
from geobias.encoders.locbench.evaluation.ranking import Ints

TOPS = (1, 3, 5, 10)


def ranking_metrics(ranks: Ints) -> dict[str, float]:
    """Return the share of samples at rank 1, up to 3, 5 and 10, and the mean reciprocal rank.

    >>> {name: round(value, 3) for name, value in ranking_metrics(np.array([1, 2, 4])).items()}
    {'top1': 0.333, 'top3': 0.667, 'top5': 1.0, 'top10': 1.0, 'mrr': 0.583}
    """
    n = len(ranks)
    rank, count = np.unique(ranks, return_counts=True)
    shares = {f"top{most}": int(count[rank <= most].sum()) / n for most in TOPS}
    # Summed by rank, so that the order of the samples cannot change the last bit.
    return {**shares, "mrr": math.fsum(count / rank) / n}


def regression_metrics(predictions: Floats, targets: Floats) -> dict[str, float]:
    """Return R², the mean absolute and the root mean square error.

    R² is NaN where all targets are equal: there is nothing to explain.

    >>> regression_metrics(np.array([1.0, 2.0]), np.array([1.0, 3.0]))
    {'r2': 0.5, 'mae': 0.5, 'rmse': 0.7071067811865476}
    """
    n = len(targets)
    errors = predictions - targets
    squares = math.fsum(errors**2)
    spread = deviation(targets)
    return {
        "r2": 1.0 - squares / (n * spread**2) if spread else math.nan,
        "mae": math.fsum(np.abs(errors)) / n,
        "rmse": math.sqrt(squares / n),
    }


def deviation(values: Floats) -> float:
    """Return the standard deviation of all values there are; 0 where they are equal.

    Sums are exact before they are rounded: the order of the values cannot change the last bit.
    """
    if values.min() == values.max():
        return 0.0
    mean = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((values - mean) ** 2) / len(values))
