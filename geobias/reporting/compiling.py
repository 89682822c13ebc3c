"""From a table of predictions to a report."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from geobias.comparing import compare
from geobias.grouping import column_of, groups, read_grouped
from geobias.locating import where
from geobias.regions.grouping import by_country
from geobias.regions.world import SCHEMES
from geobias.reporting.document import Report
from geobias.reporting.limits import (
    MOST_COMPARED,
    MOST_DRAWN,
    most_accurate,
    suited_centres,
    suited_circles,
    with_models,
)
from geobias.results.words import ALPHA
from geobias.samples import Samples
from geobias.scales import DEFAULT_SCALES, Scale
from geobias.scoring import score, thread_count
from geobias.settings import Settings, whole_number

if TYPE_CHECKING:
    from geobias.readers import File, Table
    from geobias.results import Comparison, Groups, WeakPlaces
    from geobias.samples.columns import Correct

_FEWEST = math.ceil(1.0 / ALPHA) - 1
"""Permutations from which on a p value can be as low as the chance that is no explanation."""

_NEAR_KM = 20.0
"""Samples outside all countries count for one so near, as in `geobias.groups`."""


def report(
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
    by: str = "continent",
    permutations: int = 999,
    bootstrap: int = 999,
    fdr: float = 0.05,
    centres: int | None = None,
    seed: int = 0,
    progress: bool = False,
) -> Report:
    """Audit one or more models, and say where they fail, and whether that is bias or chance.

    The data is read once, grouped, scored, searched for places, and, of several models, compared.

    Parameters
    ----------
    data, correct, lat, lon, threshold, levels, degrees, locations, scales
        As for `score`.
    by
        Groups to compare, as for `groups`: ``country``, ``continent``, ``un_region``,
        ``un_subregion``, ``income``, or a column.
    permutations
        Shuffles of the marks behind every p value.
    bootstrap
        Draws of spatial blocks behind every interval.
    fdr
        False discovery rate at which single centres are judged.
    centres
        Score around so many random samples. By default around all, but with many samples or many
        models around fewer, which the report says.
    seed, progress
        As for `score`.

    Returns
    -------
    Report

    Raises
    ------
    GeoBiasError
        If the input or a choice makes no sense, with what was found and what to do.

    Examples
    --------
    >>> from geobias import simulate
    >>> world = simulate.world("weak-region", n=1000, lat=48.9, lon=2.4, gap=0.6)
    >>> found = report(world, scales="1000km", permutations=99, bootstrap=99)
    >>> found.answers[0].verdict
    'more than chance'
    """
    settings = Settings.checked(
        scales=scales, preset="geobias", marks="pm", k=4, background="everywhere",
        sites="keep", site_tolerance_km=0.0, centres=centres, seed=seed, index="bands",
        within=None, block_km=None,
        permutations=whole_number("permutations", permutations, 1),
        bootstrap=whole_number("bootstrap", bootstrap, 1), fdr=fdr, centre_permutations=None,
    )  # fmt: skip
    samples = read_grouped(
        data, column_of(by), correct=correct, lat=lat, lon=lon, threshold=threshold, levels=levels,
        degrees=degrees, site_tolerance_km=0.0, answered=None, locations=locations,
    )  # fmt: skip
    notes = []
    if centres is None:
        centres = suited_centres(samples, settings, thread_count(None))
        if centres is not None:
            notes.append(
                f"To keep its time in bounds, this report scores around {centres:,} of "
                f"{samples.n:,} samples, drawn at random, each against all its neighbours; "
                "centres= (--centres) asks for more. Accuracies are those of all samples."
            )
    found = _groups(samples, by, permutations, seed, progress, notes)
    audit = score(
        samples, scales=scales, centres=centres, permutations=permutations, bootstrap=bootstrap,
        fdr=fdr, seed=seed, progress=progress,
    )  # fmt: skip
    places = _places(samples, permutations, seed, progress, notes)
    comparison: Comparison | None = None
    if len(samples.models) > 1:
        kept = most_accurate(samples, MOST_COMPARED)
        if len(kept) < len(samples.models):
            notes.append(
                f"Of {len(samples.models):,} models only the {len(kept):,} most accurate are "
                "compared in pairs; geobias compare takes any others."
            )
        comparison = compare(
            with_models(samples, kept), scales=scales, centres=centres, permutations=permutations,
            bootstrap=bootstrap, seed=seed, progress=progress,
        )  # fmt: skip
    return Report(audit, found, comparison, places, notes=tuple(notes))


def _groups(
    samples: Samples, by: str, permutations: int, seed: int, progress: bool, notes: list[str]
) -> Groups | None:
    """Compare groups, unless these are regions and all samples lie in none."""
    if by in SCHEMES:
        grouping = by_country(samples, by, _NEAR_KM)
        if not (grouping.group >= 0).any():
            notes.append(f"No sample lies in a {grouping.noun}: nothing is said by region.")
            return None
    return groups(samples, by=by, permutations=permutations, seed=seed, progress=progress)


def _places(
    samples: Samples, permutations: int, seed: int, progress: bool, notes: list[str]
) -> WeakPlaces | None:
    """Look for places, unless so few permutations could not name any."""
    if permutations < _FEWEST:
        notes.append(
            f"With fewer than {_FEWEST:,} permutations no place can be told from chance: none were "
            "looked for."
        )
        return None
    kept = most_accurate(samples, MOST_DRAWN)
    if len(kept) < len(samples.models):
        notes.append(
            f"Of {len(samples.models):,} models only the {len(kept):,} most accurate are searched "
            "for places; geobias where takes any others."
        )
    scanned = with_models(samples, kept)
    return where(
        scanned, centres=suited_circles(scanned), permutations=permutations, alpha=ALPHA,
        seed=seed, progress=progress,
    )  # fmt: skip
