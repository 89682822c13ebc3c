"""One answer, read for one task."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from geobias.answering.coordinates import parse_coordinates
from geobias.answering.countries import parse_country
from geobias.answering.fields import holds_nothing
from geobias.answering.labels import LabelSet, parse_label
from geobias.answering.places import parse_place
from geobias.answering.reading import EMPTY, REFUSED, UNPARSED, Reading
from geobias.answering.silence import is_empty, leaves_open, without_refusals
from geobias.answering.text import HEAD, TAIL, clipped, without_thoughts

_PARSERS: dict[str, Callable[[str], Reading]] = {
    "coordinates": parse_coordinates,
    "place": parse_place,
    "country": parse_country,
}


def read_answer(text: str, task: str, labels: LabelSet | None = None) -> Reading:
    """Read one answer.

    An answer that refuses and then guesses all the same is read as its guess. Thoughts in tags
    such as ``<think>`` are passed over where an answer follows them.

    Parameters
    ----------
    text : str
        The answer. Of a long one only the beginning and the end are looked at.
    task : str
        ``coordinates``, ``place``, ``country`` or ``label``.
    labels : LabelSet, optional
        The closed set, for the task label.

    Returns
    -------
    Reading

    Examples
    --------
    >>> read_answer("I can't be certain, but likely 48.86, 2.35.", "coordinates").lat
    48.86
    >>> read_answer("I cannot determine the location.", "coordinates").status
    'refused'
    """
    if is_empty(text) or holds_nothing(text):
        if labels is not None and labels.label(text):
            return parse_label(text, labels)
        return Reading(EMPTY, "no text")
    text = without_thoughts(text)
    looked_at, cut = clipped(text)
    rest, refuses = without_refusals(looked_at)
    reading = _PARSERS[task](rest) if labels is None else parse_label(rest, labels)
    if reading.status == UNPARSED and (refuses or leaves_open(looked_at)):
        reading = Reading(REFUSED, "it refuses")
    if cut:
        left_out = len(text) - HEAD - TAIL
        reading = reading.because(f"{left_out:,} characters in the middle were not looked at")
    return reading


def read_answers(texts: Iterable[str], task: str, labels: LabelSet | None = None) -> list[Reading]:
    """Read many answers, equal ones once."""
    known: dict[str, Reading] = {}
    readings = []
    for text in texts:
        if text not in known:
            known[text] = read_answer(text, task, labels)
        readings.append(known[text])
    return readings
