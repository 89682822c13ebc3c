"""Scores that are kept in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geobias.keeping.blocks import Block, columns_of, judged, table_of
from geobias.keeping.keeping import Columns
from geobias.progress import Advance
from geobias.scales import Scale
from geobias.sphere import Floats
from geobias.survey import Survey
from geobias.writing import write_parquet


@dataclass(frozen=True)
class Held:
    """Keeps the scores of a survey in memory; the rows of its table are in the order of the input.

    ``fdr`` is the false discovery rate at which single centres are judged, if they are.
    """

    survey: Survey
    fdr: float | None = None
    _blocks: dict[tuple[str, str], Block] = field(default_factory=dict)

    def keep(self, scale: Scale, advance: Advance) -> None:
        """Score every centre at a scale."""
        survey = self.survey
        scores = survey.scores(scale, advance)
        for m, model in enumerate(survey.samples.models):
            columns = columns_of(survey.samples, m, scores, survey.placed, survey.entry)
            if self.fdr is not None:
                columns |= judged(columns, survey.first, survey.entry, self.fdr)
            self._blocks[model, scale.name] = Block(model, scale.name, columns)

    def columns(self, scale: Scale, model: int) -> Columns:
        """Return what was kept of a model at a scale."""
        return self._blocks[self.survey.samples.models[model], scale.name].columns

    def remembered(self, name: str, make: Callable[[], Floats]) -> Floats:
        """Make it: nothing is from before."""
        return make()

    def finish(self, facts: dict[str, Any]) -> None:
        """Lay out the table, while all is at hand."""
        self.frame()

    def frame(self) -> pd.DataFrame:
        """Return all rows as a table, in the order of the samples."""
        return self._frame

    def column(self, model: str, scale: str, name: str) -> NDArray[Any]:
        """Return a column of one model at one scale."""
        frame = self.frame()
        values: NDArray[Any] = frame[name].to_numpy()
        return values[((frame["model"] == model) & (frame["scale"] == scale)).to_numpy()]

    def write(self, path: str | Path, facts: dict[str, Any]) -> None:
        """Write the table to a Parquet file."""
        write_parquet(self.frame(), facts, path)

    @cached_property
    def _frame(self) -> pd.DataFrame:
        # From the order of places back to that of the samples.
        order = np.argsort(self.survey.placed)
        blocks = list(self._blocks.values())
        models = list(dict.fromkeys(block.model for block in blocks))
        scales = list(dict.fromkeys(block.scale for block in blocks))
        frame = table_of([block.taken(order) for block in blocks], models, scales)
        self._blocks.clear()
        return frame
