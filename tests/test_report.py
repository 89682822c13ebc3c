"""Reports: what they say, how they say it, and what they do with bad input."""

import json
import os
import re
import subprocess
import sys
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise

import html5lib
import numpy as np
import pandas as pd
import pytest

import geobias
import naive
from geobias.errors import GeoBiasError, InputError
from geobias.reporting import compiling, limits
from geobias.reporting.compact import _rounded, compact
from geobias.reporting.families import (
    IN_PLACES,
    LESS,
    MORE,
    NONE,
    UNDECIDED,
    UNDEFINED,
    UNTESTED,
    Family,
    Finding,
    Further,
    families_of,
)
from geobias.reporting.foreign import Names, printable
from geobias.reporting.listing import MOST_LISTED, listed_places
from geobias.reporting.mapped import AT_SEA, Mapped
from geobias.reporting.verdicts import answers_of, summed_up
from reported import (
    CHOICES,
    CLOSING,
    HEBREW,
    SCRIPT,
    TURNED,
    hostile_report,
    predictions,
    report_of,
)

QUICK = {"scales": "knn:20", "permutations": 99, "bootstrap": 99}


@pytest.fixture(scope="module")
def report():
    return hostile_report()


@pytest.fixture(scope="module")
def page(report):
    return report.to_html()


@pytest.fixture(scope="module")
def tree(page):
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parse(page)


def text_of(element):
    return "".join(element.itertext())


def scattered(n=80, seed=0):
    draw = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "lat": draw.normal(48, 2, n),
            "lon": draw.normal(11, 2, n),
            "correct": draw.random(n) < 0.7,
        }
    )


# What is said.


def a_test(**facts):
    known = {
        "model": "m", "scale": "1km", "score": "clustering", "mean": 3.0, "low": 2.0, "high": 4.0,
        "leaning": 1.5, "chance": 1.0, "z": 9.0, "p": 0.001, "adjusted": 0.003, "least": 0.003,
    }  # fmt: skip
    return Finding(**{**known, **facts})


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        ({}, MORE),
        ({"adjusted": 0.05}, MORE),
        ({"adjusted": 0.051}, NONE),
        ({"z": -4.0}, LESS),
        ({"p": np.nan, "adjusted": np.nan}, UNDEFINED),
        ({"mean": np.nan}, UNDEFINED),
        ({"least": np.nan, "p": np.nan, "adjusted": np.nan, "z": np.nan}, UNTESTED),
        ({"least": 0.06, "adjusted": 0.06}, UNDECIDED),
        ({"least": 0.06, "adjusted": 0.05}, MORE),
    ],
)
def test_a_verdict_follows_the_adjusted_p(facts, verdict):
    assert a_test(**facts).verdict == verdict


@pytest.mark.parametrize(
    ("leaning", "pattern"),
    [(1.5, "together"), (-1.5, "apart"), (0.1, "together here and apart there")],
)
def test_more_than_chance_has_a_direction(leaning, pattern):
    assert a_test(leaning=leaning).pattern == f"errors keep {pattern}"


def answer(report, *tests, further=()):
    (said,) = answers_of(report.audit, [Family(HEBREW, tests, further)])
    return said


def in_places_test(**facts):
    known = {"p": 0.001, "adjusted": 0.011, "least": 0.011}
    return Further(IN_PLACES, IN_PLACES, "errors pile up in places", **{**known, **facts})


def test_errors_at_random_are_called_chance(report):
    said = answer(report, a_test(model=HEBREW, p=0.03, adjusted=0.18))
    assert said.verdict == NONE
    assert said.bias == "Chance can explain how its errors lie."
    assert "adjusted 0.18" in said.figures
    assert "does not explain" not in f"{said.bias} {said.figures}"


def test_a_weak_region_is_no_chance_even_if_no_neighbourhood_shows_it():
    draw = np.random.default_rng(0)
    table = scattered(600)
    table["correct"] = draw.random(600) < np.where(table["lon"] < 11.0, 0.55, 0.9)
    table["half"] = np.where(table["lon"] < 11.0, "west", "east")
    found = geobias.report(table, by="half", scales="knn:10", permutations=199, bootstrap=19)
    assert {test.verdict for test in found.tests} == {NONE}
    (said,) = found.answers
    assert said.verdict == MORE
    assert "accuracy differs between groups of 'half'" in said.bias
    assert "Between groups of 'half': p 0.005, adjusted for 5 tests 0.025" in said.figures
    assert "half west" in said.where
    # The scores pay for each further test.
    for further, tests in (((), 3), ((found.groups,), 4), ((found.groups, found.places), 5)):
        (family,) = families_of(found.audit, *further)
        assert len(family.scores) + len(family.further) == tests
        assert {test.least for test in (*family.scores, *family.further)} == {tests / 200}
    assert found.tests == list(family.scores)


