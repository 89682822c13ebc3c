"""One neighbourhood as the scores see it: samples, lattice, links, and the scores beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.markers import MarkerStyle
from matplotlib.patches import Circle
from numpy.typing import NDArray

from geobias.errors import GeoBiasError
from geobias.geometry.neighbourhood import Neighbourhood
from geobias.geometry.neighbours import index_of
from geobias.geometry.places import Places
from geobias.plots.choosing import chosen_models, chosen_scale
from geobias.plots.lengths import draw_length
from geobias.plots.names import fitting, shown_all
from geobias.plots.panels import literally, panels
from geobias.plots.style import (
    COLUMN_INCHES,
    INK,
    PALE,
    QUIET,
    RIGHT,
    SERIES,
    WRONG,
    styled,
)
from geobias.results.scores import CALIBRATED, SRI, SRI_RELATIVE, nats
from geobias.results.words import p_value, percent
from geobias.scales import EARTH_RADIUS_KM, Scale
from geobias.scorer import ground_of
from geobias.settings import whole_number
from geobias.sphere import Floats
from geobias.wording import counted

if TYPE_CHECKING:
    from geobias.results import Audit

MOST_LINKED = 400
"""Links of more samples are a tangle; they are left out."""

MOST_ON_LATTICE = 1000
"""Of more samples, neither the lattice nor the shape of a marker can be seen."""

_KINDS = (("right", 1.0, "o"), ("partly right", 0.5, "D"), ("wrong", 0.0, "X"))
"""What a place may be, the share right that stands for it in the key, and its marker."""

_UNKNOWN = ("right or wrong unknown", np.nan, "s")

_SHARES = LinearSegmentedColormap.from_list("", [WRONG, SERIES[3], RIGHT]).with_extremes(bad=QUIET)

_LARGEST = 2.5
"""A marker is at most so many times as wide as that of a single sample."""

_LINE_INCHES = 0.14
_VIEW = 1.06
"""The lattice may reach a little beyond the radius."""


def plot_neighbourhood(
    audit: Audit,
    sample: int,
    *,
    model: str | Sequence[str] | None = None,
    scale: str | Scale | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw the neighbourhood of one sample; the choices are those of `AuditPlots.neighbourhood`.

    Examples
    --------
    >>> import pandas as pd, geobias
    >>> draw = np.random.default_rng(0)
    >>> table = pd.DataFrame({"lat": draw.normal(48, 1, 300), "lon": draw.normal(11, 1, 300)})
    >>> audit = geobias.score(table.assign(hit=draw.random(300) < 0.8), scales="50km")
    >>> figure = plot_neighbourhood(audit, 7)
    >>> figure.axes[0].get_title(loc="left")
    'hit, 50km'
    """
    samples = audit.scored
    row = _row_of(audit, sample)
    models = chosen_models(samples.models, model)
    name = chosen_scale(list(audit.summary["scale"].unique()), scale)
    found = _looked_up(audit, row, Scale.parse(name))
    names = shown_all(models)
    said = {each: _said(audit, row, each, name, found) for each in models}
    with styled():
        lines = max(map(len, said.values()))
        size = COLUMN_INCHES, COLUMN_INCHES + 0.3 + _LINE_INCHES * lines
        figure, axes = panels(len(models), size, ax=ax)
        for panel, each in zip(axes, models, strict=True):
            m = samples.models.index(each)
            _draw_ground(panel, found)
            sites = _Sites.of(found, samples.correct[m])
            _draw_sites(panel, sites, found.seats.size > MOST_ON_LATTICE)
            _frame(panel, found)
            _key(panel, found, sites)
            title = panel.set_title(f"{names[each]}, {name}")
            below = (
                "\n".join(said[each])
                if ax is None
                else fitting(said[each], panel.get_window_extent().width / figure.dpi)
            )
            label = panel.set_xlabel(below, loc="left", fontsize=7.0, linespacing=1.35)
            literally(title, label)
    return figure


