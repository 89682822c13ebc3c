"""One sample in the place of all that share its site."""

from __future__ import annotations

import numpy as np

from geobias.samples.samples import Samples


def one_per_site(samples: Samples, seed: int) -> Samples:
    """Draw one sample of each site, all of a site being equally likely.

    Parameters
    ----------
    samples
        Samples that are not merged.
    seed
        Seed of the draw.

    Returns
    -------
    Samples
        In the order of their rows. The order of the rows does not change which samples are drawn,
        but for those of a site that are equal in place and marks.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"lat": [5, 5, 9], "lon": [3, 3, 3], "hit": [1, 0, 1]})
    >>> one_per_site(Samples.from_table(table), seed=0).rows
    array([1, 2])
    """
    if samples.n_sites == samples.n:
        return samples
    order = np.lexsort((*samples.marks, samples.lon, samples.lat, samples.sites))
    size = np.bincount(samples.sites)
    rank = np.random.default_rng([seed, 5]).integers(size)
    return samples.taken(np.sort(order[np.cumsum(size) - size + rank]))
