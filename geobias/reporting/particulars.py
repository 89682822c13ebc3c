"""What a report has to say of itself: what was audited, what to know of it, how to repeat it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geobias.provenance import versions

if TYPE_CHECKING:
    from geobias.reporting.document import Report


Particulars = list[tuple[str, str]]


_DRAWING = ("bokeh", "jinja2", "pyproj", "shapely")
"""Packages that a page is made with, beside those that the scores are made with."""


def at_a_glance(report: Report) -> Particulars:
    """Return what was audited, in a few figures."""
    taken, scored = report.audit.provenance["input"], report.audit.scored
    dropped = sum(drop["count"] for drop in taken["dropped"])
    centres = int(report.audit.summary["centres"].iloc[0])
    facts = [
        ("Samples", f"{scored.n:,}"),
        ("Sites", f"{scored.n_sites:,}"),
        ("Models", f"{len(scored.models):,}"),
        ("Scales", ", ".join(report.mapped.scales)),
        ("Rows dropped", f"{dropped:,} of {taken['read']:,}"),
    ]
    if centres < scored.n:
        facts.append(("Scored around", f"{centres:,} random samples"))
    return facts


def left_out(report: Report) -> list[str]:
    """Say which models are not drawn, if there are too many."""
    models, drawn = report.audit.scored.models, report.mapped.drawn
    if len(drawn) == len(models):
        return []
    return [
        f"Of {len(models):,} models, the map, the weak places and the regions show the "
        f"{len(drawn):,} most accurate; the JSON of the report has the others."
    ]


def remarks(report: Report) -> list[str]:
    """Return all that has to be known of the numbers, once each."""
    found = [*report.notes, *left_out(report), *report.audit.notes]
    for result in (report.groups, report.places, report.comparison):
        found += result.notes if result else ()
    return list(dict.fromkeys(found))


def reproduction(report: Report) -> list[tuple[str, Particulars]]:
    """Return what it takes to make the report again, under headings."""
    made = report.audit.provenance
    taken, settings = made["input"], dict(made["settings"])
    if report.groups is not None:
        settings["by"] = report.groups.provenance["settings"]["by"]
    if report.places is not None:
        scan = report.places.provenance["settings"]
        settings |= {"largest circle": scan["largest"], "centres of circles": scan["centres"]}
    dropped = [(f"dropped, {drop['reason']}", drop["count"]) for drop in taken["dropped"]]
    rows = [("rows read", taken["read"]), ("rows kept", taken["kept"]), *dropped]
    return [
        (
            "Input",
            [
                ("SHA-256 of coordinates, marks and names of models", str(taken["sha256"])),
                *((name, f"{count:,}") for name, count in rows),
            ],
        ),
        ("Settings", [(name, _plain(value)) for name, value in settings.items()]),
        ("Versions", list({**made["versions"], **versions(_DRAWING)}.items())),
    ]


def _plain(value: Any) -> str:
    if value is None:
        return "–"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
