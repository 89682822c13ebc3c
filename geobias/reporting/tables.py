"""The tables of a report, for pages and for model cards alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from geobias.reporting.families import MORE, Finding
from geobias.reporting.listing import MOST_LISTED, RELATIONS
from geobias.reporting.verdicts import Answer
from geobias.results import Audit, Comparison, Groups
from geobias.results.place_words import kilometres, named, position
from geobias.results.scores import CALIBRATED
from geobias.results.summary import records
from geobias.results.words import ALPHA, p_value, percent
from geobias.wording import capital


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    title : str
        Its heading.
    kind : str
        What it holds: ``name``, ``word``, ``prose`` or ``number``.
    about : str
        What it means, where the title does not say.
    """

    title: str
    kind: str = "number"
    about: str = ""


@dataclass(frozen=True)
class Span:
    """An interval to draw, and what to compare it with; all between 0 and 100."""

    low: float
    middle: float
    high: float
    mark: float


@dataclass(frozen=True)
class Cell:
    """What stands in a table: text, the number to sort by, and what to make of it.

    ``tone`` is ``bad`` or ``good`` where a test says so, else nothing; ``note`` explains the text.
    """

    text: str
    order: float | None = None
    tone: str = ""
    note: str = ""
    span: Span | None = None


@dataclass(frozen=True)
class Shown:
    """A circle on the map: the cell that its centre lies in, and its radius."""

    model: str
    cell: int
    radius_km: float


@dataclass(frozen=True)
class Table:
    """Rows of cells under columns.

    Attributes
    ----------
    key : str
        Its name in the page.
    caption : str
        What it shows.
    columns, rows
        What it holds.
    shown : tuple of Shown
        What each row shows on the map, if anything.
    """

    key: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    shown: tuple[Shown, ...] = ()


def number(value: float, digits: int = 2, *, sign: bool = False) -> Cell:
    """Return a number as a cell; a NaN sorts last."""
    if np.isnan(value):
        return Cell("undefined")
    text = f"{value:+,.{digits}f}" if sign else f"{value:,.{digits}f}"
    return Cell(text.replace("-", "−"), float(value))


def known(value: float, *, sign: bool = False) -> Cell:
    """Return a number as a cell, a dash of NaN."""
    return Cell("–") if np.isnan(value) else number(value, sign=sign)


def interval(low: float, high: float, digits: int = 2, *, sign: bool = False) -> Cell:
    """Return an interval as a cell, which sorts by its lower end."""
    if np.isnan(low):
        return Cell("–")
    ends = (number(end, digits, sign=sign).text for end in (low, high))
    return Cell(" … ".join(ends), float(low))


def chance(p: float) -> Cell:
    """Return a p value as a cell."""
    return Cell("–") if np.isnan(p) else Cell(p_value(p), float(p))


def count(value: int) -> Cell:
    """Return a count as a cell."""
    return Cell(f"{value:,}", float(value))


def share(value: float) -> Cell:
    """Return a share in percent as a cell."""
    return Cell(percent(value), None if np.isnan(value) else float(value))


def calibrated(tests: Sequence[Finding]) -> Table:
    """Lay out the calibrated scores: the ones that tell bias from chance."""
    rows = tuple(
        (
            Cell(test.model),
            Cell(test.scale),
            Cell(test.score),
            number(test.mean),
            interval(test.low, test.high),
            known(test.chance),
            known(test.z, sign=True),
            chance(test.p),
            chance(test.adjusted),
            Cell(test.verdict, tone="bad", note=test.pattern)
            if test.verdict == MORE
            else Cell(test.verdict),
        )
        for test in tests
    )
    return Table(
        "calibrated",
        "Calibrated scores: means over all centres, in nats, against what shuffled errors give. "
        "p is adjusted for all tests of a model, those between regions and in places among them.",
        (
            Column("Model", "name"), Column("Scale", "word"), Column("Score", "word"),
            Column("Mean"), Column("95 % interval"), Column("By chance"),
            Column("z", about="Standard deviations of chance between the mean and chance"),
            Column("p"), Column("p adjusted", about="Holm, over the tests of a model"),
            Column("Verdict", "prose"),
        ),
        rows,
    )  # fmt: skip


