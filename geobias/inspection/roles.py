"""What the columns of a table are probably for, by their names and what they hold."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence

from geobias.inspection.kinds import CODED, LABELS, LISTS, NUMBERS, PROSE, SHARES, WHOLE

_TRUE = r"(gt|true|truth|groundtruth|target|actual)"
_GUESSED = r"(p|pred|predicted|prediction|guess|guessed|est|estimated|model|output)"
_NAMES = {
    "true latitude": re.compile(rf"{_TRUE}(lat|latitude)"),
    "true longitude": re.compile(rf"{_TRUE}(lon|lng|long|longitude)"),
    "predicted latitude": re.compile(rf"{_GUESSED}(lat|latitude)"),
    "predicted longitude": re.compile(rf"{_GUESSED}(lon|lng|long|longitude)"),
    "answer": re.compile(
        r"(model|raw|llm|vlm|gpt\w*)?(answers?|response|completion|reply|output|text)"
    ),
    "prediction": re.compile(
        r"(top1|y)?(p|pred|preds|predictions?|predicted|guess|output)"
        r"(labels?|class|classes|category|categories)?|yhat"
    ),
    "label": re.compile(
        rf"y|y?{_TRUE}(labels?|class|category)?|labels?|category|class|classid|categoryid|species"
    ),
    "id": re.compile(r"(sample|image|photo|file|row|img)?(id|key|name|file|path|filename)|uuid"),
}
_PLAIN = {
    "predicted latitude": ("lat", "latitude"),
    "predicted longitude": ("lon", "lng", "long", "longitude"),
}
_HOLDING = {
    "answer": (PROSE,),
    "prediction": (CODED, LISTS, SHARES, WHOLE, NUMBERS, LABELS),
    "label": (CODED, SHARES, WHOLE, NUMBERS, LABELS),
}


def roles_of(names: Sequence[Hashable], kinds: Mapping[Hashable, str]) -> dict[str, Hashable]:
    """The column of each role that exactly one column can play."""
    roles: dict[str, Hashable] = {}
    for role, pattern in _NAMES.items():
        fitting = [
            name
            for name in names
            if pattern.fullmatch(re.sub(r"[\W_]", "", str(name).casefold()))
            and kinds.get(name) in _HOLDING.get(role, (kinds.get(name),))
            and name not in roles.values()
        ]
        if len(fitting) == 1:
            roles[role] = fitting[0]
    if {"true latitude", "true longitude"} <= roles.keys():
        # Beside these, plain coordinates are the predicted ones.
        for role, plain in _PLAIN.items():
            named = [name for name in names if str(name).casefold() in plain]
            if role not in roles and len(named) == 1:
                roles[role] = named[0]
    return roles