def test_relative_speaks_only_where_nothing_clearer_does(report):
    clear = a_test(model=HEBREW)
    mixed = a_test(model=HEBREW, score="relative")
    both = answer(report, clear, mixed)
    assert "errors keep together at 1km" in both.bias
    assert "Relative" not in both.figures
    alone = answer(report, replace(clear, adjusted=0.5), mixed)
    assert alone.verdict == MORE
    assert alone.figures.startswith("Relative 3.00 nats (95 % 2.00 … 4.00) at 1km")


def test_too_few_permutations_are_no_acquittal():
    few = geobias.report(scattered(), scales=["knn:20", "100km"], permutations=19, bootstrap=19)
    (said,) = few.answers
    assert said.verdict == UNDECIDED
    assert "too few permutations" in said.bias
    assert "cannot be below 0.35: ask for 999" in said.figures
    assert said.places.startswith("Whether a place stands out is open, all tests of the model cou")
    assert summed_up(few.answers) == "Whether chance explains the errors is open."


def test_an_audit_without_a_test_leaves_it_open():
    audit = geobias.score(scattered(), scales="knn:20")
    found = geobias.Report(audit, None, None)
    assert found.answers[0].verdict == UNTESTED
    page = found.to_html()
    assert "no permutation test was made" in page
    assert 'value="isolation"' in page
    assert 'value="hot"' not in page
    assert 'id="weak-places"' not in page
    assert found.answers[0].places == ""
    assert "### Weak places" not in found.to_markdown()
    assert found.facts()["groups"] is None
    assert found.facts()["places"] is None


def test_a_model_that_is_always_right_is_undefined():
    table = scattered().assign(correct=True)
    found = geobias.report(table, **QUICK)
    assert found.answers[0].verdict == UNDEFINED
    assert "no calibrated score is defined" in found.answers[0].bias
    for text in (found.to_html(), found.to_markdown(), found.to_json()):
        assert "NaN" not in re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)


def test_a_planted_weakness_is_found_and_placed(report):
    biased, fair = report.answers
    assert (biased.model, biased.verdict) == (SCRIPT, MORE)
    assert (fair.model, fair.verdict) == (HEBREW, NONE)
    assert summed_up(report.answers) == (
        "1 of 2 models errs in a pattern that chance does not explain: <script>alert(1)</script>. "
        "Each is tested at 5 %: of 2 models without bias, chance alone names one 10 times in a "
        "hundred."
    )
    assert set(report.listed["model"]) == {SCRIPT}
    assert report.listed["lon"].iloc[0] < 2.4
    assert "France" in biased.places
    assert "errors pile up in places" in biased.bias
    assert "In places: p 0.005, adjusted for 8 tests 0.04." in biased.figures


def test_a_scan_alone_can_show_more_than_chance(report):
    said = answer(report, a_test(model=HEBREW, adjusted=0.5), further=(in_places_test(),))
    assert said.verdict == MORE
    assert said.bias == "Chance does not explain how its errors lie: errors pile up in places."
    assert said.figures == "In places: p 0.001, adjusted for 2 tests 0.011."
    calm = in_places_test(p=0.02, adjusted=0.2)
    said = answer(report, a_test(model=HEBREW, p=0.03, adjusted=0.2), further=(calm,))
    assert said.verdict == NONE
    assert "None of 2 tests" in said.figures
    assert "smallest p 0.02 (in places), adjusted 0.2." in said.figures


def test_the_scan_joins_the_tests_of_its_model(report):
    for family in report.families:
        row = report.places.summary.set_index("model").loc[family.model]
        test = family.of_kind(IN_PLACES)
        assert test.p == row["p"]
        p = [*(each.p for each in family.scores), *(each.p for each in family.further)]
        assert len(p) == 8
        assert test.adjusted == pytest.approx(naive.holm(p)[-1])


def test_the_places_are_those_of_where(report):
    found = geobias.where(predictions(), correct=[SCRIPT, HEBREW], permutations=199)
    pd.testing.assert_frame_equal(report.places.table, found.table)
    own = found.table[found.table["model"] == SCRIPT].head(MOST_LISTED).reset_index(drop=True)
    pd.testing.assert_frame_equal(report.listed[own.columns], own)


