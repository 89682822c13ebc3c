"""Aggregates over centres: means, medians, weighted means, and how many were undefined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geobias.crews import Crew
from geobias.inference.bootstrap import Bootstrap, Interval
from geobias.inference.permutation import Verdict
from geobias.inference.significance import LABELS
from geobias.results.scores import (
    CALIBRATED,
    NEVER_NEGATIVE,
    SCORE_COLUMNS,
    SRI,
    SRI_RELATIVE,
    present,
)
from geobias.sphere import Floats


def aggregate(values: Floats, neighbours: Floats, drawn_from: int) -> dict[str, Any]:
    """Aggregate one score over centres, leaving the undefined ones out and counting them.

    Parameters
    ----------
    values
        The score of each centre, NaN where undefined.
    neighbours
        Size of each neighbourhood, the weight of the weighted mean.
    drawn_from
        How many centres these were drawn from at random; the standard error of the mean
        is 0 when that is all of them.
    """
    known = ~np.isnan(values)
    defined = int(known.sum())
    record: dict[str, Any] = {
        "mean": np.nan,
        "median": np.nan,
        "weighted": np.nan,
        "se": np.nan,
        "defined": defined,
        "undefined": int(values.size - defined),
    }
    if defined:
        values, neighbours = values[known], neighbours[known]
        record["mean"] = float(values.mean())
        record["median"] = float(np.median(values))
        record["weighted"] = float(np.average(values, weights=neighbours))
    if defined > 1:
        # Drawing without replacement: the part that was seen has no sampling error.
        unseen = 1.0 - min(1.0, known.size / drawn_from)
        record["se"] = float(values.std(ddof=1) * np.sqrt(unseen / defined))
    return record


def intervals(
    record: dict[str, Any], values: Floats, neighbours: Floats, bootstrap: Bootstrap, least: float
) -> dict[str, Any]:
    """Give the aggregates of one score their intervals.

    ``values`` is NaN where a centre does not count, and never below ``least``;
    ``replicates_dropped`` are those that drew no block with a centre that does.
    """
    worth = bootstrap.worth(values)
    spans: dict[str, Any] = {}
    for name, replicates in (
        ("mean", bootstrap.means(values)),
        ("median", bootstrap.medians(values)),
        ("weighted", bootstrap.means(values, neighbours)),
    ):
        interval = Interval.of(record[name], replicates, worth)
        spans |= {f"{name}_low": max(interval.low, least), f"{name}_high": interval.high}
    return {**spans, "blocks": bootstrap.blocks, "replicates_dropped": interval.dropped}


class _Centres(NamedTuple):
    """What the aggregates of any score are taken over; ``drawn_from`` is for all and for wrong."""

    neighbours: NDArray[Any]
    wrong: NDArray[np.bool_]
    drawn_from: tuple[int, int]
    bootstrap: Bootstrap | None


def aggregates_of(
    columns: Mapping[str, NDArray[Any]],
    wrong: NDArray[np.bool_],
    drawn_from: tuple[int, int],
    bootstrap: Bootstrap | None,
    crew: Crew,
) -> list[dict[str, Any]]:
    """Aggregate every score over all centres and over those the model got wrong."""
    centres = _Centres(columns["neighbours"], wrong, drawn_from, bootstrap)
    scores = ((score, columns[score]) for score in present(SCORE_COLUMNS, columns))
    made = list(crew.map(_of_score, centres, scores))
    return [rows[over] for over in range(2) for rows in made]


def _of_score(centres: _Centres, named: tuple[str, Floats]) -> list[dict[str, Any]]:
    """Aggregate one score over all centres, and over those the model got wrong."""
    score, values = named
    rows = []
    for over, chosen, drawn_from in (
        ("all", np.ones(values.size, dtype=bool), centres.drawn_from[0]),
        ("wrong", centres.wrong, centres.drawn_from[1]),
    ):
        weights = centres.neighbours[chosen].astype(np.float64)
        record = aggregate(values[chosen], weights, drawn_from)
        if centres.bootstrap:
            counting = np.where(chosen, values, np.nan)
            least = 0.0 if score in (*NEVER_NEGATIVE, *SRI) else -np.inf
            record |= intervals(record, counting, centres.neighbours, centres.bootstrap, least)
        rows.append({"centres": over, "score": score, **record})
    return rows


def summary_row(
    facts: dict[str, Any],
    columns: Mapping[str, NDArray[Any]],
    wrong: NDArray[np.bool_],
    aggregates: list[dict[str, Any]],
    sampled: bool,
) -> dict[str, Any]:
    """Lay the means of one model and scale out in a row.

    ``undefined`` counts the centres at which a calibrated score of SSI could not be computed,
    or of SRI where there is no other; the aggregates have the count of each score.
    """
    scores = present(SCORE_COLUMNS, columns)
    mean = {(row["centres"], row["score"]): row["mean"] for row in aggregates}
    error = {(row["centres"], row["score"]): row["se"] for row in aggregates}
    missing = np.zeros(wrong.size, dtype=bool)
    for score in present(CALIBRATED, columns) or SRI_RELATIVE:
        missing |= np.isnan(columns[score])
    row = {
        "model": facts["model"],
        "scale": facts["scale"],
        "samples": facts["samples"],
        "centres": wrong.size,
        "undefined": int(missing.sum()),
        "capped": int(columns["capped"].sum()),
        "accuracy": facts["accuracy"],
        **{score: mean["all", score] for score in scores},
        "centres_wrong": int(wrong.sum()),
        "undefined_wrong": int((missing & wrong).sum()),
        "capped_wrong": int((columns["capped"] & wrong).sum()),
        **{f"{score}_wrong": mean["wrong", score] for score in scores},
    }
    if sampled:
        row |= {f"{score}_se": error["all", score] for score in scores}
        row |= {f"{score}_wrong_se": error["wrong", score] for score in scores}
    for each in aggregates:
        if "blocks" in each:
            column = each["score"] + ("" if each["centres"] == "all" else "_wrong")
            row |= {f"{column}_low": each["mean_low"], f"{column}_high": each["mean_high"]}
    return row


def verdict_columns(test: Verdict, model: int, tested: tuple[str, ...]) -> dict[str, float]:
    """Lay the verdict on one model out in columns."""
    columns = {}
    for s, score in enumerate(tested):
        columns[f"{score}_p"] = float(test.p[model, s])
        columns[f"{score}_p_greater"] = float(test.p_greater[model, s])
        columns[f"{score}_pz"] = float(test.z[model, s])
    return columns


def label_counts(columns: Mapping[str, NDArray[Any]]) -> dict[str, int]:
    """Count the centres that stand out, by score and label, where centres were judged."""
    return {
        f"{score}_{label}": int((columns[f"{score}_label"] == label).sum())
        for score, labels in LABELS.items()
        if f"{score}_label" in columns
        for label in labels
    }


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as dictionaries."""
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
