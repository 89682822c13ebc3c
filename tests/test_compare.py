"""Comparisons: paired swaps, differences with intervals, and what is said about them."""

import itertools
import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import geobias
import naive
import worlds
from geobias import survey as survey_module
from geobias.geometry import walk as walk_module
from geobias.inference.swaps import SwapTest
from geobias.samples import Samples
from geobias.settings import Settings
from geobias.ssi.engine import TESTED
from geobias.survey import Survey
from worlds import KINDS

RARELY = 1e-3  # a test of randomness fails by chance for one in a thousand seeds; these are fixed
ATTACK = "<script>alert(1)</script>{second}"
COLUMNS = [
    "first", "second", "scale", "score", "first_mean", "second_mean", "difference", "low", "high",
    "blocks", "replicates_dropped", "p", "p_holm", "pz",
]  # fmt: skip


SWAPS = 19


def compare(table, models=("a", "b"), **choices):
    defaults = {"threads": 1, "scales": "knn:12", "permutations": SWAPS, "bootstrap": 19}
    if isinstance(table, pd.DataFrame):
        defaults["correct"] = list(models)
    return geobias.compare(table, **{**defaults, **choices})


def predictions(kind="clustered", n=80, seed=1, **more):
    hits = {"a": worlds.hits(n, seed, 0.6), "b": worlds.hits(n, seed + 50, 0.8)}
    return worlds.table(KINDS[kind](n, seed), **hits, **more)


def planted(n=400, seed=0):
    """Two models of equal accuracy, one of which is weak in the south."""
    draw = np.random.default_rng(seed)
    table = pd.DataFrame({"lat": draw.normal(48, 1, n), "lon": draw.normal(11, 1, n)})
    table["fair"] = draw.random(n) < 0.75
    table["unfair"] = draw.random(n) < np.where(table["lat"] < 48, 0.55, 0.95)
    return table


@pytest.fixture(scope="module")
def found():
    return compare(planted(), ("fair", "unfair"), scales=["300km", "knn:12"], permutations=199)


def by_score(comparison, first="a", second="b", scale="knn:12"):
    table = comparison.table
    rows = (table["first"] == first) & (table["second"] == second) & (table["scale"] == scale)
    return table[rows].set_index("score")


def strict(text):
    """Parse JSON as strict parsers do."""

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


# --- Differences ---------------------------------------------------------------------------------


def test_there_is_a_row_per_pair_scale_and_score():
    table = predictions(c=worlds.hits(80, 9))
    comparison = compare(table, "cab", scales=["knn:12", "300km"])
    rows = comparison.table[["first", "second", "scale", "score"]].itertuples(index=False)
    assert list(comparison.table) == COLUMNS
    assert [tuple(row) for row in rows] == [
        (first, second, scale, score)
        for first, second in ("ca", "cb", "ab")
        for scale in ("knn:12", "300km")
        for score in TESTED
    ]


def test_differences_are_those_of_the_scores():
    table = predictions()
    comparison = compare(table, scales=["knn:12", "300km"])
    summary = geobias.score(
        table, correct=["a", "b"], scales=["knn:12", "300km"], threads=1
    ).summary.set_index(["model", "scale"])
    for _, row in comparison.table.iterrows():
        a, b = (summary.loc[(model, row["scale"]), row["score"]] for model in "ab")
        assert row["first_mean"] == pytest.approx(a, rel=1e-12)
        assert row["second_mean"] == pytest.approx(b, rel=1e-12)
        assert row["difference"] == row["second_mean"] - row["first_mean"]


@pytest.mark.parametrize("kind", ["clustered", "duplicated"])
@pytest.mark.parametrize("choices", [{}, {"sites": "merge"}, {"centres": 30}])
def test_the_summary_is_that_of_a_score(kind, choices):
    table, scales = predictions(kind), ["300km", "knn:12"]
    summary = compare(table, scales=scales, **choices).summary
    audit = geobias.score(table, correct=["a", "b"], scales=scales, threads=1, **choices)
    pd.testing.assert_frame_equal(summary, audit.summary[list(summary)], check_exact=True)


@pytest.mark.parametrize("kind", ["clustered", "duplicated"])
def test_turning_a_pair_around_turns_its_difference_around(kind):
    table = predictions(kind)
    forth, back = compare(table, "ab"), compare(table, "ba")
    forth, back = by_score(forth), by_score(back, "b", "a")
    assert (forth["difference"] == -back["difference"]).all()
    np.testing.assert_allclose(forth["low"], -back["high"], rtol=1e-12)
    np.testing.assert_allclose(forth["high"], -back["low"], rtol=1e-12)
    np.testing.assert_allclose(forth["pz"], -back["pz"], rtol=1e-9)
    assert (forth["p"] == back["p"]).all()


