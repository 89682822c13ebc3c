"""How far scores stray from centre to centre, and how many centres a mean needs for that."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np

from geobias.sphere import Floats

_SAFE = 1.645
"""Standard errors above the variance that was found: suggestions seldom fall short."""

_LEAST_KURTOSIS = 9.0
"""That of -ln p where errors fall at random; few values hide how heavy the tails are."""

FEWEST = 2
"""An audit asks for as many centres at least."""


@dataclass(frozen=True)
class Variation:
    """The variation of one score over centres.

    Attributes
    ----------
    sd
        Standard deviation between centres.
    doubt
        Standard error of the variance, as a fraction of it.
    defined
        Fraction of the centres at which there is a score.
    seen
        At how many centres it was looked at.
    """

    sd: float
    doubt: float
    defined: float
    seen: int

    @classmethod
    def of(cls, values: Floats) -> Variation:
        """Measure the spread of the scores of random centres, NaN where undefined."""
        known = values[~np.isnan(values)]
        if known.size < 2:
            return cls(np.nan, np.nan, known.size / values.size, values.size)
        sd = float(known.std(ddof=1))
        strays = (known - known.mean()) ** 2
        kurtosis = float((strays**2).mean() / strays.mean() ** 2) if sd > 0.0 else 0.0
        doubt = sqrt((max(kurtosis, _LEAST_KURTOSIS) - 1.0) / known.size)
        return cls(sd, doubt, known.size / values.size, values.size)

    def error(self, centres: int, of: int) -> float:
        """Return the standard error to be expected from so many centres ``of`` all there are."""
        unseen = 1.0 - min(1.0, centres / of)
        return self.sd * sqrt(unseen / (centres * self.defined))

    def needed(self, standard_error: float, of: int) -> int:
        """Return how many centres give a standard error, on the safe side; at most all.

        The variance is taken for as large as it may well be, given how few centres it was seen at.

        >>> Variation(sd=1.0, doubt=0.0, defined=1.0, seen=1000).needed(0.1, of=10**9)
        100
        """
        if np.isnan(self.sd):
            return of
        doubt = 0.0 if self.seen >= of else self.doubt
        variance = self.sd**2 * (1.0 + _SAFE * doubt) / self.defined
        # Drawing without replacement: the part that was seen has no sampling error.
        wanted = variance / (standard_error**2 + variance / of)
        return min(of, max(FEWEST, ceil(wanted)))
