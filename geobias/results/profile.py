"""Mean scores by radius: at which distance errors keep a pattern."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geobias.inference.permutation import holm
from geobias.results.scores import CALIBRATED, SRI, nats
from geobias.results.summary import records
from geobias.results.words import ALPHA, p_value
from geobias.scales import EARTH_RADIUS_KM, Scale
from geobias.ssi.engine import TESTED
from geobias.wording import counted

if TYPE_CHECKING:
    from geobias.results.audit import Audit

FEWEST_RADII = 4
"""With fewer there is no telling where a score peaks."""


def profile_of(audit: Audit, score: str, models: Sequence[str]) -> pd.DataFrame:
    """Return a row per model and scale, from the smallest radius to the largest.

    A scale of nearest samples has the median radius of its neighbourhoods.
    """
    radii = _radii(audit)
    undefined = {
        (row["model"], row["scale"]): row["undefined"]
        for row in records(audit.aggregates)
        if row["score"] == score and row["centres"] == "all"
    }
    rows = {(row["model"], row["scale"]): row for row in records(audit.summary)}
    lines = []
    for model in models:
        for scale in sorted(radii, key=radii.__getitem__):
            row = rows[model, scale]
            lines.append(
                {
                    "model": model,
                    "scale": scale,
                    "radius_km": radii[scale],
                    "mean": row[score],
                    "low": row.get(f"{score}_low", np.nan),
                    "high": row.get(f"{score}_high", np.nan),
                    "z": row.get(f"{score}_pz", np.nan),
                    "p": row.get(f"{score}_p", np.nan),
                    "centres": row["centres"],
                    "undefined": undefined[model, scale],
                }
            )
    return pd.DataFrame.from_records(lines)


def _radii(audit: Audit) -> dict[str, float]:
    """Return the radius of each scale in kilometres."""
    radii = {}
    for name in audit.summary["scale"].unique():
        fixed = Scale.parse(name).radius_rad
        if fixed is None:
            # 0 where more than half of the neighbourhoods are one place.
            reached = audit.rows.column(audit.scored.models[0], name, "radius_km")
            radii[name] = float(np.median(reached))
        else:
            radii[name] = fixed * EARTH_RADIUS_KM
    return radii


def peaks(audit: Audit, score: str, models: Sequence[str]) -> list[str]:
    """Say of each model at which radius a score is highest, if that is beyond chance.

    p values are adjusted for the number of scales (Holm 1979). Nothing is said of less than
    `FEWEST_RADII` radii, nor without a test. A score that is not calibrated is no higher or
    lower from scale to scale than its own chance makes it: its distance from that is told.
    """
    scales = map(Scale.parse, audit.summary["scale"].unique())
    if score not in (*TESTED, *SRI) or sum(scale.cap is None for scale in scales) < FEWEST_RADII:
        return []
    said = []
    rows = records(profile_of(audit, score, models))
    for model in models:
        tested = [row for row in rows if row["model"] == model and not np.isnan(row["p"])]
        radii = [row for row in tested if Scale.parse(row["scale"]).cap is None]
        if len(radii) < FEWEST_RADII:
            continue
        draws = audit.provenance["settings"]["permutations"]
        if len(tested) / (draws + 1) > ALPHA:
            said.append(
                f"{model}: with {counted(draws, 'permutation')} it is open at which of "
                f"{len(tested):,} scales {score} is beyond chance: ask for 999."
            )
            continue
        adjusted = holm(np.array([row["p"] for row in tested])).tolist()
        beyond = [
            {**row, "adjusted": p}
            for row, p in zip(tested, adjusted, strict=True)
            if p <= ALPHA and row["z"] > 0.0
        ]
        if not beyond:
            said.append(f"{model}: at no scale is {score} more than chance gives.")
            continue
        calibrated = score in CALIBRATED
        top = max(beyond, key=lambda row: float(row["mean" if calibrated else "z"]))
        highest = "is highest" if calibrated else "is farthest above chance"
        said.append(
            f"{model}: {score} {highest} at {top['scale']} ({nats(score, top['mean'])} nats, p "
            f"{p_value(top['p'])}, adjusted for {len(tested):,} scales "
            f"{p_value(top['adjusted'])}); it is beyond chance at {len(beyond):,} of them, the "
            f"smallest {beyond[0]['scale']}."
        )
    return said
