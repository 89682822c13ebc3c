"""Cards: what notebooks show of results is sound HTML, verdict first, and leaks nothing."""

import re

import html5lib
import numpy as np
import pandas as pd
import pytest

import geobias
import worlds
from geobias.cards import MOST_LINES, MOST_ROWS, Cards

ATTACK = "<script>alert(1)</script>"
SIDEWAYS = "نموذج 1"
OVERRIDE = "\u202eevil"
MODELS = ["fair", ATTACK, SIDEWAYS, OVERRIDE]


def predictions(n=80):
    draw = np.random.default_rng(0)
    table = pd.DataFrame({"lat": draw.uniform(44, 50, n), "lon": draw.uniform(5, 28, n)})
    table[MODELS] = draw.random((n, len(MODELS))) < 0.7
    table["camp"] = draw.choice([ATTACK, SIDEWAYS, "c"], n)
    table.loc[:1, "lat"] = np.nan
    return table


def results():
    table = predictions()
    choices = {"correct": MODELS, "scales": "knn:12", "permutations": 19}
    audit = geobias.score(table, **choices, bootstrap=19)
    answers = table[["lat", "lon"]].dropna().assign(answer=[ATTACK, "Vienna", "No idea."] * 26)
    return {
        "audit": audit,
        "untested": geobias.score(table, correct="fair", scales="knn:12"),
        "comparison": geobias.compare(table, **choices, bootstrap=19),
        "groups": geobias.groups(table, by="camp", correct=MODELS, permutations=19, least=5),
        "samples": audit.scored,
        "merged": audit.scored.merged(),
        "inspection": geobias.inspect(table),
        "answers": geobias.answers(answers, task="place"),
    }


@pytest.fixture(scope="module")
def cards():
    return {name: result._repr_html_() for name, result in results().items()}


