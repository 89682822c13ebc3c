"""What an audit leaves the user with: tables, sentences and a record of how they were made."""

from geobias.results.audit import Audit
from geobias.results.baseline import Baseline
from geobias.results.comparison import Comparison
from geobias.results.groups import Groups
from geobias.results.hot_spots import HotSpots
from geobias.results.plan import Plan
from geobias.results.weak_places import WeakPlaces

__all__ = ["Audit", "Baseline", "Comparison", "Groups", "HotSpots", "Plan", "WeakPlaces"]
