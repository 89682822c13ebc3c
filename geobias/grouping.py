"""From a table of predictions to accuracies by region or group."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geobias.errors import GeoBiasError
from geobias.inference.disparities import Disparities
from geobias.inference.proportions import newcombe, shares, wilson
from geobias.inference.shuffles import SMALL_P, draws_note
from geobias.progress import progress_bar
from geobias.provenance import provenance_of
from geobias.regions.grouping import Grouping, by_column, by_country, by_polygon
from geobias.regions.world import SCHEMES
from geobias.results.groups import ANSWERS, FIGURES, Groups
from geobias.samples import Samples
from geobias.scoring import read_samples
from geobias.settings import LARGEST_SEED, whole_number
from geobias.wording import counted

if TYPE_CHECKING:
    import geopandas

    from geobias.readers import File, Table
    from geobias.samples.columns import Correct

FEW_EXPECTED = 5.0
"""The distribution of chi-square is rough where fewer right or wrong answers are expected."""


@dataclass(frozen=True)
class Choices:
    """The choices behind `groups`."""

    by: str
    tolerance_km: float
    least: int
    permutations: int
    seed: int
    site_tolerance_km: float

    def record(self) -> dict[str, Any]:
        """Return the choices as plain values."""
        return asdict(self)


def groups(
    data: Table | File | Samples,
    *,
    by: str | None = None,
    correct: Correct = None,
    lat: str | None = None,
    lon: str | None = None,
    threshold: float | None = None,
    levels: Sequence[float] | None = None,
    degrees: bool = False,
    locations: Table | File | None = None,
    regions: str | os.PathLike[str] | geopandas.GeoDataFrame | None = None,
    region_name: str | None = None,
    answered: str | None = None,
    tolerance_km: float = 20.0,
    site_tolerance_km: float = 0.0,
    least: int = 20,
    permutations: int = 999,
    seed: int = 0,
    progress: bool = False,
) -> Groups:
    """Compare the accuracy of one or more models between regions or other groups.

    Parameters
    ----------
    data
        Predictions, as for `score`.
    by
        ``country``, ``continent``, ``un_region``, ``un_subregion`` or ``income``, which follow
        from the coordinates, or a column of the table. By default the continent.
    correct, lat, lon, threshold, levels, degrees, locations
        As for `score`; of several levels, those above 0 are correct.
    regions
        Polygons that are the groups, in place of ``by``: a file, or a GeoDataFrame.
    region_name
        Column of names in ``regions``; by default its only column of text.
    answered
        Column of True and False that says which samples the models answered, for answer rates;
        by default the one of this name, if there is one.
    tolerance_km
        A sample outside all polygons counts for the nearest one, if it is at most so far away.
    site_tolerance_km
        As for `score`.
    least
        Groups of fewer samples are shown, but not tested, and cannot be the worst.
    permutations
        How often answers are exchanged between places, for the p values.
    seed
        Seed of the exchanges.
    progress
        Show a progress bar on standard error.

    Returns
    -------
    Groups

    Raises
    ------
    GeoBiasError
        If the input or a choice makes no sense, or no sample has a group.

    Examples
    --------
    >>> draw = np.random.default_rng(0)
    >>> table = pd.DataFrame({"lat": draw.uniform(44, 50, 400), "lon": draw.uniform(5, 28, 400)})
    >>> table["correct"] = draw.random(400) < np.where(table["lon"] > 22, 0.6, 0.9)
    >>> found = groups(table, by="un_subregion", permutations=99)
    >>> found.summary[["tested", "worst", "p"]].to_dict("records")
    [{'tested': 3, 'worst': 'Eastern Europe', 'p': 0.01}]
    """
    if regions is not None and by is not None:
        raise GeoBiasError("Pass by= (--by) or regions= (--regions), not both.")
    if region_name is not None and regions is None:
        raise GeoBiasError("region_name= (--region-name) goes with regions= (--regions).")
    column = by if regions is None and by is not None and by not in SCHEMES else None
    samples = read_samples(
        data, correct=correct, lat=lat, lon=lon, threshold=threshold, levels=levels,
        degrees=degrees, site_tolerance_km=site_tolerance_km, by=column, answered=answered,
        locations=locations,
    )  # fmt: skip
    if samples.averaged:
        raise GeoBiasError("These Samples are merged into sites: give them as they were before.")
    if regions is not None:
        grouping = by_polygon(samples, regions, region_name, tolerance_km)
    elif column is not None:
        grouping = by_column(samples, column)
    else:
        grouping = by_country(samples, by or "continent", tolerance_km)
    choices = Choices(
        by=grouping.by,
        tolerance_km=float(tolerance_km),
        least=whole_number("least", least, 1),
        permutations=whole_number("permutations", permutations, 1),
        seed=whole_number("seed", seed, 0, LARGEST_SEED),
        site_tolerance_km=float(site_tolerance_km),
    )
    grouping = grouping.without_empty()
    if not grouping.names:
        raise GeoBiasError(f"No sample has a {grouping.noun}. {' '.join(grouping.notes)}")
    kept = grouping.group >= 0
    grouped = _only(samples, kept)
    group = grouping.group[kept]
    with progress_bar(progress) as advance:
        found = Disparities.of(
            grouped, group, choices.least, choices.permutations, choices.seed, advance
        )
    table = _table(grouped, group, grouping, found)
    return Groups(
        table=table,
        summary=_summary(grouped, table, found),
        notes=(*samples.notes, *grouping.notes, *_notes(grouped, grouping, choices, found)),
        provenance={
            **provenance_of(samples, choices),
            "groups": {
                "noun": grouping.noun, "plural": grouping.plural, "place": grouping.place,
                "ungrouped": samples.n - grouped.n,
            },
        },
    )  # fmt: skip


def _only(samples: Samples, kept: np.ndarray[Any, np.dtype[np.bool_]]) -> Samples:
    """Return the samples that have a group."""
    return replace(
        samples,
        lat=samples.lat[kept],
        lon=samples.lon[kept],
        rows=samples.rows[kept],
        marks=samples.marks[:, kept],
        sites=np.unique(samples.sites[kept], return_inverse=True)[1],
        groups=None if samples.groups is None else samples.groups[kept],
        ids=None if samples.ids is None else samples.ids[kept],
        answered=None if samples.answered is None else samples.answered[kept],
    )


def _table(
    samples: Samples, group: np.ndarray[Any, np.dtype[np.int64]], grouping: Grouping,
    found: Disparities,
) -> pd.DataFrame:  # fmt: skip
    """Lay out what is known of each group, the lowest accuracy of each model first."""
    size = found.size
    answers = {}
    if samples.answered is not None:
        given = np.bincount(group, weights=samples.answered)
        answers = dict(zip(ANSWERS, (shares(given, size), *wilson(given, size)), strict=True))
    tables = []
    for model, hits, p, p_adjusted in zip(
        samples.models, found.hits, found.p, found.p_adjusted, strict=True
    ):
        accuracy, (low, high) = shares(hits, size), wilson(hits, size)
        rest, others = hits.sum() - hits, size.sum() - size
        gap_low, gap_high = newcombe(hits, size, rest, others)
        figures = (
            size, found.sites, accuracy, low, high, accuracy - shares(rest, others),
            gap_low, gap_high, p, p_adjusted,
        )  # fmt: skip
        columns = {
            "model": model, "group": grouping.names, **dict(zip(FIGURES, figures, strict=True)),
            "tested": found.tested, **answers,
        }  # fmt: skip
        tables.append(pd.DataFrame(columns).sort_values(["accuracy", "n"], ascending=[True, False]))
    return pd.concat(tables, ignore_index=True)


def _summary(samples: Samples, table: pd.DataFrame, found: Disparities) -> pd.DataFrame:
    """Lay out what is known of each model."""
    from scipy.stats import chi2

    rows = []
    tested = int(found.tested.sum())
    for at, model in enumerate(samples.models):
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
            "samples": samples.n,
            "accuracy": samples.accuracy[at],
            "groups": len(own),
            "tested": tested,
            **ends,
            "chi_square": found.statistic[at],
            "df": max(tested - 1, 0),
            "p_chi_square": chi2.sf(found.statistic[at], max(tested - 1, 1)),
            "p": found.p_statistic[at],
        }
        if samples.answered is not None:
            row["answer_rate"] = samples.answered.mean()
        rows.append(row)
    return pd.DataFrame.from_records(rows)


def _notes(samples: Samples, grouping: Grouping, choices: Choices, found: Disparities) -> list[str]:
    """Say what a reader of the figures has to know."""
    notes = []
    small = len(grouping.names) - int(found.tested.sum())
    if small:
        verb = "holds" if small == 1 else "hold"
        of = f"{small:,} of {len(grouping.names):,} {grouping.plural} {verb}"
        notes.append(
            f"{of} fewer than {choices.least:,} samples, and cannot be the worst or be tested; "
            "their samples count for the rest."
        )
    if samples.shared > 0.0:
        notes.append(
            f"{100.0 * samples.shared:.0f} % of the {samples.n:,} samples share one of "
            f"{samples.n_sites:,} sites with others. Repeated samples of one site are not "
            "independent: intervals and the p of chi-square do not know that and are too narrow "
            "and too small. The other p values exchange whole sites."
        )
    if found.fixed:
        notes.append(
            f"{counted(found.fixed, 'sample')} of {samples.n:,} kept their answers in every "
            "exchange: no other site has as many samples."
        )
    size = found.size[found.tested]
    for model, hits in zip(samples.models, found.hits[:, found.tested], strict=True):
        if not size.size:
            break
        share = hits.sum() / size.sum()
        few = int((size * min(share, 1.0 - share) < FEW_EXPECTED).sum())
        if 0.0 < share < 1.0 and few:
            notes.append(
                f"{model}: the p of chi-square is rough, because fewer than {FEW_EXPECTED:g} right "
                f"or wrong answers are expected in {few:,} of the {grouping.plural}. The p of "
                "exchanges is not."
            )
    if 1.0 / (choices.permutations + 1) > SMALL_P:
        notes.append(draws_note(choices.permutations))
    return notes
