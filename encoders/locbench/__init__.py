"""LocBench: what a location encoder adds to a model of images, and what it does to its errors.

A `Dataset` has places, what was seen there, and what a model of images makes of it. `train` fits a
location encoder, `evaluate` says how good it is and writes the answer for every sample, and the
audit takes it from there.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geobias.encoders.locbench.datasets.field import field
    from geobias.encoders.locbench.datasets.synthetic import synthetic, true_prior
    from geobias.encoders.locbench.evaluation.evaluating import evaluate
    from geobias.encoders.locbench.evaluation.evaluation import Evaluation
    from geobias.encoders.locbench.evaluation.ranking import ranks
    from geobias.encoders.locbench.priors.choosing import fit_prior, list_priors

__all__ = [
    "Evaluation",
    "evaluate",
    "field",
    "fit_prior",
    "list_priors",
    "ranks",
    "synthetic",
    "true_prior",
]

_HOME = {
    "Evaluation": "evaluation.evaluation",
    "evaluate": "evaluation.evaluating",
    "field": "datasets.field",
    "fit_prior": "priors.choosing",
    "list_priors": "priors.choosing",
    "ranks": "evaluation.ranking",
    "synthetic": "datasets.synthetic",
    "true_prior": "datasets.synthetic",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: only what trains needs torch."""
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
