"""From a table of predictions to a plan of its audit: how long, how much memory, how many centres.

Nothing here is tabulated. Neighbours are counted, and a little of the work is done and timed on the
machine at hand; the plan is that, times how much more there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geobias.errors import GeoBiasError
from geobias.inference.significance import JUDGED_COLUMNS
from geobias.memory import parse_size, spelled_size
from geobias.planning.cost import Cost
from geobias.planning.crowd import Crowd
from geobias.planning.draft import Draft
from geobias.planning.footprint import Footprint
from geobias.planning.pilot import batches_of
from geobias.planning.timing import Shuffled, Stopwatch
from geobias.progress import ignore, progress_bar
from geobias.provenance import provenance_of
from geobias.results.plan import Plan
from geobias.results.scores import CALIBRATED, SCORE_COLUMNS, SRI, SRI_RELATIVE
from geobias.samples import Samples
from geobias.scales import DEFAULT_SCALES, Scale, length_km
from geobias.scorer import Scorer
from geobias.scoring import MERGED_CENTRES, read_samples, refuse_misfits, thread_count
from geobias.settings import Settings, number_between
from geobias.survey import Survey

if TYPE_CHECKING:
    from geobias.readers import File, Table
    from geobias.samples.columns import Correct

WANTED = (0.1, 0.05, 0.02)
"""Standard errors in nats that centres are suggested for."""

_WARM_UP, _WARM_UP_WHOLE = Scale.parse("8@100km"), Scale.parse("100km")
_WARM_UP_POINTS = 200
"""Whatever these are, a first visit loads the compiled kernels."""

NOTES = (
    "Times were measured just now, on this machine, with what else it was doing; an interval says "
    "what the random centres of the pilot leave open, and nothing of the machine.",
    "The standard error is that of a mean over random centres, against the mean over all. It says "
    "nothing of chance: that is what permutations are for.",
    "Memory is beside that of a table that is handed over, and of the file while it is read.",
)


def plan(
    data: Table | File | Samples,
    *,
    correct: Correct = None,
    lat: str | None = None,
    lon: str | None = None,
    threshold: float | None = None,
    levels: Sequence[float] | None = None,
    degrees: bool = False,
    locations: Table | File | None = None,
    scales: str | Scale | Sequence[str | Scale] = DEFAULT_SCALES,
    preset: str = "geobias",
    marks: str = "pm",
    k: int = 4,
    background: str = "everywhere",
    sites: str = "keep",
    site_tolerance_km: float = 0.0,
    centres: int | None = None,
    permutations: int | None = None,
    within: str | None = None,
    bootstrap: int | None = None,
    block_km: float | None = None,
    fdr: float | None = None,
    centre_permutations: int | None = None,
    scores: str | Sequence[str] = ("ssi",),
    cell: str | None = None,
    lag: str | None = None,
    sectors: int = 8,
    seed: int = 0,
    index: str = "bands",
    threads: int | None = None,
    memory: str | int | None = None,
    standard_error: float | None = None,
    progress: bool = False,
) -> Plan:
    """Say what an audit will take, before it is made: time, memory, and how many centres suffice.

    The samples are read as `score` reads them. Then, scale by scale, neighbours are counted around
    random centres, and some two seconds of the work are done and timed on this machine.

    Parameters
    ----------
    data, correct, lat, lon, threshold, levels, degrees, locations
        What is read, as for `score`.
    scales, preset, marks, k, background, sites, site_tolerance_km
        What is to be scored, as for `score`.
    centres, permutations, within, bootstrap, block_km, fdr, centre_permutations
        How much of it, and with what tests, as for `score`.
    scores, cell, lag, sectors, seed, index, threads
        As for `score`; the seed draws the centres that are looked at, too.
    memory
        The memory that the audit may use beside what the samples themselves take, as in ``2GB``.
    standard_error
        Suggest so many centres that mean scores have at most this standard error, in nats; by
        default for 0.1, 0.05 and 0.02.
    progress
        Show a progress bar, in a notebook or else on standard error.

    Returns
    -------
    Plan

    Raises
    ------
    GeoBiasError
        If the input or a choice makes no sense, with what was found and what to do.

    Examples
    --------
    >>> import geobias
    >>> world = geobias.simulate.world("patches-500km", n=2000)
    >>> plan = geobias.plan(world, correct="correct", scales="knn:50", standard_error=0.1)
    >>> plan.summary[["scale", "centres", "pairs"]].to_dict("records")
    [{'scale': 'knn:50', 'centres': 2000, 'pairs': 100000.0}]
    """
    settings = Settings.checked(
        scales=scales, preset=preset, marks=marks, k=k, background=background,
        sites=sites, site_tolerance_km=site_tolerance_km, centres=centres, seed=seed, index=index,
        permutations=permutations, within=within, bootstrap=bootstrap, block_km=block_km, fdr=fdr,
        centre_permutations=centre_permutations, scores=scores, cell=cell, lag=lag,
        sectors=sectors,
    )  # fmt: skip
    room = None if memory is None else parse_size(memory)
    wanted: tuple[float, ...] = WANTED
    if standard_error is not None:
        wanted = (number_between("standard_error", standard_error, 0.0, np.inf),)
    threads = thread_count(threads)
    begun = perf_counter()
    samples = read_samples(
        data, correct=correct, lat=lat, lon=lon, threshold=threshold, levels=levels,
        degrees=degrees, site_tolerance_km=site_tolerance_km, locations=locations,
        within=None if length_km(within) else within,
    )  # fmt: skip
    scored = samples.merged() if sites == "merge" else samples
    refuse_misfits(scored, settings)
    survey = Survey.of(scored, settings, centres, threads, memory=room)
    reading = perf_counter() - begun
    with progress_bar(progress) as advance:
        _warm_up(survey, settings)
        shuffled = Shuffled.of(survey, settings) if settings.permutations else None
        drafts = []
        for number, scale in enumerate(settings.scales):
            advance(f"{scale.name}, pilot", number, len(settings.scales))
            drafts.append(_drafted(survey, settings, scale, shuffled))
    footprint = _footprint(survey, settings, drafts)
    if room is not None and room < footprint.least:
        raise GeoBiasError(
            f"memory={memory!r} is less than the largest neighbourhood may take: allow "
            f"{spelled_size(footprint.least)} or more."
        )
    return Plan(
        summary=pd.DataFrame.from_records([draft.row() for draft in drafts]),
        times=pd.DataFrame.from_records([row for draft in drafts for row in draft.parts()]),
        precision=pd.DataFrame.from_records(
            [row for draft in drafts for row in draft.precision(wanted)]
        ),
        memory=footprint.facts(room),
        reading=reading,
        threads=threads,
        notes=(*scored.notes, *NOTES),
        provenance=provenance_of(scored, settings),
        planned=scored,
    )


def _drafted(survey: Survey, settings: Settings, scale: Scale, shuffled: Shuffled | None) -> Draft:
    """Count and time what one scale takes."""
    crowd = Crowd.of(survey, scale)
    begun = perf_counter()
    # What is looked up once, such as the nearest of every location, is looked up here.
    survey.scorer.scores(scale, survey.points[:1], ignore)
    preparing = perf_counter() - begun
    batches = batches_of(survey, crowd.around_a_centre)
    costs, spreads = Stopwatch(survey, settings, scale, batches, shuffled).costs()
    if survey.samples.repeated and survey.scorer.with_ssi:
        costs.append(_merged(survey.samples, costs[0].per_pair.value * crowd.around_a_centre))
    return Draft(scale.name, crowd, costs, spreads, preparing, survey.chosen.size, survey.samples.n)


def _merged(samples: Samples, each: float) -> Cost:
    """Return what the score beside an audit costs that takes one sample per site."""
    sites = samples.n_sites
    return Cost("merged sites", fixed=min(MERGED_CENTRES, sites) * each * sites / samples.n)


def _warm_up(survey: Survey, settings: Settings) -> None:
    """Load the compiled kernels, which is done once and not to be timed."""
    places, seats = survey.places.subset(np.arange(min(_WARM_UP_POINTS, survey.places.points)))
    marking = survey.marking.of_seats(seats)
    scorer = Scorer.of(places, marking, settings, survey.threads)
    scorer.scores(_WARM_UP, np.arange(1), ignore)
    scorer.scores(_WARM_UP_WHOLE, np.arange(1), ignore)
    if settings.permutations:
        one = np.arange(1)
        scorer.sums(_WARM_UP, one, one + 1, np.tile(marking.codes, (1, 2)), ignore)


def _footprint(survey: Survey, settings: Settings, drafts: list[Draft]) -> Footprint:
    families = (survey.scorer.with_ssi, "sri" in settings.scores)
    of_parts = len((*SRI, *SRI_RELATIVE))
    columns = families[0] * (len(SCORE_COLUMNS) - of_parts) + families[1] * of_parts
    return Footprint.of(
        samples=survey.samples.n,
        locations=survey.places.points,
        models=len(survey.samples.models),
        k=settings.k,
        centres=survey.chosen.size,
        columns=columns + (len(CALIBRATED) * len(JUDGED_COLUMNS) if settings.fdr else 0),
        scales=len(settings.scales),
        largest=max(int(draft.crowd.sizes.max()) for draft in drafts),
        threads=survey.threads,
    )
