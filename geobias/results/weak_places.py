"""The places where models fail."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from geobias.results.place_words import kilometres, named, overall, place, position
from geobias.results.result import Result, plain
from geobias.results.summary import records
from geobias.results.words import p_value, percent
from geobias.samples import Samples
from geobias.writing import write_geoparquet, writing

if TYPE_CHECKING:
    import geopandas
    from markupsafe import Markup

    from geobias.cards import Cards
    from geobias.plots.accessors import WeakPlacesPlots


@dataclass(frozen=True, eq=False, repr=False)
class WeakPlaces(Result):
    """Places where models fail more often than chance would make them fail.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per model and place, the least likely first: the centre ``lat``, ``lon`` of the
        circle and its ``radius_km``, which reaches its farthest sample; its ``n`` samples at so
        many ``sites``, the ``errors`` among them and how many would be ``expected`` by the mean
        rate; the ``error_rate`` there and ``elsewhere``; the logarithm of the likelihood ratio
        ``llr``; its ``p``, which allows for all circles looked at; the ``countries`` its samples
        lie in, those of most samples first.
    summary : pandas.DataFrame
        One row per model: ``samples``, ``accuracy``, ``errors``; its ``places``, with
        ``samples_inside`` and ``errors_inside``; and ``p`` of the least likely circle.
    overlaps : pandas.DataFrame
        One row per place and other model: what that does in this circle, with its own ``p``.
        ``relation`` is ``shared`` if it fails there beyond chance, too; ``only`` if it has no more
        errors there than expected; ``open`` if it has more, but not beyond chance.
    samples : pandas.DataFrame
        One row per sample inside a place: ``sample`` is its row number in the input.
    notes : tuple of str
        What was detected, dropped or needs care, a sentence each.
    provenance : dict
        Settings, versions, what was read and dropped, and a hash of the input.
    scanned : Samples
        What was looked at; of merged sites, the sites.
    """

    table: pd.DataFrame
    summary: pd.DataFrame
    overlaps: pd.DataFrame
    samples: pd.DataFrame
    notes: tuple[str, ...]
    provenance: dict[str, Any]
    scanned: Samples

    @property
    def plot(self) -> WeakPlacesPlots:
        """Figures: a method of this for each."""
        from geobias.plots.accessors import WeakPlacesPlots

        return WeakPlacesPlots(self)

    def sentences(self) -> list[str]:
        """Say in words where each model fails: a sentence per model, then one per place."""
        alpha = self.provenance["settings"]["alpha"]
        said = []
        for model in records(self.summary):
            said.append(overall(model, alpha, self._things))
            own = self.table[self.table["model"] == model["model"]]
            said += [place(row, self._others(row), self._things) for row in records(own)]
        return said

    def lines(self) -> pd.DataFrame:
        """Return the table for reading, numbers as text."""
        return pd.DataFrame.from_records([_line(row) for row in records(self.table)])

    def facts(self) -> dict[str, Any]:
        """Return everything but `samples` as plain Python values; NaN becomes None."""
        return {
            "summary": plain(self.summary),
            "table": plain(self.table),
            "overlaps": plain(self.overlaps),
            "sentences": self.sentences(),
            "notes": list(self.notes),
            **self.provenance,
        }

    def to_geodataframe(self) -> geopandas.GeoDataFrame:
        """Return `table` with the circles as polygons, cut where they cross 180 degrees."""
        import geopandas

        from geobias.regions.circles import disc

        circles = [disc(row["lat"], row["lon"], row["radius_km"]) for row in records(self.table)]
        return geopandas.GeoDataFrame(self.table, geometry=circles, crs="EPSG:4326")

    def to_geojson(self, path: str | Path) -> None:
        """Write the circles to a GeoJSON file."""
        text = self.to_geodataframe().to_json(drop_id=True, ensure_ascii=False)
        with writing(path) as target:
            target.write_text(f"{text}\n", encoding="utf-8")

    def to_parquet(self, path: str | Path) -> None:
        """Write the circles to a GeoParquet file that carries everything else as metadata."""
        write_geoparquet(self.to_geodataframe(), self.facts(), path)

    def __repr__(self) -> str:
        return "\n".join([*self.headlines(), *self.sentences(), *self.notes])

    @property
    def _things(self) -> str:
        return "sites" if self.scanned.averaged else "samples"

    def _others(self, row: dict[str, Any]) -> list[dict[str, Any]]:
        own = self.overlaps
        return records(own[(own["model"] == row["model"]) & (own["place"] == row["place"])])

    def _names(self) -> Iterable[object]:
        return self.summary["model"]

    def _shown(self, cards: Cards) -> list[Markup]:
        said = [
            cards.said(overall(model, self.provenance["settings"]["alpha"], self._things))
            for model in records(self.summary)
        ]
        return [
            cards.listed(said),
            cards.listed(self.headlines()),
            cards.lost(self.provenance["input"]),
            cards.table(self.lines()),
            cards.folded("In words", cards.listed(self.sentences())),
        ]


def _line(row: dict[str, Any]) -> dict[str, str]:
    return {
        "model": str(row["model"]),
        "place": f"{row['place']}",
        "where": named(row["countries"]),
        "centre": position(row["lat"], row["lon"]),
        "radius": kilometres(row["radius_km"]),
        "n": f"{row['n']:,}",
        "errors": f"{row['errors']:,.0f}",
        "expected": f"{row['expected']:,.1f}",
        "wrong": percent(row["error_rate"]),
        "elsewhere": percent(row["elsewhere"]),
        "p": p_value(row["p"]),
    }
