"""Which centres stand out when thousands are looked at."""

from __future__ import annotations

from typing import Any

import numpy as np

from geobias.geometry.places import Ints
from geobias.sphere import Floats

LABELS = {
    "clustering": ("clustered", "dispersed"),
    "relative": ("clustered", "dispersed"),
    "isolation": ("isolated", "crowded"),
}
"""What a score says of a centre where z is above 0, and where it is below."""

JUDGED_COLUMNS = ("p", "q", "q_by", "label")
"""What is said of every centre, after the name of the score."""

NOT_SIGNIFICANT = "not significant"
UNDEFINED = "undefined"

JUDGED_LABELS = {
    score: sorted((*labels, NOT_SIGNIFICANT, UNDEFINED)) for score, labels in LABELS.items()
}
"""All that the label of a score can be."""


def judge_centres(score: str, p: Floats, z: Floats, centre_of: Ints, fdr: float) -> dict[str, Any]:
    """Return what one score says of every centre, as columns over the chosen samples.

    Parameters
    ----------
    score
        One of `LABELS`.
    p, z
        By distinct location: samples that share one are one test.
    centre_of
        Location of each chosen sample.
    fdr
        False discovery rate of the label, by Benjamini and Hochberg (1995). The column
        ``_q_by`` holds q values that are right under any dependence of the centres
        (Benjamini and Yekutieli 2001).
    """
    q, q_by = false_discovery_q(p), false_discovery_q(p, "by")
    above, below = LABELS[score]
    label = np.where(z > 0.0, above, below).astype(object)
    label[~(q <= fdr)] = NOT_SIGNIFICANT
    label[np.isnan(p)] = UNDEFINED
    said = dict(zip(JUDGED_COLUMNS, (p, q, q_by, label), strict=True))
    return {f"{score}_{name}": values[centre_of] for name, values in said.items()}


def false_discovery_q(p: Floats, method: str = "bh") -> Floats:
    """Return the rate of false discoveries at which each test counts as one; NaN stays NaN.

    >>> false_discovery_q(np.array([0.01, np.nan, 0.04])).tolist()
    [0.02, nan, 0.04]
    """
    from scipy.stats import false_discovery_control

    q = np.full(p.shape, np.nan)
    known = ~np.isnan(p)
    if known.any():
        q[known] = false_discovery_control(p[known], method=method)
    return q