NAMES = [
    "audit", "untested", "comparison", "groups", "samples", "merged", "inspection", "answers",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_card_is_sound_html(cards, name):
    page = f"<!DOCTYPE html><html><head><title>x</title></head><body>{cards[name]}</body></html>"
    html5lib.HTMLParser(strict=True).parse(page)


@pytest.mark.parametrize("name", NAMES)
def test_a_card_leaks_neither_style_nor_script_nor_colour(cards, name):
    card = cards[name]
    assert not re.search(r"<(style|script|link|img)|\bon\w+=|\bid=|\bclass=", card)
    # Colours are those of the notebook, light or dark.
    assert not re.search(r"(color|background)\s*:", card)


@pytest.mark.parametrize("name", ["audit", "comparison", "groups", "samples", "inspection"])
def test_names_are_text(cards, name):
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in cards[name]


@pytest.mark.parametrize("name", ["audit", "comparison", "groups", "samples", "inspection"])
def test_names_from_right_to_left_are_kept_apart(cards, name):
    """They and names that turn the direction of writing never stand outside a bdi."""
    rest = re.sub(r"<bdi>[^<]*</bdi>", "", cards[name])
    assert f"<bdi>{SIDEWAYS}</bdi>" in cards[name]
    assert SIDEWAYS not in re.sub(r"<code.*?</code>", "", rest)
    assert "<bdi>fair</bdi>" not in cards[name]
    if name != "groups":
        assert f"<bdi>{OVERRIDE}</bdi>" in cards[name]


@pytest.mark.parametrize("name", ["audit", "untested", "comparison", "groups", "samples"])
def test_dropped_rows_are_said_outside_of_the_folds(cards, name):
    open_part = re.sub(r"<details.*?</details>", "", cards[name], flags=re.DOTALL)
    assert "2 rows of 80 dropped: 2 no coordinates." in open_part


def test_an_audit_says_its_verdict_first(cards):
    assert re.match(r"<div [^>]*><ul [^>]*><li><strong>fair: undecided\.<", cards["audit"])
    assert "<strong>fair: not tested.</strong>" in cards["untested"]


def test_a_finding_is_a_verdict_and_chance_is_none():
    draw = np.random.default_rng(1)
    table = pd.DataFrame({"lat": draw.uniform(44, 50, 600), "lon": draw.uniform(5, 28, 600)})
    table["fair"] = draw.random(600) < 0.8
    table["weak"] = draw.random(600) < np.where(table["lon"] > 20, 0.5, 0.95)
    choices = {"correct": ["fair", "weak"], "scales": "knn:50", "permutations": 199}
    audit = geobias.score(table, **choices)._repr_html_()
    assert "<strong>fair: no more than chance.</strong>" in audit
    assert "<strong>weak: more than chance.</strong>" in audit
    both = geobias.compare(table, **choices, bootstrap=19)._repr_html_()
    assert "<strong>weak&#39;s errors cluster more than fair&#39;s at knn:50" in both


def test_a_comparison_without_a_difference_says_so_and_folds_the_rest():
    table = worlds.table(worlds.clustered(60, 1), a=worlds.hits(60, 1), b=worlds.hits(60, 1))
    found = geobias.compare(
        table, correct=["a", "b"], scales="knn:12", permutations=19, bootstrap=19
    )
    card = found._repr_html_()
    assert card.count("<strong>") == 1
    assert "<strong>No calibrated score differs beyond chance.</strong>" in card
    folded = re.search("<details.*?</details>", card)[0]
    assert "Differences that chance may have made" in folded
    assert folded.count("<li>") == len(found.table)


def test_groups_say_who_is_in_none():
    table = pd.DataFrame({"lat": [0.0, 48.9] * 30, "lon": [-30.0, 2.3] * 30, "hit": [1, 1, 0] * 20})
    card = geobias.groups(table, by="country", permutations=19)._repr_html_()
    assert "30 samples in no country, left out." in card


def test_samples_say_how_many_and_where(cards):
    assert "<strong>78 samples, 4 models.</strong> 78 sites; 0.0 %" in cards["samples"]
    assert (
        "<strong>78 merged sites, 4 models.</strong> They stand for 78 samples." in cards["merged"]
    )
    samples = geobias.Samples.from_table(
        pd.DataFrame({"lat": [5, 5, 9, 8], "lon": [3, 3, 3, 3], "hit": [1, 0, 1, 1]})
    )
    card = samples._repr_html_()
    assert "3 sites; 50.0 % of the samples share theirs with others." in card
    assert re.search(r">hit</td><td [^>]*>75\.0 %</td>", card)
    assert "dropped" not in card
    for note in samples.notes:
        assert note.replace("'", "&#39;") in card


def test_the_command_of_an_inspection_can_be_copied(cards):
    command = re.search(r'Next: <code dir="ltr"[^>]*>(.*?)</code>', cards["inspection"])[1]
    assert command.startswith("geobias score")


def alignments(table):
    """How the cells of the first row are aligned."""
    return re.findall(r"<td [^>]*text-align:(\w+)", Cards().table(table).split("</tr>")[1])


@pytest.mark.parametrize(
    "text",
    ["6,000", "0.79", "−3.7", "+0.05", "0.89 (+0.05)", "44.53 … 136.21", "−11.5 … +2.7", "69-83",
     "1.2e-05", "79.8 %", "9.3 … 28.0 %", "0.93 ± 0.02", "50.0 % of 40", "undefined", ""],
)  # fmt: skip
def test_numbers_are_aligned_to_the_right(text):
    assert alignments(pd.DataFrame({"a": [text, "1"]})) == ["right"]


@pytest.mark.parametrize("text", ["knn:100", "100km", "all", "2 clustered, 1 dispersed", "1 a"])
def test_words_are_aligned_to_the_left(text):
    assert alignments(pd.DataFrame({"a": [text, "1"]})) == ["left"]


def test_a_long_table_is_cut_and_says_so():
    long = pd.DataFrame({"a": [f"row {i}" for i in range(MOST_ROWS + 1)]})
    card = Cards().table(long)
    assert f"row {MOST_ROWS - 1}<" in card
    assert f"row {MOST_ROWS}<" not in card
    assert f"These are the first {MOST_ROWS} of {MOST_ROWS + 1} rows." in card
    assert "first" not in Cards().table(long.head(MOST_ROWS))


def test_a_long_list_folds_its_end():
    lines = [f"line {i}" for i in range(MOST_LINES + 3)]
    card = Cards().listed(lines)
    assert '<summary style="cursor:pointer">3 more</summary>' in card
    assert (
        card.index(f"line {MOST_LINES - 1}<")
        < card.index("<details")
        < card.index(f"line {MOST_LINES}<")
    )
    assert "<details" not in Cards().listed(lines[:MOST_LINES])


def test_of_nothing_nothing_is_shown():
    cards = Cards()
    assert cards.listed([]) == cards.table(pd.DataFrame({"a": []})) == cards.notes([]) == ""
    assert cards.folded("title", cards.listed([])) == ""
