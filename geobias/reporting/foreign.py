"""Text from data: a name may hold anything, and must neither break a page nor act in it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cached_property

from markupsafe import Markup, escape

_BEYOND = "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 2**20, 2**16))
_UNFIT = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef{_BEYOND}]")
"""Characters that no page may hold: controls, halves of characters, and numbers without one."""

_SIDEWAYS = {"R", "AL", "AN", "RLE", "RLO", "RLI", "LRE", "LRO", "LRI", "FSI", "PDF", "PDI"}
_ISOLATE, _END = "\u2068", "\u2069"

_MARKDOWN = re.compile(r"[\\`*_{}\[\]<>#|~&!$@]|://|www\.")


def printable(value: object) -> str:
    """Return text without the characters that no page may hold."""
    return _UNFIT.sub("\ufffd", str(value))


def one_line(value: object) -> str:
    """Return printable text without line breaks."""
    return " ".join(printable(value).split())


class Names:
    """The names of models and groups, which prose is full of.

    Those that run from right to left, or that hold characters which turn the direction of
    writing, are set apart from the words around them: they cannot rearrange a sentence.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = sorted({one_line(name) for name in names if _turns(name)}, key=len)[::-1]

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("|".join(map(re.escape, self._names)))

    def html(self, value: object) -> Markup:
        """Return text as HTML that shows just this text."""
        text = one_line(value)
        if not self._names:
            return escape(text)
        parts, at = [], 0
        for found in self._pattern.finditer(text):
            parts += [escape(text[at : found.start()]), Markup("<bdi>"), escape(found[0])]
            parts.append(Markup("</bdi>"))
            at = found.end()
        return Markup("").join([*parts, escape(text[at:])])

    def markdown(self, value: object) -> str:
        """Return text as Markdown that shows just this text, in a cell of a table, too."""
        text = one_line(value)
        if self._names:
            text = self._pattern.sub(lambda found: f"{_ISOLATE}{found[0]}{_END}", text)
        return _MARKDOWN.sub(_spelt, text)


def _turns(name: str) -> bool:
    return any(unicodedata.bidirectional(letter) in _SIDEWAYS for letter in name)


def _spelt(found: re.Match[str]) -> str:
    """Spell characters that Markdown, or sites that show it, would act upon."""
    text = found[0]
    if text in ("://", "www."):
        return text.replace(":", "&#58;").replace(".", "&#46;")
    if text in "<>&@|":
        return f"&#{ord(text)};"
    return f"\\{text}"