def published(audit: Audit, drawn: Iterable[str] | None = None) -> Table:
    """Lay out the published scores, and what the locations alone give; of all models, or some."""
    kept = set(audit.scored.models if drawn is None else drawn)
    rows = tuple(
        (
            Cell(row["model"]),
            Cell(row["scale"]),
            share(row["accuracy"]),
            number(row["marked"]),
            number(row["marked_wrong"]),
            number(row["unmarked"]),
            number(row["crowding"]),
            count(row["centres"]),
            count(row["undefined"]),
        )
        for row in records(audit.summary)
        if row["model"] in kept
    )
    return Table(
        "published",
        "Published scores and the locations: means in nats. Marked grows with accuracy; unmarked "
        "and crowding say nothing about a model.",
        (
            Column("Model", "name"), Column("Scale", "word"), Column("Accuracy"),
            Column("Marked"), Column("Marked, wrong centres"), Column("Unmarked"),
            Column("Crowding", about="The unmarked score, calibrated: 1 nat if scattered evenly"),
            Column("Centres"),
            Column("Undefined", about="Centres where some calibrated score is undefined"),
        ),
        rows,
    )  # fmt: skip


def models(answers: Sequence[Answer]) -> Table:
    """Lay out in a row what is known of each model."""
    rows = tuple(
        (
            Cell(answer.model),
            share(answer.accuracy),
            Cell(answer.verdict, tone="bad" if answer.verdict == MORE else ""),
            Cell(answer.bias, note=answer.figures),
        )
        for answer in answers
    )
    columns = (
        Column("Model", "name"), Column("Accuracy"), Column("Bias or chance?", "word"),
        Column("Why", "prose"),
    )  # fmt: skip
    return Table("models", "All models", columns, rows)


def regions(groups: Groups, drawn: Iterable[str], worst: int | None = None) -> Table:
    """Lay out the regions, the worst of each model first: all, or so many."""
    overall = dict(zip(groups.summary["model"], groups.summary["accuracy"], strict=True))
    table = groups.table[groups.table["model"].isin(set(drawn))]
    if worst is not None:
        table = table[table["tested"]].groupby("model", sort=False).head(worst)
    ends = table[["low", "high"]].min().min(), table[["low", "high"]].max().max()
    rows = tuple(_region(row, overall[row["model"]], ends) for row in records(table))
    noun = groups.provenance["groups"]["noun"]
    answered = (Column("Answered"),) if "answer_rate" in table else ()
    return Table(
        "regions",
        f"Accuracy by {noun}, the lowest {'' if worst is None else f'{worst:,} '}of each model"
        f"{' first' if worst is None else ''}. p is adjusted for having looked at all of them.",
        (
            Column("Model", "name"), Column(capital(noun), "name"),
            Column("Samples"), Column("Accuracy"), Column("95 % interval"),
            Column("Gap", about="Percentage points above or below the rest"),
            Column("95 % of gap"), Column("p"), Column("Verdict", "prose"), *answered,
        ),
        rows,
    )  # fmt: skip


def _region(row: dict[str, Any], overall: float, ends: tuple[float, float]) -> tuple[Cell, ...]:
    verdict, tone = "no more than chance", ""
    if not row["tested"]:
        verdict = "too few to test"
    elif np.isnan(row["p_adjusted"]):
        verdict = "undefined"
    elif row["p_adjusted"] <= ALPHA:
        verdict, tone = ("worse", "bad") if row["gap"] < 0.0 else ("better", "good")
    span = interval(100.0 * row["low"], 100.0 * row["high"], 0)
    drawn = _span((row["low"], row["accuracy"], row["high"], overall), ends)
    cells = (
        Cell(row["model"]),
        Cell(str(row["group"])),
        count(row["n"]),
        share(row["accuracy"]),
        Cell(span.text, span.order, span=drawn),
        number(100.0 * row["gap"], 1, sign=True),
        interval(100.0 * row["gap_low"], 100.0 * row["gap_high"], 1, sign=True),
        chance(row["p_adjusted"]) if row["tested"] else Cell("–"),
        Cell(verdict, tone=tone),
    )
    if "answer_rate" not in row:
        return cells
    rate = share(row["answer_rate"])
    return (*cells, Cell(f"{rate.text} of {row['asked']:,}", rate.order))


