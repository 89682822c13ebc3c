"""Simulate the predictions that the demo audits: two models of equal accuracy, one unfair.

Both models are right four times in five on samples around large cities. The errors of `even`
fall at random; those of `uneven` pile up in patches about 500 km across.

    python examples/make_predictions.py examples/predictions.parquet
"""

from __future__ import annotations

import sys

import pandas as pd

from geobias import simulate


def predictions() -> pd.DataFrame:
    """Draw the table."""
    places = simulate.locations("cities", 6000).round(4)
    even = simulate.world("unbiased", locations=places)
    uneven = simulate.world("patches-500km", locations=places, gap=0.38)
    return places.assign(even=even["correct"], uneven=uneven["correct"])


if __name__ == "__main__":
    predictions().to_parquet(sys.argv[1], index=False)
