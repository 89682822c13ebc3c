"""Classes by how frequent they are, the same everywhere."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from geobias.encoders.locbench.datasets.dataset import Split
from geobias.encoders.locbench.priors.counting import CountingPrior, checked_labels
from geobias.sphere import Floats


class FrequencyPrior(CountingPrior):
    """Classes by their frequency in the training set, which counts samples without location too."""

    name: ClassVar[str] = "train frequency"
    says: ClassVar[str] = "all training samples, wherever they are"

    def __init__(self, counts: Floats, a: float) -> None:
        super().__init__(len(counts), a, 0)
        self._counts = counts

    @classmethod
    def fit(cls, split: Split, classes: int) -> FrequencyPrior:
        """Count the training samples of each class, and one more.

        Examples
        --------
        >>> import numpy as np
        >>> from geobias.encoders.locbench.datasets.dataset import Split
        >>> train = Split(np.zeros(3), np.zeros(3), np.array([0, 0, 1]))
        >>> FrequencyPrior.fit(train, 2).class_probabilities(lat=[48.2], lon=[16.4])
        array([[0.6, 0.4]])
        """
        labels = checked_labels(split, classes)
        return cls(np.bincount(labels, minlength=classes).astype(np.float64), 2.0)

    def _weights_by_class(self, lat: Floats, lon: Floats) -> Floats:
        return np.broadcast_to(self._counts, (len(lat), self.classes))
