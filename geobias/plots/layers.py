"""What can be put on a map: the samples of an audit, and a value of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geobias.inference.significance import LABELS, UNDEFINED
from geobias.plots.choosing import refuse_unknown
from geobias.results.scores import CALIBRATED, SCORES, SRI, SRI_RELATIVE
from geobias.sphere import Floats

if TYPE_CHECKING:
    from geobias.results import Audit
    from geobias.samples import Samples

_NOT_ON_MAPS = ("model", "scale", "sample", "lat", "lon")

ACCURACY = "accuracy"

_OF_THE_PLACES = ("neighbours", "radius_km", "capped", "unmarked", "crowding", "crowding_z")
"""Columns that are the same for all models."""

_QUANTITIES = {
    "neighbours": ("neighbours", "mean number"),
    "radius_km": ("radius of the neighbourhood", "mean km"),
    "unmarked": ("unmarked score", "mean nats"),
    "marked": ("marked score", "mean nats"),
}


@dataclass(frozen=True, eq=False)
class Layer:
    """A value of each sample, and how to speak of their means.

    Attributes
    ----------
    lat, lon : float64 array
        Degrees.
    values : float64 array
        NaN where it is undefined.
    quantity, unit : str
        What the mean of a cell is.
    chance : str
        What chance gives, if that is known.
    models : str
        Whose values they are.
    scale : str
        The scale that they are of, if they are of one.
    things : str
        What the samples are called.
    share : bool
        Whether the mean is a share, to be read in percent.
    signed : bool
        Whether 0 is in the middle of what can be.
    """

    lat: Floats
    lon: Floats
    values: Floats
    quantity: str
    unit: str = ""
    chance: str = ""
    models: str = ""
    scale: str = ""
    things: str = "samples"
    share: bool = False
    signed: bool = False

    @property
    def label(self) -> str:
        """What the mean of a cell is, with its unit."""
        details = "; ".join(filter(None, (self.unit, self.chance)))
        return f"{self.quantity} ({details})" if details else self.quantity

    @property
    def title(self) -> str:
        """Whose values they are, and of which scale."""
        return ", ".join(filter(None, (self.models, self.scale)))

    @property
    def undefined(self) -> int:
        """Number of samples without a value."""
        return int(np.isnan(self.values).sum())


def layer_of(audit: Audit, column: str, model: str, scale: str) -> Layer:
    """Return the values of one model: of all samples if right or wrong, else of the centres."""
    if column == "correct":
        return accuracy_layer(audit.scored, model)
    table = audit.samples
    refuse_unknown("column", column, _columns(table))
    rows = table[(table["model"] == model) & (table["scale"] == scale)]
    lat, lon = (rows[name].to_numpy(np.float64) for name in ("lat", "lon"))
    if column.endswith("_label"):
        score = column.removesuffix("_label")
        above, _ = LABELS[score]
        said = rows[column].to_numpy(dtype=object)
        values = np.where(said == UNDEFINED, np.nan, (said == above).astype(np.float64))
        words = f"centres found {above}", score, ""
    else:
        values, words = rows[column].to_numpy(np.float64), _words(column)
    return Layer(
        lat, lon, values, *words,
        models="" if is_of_the_places(column) else model,
        scale=scale,
        things="centres",
        share=column.endswith("_label"),
        signed=column.endswith("_z"),
    )  # fmt: skip


def is_of_the_places(column: str) -> bool:
    """Whether a column is the same for all models."""
    return column in _OF_THE_PLACES


def accuracy_layer(scored: Samples, model: str) -> Layer:
    """Return whether a model is right, at all samples."""
    values = np.asarray(scored.correct[scored.models.index(model)], dtype=np.float64)
    things = "sites" if scored.averaged else "samples"
    return Layer(scored.lat, scored.lon, values, ACCURACY, models=model, things=things, share=True)


def _columns(table: pd.DataFrame) -> list[str]:
    """Return the columns of numbers and of findings."""
    return [
        name
        for name in table.columns
        if name not in _NOT_ON_MAPS
        and (name.endswith("_label") or pd.api.types.is_numeric_dtype(table[name]))
    ]


def _words(column: str) -> tuple[str, str, str]:
    """Return the quantity, its unit, and what chance gives."""
    if column in _QUANTITIES:
        return *_QUANTITIES[column], ""
    if column in SRI:
        return column, "mean nats", ""
    if column in (*CALIBRATED, "crowding", *SRI_RELATIVE):
        return column, "mean nats", "chance gives about 1"
    score, _, part = column.rpartition("_")
    if score in SCORES and part == "z":
        return score, "mean z", "chance gives 0"
    return column, "mean", ""