def _row_of(audit: Audit, sample: int) -> int:
    """Return where in the samples a row of the input is, or say why it cannot be shown."""
    samples = audit.scored
    row = whole_number("sample", sample, 0)
    at = int(np.searchsorted(samples.rows, row))
    if at == samples.n or samples.rows[at] != row:
        first, last = int(samples.rows[0]), int(samples.rows[-1])
        why = (
            "the input has fewer rows"
            if row >= samples.ledger.read
            else "it was dropped, for a reason that the notes of the audit name, or it was merged "
            "into a site, for which the first of its rows stands"
            if samples.averaged
            else "it was dropped, for a reason that the notes of the audit name"
        )
        raise GeoBiasError(
            f"Row {row:,} is not among the {samples.n:,} that were scored, which lie between "
            f"{first:,} and {last:,} (counted from 0): {why}. The column 'sample' of "
            "audit.samples has all that can be shown."
        )
    centres = audit.samples["sample"].to_numpy()
    if not (centres == row).any():
        raise GeoBiasError(
            f"Row {row:,} is a sample but not one of the random centres of this audit: take one of "
            f"those, {int(centres[0]):,} for example, or leave centres= out when scoring."
        )
    return at


def _looked_up(audit: Audit, at: int, scale: Scale) -> Neighbourhood:
    samples, settings = audit.scored, audit.provenance["settings"]
    places = Places.of(samples.lat, samples.lon)
    index = index_of(settings["index"], places, 1)
    point = int(places.point_of_sample[at])
    ground = ground_of(settings["background"])
    return Neighbourhood.of(places, index, scale, point, settings["k"], ground)


def _draw_ground(ax: Axes, found: Neighbourhood) -> None:
    """Draw the radius, the lattice and the links, as far as they can be told apart."""
    if found.radius_rad == 0.0:
        return
    ax.add_patch(
        Circle((0.0, 0.0), _radius_km(found), fill=False, edgecolor=INK, linewidth=0.8, zorder=1)
    )
    if found.seats.size > MOST_ON_LATTICE:
        return
    lattice = np.column_stack(found.lattice_km)
    size = float(np.clip(18.0 / np.sqrt(found.seats.size), 0.5, 1.3))
    ax.plot(
        *lattice.T, "o", color=QUIET, markersize=size, markeredgewidth=0.0, alpha=0.7, zorder=1.5,
        gid="lattice",
    )  # fmt: skip
    if found.seats.size > MOST_LINKED:
        return
    members, edges = np.column_stack(found.members_km), found.edges
    across = np.concatenate((edges.outward, edges.inward[:, ::-1]))
    for gid, here, there, pairs, colour, width in (
        ("links to the lattice", members, lattice, np.unique(across, axis=0), PALE, 0.5),
        ("links", members, members, np.unique(np.sort(edges.within), axis=0), QUIET, 0.7),
    ):
        ends = np.stack((here[pairs[:, 0]], there[pairs[:, 1]]), axis=1)
        lines = LineCollection(list(ends), color=colour, linewidth=width, zorder=1.2, gid=gid)
        ax.add_collection(lines, autolim=False)


class _Sites(NamedTuple):
    """The places of a neighbourhood: samples at one place are one marker.

    Attributes
    ----------
    x, y
        East and north of the centre, in km.
    size
        Samples at each.
    share
        Share of them that is right, NaN where that is unknown.
    """

    x: Floats
    y: Floats
    size: NDArray[np.int64]
    share: Floats

    @classmethod
    def of(cls, found: Neighbourhood, correct: NDArray[Any]) -> _Sites:
        """Gather the members of a neighbourhood by place."""
        point = found.places.point_of_seat[found.seats]
        _, first, place, count = np.unique(
            point, return_index=True, return_inverse=True, return_counts=True
        )
        share = np.bincount(place, weights=correct[found.samples].astype(np.float64)) / count
        x, y = found.members_km
        return cls(x[first], y[first], count, share)


