"""What a plan says, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from geobias.memory import spelled_size
from geobias.wording import counted

_MOST_SECONDS = (
    (90.0, 1.0, "s"),
    (90 * 60.0, 60.0, "min"),
    (48 * 3600.0, 3600.0, "hours"),
    (np.inf, 86400.0, "days"),
)
"""Up to so many seconds a time is told in a unit of so many."""

_PLAIN = 10_000_000
"""Counts from here on are told as 4.1e11."""

QUICK = 60.0
"""Nobody needs to save on what takes no longer, in seconds."""


def duration(seconds: float) -> str:
    """Return a time in words.

    >>> duration(0.4), duration(75), duration(2400), duration(61200), duration(1e6)
    ('less than 1 s', '75 s', '40 min', '17 hours', '12 days')
    >>> duration(40_000_000)
    '460 days'
    """
    if np.isinf(seconds):
        return "unknown"
    if seconds < 1.0:
        return "less than 1 s"
    unit, name = next((unit, name) for most, unit, name in _MOST_SECONDS if seconds < most)
    return f"{rounded(seconds / unit)} {name}"


def rounded(value: float) -> str:
    """Return a figure with two digits.

    >>> rounded(1.24), rounded(17.3), rounded(1240.0), rounded(4.1234e11), rounded(4e7)
    ('1.2', '17', '1,200', '4.1e11', '4e7')
    """
    whole = float(f"{value:.2g}")
    if whole >= _PLAIN:
        power = int(f"{whole:e}".partition("e")[2])
        return f"{whole / 10**power:g}e{power}"
    return f"{whole:,.0f}" if whole >= 10.0 else f"{whole:g}"


def about(seconds: float) -> str:
    """Return a time in words, after "in".

    >>> about(0.4), about(2400)
    ('less than 1 s', 'about 40 min')
    """
    said = duration(seconds)
    return said if said.startswith("less") else f"about {said}"


def share(low: float, value: float, high: float) -> str:
    """Return how far an interval goes to either side, or nothing of what is exact."""
    if high <= low or not value:
        return ""
    return f" (± {100.0 * (high - low) / (2.0 * value):.2g} %)"


def work_sentence(row: Mapping[str, Any], threads: int) -> str:
    """Say how many pairs a scale has, and how long they take."""
    pairs = rounded(row["pairs"]) + share(row["pairs_low"], row["pairs"], row["pairs_high"])
    return (
        f"At {row['scale']} {counted(row['centres'], 'centre')} have {pairs} pairs with their "
        f"neighbours: {_crowding(row)}. That takes {time_of(row)} on {counted(threads, 'thread')}."
    )


def _crowding(row: Mapping[str, Any]) -> str:
    """Say how many neighbours there are around a centre."""
    if row["neighbours"] == row["neighbours_most"]:
        return f"{row['neighbours_most']:,} each"
    text = (
        f"{rounded(row['neighbours'])} each on average, at most "
        f"{rounded(row['neighbours_p95'])} around 95 % of them, and "
        f"{row['neighbours_most']:,} around the most crowded"
    )
    exact = row["counted"] == row["locations"]
    return text if exact else f"{text} of {row['counted']:,} that were looked at"


def time_of(row: Mapping[str, Any]) -> str:
    """Return a time with its interval."""
    low, high = duration(row["seconds_low"]), duration(row["seconds_high"])
    said = about(row["seconds"])
    return said if low == high else f"{said} ({low} … {high})"


def centres_sentence(row: Mapping[str, Any], whole: Mapping[str, Any], model: bool) -> str:
    """Say how many centres give a wanted standard error.

    ``row`` is one of the precision of a plan, ``whole`` that of the summary, and ``model`` whether
    there are several models.
    """
    name = f"mean {row['score']}" + (" of each model" if model else "")
    wanted, scale = f"± {row['standard_error']:g} nats", row["scale"]
    if np.isnan(row["spread"]):
        return (
            f"At {scale} {row['score']} is undefined around all but one of {row['seen']:,} random "
            "centres at most: how many would do cannot be told."
        )
    if row["centres"] >= row["samples"]:
        return f"At {scale} the {name} needs all {row['samples']:,} centres for {wanted}."
    how = f"in {about(row['seconds'])}: --centres {row['centres']}."
    if row["centres"] > whole["centres"]:
        return f"At {scale} the {name} needs {row['centres']:,} centres for {wanted}, {how}"
    text = f"At {scale} {row['centres']:,} centres would give the {name} to {wanted} {how}"
    if whole["seconds"] < QUICK:
        text += " There is no need: all take no longer than a minute."
    return text


def memory_sentences(memory: Mapping[str, int]) -> list[str]:
    """Say what is needed of memory."""
    said = {name: spelled_size(size) for name, size in memory.items()}
    return [
        f"Memory: about {said['whole']}, of which {said['samples']} are samples, their locations "
        f"and the nearest of each, {said['scores']} the scores of all centres and {said['work']} "
        f"the largest neighbourhood on every thread.",
        f"With --memory the scores are written as they come: {said['least']} is enough, and the "
        f"whole process then takes about {said['streamed']}.",
    ]
