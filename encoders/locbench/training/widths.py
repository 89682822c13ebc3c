"""How wide the networks around an encoder are in regression."""

from __future__ import annotations

from dataclasses import dataclass

from geobias.encoders.locbench.datasets.dataset import Dataset
from geobias.errors import InputError

LEAKY = "leakyrelu0.01"


@dataclass(frozen=True)
class Widths:
    """Networks of a regression model.

    Attributes
    ----------
    branch
        Numbers that come of a place, and as many of an image.
    image_hidden, image_activation, image_dropout
        Of the network that images pass through.
    head_hidden, head_activation, head_dropout
        Of the network that makes one number of both.
    kernel_size
        How wide the kernels are that a single feature is expanded by, in its own units; None takes
        its standard deviation.
    """

    branch: int = 64
    image_hidden: tuple[int, ...] = (128,)
    image_activation: str = "relu"
    image_dropout: float = 0.1
    head_hidden: tuple[int, ...] = (128,)
    head_activation: str = "relu"
    head_dropout: float = 0.1
    kernel_size: float | None = None


SMALL = Widths()

PUBLISHED = {
    "elevation": Widths(822, (862, 846), LEAKY, 0.1, (893, 881, 510), LEAKY, 0.1, 1.0),
    "forest_cover": Widths(976, (533,), LEAKY, 0.1, (847, 787), "relu", 0.1, 1.0),
    "nightlights": Widths(725, (346, 682, 73), LEAKY, 0.1, (746, 416, 257), LEAKY, 0.1, 1.0),
    "population": Widths(128, (1024,), "relu", 0.1, (16,), LEAKY, 0.1, 1.0),
    # What their branches hold is not published: 218 is that of the asset index.
    "under5_mort": Widths(218, (980,), LEAKY, 0.0, (979, 919, 523), LEAKY, 0.1, 1.0),
    "women_bmi": Widths(218, (744,), "relu", 0.1, (707, 919, 523), LEAKY, 0.1, 1.0),
}
"""Those of TorchSpatial, by task. It has none for the other four of SustainBench."""


def widths_of(dataset: Dataset, name: str) -> Widths:
    """Return the widths of that name for a dataset.

    Raises
    ------
    InputError
        If none are published for it.
    """
    if name == "small":
        return SMALL
    for called in (dataset.published, dataset.name.rpartition("-")[2]):
        if called in PUBLISHED:
            return PUBLISHED[called]
    raise InputError(
        f"widths='published': there are none for {dataset.name}, only for {', '.join(PUBLISHED)}. "
        "Take widths='small'."
    )
