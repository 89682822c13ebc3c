"""What is known of the places where models fail, laid out in tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geobias.geometry.places import Ints, Places
from geobias.inference.permutation import judge
from geobias.regions.polygons import NOWHERE
from geobias.regions.world import countries, locate
from geobias.samples import Samples
from geobias.scales import EARTH_RADIUS_KM
from geobias.sphere import Floats

if TYPE_CHECKING:
    from geobias.scan import Cluster, Scan

MOST_PLACES = 100
"""Places that are looked for, for each model."""

PLACE_COLUMNS = (
    "model", "place", "lat", "lon", "radius_km", "n", "sites", "errors", "expected", "error_rate",
    "elsewhere", "llr", "p", "countries",
)  # fmt: skip

OVERLAP_COLUMNS = (
    "model", "place", "other", "errors", "expected", "error_rate", "elsewhere", "p", "relation",
)  # fmt: skip

MEMBER_COLUMNS = ("model", "place", "sample", "lat", "lon", "correct")

SHARED, OPEN, ONLY = "shared", "open", "only"
"""The other model fails there beyond chance, too; more than expected, but not beyond chance; or
not more than expected."""

COUNTRY_SEPARATOR = "; "

_TEXTS = ("model", "other", "relation", "countries")

_WHOLE = ("place", "n", "sites", "sample")


@dataclass(frozen=True)
class PlaceTables:
    """The tables of `WeakPlaces`."""

    table: pd.DataFrame
    summary: pd.DataFrame
    overlaps: pd.DataFrame
    samples: pd.DataFrame

    @classmethod
    def of(
        cls, scan: Scan, samples: Samples, places: Places, maxima: Floats, alpha: float
    ) -> PlaceTables:
        """Take the circles that chance hardly makes, and say what is in them.

        Parameters
        ----------
        scan
            The circles.
        samples, places
            What was scanned.
        maxima
            (models, permutations): the highest likelihood ratio of any circle by chance.
        alpha
            The largest p of a place.
        """
        rows: dict[str, list[dict[str, Any]]] = {"table": [], "summary": [], "overlaps": []}
        members = []
        for m, model in enumerate(samples.models):
            clusters = scan.clusters(m, most=MOST_PLACES)
            p = [_p(maxima[m], cluster.llr) for cluster in clusters]
            found = [cluster for cluster, each in zip(clusters, p, strict=True) if each <= alpha]
            inside = _Inside(samples, m)
            for number, cluster in enumerate(found, start=1):
                key = {"model": model, "place": number}
                chosen = np.sort(places.sample_at[cluster.seats])
                rows["table"].append(
                    {**key, **_place(cluster, places, inside, chosen), "p": p[number - 1]}
                )
                members.append(_members(key, samples, inside, chosen))
                for other, name in enumerate(samples.models):
                    if other != m:
                        llr = scan.llr(other, cluster.seats)
                        p_other = _p(maxima[other], llr)
                        figures = _Inside(samples, other).figures(chosen)
                        relation = _relation(figures, p_other, alpha)
                        rows["overlaps"].append(
                            {**key, "other": name, **figures, "p": p_other, "relation": relation}
                        )
            nobody = np.empty(0, dtype=np.int64)
            held = np.concatenate([nobody, *(places.sample_at[c.seats] for c in found)])
            rows["summary"].append(
                {
                    "model": model,
                    "samples": samples.n,
                    "accuracy": float(samples.accuracy[m]),
                    "errors": inside.errors,
                    "places": len(found),
                    "samples_inside": held.size,
                    "errors_inside": float(np.sort(inside.wrong[held]).sum()),
                    "p": p[0] if p else _p(maxima[m], 0.0) if maxima[m].any() else np.nan,
                }
            )
        empty = pd.DataFrame(columns=list(MEMBER_COLUMNS))
        return cls(
            table=_typed(pd.DataFrame.from_records(rows["table"], columns=PLACE_COLUMNS)),
            summary=pd.DataFrame.from_records(rows["summary"]),
            overlaps=_typed(pd.DataFrame.from_records(rows["overlaps"], columns=OVERLAP_COLUMNS)),
            samples=_typed(pd.concat(members, ignore_index=True) if members else empty),
        )


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """Give columns their types, which an empty table would not have."""
    types = {name: "int64" if name in _WHOLE else "float64" for name in table}
    return table.astype({name: types[name] for name in table if name not in _TEXTS})


class _Inside:
    """What one model got wrong, inside circles and elsewhere."""

    def __init__(self, samples: Samples, model: int) -> None:
        self.samples = samples
        self.wrong = 1.0 - np.asarray(samples.correct[model], dtype=np.float64)
        # Shares are summed in the order of their size: that of rows must not matter.
        self.errors = float(np.sort(self.wrong).sum())

    def figures(self, chosen: Ints) -> dict[str, float]:
        """Return errors among the chosen samples, and how many there would be by the mean rate."""
        n, outside = chosen.size, self.wrong.size - chosen.size
        errors = float(np.sort(self.wrong[chosen]).sum())
        return {
            "errors": errors,
            "expected": n * self.errors / self.wrong.size,
            "error_rate": errors / n,
            "elsewhere": (self.errors - errors) / outside,
        }


def _place(cluster: Cluster, places: Places, inside: _Inside, chosen: Ints) -> dict[str, Any]:
    return {
        "lat": float(places.lat[cluster.point]),
        "lon": float(places.lon[cluster.point]),
        "radius_km": cluster.radius_rad * EARTH_RADIUS_KM,
        "n": chosen.size,
        "sites": np.unique(inside.samples.sites[chosen]).size,
        **inside.figures(chosen),
        "llr": cluster.llr,
        "countries": COUNTRY_SEPARATOR.join(_countries(inside.samples, chosen)),
    }


def _countries(samples: Samples, chosen: Ints) -> list[str]:
    """Return the countries that samples lie in or near, those of most samples first."""
    row = locate(samples.lat[chosen], samples.lon[chosen])
    held, count = np.unique(row[row != NOWHERE], return_counts=True)
    names = countries()["country"].to_numpy(dtype=str)[held]
    most_first: list[str] = names[np.lexsort((names, -count))].tolist()
    return most_first


def _members(key: dict[str, Any], samples: Samples, inside: _Inside, chosen: Ints) -> pd.DataFrame:
    return pd.DataFrame(
        {
            **key,
            "sample": samples.rows[chosen],
            "lat": samples.lat[chosen],
            "lon": samples.lon[chosen],
            "correct": 1.0 - inside.wrong[chosen],
        }
    )


def _p(maxima: Floats, llr: float) -> float:
    """Return how often chance has a circle as unlikely anywhere."""
    return float(judge(np.array(llr), maxima).p_greater)


def _relation(figures: dict[str, float], p: float, alpha: float) -> str:
    if figures["errors"] <= figures["expected"]:
        return ONLY
    return SHARED if p <= alpha else OPEN