def test_places_are_told_in_a_sentence(report):
    said, table = report.answers[0].places, report.places.table.query("model == @SCRIPT")
    held, on = table["errors"].sum(), table["n"].sum()
    wrong = 1200 - report.audit.scored.correct[0].sum()
    verb = "holds" if len(table) == 1 else "hold"
    assert f"{verb} {100 * held / wrong:.0f} % of its errors on {on / 12:.0f} % of the sam" in said
    first = table.iloc[0]
    assert f"within {first['radius_km']:,.0f} km of " in said
    assert (
        f"({100 * first['error_rate']:.1f} % wrong, elsewhere {100 * first['elsewhere']:.1f} %"
        in said
    )
    assert (said.count(";"), len(table)) == (3, 4)
    assert said.endswith("); and 1 more.")


def with_places(report, **changes):
    """The report as if its places were others."""
    return replace(report, places=replace(report.places, **changes))


def test_a_place_is_no_finding_where_the_verdict_is_chance(report):
    summary = report.places.summary.assign(p=0.03)
    told = with_places(report, summary=summary)
    assert len(told.places.table) > 0
    said = told.answers[0].places
    assert said == (
        "No place stands out, all tests of the model counted; the most suspicious circle has p "
        "0.03."
    )
    assert len(told.listed) == 0
    assert all(not circles["number"] for circles in drawn(told))
    page = told.to_html()
    assert 'id="places"' not in page
    assert "the most suspicious circle has p 0.03" in page.split('id="weak-places"')[1]
    assert "### Weak places" not in told.to_markdown()


def drawn(report):
    return compact(report.mapped, report.listed)["circles"]


def test_more_places_than_three_are_counted(report):
    table = report.places.table.query("model == @SCRIPT").head(1)
    many = pd.concat([table.assign(place=place) for place in range(1, 13)], ignore_index=True)
    told = with_places(report, table=many)
    assert told.answers[0].places.endswith("); and 9 more.")
    assert told.listed["place"].tolist() == list(range(1, 11))
    assert drawn(told)[0]["number"] == [str(place) for place in range(1, 11)]
    assert drawn(told)[1]["number"] == []
    page = told.to_html()
    assert page.count("data-cell=") == 10
    assert "the first 10 places at most" in page
    assert "the first 5 places at most" in told.to_markdown()


def test_a_place_that_is_one_site_has_no_radius(report):
    table = report.places.table.query("model == @SCRIPT").head(1)
    site = table.assign(sites=1, radius_km=0.0, countries="", lat=-30.0, lon=-120.0)
    told = with_places(report, table=site)
    assert ": at sea, at 30.00° S, 120.00° W (" in told.answers[0].places


@pytest.mark.parametrize(("right", "said"), [(True, "right"), (False, "wrong")])
def test_a_model_that_never_changes_has_no_places(right, said):
    table = scattered().rename(columns={"correct": "mixed"}).assign(same=right)
    found = geobias.report(table, correct=["mixed", "same"], **QUICK)
    same = found.answers[1]
    assert same.places == f"Undefined: the model is {said} everywhere."
    assert found.families[1].of_kind(IN_PLACES) is None
    assert f"same: {same.places}" in found.to_html()


def test_circles_that_do_worse_nowhere_are_said_so(report):
    """One site holds more than half of the samples, and is worse than all others."""
    summary = report.places.summary.assign(places=0, p=np.nan)
    told = with_places(report, summary=summary, table=report.places.table.head(0))
    assert told.answers[0].places == (
        "In no circle that was looked at does it fail more often than elsewhere."
    )


def test_other_models_are_compared_with_each_place(report):
    table = report.places.table.query("model == @SCRIPT and place == 1")
    base = report.places.overlaps.query("model == @SCRIPT and place == 1")

    def others(relation, families=report.families):
        overlaps = base.assign(relation=relation)
        places = replace(report.places, table=table, overlaps=overlaps)
        return listed_places(places, families, report.mapped)["others"].tolist()

    assert others("only") == [f"not: {HEBREW}"]
    assert others("open") == [f"open: {HEBREW}"]
    # The other fails there by itself, but its scan does not stand once all its tests are counted.
    assert others("shared") == [f"open: {HEBREW}"]
    both = [replace(family, further=(in_places_test(),)) for family in report.families]
    assert others("shared", both) == [f"too: {HEBREW}"]


