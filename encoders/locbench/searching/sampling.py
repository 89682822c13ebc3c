"""Which combination is tried next: what Optuna suggests, and none twice."""

from __future__ import annotations

from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.trial import FrozenTrial, TrialState

from geobias.encoders.locbench.searching.grids import Grid, combinations
from geobias.encoders.locbench.training.drawing import split_seed

DONE = (TrialState.COMPLETE, TrialState.PRUNED)
BITS = 2**32


class WithoutRepeats(optuna.samplers.BaseSampler):
    """Tree-structured Parzen estimators over a grid; what was tried is replaced by what was not.

    A suggestion depends on the seed and on the trials that were finished, and on nothing else. So a
    search that is killed and taken up again tries what it would have tried.

    Parameters
    ----------
    grid : Grid
        Values by their names.
    seed : int
        Of the draws.

    References
    ----------
    Bergstra et al. (2011), Algorithms for hyper-parameter optimization.
    """

    def __init__(self, grid: Grid, seed: int) -> None:
        self._grid = grid
        self._seed = seed
        self._space: dict[str, BaseDistribution] = {
            name: CategoricalDistribution(values) for name, values in grid.items()
        }

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return all that is searched."""
        return self._space

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Choose a combination."""
        tried = [each.params for each in study.get_trials(deepcopy=False, states=DONE)]
        of_optuna, of_ours = split_seed(self._seed, len(tried), parts=2)
        sampler = optuna.samplers.TPESampler(seed=of_optuna % BITS)
        chosen = {
            name: sampler.sample_independent(study, trial, name, distribution)
            for name, distribution in search_space.items()
        }
        if chosen not in tried:
            return chosen
        fresh = [each for each in combinations(self._grid) if each not in tried]
        return fresh[np.random.default_rng(of_ours).integers(len(fresh))]

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Not used: all that is searched is chosen at once."""
        raise AssertionError(param_name)
