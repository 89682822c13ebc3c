"""The table that the field publishes, with what it lacks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from geobias.encoders.locbench.bench.auditing import Audited, Choices
from geobias.encoders.locbench.bench.folder import IMAGE_ONLY, Folder, Run
from geobias.inference.permutation import holm
from geobias.results.words import ALPHA
from geobias.wording import counted, listed

SPREAD = "_sd"
"""What follows the name of a column in that of its standard deviation over seeds."""


def tabled(folder: Folder, audited: Audited) -> pd.DataFrame:
    """Return a row per model: how good it is, and how biased at each scale.

    Parameters
    ----------
    folder : Folder
        The benchmark.
    audited : Audited
        Its audit.

    Returns
    -------
    pandas.DataFrame
        ``model``, ``kind`` and ``seeds``; means over seeds of all metrics, and with ``_sd`` their
        standard deviations (NaN of one seed); ``audited``, how many samples have a location.
        ``gain``, the accuracy less that of the image-only model, with ``gain_low``, ``gain_high``,
        ``gain_p``, and ``gain_p_holm``, adjusted for the number of models. Then for each scale,
        after its name and a colon: ``unmarked``, ``marked``, ``clustering`` and ``clustering_p``;
        the share of samples where it is ``undefined``, as neighbours are too few or their answers
        all alike; and against the image-only model ``change`` of the clustering, ``change_p`` and
        ``change_p_holm``, adjusted for the number of models.

    Notes
    -----
    Several seeds give several p values, which depend on each other, being of the same samples.
    Twice their median is a p value whatever the dependence (Rüger 1978; DiCiccio, DiCiccio and
    Romano 2020, *Exact tests via multiple data splitting*).
    """
    runs = folder.runs()
    rows = [
        _row(model, [run for run in runs if run.model == model], audited)
        for model in dict.fromkeys(run.model for run in runs)
    ]
    table = pd.DataFrame(rows)
    table["gain_p_holm"] = holm(table["gain_p"].to_numpy(np.float64))
    for scale in audited.choices.scales:
        table[f"{scale}:change_p_holm"] = holm(table[f"{scale}:change_p"].to_numpy(np.float64))
    return table


def least_p(table: pd.DataFrame, choices: Choices) -> float:
    """Return the least adjusted p value of a change that so many permutations can give."""
    models = max(int(table[f"{scale}:change_p"].notna().sum()) for scale in choices.scales)
    doubled = 2 if (table["seeds"] > 1).any() else 1
    return models * doubled / (choices.permutations + 1)


def combined(p: Iterable[float]) -> float:
    """Return one p value of several that may depend on each other: twice their median.

    >>> combined([0.01, 0.02, 0.5]), combined([0.3])
    (0.04, 0.3)
    """
    known = [value for value in p if not np.isnan(value)]
    if len(known) <= 1:
        return known[0] if known else float("nan")
    return min(1.0, 2.0 * float(np.median(known)))


def _row(model: str, runs: Sequence[Run], audited: Audited) -> dict[str, object]:
    row: dict[str, object] = {"model": model, "kind": runs[0].kind, "seeds": len(runs)}
    for metric in dict.fromkeys(metric for run in runs for metric in run.metrics):
        row |= _over_seeds(metric, [run.metrics.get(metric, np.nan) for run in runs])
    row |= dict.fromkeys(("gain", "gain_low", "gain_high", "gain_p"), np.nan)
    for gain in _of(audited.gains, model).itertuples():
        row |= {"gain": gain.gain, "gain_low": gain.low, "gain_high": gain.high, "gain_p": gain.p}
    scores, differences = _of(audited.scores, model), _of(audited.differences, model)
    row["audited"] = int(scores["samples"].max()) if len(scores) else 0
    for scale in audited.choices.scales:
        here, there = _at(scores, scale), _at(differences, scale)
        for score in ("unmarked", "marked", "clustering"):
            row |= _over_seeds(f"{scale}:{score}", here[score])
        row[f"{scale}:clustering_p"] = combined(here["clustering_p"])
        row[f"{scale}:undefined"] = float((here["undefined"] / here["centres"]).mean())
        row |= _over_seeds(f"{scale}:change", there["clustering_difference"])
        row[f"{scale}:change_p"] = combined(there["p"])
    return row


def _of(table: pd.DataFrame, model: str) -> pd.DataFrame:
    return table[table["model"] == model]


def _at(table: pd.DataFrame, scale: str) -> pd.DataFrame:
    return table[table["scale"] == scale]


def _over_seeds(name: str, values: Sequence[float] | pd.Series[float]) -> dict[str, float]:
    known = np.asarray(values, np.float64)
    known = known[~np.isnan(known)]
    mean = float(known.mean()) if known.size else float("nan")
    spread = float(known.std(ddof=1)) if known.size > 1 else float("nan")
    return {name: mean, name + SPREAD: spread}


def sentences(table: pd.DataFrame, scales: Sequence[str]) -> list[str]:
    """Say of each model whether it is more accurate than images alone, and more biased.

    A difference is said to be one only if it is beyond chance: an adjusted p of at most 0.05.
    """
    return [
        _sentence(row, scales)
        for _, row in table.iterrows()
        if row["model"] != IMAGE_ONLY and not np.isnan(row["gain"])
    ]


def summed_up(table: pd.DataFrame, scales: Sequence[str]) -> str:
    """Say how many encoders are more accurate than images alone, and how many more biased."""
    encoders = table[table["kind"] == "encoder"]
    if not encoders["gain"].notna().any():
        return "No encoder was compared with the model of images alone."
    gained = encoders.loc[encoders["gain_p_holm"] <= ALPHA, "gain"]
    better, worse = (gained > 0).sum(), (gained < 0).sum()
    turned = {"more": 0, "less": 0}
    for _, row in encoders.iterrows():
        sure = [scale for scale in scales if row[f"{scale}:change_p_holm"] <= ALPHA]
        turned["more"] += any(row[f"{scale}:change"] > 0 for scale in sure)
        turned["less"] += any(row[f"{scale}:change"] < 0 for scale in sure)
    return (
        f"Of {counted(len(encoders), 'encoder')}, {better} raise accuracy and {worse} lower it, "
        "beyond chance. At some scale, and beyond the chance of one scale, errors cluster more "
        f"than those of images alone with {turned['more']} of them, and less with "
        f"{turned['less']}."
    )


def _sentence(row: pd.Series[float], scales: Sequence[str]) -> str:
    gain, low, high = (100 * row[name] for name in ("gain", "gain_low", "gain_high"))
    more = "raises accuracy" if gain > 0 else "lowers accuracy"
    reach = "of too few blocks for an interval" if np.isnan(low) else f"{low:.1f} to {high:.1f}"
    said = f"changes accuracy by no more than chance ({gain:+.1f} points, {reach})"
    if row["gain_p_holm"] <= ALPHA:
        said = f"{more} by {abs(gain):.1f} points ({reach}; p {row['gain_p_holm']:.3g})"
    changes = []
    compared = [scale for scale in scales if not np.isnan(row[f"{scale}:change_p_holm"])]
    for scale in compared:
        change, p = row[f"{scale}:change"], row[f"{scale}:change_p_holm"]
        if p <= ALPHA:
            turned = "raises" if change > 0 else "lowers"
            changes.append(f"{turned} it by {abs(change):.2f} nats at {scale} (p {p:.3g})")
    if changes:
        found = f"of clustering, it {', '.join(changes)}"
    elif not compared:
        found = "clustering cannot be compared at any scale"
    else:
        where = "any scale" if len(compared) == len(scales) else listed(compared)
        found = f"clustering changes by no more than chance at {where}"
    return f"{row['model']} {said}; {found}."
