"""Compare the groups of a sensitive feature by where errors fall, with fairlearn's MetricFrame.

Two cameras of nearly equal accuracy photograph the same cities. The errors of one fall at random;
those of the other pile up in patches about 500 km across. A third has seen three places so far.

    pip install fairlearn
    python examples/fairlearn_metricframe.py
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
from fairlearn.metrics import MetricFrame, count
from sklearn.metrics import accuracy_score

import geobias
from geobias.metrics import clustering_ssi_score

SCALE = "knn:100"

READING = """\
Clustering asks whether errors sit beside errors, among the 100 nearest photographs of the same
camera. Errors that fall at random give about 1 nat, at any accuracy; p says how often they give
as much as was seen. The cameras are equally accurate, but the errors of film pile up in places.
Three photographs of a phone say nothing: NaN."""


def photographs() -> pd.DataFrame:
    """Simulate what was seen, and what the model said it was."""
    places = geobias.simulate.locations("cities", 6000)
    draw = np.random.default_rng(0)
    camera = draw.permutation(np.array(["digital", "film"]).repeat(3000))
    camera[:3] = "phone"
    even = geobias.simulate.world("unbiased", locations=places)["correct"]
    uneven = geobias.simulate.world("patches-500km", locations=places, gap=0.38)["correct"]
    correct = even.where(camera != "film", uneven)
    seen = pd.Series(draw.choice(["forest", "town", "water"], 6000))
    mistaken = seen.map({"forest": "water", "town": "forest", "water": "town"})
    return places.assign(camera=camera, seen=seen, answer=seen.where(correct, mistaken))


def by_camera(photos: pd.DataFrame) -> MetricFrame:
    """Accuracy and clustering of every camera."""
    return MetricFrame(
        metrics={
            "photographs": count,
            "accuracy": accuracy_score,
            "clustering": partial(clustering_ssi_score, scale=SCALE),
        },
        y_true=photos["seen"],
        y_pred=photos["answer"],
        sensitive_features=photos["camera"],
        # Only this metric takes coordinates: every sample's go with it into its group.
        sample_params={"clustering": {"lat": photos["lat"], "lon": photos["lon"]}},
    )


def chance(photos: pd.DataFrame) -> float:
    """How often shuffled errors cluster as much as those of one camera do."""
    table = photos.assign(correct=photos["seen"] == photos["answer"])
    audit = geobias.score(table, scales=SCALE, permutations=199)
    return float(audit.summary["clustering_p_greater"].item())


if __name__ == "__main__":
    photos = photographs()
    table = by_camera(photos).by_group.astype({"photographs": int})
    tested = table.index[table["clustering"].notna()]
    table["p"] = {camera: chance(photos[photos["camera"] == camera]) for camera in tested}
    print(table.round({"accuracy": 2, "clustering": 2, "p": 3}))
    print()
    print(READING)
