"""A slow, literal oracle of the geo-bias scores, against which the fast engine is tested.

Every function spells out one formula of the definition of the scores with dense matrices and
plain loops. Section numbers refer to docs/scores.md. Nothing here imports the package: agreement
between the two is evidence only as long as they share no code.

Latitudes and longitudes are arguments in degrees; every distance is an angle in radians.
"""

import csv
import itertools
import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_ndtr, ndtr
from scipy.stats import norm, t

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EARTH_RADIUS_KM = 6371.0088
TIE = 1e-9  # relative difference below which two distances count as equal
COINCIDENT = 1e-14  # radians; distances up to this are zero within float noise
RIM = 1e-12  # relative slack that keeps a sample at exactly the radius inside
ROUNDING = 1e-12  # a variance below this share of the terms it is summed from is zero
FLOOR = 1e-256  # the constant inside the logarithm of the presets that saturate
MIN_CALIBRATED = 8  # fewest samples with a calibrated score
TINY = range(4, 8)  # numbers of samples of which all arrangements are tried
LAW = Path(__file__).resolve().parents[1] / "geobias" / "data" / "unmarked_null.csv"


# --- Distances and nearest points ---------------------------------------------------------------


def haversine(lat1: ArrayLike, lon1: ArrayLike, lat2: ArrayLike, lon2: ArrayLike) -> Floats:
    """Great-circle angle between points given in radians; the arguments broadcast."""
    lat1, lon1, lat2, lon2 = (np.asarray(a, dtype=float) for a in (lat1, lon1, lat2, lon2))
    by_lat = np.sin((lat2 - lat1) / 2) ** 2
    by_lon = np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    return np.asarray(2 * np.arcsin(np.sqrt(np.minimum(1.0, by_lat + by_lon))))


def tied(a: float, b: float) -> bool:
    """Whether two distances a <= b count as equal."""
    return bool(b <= COINCIDENT or b - a <= TIE * b)


def nearest(distances: Floats, count: int, forbidden_index: int | None = None) -> Ints:
    """Find the `count` smallest distances, nearest first (tie rule of section 3).

    Along the sorted distances, neighbours that are tied form one group; inside a group the lower
    index comes first. `forbidden_index` is left out. Fewer come back when there are too few.
    """
    order = [int(i) for i in np.argsort(distances, kind="stable") if i != forbidden_index]
    chosen: list[int] = []
    start = 0
    while start < len(order) and len(chosen) < count:
        end = start + 1
        while end < len(order) and tied(distances[order[end - 1]], distances[order[end]]):
            end += 1
        chosen.extend(sorted(order[start:end]))
        start = end
    return np.array(chosen[:count], dtype=np.int64)


# --- Sections 1 to 3: neighbourhood, background, graph, statistic --------------------------------


def neighbourhood(
    lat: Floats,
    lon: Floats,
    centre: int,
    radius: float | None = None,
    cap: int | None = None,
) -> tuple[Ints, float, bool]:
    """Section 1: members in ascending index order, radius in radians, whether the cap cut any off.

    With `radius` alone, every sample within it; with `cap` alone, the nearest `cap` samples, the
    centre among them, and the radius is the distance to the farthest; with both, the nearest `cap`
    samples within the radius, which stays the one given (as in the published tables).
    """
    phi, lam = np.radians(lat), np.radians(lon)
    distances = haversine(phi[centre], lam[centre], phi, lam)
    if radius is None:
        if cap is None:
            raise ValueError("a neighbourhood needs a radius, a cap or both")
        members = np.sort(nearest(distances, cap))
        return members, float(distances[members].max()), False
    inside = np.flatnonzero(distances <= radius * (1 + RIM))
    if cap is None or len(inside) <= cap:
        return inside, radius, False
    members = np.sort(inside[nearest(distances[inside], cap)])
    return members, radius, True


def lattice(lat0: float, lon0: float, n: int, radius: float) -> tuple[Floats, Floats]:
    """Section 2: latitudes and longitudes (degrees) of the background points, ring by ring."""
    density = math.ceil(5 * n / (math.pi * radius**2))
    spacing = 1 / math.sqrt(density)
    points = []
    for ring in range(1, math.ceil(radius / spacing) + 1):
        on_ring = math.ceil(2 * math.pi * ring)
        for j in range(on_ring):
            away, azimuth = ring * spacing, -math.pi + j * 2 * math.pi / on_ring
            points.append(
                (
                    math.sin(away) * math.cos(azimuth),
                    math.sin(away) * math.sin(azimuth),
                    math.cos(away),
                )
            )
    tilt, turn = math.pi / 2 - math.radians(lat0), math.radians(lon0)
    about_y = np.array(
        [
            [math.cos(tilt), 0.0, math.sin(tilt)],
            [0.0, 1.0, 0.0],
            [-math.sin(tilt), 0.0, math.cos(tilt)],
        ]
    )
    about_z = np.array(
        [
            [math.cos(turn), -math.sin(turn), 0.0],
            [math.sin(turn), math.cos(turn), 0.0],
            [0.0, 0.0, 1.0],
        ]
    )
    x, y, z = about_z @ (about_y @ np.array(points).T)
    return np.degrees(np.arctan2(z, np.hypot(x, y))), np.degrees(np.arctan2(y, x))


def graph(lat: Floats, lon: Floats, k: int = 4) -> Floats:
    """Section 3: W[i, j] = 1 when j is among the k nearest of i, never i itself."""
    phi, lam = np.radians(lat), np.radians(lon)
    w = np.zeros((len(phi), len(phi)))
    for i in range(len(phi)):
        distances = haversine(phi[i], lam[i], phi, lam)
        w[i, nearest(distances, k, forbidden_index=i)] = 1.0
    return w


def statistic(w: Floats, z: Floats) -> float:
    """Section 3: U, the sum over edges of products of centred marks (background marks are 0)."""
    y = z - z.mean()
    return float(y @ w @ y)


# --- Sections 4 and 5: analytic null, surprisal --------------------------------------------------


def analytic_null(levels_counts: dict[float, int], k: int = 4) -> tuple[float, float]:
    """Section 4: mean and variance of U, from the number of nodes at each level."""
    c = sorted(levels_counts)
    n = [levels_counts[level] for level in c]
    levels = range(len(c))
    total = sum(n)
    mean = sum(c[p] * n[p] for p in levels) / total
    r = max(levels, key=lambda p: n[p])  # the first, so the lowest level, of several equal maxima
    d = [level - mean for level in c]

    mu = 0.0
    for p in levels:
        for q in levels:
            if p == q:
                mu += d[p] * d[p] * (k * n[p] * (n[p] - 1) / total - 1)
            else:
                mu += d[p] * d[q] * (k * n[p] * n[q] / total)

    var = 0.0
    for p in levels:
        for q in levels:
            if p != q and r not in (p, q):
                bracket = d[p] * d[q] - 2 * d[p] * d[r] + d[r] ** 2
                edges = k * n[p] * n[q] / total
                var += bracket**2 * edges * (1 - k * max(n[p], n[q]) / total)
    for p in levels:
        if p != r:
            edges = k * n[p] / total
            shrink = 1 - k * (2 * n[p] - 1) / (3 * total)
            var += (c[p] - c[r]) ** 4 * 2 * (n[p] - 1) * edges * shrink
    return mu, var


def surprisal(u: float, mu: float, sigma: float, preset: str = "geobias") -> float:
    """Section 5: the score in nats; NaN where the null has no spread."""
    if not sigma > 0:
        return math.nan
    if preset == "geobias":
        return two_sided((u - mu) / sigma)
    if preset == "pygbs":
        return -math.log(2 * float(ndtr(-abs(u - mu) / (sigma + 1))) + FLOOR)
    if preset == "published":
        z = (u - mu) / sigma
        density = math.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
        return -math.log(density / sigma + FLOOR)
    raise ValueError(f"unknown preset {preset!r}")


def two_sided(z: float) -> float:
    """Sections 5 and 6: -ln(2 Phi(-|z|)), NaN for NaN."""
    return float(-math.log(2) - log_ndtr(-abs(z)))


# --- Section 6: calibrated scores ----------------------------------------------------------------