def _span(values: tuple[float, float, float, float], ends: tuple[float, float]) -> Span | None:
    """Place an interval and a mark between the ends of all intervals."""
    width = ends[1] - ends[0]
    if np.isnan(values).any() or not width > 0.0:
        return None
    return Span(*(round(100.0 * (value - ends[0]) / width, 1) for value in values))


def places(found: pd.DataFrame, worst: int | None = None) -> Table:
    """Lay out the places where models fail, as `listed_places` returns them: all, or so many."""
    if worst is not None:
        found = found.groupby("model", sort=False).head(worst)
    listed = records(found)
    rows = tuple(
        (
            Cell(row["model"]),
            count(row["place"]),
            Cell(named(row["countries"]), note=row["others"]),
            Cell(position(row["lat"], row["lon"])),
            Cell(kilometres(row["radius_km"]), row["radius_km"]),
            count(row["n"]),
            share(row["error_rate"]),
            share(row["elsewhere"]),
            Cell(f"{row['errors']:,.0f}", row["errors"], note=f"{row['expected']:,.1f} expected"),
            chance(row["p"]),
        )
        for row in listed
    )
    meant = "; ".join(f"“{word}”, {meaning}" for word, meaning in RELATIONS.values())
    others = f" Other models: {meant}." if found["others"].any() else ""
    most = MOST_LISTED if worst is None else worst
    return Table(
        "places",
        f"Where each model fails beyond chance, the first {most:,} places at most. p allows for "
        f"all circles looked at.{others}",
        (
            Column("Model", "name"), Column("Place"), Column("Where", "name"),
            Column("Centre", "word"), Column("Radius"), Column("Samples"),
            Column("Wrong"), Column("Elsewhere", about="Share of wrong samples elsewhere"),
            Column("Errors", about="And those expected by the error rate over all samples"),
            Column("p"),
        ),
        rows,
        tuple(Shown(row["model"], row["cell"], row["radius_km"]) for row in listed),
    )  # fmt: skip


def differences(comparison: Comparison, *, calibrated: bool) -> Table:
    """Lay out how models differ in the calibrated scores, or in the published one."""
    table = comparison.table[comparison.table["score"].isin(CALIBRATED) == calibrated]
    rows = tuple(
        (
            Cell(row["first"]),
            Cell(row["second"]),
            Cell(row["scale"]),
            Cell(row["score"]),
            number(row["first_mean"]),
            number(row["second_mean"]),
            number(row["difference"], sign=True),
            interval(row["low"], row["high"], sign=True),
            chance(row["p_holm"]),
            Cell(_differ(row)),
        )
        for row in records(table)
    )
    kind = "Calibrated scores" if calibrated else "The published score, which grows with accuracy"
    return Table(
        "calibrated-differences" if calibrated else "published-differences",
        f"{kind}: the second model minus the first, in nats. p is adjusted for the number of "
        "pairs.",
        (
            Column("First", "name"), Column("Second", "name"), Column("Scale", "word"),
            Column("Score", "word"), Column("First mean"), Column("Second mean"),
            Column("Difference"), Column("95 % interval"), Column("p"),
            Column("Verdict", "prose"),
        ),
        rows,
    )  # fmt: skip


def _differ(row: dict[str, Any]) -> str:
    if np.isnan(row["difference"]) or np.isnan(row["p_holm"]):
        return "undefined"
    if row["p_holm"] > ALPHA:
        return "no difference beyond chance"
    return f"{row['second']} {'higher' if row['difference'] > 0.0 else 'lower'}"
