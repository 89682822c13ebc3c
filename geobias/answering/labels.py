"""Labels of a closed set, one or a ranked list of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from geobias.answering.fields import field, objects, structures
from geobias.answering.marked import marked_parts, settling_parts
from geobias.answering.names import Found, Lexicon
from geobias.answering.negation import not_ruled_out
from geobias.answering.reading import PARSED, Reading, ambiguous, listed, unparsed
from geobias.answering.text import tokens, undecorated, uniform, words
from geobias.errors import InputError
from geobias.wording import nearest, quoted

_KEYS = (
    "label", "labels", "category", "categories", "class", "classes", "prediction", "predictions",
    "answer", "answers", "top_3", "top3", "top_5", "top5", "ranking", "guesses",
)  # fmt: skip
_FIELD_LINE = r"(?:predicted )?(?:label|category|class|answer|species|prediction)"
_ITEM = re.compile(
    r"^\s{0,8}(?:\(?\d{1,3}[.):\]]|[-*•]|#\d{1,3}[.:)]?|\d\ufe0f?\u20e3|\|\s{0,8}\d{1,3}\s{0,8}\|)"
    r"\s{1,8}([^\s|][^\n|]{0,400})",
    re.MULTILINE,
)
_REMARK = re.compile(r"\s[-–—:]\s|:\s|\s\(|,\s")
_IN_BRACKETS = re.compile(r"\([^()]{0,200}\)")
_PART = re.compile(
    r"[,;|>\n]|(?:^|\s)(?:\(?\d{1,2}[.)]|(?:first|second|third|1st|2nd|3rd)(?: choice| guess)?:)\s",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SHARE = re.compile(r"\(?\d{1,3}(?:\.\d{1,4})?\s?%\)?")
_MOST_ITEMS = 200


@dataclass(frozen=True)
class LabelSet:
    """The labels that answers are read against.

    Attributes
    ----------
    labels
        As they are spelled in the set.
    meant
        Folded spelling to the label that is meant; synonyms and plain plurals included.
    lexicon
        Those spellings, to find them in prose.
    """

    labels: tuple[str, ...]
    meant: Mapping[str, str]
    lexicon: Lexicon

    @classmethod
    def of(cls, labels: Iterable[str], synonyms: Mapping[str, str] | None = None) -> LabelSet:
        """Prepare a closed set of labels.

        Case, accents, punctuation and underscores do not matter, and neither does a final s or
        es, unless that makes two labels one.

        Raises
        ------
        InputError
            If there is no label, two are spelled alike, or a synonym means none.

        Examples
        --------
        >>> known = LabelSet.of(["crop_field", "port"], {"farmland": "crop_field"})
        >>> known.label("Crop fields"), known.label("FARMLAND"), known.label("airport")
        ('crop_field', 'crop_field', None)
        """
        kept = tuple(sorted({str(label).strip() for label in labels} - {""}))
        if not kept:
            raise InputError("There are no labels: pass labels= (--labels) or a column of truths.")
        spelled: dict[str, set[str]] = defaultdict(set)
        for label in kept:
            spelled[words(label)].add(label)
        _refuse_twins(spelled)
        meant = {spelling: next(iter(same)) for spelling, same in spelled.items()}
        _add_synonyms(meant, kept, synonyms or {})
        for spelling, label in list(meant.items()):
            for plural in (f"{spelling}s", f"{spelling}es"):
                meant.setdefault(plural, label)
        lexicon = Lexicon()
        for spelling in meant:
            lexicon.add(spelling)
        return cls(kept, meant, lexicon)

    def label(self, text: str) -> str | None:
        """Return the label that a text is, without what is in brackets, or of CamelCase."""
        for spelling in (text, _IN_BRACKETS.sub(" ", text), _CAMEL.sub(" ", text)):
            label = self.meant.get(_without_article(words(spelling)))
            if label is not None:
                return label
        return None

    def inside(self, text: str) -> list[str]:
        """Return the labels that a text names and does not rule out, each once."""
        every = tokens(text)
        found: list[Found] = self.lexicon.find(every)
        kept = not_ruled_out(found, every, text)
        return list(dict.fromkeys(self.meant[name.name] for name in kept))


def _refuse_twins(spelled: Mapping[str, set[str]]) -> None:
    for spelling, same in spelled.items():
        if not spelling:
            raise InputError(f"Labels without a letter or digit cannot be found: {quoted(same)}.")
        if len(same) > 1:
            raise InputError(
                f"Labels {quoted(sorted(same))} differ in case, accents or punctuation alone, "
                "which answers do not keep: rename all but one, or merge them."
            )


def _add_synonyms(
    meant: dict[str, str], labels: tuple[str, ...], synonyms: Mapping[str, str]
) -> None:
    for synonym, label in synonyms.items():
        target = meant.get(words(label))
        if target is None:
            close = nearest(label, labels)
            advice = f" Did you mean {' or '.join(map(repr, close))}?" if close else ""
            raise InputError(
                f"Synonym {synonym!r} stands for {label!r}, which is none of the labels.{advice}"
            )
        spelling = words(synonym)
        if not spelling or meant.get(spelling, target) != target:
            raise InputError(
                f"Synonym {synonym!r} of {label!r} is empty, or is itself the label "
                f"{meant.get(spelling)!r}."
            )
        meant[spelling] = target


def parse_label(text: str, known: LabelSet) -> Reading:
    """Read the label, or the ranked list of labels, that an answer gives.

    A JSON or Python list wins over a part that says it is the answer, that over a numbered or
    bulleted list, over a list with commas, and over a single label in prose. Entries of a list
    that are none of the labels keep their rank.

    Parameters
    ----------
    text : str
        An answer, at most some ten thousand characters.
    known : LabelSet
        The closed set.

    Returns
    -------
    Reading

    Examples
    --------
    >>> known = LabelSet.of(["crop_field", "port", "wind_farm"])
    >>> parse_label("['port', 'dock', 'wind farm']", known).labels
    ('port', 'dock', 'wind_farm')
    >>> parse_label("A wind farm, I think.", known).labels
    ('wind_farm',)
    """
    ranked = _from_fields(text, known)
    if ranked:
        return _read(ranked)
    plain = uniform(undecorated(text))
    whole = known.label(plain)
    if whole:
        return _read([whole])
    line = field(plain, _FIELD_LINE)
    for part in ([line] if line else []) + marked_parts(uniform(text)):
        found = known.inside(undecorated(part.split(";")[0]))
        if len(found) == 1:
            return _read(found)
        if len(found) > 1 and not _listed_items(plain, known):
            return _several(undecorated(part), found, known)
    ranked = _listed_items(plain, known)
    if ranked:
        return _read(ranked)
    found = known.inside(plain)
    if len(found) > 1 and not _separated(plain, known):
        for part in settling_parts(uniform(text)):
            settled = known.inside(undecorated(part))
            if len(settled) == 1:
                return _read(settled)
    return _several(plain, found, known)


def _several(text: str, found: list[str], known: LabelSet) -> Reading:
    if len(found) == 1:
        return _read(found)
    if not found:
        return unparsed("none of the labels")
    ranked = _separated(text, known)
    return _read(ranked) if ranked else ambiguous(f"{len(found)} labels: {listed(found)}")


def _separated(text: str, known: LabelSet) -> list[str]:
    """Return the labels of a text that holds nothing but labels, shares and what parts them."""
    entries = _SHARE.sub(" ", text).strip(" .[]()\n")
    for start in {0, entries.find(":") + 1}:
        parts = [part.strip() for part in _PART.split(entries[start:]) if part.strip()]
        ranked = [label for part in parts if (label := known.label(part))]
        if len(parts) > 1 and len(ranked) == len(parts):
            return ranked
    return []


def _read(labels: Iterable[str]) -> Reading:
    return Reading(PARSED, labels=tuple(dict.fromkeys(labels)))


def _from_fields(text: str, known: LabelSet) -> list[str]:
    """Return the entries of the first list or field of labels, spelled as in the set."""
    found = structures(text)
    for record in objects(found):
        for key in _KEYS:
            if record.get(key):
                return _entries(record[key], known)
        scored = _by_score(record, known)
        if scored:
            return scored
    for value in found:
        if isinstance(value, list | tuple) and value and not isinstance(value[0], list | dict):
            return _entries(value, known)
    return []


def _by_score(record: dict[str, Any], known: LabelSet) -> list[str]:
    """Return the labels that an object scores, the highest first."""
    scores = {label: score for key, score in record.items() if (label := known.label(key))}
    numbers = all(isinstance(score, int | float) for score in scores.values())
    if not numbers or len(scores) < max(2, len(record)):
        return []
    return sorted(scores, key=lambda label: -scores[label])


def _entries(value: object, known: LabelSet) -> list[str]:
    values = value if isinstance(value, list | tuple) else [value]
    entries = []
    for entry in values[:_MOST_ITEMS]:
        if isinstance(entry, dict):
            entry = next((entry[key] for key in entry if str(key).casefold() in _KEYS), "")
        if isinstance(entry, str) and entry.strip():
            entries.append(known.label(entry) or entry.strip())
    return entries


def _listed_items(text: str, known: LabelSet) -> list[str]:
    """Return the entries of a numbered or bulleted list that names a label."""
    entries = []
    for match in _ITEM.finditer(text):
        entry = match[1].strip()
        head = _REMARK.split(entry)[0]
        inside = known.inside(entry)
        label = known.label(entry) or known.label(head)
        entries.append(label or (inside[0] if len(inside) == 1 else head.strip()))
        if len(entries) == _MOST_ITEMS:
            break
    return entries if len(entries) > 1 and any(entry in known.labels for entry in entries) else []


def _without_article(spelling: str) -> str:
    for article in ("a ", "an ", "the "):
        if spelling.startswith(article):
            return spelling.removeprefix(article)
    return spelling
