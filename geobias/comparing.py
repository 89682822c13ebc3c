"""Compare models on the same samples: whether one has more bias than another."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geobias.errors import InputError
from geobias.inference.bootstrap import Bootstrap, Interval
from geobias.inference.intervals import blocks_note, bootstrap_of
from geobias.inference.permutation import Verdict, holm
from geobias.inference.swaps import SwapTest
from geobias.keeping import Held
from geobias.progress import progress_bar
from geobias.provenance import provenance_of
from geobias.results.collect import Collector
from geobias.results.comparison import Comparison
from geobias.results.notes import notes_on, sharing_note
from geobias.samples import Samples
from geobias.samples.joining import join
from geobias.scales import DEFAULT_SCALES, Scale
from geobias.scoring import read_samples, refuse_misfits, thread_count
from geobias.settings import Settings, whole_number
from geobias.sphere import Floats
from geobias.ssi.engine import TESTED
from geobias.survey import Survey
from geobias.wording import nearest, quoted

if TYPE_CHECKING:
    from geobias.readers import File, Table
    from geobias.samples.columns import Correct

    Predictions = Table | str | os.PathLike[str] | Samples


def compare(
    data: Predictions | Sequence[Predictions] | Mapping[str, Predictions],
    *,
    correct: Correct = None,
    against: str | None = None,
    id: str | None = None,
    join_km: float = 0.01,
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
    permutations: int = 999,
    bootstrap: int = 999,
    block_km: float | None = None,
    seed: int = 0,
    index: str = "bands",
    threads: int | None = None,
    progress: bool = False,
) -> Comparison:
    """Compare the scores of two or more models on the same samples.

    Parameters
    ----------
    data
        One table or file with a correctness column per model, or several with one model each:
        a sequence of files, or a mapping from the name of each model to its table.
    correct
        Correctness columns or rules, one per model; of several tables, the one they all have.
    against
        Compare every model with this one only, rather than each with each.
    id
        Column that identifies the samples of several tables. Without it they are joined by row
        if all locations agree, else by location.
    join_km
        Joined samples lie at most this far apart.
    lat, lon, threshold, levels, degrees, locations
        As for `score`.
    scales, preset, marks, k, background, sites, site_tolerance_km, centres
        As for `score`.
    permutations, bootstrap
        How many swaps of the models' answers, and how many draws of spatial blocks.
    block_km, seed, index, threads, progress
        As for `score`.

    Returns
    -------
    Comparison

    Raises
    ------
    GeoBiasError
        If there are fewer than two models, or tables that share no samples, or a choice makes
        no sense.

    Examples
    --------
    >>> draw = np.random.default_rng(0)
    >>> table = pd.DataFrame({"lat": draw.normal(48, 1, 300), "lon": draw.normal(11, 1, 300)})
    >>> table["fair"] = draw.random(300) < 0.8
    >>> table["unfair"] = draw.random(300) < np.where(table["lat"] < 48, 0.65, 0.95)
    >>> comparison = compare(table, correct=["fair", "unfair"], scales="300km", permutations=199)
    >>> comparison.table.query("score == 'clustering'")[["second", "p"]].to_dict("records")
    [{'second': 'unfair', 'p': 0.02}]
    """
    settings = Settings.checked(
        scales=scales, preset=preset, marks=marks, k=k, background=background,
        sites=sites, site_tolerance_km=site_tolerance_km, centres=centres, seed=seed, index=index,
        permutations=whole_number("permutations", permutations, 1), within=None,
        bootstrap=whole_number("bootstrap", bootstrap, 1), block_km=block_km, fdr=None,
        centre_permutations=None,
    )  # fmt: skip
    samples, tables = _joined(
        data, join_km, correct=correct, lat=lat, lon=lon, threshold=threshold, levels=levels,
        degrees=degrees, site_tolerance_km=site_tolerance_km, id=id, locations=locations,
    )  # fmt: skip
    pairs = _pairs(samples.models, against)
    scored = samples.merged() if sites == "merge" else samples
    refuse_misfits(scored, settings)
    with progress_bar(progress) as advance:
        survey = Survey.of(scored, settings, centres, thread_count(threads))
        test = SwapTest.of(survey, pairs, settings)
        held = Held(survey)
        collected = Collector(survey, held)
        rows = []
        for scale in settings.scales:
            held.keep(scale, advance)
            columns = [held.columns(scale, m) for m in range(len(scored.models))]
            blocks = bootstrap_of(survey, columns[0]["radius_km"], settings)
            collected.add(scale, None, None)
            collected.notes += blocks_note(scale, blocks)
            verdict = test.run(scale, advance)
            for score in TESTED:
                nats = np.stack([of_model[score] for of_model in columns])
                rows += _differences(scale, score, nats, scored.models, pairs, blocks, verdict)
    summary = collected.summary()
    notes = [*notes_on(scored, settings, summary), *collected.notes, *test.notes]
    if scored.repeated:
        notes.append(sharing_note(samples))
    names = [(samples.models[first], samples.models[second]) for first, second in pairs]
    rows.sort(key=lambda row: names.index((row["first"], row["second"])))
    return Comparison(
        table=pd.DataFrame.from_records(rows),
        summary=summary,
        notes=tuple(notes),
        provenance={
            **provenance_of(scored, settings),
            "design": {"against": against, "id": id, "join_km": join_km, "tables": tables},
        },
        scored=scored,
    )


def _joined(data: Any, join_km: float, **reading: Any) -> tuple[Samples, dict[str, Any]]:
    """Return the samples of all models, and what was read and dropped of each of several tables."""
    if isinstance(data, Mapping):
        tables = dict(data)
    elif isinstance(data, Sequence) and not isinstance(data, str):
        tables = dict(zip(_table_names(data), data, strict=True))
    else:
        return read_samples(data, **reading), {}
    if not tables:
        raise InputError("No table was given.")
    read = {name: read_samples(table, **reading) for name, table in tables.items()}
    return join(read, join_km), {name: read[name].ledger.record() for name in tables}


def _table_names(tables: Sequence[Any]) -> list[str]:
    """Name files by as much of their paths as it takes to tell them apart."""
    paths = [
        Path(table).absolute().with_suffix("") if isinstance(table, str | os.PathLike) else None
        for table in tables
    ]
    for depth in range(1, max((len(path.parts) for path in paths if path), default=1) + 1):
        names = [
            "/".join(path.parts[-depth:]) if path else f"table {position + 1}"
            for position, path in enumerate(paths)
        ]
        if len(set(names)) == len(names):
            return names
    raise InputError("The same file was given twice: compare different ones.")


def _pairs(models: Sequence[str], against: object) -> list[tuple[int, int]]:
    if len(models) < 2:
        raise InputError(
            f"A comparison needs at least two models, but there is only {models[0]!r}: name the "
            "correctness column of each (correct=, --correct), or pass a file for each."
        )
    if against is None:
        return list(combinations(range(len(models)), 2))
    if not isinstance(against, str) or against not in models:
        close = nearest(against, models)
        advice = f" Did you mean {' or '.join(map(repr, close))}?" if close else ""
        raise InputError(f"There is no model {against!r}.{advice} There are {quoted(models)}.")
    base = models.index(against)
    return [(base, other) for other in range(len(models)) if other != base]


def _differences(
    scale: Scale,
    score: str,
    nats: Floats,
    models: Sequence[str],
    pairs: Sequence[tuple[int, int]],
    blocks: Bootstrap,
    verdict: Verdict,
) -> list[dict[str, Any]]:
    """Return one row per pair of models for one scale and score, which is (models, centres)."""
    known = ~np.isnan(nats)
    with np.errstate(invalid="ignore"):
        means = np.where(known, nats, 0.0).sum(axis=1) / known.sum(axis=1)
    replicates = [blocks.means(values) for values in nats]
    worth = [blocks.worth(values) for values in nats]
    of_score = TESTED.index(score)
    adjusted = holm(verdict.p[:, of_score])
    rows = []
    for position, (first, second) in enumerate(pairs):
        difference = float(means[second] - means[first])
        drawn = replicates[second] - replicates[first]
        interval = Interval.of(difference, drawn, min(worth[first], worth[second]))
        rows.append(
            {
                "first": models[first],
                "second": models[second],
                "scale": scale.name,
                "score": score,
                "first_mean": float(means[first]),
                "second_mean": float(means[second]),
                "difference": difference,
                "low": interval.low,
                "high": interval.high,
                "blocks": blocks.blocks,
                "replicates_dropped": interval.dropped,
                "p": float(verdict.p[position, of_score]),
                "p_holm": float(adjusted[position]),
                "pz": float(verdict.z[position, of_score]),
            }
        )
    return rows
