"""The mean surprisal scores (SSI) of one model at one scale, as metrics."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from geobias.coordinates import check, read_degrees
from geobias.metrics.columns import side_by_side
from geobias.metrics.labels import agreement
from geobias.results.scores import SSI
from geobias.samples import Samples
from geobias.scales import Scale
from geobias.scoring import fits, score

LINKS = 4
"""Neighbours of each node in the graphs: no graph can be built of so few samples."""

_AGREEMENT = "y_true == y_pred"


def ssi_scores(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    lat: ArrayLike,
    lon: ArrayLike,
    scale: str | Scale = "1000km",
    degrees: bool = False,
) -> dict[str, float]:
    """Mean of every score over all centres, in one pass.

    A metric returns a number and cannot say what it left out. `geobias.score` can: it counts
    dropped rows and undefined centres, tests the means and gives them intervals.

    Parameters
    ----------
    y_true, y_pred
        True and predicted labels, of which equal ones are correct: text, whole numbers,
        booleans, in a list, an array or a Series of any dtype. Samples of which either is
        missing are left out.
    lat, lon
        Where the samples are, in degrees. Samples without coordinates are left out.
    scale
        What a neighbourhood is: ``100km``, ``250mi``, ``0.05rad``, ``1.5deg``, ``knn:100`` or
        ``100@0.05rad``.
    degrees
        Accept coordinates that look like radians. A group whose samples all lie near the
        equator and the prime meridian needs that.

    Returns
    -------
    dict of str to float
        ``unmarked``, ``crowding``, ``marked``, ``relative``, ``clustering`` and ``isolation`` in
        nats: means over the centres where each is defined, NaN if it is defined at none. All
        are NaN of too few samples, which are four or fewer, or fewer than a ``knn:`` scale
        asks for.

    Raises
    ------
    GeoBiasError
        If the arguments differ in length, are no labels or no degrees, the scale is not
        understood, or more than four samples are given and none can be used.

    References
    ----------
    Wu et al., TorchSpatial: A Location Encoding Framework and Benchmark for Spatial
    Representation Learning, NeurIPS Datasets and Benchmarks, 2024, for unmarked and marked.
    The documentation of the scores defines the others.

    Examples
    --------
    >>> from geobias import simulate
    >>> table = simulate.world("patches-500km", n=500, gap=0.38)
    >>> place = {"lat": table["lat"], "lon": table["lon"]}
    >>> for name, mean in ssi_scores([True] * 500, table["correct"], **place).items():
    ...     print(f"{name} {mean:.1f}")
    unmarked 41.9
    crowding 55.6
    marked 17.4
    relative 1.1
    clustering 1.7
    isolation 1.3
    """
    scale = Scale.parse(scale)
    table = side_by_side(y_true=y_true, y_pred=y_pred, lat=lat, lon=lon)
    table[_AGREEMENT] = agreement(table["y_true"], table["y_pred"])
    undefined = dict.fromkeys(SSI, np.nan)
    if len(table) <= LINKS:
        # So few samples do not show what unit they are in, and may all lack something.
        check(read_degrees(table["lat"]), read_degrees(table["lon"]), degrees=True)
        return undefined
    samples = Samples.from_table(table, correct=_AGREEMENT, lat="lat", lon="lon", degrees=degrees)
    if samples.n <= LINKS or not fits(scale, samples.n):
        return undefined
    summary = score(samples, scales=scale, k=LINKS).summary
    return {name: float(summary[name].item()) for name in SSI}


def unmarked_ssi_score(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    lat: ArrayLike,
    lon: ArrayLike,
    scale: str | Scale = "1000km",
    degrees: bool = False,
) -> float:
    """How unevenly samples lie around a centre; it says nothing about the model.

    It grows with the number of samples in a neighbourhood: between groups of different density it
    compares densities.

    Parameters
    ----------
    y_true, y_pred, lat, lon, scale, degrees
        As for `ssi_scores`.

    Returns
    -------
    float
        Mean over the centres where the score is defined, in nats; NaN if it is defined at none.

    Examples
    --------
    >>> from geobias import simulate
    >>> table = simulate.world("patches-500km", n=500, gap=0.38)
    >>> place = {"lat": table["lat"], "lon": table["lon"]}
    >>> round(unmarked_ssi_score([True] * 500, table["correct"], **place, scale="knn:50"), 1)
    100.8
    """
    return ssi_scores(y_true, y_pred, lat=lat, lon=lon, scale=scale, degrees=degrees)["unmarked"]


def crowding_ssi_score(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    lat: ArrayLike,
    lon: ArrayLike,
    scale: str | Scale = "1000km",
    degrees: bool = False,
) -> float:
    """Whether samples lie closer together than evenly scattered ones; nothing about the model.

    About 1 nat if the samples of a group lie evenly, sea included.

    Parameters
    ----------
    y_true, y_pred, lat, lon, scale, degrees
        As for `ssi_scores`.

    Returns
    -------
    float
        Mean over the centres where the score is defined, in nats; NaN if it is defined at none.

    Examples
    --------
    >>> from geobias import simulate
    >>> table = simulate.world("patches-500km", n=500, gap=0.38)
    >>> place = {"lat": table["lat"], "lon": table["lon"]}
    >>> round(crowding_ssi_score([True] * 500, table["correct"], **place, scale="knn:50"), 1)
    129.3
    """
    return ssi_scores(y_true, y_pred, lat=lat, lon=lon, scale=scale, degrees=degrees)["crowding"]


def marked_ssi_score(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    lat: ArrayLike,
    lon: ArrayLike,
    scale: str | Scale = "1000km",
    degrees: bool = False,
) -> float:
    """How surprising samples and marks are together, as published.

    It grows with accuracy even when errors fall at random, and with density: do not compare it
    between groups of different accuracy or density.

    Parameters
    ----------
    y_true, y_pred, lat, lon, scale, degrees
        As for `ssi_scores`.

    Returns
    -------
    float
        Mean over the centres where the score is defined, in nats; NaN if it is defined at none.

    Examples
    --------
    >>> from geobias import simulate
    >>> table = simulate.world("patches-500km", n=500, gap=0.38)
    >>> place = {"lat": table["lat"], "lon": table["lon"]}
    >>> round(marked_ssi_score([True] * 500, table["correct"], **place, scale="knn:50"), 1)
    40.0
    """
    return ssi_scores(y_true, y_pred, lat=lat, lon=lon, scale=scale, degrees=degrees)["marked"]


def relative_ssi_score(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    lat: ArrayLike,
    lon: ArrayLike,
    scale: str | Scale = "1000km",
    degrees: bool = False,
) -> float:
    """Whether the marked score surprises beyond accuracy and locations.

    About 1 nat if errors fall at random, at any accuracy and density; higher if there is bias.

    Parameters
    ----------
    y_true, y_pred, lat, lon, scale, degrees
        As for `ssi_scores`.

    Returns
    -------
    float
        Mean over the centres where the score is defined, in nats; NaN if it is defined at none.

    Examples
    --------
    >>> from geobias import simulate
    >>> table = simulate.world("patches-500km", n=500, gap=0.38)
    >>> place = {"lat": table["lat"], "lon": table["lon"]}
    >>> round(relative_ssi_score([True] * 500, table["correct"], **place, scale="knn:50"), 1)
    1.5
    """
    return ssi_scores(y_true, y_pred, lat=lat, lon=lon, scale=scale, degrees=degrees)["relative"]


def clustering_ssi_score(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    lat: ArrayLike,
    lon: ArrayLike,
    scale: str | Scale = "1000km",
    degrees: bool = False,
) -> float:
    """Whether errors sit beside errors.

    About 1 nat if errors fall at random, at any accuracy and density; higher if there is bias.

    Parameters
    ----------
    y_true, y_pred, lat, lon, scale, degrees
        As for `ssi_scores`.

    Returns
    -------
    float
        Mean over the centres where the score is defined, in nats; NaN if it is defined at none.

    Examples
    --------
    >>> from geobias import simulate
    >>> table = simulate.world("patches-500km", n=500, gap=0.38)
    >>> place = {"lat": table["lat"], "lon": table["lon"]}
    >>> round(clustering_ssi_score([True] * 500, table["correct"], **place, scale="knn:50"), 1)
    4.0
    """
    return ssi_scores(y_true, y_pred, lat=lat, lon=lon, scale=scale, degrees=degrees)["clustering"]


def isolation_ssi_score(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    lat: ArrayLike,
    lon: ArrayLike,
    scale: str | Scale = "1000km",
    degrees: bool = False,
) -> float:
    """Whether errors sit where samples are sparse.

    About 1 nat if errors fall at random, at any accuracy and density; higher if there is bias.

    Parameters
    ----------
    y_true, y_pred, lat, lon, scale, degrees
        As for `ssi_scores`.

    Returns
    -------
    float
        Mean over the centres where the score is defined, in nats; NaN if it is defined at none.

    Examples
    --------
    >>> from geobias import simulate
    >>> table = simulate.world("patches-500km", n=500, gap=0.38)
    >>> place = {"lat": table["lat"], "lon": table["lon"]}
    >>> round(isolation_ssi_score([True] * 500, table["correct"], **place, scale="knn:50"), 1)
    1.2
    """
    return ssi_scores(y_true, y_pred, lat=lat, lon=lon, scale=scale, degrees=degrees)["isolation"]
