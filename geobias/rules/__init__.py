"""Rules: what counts as correct, declared by the user and never guessed.

Pass one as ``correct=``: `match` compares predictions with labels, `error` says how far off a
number may be, and `distance` how far a predicted place may lie from the true one.
"""

from geobias.rules.coded import TRUTH, Coded, Coding, is_coded
from geobias.rules.condition import error
from geobias.rules.geolocation import distance
from geobias.rules.matching import match
from geobias.rules.rule import TWO_LEVELS, Judged, Rule

__all__ = [
    "TRUTH",
    "TWO_LEVELS",
    "Coded",
    "Coding",
    "Judged",
    "Rule",
    "distance",
    "error",
    "is_coded",
    "match",
]
