"""How biased everything in the folder of a benchmark is, and against the model of images alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geobias import __version__
from geobias.comparing import compare
from geobias.encoders.locbench.bench.folder import IMAGE_ONLY, Folder
from geobias.encoders.locbench.bench.sharing import Shared, name, together
from geobias.inference.bootstrap import Bootstrap, Interval
from geobias.results.result import plain
from geobias.scales import DEFAULT_SCALES
from geobias.scoring import score
from geobias.settings import SITE_RULES, chosen_from, scales_of, whole_number
from geobias.sphere import Floats
from geobias.writing import replacing

BLOCK_KM = 1000.0
"""Side of the blocks that intervals of differences in accuracy are drawn from."""

DRAWS = 999
"""Draws of blocks."""

_WORDS = ("model", "seed", "scale")
_SCORES = (
    *_WORDS, "samples", "centres", "undefined", "accuracy", "unmarked", "marked", "clustering",
    "clustering_p",
)  # fmt: skip
_DIFFERENCES = (*_WORDS, "clustering_difference", "low", "high", "p")
_GAINS = ("model", "gain", "low", "high", "p")
_PARTS = {"scores": _SCORES, "differences": _DIFFERENCES, "gains": _GAINS}
"""The tables of an audit and their columns."""

_CACHE = "audit.json"


@dataclass(frozen=True)
class Choices:
    """How to audit; the words are those of `geobias.score`.

    The preset and the marks are those of the published tables, so that columns can stand beside
    them; the calibrated scores are the same with any.
    """

    scales: tuple[str, ...] = DEFAULT_SCALES
    preset: str = "published"
    marks: str = "01"
    permutations: int = 999
    sites: str = "keep"
    centres: int | None = None
    seed: int = 0

    @classmethod
    def checked(cls, scales: str | Sequence[str] | None = None, **others: Any) -> Choices:
        """Return choices that make sense; what is None is as by default."""
        given = {name: value for name, value in others.items() if value is not None}
        if scales:
            given["scales"] = tuple(scale.name for scale in scales_of(scales))
        choices = cls(**given)
        whole_number("permutations", choices.permutations, 1)
        chosen_from("sites", choices.sites, SITE_RULES)
        if choices.centres is not None:
            whole_number("centres", choices.centres, 2)
        return choices


@dataclass(frozen=True)
class Audited:
    """The scores of all runs of a benchmark.

    Attributes
    ----------
    scores : pandas.DataFrame
        One row per model, seed and scale: means over all centres, and ``clustering_p``.
    differences : pandas.DataFrame
        One row per model, seed and scale that shares its samples with the image-only model:
        ``clustering_difference``, its interval ``low`` to ``high``, and ``p``.
    gains : pandas.DataFrame
        One row per model with its accuracy, averaged over seeds, less that of the image-only
        model, an interval ``low`` to ``high``, and ``p``, from coins for the signs of blocks.
    choices : Choices
        How it was done.
    notes : tuple of str
        What was left out or needs care.
    """

    scores: pd.DataFrame
    differences: pd.DataFrame
    gains: pd.DataFrame
    choices: Choices
    notes: tuple[str, ...]


def audit(folder: Folder, choices: Choices | None = None, *, progress: bool = False) -> Audited:
    """Audit everything that a benchmark holds; what was audited before is remembered.

    Parameters
    ----------
    folder : Folder
        The benchmark.
    choices : Choices, optional
        How to audit.
    progress : bool
        Show a progress bar.

    Returns
    -------
    Audited
    """
    choices = choices or Choices()
    shared = together(folder)
    key = _key(shared, choices)
    known = _remembered(folder.path / _CACHE, key, choices)
    if known is not None:
        return known
    scores, differences, gains, notes = [], [], [], []
    for group in shared:
        fitting, left_out = group.fitting(choices.scales, choices.sites)
        notes += [note for run in group.runs for note in run.settings.get("notes", ())] + left_out
        if not fitting:
            continue
        found, said = _scores(group, fitting, choices, progress)
        scores.append(found)
        notes += said
        if {run.model for run in group.runs} > {IMAGE_ONLY}:
            differences.append(_differences(group, fitting, choices, progress))
            gains.append(_gains(group, choices.seed))
    result = Audited(
        _joined(scores, _SCORES),
        _joined(differences, _DIFFERENCES),
        _joined(gains, _GAINS),
        choices,
        tuple(dict.fromkeys(notes)),
    )
    _remember(folder.path / _CACHE, key, result)
    return result


def _scores(
    group: Shared, scales: Sequence[str], choices: Choices, progress: bool
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    found = score(
        group.table(),
        correct=[name(run) for run in group.own],
        **_asked(scales, choices),
        progress=progress,
    )
    return _of_runs(found.summary, group), found.notes


def _differences(
    group: Shared, scales: Sequence[str], choices: Choices, progress: bool
) -> pd.DataFrame:
    """Compare every run with the image-only one of its seed."""
    found = []
    for image in [run for run in group.runs if run.model == IMAGE_ONLY]:
        others = [
            run for run in group.own if run.model != IMAGE_ONLY and group.against(run) is image
        ]
        if not others:
            continue
        compared = compare(
            group.table(),
            correct=[name(run) for run in (image, *others)],
            against=name(image),
            bootstrap=DRAWS,
            **_asked(scales, choices),
            progress=progress,
        )
        rows = compared.table[compared.table["score"] == "clustering"]
        rows = rows.rename(columns={"second": "model", "difference": "clustering_difference"})
        found.append(_of_runs(rows, group))
    return _joined(found, _DIFFERENCES)


def _gains(group: Shared, seed: int) -> pd.DataFrame:
    """Differences in accuracy, with intervals from draws of blocks of the globe."""
    bootstrap = Bootstrap.of(group.lat, group.lon, BLOCK_KM, DRAWS, seed)
    rows = []
    for model in dict.fromkeys(run.model for run in group.own if run.model != IMAGE_ONLY):
        runs = [run for run in group.own if run.model == model]
        gained = np.mean(
            [group.right(run) - group.right(group.against(run)) for run in runs], axis=0
        )
        gain = float(gained.mean())
        interval = Interval.of(gain, bootstrap.means(gained), bootstrap.worth(gained))
        p = flipped_p(np.bincount(bootstrap.block, gained).astype(np.float64), seed)
        rows.append((model, gain, interval.low, interval.high, p))
    return pd.DataFrame(rows, columns=list(_GAINS))


def flipped_p(sums: Floats, seed: int) -> float:
    """Return how often a sum is as far from 0 if the signs of its parts are thrown like coins.

    Two models that are alike could have changed places in any part (Fisher 1935, *The Design of
    Experiments*).

    >>> flipped_p(np.array([1.0, 2.0, 0.0, 3.0, 1.0, 4.0, 2.0, 1.0]), seed=0) < 0.05
    True
    >>> flipped_p(np.array([1.0, -1.0]), seed=0)
    1.0
    """
    coins = np.random.default_rng([seed, 5]).integers(0, 2, (DRAWS, sums.size))
    thrown = np.abs((2 * coins - 1) @ sums)
    # Sums of the same numbers in another order may differ in their last bits.
    as_far = int(np.count_nonzero(thrown >= abs(sums.sum()) * (1.0 - 1e-12)))
    return (1 + as_far) / (1 + DRAWS)


def _asked(scales: Sequence[str], choices: Choices) -> dict[str, Any]:
    """What audits and comparisons are asked alike."""
    return {"lat": "lat", "lon": "lon", **asdict(choices), "scales": scales}


def _of_runs(table: pd.DataFrame, group: Shared) -> pd.DataFrame:
    """Tell models and seeds apart again."""
    runs = {name(run): run for run in group.runs}
    return table.assign(
        seed=[runs[each].seed for each in table["model"]],
        model=[runs[each].model for each in table["model"]],
    )


def _joined(tables: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    """One table of several, with the columns that are used, which it has even if it is empty."""
    if not tables:
        return pd.DataFrame(columns=list(columns))
    return pd.concat([table[list(columns)] for table in tables], ignore_index=True)


def _key(shared: Sequence[Shared], choices: Choices) -> str:
    digest = hashlib.sha256(json.dumps([__version__, asdict(choices)]).encode())
    for group in shared:
        digest.update(json.dumps([name(run) for run in group.runs]).encode())
        for values in (group.lat, group.lon, group.correct):
            digest.update(values.tobytes())
    return digest.hexdigest()


def _remembered(path: Path, key: str, choices: Choices) -> Audited | None:
    if not path.is_file():
        return None
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        if held["key"] != key:
            return None
        scores, differences, gains = (
            pd.DataFrame(held[part], columns=list(columns)).astype(_types(columns))
            for part, columns in _PARTS.items()
        )
        return Audited(scores, differences, gains, choices, tuple(held["notes"]))
    except (ValueError, TypeError, KeyError):
        return None  # Damaged, or of another version: it is done again.


def _types(columns: Sequence[str]) -> dict[str, str]:
    """Numbers that JSON kept as missing are NaN."""
    return {column: "float64" for column in columns if column not in _WORDS}


def _remember(path: Path, key: str, audited: Audited) -> None:
    facts: dict[str, Any] = {
        "key": key,
        "notes": list(audited.notes),
        "choices": asdict(audited.choices),
    }
    for part in _PARTS:
        facts[part] = plain(getattr(audited, part))
    with replacing(path) as target:
        target.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
