"""Global Moran's I of errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geobias.baselines.arrangements import Arrangements, Chance, Columns
from geobias.inference.permutation import judge
from geobias.local.links import Links
from geobias.progress import progress_bar
from geobias.provenance import provenance_of
from geobias.results.baseline import Baseline, baseline_row
from geobias.results.notes import cut_note
from geobias.samples import Samples
from geobias.scales import Scale
from geobias.scoring import refuse_too_few, thread_count
from geobias.settings import scales_of
from geobias.sphere import Floats
from geobias.wording import counted

if TYPE_CHECKING:
    from geobias.readers import File, Table
    from geobias.samples.columns import Correct

_COLUMNS = 64
"""Arrangements that are multiplied at once."""


@dataclass(frozen=True)
class Choices:
    """The choices behind `moran`."""

    scales: tuple[Scale, ...]
    chance: Chance

    def record(self) -> dict[str, Any]:
        """Return the choices as plain values."""
        return {"scales": [scale.name for scale in self.scales], **asdict(self.chance)}


def moran(
    data: Table | File | Samples,
    *,
    correct: Correct = None,
    lat: str | None = None,
    lon: str | None = None,
    threshold: float | None = None,
    levels: Sequence[float] | None = None,
    degrees: bool = False,
    locations: Table | File | None = None,
    scales: str | Scale | Sequence[str | Scale] = "100km",
    sites: str = "keep",
    site_tolerance_km: float = 0.0,
    permutations: int = 999,
    seed: int = 0,
    threads: int | None = None,
    progress: bool = False,
) -> Baseline:
    r"""Compute Moran's I of errors, with the neighbours that the scores have.

    .. math:: I = \frac{n}{m} \frac{\sum_i (e_i - \bar e) \, \bar e^*_i}{\sum_i (e_i - \bar e)^2}

    where e is 1 wrong and 0 right, ē* the mean of e - ē over the neighbours of i, and m of the
    n samples have neighbours. The weights are binary and row-standardised, all neighbours within
    the scale count alike.

    Parameters
    ----------
    data
        Predictions, as for `score`.
    correct, lat, lon, threshold, levels, degrees, locations
        As for `score`; of several levels, those below 0 are errors.
    scales, sites, site_tolerance_km
        As for `score`.
    permutations
        Permutations of the marks; the samples of a site move together.
    seed, threads, progress
        As for `score`.

    Returns
    -------
    Baseline
        One row per model and scale. ``p`` is two-sided; ``isolated`` counts samples that have no
        neighbour.

    Raises
    ------
    GeoBiasError
        If the input or a choice makes no sense, with what was found and what to do.

    References
    ----------
    Moran, Notes on continuous stochastic phenomena, Biometrika 37, 1950; Cliff and Ord, Spatial
    Processes, 1981.

    Examples
    --------
    >>> from geobias import simulate
    >>> table = simulate.world("hemisphere", n=400)
    >>> moran(table, scales=["1000km", "knn:10"], permutations=99).summary["p"].tolist()
    [0.03, 0.22]
    """
    choices = Choices(
        scales=scales_of(scales),
        chance=Chance.checked(
            sites=sites, site_tolerance_km=site_tolerance_km, permutations=permutations, seed=seed
        ),
    )
    made = Arrangements.of(
        data, choices.chance, correct=correct, lat=lat, lon=lon, threshold=threshold,
        levels=levels, degrees=degrees, locations=locations,
    )  # fmt: skip
    thing = "site" if made.samples.averaged else "sample"
    rows, notes = [], []
    with progress_bar(progress) as advance:
        for scale in choices.scales:
            refuse_too_few(made.samples, scale)
            links = Links.of(made.places, scale, thread_count(threads), advance)
            if links.capped.any():
                notes.append(cut_note(scale, int(links.capped.sum()), made.samples.n))
            isolated = int((links.size == 1).sum())
            if isolated:
                notes.append(
                    f"At {scale}, {counted(isolated, thing)} of {made.samples.n:,} without "
                    "a neighbour."
                )
            drawn = []
            for first, columns in made.batches():
                advance(f"{scale}, chance", first, choices.chance.permutations + 1)
                drawn.append(_morans(links, columns))
            values = made.by_model(np.concatenate(drawn))
            verdict = judge(values[:, 0], values[:, 1:])
            for m in range(len(values)):
                rows.append(
                    baseline_row(made.samples, m, "moran", scale.name, verdict, values[m])
                    | {"p": float(verdict.p[m]), "isolated": isolated}
                )
    rows.sort(key=lambda row: made.samples.models.index(row["model"]))
    return Baseline(
        summary=pd.DataFrame.from_records(rows),
        notes=(*made.notes, *notes),
        provenance=provenance_of(made.samples, choices),
        scored=made.samples,
    )


def _morans(links: Links, columns: Columns) -> Floats:
    """Return Moran's I of each column; NaN if all its values are equal or nothing is linked."""
    others = links.size - 1
    share = np.divide(1.0, others, out=np.zeros(others.size), where=others > 0)
    found = []
    for first in range(0, columns.shape[1], _COLUMNS):
        errors = columns[:, first : first + _COLUMNS].astype(np.float64)
        away = errors - errors.mean(axis=0)
        beside = (links.matrix @ away - away) * share[:, None]
        together, all_of_it = _down(away * beside), _down(away**2)
        constant = (errors == errors[0]).all(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            value = others.size / np.count_nonzero(others) * together / all_of_it
        found.append(np.where(constant, np.nan, value))
    return np.concatenate(found)


def _down(values: Floats) -> Floats:
    """Sum columns, each by itself, so that its neighbours in the batch change no bit."""
    total: Floats = np.ascontiguousarray(values.T).sum(axis=1)
    return total
