"""Train, evaluate and keep: every encoder with every seed, what is finished only once."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geobias.encoders.locbench.bench.folder import IMAGE_ONLY, Folder, Run
from geobias.encoders.locbench.datasets.dataset import Dataset
from geobias.encoders.locbench.evaluation.evaluating import evaluate
from geobias.encoders.locbench.evaluation.evaluation import Evaluation
from geobias.encoders.locbench.priors.choosing import fit_prior, list_priors
from geobias.errors import InputError
from geobias.progress import Advance, progress_bar
from geobias.settings import LARGEST_SEED, whole_number
from geobias.wording import listed

if TYPE_CHECKING:
    from geobias.encoders.locbench.training.choices import Training

Settings = tuple[Mapping[str, Any], "Training"]
"""Options of an encoder, and how it is trained."""

PRIOR = "prior-"
"""How names of models that are no networks begin."""


@dataclass(frozen=True)
class _Job:
    """One model with one seed that is to be evaluated."""

    model: str
    kind: str
    seed: int
    settings: dict[str, Any]


def run(
    dataset: Dataset,
    folder: str | Path,
    *,
    encoders: str | Sequence[str] = "all",
    seeds: int | Sequence[int] = 1,
    dim: int = 64,
    training: Training | None = None,
    settings: str | Mapping[str, Settings] | None = None,
    priors: bool = True,
    progress: bool = False,
) -> Folder:
    """Train and evaluate encoders on a dataset, beside models that know nothing of the place.

    What is finished is not done again: after a kill, the same call goes on, in the middle of a
    training, too. `audit` says of all that the folder holds how biased it is.

    Parameters
    ----------
    dataset : Dataset
        What to train and evaluate on.
    folder
        Where everything is kept.
    encoders
        Names of encoders, or ``all`` fifteen of TorchSpatial.
    seeds : int or sequence of int
        So many runs of each encoder, with seeds from 0 on; or the seeds themselves.
    dim : int
        Numbers per embedding.
    training : Training, optional
        How to train.
    settings : "published" or mapping, optional
        Options of `build` and `Training` of single encoders, by their names, instead of the
        defaults and of ``training``; such as ``{"xyz": (found.options, found.training)}`` after
        a `search`. ``published`` takes `published_settings` where there are any.
    priors : bool
        Evaluate models without a network as well: how often classes are seen, and where.
    progress : bool
        Show a progress bar.

    Returns
    -------
    Folder

    Raises
    ------
    InputError
        If the folder holds results of other data or settings, or an encoder is unknown.
    """
    from geobias.encoders.locbench.training.choices import Training
    from geobias.encoders.locbench.training.machine import device_of

    names = chosen_encoders(encoders)
    dim = whole_number("dim", dim, 1)
    training = Training.of(training)
    device_of(training.device)  # Refused now rather than after all that needs no network.
    given, notes = _given(dataset, names, training, settings)
    plan = _Plan(dataset, dim, training, given, notes)
    jobs = plan.jobs(names, _chosen_seeds(seeds), priors)
    kept = Folder.of(folder, dataset)
    todo = [job for job in jobs if not _finished(kept, job)]
    with progress_bar(progress) as advance:
        for job in todo:
            began = time.perf_counter()
            done = plan.evaluated(job, kept.place(job.model, job.seed), advance)
            kept.keep(
                Run(
                    model=job.model, kind=job.kind, seed=job.seed, correct=plan.correct,
                    settings=job.settings, metrics=_metrics(done, plan.correct),
                    seconds=time.perf_counter() - began,
                ),
                done.predictions,
            )  # fmt: skip
    return kept


def chosen_encoders(encoders: str | Sequence[str]) -> list[str]:
    """Return names of encoders as the registry spells them; ``all`` are those of TorchSpatial.

    >>> chosen_encoders(["Sphere2Vec-sphereC+", "xyz"])
    ['sphere2vec-spherec+', 'xyz']
    """
    from geobias.encoders.registry import ENTRIES, entry_of

    if isinstance(encoders, str):
        encoders = encoders.split(",")
    if [name.strip().casefold() for name in encoders] == ["all"]:
        return [entry.name for entry in ENTRIES if entry.in_torchspatial]
    names = [entry_of(name.strip()).name for name in encoders]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not names:
        what = f"{listed(twice)} is named twice" if twice else "none is named"
        raise InputError(f"encoders: {what}. Name each once, or all.")
    return names


@dataclass(frozen=True)
class _Plan:
    """What is to be done with every model."""

    dataset: Dataset
    dim: int
    training: Training
    settings: Mapping[str, Settings]
    notes: Mapping[str, Sequence[str]]

    @property
    def correct(self) -> str:
        """The column of predictions that says what is right."""
        return "hit@1" if self.dataset.classes else "within"

    def jobs(self, encoders: Sequence[str], seeds: Sequence[int], priors: bool) -> list[_Job]:
        """All that the benchmark consists of; only what draws numbers is done for every seed."""
        from geobias.encoders.locbench.training.training import plain

        how = {"dim": self.dim, "training": self.training.record()}
        if not self.dataset.classes:
            jobs = [_Job(IMAGE_ONLY, "image", seed, how) for seed in seeds]
        elif self.dataset.evaluated.probabilities is None:
            raise InputError(
                f"{self.dataset.name} has no probabilities of an image model: there is nothing to "
                "compare with."
            )
        else:
            jobs = [_Job(IMAGE_ONLY, "image", 0, {})]
            if priors:
                jobs += [_Job(PRIOR + name, "prior", 0, {}) for name in list_priors()["name"]]
        for name in encoders:
            options, training = self.settings.get(name, ({}, self.training))
            given = {"dim": self.dim, "training": training.record(), "options": plain(options)}
            said = {"notes": list(self.notes[name])} if name in self.notes else {}
            jobs += [_Job(name, "encoder", seed, {**given, **said}) for seed in seeds]
        return jobs

    def evaluated(self, job: _Job, place: Path, advance: Advance) -> Evaluation:
        """Train what is to be trained, and evaluate it."""
        label = f"{job.model}, seed {job.seed}"
        if job.kind == "prior":
            advance(label, 0, 1)
            return evaluate(self.dataset, fit_prior(job.model.removeprefix(PRIOR), self.dataset))
        if job.kind == "image" and self.dataset.classes:
            return evaluate(self.dataset)
        from geobias.encoders.locbench.training.training import train

        options, training = self.settings.get(job.model, ({}, self.training))
        trained = train(
            self.dataset,
            None if job.kind == "image" else job.model,
            training=training,
            options=options,
            dim=self.dim,
            seed=job.seed,
            folder=place,
            on_epoch=lambda epoch: advance(label, int(epoch["epoch"]), training.epochs),
        )
        return evaluate(self.dataset, trained.model)


def _chosen_seeds(seeds: int | Sequence[int]) -> list[int]:
    if isinstance(seeds, int):
        return list(range(whole_number("seeds", seeds, 1)))
    found = [whole_number("seeds", seed, 0, LARGEST_SEED) for seed in seeds]
    if not found or len(set(found)) < len(found):
        raise InputError(f"seeds={seeds!r}: give each seed once, or how many there are to be.")
    return found


def _given(
    dataset: Dataset,
    encoders: Sequence[str],
    training: Training,
    settings: str | Mapping[str, Settings] | None,
) -> tuple[dict[str, Settings], dict[str, list[str]]]:
    """Settings of single encoders, and notes on those that have none."""
    from geobias.encoders.locbench.training.published import published_settings

    if settings is None:
        return {}, {}
    if isinstance(settings, Mapping):
        strange = sorted(set(settings) - set(encoders))
        if strange:
            raise InputError(f"settings: {listed(strange)} is none of the encoders of this run.")
        return dict(settings), {}
    if settings != "published":
        raise InputError(f"settings={settings!r} has to be 'published', or a mapping of encoders.")
    given: dict[str, Settings] = {}
    notes: dict[str, list[str]] = {}
    for name in encoders:
        try:
            options, found = published_settings(name, dataset.name)
        except InputError as refusal:
            notes[name] = [f"{name} was trained with the defaults: {refusal}"]
            continue
        # How to compute is no part of what is published.
        own = {each: getattr(training, each) for each in ("compat", "device", "amp", "patience")}
        given[name] = options, replace(found, **own)
    return given, notes


def _finished(kept: Folder, job: _Job) -> bool:
    found = kept.run(job.model, job.seed)
    if found is None:
        return False
    if found.kind != job.kind:
        raise InputError(
            f"{kept.path} holds {job.model} added from elsewhere: name another folder, or delete "
            f"{kept.place(job.model, job.seed).parent}."
        )
    other = [key for key in job.settings if found.settings.get(key) != job.settings[key]]
    if other:
        raise InputError(
            f"{kept.path} holds {job.model} with another {listed(other)}: "
            f"{found.settings.get(other[0])}, not {job.settings[other[0]]}. Name another folder."
        )
    return True


def _metrics(done: Evaluation, correct: str) -> dict[str, float]:
    """All metrics; of values, the share within the tolerance as well, as that is audited."""
    share = {} if correct in ("hit@1",) else {correct: float(done.predictions[correct].mean())}
    return {**done.metrics, **share}
