"""Text of an answer: how much of it is looked at, and in which characters."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

HEAD = 6_000
TAIL = 6_000
"""Characters of a long answer that are looked at: its beginning and its end."""

_CHARACTERS = str.maketrans(
    {
        **dict.fromkeys("−‒–—﹣‐‑", "-"),
        **dict.fromkeys("′’‘ʹʼ´", "'"),
        **dict.fromkeys("″”“„ʺ", '"'),
        **dict.fromkeys("º˚ᵒ", "°"),
        **dict.fromkeys("\u00a0\u2007\u2009\u202f\u3000\u2002\u2003", " "),
        **{chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F)},
        **dict.fromkeys("\u200b\u200e\u200f\ufeff\u2060", ""),
    }
)
_DIGITS = str.maketrans(
    {
        **{chr(first + digit): str(digit) for first in (0x660, 0x6F0) for digit in range(10)},
        "٫": ".",
        "،": ",",
    }
)
_DECORATION = re.compile(r"\*{1,3}|_{2,3}|`{1,3}|</?[A-Za-z]{1,12}>|\\boxed|^#{1,6} ", re.MULTILINE)
_LATEX_DEGREES = re.compile(r"\s?\^\s?(?:\\circ|\{\s?\\circ\s?\})")
_LATEX_TEXT = re.compile(r"\\(?:text|textbf|mathrm|mathbf)\{([^{}]{0,500})\}")
_THOUGHT = re.compile(r"</(?:think|thinking|thought|reasoning)>", re.IGNORECASE)
_ONE_BY_ONE = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_MARKS = (
    "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0dff"
    "\u0f18-\u0f39\u0f71-\u0fbc"
)
"""Accents and vowel signs, which belong to the word they stand in."""
_LETTER = rf"[^\W_{_ONE_BY_ONE}]"
_TOKEN = re.compile(rf"&|[{_ONE_BY_ONE}]|{_LETTER}(?:{_LETTER}|[{_MARKS}])*")
_ASCII_WORD = re.compile(r"[a-z0-9]+|&")
_SHORT = {"&": "and", "st": "saint", "ste": "sainte", "mt": "mount", "ft": "fort"}


@dataclass(frozen=True, slots=True)
class Token:
    """A word, or a single character of a script without spaces, and where it stands."""

    folded: str
    start: int
    end: int
    capital: bool
    """Whether it starts with a capital, or with a letter of a script that has none."""


def clipped(text: str) -> tuple[str, bool]:
    """Return the beginning and the end of a long text, and whether something was cut.

    >>> clipped("Paris")
    ('Paris', False)
    """
    if len(text) <= HEAD + TAIL:
        return text, False
    return f"{text[:HEAD]}\n\n{text[-TAIL:]}", True


def uniform(text: str) -> str:
    r"""Return a text whose dashes, quotes, primes, degree signs and spaces are plain ones.

    Full-width characters become narrow ones, and degrees and text in LaTeX plain.

    >>> uniform("48°51′24″ N")
    '48°51\'24" N'
    """
    plain = unicodedata.normalize("NFC", text.translate(_CHARACTERS)).replace("''", '"')
    return _LATEX_TEXT.sub(r"\1", _LATEX_DEGREES.sub("°", plain)) if "\\" in plain else plain


def with_plain_digits(text: str) -> str:
    """Return a text whose Arabic and Persian digits and commas are those of English.

    >>> with_plain_digits("٣٠٫٠٤، ٣١٫٢٣")
    '30.04, 31.23'
    """
    return text.translate(_DIGITS)


def without_thoughts(text: str) -> str:
    """Return what follows the last closing tag of a model's thoughts, if anything does.

    >>> without_thoughts("<think>Peru? Chile?</think> Peru")
    ' Peru'
    """
    rest = _THOUGHT.split(text)[-1]
    return rest if rest.strip() else text


def undecorated(text: str) -> str:
    """Return a text without Markdown emphasis, code marks and tags.

    >>> undecorated("**Paris**, `France`")
    'Paris, France'
    """
    return _DECORATION.sub("", text)


def folded(text: str) -> str:
    """Return a text without case and accents.

    >>> folded("Österreich"), folded("STRASSE"), folded("Straße")
    ('osterreich', 'strasse', 'strasse')
    """
    apart = unicodedata.normalize("NFKD", text)
    bare = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return unicodedata.normalize("NFC", bare).casefold().translate(_FOLDED_LETTERS)


_FOLDED_LETTERS = str.maketrans({"ı": "i", "ł": "l", "đ": "d", "ð": "d", "ø": "o", "æ": "ae"})


def tokens(text: str) -> list[Token]:
    """Return the words of a text, folded; abbreviations such as ``St.`` are written out.

    >>> [token.folded for token in tokens("St. Lucia & 東京")]
    ['saint', 'lucia', 'and', '東', '京']
    """
    found = []
    for match in _TOKEN.finditer(text):
        written = match[0]
        word = written.casefold() if written.isascii() else folded(written)
        if not word:
            continue
        found.append(
            Token(
                _SHORT.get(word, word),
                match.start(),
                match.end(),
                written[0].isupper() or written[0] == written[0].upper(),
            )
        )
    return found


def words(text: str) -> str:
    """Return the folded words of a text with single spaces: what names are looked up by.

    >>> words("Côte d'Ivoire"), words("Single-unit_Residential")
    ('cote d ivoire', 'single unit residential')
    """
    if text.isascii():
        return " ".join(_SHORT.get(word, word) for word in _ASCII_WORD.findall(text.casefold()))
    return " ".join(_SHORT.get(word, word) for word in _TOKEN.findall(folded(text)))
