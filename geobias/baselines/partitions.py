"""Space as a distribution of partitionings: how much accuracy differs between places."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geobias.baselines.arrangements import Arrangements, Chance, Columns
from geobias.baselines.cells import cells_of, mean_deviations, turned
from geobias.errors import GeoBiasError
from geobias.inference.permutation import judge
from geobias.progress import Advance, progress_bar
from geobias.provenance import provenance_of
from geobias.results.baseline import Baseline, baseline_row
from geobias.samples import Samples
from geobias.scales import length_km
from geobias.scoring import thread_count
from geobias.settings import BLOCKS_KM, number_between, whole_number
from geobias.sphere import Floats
from geobias.values import is_listed

if TYPE_CHECKING:
    from geobias.readers import File, Table
    from geobias.samples.columns import Correct

RESOLUTIONS = ("500km", "1000km", "2000km")
"""Sides of cells."""


@dataclass(frozen=True)
class Choices:
    """The choices behind `spad`."""

    partitionings: int
    resolutions: tuple[str, ...]
    chance: Chance

    def record(self) -> dict[str, Any]:
        """Return the choices as plain values."""
        return {
            "partitionings": self.partitionings,
            "resolutions": list(self.resolutions),
            **asdict(self.chance),
        }


def spad(
    data: Table | File | Samples,
    *,
    correct: Correct = None,
    lat: str | None = None,
    lon: str | None = None,
    threshold: float | None = None,
    levels: Sequence[float] | None = None,
    degrees: bool = False,
    locations: Table | File | None = None,
    partitionings: int = 100,
    resolutions: str | Sequence[str] = RESOLUTIONS,
    sites: str = "keep",
    site_tolerance_km: float = 0.0,
    permutations: int = 999,
    seed: int = 0,
    threads: int | None = None,
    progress: bool = False,
) -> Baseline:
    r"""Compute how much accuracy differs between the cells of random partitionings of the globe.

    .. math:: \frac{1}{|\mathcal P|} \sum_{P \in \mathcal P} \frac{1}{|P|} \sum_{p \in P}
        |m(p) - m|

    the mean, over partitionings P and then over their cells p, of the absolute difference between
    the accuracy m(p) of the samples in a cell and that of all samples: SPAD, space as a
    distribution (Xie et al. 2022).

    Few samples in a cell differ from the mean by chance alone, so that this number grows with the
    number of cells and with how sparse samples are, whatever the model. It is ``value``, as
    published. Beside it, and not in it, are ``chance``, its mean when the marks are permuted, and
    ``excess``, the one minus the other.

    Parameters
    ----------
    data
        Predictions, as for `score`.
    correct, lat, lon, threshold, levels, degrees, locations
        As for `score`; of several levels, those above 0 are right.
    partitionings
        Random partitionings of each resolution.
    resolutions
        Sides of cells, as in ``500km``, or several of them; all count alike.
    sites, site_tolerance_km
        As for `score`.
    permutations
        Permutations of the marks; the samples of a site move together.
    seed, threads, progress
        As for `score`.

    Returns
    -------
    Baseline
        One row per model. ``p`` is how often permuted marks differ as much or more between cells;
        ``cells`` is the mean number of cells that hold samples.

    Raises
    ------
    GeoBiasError
        If the input or a choice makes no sense, with what was found and what to do.

    Notes
    -----
    The published partitionings cut the rectangle of a study area into rows and columns. On the
    globe such cells have different areas, and none of their borders crosses a pole. Here each
    partitioning cuts the globe into cells of equal area, bands of latitude in pieces, after
    turning it at random, so that no place is favoured. Cells without samples are left out; the
    others count alike, as published.

    References
    ----------
    Xie et al., Fairness by "Where": A Statistically-Robust and Model-Agnostic Bi-Level Learning
    Framework, AAAI Conference on Artificial Intelligence, 2022.

    Examples
    --------
    >>> from geobias import simulate
    >>> table = simulate.world("unbiased", n=400)
    >>> found = spad(table, partitionings=20, permutations=99)
    >>> found.summary[["value", "chance", "p"]].round(2).to_dict("records")
    [{'value': 0.23, 'chance': 0.23, 'p': 0.53}]
    """
    choices = Choices(
        partitionings=whole_number("partitionings", partitionings, 1),
        resolutions=_resolutions(resolutions),
        chance=Chance.checked(
            sites=sites, site_tolerance_km=site_tolerance_km, permutations=permutations, seed=seed
        ),
    )
    made = Arrangements.of(
        data, choices.chance, correct=correct, lat=lat, lon=lon, threshold=threshold,
        levels=levels, degrees=degrees, locations=locations,
    )  # fmt: skip
    with progress_bar(progress) as advance, ThreadPoolExecutor(thread_count(threads)) as pool:
        drawn, cells = _differences(made, choices, pool, advance)
    values = made.by_model(drawn)
    verdict = judge(values[:, 0], values[:, 1:])
    over = ", ".join(choices.resolutions)
    rows = [
        baseline_row(made.samples, m, "spad", over, verdict, values[m])
        | {"p": float(verdict.p_greater[m]), "cells": cells}
        for m in range(len(values))
    ]
    return Baseline(
        summary=pd.DataFrame.from_records(rows),
        notes=made.notes,
        provenance=provenance_of(made.samples, choices),
        scored=made.samples,
    )


def _resolutions(asked: object) -> tuple[str, ...]:
    several: Any = asked if is_listed(asked) else [asked]
    for side in several:
        side_km = length_km(side if isinstance(side, str) else None)
        if side_km is None:
            raise GeoBiasError(f"resolutions={side!r} is no length: write it as in 500km.")
        number_between(f"resolutions={side!r} in kilometres", side_km, *BLOCKS_KM)
    if not len(several):
        raise GeoBiasError("No resolution was given: ask for one, as in 500km.")
    return tuple(dict.fromkeys(several))


def _differences(
    made: Arrangements, choices: Choices, pool: ThreadPoolExecutor, advance: Advance
) -> tuple[Floats, float]:
    """Return the mean difference of each arrangement, and the mean number of cells."""
    means = made.wrong.mean(axis=1)
    sides = [length_km(side) or 0.0 for side in choices.resolutions]
    wanted = [
        (side_km, [choices.chance.seed, 5, number, each])
        for number, side_km in enumerate(sides)
        for each in range(choices.partitionings)
    ]
    found, cells = [], 0
    for first, columns in made.batches():

        def differ(
            partitioning: tuple[float, list[int]], columns: Columns = columns
        ) -> tuple[Floats, int]:
            side_km, seed = partitioning
            turn = turned(np.random.default_rng(seed))
            start, seats = cells_of(made.places, side_km, turn)
            beside = np.tile(means, columns.shape[1] // means.size)
            return mean_deviations(start, seats, columns, beside), start.size - 1

        total = np.zeros(columns.shape[1])
        cells = 0
        for done, (deviations, count) in enumerate(pool.map(differ, wanted)):
            total += deviations
            cells += count
            share = first + columns.shape[1] / means.size * done / len(wanted)
            advance("partitionings", int(share), choices.chance.permutations + 1)
        found.append(total / len(wanted))
    return np.concatenate(found), cells / len(wanted)
