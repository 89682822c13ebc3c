"""Worlds with known truth: where a model is weak is planted, so a score can be checked.

`world` simulates the predictions of a model on `locations`; `WORLDS` names the worlds.

>>> table = world("hemisphere", n=1000, seed=1)
>>> list(table.columns)
['lat', 'lon', 'correct', 'chance']
"""

from geobias.simulate.locations import CITIES, KINDS, locations
from geobias.simulate.worlds import WORLDS, world

__all__ = ["CITIES", "KINDS", "WORLDS", "locations", "world"]
