"""Scores as metrics: functions of true and predicted labels, for fairlearn and scikit-learn.

Each takes ``(y_true, y_pred, *, lat, lon, scale)`` and returns the mean that `geobias.score`
has in its summary, as a float. `ssi_scores` returns all of them at the cost of one.

>>> from geobias import simulate
>>> table = simulate.world("patches-500km", n=500, gap=0.38)
>>> truth = ["forest"] * 500
>>> answer = ["forest" if right else "water" for right in table["correct"]]
>>> place = {"lat": table["lat"], "lon": table["lon"]}
>>> round(clustering_ssi_score(truth, answer, **place, scale="knn:50"), 1)
4.0
"""

from geobias.metrics.ssi import (
    clustering_ssi_score,
    crowding_ssi_score,
    isolation_ssi_score,
    marked_ssi_score,
    relative_ssi_score,
    ssi_scores,
    unmarked_ssi_score,
)

__all__ = [
    "clustering_ssi_score",
    "crowding_ssi_score",
    "isolation_ssi_score",
    "marked_ssi_score",
    "relative_ssi_score",
    "ssi_scores",
    "unmarked_ssi_score",
]
