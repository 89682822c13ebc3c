"""The bootstrap that fits a survey."""

from __future__ import annotations

import numpy as np

from geobias.inference.bootstrap import Bootstrap
from geobias.settings import Settings
from geobias.ssi.engine import CentreScores
from geobias.survey import Survey

_SMALLEST_BLOCK_KM = 1.0


def bootstrap_of(survey: Survey, scores: CentreScores, settings: Settings) -> Bootstrap:
    """Draw blocks of centres, in the order of their places.

    Blocks are by default twice as wide as a neighbourhood, four times its radius: most centres
    of one block share no sample with those of another.
    """
    side = settings.block_km
    if side is None:
        side = max(_SMALLEST_BLOCK_KM, 4.0 * float(np.median(scores.radius_km)))
    placed = survey.points[np.sort(survey.centre_of)]
    places = survey.places
    return Bootstrap.of(
        places.lat[placed], places.lon[placed], side, settings.bootstrap or 0, settings.seed
    )
