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
    STATISTICS,
    Errors,
    Found,
    undefined,
)
from geobias.progress import Advance, progress_bar
from geobias.provenance import provenance_of
from geobias.results.hot_spots import NAMES, HotSpots
from geobias.results.notes import cut_note, repeats_said
from geobias.samples import Samples
from geobias.samples.one_per_site import one_per_site
from geobias.samples.sites import checked_site_tolerance
from geobias.samples.wrong import shares_wrong
from geobias.scales import Scale
from geobias.scoring import read_samples, refuse_too_few, thread_count
from geobias.settings import LARGEST_SEED, chosen_from, number_between, whole_number
from geobias.sphere import Floats
from geobias.values import is_listed
from geobias.wording import counted, listed

if TYPE_CHECKING:
    from geobias.readers import File, Table
    from geobias.samples.columns import Correct

SITE_RULES = ("keep", "one")


@dataclass(frozen=True)
class Choices:
    """The choices behind `hot_spots`."""

    scale: Scale
    statistics: tuple[str, ...]
    sites: str
    site_tolerance_km: float
    fdr: float
    seed: int

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
    sites: str = "one",
    site_tolerance_km: float = 0.0,
    fdr: float = 0.05,
    seed: int = 0,
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
        Take ``one`` random sample of each site, the same one for all models, or ``keep`` every
        sample. Repeated samples fail together: kept, they look like hot spots.
    site_tolerance_km
        As for `score`.
    fdr
        The rate of false discoveries, by Benjamini and Hochberg (1995), for each model and
        statistic.
    seed
        Seed of the draw of one sample per site; nothing else is random.
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
    a random sample without replacement does, and their number has the hypergeometric distribution.

    Sites do not get their share of errors for a mark, as with ``sites="merge"`` elsewhere: shares
    of few samples vary more than those of many, and where the former lie together, chance alone
    would make hot and cold spots of them.

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
        seed=whole_number("seed", seed, 0, LARGEST_SEED),
    )
    read = read_samples(
        data, correct=correct, lat=lat, lon=lon, threshold=threshold, levels=levels,
        degrees=degrees, site_tolerance_km=site_tolerance_km, locations=locations,
    )  # fmt: skip
    if read.averaged:
        raise GeoBiasError(
            "These samples are merged, and the mean of a site is neither right nor wrong: give "
            'them as they were before. sites="one" takes one sample of each site.'
        )
    samples = one_per_site(read, choices.seed) if choices.sites == "one" else read
    if samples.n < FEWEST:
        thing = "site" if samples.n < read.n else "sample"
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
            *_notes(samples, choices, links, read.n - samples.n),
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


def _notes(samples: Samples, choices: Choices, links: Links, left_out: int) -> list[str]:
    """Say what a reader of hot spots has to know."""
    notes = []
    if left_out:
        others = "1 other is" if left_out == 1 else f"{left_out:,} others are"
        notes.append(
            f"One random sample of each of {counted(samples.n, 'site')} is judged, {others} left "
            "out: samples of one site can fail together, and would look like a hot spot; "
            'sites="keep" takes all.'
        )
    alone = int((links.size == 1).sum())
    if alone:
        notes.append(
            f"{counted(alone, 'sample')} of {samples.n:,} without another within "
            f"{choices.scale}: undefined there."
        )
    crowded = int(links.undefined.sum()) - alone
    if crowded:
        notes.append(
            f"{counted(crowded, 'sample')} of {samples.n:,} with all others for "
            "neighbours, or only those at the same place: undefined there."
        )
    cut = int(links.capped.sum())
    if cut:
        notes.append(cut_note(choices.scale, cut, samples.n))
    if samples.repeated:
        notes.append(
            f"{repeats_said(samples)}: here they are taken for independent ones, and those that "
            'fail together look like a hot spot. sites="one" judges one of each site.'
        )
    return notes


def _gaps(
    samples: Samples, wrong: Floats, rows: Sequence[dict[str, Any]], unlinked: int
) -> list[str]:
    """Say where single statistics of single models are undefined, beside what `_notes` says."""
    notes = []
    for model, own in zip(samples.models, wrong, strict=True):
        errors = int(own.sum())
        if errors in (0, samples.n):
            notes.append(f"{model}: it is all right or all wrong, so that nothing stands out.")
            continue
        names = [
            NAMES[row["statistic"]]
            for row in rows
            if row["model"] == model and row["undefined"] > unlinked
        ]
        if names:
            notes.append(
                f"{model}: a single sample is {'wrong' if errors == 1 else 'right'}, and for it "
                f"all others are alike: undefined there by {listed(names)}."
            )
    return notes
