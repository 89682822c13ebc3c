"""From a table of predictions to accuracies by region or group."""

from __future__ import annotations

import os
from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geobias.errors import GeoBiasError, InputError
from geobias.geometry.places import Ints
from geobias.inference.disparities import Disparities
from geobias.inference.shuffles import SMALL_P, draws_note
from geobias.progress import progress_bar
from geobias.provenance import provenance_of
from geobias.readers import open_source
from geobias.regions.grouping import Grouping, by_column, by_country, by_polygon
from geobias.regions.polygons import checked_tolerance
from geobias.regions.world import SCHEMES
from geobias.results.group_tables import table_of_groups, table_of_models
from geobias.results.groups import Groups
from geobias.samples import Samples
from geobias.samples.columns import ANSWERED
from geobias.scoring import read_samples
from geobias.settings import LARGEST_SEED, whole_number
from geobias.wording import counted, nearest, quoted

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
        Column of True and False that says which rows the models answered, for answer rates, with
        correctness or without; by default the one of this name, if there is one.
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
        Show a progress bar, in a notebook or else on standard error.

    Returns
    -------
    Groups

    Raises
    ------
    GeoBiasError
        If the input or a choice makes no sense, or no sample has a group.

    Examples
    --------
    >>> import pandas as pd
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
    column = column_of(by)
    within_km = checked_tolerance(tolerance_km)
    samples = read_grouped(
        data, column, correct=correct, lat=lat, lon=lon, threshold=threshold, levels=levels,
        degrees=degrees, site_tolerance_km=site_tolerance_km, answered=answered,
        locations=locations,
    )  # fmt: skip
    if samples.averaged:
        raise GeoBiasError("These Samples are merged into sites: give them as they were before.")
    if regions is not None:
        grouping = by_polygon(samples, regions, region_name, within_km)
    elif column is not None:
        grouping = by_column(samples, column)
    else:
        grouping = by_country(samples, by or "continent", within_km)
    choices = Choices(
        by=grouping.by,
        tolerance_km=within_km,
        least=whole_number("least", least, 1),
        permutations=whole_number("permutations", permutations, 1),
        seed=whole_number("seed", seed, 0, LARGEST_SEED),
        site_tolerance_km=float(site_tolerance_km or 0.0),
    )
    grouping = grouping.without_empty()
    kept = np.flatnonzero(grouping.group >= 0)
    if not kept.size:
        raise GeoBiasError(f"No sample has a {grouping.noun}. {' '.join(grouping.notes)}")
    grouped, group = samples.taken(kept), grouping.group[kept]
    with progress_bar(progress) as advance:
        found = Disparities.of(
            grouped, group, len(grouping.names), choices.least, choices.permutations,
            choices.seed, advance,
        )  # fmt: skip
    answers = _answers(samples, grouping)
    table = table_of_groups(grouped.models, grouping.names, found, answers)
    notes = _notes(grouped, grouping, choices, found)
    return Groups(
        table=table,
        summary=table_of_models(grouped.models, table, found, answers),
        notes=(*samples.notes, *grouping.notes, *notes, *_answer_notes(samples, grouping, answers)),
        provenance={
            **provenance_of(samples, choices),
            "groups": {
                "noun": grouping.noun, "plural": grouping.plural, "place": grouping.place,
                "ungrouped": samples.n - grouped.n,
            },
        },
    )  # fmt: skip


def column_of(by: str | None) -> str | None:
    """Return the column that groups come from, if they do not follow from the coordinates."""
    if not isinstance(by, Hashable):
        raise GeoBiasError(
            "by= takes a region scheme or the name of a column, not a "
            f"{type(by).__name__} of values: put them in a column."
        )
    return by if by not in (None, *SCHEMES) else None


def read_grouped(data: Table | File | Samples, column: str | None, **reading: Any) -> Samples:
    """Return validated samples with the groups of a column, if there are to be any."""
    if isinstance(data, Samples):
        return read_samples(data, **reading)
    source = open_source(data)
    if column is not None and column not in source.names:
        close = nearest(column, [*SCHEMES, *source.names])
        advice = f"Did you mean {' or '.join(map(repr, close))}? " if close else ""
        raise InputError(
            f"There is no column {str(column)!r} (by=, --by), and no region scheme of that name. "
            f"{advice}The schemes are: {quoted(SCHEMES)}. The columns are: {quoted(source.names)}."
        )
    return Samples.from_source(source, by=column, **reading)


def _answers(samples: Samples, grouping: Grouping) -> tuple[Ints, Ints] | None:
    """Return how many rows of each group were asked, and how many answered, if that is known."""
    if samples.asked is None or grouping.asked is None:
        return None
    return samples.asked.counts(grouping.asked, len(grouping.names))


def _answer_notes(
    samples: Samples, grouping: Grouping, answers: tuple[Ints, Ints] | None
) -> list[str]:
    """Say which rows the answer rates are of, where these are not the samples."""
    if answers is None or samples.asked is None:
        if ANSWERED in samples.column_names:
            return [
                f"Column {ANSWERED!r} is not read: it does not say True or False of every sample."
            ]
        return []
    grouped, asked = int((grouping.group >= 0).sum()), int(answers[0].sum())
    lost = samples.asked.n - asked - (samples.n - grouped)
    notes = []
    if asked > grouped:
        notes.append(
            f"Answer rates are of {counted(asked, 'row')}; {asked - grouped:,} of these have no "
            "correctness, and are no samples."
        )
    if lost:
        notes.append(
            f"{counted(lost, 'row')} without correctness and without {grouping.noun}, left out of "
            "the answer rates."
        )
    return notes


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
    if found.split:
        notes.append(
            f"{counted(found.split, 'site')} of {samples.n_sites:,} with several groups: what one "
            "group was answered there stays together, and trades places with groups of as many "
            "samples at the same site, and at sites that are divided alike."
        )
    if found.fixed and np.count_nonzero(found.size) > 1:
        alike = ", or is divided alike" if found.split else ""
        notes.append(
            f"{counted(found.fixed, 'sample')} of {samples.n:,} kept their answers in their group "
            f"in every exchange: no site of another group has as many samples{alike}."
        )
    size = found.size[found.tested]
    for model, hits in zip(samples.models, found.hits[:, found.tested], strict=True):
        if not size.size:
            break
        share = hits.sum() / size.sum()
        few = int((size * min(share, 1.0 - share) < FEW_EXPECTED).sum())
        if few and 0.0 < share < 1.0:
            notes.append(
                f"{model}: the p of chi-square is rough, because fewer than {FEW_EXPECTED:g} right "
                f"or wrong answers are expected in {few:,} of the {grouping.plural}. The p of "
                "exchanges is not."
            )
    if 1.0 / (choices.permutations + 1) > SMALL_P:
        notes.append(draws_note(choices.permutations))
    return notes
