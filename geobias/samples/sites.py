"""Sites: samples at one place, and one presence in their stead.

Repeated samples of one object fail together, so that most of what looks like geography can be
repetition.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geobias.coordinates import normalise
from geobias.errors import InputError
from geobias.ordering import order_by
from geobias.scales import EARTH_RADIUS_KM
from geobias.sphere import chord, unit_vectors
from geobias.values import is_finite_number

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

_AT_ONCE = 2**16
"""Samples whose sites are numbered together."""

MOST_JOINED_PAIRS = 50_000_000
"""Pairs of places within tolerance that are still joined; they take 16 bytes each."""


def checked_site_tolerance(tolerance_km: object) -> float:
    """Return a tolerance in kilometres, or say what it has to be."""
    if is_finite_number(tolerance_km) and not isinstance(tolerance_km, bool):
        number = float(tolerance_km)  # type: ignore[arg-type]
        if number >= 0.0:
            return number
    raise InputError(f"site_tolerance_km= must be 0 or more kilometres, not {tolerance_km!r}.")


def site_ids(lat: FloatArray, lon: FloatArray, tolerance_km: float = 0.0) -> IntArray:
    """Number the places of samples.

    Parameters
    ----------
    lat, lon : float64 array
        Normalised degrees.
    tolerance_km : float
        Samples connected by steps of at most this length share a site; 0 asks for equal
        coordinates.

    Returns
    -------
    int64 array
        Site of each sample. Sites are numbered as they come up from south to north, then west
        to east, so that the order of rows does not matter.

    Raises
    ------
    InputError
        If the tolerance is negative or not finite, or so large that most places are one.

    Examples
    --------
    >>> site_ids(np.array([5.0, -5.0, 5.0]), np.array([7.0, 7.0, 7.0]))
    array([1, 0, 1])
    """
    tolerance_km = checked_site_tolerance(tolerance_km)
    order = order_by((lat + 90.0).astype(np.int16), lat, lon)
    first = _begins(lat, order) | _begins(lon, order)
    ids = np.empty(len(order), dtype=np.int64)
    before = 0
    for start in range(0, len(order), _AT_ONCE):
        block = slice(start, start + _AT_ONCE)
        places = np.cumsum(first[block]) + before
        ids[order[block]] = places - 1
        before = places[-1]
    if tolerance_km == 0.0:
        return ids
    firsts = order[first]
    return _joined(lat[firsts], lon[firsts], tolerance_km)[ids]


def _begins(values: FloatArray, order: IntArray) -> BoolArray:
    """Where a value is another than the one before it in this order; the first one is."""
    ordered = values[order]
    return np.concatenate([[True], ordered[1:] != ordered[:-1]])


def _joined(lat: FloatArray, lon: FloatArray, tolerance_km: float) -> IntArray:
    """Connected components of different places within the tolerance, numbered as they come."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import KDTree

    tree = KDTree(unit_vectors(lat, lon))
    reach = chord(np.array([tolerance_km / EARTH_RADIUS_KM])).item()
    if tree.count_neighbors(tree, reach) > 2 * MOST_JOINED_PAIRS:
        raise InputError(
            f"site_tolerance_km={tolerance_km} joins almost everything: over {MOST_JOINED_PAIRS:,} "
            "pairs of places are that close. A site is one place; pass a smaller tolerance."
        )
    left, right = tree.query_pairs(reach, output_type="ndarray").T
    near = coo_array((np.ones(len(left), dtype=np.bool_), (left, right)), shape=(len(lat),) * 2)
    _, component = connected_components(near, directed=False)
    _, first, labels = np.unique(component, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[labels]


def first_rows_of_sites(sites: IntArray) -> IntArray:
    """Position of the first sample of each site."""
    return np.unique(sites, return_index=True)[1].astype(np.int64)


def site_coordinates(
    lat: FloatArray, lon: FloatArray, sites: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Coordinates of each site: the ones its samples share, else their mean direction."""
    first = first_rows_of_sites(sites)
    site_lat, site_lon = lat[first], lon[first]
    moved = (lat != site_lat[sites]) | (lon != site_lon[sites])
    spread = np.bincount(sites, weights=moved) > 0
    if spread.any():
        mean_lat, mean_lon = _mean_directions(lat, lon, sites)
        site_lat = np.where(spread, mean_lat, site_lat)
        site_lon = np.where(spread, mean_lon, site_lon)
    return normalise(site_lat, site_lon)


def site_marks(marks: FloatArray, levels: tuple[float, ...], sites: IntArray) -> FloatArray:
    """Mean mark of each model at each site, summed by level so that row order changes no bit."""
    sizes = np.bincount(sites)
    return np.stack(
        [
            sum(level * np.bincount(sites, weights=own == level) for level in levels) / sizes
            for own in marks
        ]
    )


def site_groups(groups: IntArray, sites: IntArray) -> IntArray:
    """Group of each site; -1 where its samples do not share one."""
    own = groups[first_rows_of_sites(sites)]
    mixed = np.bincount(sites, weights=groups != own[sites]) > 0
    return np.where(mixed, -1, own)


def _mean_directions(
    lat: FloatArray, lon: FloatArray, sites: IntArray
) -> tuple[FloatArray, FloatArray]:
    # Summed from south to north, so that the order of rows changes no bit.
    order = np.lexsort((lon, lat))
    sums = [
        np.bincount(sites[order], weights=axis) for axis in unit_vectors(lat[order], lon[order]).T
    ]
    x, y, z = sums
    return np.degrees(np.arctan2(z, np.hypot(x, y))), np.degrees(np.arctan2(y, x))
