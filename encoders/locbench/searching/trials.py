"""The trials of a search, kept in a file: those that are done, and the next one."""

from __future__ import annotations

import hashlib
import json
import shutil
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import optuna
import pandas as pd
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState

from geobias.encoders.locbench.searching.grids import Grid
from geobias.encoders.locbench.searching.sampling import DONE, WithoutRepeats
from geobias.encoders.locbench.training.checkpoint import refuse_others
from geobias.encoders.locbench.training.looping import DivergedError, OnEpoch
from geobias.encoders.locbench.training.trained import Trained
from geobias.errors import InputError
from geobias.writing import writing

JOURNAL = "journal.log"
NAME = "search"
SETTINGS = "settings"
DIVERGED = "diverged"
EPOCHS = "epochs"

BEFORE_PRUNING = 5
"""Trials that are never cut short: there has to be a median."""

EARLIEST_PRUNING = 2
"""The first epoch after which a trial can be cut short."""

Params = dict[str, Any]
Train = Callable[[Params, Path, OnEpoch], Trained]


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Optuna from writing on standard error, and from warning of what it may change."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(before)


class Trials:
    """The trials of one search.

    Parameters
    ----------
    folder : Path
        Where they are kept.
    settings : mapping
        What the search is of; a folder with another is refused.
    grid : Grid
        What is searched.
    metric : str
        What is compared.
    less_is_better : bool
        Whether it is an error.
    epochs : int
        How many a trial has.
    seed : int
        Of the suggestions.
    """

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, Any],
        grid: Grid,
        metric: str,
        *,
        less_is_better: bool,
        epochs: int,
        seed: int,
    ) -> None:
        self._folder = folder
        self._grid = grid
        self._metric = metric
        self._less_is_better = less_is_better
        self._epochs = epochs
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        file = folder / JOURNAL
        # A kill may leave a lock, for which the next call would wait half a minute.
        file.with_name(f"{JOURNAL}.lock").unlink(missing_ok=True)
        _drop_half_a_line(file)
        try:
            self._study = optuna.create_study(
                study_name=NAME,
                storage=JournalStorage(JournalFileBackend(str(file))),
                direction="minimize" if less_is_better else "maximize",
                sampler=WithoutRepeats(grid, seed),
                pruner=optuna.pruners.MedianPruner(BEFORE_PRUNING, EARLIEST_PRUNING),
                load_if_exists=True,
            )
            stored = self._study.user_attrs.get(SETTINGS)
        except OSError:
            raise
        except Exception as error:
            # A file that something else wrote can make the reader raise anything.
            raise InputError(
                f"{file} cannot be read as a search: it is damaged. Name another folder, or delete "
                "it to begin anew."
            ) from error
        if stored is None:
            self._study.set_user_attr(SETTINGS, json.dumps(settings, sort_keys=True))
        else:
            refuse_others(file, stored, settings)
        for left in self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            # A kill left it. What it would have been is suggested again.
            self._study.tell(left.number, state=TrialState.FAIL)

    @property
    def done(self) -> list[FrozenTrial]:
        """Those that ended, in the order in which they did."""
        return self._study.get_trials(deepcopy=False, states=DONE)

    def next(self, train: Train, ending: float | None) -> None:
        """Try another combination, unless time runs out on the way."""
        trial = self._study.ask()
        params = {
            name: trial.suggest_categorical(name, values) for name, values in self._grid.items()
        }
        place = self._folder / "trials" / _folder_of(params)
        cut = late = False

        def look(record: dict[str, float]) -> bool:
            nonlocal cut, late
            epoch = int(record["epoch"])
            trial.report(record[self._metric], epoch)
            trial.set_user_attr(EPOCHS, epoch)
            cut = epoch < self._epochs and trial.should_prune()
            late = epoch < self._epochs and ending is not None and monotonic() >= ending
            return not (cut or late)

        try:
            trained = train(params, place, look)
        except DivergedError:
            trial.set_user_attr(DIVERGED, True)
            cut = True
        except BaseException:
            self._study.tell(trial, state=TrialState.FAIL)
            raise
        if cut:
            self._study.tell(trial, state=TrialState.PRUNED)
        elif late:
            self._study.tell(trial, state=TrialState.FAIL)
            return
        else:
            kept = trained.record()[self._metric]
            self._study.tell(trial, kept)
        shutil.rmtree(place, ignore_errors=True)

    def table(self) -> pd.DataFrame:
        """All trials that ended, the best first, and those without a value last."""
        rows = []
        for number, trial in enumerate(self.done, start=1):
            complete = trial.state == TrialState.COMPLETE
            state = DIVERGED if DIVERGED in trial.user_attrs else trial.state.name.lower()
            rows.append(
                {
                    "trial": number,
                    "state": state,
                    self._metric: trial.value if complete else np.nan,
                    EPOCHS: trial.user_attrs.get(EPOCHS, 0),
                    **{name: trial.params[name] for name in self._grid},
                }
            )
        columns = ["trial", "state", self._metric, EPOCHS, *self._grid]
        table = pd.DataFrame(rows, columns=columns)
        return table.sort_values(
            self._metric, ascending=self._less_is_better, kind="stable", ignore_index=True
        )


def _folder_of(params: Params) -> str:
    """A name for a combination, the same in every call."""
    text = json.dumps(params, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _drop_half_a_line(file: Path) -> None:
    """Take away what a kill left of a line, or the next one would be written behind it."""
    if not file.exists():
        return
    whole = file.read_bytes()
    end = whole.rfind(b"\n") + 1
    if end < len(whole):
        with writing(file), file.open("r+b") as opened:
            opened.truncate(end)
