"""The choices behind an audit of answers, checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from geobias.errors import GeoBiasError
from geobias.rules.thresholds import Threshold, parse_thresholds
from geobias.values import is_listed
from geobias.wording import nearest

TASKS = ("coordinates", "place", "country", "label")
SILENCES = ("wrong", "leave-out")


@dataclass(frozen=True)
class Choices:
    """What was asked for.

    Attributes
    ----------
    task
        What the answers are about, one of `TASKS`.
    thresholds
        Thresholds of the error of a location.
    asked
        Whether those were named, so that one that cannot be judged is an error.
    top
        Ranks within which the true label counts as found.
    silence
        Whether refused and empty answers are ``wrong`` or to ``leave-out``.
    by
        Scheme of regions, or column, by which the answer rate is told.
    """

    task: str
    thresholds: tuple[Threshold, ...]
    asked: bool
    top: tuple[int, ...]
    silence: str
    by: str

    @classmethod
    def checked(
        cls,
        *,
        task: str,
        thresholds: str | Sequence[str] | None,
        top: int | Sequence[int],
        silence: str,
        by: str,
    ) -> Choices:
        """Check the choices.

        Raises
        ------
        GeoBiasError
            If one is unknown, or does not go with the task.
        """
        _one_of("task", task, TASKS)
        _one_of("silence", silence, SILENCES)
        locates = task in ("coordinates", "place")
        if thresholds is not None and not locates:
            raise GeoBiasError(
                f"thresholds (--threshold, --level) are for the tasks coordinates and place, not "
                f"for {task}."
            )
        return cls(
            task=task,
            thresholds=parse_thresholds(thresholds) if locates else (),
            asked=thresholds is not None,
            top=_ranks(top, task),
            silence=silence,
            by=by,
        )

    def record(self) -> dict[str, Any]:
        """Return the choices as plain values."""
        return {
            "task": self.task,
            "thresholds_km": {level.name: level.km for level in self.thresholds},
            "top": list(self.top),
            "silence": self.silence,
            "by": self.by,
        }

    @property
    def correctness(self) -> tuple[str, ...]:
        """Columns that say whether an answer is right."""
        if self.thresholds:
            return tuple(level.name for level in self.thresholds)
        if self.task == "label" and self.top != (1,):
            return tuple(f"top{rank}" for rank in self.top)
        return ("correct",)


def _one_of(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        close = nearest(value, known)
        advice = f"Did you mean {close[0]}?" if close else f"Use {', '.join(known)}."
        raise GeoBiasError(f"There is no {name} {value!r}. {advice}")


def _ranks(top: int | Sequence[int], task: str) -> tuple[int, ...]:
    given: Any = top if is_listed(top) else (top,)
    ranks = tuple(given)
    if not ranks or not all(isinstance(rank, int) and rank >= 1 for rank in ranks):
        raise GeoBiasError(f"top (--top) takes ranks from 1, such as 1,3; not {top!r}.")
    if ranks != (1,) and task != "label":
        raise GeoBiasError(f"top (--top) is for the task label, not for {task}.")
    return tuple(sorted(set(ranks)))
