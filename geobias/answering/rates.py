"""How often answers come from where, since silence is a bias too."""

from __future__ import annotations

import pandas as pd

from geobias.answering.truth import NOWHERE
from geobias.inference.proportions import shares, wilson
from geobias.results.summary import records
from geobias.results.words import ALPHA, p_value, percent
from geobias.wording import counted


def answer_rates(regions: list[str] | None, answered: list[bool]) -> pd.DataFrame:
    """Return the answer rate of each region with its 95 % Wilson interval, the lowest first."""
    names = ["region", "n", "answered", "rate", "low", "high"]
    if regions is None:
        return pd.DataFrame(columns=names)
    grouped = pd.Series(answered, dtype=bool).groupby(pd.Series(regions, dtype=object))
    table = pd.DataFrame({"n": grouped.size(), "answered": grouped.sum().astype(int)})
    table["rate"] = shares(table["answered"], table["n"])
    table["low"], table["high"] = wilson(table["answered"], table["n"])
    table = table.rename_axis("region").reset_index()
    return table.sort_values(["rate", "region"], ignore_index=True)[names]


def silence_sentence(rates: pd.DataFrame) -> str | None:
    """Name the region with the lowest answer rate that chance does not explain.

    Fisher's exact test of that region against the others, one-sided, times the number of
    regions that could have been it (Bonferroni).

    >>> rates = answer_rates(["Africa"] * 40 + ["Europe"] * 40, [False] * 20 + [True] * 60)
    >>> print(silence_sentence(rates))
    Africa is answered least, 50.0 % of 40 samples against 100.0 % elsewhere (p 7.8e-08).
    """
    from scipy.stats import fisher_exact

    known = rates[rates["region"] != NOWHERE]
    if len(known) < 2:
        return None
    rows = records(known)
    for row in rows:
        others = known["answered"].sum() - row["answered"]
        size = known["n"].sum() - row["n"]
        table = [[row["answered"], row["n"] - row["answered"]], [others, size - others]]
        p = min(1.0, float(fisher_exact(table, alternative="less").pvalue) * len(known))
        if p > ALPHA:
            continue
        found = (
            f"{percent(row['rate'])} of {counted(row['n'], 'sample')} against "
            f"{percent(others / size)} elsewhere (p {p_value(p)})"
        )
        if row is rows[0]:
            return f"{row['region']} is answered least, {found}."
        return (
            f"{row['region']} is answered less than the others, {found}; the lowest rate, "
            f"{percent(rows[0]['rate'])} of {counted(rows[0]['n'], 'sample')} in "
            f"{rows[0]['region']}, may be chance."
        )
    return None
