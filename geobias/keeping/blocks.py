"""From scores by place to the columns of one model, and from columns to a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geobias.geometry.places import Ints
from geobias.inference.significance import JUDGED_COLUMNS, JUDGED_LABELS, judge_centres
from geobias.keeping.keeping import Columns
from geobias.results.scores import CALIBRATED, SAMPLE_COLUMNS, SRI, SRI_RELATIVE, present
from geobias.samples import Samples
from geobias.scorer import Scores
from geobias.ssi.engine import CentreScores
from geobias.ssi.surprisal import two_sided

JUDGED = tuple(f"{score}_{part}" for score in CALIBRATED for part in JUDGED_COLUMNS)
"""What is said of every centre, if centres are judged."""


def columns_of(
    samples: Samples, model: int, scores: Scores, taken: Ints, entry: Ints
) -> dict[str, NDArray[Any]]:
    """Spread one model's scores over samples that serve as centres.

    ``taken`` are these samples, and ``entry`` is the place of each among the scores. The columns
    ``background`` and ``dropped`` count lattice points; they are no part of a table.
    """
    columns = {
        "sample": samples.rows[taken],
        "lat": samples.lat[taken],
        "lon": samples.lon[taken],
        "correct": samples.correct[model, taken],
        "neighbours": scores.neighbours[entry],
        "radius_km": scores.radius_km[entry],
        "capped": scores.capped[entry],
    }
    if scores.ssi is not None:
        columns |= _ssi(model, scores.ssi, entry)
    if scores.sri is not None:
        of_kinds = (*scores.sri.nats, *scores.sri.relative())
        for name, values in zip((*SRI, *SRI_RELATIVE), of_kinds, strict=True):
            columns[name] = values[model, entry]
    return columns


def _ssi(model: int, scores: CentreScores, entry: Ints) -> dict[str, NDArray[Any]]:
    columns: dict[str, NDArray[Any]] = {
        "background": scores.background[entry],
        "dropped": scores.dropped[entry],
        "unmarked": scores.unmarked[entry],
        "crowding": two_sided(scores.crowding_z)[entry],
        "crowding_z": scores.crowding_z[entry],
        "marked": scores.marked[model, entry],
    }
    for score in CALIBRATED:
        columns[score] = scores.nats(score)[model, entry]
        columns[f"{score}_z"] = getattr(scores, f"{score}_z")[model, entry]
        if scores.p is not None:
            columns[f"{score}_p"] = scores.p[score][model, entry]
    return columns


def judged(columns: Columns, first: Ints, entry: Ints, fdr: float) -> dict[str, NDArray[Any]]:
    """Return what stands out among all centres, from their p values.

    ``first`` is a row of each place, and ``entry`` the place of each row.
    """
    said: dict[str, NDArray[Any]] = {}
    for score in CALIBRATED:
        p, z = (columns[f"{score}_{name}"][first] for name in ("p", "z"))
        said |= judge_centres(score, p, z, entry, fdr)
    return said


@dataclass(frozen=True)
class Block:
    """Columns of one model at one scale."""

    model: str
    scale: str
    columns: Columns

    @property
    def size(self) -> int:
        """Number of rows."""
        return int(self.columns["sample"].size)

    def taken(self, rows: Ints) -> Block:
        """Return some of the rows, in this order."""
        taken = {name: self.columns[name][rows] for name in self.columns}
        return Block(self.model, self.scale, taken)


def table_of(blocks: Sequence[Block], models: Sequence[str], scales: Sequence[str]) -> pd.DataFrame:
    """Lay blocks one under another in a table, whose categories are all models and scales."""
    sizes = [block.size for block in blocks]

    def named(names: Sequence[str], of_block: list[str]) -> Any:
        codes = np.repeat(np.array([names.index(name) for name in of_block]), sizes)
        return pd.Categorical.from_codes(codes, categories=pd.Index(names))

    table: dict[str, Any] = {
        "model": named(list(models), [block.model for block in blocks]),
        "scale": named(list(scales), [block.scale for block in blocks]),
    }
    for column in present((*SAMPLE_COLUMNS, *JUDGED), blocks[0].columns):
        values = np.concatenate([block.columns[column] for block in blocks])
        if column.endswith("_label"):
            labels = JUDGED_LABELS[column.removesuffix("_label")]
            table[column] = pd.Categorical(values, categories=pd.Index(labels))
        else:
            table[column] = values
    return pd.DataFrame(table)
