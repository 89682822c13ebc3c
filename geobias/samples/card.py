"""What a notebook shows of samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from geobias.cards import Cards
from geobias.results.words import percent
from geobias.wording import counted

if TYPE_CHECKING:
    from geobias.samples.samples import Samples


def card_of(samples: Samples) -> str:
    """Return HTML: how many samples and sites, how often each model is right, what was dropped."""
    cards = Cards([*samples.models, *samples.column_names, *samples.group_names])
    models = {"model": samples.models, "correct": [percent(share) for share in samples.accuracy]}
    return cards.whole(
        cards.paragraph(cards.said(_size(samples), _sites(samples))),
        cards.lost(samples.ledger.record()),
        cards.table(pd.DataFrame(models)),
        cards.notes(samples.notes),
    )


def _size(samples: Samples) -> str:
    things = "merged site" if samples.averaged else "sample"
    return f"{counted(samples.n, things)}, {counted(len(samples.models), 'model')}."


def _sites(samples: Samples) -> str:
    if samples.merged_from is not None:
        return f"They stand for {counted(int(samples.merged_from.sum()), 'sample')}."
    shared = f"{percent(samples.shared)} of the samples share theirs with others"
    return f"{counted(samples.n_sites, 'site')}; {shared}."