def test_every_place_is_shown_in_the_cell_of_its_centre(report):
    scored = report.audit.scored
    for row in report.listed.itertuples():
        at = np.flatnonzero((scored.lat == row.lat) & (scored.lon == row.lon))
        assert row.cell == report.mapped.cells.cell[at[0]]


def test_circles_are_drawn_where_they_are(report):
    circles, bounds = drawn(report), compact(report.mapped)
    step = bounds["step"]
    first = report.listed.iloc[0]
    line = np.array(circles[0]["lines"][0]).reshape(-1, 2).cumsum(axis=0) * step
    x, y = report.mapped.view.project(first["lat"], first["lon"])
    middle = (line.min(axis=0) + line.max(axis=0)) / 2.0
    assert middle.tolist() == pytest.approx(
        [float(x), float(y)], abs=0.2 * first["radius_km"] + 3 * step
    )
    assert circles[0]["number"][0] == "1"
    assert circles[0]["y"][0] * step == pytest.approx(line[:, 1].max(), abs=2 * step)


def test_a_circle_over_the_date_line_is_drawn_in_two_parts(report):
    table = report.places.table.query("model == @SCRIPT").head(1)
    pacific = table.assign(lat=-17.7, lon=179.5, radius_km=900.0)
    (lines,) = [
        each["lines"] for each in drawn(with_places(report, table=pacific)) if each["lines"]
    ]
    assert len(lines) >= 2
    low, _, high, _ = report.mapped.view.bounds
    for line in lines:
        steps = np.array(line).reshape(-1, 2)[1:, 0]
        assert np.abs(steps).max() * (high - low) / 30_000 < 0.1 * (high - low)


def test_repeated_samples_of_a_site_make_no_hot_spots():
    places = geobias.simulate.locations("cities", 150, seed=4)
    hits = np.random.default_rng(4).random(150) < 0.7
    table = pd.concat([places.assign(hit=hits)] * 3, ignore_index=True)
    found = geobias.report(table, **QUICK)
    assert (found.audit.samples["clustering_label"] == "clustered").any()
    assert "hot" not in [layer["key"] for layer in compact(found.mapped)["layers"]]
    assert any("repeated samples that agree look like clusters" in n for n in found.audit.notes)
    once = geobias.report(places.assign(hit=hits), **QUICK)
    assert "hot" in [layer["key"] for layer in compact(once.mapped)["layers"]]


def test_fewer_permutations_than_could_name_a_place_look_for_none():
    found = geobias.report(scattered(), **{**QUICK, "permutations": 18})
    assert found.places is None
    assert found.notes == (
        "With fewer than 19 permutations no place can be told from chance: none were looked for.",
    )
    assert found.answers[0].places == ""
    assert 'id="weak-places"' not in found.to_html()
    assert geobias.report(scattered(), **{**QUICK, "permutations": 19}).places is not None


def test_notes_of_the_scan_are_those_of_the_report(monkeypatch):
    monkeypatch.setattr(limits, "MOST_CENTRED", 30)
    found = geobias.report(scattered(), **QUICK)
    said = "Circles are centred on 30 random places of 80"
    assert found.places.provenance["settings"]["centres"] == 30
    assert said in found.to_html()
    assert said in found.to_markdown()
    assert "centres of circles 30" in found.to_markdown()


def test_large_tables_are_scanned_around_fewer_places(monkeypatch):
    samples = geobias.Samples.from_table(scattered(600))
    assert limits.suited_circles(samples) == 10_000
    monkeypatch.setattr(limits, "MOST_LOOKS", 600 * 550)
    assert limits.suited_circles(samples) == 550
    monkeypatch.setattr(limits, "MOST_LOOKS", 600)
    assert limits.suited_circles(samples) == 500


