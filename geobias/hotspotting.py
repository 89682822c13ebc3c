"""From a table of predictions to the samples that have more errors around them than chance puts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geobias.errors import GeoBiasError
from geobias.geometry.places import Ints, Places
from geobias.inference.significance import UNDEFINED
from geobias.local.links import Links
from geobias.local.statistics import (
    FEWEST,
    LABELS,
    PARTS,
    STATISTICS,
    Errors,
    Found,
    undefined,
)
from geobias.progress import Advance, progress_bar
from geobias.provenance import provenance_of
from geobias.results.hot_spots import HotSpots
from geobias.results.notes import cut_note, sharing_note
from geobias.samples import Samples
from geobias.samples.marks import are_constant
from geobias.samples.sites import checked_site_tolerance
from geobias.samples.wrong import shares_wrong
from geobias.scales import Scale
from geobias.scoring import read_samples, refuse_too_few, thread_count
from geobias.settings import SITE_RULES, chosen_from, number_between
from geobias.sphere import Floats
from geobias.values import is_listed
from geobias.wording import counted

if TYPE_CHECKING:
    from geobias.readers import File, Table
    from geobias.samples.columns import Correct


@dataclass(frozen=True)
class Choices:
    """The choices behind `hot_spots`."""

    scale: Scale
    statistics: tuple[str, ...]
    sites: str
    site_tolerance_km: float
    fdr: float

    def record(self) -> dict[str, Any]:
        """Return the choices as plain values."""
        return {**asdict(self), "scale": self.scale.name, "statistics": list(self.statistics)}


def hot_spots(
    data: Table | File | Samples,
    *,
    correct: Correct = None,
    lat: str | None = None,
    lon: str | None = None,
    threshold: float | None = None,
    levels: Sequence[float] | None = None,
    degrees: bool = False,
    locations: Table | File | None = None,
    scale: str | Scale = "100km",
    statistics: str | Sequence[str] = tuple(STATISTICS),
    sites: str = "merge",
    site_tolerance_km: float = 0.0,
    fdr: float = 0.05,
    threads: int | None = None,
    progress: bool = False,
) -> HotSpots:
    """Find the samples around which one or more models have more, or fewer, errors than by chance.

    What is measured is errors, 1 wrong and 0 right: a hot spot is where a model fails.

    Parameters
    ----------
    data
        Predictions, as for `score`.
    correct, lat, lon, threshold, levels, degrees, locations
        As for `score`; of several levels, those below 0 are errors.
    scale
        Who is whose neighbour, as for `score`; all neighbours count alike.
    statistics
        One or more of ``getis_ord``, local G*: the errors among a sample and its neighbours;
        ``moran``, local Moran's I: whether those neighbours are as right or wrong as the sample
        itself; and ``join_counts``, local join counts: the errors beside an error.
    sites
        ``merge`` the samples of a site into one with their mean error, or ``keep`` every sample.
        Repeated samples fail together: kept, they look like hot spots.
    site_tolerance_km
        As for `score`.
    fdr
        The rate of false discoveries, by Benjamini and Hochberg (1995), for each model and
        statistic.
    threads, progress
        As for `score`.

    Returns
    -------
    HotSpots

    Raises
    ------
    GeoBiasError
        If the input or a choice makes no sense, with what was found and what to do.

    Notes
    -----
    The values are those of esda. Its p values are not used. They come from 999 or so conditional
    permutations, so that they cannot be small enough where thousands of samples are tested; and
    they are one-sided: they take the smaller tail, and do not count what equals the observed
    value in the lower one, so that around most samples without an error they are 1/1000. What so
    many permutations approach is known: errors that are put anywhere fall into a neighbourhood as
    a random sample without replacement does. Of right and wrong answers their number has the
    hypergeometric distribution. Merged sites carry shares of errors, rounded to sixtieths here,
    or finer if all are small.
    The number of those with any error is hypergeometric, too; given that number, sums of up to
    thirty shares are counted out, and those of more have the Pearson distribution with the mean,
    variance, skewness and kurtosis of such a sample. All that takes shares for exchangeable. Those
    of sites with few samples vary more than those of sites with many: where the former lie
    together, p values are too small, and the rate of false discoveries is not held.

    p of G* and I is twice the smaller tail, with what equals the observed value in both. For G*
    any sample may be wrong; for I and join counts the sample in the middle keeps its mark. p of
    join counts is that of as many or more.

    References
    ----------
    Getis and Ord, The analysis of spatial association by use of distance statistics, Geographical
    Analysis 24, 1992; Ord and Getis, Local spatial autocorrelation statistics, Geographical
    Analysis 27, 1995. Anselin, Local indicators of spatial association, Geographical Analysis 27,
    1995. Anselin and Li, Operational local join count statistics for cluster detection, Journal of
    Geographical Systems 21, 2019.

    Examples
    --------
    >>> from geobias import simulate
    >>> world = simulate.world("weak-region", n=800, lat=48.9, lon=2.4, radius_km=600.0, gap=0.6)
    >>> found = hot_spots(world, scale="300km", statistics="getis_ord")
    >>> found.summary[["statistic", "tested", "undefined", "hot", "cold"]].to_dict("records")
    [{'statistic': 'getis_ord', 'tested': 717, 'undefined': 83, 'hot': 14, 'cold': 0}]
    """
    choices = Choices(
        scale=Scale.parse(scale),
        statistics=_statistics(statistics),
        sites=chosen_from("sites", sites, SITE_RULES),
        site_tolerance_km=checked_site_tolerance(site_tolerance_km),
        fdr=number_between("fdr", fdr, 0.0, 1.0),
    )
    samples = read_samples(
        data, correct=correct, lat=lat, lon=lon, threshold=threshold, levels=levels,
        degrees=degrees, site_tolerance_km=site_tolerance_km, locations=locations,
    )  # fmt: skip
    if choices.sites == "merge" and samples.n_sites < samples.n:
        samples = samples.merged()
    if samples.n < FEWEST:
        thing = "site" if samples.averaged else "sample"
        raise GeoBiasError(
            f"{counted(samples.n, thing)} cannot have neighbours and others that are not: at least "
            f"{FEWEST} are needed."
        )
    refuse_too_few(samples, choices.scale)
    wrong = shares_wrong(samples)
    places = Places.of(samples.lat, samples.lon)
    rows, tables = [], []
    with progress_bar(progress) as advance:
        links = Links.of(places, choices.scale, thread_count(threads), advance)
        for m, model in enumerate(samples.models):
            errors = Errors(links, places.seated(wrong[m]), places.point_of_seat)
            seats = _seats(places, wrong[m], errors.wrong)
            found = _found(errors, choices, model, advance)
            key = {"model": model, "samples": samples.n, "accuracy": float(samples.accuracy[m])}
            rows += [{**key, **_counts(name, each)} for name, each in found.items()]
            tables.append(_table(samples, model, wrong[m], links, found, seats))
    return HotSpots(
        summary=pd.DataFrame.from_records(rows),
        samples=pd.concat(tables, ignore_index=True),
        notes=(
            *samples.notes,
            *_notes(samples, choices, links),
            *_gaps(samples, wrong, rows, int(links.undefined.sum())),
        ),
        provenance=provenance_of(samples, choices),
        scored=samples,
    )


def _statistics(asked: object) -> tuple[str, ...]:
    names: Any = asked if is_listed(asked) else [asked]
    if not len(names):
        raise GeoBiasError(f"No statistic was given: ask for {', '.join(STATISTICS)}.")
    known = tuple(STATISTICS)
    return tuple(dict.fromkeys(chosen_from("statistics", name, known) for name in names))


def _found(errors: Errors, choices: Choices, model: str, advance: Advance) -> dict[str, Found]:
    """Compute every statistic of one model."""
    constant = bool((errors.wrong == errors.wrong[0]).all())
    found = {}
    for done, name in enumerate(choices.statistics):
        advance(f"{model}, {name}", done, len(choices.statistics))
        compute = STATISTICS[name]
        found[name] = undefined(errors) if constant else compute(errors, choices.fdr)
    return found


def _seats(places: Places, wrong: Floats, seated: Floats) -> Ints:
    """Return a seat of each sample, of those at its point that hold its mark."""
    seats = np.empty(places.seats, dtype=np.int64)
    samples_in_order = np.lexsort((wrong, places.point_of_sample))
    seats[samples_in_order] = np.lexsort((seated, places.point_of_seat))
    return seats


def _counts(name: str, found: Found) -> dict[str, Any]:
    """Count what one statistic says of the samples of one model; NaN where it does not ask."""
    tested = ~np.isnan(found.p)
    counts = {column: int((found.label == label).sum()) for column, label in LABELS[name].items()}
    return {
        "statistic": name,
        "tested": int(tested.sum()),
        "undefined": int((found.label == UNDEFINED).sum()),
        **{column: counts.get(column, np.nan) for column in LABELS["moran"]},
        "smallest_p": float(found.p[tested].min()) if tested.any() else np.nan,
        "smallest_q": float(found.q[tested].min()) if tested.any() else np.nan,
    }


def _table(
    samples: Samples,
    model: str,
    wrong: Floats,
    links: Links,
    found: dict[str, Found],
    seats: Ints,
) -> pd.DataFrame:
    """Lay out what is known of every sample."""
    columns: dict[str, str | NDArray[Any]] = {
        "model": model,
        "sample": samples.rows,
        "lat": samples.lat,
        "lon": samples.lon,
        "wrong": wrong,
        "neighbours": links.size[seats] - 1,
    }
    for name, each in found.items():
        columns[name] = each.value[seats]
        for part in ("z", "p", "q", "label"):
            columns[f"{name}_{part}"] = getattr(each, part)[seats]
    return pd.DataFrame(columns)


def _notes(samples: Samples, choices: Choices, links: Links) -> list[str]:
    """Say what a reader of hot spots has to know."""
    things = "site" if samples.averaged else "sample"
    notes = []
    alone = int((links.size == 1).sum())
    if alone:
        notes.append(
            f"{counted(alone, things)} of {samples.n:,} without another within "
            f"{choices.scale}: undefined there."
        )
    others = int(links.undefined.sum()) - alone
    if others:
        notes.append(
            f"{counted(others, things)} of {samples.n:,} with all others for neighbours, or "
            "only those at the same place: undefined there."
        )
    cut = int(links.capped.sum())
    if cut:
        notes.append(cut_note(choices.scale, cut, samples.n))
    if samples.repeated:
        notes.append(sharing_note(samples))
        notes.append(
            "Hot spots take the samples of a site for independent ones: repeated samples that "
            'fail together look like one. sites="merge" judges sites.'
        )
    if samples.averaged:
        if samples.merged_from is not None and np.ptp(samples.merged_from):
            notes.append(
                "A site of many samples strays less from the mean than one of few, and p values do "
                "not know that: where sites of few samples lie together, more than the stated "
                "rate of hot and cold ones are false."
            )
        notes.append(
            f"For p, the share of errors at a site is rounded to {PARTS} parts or more; values are "
            "exact."
        )
    return notes


def _gaps(
    samples: Samples, wrong: Floats, rows: Sequence[dict[str, Any]], unlinked: int
) -> list[str]:
    """Say where single statistics of single models are undefined, beside what `_notes` says."""
    notes = []
    for model, own, constant in zip(samples.models, wrong, are_constant(wrong), strict=True):
        if constant:
            notes.append(f"{model}: it is all right or all wrong, so that nothing stands out.")
            continue
        at = {row["statistic"]: row["undefined"] for row in rows if row["model"] == model}
        mixed = int((~np.isin(own, (0.0, 1.0))).sum())
        if mixed and "join_counts" in at:
            notes.append(
                f"{model}: join counts are undefined at {counted(at['join_counts'], 'site')}; at "
                f"{mixed:,} some samples are right and some wrong, and these are nobody's "
                "neighbours there."
            )
        alike = at.get("moran", unlinked) - unlinked
        if alike:
            notes.append(
                f"{model}: local Moran's I is undefined at {alike:,} more, where the share of "
                "errors is the mean one, or all others are alike."
            )
    return notes
