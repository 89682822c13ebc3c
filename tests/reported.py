"""Reports that tests look at: small, but with everything in them, hostile names included."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

import geobias

SCRIPT = "<script>alert(1)</script>"
CLOSING = "</script><img src=x onerror=alert(2)>"
HEBREW = "מודל (ב)"
TURNED = "a\u202etxet"

CHOICES = {"scales": ["knn:40", "3000km"], "permutations": 199, "bootstrap": 99}


def predictions():
    """Two models, one of which fails west of Paris, and groups with names that run sideways."""
    draw = np.random.default_rng(5)
    world = geobias.simulate.world("unbiased", n=500, seed=3)[["lat", "lon"]]
    near = pd.DataFrame({"lat": draw.normal(48.9, 2.0, 700), "lon": draw.normal(2.4, 3.0, 700)})
    table = pd.concat([world, near], ignore_index=True)
    west = (table["lon"] < 2.4) & (table.index >= 500)
    table[SCRIPT] = draw.random(1200) < np.where(west, 0.2, 0.95)
    table[HEBREW] = draw.random(1200) < 0.8
    table["band"] = np.where(table["lat"] > 20.0, CLOSING, TURNED)
    return table


@cache
def hostile_report():
    return report_of(**CHOICES)


def report_of(**choices):
    return geobias.report(predictions(), correct=[SCRIPT, HEBREW], by="band", **choices)
