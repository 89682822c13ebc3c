"""The part of an answer that says it is the answer."""

from __future__ import annotations

import re

from geobias.answering.alternatives import without_alternatives
from geobias.answering.rankings import top_of_ranking

_OPTIONAL = r"(?:[\s*_:\"']|-(?!\s?\d)){0,6}"
"""What may follow a mark: no minus sign."""
_MARK = re.compile(
    r"\b(?:(?:my |the )?(?:final|best|top|overall|single best|most likely|revised|corrected"
    r"|updated|refined|adjusted)"
    r" (?:answer|guess|estimate|prediction|conclusion|location|country|city|place|choice"
    r"|category|class|label|coordinates)"
    r"|(?:my|the|correct) (?:answer|guess|estimate|prediction|conclusion)"
    r"|^\W{0,4}answer|^\W{0,4}guess|^\W{0,4}(?:final|conclusion|verdict)(?=[\s*_]{0,3}:)"
    r"|(?:so|thus|hence),? (?:the (?:country|location|place|city|label|category|answer) is"
    r"|(?:it|this) is)|my money is on"
    r"|(?:i(?:'d| would| will|'ll)? (?:go with|choose|pick|settle on|conclude|guess|bet on"
    r"|lean(?:ing)?(?: towards?)?))"
    r"|(?:i'm|i am) leaning towards?"
    r"|(?:the )?(?:main|primary|dominant|central) (?:object|subject|feature|scene|land use|class)"
    r"|in conclusion|therefore|ultimately|endgültige antwort|antwort|réponse(?: finale)?"
    r"|respuesta(?: final)?|resposta(?: final)?|risposta)\b"
    rf"{_OPTIONAL}(?:(?:is|would be|remains|est|ist|es|é|è|that|it is|this is)\b|[:=]|->)?"
    rf"{_OPTIONAL}",
    re.IGNORECASE | re.MULTILINE,
)
_TAG = re.compile(r"<(answer|final|result)>(.{1,2000}?)</\1>|\\boxed\{([^{}]{1,2000})\}", re.DOTALL)
_SENTENCE_END = re.compile(r"(?<!\bSt)(?<!\bMt)(?<!\bFt)(?<!\.[A-Z])[.!?](?=\s|$)|\n")
_ITEM = re.compile(r"(?:\d{1,3}[.):]|[-*•])\s")
_BOLD = re.compile(r"\*\*([^*\n]{1,200})\*\*")
_SHORT_LINE = 80
_LONGEST_PART = 400
_MOST_MARKS = 50


def marked_parts(text: str) -> list[str]:
    """Return the parts of an answer that are said to be it, the most explicit first.

    They are what stands in a tag or a box, then the sentence after the last ``final answer:``,
    ``my best guess is`` or ``I'd go with``, and the sentences after the ones before.

    >>> marked_parts("I thought of Oslo. Final answer: Bergen. It rains.")
    ['Bergen']
    """
    boxed = [match[2] or match[3] for match in _TAG.finditer(text)]
    after = []
    for count, match in enumerate(_MARK.finditer(text)):
        if count == _MOST_MARKS:
            break
        start = match.end()
        ending = _SENTENCE_END.search(text, start, start + _LONGEST_PART)
        end = ending.start() if ending else len(text)
        part = text[start : min(end, start + _LONGEST_PART)]
        after.append(without_alternatives(part) or part)
    return [part for part in (*reversed(boxed), *reversed(after)) if part.strip()]


def settling_parts(text: str) -> list[str]:
    """Return what settles an answer that names several values.

    What a ranking puts first comes first, then what stands out, then the answer without what it
    calls also possible.

    >>> settling_parts("I think it is Peru. Chile is also possible.")
    ['I think it is Peru.']
    """
    first, rest = top_of_ranking(text), without_alternatives(text)
    return [part for part in (first, *standing_out(text), rest) if part]


def standing_out(text: str) -> list[str]:
    r"""Return what stands out in an answer: bold words, its last or first line if it is no list.

    Lines count when they are short and stand beside others, the shorter one first; two of like
    length settle nothing.

    >>> standing_out("Hills and wine.\n\n**Italy**")
    ['Italy', '**Italy**', 'Hills and wine.']
    """
    bold = [match[1] for match in _BOLD.finditer(text)]
    parts = list(reversed(bold)) if len(bold) == 1 else []
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and sum(_ITEM.match(line) is not None for line in lines) < 2:
        ends = [line for line in (lines[-1], lines[0]) if len(line) <= _SHORT_LINE]
        ends.sort(key=_bare_length)
        if len(ends) == 1 or (ends and 2 * _bare_length(ends[0]) <= _bare_length(ends[-1])):
            parts += ends
    return parts


def _bare_length(line: str) -> int:
    return len(line.strip(" *_#`.!"))
