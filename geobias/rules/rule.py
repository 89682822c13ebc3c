"""What every rule offers: the columns it needs, and a reading of them batch by batch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from geobias.errors import InputError

FloatArray = npt.NDArray[np.float64]

TWO_LEVELS = (-1.0, 1.0)
"""Wrong and correct: the marks of every rule but declared levels and bins."""


@dataclass(frozen=True)
class Judged:
    """How the models of a rule did.

    Parameters
    ----------
    models : tuple of str
        A name for each row of `marks`.
    marks : float64 array
        Shape (models, rows of the table); NaN where correctness is missing or not computable.
    missing : tuple of str
        Why marks of each model are missing.
    notes : tuple of str
        What a reader of the marks has to know, a sentence each.
    """

    models: tuple[str, ...]
    marks: FloatArray
    missing: tuple[str, ...]
    notes: tuple[str, ...] = ()


class Reading(Protocol):
    """A rule at work on one table."""

    def take(self, frame: pd.DataFrame, lat: FloatArray, lon: FloatArray) -> None:
        """Read the next batch of rows, whose true coordinates are given in degrees."""

    def judged(self) -> Judged:
        """Judge all rows that were taken."""


class Rule(ABC):
    """What counts as correct."""

    @property
    @abstractmethod
    def columns(self) -> tuple[Hashable, ...]:
        """Names of the columns it reads."""

    @property
    def names(self) -> tuple[Hashable, ...]:
        """The columns among these that hold names, to be read as they are written."""
        return ()

    @property
    def levels(self) -> tuple[float, ...]:
        """Ascending marks that a sample can carry."""
        return TWO_LEVELS

    @abstractmethod
    def reading(self) -> Reading:
        """Begin to read a table."""


def refuse_values(function: str, columns: Iterable[Any]) -> None:
    """Refuse the values of columns where their names are needed."""
    for column in columns:
        if not isinstance(column, Hashable):
            kind = type(column).__name__
            raise InputError(f"{function} takes column names, not a {kind} of values.")


def signs(correct: npt.NDArray[np.bool_], known: npt.NDArray[np.bool_]) -> FloatArray:
    """Marks of right and wrong, NaN where neither is known."""
    marks = np.where(correct, 1.0, -1.0)
    marks[~known] = np.nan
    return marks