def test_regions_are_no_finding_where_the_verdict_is_chance(monkeypatch):
    table = geobias.simulate.world("unbiased", n=300, seed=5)
    found = geobias.report(table, scales="knn:20", permutations=99, bootstrap=9)
    groups = found.groups
    # As if a region stood out by itself, but not once all tests are counted.
    worst = groups.table.assign(p_adjusted=0.04)
    summary = groups.summary.assign(p=0.04)
    told = replace(found, groups=replace(groups, table=worst, summary=summary)).answers[0]
    assert told.verdict == NONE
    assert told.where.startswith("No continent stands out, all tests of the model counted; the low")
    assert "(p 0.04 over all" in told.where


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ([NONE, NONE], "The errors of all 2 models lie as chance could have put them."),
        ([NONE, LESS], "The errors of all 2 models show no more of a pattern than chance makes, "
         "or less."),
        ([NONE, UNDEFINED, UNDEFINED], "The errors of 1 of 3 models (2 could not be judged) lie as "
         "chance could have put them."),
    ],
)  # fmt: skip
def test_all_models_are_summed_up(report, known, said):
    answers = [replace(report.answers[0], verdict=verdict) for verdict in known]
    assert summed_up(answers) == said


def test_colours_of_shares_stay_between_0_and_100(report):
    layers = {layer["key"]: layer for layer in compact(report.mapped)["layers"]}
    low, high = layers["accuracy"]["spans"][0]
    assert (0.0 <= low < high <= 100.0, low % 5.0, high % 5.0) == (True, 0.0, 0.0)
    low, high = layers["hot"]["spans"][0]
    values = [value for of in layers["hot"]["values"] for value in of[0] if value is not None]
    assert low == 0.0
    assert max(1.0, max(values)) <= high <= 1.1 * max(1.0, max(values))
    right = geobias.score(
        predictions().assign(right=True), correct="right", scales="knn:40", fdr=0.05
    )
    layers = {layer["key"]: layer for layer in compact(Mapped.of(right))["layers"]}
    assert layers["accuracy"]["spans"] == [[95.0, 100.0]]
    assert layers["hot"]["spans"] == [[0.0, 1.0]]


def test_exact_ends_of_colours_stay_as_they_are():
    assert [_rounded(value, np.floor) for value in (100.0, 50.0, 95.0, 7.0)] == [100, 50, 95, 7]
    assert [_rounded(value, np.ceil) for value in (100.0, 50.0, 95.0, 7.0)] == [100, 50, 95, 7]
    assert (_rounded(1.234, np.floor), _rounded(1.234, np.ceil)) == (1.2, 1.3)


def test_differences_come_with_what_chance_lists(page):
    assert "Each of the 6 pairings of score and scale is tested at 5 %" in page
    assert "chance alone lets 0.3 of them say so on average" in page


def test_all_three_forms_hold_the_same_facts(report, page):
    facts = json.loads(report.to_json())
    assert facts["answers"] == [answer.record() for answer in report.answers]
    assert facts["sentences"] == report.sentences()
    assert len(facts["places"]["table"]) == len(report.places.table)
    assert facts["places"]["sentences"] == report.places.sentences()
    assert facts["audit"]["summary"][0]["model"] == SCRIPT
    assert facts["groups"]["table"]
    assert facts["comparison"]["comparison"]
    digest = facts["audit"]["input"]["sha256"]
    card = report.to_markdown()
    for text in (page, card):
        assert digest in text
        assert f"{facts['audit']['summary'][0]['clustering']:.2f}" in text
        assert "grows with accuracy" in text
        assert "TorchSpatial" in text
        assert "Kulldorff (1997)" in text
        assert "in any circle" in text
        assert "permutations" in text


def test_a_report_shows_what_it_was_made_with(report):
    told = replace(report, command="geobias report 'a b.csv' --seed 0")
    assert "geobias report &#39;a b.csv&#39; --seed 0" in told.to_html()
    assert "\n    geobias report 'a b.csv' --seed 0\n" in told.to_markdown()
    assert json.loads(told.to_json())["command"] == told.command


def test_equal_input_gives_equal_bytes(tmp_path):
    choices = {**CHOICES, "scales": "knn:20"}
    page = report_of(**choices).to_html()
    assert 'id="places"' in page
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from bokeh.models import Range1d; Range1d()\n"
        "from reported import report_of\n"
        f"report_of(**{choices}).to_html(sys.argv[2])"
    )
    again = tmp_path / "again.html"
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    command = [sys.executable, "-P", "-c", script, os.path.dirname(__file__), str(again)]
    subprocess.run(command, check=True, env=environment)
    assert again.read_bytes() == page.encode()


# The page.


def test_the_page_is_valid_and_says_its_language(tree):
    assert tree.get("lang") == "en"
    assert tree.find("head/title").text == "Geographic bias report"