def calibratable(z: Floats) -> bool:
    """Section 6: at least eight samples, and marks that are not all equal."""
    return len(z) >= MIN_CALIBRATED and bool(z.min() < z.max())


def moments_of_quadratic(
    a: Floats, linear: Floats, y: Floats, constant: float
) -> tuple[float, float]:
    """Section 6: mean and variance of y'Ay + linear'y + constant when y is permuted.

    `a` is symmetric with an empty diagonal. (NaN, NaN) when undefined.
    """
    if not calibratable(y):
        return math.nan, math.nan
    n = len(y)
    m1 = y.mean()
    e = y - m1
    m2, m3, m4 = (e**2).mean(), (e**3).mean(), (e**4).mean()
    rows = a.sum(axis=1)
    s0, s1, s2 = a.sum(), 2 * (a**2).sum(), 4 * (rows**2).sum()
    g = 2 * m1 * rows + linear

    mean = m1**2 * s0 + m1 * linear.sum() + constant - s0 * m2 / (n - 1)

    v_l = m2 * (n * (g**2).sum() - g.sum() ** 2) / (n - 1)
    by_m2 = n * ((n**2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2)
    by_m4 = (n**2 - n) * s1 - 2 * n * s2 + 6 * s0**2
    second_moment = (by_m2 * m2**2 - by_m4 * m4) / ((n - 1) * (n - 2) * (n - 3))
    v_q = second_moment - (s0 * m2 / (n - 1)) ** 2
    ga = (g * rows).sum()
    c = -2 * m3 / (n - 1) * ga + 2 * m3 / ((n - 1) * (n - 2)) * (s0 * g.sum() - 2 * ga)

    var = v_l + v_q + 2 * c
    size = m2 * n * (g**2).sum() / (n - 1) + abs(second_moment) + abs(2 * c)
    if not var > ROUNDING * size:
        return math.nan, math.nan
    return float(mean), float(var)


def permutation_null_lattice(
    w: Floats, z_presence: Floats, n_background: int
) -> tuple[float, float, float]:
    """Section 6: U on samples and lattice, its mean and variance when the samples swap marks.

    The nodes of `w` are the samples followed by the lattice points.
    """
    n = len(z_presence)
    z = np.concatenate([z_presence, np.zeros(n_background)])
    z_bar = z.mean()
    a = (w[:n, :n] + w[:n, :n].T) / 2
    constant = w[n:, n:].sum() * z_bar**2
    linear = -z_bar * background_edges(w, n)
    mean, var = moments_of_quadratic(a, linear, z_presence - z_bar, constant)
    return statistic(w, z), mean, var


def permutation_null_samples(w_samples: Floats, z: Floats) -> tuple[float, float, float]:
    """Section 6, clustering: U on the graph of samples only, its mean and its variance."""
    a = (w_samples + w_samples.T) / 2
    mean, var = moments_of_quadratic(a, np.zeros(len(z)), z - z.mean(), 0.0)
    return statistic(w_samples, z), mean, var


def background_edges(w: Floats, n: int) -> Floats:
    """Section 6: edges between each of the first n nodes and the others, in both directions."""
    return np.asarray(w[:n, n:].sum(axis=1) + w[n:, :n].sum(axis=0))


def isolation_z(b: Floats, z: Floats) -> float:
    """Section 6, isolation: z of -sum(b * e), positive where the isolated samples are wrong."""
    if not calibratable(z):
        return math.nan
    n = len(z)
    e = z - z.mean()
    var = (e**2).mean() * (n * (b**2).sum() - b.sum() ** 2) / (n - 1)
    return float(-(b * e).sum() / math.sqrt(var)) if var > 0 else math.nan


def crowding_z(u: float, n: int, radius: float, to_farthest: bool, k: int = 4) -> float:
    """Section 6, unmarked: z of U where samples are scattered evenly over the disc.

    `to_farthest` says that the radius is the distance to the farthest sample.
    """
    if n < MIN_CALIBRATED or k != 4 or not radius <= math.pi / 2 * (1 + RIM):
        return math.nan
    rings_to_rim = radius * math.sqrt(math.ceil(5 * n / (math.pi * radius**2)))
    h = math.ceil(rings_to_rim) - rings_to_rim
    r, root = radius, math.sqrt(n)
    terms = {
        "1": 1.0,
        "r^2": r**2,
        "r^4": r**4,
        "1/sqrt(n)": 1 / root,
        "h/sqrt(n)": h / root,
        "h^2/sqrt(n)": h**2 / root,
        "h^3/sqrt(n)": h**3 / root,
        "r^2/sqrt(n)": r**2 / root,
        "r^2 h/sqrt(n)": r**2 * h / root,
        "1/n": 1 / n,
        "h/n": h / n,
        "h^2/n": h**2 / n,
        "r^2/n": r**2 / n,
        "1/n^1.5": 1 / n**1.5,
        "h/n^1.5": h / n**1.5,
    }
    scale = "nearest" if to_farthest else "radius"
    mean = variance = 0.0
    with LAW.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            mean += n * terms[row["term"]] * float(row[f"{scale}_mean"])
            variance += n * terms[row["term"]] * float(row[f"{scale}_variance"])
    return (u - mean) / math.sqrt(variance)


def all_permutations(f: Callable[[Floats], float], z: Floats, most: int = 8) -> Floats:
    """Values of f over all distinct permutations of z: the null of section 6 itself."""
    if len(z) > most:
        raise ValueError(f"{len(z)} marks have too many permutations to go through")
    arrangements = sorted(set(itertools.permutations(float(mark) for mark in z)))
    return np.array([f(np.array(arrangement)) for arrangement in arrangements])


def all_permutations_moments(
    f: Callable[[Floats], float], z: Floats, most: int = 8
) -> tuple[float, float]:
    """Mean and variance of f over all distinct permutations of z."""
    values = all_permutations(f, z, most)
    return float(values.mean()), float(values.var())


def all_choices(f: Callable[[Floats], float], n: int, wrong: int) -> Floats:
    """Values of f over all ways to choose the wrong samples; the others are right."""
    values = []
    for chosen in itertools.combinations(range(n), wrong):
        z = np.ones(n)
        z[list(chosen)] = -1.0
        values.append(f(z))
    return np.array(values)


def skewness(values: Floats) -> float:
    """Third moment about the mean, in units of the standard deviation."""
    off = values - values.mean()
    return float((off**3).mean() / (off**2).mean() ** 1.5)


def excess(values: Floats) -> float:
    """Fourth moment about the mean, in units of the squared variance, less 3."""
    off = values - values.mean()
    return float((off**4).mean() / (off**2).mean() ** 2 - 3)


def tails(values: Floats, observed: float) -> tuple[float, float]:
    """Shares of the values that are at least, and at most, the observed one, ties included."""
    tie = TIE * (values.max() - values.min())
    return float((values >= observed - tie).mean()), float((values <= observed + tie).mean())


def middle_tail(values: Floats, observed: float) -> float:
    """Share of values farther from their mean than the observed one; equally far counts half."""
    tie = TIE * (values.max() - values.min())
    away, apart = np.abs(values - values.mean()), abs(observed - values.mean())
    farther, as_far = away > apart + tie, np.abs(away - apart) <= tie
    return float(farther.mean() + as_far.mean() / 2)


# --- One centre, all scores ----------------------------------------------------------------------


def analytic_score(w: Floats, z: Floats, k: int, preset: str) -> float:
    """Sections 3 to 5 together: the surprisal of U under the analytic null."""
    levels, counts = np.unique(z, return_counts=True)
    mu, var = analytic_null(dict(zip(levels.tolist(), counts.tolist(), strict=True)), k)
    sigma = math.sqrt(var) if var > 0 else math.nan
    return surprisal(statistic(w, z), mu, sigma, preset)


def z_score(u: float, mean: float, var: float) -> float:
    """Standardise the statistic; NaN moments give NaN."""
    return (u - mean) / math.sqrt(var)


class Surroundings(NamedTuple):
    """What the scores around one centre know of locations: none of it depends on a mark."""

    members: Ints
    radius: float
    to_farthest: bool
    capped: bool
    background: int
    w: Floats | None
    w_samples: Floats | None
    dropped: int  # lattice points on water


def surroundings(
    lat: Floats,
    lon: Floats,
    centre: int,
    radius: float | None = None,
    cap: int | None = None,
    k: int = 4,
    on_land: Callable[[float, float], bool] | None = None,
) -> Surroundings:
    """Sections 1 to 3 around one centre; the graphs are None where the radius is 0.

    If it is told what is land, points of the lattice on water are left out.
    """
    members, radius_rad, capped = neighbourhood(lat, lon, centre, radius, cap)
    by_rank = radius is None
    if radius_rad <= COINCIDENT:
        return Surroundings(members, radius_rad, by_rank, capped, 0, None, None, 0)
    ground_lat, ground_lon = lattice(lat[centre], lon[centre], len(members), radius_rad)
    whole = len(ground_lat)
    if on_land is not None:
        stays = [on_land(*at) for at in zip(ground_lat, ground_lon, strict=True)]
        ground_lat, ground_lon = ground_lat[stays], ground_lon[stays]
    w = graph(
        np.concatenate([lat[members], ground_lat]), np.concatenate([lon[members], ground_lon]), k
    )
    w_samples = graph(lat[members], lon[members], k)
    left = len(ground_lat)
    return Surroundings(members, radius_rad, by_rank, capped, left, w, w_samples, whole - left)


def score_centre(
    lat: Floats,
    lon: Floats,
    marks: Floats,
    centre: int,
    radius: float | None = None,
    cap: int | None = None,
    k: int = 4,
    preset: str = "geobias",
    marks01: bool = False,
    on_land: Callable[[float, float], bool] | None = None,
) -> dict[str, Any]:
    """Every score of the neighbourhood of one centre."""
    around = surroundings(lat, lon, centre, radius, cap, k, on_land)
    return score_surroundings(around, marks, k, preset, marks01)


def score_surroundings(
    around: Surroundings,
    marks: Floats,
    k: int = 4,
    preset: str = "geobias",
    marks01: bool = False,
) -> dict[str, Any]:
    """Every score of one neighbourhood.

    `marks01` makes negative marks 0 in the marked score, and there alone, so that they join the
    level of the background (section 5).
    """
    n = len(around.members)
    scores: dict[str, Any] = {
        "neighbours": n,
        "radius_km": around.radius * EARTH_RADIUS_KM,
        "capped": around.capped,
        "unmarked": math.nan,
        "marked": math.nan,
        "relative": math.nan,
        "relative_z": math.nan,
        "clustering": math.nan,
        "clustering_z": math.nan,
        "isolation": math.nan,
        "isolation_z": math.nan,
        "crowding": math.nan,
        "crowding_z": math.nan,
    }
    w, w_samples, m = around.w, around.w_samples, around.background
    if w is None or w_samples is None:
        return scores

    z = np.asarray(marks, dtype=float)[around.members]
    scores["clustering_z"] = z_score(*permutation_null_samples(w_samples, z))
    scores["clustering"] = two_sided(scores["clustering_z"])
    if m == 0:  # no land: only the graph of samples is left
        return scores
    background = np.zeros(m)
    shown = np.where(z < 0, 0.0, z) if marks01 else z
    scores["unmarked"] = analytic_score(w, np.concatenate([np.ones(n), background]), k, preset)
    scores["marked"] = analytic_score(w, np.concatenate([shown, background]), k, preset)

    scores["relative_z"] = z_score(*permutation_null_lattice(w, z, m))
    if not around.capped and around.dropped == 0:
        u = statistic(w, np.concatenate([np.ones(n), background]))
        scores["crowding_z"] = crowding_z(u, n, around.radius, around.to_farthest, k)
    scores["isolation_z"] = isolation_z(background_edges(w, n), z)
    for name in ("relative", "isolation", "crowding"):
        scores[name] = two_sided(scores[name + "_z"])
    if n in TINY and len(np.unique(z)) == 2:
        scores["relative_z"], scores["relative"] = relative_of_few(w, z)
    return scores


def relative_of_few(w: Floats, z: Floats) -> tuple[float, float]:
    """Section 6, relative: deviate and nats of a tiny neighbourhood, from every arrangement."""
    ground = np.zeros(len(w) - len(z))

    def u(marks: Floats) -> float:
        return statistic(w, np.concatenate([marks, ground]))

    values = all_permutations(u, z)
    if not np.ptp(values) > ROUNDING * len(w):
        return math.nan, math.nan
    observed = u(z)
    deviate = (observed - values.mean()) / values.std()
    return float(deviate), -math.log(middle_tail(values, observed))


# --- Means, and what chance makes of them ---------------------------------------------------------


def mean_scores(arounds: list[Surroundings], marks: Floats) -> dict[str, float]:
    """Mean of each score that depends on marks over the centres where it is defined."""
    scores = [score_surroundings(around, marks) for around in arounds]
    means = {}
    for name in ("marked", "relative", "clustering", "isolation"):
        defined = [score[name] for score in scores if not math.isnan(score[name])]
        means[name] = sum(defined) / len(defined) if defined else math.nan
    return means


def arrangements(marks: Floats) -> list[Floats]:
    """Every distinct way to put marks of two values on their places."""
    low, high = sorted(set(marks.tolist()))
    count = int((marks == low).sum())
    ways = []
    for lows in itertools.combinations(range(len(marks)), count):
        way = np.full(len(marks), high)
        way[list(lows)] = low
        ways.append(way)
    return ways


def verdict(
    observed: float, drawn: list[float], middle: float | None = None
) -> tuple[float, float, float]:
    """Two-sided p, one-sided p and z of one observed value among draws of chance.

    A draw that is undefined counts against the observed value.
    """
    known = [value for value in drawn if not math.isnan(value)]
    if math.isnan(observed):
        return math.nan, math.nan, math.nan
    centre = sum([observed, *known]) / (1 + len(known)) if middle is None else middle
    as_far = as_much = 1
    for value in drawn:
        as_far += math.isnan(value) or abs(value - centre) >= abs(observed - centre) - TIE
        as_much += math.isnan(value) or value >= observed - TIE
    mean = sum(known) / len(known) if known else math.nan
    sd = math.sqrt(sum((value - mean) ** 2 for value in known) / len(known)) if known else math.nan
    z = (observed - mean) / sd if sd > TIE else math.nan
    return as_far / (len(drawn) + 1), as_much / (len(drawn) + 1), z


def holm(p: list[float]) -> list[float]:
    """Holm (1979): the i-th smallest of m is at least each (m - j + 1) p_j with j up to i."""
    order = sorted((i for i in range(len(p)) if not math.isnan(p[i])), key=lambda i: p[i])
    adjusted = [math.nan] * len(p)
    for rank, i in enumerate(order):
        steps = [(len(order) - j) * p[order[j]] for j in range(rank + 1)]
        adjusted[i] = min(1.0, max(steps))
    return adjusted


# --- Section 8: intervals ------------------------------------------------------------------------


def interval(estimate: float, replicates: Floats, sizes: list[int]) -> tuple[float, float]:
    """Middle 95 % of the replicates, stretched; `sizes` are the defined centres of the blocks."""
    worth = sum(sizes) ** 2 / sum(size**2 for size in sizes) if any(sizes) else 0.0
    known = [value for value in replicates if not math.isnan(value)]
    if not known or worth < 3.0:
        return math.nan, math.nan
    stretch = t.ppf(0.975, worth - 1.0) / norm.ppf(0.975) * math.sqrt(worth / (worth - 1.0))
    low, high = np.quantile(known, [0.025, 0.975])
    return estimate + stretch * (low - estimate), estimate + stretch * (high - estimate)


def distance_km(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Great-circle distance in degrees to kilometres, by the formula of Vincenty (1975)."""
    a, b = math.radians(lat), math.radians(other_lat)
    turn = math.radians(other_lon - lon)
    across = math.hypot(
        math.cos(b) * math.sin(turn),
        math.cos(a) * math.sin(b) - math.sin(a) * math.cos(b) * math.cos(turn),
    )
    along = math.sin(a) * math.sin(b) + math.cos(a) * math.cos(b) * math.cos(turn)
    return math.atan2(across, along) * 6371.0088


# --- Metrics --------------------------------------------------------------------------------------


def metric_marks(y_true: list[Any], y_pred: list[Any]) -> list[float]:
    """1 for a label that is the true one, -1 for another, NaN if either is missing."""
    marks = []
    for truth, answer in zip(y_true, y_pred, strict=True):
        missing = any(label is None or label != label for label in (truth, answer))
        marks.append(math.nan if missing else 1.0 if truth == answer else -1.0)
    return marks


def metric_means(
    lat: Floats, lon: Floats, marks: Floats, radius: float | None = None, cap: int | None = None
) -> dict[str, float]:
    """Mean of every score over the centres where it is defined."""
    scores = [score_centre(lat, lon, marks, centre, radius, cap) for centre in range(len(lat))]
    means = {}
    for name in ("unmarked", "crowding", "marked", "relative", "clustering", "isolation"):
        defined = [score[name] for score in scores if not math.isnan(score[name])]
        means[name] = sum(defined) / len(defined) if defined else math.nan
    return means


# --- Regions and groups --------------------------------------------------------------------------


def inside_ring(lat: float, lon: float, ring: list[tuple[float, float]]) -> bool:
    """Whether a position lies in a ring of (lon, lat): a ray to the east crosses an odd number."""
    crossings = 0
    for (x1, y1), (x2, y2) in itertools.pairwise(ring):
        if (y1 > lat) != (y2 > lat) and lon < x1 + (lat - y1) / (y2 - y1) * (x2 - x1):
            crossings += 1
    return crossings % 2 == 1


def km_to_ring(lat: float, lon: float, ring: list[tuple[float, float]], steps: int) -> float:
    """Distance to the nearest of so many positions along each edge of a ring of (lon, lat)."""
    along = np.linspace(0.0, 1.0, steps)
    return min(
        float(
            haversine(
                math.radians(lat),
                math.radians(lon),
                np.radians(y1 + along * (y2 - y1)),
                np.radians(x1 + along * (x2 - x1)),
            ).min()
        )
        * EARTH_RADIUS_KM
        for (x1, y1), (x2, y2) in itertools.pairwise(ring)
    )


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Wilson 1927: the shares p with |hits / n - p| = z sqrt(p (1 - p) / n), both roots."""
    z, share = norm.ppf(0.975), hits / n
    # (share - p)^2 = z^2 p (1 - p) / n is a quadratic in p.
    a, b, c = 1 + z**2 / n, -2 * share - z**2 / n, share**2
    root = math.sqrt(b**2 - 4 * a * c)
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def newcombe(hits: int, n: int, other_hits: int, other_n: int) -> tuple[float, float]:
    """Newcombe 1998, method 10."""
    p1, p2 = hits / n, other_hits / other_n
    (l1, u1), (l2, u2) = wilson(hits, n), wilson(other_hits, other_n)
    return (
        p1 - p2 - math.sqrt((p1 - l1) ** 2 + (u2 - p2) ** 2),
        p1 - p2 + math.sqrt((u1 - p1) ** 2 + (p2 - l2) ** 2),
    )


def chi_square(hits: list[int], size: list[int]) -> float:
    """Pearson's chi-square: (observed - expected)^2 / expected over right and wrong of all."""
    share = sum(hits) / sum(size)
    total = 0.0
    for right, n in zip(hits, size, strict=True):
        for observed, expected in ((right, n * share), (n - right, n * (1 - share))):
            total += (observed - expected) ** 2 / expected
    return total


class Exchanged(NamedTuple):
    """Shares of all exchanges; p values of the gaps by group."""

    p: list[float]
    p_adjusted: list[float]
    p_statistic: float


def exchanged(
    units: list[tuple[int, list[int]]], tested: list[int], sites: list[int] | None = None
) -> Exchanged:
    """Exchange the marks of pieces in every way that keeps sites together, and all sizes.

    A unit is its group and the marks (0 or 1) of its samples; units of one of the `sites`, by
    default each its own, get the marks of units of one site. Every distinct arrangement of the
    units is tried, and all count alike.
    """
    places = list(range(len(units))) if sites is None else sites
    groups = max(group for group, _ in units) + 1
    size = [sum(len(marks) for own, marks in units if own == group) for group in range(groups)]
    worlds = []
    for order in itertools.permutations(range(len(units))):
        if any(len(units[here][1]) != len(units[there][1]) for here, there in enumerate(order)):
            continue
        moves = {(places[here], places[there]) for here, there in enumerate(order)}
        if len(moves) > len(set(places)):
            continue
        hits = [0] * groups
        for here, there in enumerate(order):
            hits[units[here][0]] += sum(units[there][1])
        gaps = [hits[g] / size[g] - (sum(hits) - hits[g]) / (sum(size) - size[g]) for g in tested]
        statistic = chi_square([hits[g] for g in tested], [size[g] for g in tested])
        worlds.append((gaps, statistic))
    table = np.array([gaps for gaps, _ in worlds])
    statistics = np.array([statistic for _, statistic in worlds])
    # The arrangement that changes nothing comes first: it is what was observed.
    away = np.abs(table - table.mean(axis=0)) / table.std(axis=0)
    return Exchanged(
        p=[float((away[:, g] >= away[0, g] - 1e-9).mean()) for g in range(len(tested))],
        p_adjusted=[
            float((away.max(axis=1) >= away[0, g] - 1e-9).mean()) for g in range(len(tested))
        ],
        p_statistic=float((statistics >= statistics[0] - 1e-9).mean()),
    )


# --- Answers in words ----------------------------------------------------------------------------


def as_few_answered(answered: int, n: int, answered_elsewhere: int, n_elsewhere: int) -> float:
    """Chance of at most so many answers in a region when the answered ones fall at random."""
    total = answered + answered_elsewhere
    ways = sum(
        math.comb(n, few) * math.comb(n_elsewhere, total - few) for few in range(answered + 1)
    )
    return ways / math.comb(n + n_elsewhere, total)


# --- Location encoders: position encodings, in the order of the definition ------------------------


def geometric_frequencies(number: int, finest: float, coarsest: float) -> list[float]:
    """From one over the finest radius to one over the coarsest, in equal ratios."""
    return [1.0 / (finest * (coarsest / finest) ** (s / (number - 1))) for s in range(number)]


def frequencies_from_one(number: int, coarsest: float) -> list[float]:
    """From 1 to one over the coarsest radius, the finest being ignored."""
    return [coarsest ** (-s / (number - 1)) for s in range(number)]


def tile_cell(
    lat: float, lon: float, size: float, extent: tuple[float, float, float, float]
) -> int:
    """Which cell of a grid in degrees holds the place; those outside belong to the nearest."""
    west, east, south, north = extent
    columns, rows = math.ceil((east - west) / size), math.ceil((north - south) / size)
    column = min(max(math.floor((lon - west) / size), 0), columns - 1)
    row = min(max(math.floor((lat - south) / size), 0), rows - 1)
    return row * columns + column


def wrap(lat: float, lon: float, how: str = "encode_cos_sin") -> list[float]:
    """Sines and cosines of longitude over 180 and latitude over 90, times pi."""
    x, y = lon / 180, lat / 90
    sin_x, cos_x = math.sin(math.pi * x), math.cos(math.pi * x)
    sin_y, cos_y = math.sin(math.pi * y), math.cos(math.pi * y)
    if how == "encode_3D":
        return [cos_x * cos_y, sin_x * cos_y, sin_y]
    return [x, y] if how == "encode_none" else [sin_x, sin_y, cos_x, cos_y]


def rbf(lat: float, lon: float, anchors: ArrayLike, kernel_size: float) -> list[float]:
    """Gaussian kernels of the distance in degrees to anchors, given as longitude, latitude."""
    return [
        math.exp(-((lon - a) ** 2 + (lat - b) ** 2) / (2 * kernel_size**2))
        for a, b in np.asarray(anchors, dtype=float).tolist()
    ]


def rff(
    lat: float,
    lon: float,
    directions: Floats,
    shifts: Floats,
    extent: tuple[float, float, float, float],
) -> list[float]:
    """Cosines of random waves; the extent becomes -1 to 1."""
    west, east, south, north = extent
    x, y = 2 * (lon - west) / (east - west) - 1, 2 * (lat - south) / (north - south) - 1
    factor = math.sqrt(2 / len(shifts))
    return [
        factor * math.cos(float(w[0]) * x + float(w[1]) * y + float(b))
        for w, b in zip(directions.T, shifts, strict=True)
    ]


def space2vec_grid(lat: float, lon: float, frequencies: list[float]) -> list[float]:
    """Sine and cosine per scale: longitude, then latitude, in degrees."""
    return [wave(c * f) for c in (lon, lat) for f in frequencies for wave in (math.sin, math.cos)]


def space2vec_theory(lat: float, lon: float, frequencies: list[float]) -> list[float]:
    """Sine and cosine along three directions, 120 degrees apart, scale by scale."""
    directions = [
        (math.cos(turn), math.sin(turn)) for turn in (0, 2 * math.pi / 3, 4 * math.pi / 3)
    ]
    return [
        wave((lon * a + lat * b) * f)
        for f in frequencies
        for a, b in directions
        for wave in (math.sin, math.cos)
    ]


def sphere2vec(name: str, lat: float, lon: float, frequencies: list[float]) -> list[float]:
    """The five encodings of Sphere2Vec, scale by scale."""
    x, y = math.radians(lon), math.radians(lat)
    sin, cos = math.sin, math.cos
    code = []
    if name == "dfs":
        u = [wave(x * f) for wave in (sin, cos) for f in frequencies]
        v = [wave(y * f) for wave in (sin, cos) for f in frequencies]
        code = [a * b for a in u for b in v]
    for f in frequencies:
        xs, ys = x * f, y * f
        own = [sin(ys), cos(ys), sin(xs), cos(xs)]
        sphere = [cos(ys) * cos(xs), cos(ys) * sin(xs)]
        mixed = [cos(ys) * cos(x), cos(y) * cos(xs), cos(ys) * sin(x), cos(y) * sin(xs)]
        code += {
            "sphereC": [sin(ys), *sphere],
            "sphereC+": [*own, *sphere],
            "sphereM": [sin(ys), *mixed],
            "sphereM+": [*own, *mixed],
            "dfs": own,
        }[name]
    return code


def xyz(lat: float, lon: float) -> list[float]:
    """The point on the unit sphere."""
    x, y = math.radians(lon), math.radians(lat)
    return [math.cos(y) * math.cos(x), math.cos(y) * math.sin(x), math.sin(y)]


def nerf(lat: float, lon: float, octaves: int) -> list[float]:
    """All sines, then all cosines, of pi 2^l times the point on the unit sphere."""
    point = xyz(lat, lon)
    waves = range(octaves)
    return [
        wave(math.pi * 2**level * p)
        for wave in (math.sin, math.cos)
        for p in point
        for level in waves
    ]


def spherical_harmonic(degree: int, order: int, lat: float, lon: float) -> float:
    """A real spherical harmonic, orthonormal, from the polynomial of Rodrigues in exact fractions.

    The angle from the south pole is latitude + 90 degrees; longitude is turned by 180 degrees.
    """
    x = Fraction(-math.sin(math.radians(lat)))
    m = abs(order)
    polynomial = Fraction(0)  # the m-th derivative of the Legendre polynomial
    for k in range(degree // 2 + 1):
        power = degree - 2 * k
        if power >= m:
            term = (-1) ** k * math.comb(degree, k) * math.comb(2 * degree - 2 * k, degree)
            polynomial += term * math.perm(power, m) * x ** (power - m)
    polynomial /= 2**degree
    # The square, since the factorials of high orders do not fit into a float.
    squared = polynomial**2 * (1 - x**2) ** m * Fraction(2 * degree + 1)
    squared *= Fraction(math.factorial(degree - m), math.factorial(degree + m))
    value = math.copysign(math.sqrt(squared / Fraction(4 * math.pi)), polynomial)
    turn = math.radians(lon) + math.pi
    if order == 0:
        return value
    return value * math.sqrt(2) * (math.cos(m * turn) if order > 0 else math.sin(m * turn))


def spherical_harmonics(lat: float, lon: float, degrees: int) -> list[float]:
    """All of them below a degree, order by order."""
    return [
        spherical_harmonic(degree, order, lat, lon)
        for degree in range(degrees)
        for order in range(-degree, degree + 1)
    ]


def equal_earth_fourier(lat: float, lon: float, directions: Floats) -> list[float]:
    """Cosines, then sines, of random waves on the Equal Earth map, width by width."""
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    t = math.asin(math.sqrt(3) / 2 * math.sin(math.radians(lat)))
    slope = 9 * a4 * t**8 + 7 * a3 * t**6 + 3 * a2 * t**2 + a1
    x = 2 * math.sqrt(3) * math.radians(lon) * math.cos(t) / (3 * slope)
    y = a4 * t**9 + a3 * t**7 + a2 * t**3 + a1 * t
    unit = 66.50336 / 180
    code = []
    for width in directions:
        angles = [2 * math.pi * unit * (x * float(a) + y * float(b)) for a, b in width.T]
        code += [math.cos(angle) for angle in angles] + [math.sin(angle) for angle in angles]
    return code


# --- Networks behind position encodings, and their losses ----------------------------------------


Row = list[float]
Linear = tuple[Floats, Floats]  # weights, one row per number that comes out, and biases


def linear(row: Row, layer: Linear) -> Row:
    """Weights times numbers, plus biases."""
    weight, bias = layer
    return [
        sum(float(w) * x for w, x in zip(weights, row, strict=True)) + float(b)
        for weights, b in zip(weight, bias, strict=True)
    ]


def activated(name: str, x: float) -> float:
    """The published activations; regression networks have leakyrelu with a slope of 0.01."""
    if name == "relu":
        return max(x, 0.0)
    if name == "leakyrelu":
        return x if x > 0 else 0.2 * x
    if name == "leakyrelu0.01":
        return x if x > 0 else 0.01 * x
    if name == "sigmoid":
        return 1 / (1 + math.exp(-x))
    if name == "tanh":
        return math.tanh(x)
    return x * (1 + math.erf(x / math.sqrt(2))) / 2  # gelu


def normalised(row: Row, gamma: Floats, beta: Floats) -> Row:
    """Layer normalisation: mean 0 and variance 1 along the row, then scaled and shifted."""
    mean = sum(row) / len(row)
    variance = sum((x - mean) ** 2 for x in row) / len(row)
    return [
        (x - mean) / math.sqrt(variance + 1e-5) * float(g) + float(b)
        for x, g, b in zip(row, gamma, beta, strict=True)
    ]


def ffn(
    row: Row, layers: list[Linear], norms: list[Linear] | None, activation: str, skip: bool
) -> Row:
    """The FFN of TorchSpatial: the last layer is activated, but has neither skip nor norm."""
    for number, layer in enumerate(layers):
        out = [activated(activation, x) for x in linear(row, layer)]
        if number < len(layers) - 1:
            if skip and len(out) == len(row):
                out = [x + y for x, y in zip(out, row, strict=True)]
            if norms is not None:
                out = normalised(out, *norms[number])
        row = out
    return row


def fcnet(row: Row, first: Linear, blocks: list[tuple[Linear, Linear]]) -> Row:
    """The residual network of Mac Aodha et al.: every block adds numbers that are not negative."""
    row = [max(x, 0.0) for x in linear(row, first)]
    for one, two in blocks:
        inner = [max(x, 0.0) for x in linear(row, one)]
        added = [max(x, 0.0) for x in linear(inner, two)]
        row = [x + y for x, y in zip(row, added, strict=True)]
    return row


def siren(
    row: Row, hidden: list[Linear], last: Linear, w0_first: float, w0: float, residual: bool
) -> Row:
    """Sines of w0 times linear layers; the last layer is linear."""
    for number, layer in enumerate(hidden):
        factor = w0 if number else w0_first
        out = [math.sin(factor * x) for x in linear(row, layer)]
        if residual and number:
            out = [x + y for x, y in zip(out, row, strict=True)]
        row = out
    return linear(row, last)


def mlp(row: Row, layers: list[Linear], activation: str) -> Row:
    """Linear layers with activations between them."""
    for layer in layers[:-1]:
        row = [activated(activation, x) for x in linear(row, layer)]
    return linear(row, layers[-1])


def capsules(row: Row, networks: list[list[Linear]]) -> Row:
    """Equal parts of a row, each through its own network, added up."""
    width = len(row) // len(networks)
    said = [
        mlp(row[number * width : (number + 1) * width], layers, "relu")
        for number, layers in enumerate(networks)
    ]
    return [sum(values) for values in zip(*said, strict=True)]


def surprise(probability: float) -> float:
    """What a probability costs; published with the constant."""
    return -math.log(probability + 1e-5)


def presence_matrix(probabilities: Floats, labels: Ints) -> float:
    """The class that was seen counts as often as there are classes, the others once."""
    places, classes = probabilities.shape
    total = 0.0
    for place in range(places):
        for c in range(classes):
            p = float(probabilities[place, c])
            total += classes * surprise(p) if c == labels[place] else surprise(1 - p)
    return total / (places * classes)


def full_loss(scores: Floats, labels: Ints, negatives: Floats, weight: float) -> float:
    """Classes at places, and none of them at random places."""
    p = np.vectorize(lambda x: activated("sigmoid", x))
    absent = [surprise(1 - float(q)) for q in p(negatives).ravel()]
    return presence_matrix(p(scores), labels) + weight * sum(absent) / len(absent)


def full_loss_user(
    embeddings: Floats,
    labels: Ints,
    negatives: Floats,
    users: Ints,
    class_vectors: Floats,
    user_vectors: Floats,
) -> float:
    """The same and who took the images; random places count as much as the others."""
    total = full_loss(embeddings @ class_vectors.T, labels, negatives @ class_vectors.T, 1.0)
    p = np.vectorize(lambda x: activated("sigmoid", x))
    for here, there, user in zip(embeddings, negatives, users, strict=True):
        vector = user_vectors[user]
        total += surprise(activated("sigmoid", float(vector @ here))) / len(users)
        total += surprise(1 - activated("sigmoid", float(vector @ there))) / len(users)
    return total + presence_matrix(p(user_vectors[users] @ class_vectors.T), labels)


# --- The scan for places where errors are frequent ------------------------------------------------


class Circle(NamedTuple):
    """All samples up to a rung of the ladder of radii around a centre."""

    centre: int
    radius: float  # angle to the farthest of them
    members: list[int]


class Cluster(NamedTuple):
    """A circle with too many errors."""

    circle: Circle
    llr: float


def bernoulli_llr(errors: float, n: float, all_errors: float, samples: float) -> float:
    """Log likelihood ratio of Kulldorff (1997), section 4; 0 if no more are wrong than outside."""

    def part(count: float, size: float) -> float:
        return count * math.log(count / size) if count > 0 else 0.0

    outside = samples - n
    if errors * samples <= all_errors * n:
        return 0.0
    return (
        part(errors, n)
        + part(n - errors, n)
        + part(all_errors - errors, outside)
        + part(outside - all_errors + errors, outside)
        - part(all_errors, samples)
        - part(samples - all_errors, samples)
    )


def ladder_rung(distance: float) -> int:
    """Rung 0 is less than a metre; then the square of the chord doubles in eight equal steps."""
    metres = 1000 * EARTH_RADIUS_KM * 2 * math.sin(distance / 2)
    if metres < 1:
        return 0
    mantissa, exponent = math.frexp(metres**2)  # a half or more, and less than one
    return 1 + 8 * (exponent - 1) + math.floor((2 * mantissa - 1) * 8)


def angles_from(at: int, lat: Floats, lon: Floats) -> Floats:
    """Angles from one sample to all, given in degrees."""
    phi, lam = np.radians(lat), np.radians(lon)
    return haversine(phi[at], lam[at], phi, lam)


def scan_circles(
    lat: Floats, lon: Floats, centres: Ints, share: float, radius: float | None
) -> list[Circle]:
    """All circles around samples that hold at most a share of them, and are no wider than allowed.

    Those of a centre come one after another, the smallest first.
    """
    circles = []
    for centre in centres.tolist():
        distances = angles_from(centre, lat, lon)
        near = [
            i for i, d in enumerate(distances.tolist()) if radius is None or d <= radius * (1 + RIM)
        ]
        rungs = {i: ladder_rung(float(distances[i])) for i in near}
        for top in sorted(set(rungs.values())):
            members = [i for i in near if rungs[i] <= top]
            if Fraction(len(members)) <= Fraction(share).limit_denominator(10**6) * lat.size:
                circles.append(Circle(centre, float(max(distances[members])), members))
    return circles


def scan_llr(errors: Floats, members: list[int]) -> float:
    """The ratio of a set of samples, given what is wrong at each of them."""
    inside = sum(float(errors[i]) for i in members)
    return bernoulli_llr(inside, len(members), float(errors.sum()), errors.size)


def scan_maximum(circles: list[Circle], errors: Floats) -> float:
    """The highest ratio of any circle."""
    return max((scan_llr(errors, circle.members) for circle in circles), default=0.0)


def scan_clusters(
    lat: Floats, lon: Floats, circles: list[Circle], errors: Floats, most: int
) -> list[Cluster]:
    """The circles of the highest ratios, each apart from all that were chosen before it."""
    rated = [Cluster(circle, scan_llr(errors, circle.members)) for circle in circles]
    rated.sort(key=lambda cluster: (-cluster.llr, cluster.circle.centre, cluster.circle.radius))
    chosen: list[Cluster] = []
    for cluster in rated:
        here = cluster.circle
        apart = True
        for other in (before.circle for before in chosen):
            between = float(angles_from(here.centre, lat, lon)[other.centre])
            apart = apart and between > (here.radius + other.radius) * (1 + TIE)
        if cluster.llr > 0 and apart and len(chosen) < most:
            chosen.append(cluster)
    return chosen


# --- Hot spots and baselines ----------------------------------------------------------------------


def local_g_star(wrong: Floats, around: Ints) -> tuple[float, float]:
    """Getis and Ord (1992), and the deviate of Ord and Getis (1995), of one neighbourhood.

    All weights are 1, and the sample in the middle is one of those around it.
    """
    n = len(wrong)
    mean = sum(wrong) / n
    spread = math.sqrt(sum(e * e for e in wrong) / n - mean * mean)
    found = sum(wrong[j] for j in around)
    w = len(around)
    return found / sum(wrong), (found - mean * w) / (spread * math.sqrt((n * w - w * w) / (n - 1)))


def local_moran(wrong: Floats, i: int, others: Ints) -> float:
    """Anselin (1995), row-standardised; the second moment with n - 1, as in esda."""
    mean = sum(wrong) / len(wrong)
    second = sum((e - mean) ** 2 for e in wrong) / (len(wrong) - 1)
    beside = sum(wrong[j] - mean for j in others) / len(others)
    return float((wrong[i] - mean) / second * beside)


def local_moran_z(wrong: Floats, i: int, others: Ints) -> float:
    """Its deviate when all samples but the one in the middle are permuted."""
    n, k = len(wrong), len(others)
    rest = [wrong[j] for j in range(n) if j != i]
    mean = sum(rest) / (n - 1)
    variance = sum((e - mean) ** 2 for e in rest) / (n - 2) * k * (1 - k / (n - 1))
    z = (sum(wrong[j] for j in others) - k * mean) / math.sqrt(variance)
    return z if wrong[i] > sum(wrong) / n else -z


def join_count(wrong: Floats, i: int, others: Ints) -> float:
    """Anselin and Li (2019): errors beside an error."""
    return float(wrong[i] * sum(wrong[j] for j in others))


def error_tails(n: int, errors: int, k: int, found: int) -> tuple[float, float]:
    """How often k of n samples hold as many errors, and as few: of all ways to draw them."""
    ways = {
        x: math.comb(errors, x) * math.comb(n - errors, k - x)
        for x in range(max(0, k - n + errors), min(k, errors) + 1)
    }
    everything = math.comb(n, k)
    as_much = Fraction(sum(w for x, w in ways.items() if x >= found), everything)
    as_little = Fraction(sum(w for x, w in ways.items() if x <= found), everything)
    return float(as_much), float(as_little)


def benjamini_hochberg(p: list[float]) -> list[float]:
    """The smallest rate of false discoveries at which each test is one."""
    n = len(p)
    by_rank = sorted(p)
    return [min(by_rank[r] * n / (r + 1) for r in range(n) if by_rank[r] >= own) for own in p]


def global_moran(wrong: Floats, others: list[Ints]) -> float:
    """Moran's I, row-standardised; those without neighbours count in the mean and the variance."""
    n = len(wrong)
    mean = sum(wrong) / n
    linked = [i for i in range(n) if len(others[i])]
    together = sum(
        (wrong[i] - mean) * (wrong[j] - mean) / len(others[i]) for i in linked for j in others[i]
    )
    return float(n / len(linked) * together / sum((e - mean) ** 2 for e in wrong))


def spad(wrong: Floats, partitionings: list[Ints]) -> float:
    """Mean over partitionings of the mean over cells of how far accuracy is from that of all."""
    right = [1 - e for e in wrong]
    overall = sum(right) / len(right)
    means = []
    for cells in partitionings:
        apart = []
        for cell in sorted(set(cells.tolist())):
            inside = [r for r, c in zip(right, cells, strict=True) if c == cell]
            apart.append(abs(sum(inside) / len(inside) - overall))
        means.append(sum(apart) / len(apart))
    return sum(means) / len(means)


def spad_by_chance(n: int, errors: int, partitionings: list[Ints]) -> float:
    """What it is on average when errors fall anywhere: each cell draws without replacement."""
    means = []
    for cells in partitionings:
        apart = []
        for cell in sorted(set(cells.tolist())):
            k = int(sum(cells == cell))
            expected = Fraction(0)
            for x in range(max(0, k - n + errors), min(k, errors) + 1):
                ways = math.comb(errors, x) * math.comb(n - errors, k - x)
                off = abs(Fraction(x, k) - Fraction(errors, n))
                expected += Fraction(ways, math.comb(n, k)) * off
            apart.append(float(expected))
        means.append(sum(apart) / len(apart))
    return sum(means) / len(means)


# --- Spatial relative information -----------------------------------------------------------------

FEWEST_IN_PART = 20  # a part of a neighbourhood counts if it holds so many samples
SNAP = 1e-9  # share of a part by which a sample may fall short of a border and be beyond it
KL_EPSILON = 1e-8  # added to the frequencies of a part

Part = tuple[int, ...] | None


def bearing(lat0: float, lon0: float, lat: float, lon: float) -> float:
    """True azimuth in radians, from north by east; the arguments are radians."""
    east = math.sin(lon - lon0) * math.cos(lat)
    north = math.cos(lat0) * math.sin(lat) - math.sin(lat0) * math.cos(lat) * math.cos(lon - lon0)
    return math.atan2(east, north) % (2 * math.pi)


def equal_area(lat0: float, lon0: float, lat: float, lon: float) -> tuple[float, float]:
    """Lambert's azimuthal equal-area projection about a centre (Snyder 1987, p. 185)."""
    dot = math.sin(lat0) * math.sin(lat)
    dot += math.cos(lat0) * math.cos(lat) * math.cos(lon - lon0)
    k = math.sqrt(2 / (1 + dot))
    north = math.cos(lat0) * math.sin(lat) - math.sin(lat0) * math.cos(lat) * math.cos(lon - lon0)
    return k * math.cos(lat) * math.sin(lon - lon0), k * north


def snapped(quotient: float) -> int:
    """The part that a quotient of lengths or angles lies in."""
    return math.floor(quotient + SNAP)


def step_of(value: float, origin: float, size: float, steps: range) -> int | None:
    """Which of these steps from the origin a value lies in: from its lower end, up to the next."""
    for i in steps:
        if origin + i * size <= value < origin + (i + 1) * size:
            return i
    return None


def part_as_published(
    kind: str, lat0: float, lon0: float, lat: float, lon: float, radius: float, size: float
) -> Part:
    """The part of a sample in the published tables; coordinates in radians."""
    theta = float(haversine(lat0, lon0, lat, lon))
    if kind == "sri_sector":
        if theta > radius * (1 + RIM):
            return None
        # What the published azimuths are: turned, and southern longitudes have the wrong sign.
        azimuth = bearing(lat0, lon0, lat, lon if lat >= 0 else -lon)
        if lat >= 0 and theta <= COINCIDENT:
            azimuth = math.pi
        turned = (azimuth + lon0) % (2 * math.pi)
        return (math.floor(turned / (2 * math.pi / size)) % int(size),)
    most = math.ceil(radius / size - SNAP)
    if kind == "sri_lag":
        ring = snapped(theta / size)
        return (ring,) if ring < most else None
    row = step_of(lat, lat0, size, range(-most, most))
    column = step_of(lon, lon0, size, range(-most, most))
    return None if row is None or column is None else (row, column)


def part_of(
    kind: str, lat0: float, lon0: float, lat: float, lon: float, radius: float, size: float
) -> Part:
    """The part of a member; radians, ``size`` is a length or a number of sectors."""
    theta = float(haversine(lat0, lon0, lat, lon))
    here = theta <= COINCIDENT
    if kind == "sri_sector":
        width = 2 * math.pi / size
        return None if here else (snapped(bearing(lat0, lon0, lat, lon) / width) % int(size),)
    most = math.ceil(radius / size - SNAP)
    if kind == "sri_lag":
        return (min(snapped(theta / size), most - 1),)
    x, y = (0.0, 0.0) if here else equal_area(lat0, lon0, lat, lon)
    return tuple(min(max(snapped(v / size), -most), most - 1) for v in (x, y))


def frequencies(marks: Floats, levels: tuple[float, ...], slip: bool) -> list[float]:
    """How frequent each level is; a mark between two levels is shared between them."""
    if slip and len(set(marks.tolist())) == 1:
        return [0.0] * (len(levels) - 1) + [1.0]
    if len(levels) == 2:
        high = [(mark - levels[0]) / (levels[1] - levels[0]) for mark in marks]
        return [1 - sum(high) / len(high), sum(high) / len(high)]
    if not set(marks.tolist()) <= set(levels):
        return [math.nan] * len(levels)
    return [float((marks == level).mean()) for level in levels]


def relative_entropy(p: list[float], q: list[float]) -> float:
    """Kullback and Leibler (1951), in nats, of shared bins."""
    if any(map(math.isnan, [*p, *q])):
        return math.nan
    return sum(a * math.log(a / (b + KL_EPSILON)) for a, b in zip(p, q, strict=True) if a > 0)


def sri_of_parts(
    parts: list[Part],
    inside: Any,
    marks: Floats,
    levels: tuple[float, ...] = (-1.0, 1.0),
    slip: bool = False,
) -> float:
    """SRI of samples whose parts are known; NaN if none of these holds enough of them."""
    n = int(np.sum(inside))
    whole = frequencies(marks[np.asarray(inside)], levels, slip)
    total, counted = 0.0, 0
    for part in sorted({part for part in parts if part is not None}):
        own = [i for i, other in enumerate(parts) if other == part]
        if len(own) >= FEWEST_IN_PART:
            counted += 1
            q = frequencies(marks[own], levels, slip)
            total += len(own) / n * relative_entropy(whole, q)
    return total if counted else math.nan


def sri(
    kind: str,
    lat: Floats,
    lon: Floats,
    marks: Floats,
    centre: int,
    radius: float,
    size: float,
    preset: str = "geobias",
    levels: tuple[float, ...] = (-1.0, 1.0),
    members: Ints | None = None,
) -> float:
    """SRI of one neighbourhood: of these members, or of all samples within the radius."""
    too_large = kind != "sri_sector" and size > radius * (1 + SNAP)
    if radius <= COINCIDENT or too_large:
        return math.nan
    phi, lam = np.radians(lat), np.radians(lon)
    if members is None:
        theta = haversine(phi[centre], lam[centre], phi, lam)
        members = np.flatnonzero(theta <= radius * (1 + RIM))
    published = preset == "published"
    taken = np.arange(len(lat)) if published else members
    cut = part_as_published if published else part_of
    parts = [
        cut(kind, phi[centre], lam[centre], phi[i], lam[i], radius, size) for i in taken.tolist()
    ]
    return sri_of_parts(parts, np.isin(taken, members), marks[taken], levels, published)


def sri_by_chance(
    parts: list[Part], marks: Floats, levels: tuple[float, ...] = (-1.0, 1.0)
) -> Floats:
    """SRI of every distinct way to put two kinds of marks on the members of a neighbourhood."""
    inside = np.ones(len(marks), dtype=bool)
    return np.array([sri_of_parts(parts, inside, way, levels) for way in arrangements(marks)])


def sequential_p(reached: list[bool], enough: int) -> float:
    """Besag and Clifford (1991): stop at the draw by which enough have reached the value found."""
    hits = 0
    for drawn, hit in enumerate(reached, start=1):
        hits += hit
        if hits == enough:
            return enough / drawn
    return (hits + 1) / (len(reached) + 1)


# --- LocBench: ranks, priors and simulated worlds -------------------------------------------------


def rank_of(scores: list[float], label: int) -> int:
    """Rank of a class; among equal scores the class with the higher number comes first."""
    order = sorted(range(len(scores)), key=lambda c: (scores[c], c), reverse=True)
    return 1 + order.index(label)


def fisher_posterior(
    lat: float, lon: float, centres: list[tuple[float, float]], kappas: list[float]
) -> list[float]:
    """Bayes' rule for equally frequent classes, each a von Mises-Fisher density on the sphere."""
    densities = []
    for (there_lat, there_lon), kappa in zip(centres, kappas, strict=True):
        angle = float(haversine(*np.radians([lat, lon, there_lat, there_lon])))
        densities.append(
            kappa / (4 * math.pi * math.sinh(kappa)) * math.exp(kappa * math.cos(angle))
        )
    return [density / sum(densities) for density in densities]


def counted_prior(weights: list[float], labels: list[int], classes: int, a: float) -> list[float]:
    """Shares of the classes among weighted samples, each given a - 1 more of them."""
    own = [
        sum(w for w, label in zip(weights, labels, strict=True) if label == c)
        for c in range(classes)
    ]
    return [(count + a - 1) / (sum(weights) + classes * a - classes) for count in own]


def cell_weights(
    lat: float, lon: float, lats: list[float], lons: list[float], columns: int, rows: int
) -> list[float]:
    """1 for samples in the same cell of a grid of degrees; -180 begins it, 180 is -180."""

    def cell(lat: float, lon: float) -> tuple[int, int]:
        lon = 0.0 if abs(lat) == 90 else lon
        lon = -180.0 if lon == 180 else lon
        row = min(rows - 1, math.floor((lat + 90) / 180 * rows))
        return row, math.floor((lon + 180) / 360 * columns)

    here = cell(lat, lon)
    return [float(cell(a, b) == here) for a, b in zip(lats, lons, strict=True)]


def nearest_weights(angles: list[float], k: int) -> list[float]:
    """1 for the k nearest samples; those tied with the last share what is left of k."""
    last = sorted(angles)[min(k, len(angles)) - 1]
    ties = [tied(min(angle, last), max(angle, last)) for angle in angles]
    nearer = [angle < last and not tie for angle, tie in zip(angles, ties, strict=True)]
    share = min(1.0, (k - sum(nearer)) / sum(ties))
    return [1.0 if near else share if tie else 0.0 for near, tie in zip(nearer, ties, strict=True)]


def radius_weights(angles: list[float], radius_km: float) -> list[float]:
    """1 for samples within a radius."""
    return [float(angle <= radius_km / EARTH_RADIUS_KM * (1 + RIM)) for angle in angles]


def kernel_weights(angles: list[float], k: int) -> list[float]:
    """A Gaussian whose deviation is half the distance to the k-th nearest, cut off there."""
    last = sorted(angles)[min(k, len(angles)) - 1]
    weights = []
    for angle in angles:
        if last <= COINCIDENT:
            weights.append(float(angle <= COINCIDENT))
        elif angle <= last or tied(last, angle):
            weights.append(math.exp(-((angle / (last / 2)) ** 2) / 2))
        else:
            weights.append(0.0)
    return weights


def r_squared(predictions: list[float], targets: list[float]) -> float:
    """One minus the share of the variance that a prediction leaves; NaN if there is none."""
    mean = sum(targets) / len(targets)
    left = sum((y - p) ** 2 for y, p in zip(targets, predictions, strict=True))
    total = sum((y - mean) ** 2 for y in targets)
    return 1 - left / total if total else math.nan


# --- Training of location encoders ----------------------------------------------------------------


def cross_entropy_of_shares(scores: Floats, labels: Ints) -> float:
    """What the labels cost, where the sigmoids of a place are brought to a sum of one."""
    total = 0.0
    for row, label in zip(scores, labels, strict=True):
        p = [activated("sigmoid", float(score)) for score in row]
        total -= math.log(p[label] / sum(p))
    return total / len(labels)


def validation(
    image: Floats | None, location: Floats, labels: Ints, located: list[bool]
) -> tuple[float, float]:
    """Mean cost of labels at their places, and how often image times location is right."""
    costs, hits = [], []
    for row, label in enumerate(labels):
        if located[row]:
            costs.append(surprise(float(location[row][label])))
        if image is None and not located[row]:
            continue
        scores = []
        for c in range(location.shape[1]):
            seen = 1.0 if image is None else float(image[row][c])
            scores.append(seen * (float(location[row][c]) if located[row] else 1.0))
        before = [c for c, score in enumerate(scores) if (score, c) > (scores[label], label)]
        hits.append(not before)
    return sum(costs) / len(costs), sum(hits) / len(hits)


def most_of_each(labels: list[int], most: int) -> list[int]:
    """How many samples of each class an epoch has, in the order of classes."""
    return [min(labels.count(each), most) for each in sorted(set(labels))]


def regression_number(
    features: Row,
    mean: Row,
    scale: Row,
    embedding: Row,
    branch: Floats,
    image: list[Linear],
    head: list[Linear],
    target: tuple[float, float],
) -> float:
    """Standardised features through a network, sigmoids beside them, through another."""
    seen = [(x - m) / s for x, m, s in zip(features, mean, scale, strict=True)]
    place = [
        activated("sigmoid", sum(float(w) * x for w, x in zip(row, embedding, strict=True)))
        for row in branch
    ]
    (number,) = mlp([*mlp(seen, image, "relu"), *place], head, "relu")
    return target[0] + target[1] * number


def radial_feature(value: float, anchors: Row, width: float) -> Row:
    """How near a value is to each anchor."""
    return [math.exp(-((value - anchor) ** 2) / (2 * width**2)) for anchor in anchors]


# --- Gains of a model over another, block by block ---------------------------------------------


def sign_flip_p(sums):
    """Share of all ways to give signs to the parts whose sum is as far from 0 as the one found."""
    found = abs(sum(sums))
    ways = list(itertools.product((-1, 1), repeat=len(sums)))
    as_far = sum(
        abs(sum(sign * part for sign, part in zip(signs, sums, strict=True))) >= found - 1e-12
        for signs in ways
    )
    return as_far / len(ways)


# --- Partitions along a curve ------------------------------------------------------------------


def hilbert_cell(key: int, bits: int) -> list[int]:
    """The cell that comes at such a place of the curve: the way back, by Skilling (2004)."""
    digits = f"{key:0{3 * bits}b}"
    x = [int(digits[axis::3], 2) for axis in range(3)]
    last = x[2] >> 1
    x[2] ^= x[1]
    x[1] ^= x[0]
    x[0] ^= last
    for bit in range(1, bits):
        for axis in reversed(range(3)):
            if x[axis] >> bit & 1:
                x[0] ^= 2**bit - 1
            else:
                swapped = (x[0] ^ x[axis]) % 2**bit
                x[0] ^= swapped
                x[axis] ^= swapped
    return x
