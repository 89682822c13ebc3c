"""Answers that give no answer: empty ones and refusals."""

from __future__ import annotations

import re

_EMPTY_WORDS = {
    "", "n/a", "na", "nan", "none", "null", "nil", "-", "--", "---", "?", "…", "...", "[]", "{}",
    "<na>", "no answer", "no response", '""', "''",
}  # fmt: skip

_REFUSED_WHOLE = {
    "unknown", "undetermined", "unclear", "unsure", "not sure", "indeterminate", "unidentifiable",
    "cannot determine", "cannot tell", "can't tell", "no idea", "not identifiable", "inconclusive",
    "insufficient information", "not enough information", "location unknown", "unknown location",
    "inconnu", "unbekannt", "desconocido", "desconhecido", "sconosciuto",
}  # fmt: skip

_NOT_ABLE = (
    r"(?:can(?:not|'t| not)|could(?:n't| not)|am unable to|'m unable to|unable to"
    r"|(?:am|'m) not able to|not able to|(?:not|isn't) possible to|impossible to"
    r"|won't be able to|won't|will not|(?:prefer|'d rather|would rather) not(?: to)?"
    r"|(?:do|does)(?:n't| not) allow me to|not comfortable)"
)
_HOW = r"(?: \w{1,14}){0,2}? "
_TELLING = (
    r"(?:determin|identif|tell|say|know|pinpoint|provid|locat|recogni[sz]|classif|assist|help"
    r"|be (?:certain|sure|precise|definitive|confident)|see\b|view|answer|giv|infer|confirm"
    r"|specif|ascertain|make out|guess|establish|access|estimat|geolocat|comply|fulfil|discern)"
)
_REFUSAL = re.compile(
    rf"\b{_NOT_ABLE}{_HOW}{_TELLING}\w{{0,12}}"
    r"|\bi(?: do not|'m not| don't| am not)(?: \w{1,14})?"
    r" (?:know|sure|certain|have (?:access|enough|sufficient))"
    r"|\b(?:not enough|insufficient) (?:\w{1,14} )?(?:information|detail|context|evidence|clues)"
    r"|\bi(?:'m| am) (?:very |really |so )?sorry|\bsorry, (?:but|i)|\bi apologi[sz]e"
    r"|\bi(?: must| have to| need to| will|'ll)?(?: \w{1,14})? (?:decline|refuse|refrain)\b"
    r"|\bmy apologies\b|\bindeterminate\b"
    r"|\btoo (?:blurry|blurred|dark|vague|generic|small|unclear)(?: for (?:me|us|anyone))? to\b"
    r"|\bdunno\b|\bno clue\b|\bhaven't a clue\b|\bbeats me\b"
    r"|\bas an ai\b|\bno (?:way|means) (?:to|of) (?:tell|know|determin|identif)\w{0,5}"
    r"|\bnot (?:determinable|identifiable)|\bcannot be (?:determined|identified|known|inferred)"
    r"|\bcan't be (?:determined|identified|known|inferred)"
    r"|\bne (?:peux|puis|sais|parviens)(?: \w{1,14}){0,2} pas\b|\bil est impossible de\b"
    r"|\bje ne (?:peux|sais|suis) pas\b|\bimpossible (?:de|à) (?:dire|déterminer|identifier)"
    r"|\bno (?:puedo|es posible|sé|se puede)(?: \w{1,14}){0,2}"
    r"|\bnão (?:posso|consigo|é possível|sei)\b|\bnon (?:posso|riesco|è possibile|so)\b"
    r"|\bich (?:kann|weiß|weiss)(?: \w{1,14}){0,4} nicht\b|\bnicht (?:möglich|bestimmbar)"
    r"|\bleider (?:kann|nicht)\b|\blässt sich (?:\w{1,14} ){0,3}nicht\b"
    r"|(?:не могу|невозможно|не знаю|無法|无法|不能确定|わかりません|特定できません|できません"
    r"|(?<!\w)لا (?:يمكنني|أستطيع|أعرف|يمكن)|알 수 없|할 수 없)",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(
    r"[.!?;:](?=\s|$)|\n|,?\s\b(?:but|however|still|though|although|yet|nevertheless|that said"
    r"|aber|jedoch|mais|pero|mas|ma)\b|,\s(?=so\b|my\b|if\b|maybe\b|perhaps\b"
    r"|(?:most )?likely\b|probably\b|possibly\b|it (?:is|could|might|looks|may)\b)",
    re.IGNORECASE,
)
_WEIGHS = re.compile(r"\b(?:whether|between|either|which of|if it is)\b", re.IGNORECASE)
_UNKNOWN_FIELD = re.compile(
    r"\b(?:country|location|place|answer|city|label|category|lat(?:itude)?|lon(?:gitude)?"
    r"|coordinates)"
    r"[\"'*_\s]{0,4}[:=][\"'*_\s]{0,4}(?:unknown|undetermined|unclear|n/a|none|null|not sure)\b",
    re.IGNORECASE,
)
_NOTHING_TO_TELL_BY = re.compile(
    r"\b(?:lacks?|lacking|no) (?:any )?(?:clear|distinctive|distinguishing|identifiable"
    r"|identifying) \w{3,14}",
    re.IGNORECASE,
)
_MOST_REFUSALS = 8


def is_empty(text: str) -> bool:
    """Whether an answer is blank or a word for nothing.

    >>> is_empty(" N/A "), is_empty("None."), is_empty("Nancy")
    (True, True, False)
    """
    bare = text.strip().casefold()
    return bare in _EMPTY_WORDS or bare.rstrip(".") in _EMPTY_WORDS


def leaves_open(text: str) -> bool:
    """Whether a field says that its value is not known, or there is nothing to tell it by.

    >>> leaves_open('{"country": "Unknown"}'), leaves_open('{"country": "Peru"}')
    (True, False)
    """
    return any(said.search(text) for said in (_UNKNOWN_FIELD, _NOTHING_TO_TELL_BY))


def without_refusals(text: str) -> tuple[str, bool]:
    """Return what an answer says beside refusing, and whether it refuses.

    A clause that weighs candidates is kept: it names them.

    >>> without_refusals("I can't be certain, but likely Paris.")
    ('I , but likely Paris.', True)
    >>> without_refusals("Paris")
    ('Paris', False)
    """
    if text.strip().rstrip(".!").casefold() in _REFUSED_WHOLE:
        return "", True
    kept = []
    place = 0
    refused = False
    for _ in range(_MOST_REFUSALS):
        match = _REFUSAL.search(text, place)
        if match is None:
            break
        refused = True
        ending = _CLAUSE_END.search(text, match.end())
        end = ending.start() if ending else len(text)
        kept.append(text[place : match.start()])
        if _WEIGHS.search(text[match.end() : end]):
            kept.append(text[match.start() : end])
        place = end
    kept.append(text[place:])
    return "".join(kept), refused
