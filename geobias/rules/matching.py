"""Predicted names beside true ones: equal, or among the first few of a ranking."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from operator import index

import numpy as np
import numpy.typing as npt
import pandas as pd

from geobias.errors import InputError
from geobias.rules.ranking import is_ranking, read_rankings
from geobias.rules.rule import FloatArray, Judged, Rule, refuse_values, signs
from geobias.values import MOST_DISTINCT, BoolArray, remember, shown, spelled
from geobias.wording import counted, nearest, quoted, where

ObjectArray = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Match(Rule):
    """A prediction is correct if it names the label; made by `match`."""

    prediction: str
    label: str
    top: tuple[int, ...] | None

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns it reads."""
        return self.prediction, self.label

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that hold names, to be read as they are written."""
        return self.columns

    def reading(self) -> _MatchReading:
        """Begin to read a table."""
        return _MatchReading(self)


def match(prediction: str, label: str, *, top: int | Sequence[int] | None = None) -> Match:
    """Correct is a prediction that equals the label, or a ranking that holds it near its top.

    Text is compared without surrounding blanks, and whole numbers as such however they are
    stored; capitals and punctuation count. A missing prediction or label is not computable.

    Parameters
    ----------
    prediction : str
        Column of predicted classes; with `top`, of rankings, the best guess first: lists, or
        text that is a Python or JSON list.
    label : str
        Column of true classes.
    top : int or sequence of int, optional
        The label is among the first so many of the ranking; a model for each number.

    Returns
    -------
    Match
        To be passed as ``correct=``.

    Examples
    --------
    >>> import geobias
    >>> table = pd.DataFrame(
    ...     {"lat": [48.1, 59.9], "lon": [11.6, 10.8], "y": ["dam", "port"], "p": ["dam", "dam"]}
    ... )
    >>> geobias.Samples.from_table(table, correct=match("p", "y")).marks
    array([[ 1., -1.]])
    """
    refuse_values("match", (prediction, label))
    if top is None:
        return Match(prediction, label, None)
    try:
        ranks = [index(top)] if not isinstance(top, Sequence) else [index(rank) for rank in top]
    except TypeError:
        ranks = []
    if not ranks or min(ranks) < 1 or len(set(ranks)) < len(ranks):
        raise InputError(f"top= must be one or more different whole numbers from 1, not {top!r}.")
    return Match(prediction, label, tuple(sorted(ranks)))


class _MatchReading:
    """Holds the rank of the label in every row: 1 first, infinite where it is absent."""

    def __init__(self, rule: Match) -> None:
        self._rule = rule
        self._ranks: list[FloatArray] = []
        self._predictions: Counter[str] = Counter()
        self._labels: Counter[str] = Counter()
        self._singles = 0
        self._broken: list[BoolArray] = []
        self._first_broken = ""

    def take(self, frame: pd.DataFrame, lat: FloatArray, lon: FloatArray) -> None:
        labels = spelled(frame[self._rule.label])
        remember(self._labels, labels[~pd.isna(labels)])
        if self._rule.top is None:
            ranks = self._equal(frame[self._rule.prediction], labels)
        else:
            ranks = self._ranked(frame[self._rule.prediction], labels)
        self._ranks.append(ranks)

    def _equal(self, column: pd.Series, labels: ObjectArray) -> FloatArray:
        listed = next(filter(is_ranking, column.to_numpy(dtype=object)), None)
        if listed is not None:
            raise InputError(
                f"Column {self._rule.prediction!r} holds lists, such as {str(listed)[:60]!r}: say "
                "how many of their first entries count, as in top=1 (--top 1)."
            )
        predictions = spelled(column)
        known = ~(pd.isna(predictions) | pd.isna(labels))
        remember(self._predictions, predictions[known])
        return np.where(known, np.where(predictions == labels, 1.0, np.inf), np.nan)

    def _ranked(self, column: pd.Series, labels: ObjectArray) -> FloatArray:
        ranks = np.full(len(labels), np.nan)
        rankings = read_rankings(column)
        self._singles += int(rankings.single.sum())
        self._broken.append(rankings.broken)
        if rankings.broken.any() and not self._first_broken:
            self._first_broken = str(column.iloc[int(np.argmax(rankings.broken))])
        for row, (ranking, label) in enumerate(zip(rankings.entries, labels, strict=True)):
            if ranking is None or label is None:
                continue
            remember(self._predictions, filter(None, ranking))
            ranks[row] = ranking.index(label) + 1 if label in ranking else np.inf
        return ranks

    def judged(self) -> Judged:
        if self._first_broken:
            raise InputError(self._unreadable(np.concatenate(self._broken)))
        rule, ranks = self._rule, np.concatenate(self._ranks)
        known = ~np.isnan(ranks)
        strangers = Counter(
            {name: count for name, count in self._predictions.items() if name not in self._labels}
        )
        all_seen = max(len(self._predictions), len(self._labels)) < MOST_DISTINCT
        notes = []
        if all_seen and self._predictions and len(strangers) == len(self._predictions):
            raise InputError(self._never(strangers))
        if all_seen and strangers:
            notes.append(
                f"{counted(sum(strangers.values()), 'prediction')} of column {rule.prediction!r} "
                f"name what no label of {rule.label!r} is: {shown(strangers)}."
                f"{self._alike(strangers)}"
            )
        if self._singles:
            notes.append(
                f"{counted(self._singles, 'row')} of column {rule.prediction!r} hold no list but "
                "one value, which was taken for a ranking of one."
            )
        if rule.top is None:
            models = {rule.prediction: 1}
        else:
            models = {f"{rule.prediction} top-{rank}": rank for rank in rule.top}
        marks = [signs(ranks <= rank, known) for rank in models.values()]
        missing = f"no value in one of the columns {quoted(rule.columns)}"
        return Judged(tuple(models), np.stack(marks), (missing,) * len(models), tuple(notes))

    def _unreadable(self, broken: BoolArray) -> str:
        return (
            f"Column {self._rule.prediction!r} holds {counted(int(broken.sum()), 'value')} that "
            f"begin like a list and are none, {where(broken)}, the first "
            f'{self._first_broken[:80]!r}. Write lists as JSON, as in ["dam", "port"].'
        )

    def _never(self, strangers: Counter[str]) -> str:
        rule = self._rule
        return (
            f"No prediction in column {rule.prediction!r} is ever a label in column "
            f"{rule.label!r}: predictions are {quoted(_frequent(strangers))}; labels are "
            f"{quoted(_frequent(self._labels))}{self._advice(strangers)}. Spell them alike; "
            "numbers that should be near each other are for error (--error)."
        )

    def _alike(self, strangers: Counter[str]) -> str:
        """What would match if only letters and digits counted."""
        labels = {_letters_and_digits(label): label for label in self._labels}
        pairs = {name: labels.get(_letters_and_digits(name)) for name in strangers}
        alike = [(name, label) for name, label in pairs.items() if label is not None]
        if not alike:
            return ""
        count = sum(strangers[name] for name, _ in alike)
        (name, label), *_ = sorted(alike)
        return (
            f" {counted(count, 'prediction')} would match if only letters and digits counted, such "
            f"as {name!r} and {label!r}: spell them alike."
        )

    def _advice(self, strangers: Counter[str]) -> str:
        """``; 'Dam' looks like 'dam'``, for the most frequent name that looks like a label."""
        for name in _frequent(strangers):
            near = nearest(name, list(self._labels))
            if near:
                return f"; {name!r} looks like {near[0]!r}"
        return ""


def _frequent(counts: Counter[str]) -> list[str]:
    return [name for name, _ in counts.most_common(10)]


def _letters_and_digits(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))