def test_equal_models_do_not_differ():
    table = predictions().assign(b=lambda t: t["a"])
    comparison = compare(table)
    for column, value in (("difference", 0.0), ("low", 0.0), ("high", 0.0), ("p", 1.0)):
        assert (comparison.table[column] == value).all()
    assert comparison.table["pz"].isna().all()
    assert all("do not differ" in sentence for sentence in comparison.sentences())


def test_a_weak_region_is_found(found):
    row = by_score(found, "fair", "unfair", "300km").loc["clustering"]
    assert row["difference"] > 0
    assert row["p"] == row["p_holm"] <= 0.01
    assert row["pz"] > 3


def test_intervals_are_those_of_paired_replicates():
    """Both models are resampled with the same blocks: the difference of one replicate."""
    from geobias.inference.bootstrap import Bootstrap

    table = predictions()
    comparison = compare(table, block_km=500, seed=3)
    rows = geobias.score(table, correct=["a", "b"], scales="knn:12", threads=1).samples
    a, b = (rows[rows["model"] == model] for model in "ab")
    bootstrap = Bootstrap.of(a["lat"].to_numpy(), a["lon"].to_numpy(), 500.0, 19, 3)
    for score, row in by_score(comparison).iterrows():
        differences = []
        for times in bootstrap.times.astype(int):
            drawn = np.repeat(np.arange(80), times[bootstrap.block])
            first, second = (np.nanmean(m[score].to_numpy()[drawn]) for m in (a, b))
            differences.append(second - first)
        sizes = [
            np.bincount(bootstrap.block[m[score].notna()], minlength=bootstrap.blocks).tolist()
            for m in (a, b)
        ]
        limits = [naive.interval(row["difference"], np.array(differences), s) for s in sizes]
        widest = max(limits, key=lambda span: span[1] - span[0])
        np.testing.assert_allclose([row["low"], row["high"]], widest, rtol=1e-9)
        assert (row["blocks"], row["replicates_dropped"]) == (bootstrap.blocks, 0)


def test_p_is_adjusted_for_the_pairs_of_a_scale_and_score():
    table = planted(150).assign(third=worlds.hits(150, 3), fourth=worlds.hits(150, 4, 0.4))
    comparison = compare(
        table, ("fair", "unfair", "third", "fourth"), scales=["knn:12", "300km"], permutations=99
    )
    assert (comparison.table["p_holm"] > comparison.table["p"]).any()
    for _, rows in comparison.table.groupby(["scale", "score"]):
        assert len(rows) == 6
        assert rows["p_holm"].tolist() == pytest.approx(naive.holm(rows["p"].tolist()))


def test_one_model_against_the_others():
    table = predictions(c=worlds.hits(80, 9))
    comparison = compare(table, "abc", against="b")
    pairs = comparison.table[["first", "second"]].drop_duplicates()
    assert [tuple(pair) for pair in pairs.to_numpy()] == [("b", "a"), ("b", "c")]
    whole = compare(table, "abc")
    assert by_score(comparison, "b", "c")["p"].equals(by_score(whole, "b", "c")["p"])
    turned = by_score(whole, "a", "b")
    assert (by_score(comparison, "b", "a")["difference"] == -turned["difference"]).all()


# --- The paired test -----------------------------------------------------------------------------


def checked(**choices):
    defaults = {
        "scales": "knn:12", "preset": "geobias", "marks": "pm", "k": 4, "sites": "keep",
        "site_tolerance_km": 0.0, "centres": None, "seed": 0, "index": "bands",
        "permutations": 19, "within": None, "bootstrap": None, "block_km": None, "fdr": None,
        "centre_permutations": None, "background": "everywhere",
    }  # fmt: skip
    return Settings.checked(**{**defaults, **choices})


