"""LocBench: what a location encoder adds to a model of images, and what it does to its errors.

A `Dataset` has places, what was seen there, and what a model of images makes of it. `train` fits a
location encoder, `evaluate` says how good it is and writes the answer for every sample, and the
audit takes it from there. `run` does all of it for many encoders and seeds, and `report` puts them
side by side.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from geobias.encoders import refuse_without_torch

if TYPE_CHECKING:
    from geobias.encoders.locbench.bench.benchmark import Benchmark, report
    from geobias.encoders.locbench.bench.external import add
    from geobias.encoders.locbench.bench.published import published_results
    from geobias.encoders.locbench.bench.running import run
    from geobias.encoders.locbench.datasets.dataset import Dataset, Split
    from geobias.encoders.locbench.datasets.field import field
    from geobias.encoders.locbench.datasets.loading import list_datasets, load_dataset
    from geobias.encoders.locbench.datasets.synthetic import synthetic, true_prior
    from geobias.encoders.locbench.evaluation.evaluating import evaluate
    from geobias.encoders.locbench.evaluation.evaluation import Evaluation
    from geobias.encoders.locbench.evaluation.ranking import ranks
    from geobias.encoders.locbench.priors.choosing import fit_prior, list_priors
    from geobias.encoders.locbench.searching.found import Found
    from geobias.encoders.locbench.searching.search import search
    from geobias.encoders.locbench.training.choices import Training
    from geobias.encoders.locbench.training.published import published_settings
    from geobias.encoders.locbench.training.regression import RegressionModel
    from geobias.encoders.locbench.training.trained import Trained
    from geobias.encoders.locbench.training.training import train

__all__ = [
    "Benchmark",
    "Dataset",
    "Evaluation",
    "Found",
    "RegressionModel",
    "Split",
    "Trained",
    "Training",
    "add",
    "evaluate",
    "field",
    "fit_prior",
    "list_datasets",
    "list_priors",
    "load_dataset",
    "published_results",
    "published_settings",
    "ranks",
    "report",
    "run",
    "search",
    "synthetic",
    "train",
    "true_prior",
]

_HOME = {
    "Benchmark": "bench.benchmark",
    "Dataset": "datasets.dataset",
    "Evaluation": "evaluation.evaluation",
    "Found": "searching.found",
    "RegressionModel": "training.regression",
    "Split": "datasets.dataset",
    "Trained": "training.trained",
    "Training": "training.choices",
    "add": "bench.external",
    "evaluate": "evaluation.evaluating",
    "field": "datasets.field",
    "fit_prior": "priors.choosing",
    "list_datasets": "datasets.loading",
    "list_priors": "priors.choosing",
    "load_dataset": "datasets.loading",
    "published_results": "bench.published",
    "published_settings": "training.published",
    "ranks": "evaluation.ranking",
    "report": "bench.benchmark",
    "run": "bench.running",
    "search": "searching.search",
    "synthetic": "datasets.synthetic",
    "train": "training.training",
    "true_prior": "datasets.synthetic",
}

_WITH_TORCH = {"RegressionModel", "Trained", "published_settings", "run", "search", "train"}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, and torch only with those that need it."""
    if name in _HOME:
        if name in _WITH_TORCH:
            refuse_without_torch()
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