def _draw_sites(ax: Axes, sites: _Sites, many: bool) -> None:
    """Draw places by their share right, and a ring around the centre."""
    size = float(np.clip(45.0 / np.sqrt(sites.share.size), 1.0 if many else 2.4, 6.0))
    # They may hide each other: neither right nor wrong may always lie on top.
    order = np.random.default_rng(0).permutation(sites.share.size)
    width = size * np.minimum(np.sqrt(sites.size), _LARGEST)
    drawn = ax.scatter(
        sites.x[order], sites.y[order], width[order] ** 2, _SHARES(sites.share[order]),
        edgecolors="white", linewidths=0.0 if many else 0.3, zorder=2, gid="samples",
    )  # fmt: skip
    if not many:
        markers = [MarkerStyle(_kind(share)[2]) for share in sites.share[order]]
        drawn.set_paths([each.get_path().transformed(each.get_transform()) for each in markers])
    centre = float(width[np.argmin(np.hypot(sites.x, sites.y))])
    ax.plot(
        0.0, 0.0, "o", markersize=max(centre, 4.0) + 4.0, markerfacecolor="none", color=INK,
        markeredgewidth=1.0, zorder=3, gid="centre",
    )  # fmt: skip


def _kind(share: float) -> tuple[str, float, str]:
    """Return what a share right is called, a share that stands for it, and its marker."""
    if np.isnan(share):
        return _UNKNOWN
    right, partly, wrong = _KINDS
    return right if share == 1.0 else wrong if share == 0.0 else partly


def _frame(ax: Axes, found: Neighbourhood) -> None:
    """Set the view, and say in the corners how large it is."""
    radius = _radius_km(found)
    half = _VIEW * radius
    if found.seats.size <= MOST_ON_LATTICE and found.lattice_km[0].size:
        half = max(half, 1.02 * float(np.abs(found.lattice_km).max()))
    ax.set(xlim=(-half, half), ylim=(-half, half), xticks=[], yticks=[])
    ax.set_aspect("equal", anchor="N")
    ax.spines[:].set_visible(False)
    draw_length(ax, -0.98 * half, -0.98 * half, 0.4 * half)
    ax.annotate(
        f"radius\n{_km(found.radius_rad * EARTH_RADIUS_KM)}", (1.0, 0.0), xycoords="axes fraction",
        ha="right", va="bottom", fontsize=7.0,
    )  # fmt: skip


def _key(ax: Axes, found: Neighbourhood, sites: _Sites) -> None:
    """Explain markers and lines in the upper corners."""
    count = found.seats.size
    seen = {_kind(share)[0] for share in np.unique(sites.share)}
    marks = [
        Line2D(
            [], [], linestyle="", marker="o" if count > MOST_ON_LATTICE else marker,
            color=_SHARES(share), markersize=5.0, markeredgewidth=0.0, label=label,
        )
        for label, share, marker in (*_KINDS, _UNKNOWN) if label in seen
    ]  # fmt: skip
    lines = []
    if count <= MOST_ON_LATTICE and found.lattice_km[0].size:
        lines.append(
            Line2D([], [], linestyle="", marker=".", color=QUIET, markersize=3.0, label="lattice")
        )
    if count <= MOST_LINKED and found.lattice_km[0].size:
        lines += [
            Line2D([], [], color=QUIET, linewidth=0.7, label="links"),
            Line2D([], [], color=PALE, linewidth=0.9, label="to lattice"),
        ]
    style: dict[str, Any] = {
        "borderaxespad": 0.0, "handletextpad": 0.3, "handlelength": 1.0, "labelspacing": 0.25,
        "borderpad": 0.0, "alignment": "left",
    }  # fmt: skip
    first = ax.legend(handles=marks, loc="upper left", **style)
    ax.legend(handles=lines, loc="upper right", **style)
    ax.add_artist(first)  # the second legend has taken its place