def test_swaps_move_the_answers_of_whole_sites():
    samples = Samples.from_table(predictions("duplicated"), correct=["a", "b"])
    settings = checked()
    survey = Survey.of(samples, settings, None, 1)
    test = SwapTest.of(survey, [(0, 1)], settings)
    before = test._arrange(0)
    assert np.array_equal(before, survey.marking.codes)
    site = samples.sites[survey.places.sample_at]
    share = []
    for draw in range(1, 30):
        after = test._arrange(draw)
        for place in range(samples.n_sites):
            here = site == place
            kept = np.array_equal(after[here], before[here])
            swapped = np.array_equal(after[here], before[here][:, ::-1])
            assert kept or swapped
            if kept != swapped:
                share.append(swapped)
    # Fair coins, to 4 standard errors.
    assert abs(np.mean(share) - 0.5) < 2 / math.sqrt(len(share))


@pytest.mark.parametrize(("scale", "seed"), [("knn:10", 1), ("knn:9", 2), ("10@6km", 3)])
def test_p_comes_near_the_exact_p_of_all_swaps(scale, seed):
    """The oracle swaps every subset of seven of the ten samples, where alone the models differ.

    With B = 2,000 draws p is off by a binomial error; one beyond 4 standard errors fails, which
    chance does once in 15,000.
    """
    world = worlds.tight(10, seed)
    draw = np.random.default_rng(seed)
    a = draw.permutation([0, 0, 0, 0, 1, 1, 1, 1, 1, 1])
    b = np.where(draw.permutation(10) < 7, 1 - a, a)
    table = worlds.table(world, a=a, b=b)
    samples = Samples.from_table(table, correct=["a", "b"])
    places, lat, lon = worlds.seats(worlds.World(samples.lat, samples.lon))
    arounds = [naive.surroundings(lat, lon, c, **worlds.limits(scale)) for c in range(10)]
    one, two = (places.seated(marks) for marks in samples.marks)
    differing = np.flatnonzero(one != two)
    assert len(differing) == 7
    differences = []
    for heads in itertools.product([False, True], repeat=7):
        swap = np.zeros(10, dtype=bool)
        swap[differing] = heads
        first = naive.mean_scores(arounds, np.where(swap, two, one))
        second = naive.mean_scores(arounds, np.where(swap, one, two))
        differences.append([second[name] - first[name] for name in TESTED])
    differences = np.array(differences)
    found = by_score(compare(table, scales=scale, permutations=2000), scale=scale)
    for s, name in enumerate(TESTED):
        observed = differences[0, s]
        assert found.loc[name, "difference"] == pytest.approx(observed, rel=1e-9)
        far = [math.isnan(d) or abs(d) >= abs(observed) - 1e-9 for d in differences[:, s]]
        exact = np.mean(far)
        error = math.sqrt(exact * (1 - exact) / 2000)
        assert abs(found.loc[name, "p"] - exact) <= 4 * error + 1 / 2001


def test_p_is_uniform_when_either_model_could_have_given_either_answer():
    """Kolmogorov-Smirnov; each of the four fails for one in a thousand sets of seeds.

    Both models fail in the same regions, and at whole sites: a plain test would find clusters.
    """
    rows = []
    for seed in range(150):
        world = worlds.sited(40, 2, seed)
        site = np.unique(world.lat, return_inverse=True)[1]
        draw = np.random.default_rng(seed)
        hard = np.where(draw.random(5)[draw.integers(0, 5, 40)] < 0.4, 0.7, 0.2)
        answers = {name: (draw.random(40) > hard)[site] for name in "ab"}
        table = worlds.table(world, **answers)
        rows.append(compare(table, permutations=39, bootstrap=1, seed=seed).table)
    rows = pd.concat(rows)
    for _, p in rows.groupby("score")["p"]:
        steps = np.random.default_rng(0).random(len(p)) / 40
        assert len(p) == 150
        assert stats.kstest(p - steps, "uniform").pvalue > RARELY


def test_centres_are_sampled_when_all_would_be_too_much(monkeypatch):
    whole = compare(predictions())
    monkeypatch.setattr(survey_module, "MOST_SUMS", 480 * 2 * (SWAPS + 1))
    part = compare(predictions())
    for column in ("first_mean", "second_mean", "difference", "low", "high"):
        assert part.table[column].equals(whole.table[column])
    assert not part.table["pz"].equals(whole.table["pz"])
    (note,) = [note for note in part.notes if "random centres" in note]
    assert "40 random centres of 80" in note


# --- What must not change a comparison -----------------------------------------------------------


def assert_same(one, other):
    exact, rounded = [c for c in COLUMNS if c != "pz"], ["pz"]
    pd.testing.assert_frame_equal(one.table[exact], other.table[exact], check_exact=True)
    pd.testing.assert_frame_equal(one.table[rounded], other.table[rounded], rtol=1e-9)


