"""Hot spots: cells that hold errors in clusters, judged one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geobias.reporting.layers import HOT_SPOTS
from geobias.reporting.mapped import Mapped
from geobias.wording import listed

MOST_LISTED = 10
"""Cells that are listed for each model."""

_MANY = 0.1
"""A scale shows many hot centres if it has at least so large a part of the most at any scale."""

MOST_NAMED = 3
"""Places that a sentence names."""

COLUMNS = (
    "model", "scale", "cell", "place", "lat", "lon", "samples", "accuracy", "centres", "hot",
    "clustering",
)  # fmt: skip


def hot_spots(mapped: Mapped) -> pd.DataFrame:
    """List the cells that hold most errors with other errors beside them.

    A centre is hot if the model got it wrong, and errors keep together around it. Around a centre
    that it got right they may keep together, too: at the rim of a weak region, for example.

    Parameters
    ----------
    mapped
        An audit whose centres were judged, in cells.

    Returns
    -------
    pandas.DataFrame
        At most ten rows per model, at the finest scale that shows many, since that tells best
        where: ``hot`` of ``centres`` are; mean ``clustering`` of all centres in the
        cell; its ``samples`` with their ``accuracy``. Empty if no centre is hot.
    """
    rows: list[dict[str, Any]] = []
    if mapped.judged:
        for model in mapped.drawn:
            rows += _of_model(mapped, model)
    return pd.DataFrame.from_records(rows, columns=COLUMNS)


def _of_model(mapped: Mapped, model: str) -> list[dict[str, Any]]:
    cells = mapped.cells
    found = {}
    for scale in _finest_first(mapped):
        centres = mapped.centres(model, scale)
        found[scale] = _hot(mapped, centres)
    most = max(int(hot.sum()) for hot, _ in found.values())
    if not most:
        return []
    scale = next(scale for scale, (hot, _) in found.items() if hot.sum() >= _MANY * most)
    (hot, known), centres = found[scale], mapped.centres(model, scale)
    accuracy, samples = mapped.accuracy(model)
    clustering, _ = mapped.mean(centres, centres["clustering"].to_numpy())
    order = np.lexsort((np.arange(hot.size), accuracy, -hot))[:MOST_LISTED]
    return [
        {
            "model": model,
            "scale": scale,
            "cell": int(at),
            "place": str(mapped.places[at]),
            "lat": float(cells.lat[at]),
            "lon": float(cells.lon[at]),
            "samples": int(samples[at]),
            "accuracy": float(accuracy[at] / 100.0),
            "centres": int(known[at]),
            "hot": int(hot[at]),
            "clustering": float(clustering[at]),
        }
        for at in order
        if hot[at]
    ]


def _finest_first(mapped: Mapped) -> list[str]:
    """Return the scales by the median radius of their neighbourhoods."""
    samples = mapped.audit.samples
    radius = samples.groupby("scale", observed=True)["radius_km"].median()
    return sorted(mapped.scales, key=lambda scale: float(radius[scale]))


def said_of(mapped: Mapped, model: str, spots: pd.DataFrame) -> str:
    """Say in a sentence how many errors stand in clusters, and where most do."""
    settings = mapped.audit.provenance["settings"]
    if not mapped.judged:
        return "" if settings["fdr"] is None else _repeated(mapped)
    rate = f"false discovery rate {100.0 * settings['fdr']:g} %"
    own = spots[spots["model"] == model]
    if not len(own):
        every = (HOT_SPOTS.values(mapped.centres(model, scale)) for scale in mapped.scales)
        if all(np.isnan(values).all() for values in every):
            return "No error could be judged by itself."
        return f"No error stands out by itself at any scale ({rate})."
    scale = str(own["scale"].iloc[0])
    centres = mapped.centres(model, scale)
    hot, _ = _hot(mapped, centres)
    wrong = int((centres["correct"].to_numpy(np.float64) < 0.5).sum())
    by_place = pd.Series(hot).groupby(mapped.places).sum()
    by_place = by_place[by_place > 0].sort_values(ascending=False, kind="stable")
    total, named = int(hot.sum()), [str(place) for place in by_place.index[:MOST_NAMED]]
    verb, them, where = ("has", "it", "it is") if total == 1 else ("have", "them", "above all")
    return (
        f"At {scale}, {total:,} of {wrong:,} errors {verb} other errors beside {them} beyond "
        f"chance, each judged by itself ({rate}); {where} in {listed(named)}."
    )


def _hot(mapped: Mapped, centres: pd.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how many centres of each cell are hot, and how many were judged."""
    share, known = mapped.mean(centres, HOT_SPOTS.values(centres))
    return np.rint(np.nan_to_num(share) / 100.0 * known).astype(np.int64), known


def _repeated(mapped: Mapped) -> str:
    return (
        f"Single errors are not judged: {100.0 * mapped.audit.scored.shared:.0f} % of the samples "
        "share a site with others, and the test of a centre takes these for independent ones."
    )
