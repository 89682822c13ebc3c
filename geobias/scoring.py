"""From a table of predictions to an audit."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from geobias.crews.choosing import crew_of
from geobias.errors import GeoBiasError
from geobias.inference.intervals import blocks_note, bootstrap_of
from geobias.inference.shuffles import ShuffleTest
from geobias.keeping import Held, Keeping, Stored
from geobias.memory import parse_size
from geobias.progress import Advance, progress_bar
from geobias.provenance import provenance_of
from geobias.readers import names_files
from geobias.results.audit import Audit
from geobias.results.collect import Collector
from geobias.results.notes import REPEATS_NOTE, notes_on, sharing_note
from geobias.results.summary import records
from geobias.samples import Samples
from geobias.scales import DEFAULT_SCALES, Scale, length_km
from geobias.settings import Settings, whole_number
from geobias.survey import Survey
from geobias.wording import counted

if TYPE_CHECKING:
    from geobias.readers import File, Table
    from geobias.samples.columns import Correct

GROUPINGS = ("within", "by")
"""Choices that name a column of groups."""

ROOM = "2GB"
"""Memory for the work of an audit that is written to a file."""

MERGED_CENTRES = 2000
"""The merged relative score beside an audit is taken over at most so many random sites."""


def score(
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
    output: str | os.PathLike[str] | None = None,
    dask: Any = None,
    progress: bool = False,
) -> Audit:
    """Score how geographically biased one or more models are.

    Parameters
    ----------
    data
        Predictions: a DataFrame or GeoDataFrame of pandas or Dask, a table of polars, pyarrow or
        anything else with the Arrow stream interface, a file, folder, pattern or list of files, or
        `Samples`.
    correct
        Correctness columns, one per model, or rules of `geobias.rules` that judge predictions; a
        column is found by name when there is one candidate.
    lat, lon
        Coordinate columns in degrees; found by name or from the geometry by default.
    threshold
        The correctness columns are scores, and a score of at least this is correct.
    levels
        The correctness columns are binned marks with these nonzero values.
    degrees
        Accept coordinates that look like radians or encoded features.
    locations
        Another table or file with the same rows in the same order, to take coordinates from.
    scales
        What a neighbourhood is: ``100km``, ``250mi``, ``0.05rad``, ``1.5deg``, ``knn:100``,
        ``100@0.05rad``, or several of them. A ladder ``10km..5000km`` is 10, 20, 50, … 5000 km.
    preset
        Formula of the unmarked and marked scores: ``geobias``, ``pygbs`` or ``published``.
    marks
        ``pm``: wrong is -1. ``01``: wrong is 0 in the marked score, like the background, as
        in the published tables; with preset ``published`` alone.
    k
        Neighbours of each node in the graphs.
    background
        Where the lattice is that stands for empty land: ``everywhere``, on water too, or on
        ``land`` alone, so that a coast does not look like a place where samples are sparse.
    sites
        ``keep`` every sample, or ``merge`` the samples of a site into one with their mean mark.
    site_tolerance_km
        Samples connected by steps of at most this length share a site.
    centres
        Score around so many random samples instead of all, against all neighbours.
    permutations
        Test the mean scores against so many shuffles of the marks over the dataset, 999 for
        example; the samples of a site move together.
    within
        Shuffle marks only within the groups that this column names, or within spatial blocks
        of this size, as in ``500km``.
    bootstrap
        Give every aggregate a 95 % interval from so many draws of spatial blocks.
    block_km
        Side of those blocks; by default four times the radius of the
        neighbourhoods.
    fdr
        Judge every centre by itself, at this false discovery rate, as 0.05.
    centre_permutations
        Take the p value of a centre from so many permutations of its own neighbourhood instead
        of a closed form: exact but slow, for few ``centres``. For the relative SRI, the most
        permutations of a neighbourhood, 199 by default.
    scores
        Families of scores: ``ssi``, spatial self-information; ``sri``, spatial relative
        information, which asks whether accuracy differs between parts of a neighbourhood.
    cell, lag
        Side of the square cells and width of the rings of SRI, as in ``100km`` or ``0.005rad``;
        by default half and a tenth of the radius.
    sectors
        Directions that SRI tells apart.
    seed
        Seed of the random choices.
    index
        ``bands``, or ``balltree`` to look neighbours up in scikit-learn's BallTree.
    threads
        Threads to use: by default as many as Numba would, the processors at hand. Never
        changes a result.
    memory
        Memory to use beside what the samples themselves take, as in ``2GB``, whatever the radius,
        in every process that works; the scores of single centres are then kept in a file.
    output
        Parquet file that the scores of single centres are written to as they come. Until it is
        whole, what is finished is kept in a folder beside it: repeat a call that was stopped, and
        it goes on from there, with the same result.
    dask
        Work on a Dask cluster: its address, as in ``tcp://host:8786``, a client, or ``local:4``
        for four processes on this machine. Never changes a result.
    progress
        Show a progress bar, in a notebook or else on standard error.

    Returns
    -------
    Audit

    Raises
    ------
    GeoBiasError
        If the input or a choice makes no sense, with what was found and what to do.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> draw = np.random.default_rng(0)
    >>> table = pd.DataFrame(
    ...     {
    ...         "lat": draw.normal(48, 1, 300),
    ...         "lon": draw.normal(11, 1, 300),
    ...         "correct": draw.random(300) < 0.8,
    ...     }
    ... )
    >>> audit = score(table, scales="50km")
    >>> audit.summary[["model", "scale", "centres"]].to_dict("records")
    [{'model': 'correct', 'scale': '50km', 'centres': 300}]
    """
    settings = Settings.checked(
        scales=scales, preset=preset, marks=marks, k=k, background=background,
        sites=sites, site_tolerance_km=site_tolerance_km, centres=centres, seed=seed, index=index,
        permutations=permutations, within=within, bootstrap=bootstrap, block_km=block_km, fdr=fdr,
        centre_permutations=centre_permutations, scores=scores, cell=cell, lag=lag,
        sectors=sectors,
    )  # fmt: skip
    streamed = not (memory is None and output is None and dask is None)
    room = parse_size(ROOM if memory is None else memory) if streamed else None
    samples = read_samples(
        data, correct=correct, lat=lat, lon=lon, threshold=threshold, levels=levels,
        degrees=degrees, site_tolerance_km=site_tolerance_km, locations=locations,
        within=None if length_km(within) else within,
    )  # fmt: skip
    threads = thread_count(threads)
    scored = samples.merged() if sites == "merge" else samples
    refuse_misfits(scored, settings)
    provenance = provenance_of(scored, settings)
    with progress_bar(progress) as advance, crew_of(dask, threads) as crew:
        survey = Survey.of(scored, settings, centres, threads, crew=crew, memory=room)
        keeper: AbstractContextManager[Keeping] = nullcontext(Held(survey, settings.fdr))
        if streamed:
            keeper = Stored.of(survey, output, provenance, settings.fdr)
        with keeper as keeping:
            collected = collect(survey, settings, keeping, advance)
            summary = collected.summary()
            notes = [*notes_on(scored, settings, summary), *collected.notes]
            if scored.repeated and "ssi" not in settings.scores:
                notes.append(sharing_note(samples))
            elif scored.repeated:
                merged = _relative_merged(samples, settings, threads, advance)
                summary = summary.assign(**merged)
                notes.append(sharing_note(samples, min(MERGED_CENTRES, samples.n_sites)))
                if settings.fdr:
                    notes.append(REPEATS_NOTE)
            audit = Audit(
                summary=summary,
                aggregates=collected.aggregates(),
                notes=tuple(notes),
                provenance=provenance,
                chance=collected.chance(),
                scored=scored,
                rows=keeping,
            )
            keeping.finish(audit.facts())
    return audit


def read_samples(data: Table | File | Samples, **reading: Any) -> Samples:
    """Return validated samples, whatever they come as."""
    if isinstance(data, Samples):
        # Samples hold the groups of one column: to use them still has to be asked for.
        given = [
            name
            for name, value in reading.items()
            if name not in GROUPINGS
            and value is not None
            and value is not False
            and not (isinstance(value, float) and value == 0.0)
        ]
        if given:
            raise GeoBiasError(
                f"{', '.join(given)}: Samples are read already; say this when building them."
            )
        return data
    if names_files(data):
        return Samples.read(data, **reading)  # type: ignore[arg-type]
    return Samples.from_table(data, **reading)  # type: ignore[arg-type]


def thread_count(threads: int | None) -> int:
    """Return how many threads to use: by default as many as Numba would."""
    if threads is None:
        import numba

        return int(numba.config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]
    return whole_number("threads", threads, 1)


def refuse_misfits(samples: Samples, settings: Settings) -> None:
    """Refuse choices that ask for what these samples do not have."""
    if settings.marks == "01" and samples.levels != (-1.0, 1.0):
        raise GeoBiasError(
            "marks 01 is for samples that are right or wrong, not for levels "
            f"{', '.join(f'{level:g}' for level in samples.levels)}: leave it out."
        )
    if "sri" in settings.scores and settings.preset == "published" and len(samples.levels) > 2:
        raise GeoBiasError(
            "SRI with preset published is for samples that are right or wrong, not for levels "
            f"{', '.join(f'{level:g}' for level in samples.levels)}: use preset geobias."
        )
    thing = "site" if samples.averaged else "sample"
    if samples.n <= settings.k and "ssi" in settings.scores:
        raise GeoBiasError(
            f"{counted(samples.n, thing)} {'is' if samples.n == 1 else 'are'} too few: the graph "
            f"links each to its {settings.k} nearest, so at least {settings.k + 1} are needed."
        )
    for scale in settings.scales:
        refuse_too_few(samples, scale)


def refuse_too_few(samples: Samples, scale: Scale) -> None:
    """Refuse a scale that asks for more neighbours than there are samples."""
    if not fits(scale, samples.n):
        thing = "site" if samples.averaged else "sample"
        raise GeoBiasError(
            f"Scale {scale} asks for {scale.cap:,} neighbours, but there are only "
            f"{counted(samples.n, thing)}: ask for fewer."
        )


def collect(survey: Survey, settings: Settings, keeping: Keeping, advance: Advance) -> Collector:
    """Score the centres of a survey at every scale, and collect what is to be said of them."""
    collected = Collector(survey, keeping)
    test = ShuffleTest.of(survey, settings) if settings.permutations else None
    for scale in settings.scales:
        keeping.keep(scale, advance)
        bootstrap = None
        if settings.bootstrap:
            bootstrap = bootstrap_of(survey, keeping.columns(scale, 0)["radius_km"], settings)
            collected.notes += blocks_note(scale, bootstrap)
        verdict = test.run(scale, keeping.remembered, advance) if test else None
        collected.add(scale, bootstrap, verdict)
    if test:
        collected.notes += test.notes
    return collected


def _relative_merged(
    samples: Samples, settings: Settings, threads: int, advance: Advance
) -> dict[str, list[float]]:
    """Return the mean relative score with one sample per site, for each row of the summary."""
    merged = samples.merged()
    fitting = tuple(s for s in settings.scales if fits(s, merged.n) and merged.n > settings.k)
    plain = replace(
        settings, scales=fitting, permutations=None, bootstrap=None, fdr=None, scores=("ssi",)
    )
    values: dict[tuple[str, str], tuple[float, float]] = {}
    if fitting:
        survey = Survey.of(merged, plain, MERGED_CENTRES, threads)
        collected = collect(survey, plain, Held(survey), advance)
        for row in records(collected.aggregates()):
            if row["centres"] == "all" and row["score"] == "relative":
                values[row["model"], row["scale"]] = row["mean"], row["se"]
    unknown = np.nan, np.nan
    rows = [
        values.get((model, scale.name), unknown)
        for model in samples.models
        for scale in settings.scales
    ]
    columns = {"relative_merged": [mean for mean, _ in rows]}
    if merged.n > MERGED_CENTRES:
        columns["relative_merged_se"] = [error for _, error in rows]
    return columns


def fits(scale: Scale, samples: int) -> bool:
    """Whether there are as many samples as a neighbourhood of nearest ones asks for."""
    return scale.radius_rad is not None or scale.cap is None or scale.cap <= samples
