"""Regions: which country, or which polygon of a file, a position lies in."""

from geobias.regions.polygons import Polygons
from geobias.regions.reading import read_polygons
from geobias.regions.world import SCHEMES, countries, locate

__all__ = ["SCHEMES", "Polygons", "countries", "locate", "read_polygons"]
