"""Geographic bias audits: where on Earth a model fails, and whether that is chance.

`score` takes a table of predictions and returns an `Audit`: the published Geo-Bias Scores
and, beside them, scores that are calibrated against chance. `inspect` says what a table holds,
`rules` what counts as correct, `answers` what language models said; `groups` compares regions,
`where` finds the places where a model fails, `hot_spots` the samples. `baselines` has what others
measure. `report` says it all on one page.
`metrics` has the scores as functions for fairlearn and scikit-learn, and `simulate` makes tables
of predictions whose bias is known. `plan` says what an audit will take before it is made.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geobias import baselines, metrics, plots, regions, rules, simulate
    from geobias.answering import Answers, answers
    from geobias.comparing import compare
    from geobias.errors import GeoBiasError, InputError, ScaleError
    from geobias.grouping import groups
    from geobias.hotspotting import hot_spots
    from geobias.inspection import Inspection, inspect
    from geobias.locating import where
    from geobias.planning import plan
    from geobias.reporting import Report, report
    from geobias.results import Audit, Comparison, Groups, HotSpots, Plan, WeakPlaces
    from geobias.samples import Samples
    from geobias.scales import Scale
    from geobias.scoring import score

__all__ = [
    "Answers",
    "Audit",
    "Comparison",
    "GeoBiasError",
    "Groups",
    "HotSpots",
    "InputError",
    "Inspection",
    "Plan",
    "Report",
    "Samples",
    "Scale",
    "ScaleError",
    "WeakPlaces",
    "answers",
    "baselines",
    "compare",
    "groups",
    "hot_spots",
    "inspect",
    "metrics",
    "plan",
    "plots",
    "regions",
    "report",
    "rules",
    "score",
    "simulate",
    "where",
]

__version__ = "0.1.0"

_HOME = {
    "Answers": "answering",
    "Audit": "results",
    "Comparison": "results",
    "GeoBiasError": "errors",
    "Groups": "results",
    "HotSpots": "results",
    "InputError": "errors",
    "Inspection": "inspection",
    "Plan": "results",
    "Report": "reporting",
    "Samples": "samples",
    "Scale": "scales",
    "ScaleError": "errors",
    "WeakPlaces": "results",
    "answers": "answering",
    "compare": "comparing",
    "groups": "grouping",
    "hot_spots": "hotspotting",
    "inspect": "inspection",
    "plan": "planning",
    "report": "reporting",
    "score": "scoring",
    "where": "locating",
}

_ROOMS = ("baselines", "metrics", "plots", "regions", "rules", "simulate")


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: the command line starts without Numba."""
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    if name in _ROOMS:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
