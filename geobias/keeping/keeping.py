"""What has the scores of single centres, while an audit is made and after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
from numpy.typing import NDArray

from geobias.progress import Advance
from geobias.scales import Scale
from geobias.sphere import Floats

Columns = Mapping[str, NDArray[Any]]
"""Columns of one model at one scale, a row per centre, in the order of their places."""


class Rows(Protocol):
    """The scores of every centre, once an audit is made."""

    def frame(self) -> pd.DataFrame:
        """Return all of them as a table."""

    def column(self, model: str, scale: str, name: str) -> NDArray[Any]:
        """Return a column of one model at one scale."""

    def write(self, path: str | Path, facts: dict[str, Any]) -> None:
        """Write the table to a Parquet file that carries facts about the audit."""


class Keeping(Rows, Protocol):
    """Takes the scores in, scale by scale, and gives their columns back."""

    def keep(self, scale: Scale, advance: Advance) -> None:
        """Score every centre at a scale, unless that was done before."""

    def columns(self, scale: Scale, model: int) -> Columns:
        """Return what was kept of a model at a scale."""

    def remembered(self, name: str, make: Callable[[], Floats]) -> Floats:
        """Return what was made under a name before, or make it."""

    def finish(self, facts: dict[str, Any]) -> None:
        """Take note that the audit is whole, and of the facts about it."""
