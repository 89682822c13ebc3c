"""How much of large audits is scored, compared and drawn, so that a report stays a report."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from geobias.geometry.places import Ints
from geobias.samples import Samples
from geobias.settings import Settings
from geobias.survey import Survey

MOST_CENTRES = 20_000
"""Centres around which many samples are scored by default."""

MOST_NEIGHBOURS = 100_000_000
"""Neighbours that all these centres have at all scales: with larger neighbourhoods, fewer."""

MOST_ROWS = 3_000_000
"""Centres times models times scales: with many models, fewer centres."""

MOST_CENTRED = 10_000
"""Places that circles are centred on by default, where a scan looks for weak places."""

MOST_LOOKS = 2_500_000_000
"""Such places times samples times models: with more of these, fewer places."""

_TRIED = 500
"""Centres that the size of neighbourhoods is estimated from, and the fewest of any."""

MOST_COMPARED = 5
"""Models that are compared, each with each."""

MOST_DRAWN = 12
"""Models on the map, and in the tables that have several rows for each."""


def suited_centres(samples: Samples, settings: Settings, threads: int) -> int | None:
    """Return around how many centres to score, or None for all of them."""
    most = MOST_ROWS // (len(samples.models) * len(settings.scales))
    if samples.n > MOST_CENTRES:
        survey = Survey.of(samples, settings, _TRIED, threads)
        each = sum(
            float(survey.scorer.engine.walk.sizes(scale, survey.points).mean())
            for scale in settings.scales
        )
        most = min(most, MOST_CENTRES, int(MOST_NEIGHBOURS / each))
    most = max(most, _TRIED)
    return most if most < samples.n else None


def most_accurate(samples: Samples, most: int) -> Ints:
    """Return the models to keep when there are too many, in the order they came in."""
    order = np.argsort(-samples.accuracy, kind="stable")
    return np.sort(order[:most])


def with_models(samples: Samples, kept: Ints) -> Samples:
    """Return the same samples with some of the models."""
    models = tuple(samples.models[model] for model in kept)
    return replace(samples, models=models, marks=samples.marks[kept])


def suited_circles(samples: Samples) -> int:
    """Return on how many places to centre circles, where a scan looks for weak places."""
    looks = samples.n * len(samples.models)
    return min(MOST_CENTRED, max(_TRIED, MOST_LOOKS // looks))
