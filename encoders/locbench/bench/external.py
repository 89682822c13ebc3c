"""Models from elsewhere, put into the table of a benchmark by their predictions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geobias.encoders.locbench.bench.folder import IMAGE_ONLY, Folder, Run
from geobias.errors import InputError
from geobias.samples import Samples
from geobias.samples.joining import NothingSharedError, join
from geobias.scoring import read_samples
from geobias.wording import counted, quoted

if TYPE_CHECKING:
    from geobias.readers import File, Table

JOIN_KM = 0.01
"""Predictions and samples of the benchmark lie at most this far apart."""

LONGEST_NAME = 200
"""Letters of a name: it becomes that of a folder."""

_RIGHT_OR_WRONG = (-1.0, 1.0)


def add(
    folder: str | Path | Folder,
    predictions: Table | File | Samples,
    name: str,
    *,
    id: str | None = None,
    force: bool = False,
    **reading: Any,
) -> Run:
    """Put the predictions of any model beside those of a benchmark.

    They are joined to the evaluated samples by id, row by row if all locations agree, or else by
    location, and compared with the image-only model on what they share. Without ids, predictions
    on other samples altogether are audited on their own.

    Parameters
    ----------
    folder
        What `run` returned, or its path.
    predictions
        Predictions as `geobias.score` reads them.
    name : str
        What to call the model.
    id : str, optional
        Column with the numbers of samples, as in the column ``sample`` of the benchmark's own
        predictions.
    force : bool
        Take the place of a model of this name that was added before.
    **reading
        What is read and what counts as right, as for `geobias.score`: ``correct``, ``lat``, ...

    Returns
    -------
    Run

    Raises
    ------
    InputError
        If the name is taken, it is not one model that is right or wrong, no id is shared, or
        less than half could be joined.
    """
    kept = folder if isinstance(folder, Folder) else Folder.open(folder)
    _refuse_taken(kept, name, force)
    theirs = read_samples(predictions, id=id, **reading)
    if len(theirs.models) > 1:
        raise InputError(
            f"There are {len(theirs.models)} models in it: {quoted(theirs.models)}. Add one at a "
            "time: say which with correct= (--correct)."
        )
    if theirs.levels != _RIGHT_OR_WRONG:
        raise InputError(
            "Marks of a benchmark are right or wrong, not levels "
            f"{', '.join(f'{level:g}' for level in theirs.levels)}: say from where on it is right."
        )
    table, notes = _beside(kept, theirs, name, by_id=id is not None)
    metric = "top1" if kept.dataset["task"] == "classification" else "within"
    run = Run(
        model=name, kind="external", seed=0, correct="correct", settings={"notes": notes},
        metrics={metric: float(table["correct"].mean()), "n": len(table)},
    )  # fmt: skip
    kept.keep(run, table)
    return run


def _refuse_taken(kept: Folder, name: object, force: bool) -> None:
    if not isinstance(name, str) or not name.strip():
        raise InputError(f"name is empty or no text, {name!r}: say what to call the model.")
    if name != name.strip() or not name.isprintable() or len(name) > LONGEST_NAME:
        raise InputError(
            f"name={name[:LONGEST_NAME]!r} has spaces around it or what cannot be printed, or is "
            f"longer than {LONGEST_NAME} letters: choose another."
        )
    taken = [run for run in kept.runs() if run.model.casefold() == name.casefold()]
    if taken and (taken[0].kind != "external" or taken[0].model != name):
        raise InputError(f"{taken[0].model} is a model of this benchmark: choose another name.")
    if taken and not force:
        raise InputError(
            f"{name} was added before: choose another name, or say force=True (--force) to put "
            "these in its place."
        )


def _beside(
    kept: Folder, theirs: Samples, name: str, *, by_id: bool
) -> tuple[pd.DataFrame, list[str]]:
    """Return predictions on samples of the benchmark; on their own if none are shared."""
    image = kept.run(IMAGE_ONLY, 0)
    if image is None:
        raise InputError(f"{kept.path} has no {IMAGE_ONLY} yet. Go on: geobias bench run.")
    ours = kept.predictions(image)
    base = Samples.from_table(
        ours, correct=image.correct, lat="lat", lon="lon", id="sample" if by_id else None
    )
    try:
        joined = join({IMAGE_ONLY: base, name: theirs}, JOIN_KM)
    except NothingSharedError as refusal:
        if by_id:
            raise
        own = pd.DataFrame(
            {"sample": -1, "lat": theirs.lat, "lon": theirs.lon, "correct": theirs.marks[0] > 0}
        )
        return own, [f"{name} is on {counted(len(own), 'sample')} of its own: {refusal}"]
    if 2 * joined.n < min(base.n, theirs.n):
        raise InputError(
            f"Only {counted(joined.n, 'sample')} of {theirs.n:,} could be joined: "
            f"{joined.notes[-1]} Rounded coordinates lie too far off: join by id= (--id)."
        )
    shared = ours.iloc[joined.rows]
    table = pd.DataFrame(
        {
            "sample": shared["sample"].to_numpy(),
            "lat": shared["lat"].to_numpy(np.float64),
            "lon": shared["lon"].to_numpy(np.float64),
            "correct": joined.marks[joined.models.index(name)] > 0,
        }
    )
    left = base.n - len(table)
    notes = [joined.notes[-1]]
    if left:
        notes.append(
            f"{name} answers {len(table):,} of {counted(base.n, 'located sample')}: its scores are "
            "of these, and not to be compared with those of models on all."
        )
    return table, notes