@pytest.mark.parametrize("kind", ["clustered", "duplicated"])
@pytest.mark.parametrize("choices", [{}, {"sites": "merge"}, {"centres": 30}])
def test_the_order_of_rows_changes_no_bit(kind, choices):
    table = predictions(kind)
    shuffled = table.sample(frac=1, random_state=3, ignore_index=True)
    one, other = (compare(t, **choices) for t in (table, shuffled))
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)


def test_the_number_of_threads_changes_no_bit():
    one, two, three = (compare(predictions("duplicated"), threads=n) for n in (1, 2, 3))
    for other in (two, three):
        pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)


def test_the_size_of_batches_and_chunks_changes_nothing(monkeypatch):
    before = compare(predictions())
    monkeypatch.setattr(survey_module, "BYTES_PER_BATCH", 80 * 5)
    assert_same(before, compare(predictions()))
    monkeypatch.setattr(walk_module, "_RECORDS_PER_CHUNK", 77)
    assert_same(before, compare(predictions()))


def test_a_third_model_changes_nothing_but_the_adjustment():
    table = predictions(c=worlds.hits(80, 9))
    pair, company = by_score(compare(table)), by_score(compare(table, "abc"))
    columns = ["difference", "low", "high", "p"]
    pd.testing.assert_frame_equal(pair[columns], company[columns], check_exact=True)


def test_the_seed_decides():
    first, again, other = (compare(predictions(), seed=seed).to_json() for seed in (1, 1, 2))
    assert first == again
    assert strict(first)["comparison"] != strict(other)["comparison"]


# --- Undefined -----------------------------------------------------------------------------------


def test_a_constant_model_is_undefined_not_zero():
    comparison = compare(predictions().assign(b=1))
    rows = by_score(comparison)
    for column in ("second_mean", "difference", "low", "high", "p", "p_holm", "pz"):
        assert rows[column].drop("marked").isna().all()
        assert column == "pz" or not math.isnan(rows.loc["marked", column])
    said = [s for s in comparison.sentences() if "is undefined for one of them" in s]
    assert said[0] == "a and b: relative at knn:12 is undefined for one of them."
    assert len(said) == 3
    assert "nan" not in repr(comparison)
    assert "nan" not in comparison._repr_html_()
    facts = strict(comparison.to_json())["comparison"]
    assert [row["p"] is None for row in facts] == [False, True, True, True]


def test_without_a_p_no_difference_is_claimed(found):
    row = found.table.iloc[[0]].assign(p=math.nan, p_holm=math.nan)
    undecided = replace(found, table=row)
    assert "do not differ in marked beyond chance" in undecided.sentences()[0]
    assert "p undefined" in undecided.sentences()[0]


# --- Words, JSON and HTML ------------------------------------------------------------------------


def signed(value):
    return f"{value:+.2f}".replace("-", "−")


def test_a_sentence_says_what_differs(found):
    row = by_score(found, "fair", "unfair", "300km").loc["clustering"]
    (sentence,) = [s for s in found.sentences() if "cluster more" in s and "300km" in s]
    assert sentence.removesuffix(".").partition("; their accuracies")[0] == (
        f"unfair's errors cluster more than fair's at 300km (Δ clustering "
        f"{signed(row['difference'])} nats, p {row['p']:.2g})"
    )


@pytest.mark.parametrize(
    ("score", "difference", "said"),
    [
        ("clustering", -1.0, "b's errors cluster less than a's"),
        ("isolation", 1.0, "b's errors depend more on how isolated a sample is than a's"),
        ("relative", -1.0, "given accuracy and locations, b's errors surprise less than a's"),
        ("marked", 1.0, "b's marked score is higher than a's"),
        ("marked", -1.0, "b's marked score is lower than a's"),
    ],
)
def test_every_score_has_its_sentence(score, difference, said):
    comparison = compare(predictions())
    low, high = difference - 0.5, difference + 0.5
    facts = {"score": score, "difference": difference, "low": low, "high": high}
    row = comparison.table.iloc[[0]].assign(**facts, p=0.004, p_holm=0.012)
    summary = comparison.summary.assign(clustering_z=1.0)
    (sentence,) = replace(comparison, table=row, summary=summary).sentences()
    assert sentence.startswith(f"{said} at knn:12 (Δ {score} {signed(difference)} nats, 95 % ")
    assert f"{signed(low)} … {signed(high)}, p 0.004, Holm 0.012)" in sentence
    a, b = (100 * comparison.summary.set_index("model").loc[m, "accuracy"] for m in "ab")
    warning = f"; it grows with accuracy, {a:.1f} % for a and {b:.1f} % for b."
    assert (warning if score == "marked" else "0.012)") in sentence


