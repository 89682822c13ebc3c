"""The folder of a benchmark: one place for each model and seed, and what came of it."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geobias.encoders.locbench.datasets.dataset import Dataset, Split
from geobias.errors import InputError
from geobias.writing import replacing, write_parquet, writing

FORMAT = 1
IMAGE_ONLY = "image-only"
KINDS = ("image", "prior", "encoder", "external")
"""What the models of a benchmark are; tables list them in this order."""

_PREDICTIONS = "predictions.parquet"
_RUN = "run.json"


@dataclass(frozen=True)
class Run:
    """One model with one seed, evaluated.

    Attributes
    ----------
    model, kind, seed
        What it is: ``kind`` is one of `KINDS`.
    settings : dict
        How it was made.
    metrics : dict
        How good it is, as `Evaluation` has it.
    correct : str
        The column of its predictions that says what is right.
    seconds : float
        What training and evaluating took.
    """

    model: str
    kind: str
    seed: int
    correct: str
    settings: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True)
class Folder:
    """The folder of a benchmark.

    Parameters
    ----------
    path
        Where it is.
    dataset : dict
        What is being evaluated on: the `description` of a dataset.
    """

    path: Path
    dataset: dict[str, Any]

    @classmethod
    def of(cls, path: str | Path, dataset: Dataset) -> Folder:
        """Return the folder of a dataset, made if there is none.

        Raises
        ------
        InputError
            If it belongs to another dataset.
        """
        described = description(dataset)
        target = Path(path)
        if (target / "bench.json").is_file():
            found = cls.open(target)
            if found.dataset["digest"] != described["digest"]:
                raise InputError(
                    f"{path} holds results on {_said(found.dataset)}, not on {_said(described)}: "
                    "name another folder."
                )
            return found
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise InputError(f"{path} is there already and is no benchmark: name another folder.")
        with writing(target):
            target.mkdir(parents=True, exist_ok=True)
        _write(target / "bench.json", {"format": FORMAT, "dataset": described})
        return cls(target, described)

    @classmethod
    def open(cls, path: str | Path) -> Folder:
        """Return the folder of a benchmark that was run.

        Raises
        ------
        InputError
            If there is none.
        """
        about = Path(path) / "bench.json"
        if not about.is_file():
            raise InputError(
                f"{path} is not the folder of a benchmark: it has no bench.json. Run one first: "
                "geobias bench run."
            )
        found = _read(about)
        if found.get("format") != FORMAT:
            raise InputError(
                f"{about} has the format {found.get('format')}, not {FORMAT}: it was written by "
                "another version of geobias."
            )
        if not isinstance(found.get("dataset"), dict):
            raise InputError(f"{about} says nothing of a dataset: it is damaged.")
        return cls(Path(path), found["dataset"])

    def place(self, model: str, seed: int) -> Path:
        """Return the folder of a model with a seed, made if there is none."""
        place = self.path / "runs" / _plain(model) / f"seed-{seed}"
        with writing(place):
            place.mkdir(parents=True, exist_ok=True)
        return place

    def run(self, model: str, seed: int) -> Run | None:
        """Return what a model with a seed came to, if it is finished."""
        path = self.path / "runs" / _plain(model) / f"seed-{seed}" / _RUN
        return _read_run(path) if path.is_file() else None

    def keep(self, run: Run, predictions: pd.DataFrame) -> None:
        """Write what a model with a seed came to; with this it is finished."""
        place = self.place(run.model, run.seed)
        with replacing(place / _PREDICTIONS) as target:
            facts = {"dataset": self.dataset["name"], "model": run.model, "seed": run.seed}
            write_parquet(predictions, facts, target)
        _write(place / _RUN, asdict(run))

    def runs(self) -> list[Run]:
        """Return all that is finished, in the order of tables."""
        found = [_read_run(path) for path in sorted(self.path.glob(f"runs/*/*/{_RUN}"))]
        return sorted(found, key=lambda run: (KINDS.index(run.kind), run.model, run.seed))

    def predictions(self, run: Run) -> pd.DataFrame:
        """Return what a model said of each sample."""
        path = self.place(run.model, run.seed) / _PREDICTIONS
        try:
            return pd.read_parquet(path)
        except (OSError, ValueError) as error:
            raise InputError(
                f"Cannot read {path}: {error}. Delete its folder, run again."
            ) from None


def description(dataset: Dataset) -> dict[str, Any]:
    """Say what is evaluated on, and tell two datasets of one name apart."""
    digest = hashlib.sha256()
    for name, split in sorted(dataset.splits.items()):
        digest.update(name.encode())
        for column in _columns(split):
            digest.update(np.ascontiguousarray(column).tobytes())
    evaluated = dataset.evaluated
    return {
        "name": dataset.name,
        "task": dataset.task,
        "published": dataset.published,
        "evaluated_on": dataset.evaluated_on,
        "classes": len(dataset.classes),
        "samples": {name: len(split) for name, split in dataset.splits.items()},
        "without_location": int((~evaluated.located).sum()),
        "notes": list(dataset.notes),
        "truth": dict(dataset.truth),
        "digest": digest.hexdigest(),
    }


def _columns(split: Split) -> list[Any]:
    probabilities = split.probabilities
    stored = getattr(probabilities, "data", probabilities)
    given = [split.lat, split.lon, split.targets, split.features, stored]
    return [column for column in given if column is not None]


def _said(dataset: dict[str, Any]) -> str:
    samples = ", ".join(f"{name} {n:,}" for name, n in dataset["samples"].items())
    return f"{dataset['name']} ({samples}; {dataset['digest'][:8]})"


def _plain(model: str) -> str:
    """A name that any file system takes, and that no other model has."""
    plain = re.sub(r"[^a-z0-9.+-]+", "-", model.casefold()).strip("-.")
    if plain == model:
        return plain
    return f"{plain}-{hashlib.sha256(model.encode()).hexdigest()[:6]}"


def _write(path: Path, facts: dict[str, Any]) -> None:
    with replacing(path) as target:
        target.write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _read_run(path: Path) -> Run:
    try:
        run = Run(**_read(path))
    except TypeError:
        run = None
    if run is None or run.kind not in KINDS:
        raise InputError(f"{path} is damaged. Delete its folder, run again.")
    return run


def _read(path: Path) -> dict[str, Any]:
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"Cannot read {path}: {error}.") from None
    if not isinstance(facts, dict):
        raise InputError(f"Cannot read {path}: it is damaged.")
    return facts
