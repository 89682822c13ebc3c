"""A report: what an audit found, for people who were not there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from geobias.reporting.families import Family, Finding, families_of
from geobias.reporting.limits import MOST_DRAWN
from geobias.reporting.listing import listed_places
from geobias.reporting.mapped import Mapped
from geobias.reporting.verdicts import Answer, answers_of, summed_up
from geobias.reporting.whereabouts import in_groups, in_places
from geobias.reporting.writing import written
from geobias.results import Audit, Comparison, Groups, WeakPlaces
from geobias.results.words import percent


@dataclass(frozen=True, eq=False, repr=False)
class Report:
    """What an audit found, to be read, printed, passed on and checked.

    Attributes
    ----------
    audit : Audit
        The scores.
    groups : Groups or None
        Accuracies by region; None if no sample lies in one.
    comparison : Comparison or None
        How models differ; None of a single model.
    places : WeakPlaces or None
        Where models fail; None if nobody looked for places.
    command : str or None
        The command line that made the report, if one did.
    notes : tuple of str
        What was left out of the report or done in another way than by default, a sentence each.

    Examples
    --------
    >>> import geobias
    >>> world = geobias.simulate.world("unbiased", n=300)
    >>> found = geobias.report(world, scales="1000km", permutations=99, bootstrap=99)
    >>> found.answers[0].verdict
    'no more than chance'
    >>> print(found.to_markdown().splitlines()[0])
    ## Geographic bias
    """

    audit: Audit
    groups: Groups | None
    comparison: Comparison | None
    places: WeakPlaces | None = None
    command: str | None = None
    notes: tuple[str, ...] = ()

    @cached_property
    def families(self) -> list[Family]:
        """All tests of each model."""
        return families_of(self.audit, self.groups, self.places)

    @property
    def tests(self) -> list[Finding]:
        """The tests of the calibrated scores."""
        return [test for family in self.families for test in family.scores]

    @cached_property
    def answers(self) -> list[Answer]:
        """What is to be said of each model."""
        return answers_of(
            self.audit,
            self.families,
            in_groups(self.groups, self.families),
            in_places(self.places, self.families),
        )

    @cached_property
    def mapped(self) -> Mapped:
        """The audit in the cells of a map."""
        return Mapped.of(self.audit)

    @cached_property
    def listed(self) -> pd.DataFrame:
        """The places to list and to draw."""
        return listed_places(self.places, self.families, self.mapped)

    @property
    def names(self) -> list[str]:
        """The names of models and groups, which the data brought in."""
        groups = [] if self.groups is None else self.groups.table["group"].unique().tolist()
        return [*self.audit.scored.models, *map(str, groups)]

    def sentences(self) -> list[str]:
        """Say what was found: first of all models, then of each that is drawn."""
        lines = [summed_up(self.answers)]
        for answer in self.answers:
            if answer.model in self.mapped.drawn:
                lines.append(f"{answer.model}: {said(answer)}")
        return lines

    def facts(self) -> dict[str, Any]:
        """Return everything but the map as plain Python values; NaN becomes None."""
        return {
            "answers": [answer.record() for answer in self.answers],
            "sentences": self.sentences(),
            "notes": list(self.notes),
            "command": self.command,
            "audit": self.audit.facts(),
            "groups": self.groups.facts() if self.groups else None,
            "places": self.places.facts() if self.places else None,
            "comparison": self.comparison.facts() if self.comparison else None,
        }

    def to_html(self, path: str | Path | None = None, *, force: bool = False) -> str:
        """Return the report as one page that needs nothing else, and write it if asked to.

        Parameters
        ----------
        path
            Where to write it, if anywhere.
        force
            Write over a file that exists.
        """
        from geobias.reporting.page import page

        return written(page(self), path, force)

    def to_markdown(self, path: str | Path | None = None, *, force: bool = False) -> str:
        """Return a section for a model card in Markdown, and write it if asked to.

        Parameters
        ----------
        path
            Where to write it, if anywhere.
        force
            Write over a file that exists.
        """
        from geobias.reporting.card import card

        return written(card(self), path, force)

    def to_json(self, path: str | Path | None = None, *, force: bool = False) -> str:
        """Return the `facts` as JSON, and write them if asked to.

        Parameters
        ----------
        path
            Where to write it, if anywhere.
        force
            Write over a file that exists.
        """
        text = json.dumps(self.facts(), indent=2, allow_nan=False, ensure_ascii=False)
        return written(text + "\n", path, force)

    def __repr__(self) -> str:
        return "\n".join([*self.audit.headlines(), *self.sentences(), *self.notes])

    def _repr_html_(self) -> str:
        from geobias.cards import Cards

        cards = Cards(self.names)
        answers = self.answers[:MOST_DRAWN]
        hidden = len(self.answers) - len(answers)
        return cards.whole(
            cards.paragraph(cards.said(summed_up(self.answers))),
            cards.listed(
                [
                    cards.said(f"{answer.model}: {percent(answer.accuracy)} right.", said(answer))
                    for answer in answers
                ]
            ),
            cards.paragraph(f"… and {hidden:,} more models.") if hidden else Markup(),
            cards.listed(self.notes),
            cards.paragraph(
                cards.code("The whole report: ", '.to_html("report.html")')
                + cards.code(", a section for a model card: ", ".to_markdown()")
                + cards.code(", the facts: ", ".to_json()")
            ),
        )


def said(answer: Answer) -> str:
    """Return all that an answer says."""
    parts = (answer.bias, answer.figures, answer.where, answer.places)
    return " ".join(part for part in parts if part)
