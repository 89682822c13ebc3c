"""The bootstrap that fits a survey."""

from __future__ import annotations

import numpy as np

from geobias.inference.bootstrap import FEWEST_BLOCKS, Bootstrap
from geobias.scales import Scale
from geobias.settings import Settings
from geobias.sphere import Floats
from geobias.survey import Survey
from geobias.wording import counted

_SMALLEST_BLOCK_KM = 1.0

ROUGH = 10.0
"""Intervals from blocks that are worth less than this many equally large ones are rough."""


def blocks_note(scale: Scale, bootstrap: Bootstrap) -> list[str]:
    """Say if the centres of a scale lie in few blocks."""
    worth = bootstrap.worth(np.zeros(bootstrap.block.size))
    if worth >= ROUGH:
        return []
    outcome = "intervals are rough" if worth >= FEWEST_BLOCKS else "there are no intervals"
    held = counted(bootstrap.blocks, "block")
    return [
        f"At {scale} the centres lie in {held} of the bootstrap, worth {worth:.1f} of equal size: "
        f"{outcome}. A smaller block_km gives more blocks, but less independent ones."
    ]


def bootstrap_of(survey: Survey, radius_km: Floats, settings: Settings) -> Bootstrap:
    """Draw blocks of centres, in the order of their places.

    Blocks are by default twice as wide as a neighbourhood, four times its radius: most centres
    of one block share no sample with those of another. ``radius_km`` has the radius around each
    placed sample.
    """
    side = settings.block_km
    if side is None:
        side = max(_SMALLEST_BLOCK_KM, 4.0 * float(np.median(radius_km[survey.first])))
    placed = survey.points[survey.entry]
    places = survey.places
    return Bootstrap.of(
        places.lat[placed], places.lon[placed], side, settings.bootstrap or 0, settings.seed
    )