def test_headings_are_in_order(tree):
    levels = [int(each.tag[1]) for each in tree.iter() if re.fullmatch("h[1-6]", str(each.tag))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_every_table_has_a_caption_and_every_heading_a_scope(tree):
    tables = list(tree.iter("table"))
    assert len(tables) >= 6
    for table in tables:
        assert text_of(table.find("caption")).strip()
        assert all(each.get("scope") in ("col", "row") for each in table.iter("th"))


def test_identifiers_are_unique_and_links_lead_somewhere(tree):
    named = [each.get("id") for each in tree.iter() if each.get("id")]
    assert len(named) == len(set(named))
    links = [each.get("href") for each in tree.iter("a")]
    assert links
    assert {link[1:] for link in links} <= set(named)


def test_nothing_is_fetched(tree):
    asked = [
        each.get(name)
        for each in tree.iter()
        for name in ("src", "href", "srcset", "action", "data", "poster")
        if each.get(name) is not None
    ]
    assert {link for link in asked if not link.startswith("#")} == {"data:,"}


def test_only_the_scripts_of_the_page_may_run(tree):
    (policy,) = [
        each.get("content") for each in tree.iter("meta") if each.get("http-equiv") is not None
    ]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
    scripts = [each.text for each in tree.iter("script") if each.get("type") is None]
    digests = {b64encode(sha256(script.encode()).digest()).decode() for script in scripts}
    assert digests == set(re.findall(r"'sha256-([^']+)'", policy))


def test_hostile_names_stand_in_the_page_as_text(tree, page):
    assert page.count("<script") == 6
    assert not list(tree.iter("img"))
    body = text_of(tree.find("body"))
    assert SCRIPT in body
    assert CLOSING in body
    options = [text_of(each).strip() for each in tree.iter("option")]
    assert options[:2] == [SCRIPT, HEBREW]
    data = json.loads(next(each for each in tree.iter() if each.get("id") == "map-data").text)
    assert data["models"] == [SCRIPT, HEBREW]
    isolated = {text_of(each) for each in tree.iter("bdi")}
    assert {HEBREW, TURNED} <= isolated


def test_a_page_is_small(page):
    assert len(page.encode()) < 2_200_000


def test_names_are_shown_as_they_are():
    names = Names([HEBREW, TURNED, "plain"])
    assert str(names.html(f"a {HEBREW} & <b>")) == f"a <bdi>{HEBREW}</bdi> &amp; &lt;b&gt;"
    assert str(Names(["plain"]).html("plain & simple")) == "plain &amp; simple"
    assert printable("a\x00b\ud800c\uffffd") == "a\ufffdb\ufffdc\ufffdd"
    assert names.markdown("a|b *c* <d>\n# e") == "a&#124;b \\*c\\* &#60;d&#62; \\# e"
    assert names.markdown(f"{HEBREW}!") == f"\u2068{HEBREW}\u2069\\!"
    assert names.markdown("see https://x.org, www.x.org, @you") == (
        "see https&#58;//x.org, www&#46;x.org, &#64;you"
    )


def test_control_characters_break_nothing(tmp_path):
    table = scattered().rename(columns={"correct": "a\ufdd0\x07b"})
    found = geobias.report(table, correct="a\ufdd0\x07b", **QUICK)
    html5lib.HTMLParser(strict=True).parse(found.to_html(tmp_path / "page.html"))
    found.to_json(tmp_path / "facts.json")
    found.to_markdown(tmp_path / "card.md")
    assert "a\ufffd\ufffdb" in (tmp_path / "page.html").read_text("utf-8")


# The model card.


def test_tables_of_the_card_have_equally_many_cells(report):
    lines = report.to_markdown().splitlines()
    blocks = "\n".join(line if line.startswith("|") else "" for line in lines).split("\n\n")
    tables = [block.strip().splitlines() for block in blocks if block.strip()]
    assert len(tables) == 5
    for rows in tables:
        assert {row.count("|") for row in rows} == {rows[0].count("|")}
        assert set(rows[1]) <= set("|-: ")


def test_the_card_holds_no_markup_from_data(report):
    card = report.to_markdown()
    assert "<" not in card
    assert "&#60;script&#62;alert(1)&#60;/script&#62;" in card
    assert f"\u2068{HEBREW}\u2069" in card
    headings = [line for line in card.splitlines() if line.startswith("#")]
    assert headings[0] == "## Geographic bias"
    assert all(heading.startswith("### ") for heading in headings[1:])


# The map.


def test_the_map_counts_every_sample_and_draws_every_mean(report):
    facts = compact(report.mapped)
    assert sum(facts["cells"]["samples"]) == report.audit.scored.n
    layers = {layer["key"]: layer for layer in facts["layers"]}
    assert list(layers) == ["accuracy", "unmarked", "marked", "clustering", "isolation", "hot"]
    accuracy = np.array(layers["accuracy"]["values"][1][0], dtype=float)
    share = np.average(accuracy, weights=facts["cells"]["samples"])
    assert share == pytest.approx(100.0 * report.audit.scored.accuracy[1], abs=0.2)
    assert (len(layers["clustering"]["values"]), len(layers["clustering"]["values"][0])) == (2, 2)
    assert (len(layers["unmarked"]["values"]), len(layers["unmarked"]["values"][0])) == (1, 2)
    for layer in facts["layers"]:
        assert all(low < high for low, high in layer["spans"])


def test_undefined_cells_are_null_and_not_zero():
    table = pd.concat([scattered(), pd.DataFrame({"lat": [-40.0], "lon": [150.0], "correct": [0]})])
    audit = geobias.score(table, scales="300km")
    facts = compact(Mapped.of(audit))
    lonely = facts["cells"]["lat"].index(-40.0)
    clustering = next(layer for layer in facts["layers"] if layer["key"] == "clustering")
    assert clustering["values"][0][0][lonely] is None
    accuracy = next(layer for layer in facts["layers"] if layer["key"] == "accuracy")
    assert accuracy["values"][0][0][lonely] == 0


def test_cells_are_named_after_countries_or_the_sea():
    table = scattered(60)
    table.loc[table.index[:20], ["lat", "lon"]] = [-30.0, -120.0]
    mapped = Mapped.of(geobias.score(table, scales="knn:10"))
    south = int(np.argmin(mapped.cells.lat))
    assert mapped.places[south] == AT_SEA
    assert "Germany" in set(mapped.places)


def test_a_map_of_an_audit_stands_alone(report, tmp_path):
    explorer = report.audit.explore()
    text = explorer._repr_html_()
    assert text.startswith('<iframe srcdoc="&lt;!DOCTYPE html&gt;')
    assert text.count("<") == 2
    html5lib.HTMLParser(strict=True).parse(explorer.to_html(tmp_path / "map.html"))
    assert "hot spots" in repr(explorer)
    with pytest.raises(GeoBiasError, match="exists already"):
        explorer.to_html(tmp_path / "map.html")


def test_merged_sites_and_single_scales_can_be_explored():
    table = pd.concat([scattered(40), scattered(40).assign(correct=True)])
    audit = geobias.score(table, scales="knn:10", sites="merge")
    assert "hot spots" not in repr(audit.explore())
    assert compact(Mapped.of(audit))["layers"][0]["values"]


def test_a_notebook_shows_the_answers(report):
    text = report._repr_html_()
    html5lib.HTMLParser(strict=True).parseFragment(text)
    assert len(text) < 10_000
    assert f"<bdi>{HEBREW}</bdi>" in text
    assert "&lt;script&gt;" in text
    assert "to_html" in text
    assert "does not explain" in repr(report)


# Large audits.


def test_many_samples_are_scored_around_some(monkeypatch):
    monkeypatch.setattr(limits, "MOST_CENTRES", 60)
    monkeypatch.setattr(limits, "_TRIED", 50)
    found = geobias.report(scattered(200), **QUICK)
    assert found.audit.summary["centres"].tolist() == [60]
    assert "scores around 60 of 200 samples" in found.notes[0]
    assert "scores around 60 of 200 samples" in found.to_html()
    assert "scores around 60 of 200 samples" in found.to_markdown()
    assert sum(compact(found.mapped)["cells"]["samples"]) == 200
    assert sum(compact(found.mapped)["cells"]["centres"]) == 60
    monkeypatch.setattr(limits, "MOST_NEIGHBOURS", 1_100)
    wide = geobias.report(scattered(200), **QUICK)
    assert wide.audit.summary["centres"].tolist() == [55]
    asked = geobias.report(scattered(200), centres=120, **QUICK)
    assert asked.audit.summary["centres"].tolist() == [120]
    assert asked.notes == ()


def test_two_hundred_models_stay_a_report():
    table = scattered(60)
    draw = np.random.default_rng(1)
    accuracies = np.linspace(0.5, 0.9, 200)
    marks = {f"m{m}": draw.random(60) < accuracy for m, accuracy in enumerate(accuracies)}
    table = pd.concat([table[["lat", "lon"]], pd.DataFrame(marks)], axis=1)
    found = geobias.report(
        table, correct=list(marks), scales="knn:10", permutations=99, bootstrap=19
    )
    assert len(found.answers) == 200
    assert len(set(found.comparison.table["second"]) | set(found.comparison.table["first"])) == 5
    order = found.audit.scored.accuracy.argsort(kind="stable")[::-1]
    assert len(found.mapped.drawn) == limits.MOST_DRAWN
    best = found.audit.scored.models[order[0]]
    assert best in found.mapped.drawn
    text = found.to_html()
    assert len(text.encode()) < 5_000_000
    assert "Of 200 models only the 5 most accurate are compared" in text
    assert "Of 200 models only the 12 most accurate are searched for places" in text
    assert set(found.places.summary["model"]) == set(found.mapped.drawn)
    scanned = {answer.model for answer in found.answers if answer.places}
    assert scanned == set(found.mapped.drawn)
    assert {len(family.further) for family in found.families if family.model in scanned} == {1}
    assert "show the 12 most accurate" in text
    biased = sum(answer.verdict == MORE for answer in found.answers)
    assert ("chance alone names about 10." in text) == (biased > 0)
    html5lib.HTMLParser(strict=True).parse(text)
    card = found.to_markdown()
    assert len(card) < 60_000
    assert "show the 12 most accurate" in card
    assert len(json.loads(found.to_json())["answers"]) == 200
    assert len(repr(found)) < 30_000


# Bad input.


def test_samples_at_sea_have_no_region():
    table = scattered().assign(lat=lambda t: t["lat"] - 80.0, lon=lambda t: t["lon"] - 140.0)
    found = geobias.report(table, **QUICK)
    assert found.groups is None
    assert found.notes == ("No sample lies in a continent: nothing is said by region.",)
    assert 'id="by-region"' not in found.to_html()
    assert "No sample lies in a continent" in found.to_markdown()


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"by": "contnent"}, "no column 'contnent'.*Did you mean 'continent'"),
        ({"permutations": 0}, "permutations must be a whole number of 1 or more"),
        ({"bootstrap": None}, "bootstrap must be a whole number"),
        ({"fdr": 2.0}, "fdr must lie between 0 and 1"),
        ({"centres": 1}, "centres must be a whole number of 2 or more"),
        ({"scales": "far"}, "far"),
        ({"by": ["a"]}, "by= takes a region scheme"),
    ],
)
def test_choices_are_checked_before_anything_is_scored(choices, message, monkeypatch):
    monkeypatch.setattr(compiling, "score", None)
    with pytest.raises(GeoBiasError, match=message):
        geobias.report(scattered(), **{**QUICK, **choices})