def _radius_km(found: Neighbourhood) -> float:
    """Return the radius to draw; a neighbourhood of one place has none, and is shown in 1 km."""
    return found.radius_rad * EARTH_RADIUS_KM or 1.0


def _km(length: float) -> str:
    return f"{length:,.0f} km" if length >= 10.0 else f"{length:.3g} km"


def _said(audit: Audit, at: int, model: str, scale: str, found: Neighbourhood) -> list[str]:
    """Say what is drawn and not drawn, and the scores of the centre."""
    samples = audit.scored
    m = samples.models.index(model)
    table = audit.samples
    row = table[
        (table["model"] == model)
        & (table["scale"] == scale)
        & (table["sample"] == samples.rows[at])
    ].iloc[0]
    outcome = _kind(float(samples.correct[m, at]))[0]
    members = found.samples
    share = float(samples.correct[m, members].mean())
    right = "how many are right is unknown" if np.isnan(share) else f"{percent(share)} right"
    things = "site" if samples.averaged else "sample"
    capped = ", the nearest" if found.capped else ""
    position = f"{_degrees(samples.lat[at], 'NS')} {_degrees(samples.lon[at], 'EW')}"
    said = [
        f"Centre: {things} {samples.rows[at]:,}, {outcome}, {position}; north is up.",
        f"{counted(members.size, things)}{capped}, {right}.",
        *_repeated(found),
        _background(found),
    ]
    if "marked" in row:
        said += _ssi_said(row)
    if "sri_grid" in row:
        said.append("; ".join(f"{kind} {_part_nats(row, kind)}" for kind in (*SRI, *SRI_RELATIVE)))
    return said


def _ssi_said(row: Any) -> list[str]:
    """Say the scores of SSI."""
    said = []
    if all(np.isnan(row[score]) for score in CALIBRATED):
        said.append(f"{', '.join(CALIBRATED)}: undefined here")
    else:
        said += [_score(row, score) for score in CALIBRATED]
        said.append("By chance alone these three are about 1 nat on average.")
    plain = ("crowding", "marked", "unmarked")
    said.append("; ".join(f"{score} {_nats(row[score])}" for score in plain))
    return said


def _repeated(found: Neighbourhood) -> list[str]:
    """Say that markers are places, where these hold several samples."""
    _, count = np.unique(found.places.point_of_seat[found.seats], return_counts=True)
    if count.max() == 1:
        return []
    return [f"{counted(count.size, 'place')}, larger with more samples (at most {count.max():,})."]


def _background(found: Neighbourhood) -> str:
    if found.radius_rad == 0.0:
        return "All are in one place: there is no lattice, and no link."
    points = f"{found.lattice_km[0].size:,} lattice points"
    if found.seats.size > MOST_ON_LATTICE:
        return f"{points}, not drawn; nor are links of so many."
    if found.seats.size > MOST_LINKED:
        return f"{points}. Links of more than {MOST_LINKED} are not drawn."
    return f"{points}."


def _score(row: Any, score: str) -> str:
    """Say what one calibrated score of the centre is."""
    said = f"{score} {_nats(row[score])}"
    if not np.isnan(row[f"{score}_z"]):
        said += f", z {row[f'{score}_z']:+.2f}".replace("-", "−")
    if f"{score}_label" in row:
        said += f": {row[f'{score}_label']}"
        if not np.isnan(row[f"{score}_q"]):
            said += f" (q {p_value(row[f'{score}_q'])})"
    return said


def _part_nats(row: Any, kind: str) -> str:
    return "undefined" if np.isnan(row[kind]) else f"{nats(kind, row[kind])} nats"


def _nats(value: float) -> str:
    if np.isnan(value):
        return "undefined"
    return f"{value:,.{0 if abs(value) >= 100.0 else 2}f} nats".replace("-", "−")


def _degrees(value: float, ends: str) -> str:
    return f"{abs(value):.2f}° {ends[0] if value >= 0.0 else ends[1]}"
