"""What is known of each group and of each model, laid out in tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from geobias.geometry.places import Ints
from geobias.inference.disparities import Disparities
from geobias.inference.proportions import newcombe, shares, wilson

FIGURES = (
    "n", "sites", "accuracy", "low", "high", "gap", "gap_low", "gap_high", "p", "p_adjusted",
)  # fmt: skip
"""What is known of every group; the answers, if they are known, follow."""

ANSWERS = ("asked", "answer_rate", "answer_low", "answer_high")


def table_of_groups(
    models: Sequence[str],
    names: Sequence[str],
    found: Disparities,
    answers: tuple[Ints, Ints] | None,
) -> pd.DataFrame:
    """Lay out what is known of each group, the lowest accuracy of each model first.

    ``answers`` is how many rows of each group were asked, and how many of them answered.
    """
    size = found.size
    rates = {}
    if answers is not None:
        asked, given = answers
        figures = asked, shares(given, asked), *wilson(given, asked)
        rates = dict(zip(ANSWERS, figures, strict=True))
    tables = []
    for model, hits, p, p_adjusted in zip(
        models, found.hits, found.p, found.p_adjusted, strict=True
    ):
        accuracy, (low, high) = shares(hits, size), wilson(hits, size)
        rest, others = hits.sum() - hits, size.sum() - size
        gap_low, gap_high = newcombe(hits, size, rest, others)
        known = (
            size, found.sites, accuracy, low, high, accuracy - shares(rest, others),
            gap_low, gap_high, p, p_adjusted,
        )  # fmt: skip
        columns = {
            "model": model, "group": names, **dict(zip(FIGURES, known, strict=True)),
            "tested": found.tested, **rates,
        }  # fmt: skip
        tables.append(pd.DataFrame(columns).sort_values(["accuracy", "n"], ascending=[True, False]))
    return pd.concat(tables, ignore_index=True)


def table_of_models(
    models: Sequence[str],
    table: pd.DataFrame,
    found: Disparities,
    answers: tuple[Ints, Ints] | None,
) -> pd.DataFrame:
    """Lay out what is known of each model; ``table`` is that of the groups."""
    from scipy.stats import chi2

    rows = []
    tested, samples = int(found.tested.sum()), int(found.size.sum())
    for at, model in enumerate(models):
        own = table[table["model"] == model]
        large = own[own["tested"]]
        ends = {"worst": None, "best": None, "difference": np.nan}
        if tested:
            lowest, highest = large.iloc[0], large.iloc[-1]
            ends = {
                "worst": lowest["group"],
                "best": highest["group"],
                "difference": highest["accuracy"] - lowest["accuracy"],
            }
        row = {
            "model": model,
            "samples": samples,
            "accuracy": found.hits[at].sum() / samples,
            "groups": len(own),
            "tested": tested,
            **ends,
            "chi_square": found.statistic[at],
            "df": max(tested - 1, 0),
            "p_chi_square": chi2.sf(found.statistic[at], max(tested - 1, 1)),
            "p": found.p_statistic[at],
        }
        if answers is not None:
            asked, given = answers
            row["asked"] = int(asked.sum())
            row["answer_rate"] = given.sum() / asked.sum()
        rows.append(row)
    return pd.DataFrame.from_records(rows)