def test_too_few_samples_are_refused():
    with pytest.raises(GeoBiasError, match="1 sample is too few"):
        geobias.report(scattered(1), **QUICK)


def test_merged_samples_are_refused():
    with pytest.raises(GeoBiasError, match="merged into sites"):
        geobias.report(geobias.Samples.from_table(scattered()).merged(), **QUICK)


def test_samples_that_are_read_are_taken_as_they_are():
    samples = geobias.Samples.from_table(scattered())
    assert (
        geobias.report(samples, **QUICK).to_json() == geobias.report(scattered(), **QUICK).to_json()
    )
    with pytest.raises(InputError, match="correct"):
        geobias.report(scattered().drop(columns="correct"), **QUICK)


@pytest.mark.parametrize("form", ["to_html", "to_markdown", "to_json"])
def test_a_file_is_written_over_only_if_forced(report, form, tmp_path):
    path = tmp_path / "report"
    text = getattr(report, form)(path)
    assert path.read_text("utf-8") == text
    path.write_text("precious")
    with pytest.raises(GeoBiasError, match=r"exists already\. .*force=True"):
        getattr(report, form)(path)
    assert path.read_text() == "precious"
    getattr(report, form)(path, force=True)
    assert path.read_text("utf-8") == text
    with pytest.raises(GeoBiasError, match="it is a folder"):
        getattr(report, form)(tmp_path, force=True)
    with pytest.raises(GeoBiasError, match="no such folder"):
        getattr(report, form)(tmp_path / "nowhere" / "report")


def test_the_choices_of_the_tests_are_those_of_the_report(report):
    settings = report.audit.provenance["settings"]
    assert settings["scales"] == CHOICES["scales"]
    assert report.audit.scored.n == len(predictions())