def test_errors_that_keep_apart_are_not_said_to_cluster():
    lat, lon = np.divmod(np.arange(400), 20)
    table = pd.DataFrame({"lat": lat + 40.0, "lon": lon + 0.0, "checker": (lat + lon) % 2 == 0})
    table["random"] = np.random.default_rng(1).random(400) < 0.5
    comparison = compare(table, ("random", "checker"), scales="300km", permutations=99)
    (sentence,) = [s for s in comparison.sentences() if "Δ clustering" in s]
    assert sentence.startswith("checker's errors depart more from random places than random's")


def test_accuracies_far_apart_are_told_with_every_score():
    table = predictions().assign(b=lambda t: np.arange(len(t)) % 20 > 0)
    sentences = compare(table).sentences()
    assert all("their accuracies differ" in s or "grows with accuracy" in s for s in sentences)


def test_what_chance_explains_is_no_difference():
    comparison = compare(predictions())
    rows = zip(comparison.table["p_holm"], comparison.sentences(), strict=True)
    for p, sentence in rows:
        assert ("do not differ in" in sentence) == (p > 0.05)


def test_json_is_strict_and_holds_everything(found, tmp_path):
    text = found.to_json(tmp_path / "comparison.json")
    assert (tmp_path / "comparison.json").read_text("utf-8") == text + "\n"
    facts = strict(text)
    assert set(facts) == {
        "comparison", "summary", "sentences", "notes", "settings", "versions", "input", "design",
    }  # fmt: skip
    for name, table in (("comparison", found.table), ("summary", found.summary)):
        pd.testing.assert_frame_equal(
            pd.DataFrame(facts[name]), table, check_exact=True, check_dtype=False
        )
    assert facts["sentences"] == found.sentences()
    assert facts["settings"]["permutations"] == 199


def test_text_and_html_show_every_pair(found):
    for row in found.lines().to_dict("records"):
        assert row["difference"] in repr(found)
        assert row["difference"] in found._repr_html_()
    for line in (*found.headlines(), *found.sentences(), *found.notes):
        assert line in repr(found)
    assert found._repr_html_().count("<tr") == 1 + len(found.table)


def test_html_runs_nothing_that_a_name_says():
    table = predictions().rename(columns={"a": ATTACK})
    comparison = compare(table, (ATTACK, "b"))
    page = comparison._repr_html_()
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert ATTACK in repr(comparison)
    assert strict(comparison.to_json())["comparison"][0]["first"] == ATTACK


def test_merged_sites_are_called_sites():
    headlines = compare(predictions("duplicated"), sites="merge").headlines()
    assert headlines[0].startswith("a: 18 sites, ")


# --- Notes and refusals --------------------------------------------------------------------------


def test_few_permutations_come_with_a_note_that_knows_the_pairs():
    table = predictions(c=worlds.hits(80, 9))
    note = "With 19 permutations no p value can be below 0.05: ask for 999."
    assert note in compare(table).notes
    three = "With 199 permutations no p value, adjusted for 3 pairs, can be below 0.015: ask for"
    assert any(n.startswith(three) for n in compare(table, "abc", permutations=199).notes)
    assert not any("ask for" in n for n in compare(table, permutations=99).notes)


def test_shared_sites_come_with_a_note():
    notes = compare(predictions("duplicated")).notes
    assert any("share one of 18 sites" in note and "relative merged" not in note for note in notes)


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"correct": "a"}, "at least two models, but there is only 'a'"),
        ({"against": "bb"}, r"no model 'bb'\. Did you mean 'b'\? There are 'a', 'b'"),
        ({"permutations": 0}, "permutations must be a whole number of 1 or more"),
        ({"permutations": None}, "permutations must be a whole number of 1 or more"),
        ({"bootstrap": None}, "bootstrap must be a whole number of 1 or more"),
        ({"block_km": -1}, "block_km must lie between"),
        ({"scales": "knn:81"}, "only 80 samples"),
    ],
)
def test_choices_that_make_no_sense(choices, said):
    with pytest.raises(geobias.GeoBiasError, match=said):
        compare(predictions(), **choices)


def test_samples_can_be_compared():
    table = predictions()
    samples = Samples.from_table(table, correct=["a", "b"])
    assert_same(compare(samples), compare(table))
