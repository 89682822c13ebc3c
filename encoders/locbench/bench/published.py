"""What the paper printed, to stand beside what was measured.

Wu et al. (2024), TorchSpatial: a location encoding framework and benchmark for spatial
representation learning (arXiv 2406.15658), tables 1 to 4: Top-1 in percent or R2, and the mean
geo-bias scores at 100 km. The paper's geo-bias scores could not be reproduced from public code and
data; ``unmarked`` of xyz on NABirds+ is as printed, and probably a slip.
"""

from __future__ import annotations

from importlib.resources import files

import pandas as pd

_FILE = "published_results.csv"


def published_results(dataset: str | None = None) -> pd.DataFrame:
    """Return the results that the TorchSpatial paper printed.

    Parameters
    ----------
    dataset : str, optional
        One dataset alone, by its name in the paper, such as ``fMoW`` or ``elevation``.

    Returns
    -------
    pandas.DataFrame
        A row per dataset and model, with ``top1`` in percent or ``r2``, and ``unmarked`` and
        ``marked`` in nats at 100 km; NaN where nothing is printed. One run each, no intervals. A
        ``+`` marks simulated locations.

    References
    ----------
    Wu et al. (2024), TorchSpatial: a location encoding framework and benchmark for spatial
    representation learning, tables 1 to 4.

    Examples
    --------
    >>> from geobias.encoders.locbench import published_results
    >>> published_results("fMoW").set_index("model").loc[["image-only", "nerf"], "top1"].to_dict()
    {'image-only': 69.83, 'nerf': 70.6}
    """
    with files("geobias.encoders.locbench").joinpath(_FILE).open(encoding="utf-8") as lines:
        long = pd.read_csv(lines)
    if dataset is not None:
        long = long[long["dataset"] == dataset]
    wide = long.pivot(index=["dataset", "model"], columns="measure", values="value")
    order = ["top1", "r2", "unmarked", "marked"]
    return wide.reindex(columns=order).rename_axis(columns=None).reset_index()
