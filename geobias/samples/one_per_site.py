"""One sample in the place of all that share its site."""

from __future__ import annotations

from hashlib import sha256

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
        In the order of their rows. The draw follows from the seed and the data, whatever the order
        of their rows; only samples of a site that are equal in place and marks may stand in for
        each other.

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
    # Samples of a site are in the order of their marks. The same ranks for all data would draw the
    # same pattern of errors, with the same luck, from all that have large sites; so data have
    # ranks of their own.
    data = np.stack((samples.lat, samples.lon, *samples.marks))[:, order] + 0.0  # no -0.0
    own = int.from_bytes(sha256(data.astype("<f8").tobytes()).digest(), "big")
    rank = np.random.default_rng([seed, 5, own]).integers(size)
    return samples.taken(np.sort(order[np.cumsum(size) - size + rank]))
