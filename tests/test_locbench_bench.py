"""The benchmark: what is trained once, tabled over seeds, audited, and put beside other models."""

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import geobias
import naive
from geobias.encoders.locbench import (
    Training,
    add,
    evaluate,
    field,
    published_results,
    report,
    run,
    synthetic,
    train,
    true_prior,
)
from geobias.encoders.locbench.bench import auditing, running
from geobias.encoders.locbench.bench.folder import Folder, Run
from geobias.encoders.locbench.bench.results import combined
from geobias.errors import GeoBiasError, InputError

SMALL = {"training": Training(epochs=2), "dim": 8}
QUICK = {"scales": ["3000km", "knn:20"], "permutations": 19}


@pytest.fixture(scope="module")
def dataset():
    return synthetic(1_000, seed=1)


@pytest.fixture(scope="module")
def bench(dataset, tmp_path_factory):
    """Two encoders with two seeds."""
    return run(dataset, tmp_path_factory.mktemp("bench"), encoders="xyz,tile", seeds=2, **SMALL)


@pytest.fixture(scope="module")
def found(bench):
    return report(bench, **QUICK)


@pytest.fixture
def made(dataset, tmp_path):
    """A benchmark of models whose answers are given, with nothing trained."""

    def of(**models):
        folder = Folder.of(tmp_path / "made", dataset)
        split = dataset.evaluated
        for name, columns in models.items():
            for seed, right in enumerate(np.atleast_2d(columns)):
                table = pd.DataFrame(
                    {"sample": range(len(split)), "lat": split.lat, "lon": split.lon}
                )
                model, kind = ("image-only", "image") if name == "image" else (name, "encoder")
                folder.keep(
                    Run(model, kind, seed, "hit@1", metrics={"top1": float(right.mean())}),
                    table.assign(**{"hit@1": right}),
                )
        return folder

    return of


def flipped(right, rows):
    """The same answers, but for some rows."""
    other = right.copy()
    other[rows] = ~other[rows]
    return other


def image_answers(dataset):
    return evaluate(dataset).predictions["hit@1"].to_numpy()


def test_everything_is_run_once_per_seed_that_matters(bench):
    runs = [(each.model, each.kind, each.seed) for each in bench.runs()]
    priors = ["frequency", "grid", "kernel", "nearest", "radius"]
    assert runs == [
        ("image-only", "image", 0),
        *((f"prior-{name}", "prior", 0) for name in priors),
        *((name, "encoder", seed) for name in ("tile", "xyz") for seed in (0, 1)),
    ]


def test_what_is_finished_is_not_done_again(dataset, bench, monkeypatch):
    monkeypatch.setattr(running, "evaluate", None)
    again = run(dataset, bench.path, encoders="xyz,tile", seeds=2, **SMALL)
    assert again.runs() == bench.runs()


def test_a_broken_run_goes_on_to_the_same_bytes(dataset, bench, tmp_path, monkeypatch):
    keep, kept = Folder.keep, []

    def breaks(self, run, predictions):
        if run.model == "xyz" and run.seed == 1:
            raise KeyboardInterrupt
        kept.append(run)
        keep(self, run, predictions)

    choices = {"encoders": "xyz,tile", "seeds": 2, **SMALL}
    with monkeypatch.context() as patch:
        patch.setattr(Folder, "keep", breaks)
        with pytest.raises(KeyboardInterrupt):
            run(dataset, tmp_path / "broken", **choices)
    assert Folder.open(tmp_path / "broken").runs()
    whole = run(dataset, tmp_path / "broken", **choices)
    for one, other in zip(bench.runs(), whole.runs(), strict=True):
        assert one.metrics == other.metrics
        pd.testing.assert_frame_equal(bench.predictions(one), whole.predictions(other))
        files = [each.place(one.model, one.seed) / "predictions.parquet" for each in (bench, whole)]
        assert files[0].read_bytes() == files[1].read_bytes()


def test_predictions_are_what_score_reads(dataset, bench):
    path = bench.place("xyz", 0) / "predictions.parquet"
    audit = geobias.score(path, correct="hit@1", scales="3000km")
    right = evaluate(dataset, train(dataset, "xyz", seed=0, **SMALL).model)
    assert audit.scored.n == 200
    assert audit.summary["accuracy"].item() == right.metrics["top1"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"training": Training(epochs=3)}, "holds xyz with another training"),
        ({"dim": 9}, "another dim: 8, not 9"),
        ({"settings": {"xyz": ({"hidden_dim": 3}, SMALL["training"])}}, "another options"),
        ({"settings": "best"}, "settings='best' has to be 'published'"),
        ({"encoders": "xyz,xzy"}, "no encoder 'xzy'"),
        ({"encoders": "xyz,xyz"}, "named twice"),
        ({"encoders": []}, "none is named"),
        ({"training": Training(device="gpu")}, "device"),
        ({"seeds": 0}, "seeds"),
        ({"seeds": [1, 1]}, "each seed once"),
        ({"seeds": []}, "each seed once"),
        ({"settings": {"nerf": ({}, Training())}}, "nerf is none of the encoders"),
    ],
)
def test_runs_that_make_no_sense(dataset, bench, changed, message):
    with pytest.raises(GeoBiasError, match=message):
        run(dataset, bench.path, **{"encoders": "xyz", **SMALL, **changed})


def test_encoders_have_settings_of_their_own(dataset, tmp_path):
    own = {"xyz": ({"hidden_dim": np.int64(5)}, Training(epochs=1))}
    folder = run(dataset, tmp_path, encoders="xyz,tile", settings=own, priors=False, **SMALL)
    xyz, tile = folder.run("xyz", 0).settings, folder.run("tile", 0).settings
    assert (xyz["options"], xyz["training"]["epochs"]) == ({"hidden_dim": 5}, 1)
    assert (tile["options"], tile["training"]["epochs"]) == ({}, 2)


def test_published_settings_are_taken_where_there_are_any(dataset):
    as_fmow = replace(dataset, name="fmow")
    training = Training(epochs=1, patience=7)
    given, notes = running._given(as_fmow, ["xyz", "satclip"], training, "published")
    options, found = given["xyz"]
    assert (found.lr, found.patience, options["hidden_dim"]) == (0.005, 7, 512)
    assert list(given) == ["xyz"]
    assert notes["satclip"][0].startswith("satclip was trained with the defaults: No settings")


def test_a_folder_belongs_to_one_dataset(bench, tmp_path):
    with pytest.raises(InputError, match=r"holds results on synthetic .*, not on synthetic"):
        run(synthetic(1_000, seed=2), bench.path, encoders="xyz", **SMALL)
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(InputError, match="no benchmark: name another folder"):
        run(synthetic(1_000, seed=2), tmp_path, encoders="xyz", **SMALL)
    with pytest.raises(InputError, match=r"no bench\.json"):
        report(tmp_path)


def test_a_folder_without_a_finished_run_says_so(dataset, tmp_path):
    Folder.of(tmp_path / "new", dataset)
    with pytest.raises(InputError, match="no finished run"):
        report(tmp_path / "new")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "Cannot read"),
        ("[]", "is damaged"),
        ('{"format": 0}', "has the format 0, not 1"),
        ('{"format": 1}', "says nothing of a dataset"),
    ],
)
def test_damaged_folders_are_named(tmp_path, content, message):
    (tmp_path / "bench.json").write_text(content)
    with pytest.raises(InputError, match=message):
        report(tmp_path)


def test_damaged_predictions_are_named(dataset, made):
    folder = made(image=image_answers(dataset))
    (folder.place("image-only", 0) / "predictions.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match="Cannot read"):
        report(folder, **QUICK)


@pytest.mark.parametrize("content", ["[]", "null", "{}", '{"model": "xyz", "strange": 1}'])
def test_damaged_runs_are_named(dataset, made, content):
    folder = made(image=image_answers(dataset))
    (folder.place("image-only", 0) / "run.json").write_text(content)
    with pytest.raises(InputError, match=r"run\.json.* is damaged"):
        report(folder, **QUICK)


def test_values_are_benchmarked_with_the_network_of_images_alone(tmp_path):
    folder = run(field(1_000), tmp_path, encoders=["xyz"], seeds=2, **SMALL)
    assert [(each.model, each.seed) for each in folder.runs()] == [
        ("image-only", 0), ("image-only", 1), ("xyz", 0), ("xyz", 1),
    ]  # fmt: skip
    table = report(folder, **QUICK).table.set_index("model")
    for each in folder.runs():
        right = folder.predictions(each)["within"].mean()
        assert each.metrics["within"] == pytest.approx(right)
    shares = [each.metrics["within"] for each in folder.runs()]
    gain = np.mean(shares[2:]) - np.mean(shares[:2])
    assert table.loc["xyz", "gain"] == pytest.approx(gain)
    assert {"r2", "mae", "rmse", "r2_sd"} <= set(table.columns)


def test_means_and_spreads_are_over_seeds(bench, found):
    row = found.table.set_index("model").loc["xyz"]
    top1 = [each.metrics["top1"] for each in bench.runs() if each.model == "xyz"]
    assert row["top1"] == np.mean(top1)
    assert row["top1_sd"] == pytest.approx(abs(top1[1] - top1[0]) / np.sqrt(2))
    assert row["seeds"] == 2
    assert np.isnan(found.table.set_index("model").loc["image-only", "top1_sd"])


def test_scores_are_those_of_an_audit(bench, found):
    for each in bench.runs():
        audit = geobias.score(
            bench.predictions(each), correct="hit@1", scales="3000km", permutations=19,
            preset="published", marks="01",
        )  # fmt: skip
        here = found.audited.scores.query(
            "model == @each.model and seed == @each.seed and scale == '3000km'"
        )
        for score in ("unmarked", "marked", "clustering", "clustering_p"):
            assert here[score].item() == pytest.approx(audit.summary[score].item(), nan_ok=True)


def test_gains_are_differences_in_accuracy(dataset, made):
    right = image_answers(dataset)
    wrong = np.flatnonzero(~right)
    seeds = [flipped(right, wrong[:10]), flipped(right, wrong[:20])]
    row = report(made(image=right, better=seeds), **QUICK).table.set_index("model").loc["better"]
    assert row["gain"] == pytest.approx(15 / len(right))
    assert row["gain_low"] < row["gain"] < row["gain_high"]


def test_p_of_several_seeds_is_twice_the_median():
    assert combined([0.2]) == 0.2
    assert combined([0.01, 0.03, 0.5]) == 0.06
    assert combined([0.7, 0.9]) == 1.0
    assert combined([0.1, np.nan]) == 0.1
    assert np.isnan(combined([np.nan]))


def test_p_of_changes_is_adjusted_for_the_number_of_models(found):
    table = found.table
    for scale in QUICK["scales"]:
        p = table[f"{scale}:change_p"].dropna()
        assert len(p) == 7
        assert table[f"{scale}:change_p_holm"].min() == pytest.approx(min(1, 7 * p.min()))


def test_permutations_that_can_find_no_change_are_said_to_be_too_few(dataset, made):
    right = image_answers(dataset)
    other = [flipped(right, slice(0, 40)), flipped(right, slice(40, 80))]
    folder = made(image=right, one=other, two=right)
    said = "no p of a change can be below 0.2 for so many models and seeds"
    (few,) = [note for note in report(folder, **QUICK).notes if said in note]
    assert few.endswith("ask for 80 or more.")
    enough = report(folder, scales="3000km", permutations=80).notes
    assert not [note for note in enough if "so many models" in note]


@pytest.mark.parametrize("seed", range(5))
def test_p_of_gains_is_the_share_of_all_ways_to_throw_the_coins(seed):
    sums = np.random.default_rng(seed).normal(0.7, 1.0, 10)
    exact = naive.sign_flip_p(sums)
    noise = np.sqrt(exact * (1 - exact) / auditing.DRAWS)
    assert auditing.flipped_p(sums, seed) == pytest.approx(exact, abs=4 * noise + 1e-3)
    assert auditing.flipped_p(-sums, seed) == auditing.flipped_p(sums, seed)


def test_gains_are_said_only_if_they_are_beyond_the_chance_of_all_models(dataset, made):
    right = image_answers(dataset)
    wrong = np.flatnonzero(~right)
    few = {f"few {number}": flipped(right, wrong[number : number + 5]) for number in range(8)}
    found = report(made(image=right, many=np.ones(200, bool), **few), **QUICK)
    table = found.table.set_index("model")
    assert table.loc["few 0", "gain_p"] <= 0.1
    assert table.loc["few 0", "gain_p_holm"] > 0.05 >= table.loc["many", "gain_p_holm"]
    said = dict(line.split(" ", 1) for line in found.sentences() if line.startswith("many"))
    assert said["many"].startswith("raises accuracy by ")
    assert all("no more than chance" in line for line in found.sentences() if "few" in line)
    assert found.summary.startswith("Of 9 encoders, 1 raise accuracy and 0 lower it")


def test_the_same_answers_change_nothing(dataset, made):
    right = image_answers(dataset)
    benchmark = report(made(image=right, same=right), **QUICK)
    row = benchmark.table.set_index("model").loc["same"]
    assert row["gain"] == row["3000km:change"] == 0.0
    assert row["3000km:change_p"] == 1.0
    assert benchmark.sentences() == [
        "same changes accuracy by no more than chance (+0.0 points, 0.0 to 0.0); "
        "clustering changes by no more than chance at any scale."
    ]


def test_an_audit_is_remembered(bench, found, monkeypatch):
    monkeypatch.setattr(auditing, "score", None)
    again = report(bench.path, **QUICK)
    pd.testing.assert_frame_equal(again.table, found.table)
    assert again.notes == found.notes


def test_a_remembered_audit_is_the_same_to_the_bit(dataset, made):
    right = image_answers(dataset)
    folder = made(image=right, other=flipped(right, slice(0, 40)))
    first, again = report(folder, **QUICK), report(folder, **QUICK)
    assert first.to_json() == again.to_json()
    assert first.to_html() == again.to_html()


@pytest.mark.parametrize("damage", ["{", "[]", "null", '{"key": "of other models"}', "a part"])
def test_an_audit_that_cannot_be_read_is_done_again(dataset, made, damage):
    folder = made(image=image_answers(dataset))
    if damage == "a part":
        report(folder, **QUICK)
        held = json.loads((folder.path / "audit.json").read_text())
        damage = json.dumps({"key": held["key"]})
    first = report(folder, **QUICK)
    (folder.path / "audit.json").write_text(damage)
    pd.testing.assert_frame_equal(report(folder, **QUICK).table, first.table)


def test_scales_that_samples_are_too_few_for_are_left_out_and_said(dataset, made):
    right = image_answers(dataset)
    found = report(made(image=right), scales=["3000km", "knn:300"], permutations=19)
    assert np.isnan(found.table["knn:300:clustering"].item())
    assert "image-only: 200 located samples are too few for knn:300." in found.notes


def test_clustering_that_cannot_be_compared_is_not_said_to_be_the_same(dataset, made):
    right = image_answers(dataset)
    found = report(made(image=right, perfect=np.ones_like(right)), **QUICK)
    (said,) = found.sentences()
    assert said.endswith("clustering cannot be compared at any scale.")
    caption = found.tables[2].caption
    assert (
        "to 100.0 %, by model, of the samples, where neighbours are too few or answers" in caption
    )


def test_gains_of_too_few_blocks_have_no_interval(tmp_path):
    world = synthetic(1_000, seed=1)
    folder = Folder.of(tmp_path / "near", world)
    right = image_answers(world)
    for model, kind, column in (
        ("image-only", "image", right),
        ("xyz", "encoder", flipped(right, slice(0, 20))),
    ):
        table = pd.DataFrame({"sample": range(200), "lat": 5.0, "lon": 5.0 + np.arange(200) / 1e4})
        folder.keep(
            Run(model, kind, 0, "hit@1", metrics={"top1": 0.5}), table.assign(**{"hit@1": column})
        )
    (said,) = report(folder, scales="knn:20", permutations=19).sentences()
    assert "of too few blocks for an interval)" in said
    assert "nan" not in said


def test_sites_are_merged_where_that_is_asked_for(tmp_path):
    world = synthetic(1_000, seed=1)
    folder = Folder.of(tmp_path / "repeated", world)
    right = image_answers(world)
    split = world.evaluated
    first = np.arange(200) // 4 * 4
    table = pd.DataFrame({"sample": range(200), "lat": split.lat[first], "lon": split.lon[first]})
    for model, kind, column in (("image-only", "image", right), ("xyz", "encoder", ~right)):
        folder.keep(
            Run(model, kind, 0, "hit@1", metrics={"top1": 0.5}), table.assign(**{"hit@1": column})
        )
    found = report(folder, scales=["3000km", "knn:60"], permutations=19, sites="merge")
    own = geobias.score(
        table.assign(hit=right), correct="hit", scales="3000km", sites="merge", permutations=19
    )
    row = found.table.set_index("model").loc["image-only"]
    assert row["audited"] == 50
    assert row["3000km:clustering"] == pytest.approx(own.summary["clustering"].item())
    assert "image-only, xyz: 50 sites are too few for knn:60." in found.notes


def test_choices_are_checked(bench):
    with pytest.raises(GeoBiasError, match="sites"):
        report(bench, sites="drop")
    with pytest.raises(GeoBiasError, match="centres"):
        report(bench, centres=1)
    with pytest.raises(GeoBiasError, match="permutations"):
        report(bench, permutations=0)
    with pytest.raises(GeoBiasError, match="scale"):
        report(bench, scales="5 parsecs")


class TestAdding:
    def predictions(self, dataset, right):
        split = dataset.evaluated
        return pd.DataFrame({"lat": split.lat, "lon": split.lon, "correct": right})

    def test_predictions_on_the_same_samples_are_compared(self, dataset, made):
        right = image_answers(dataset)
        folder = made(image=right)
        better = flipped(right, np.flatnonzero(~right)[:9])
        shuffled = self.predictions(dataset, better).sample(frac=1, random_state=0)
        add(folder, shuffled, "gpt-4o")
        row = report(folder, **QUICK).table.set_index("model").loc["gpt-4o"]
        assert (row["kind"], row["audited"]) == ("external", 200)
        assert row["gain"] == pytest.approx(9 / 200)
        assert not np.isnan(row["3000km:change_p"])

    def test_predictions_are_joined_by_id(self, dataset, made):
        right = image_answers(dataset)
        folder = made(image=right)
        table = self.predictions(dataset, ~right).assign(number=np.arange(200))
        added = add(folder, table.sample(frac=1, random_state=0), "other", id="number")
        assert added.metrics["top1"] == pytest.approx(1 - right.mean())
        assert "by id" in added.settings["notes"][0]

    def test_a_part_of_the_samples_is_compared_on_that_part(self, dataset, made):
        right = image_answers(dataset)
        folder = made(image=right)
        part = self.predictions(dataset, ~right).iloc[:60]
        add(folder, part, "some")
        found = report(folder, scales="3000km", permutations=19)
        row = found.table.set_index("model").loc["some"]
        assert row["audited"] == 60
        assert row["gain"] == pytest.approx(np.mean(~right[:60]) - np.mean(right[:60]))
        assert list(found.audited.scores["model"]) == ["image-only", "some"]
        assert any("some answers 60 of 200 located samples" in note for note in found.notes)

    def test_models_on_other_samples_of_the_same_places_are_told_apart(self, dataset, tmp_path):
        folder = Folder.of(tmp_path / "crowded", dataset)
        right = image_answers(dataset).copy()
        right[:2] = True, False
        table = self.predictions(dataset, right).assign(number=np.arange(200))
        table.loc[1, ["lat", "lon"]] = table.loc[0, ["lat", "lon"]]
        answers = table.rename(columns={"number": "sample", "correct": "hit@1"})
        folder.keep(Run("image-only", "image", 0, "hit@1", metrics={"top1": 0.5}), answers)
        add(folder, table.drop(0), "one", id="number", correct="correct")
        add(folder, table.drop(1), "two", id="number", correct="correct")
        assert report(folder, **QUICK).audited.gains["gain"].tolist() == [0.0, 0.0]

    def test_a_model_on_too_few_samples_is_told_and_the_others_are_audited(self, dataset, made):
        right = image_answers(dataset)
        folder = made(image=right)
        add(folder, self.predictions(dataset, right).iloc[:3], "few")
        found = report(folder, **QUICK)
        assert found.table.set_index("model")["audited"].to_dict() == {"image-only": 200, "few": 0}
        assert "few: 3 located samples are too few for 3000km, knn:20." in found.notes
        assert "few" in found.to_html()

    def test_rounded_coordinates_are_not_taken_for_a_part(self, dataset, made):
        right = image_answers(dataset)
        folder = made(image=right)
        table = self.predictions(dataset, right)
        with pytest.raises(
            InputError, match=r"Only \d+ samples of 200 could be joined: .*\(--id\)"
        ):
            add(folder, table.round({"lat": 3, "lon": 3}), "rounded")
        assert len(folder.runs()) == 1
        added = add(folder, table.round({"lat": 4, "lon": 4}).sample(frac=1), "close")
        assert added.metrics["n"] == 200

    def test_ids_that_are_not_shared_are_refused(self, dataset, made):
        right = image_answers(dataset)
        folder = made(image=right)
        table = self.predictions(dataset, right).assign(number=np.arange(1_000, 1_200))
        with pytest.raises(InputError, match="share no sample"):
            add(folder, table, "mine", id="number")

    @pytest.mark.parametrize("name", [None, 5, "", "image-only ", "a\nb", "\x1b[31mred", "a" * 201])
    def test_names_that_cannot_be_read_or_told_apart(self, dataset, made, name):
        folder = made(image=image_answers(dataset))
        with pytest.raises(InputError, match="name"):
            add(folder, self.predictions(dataset, True), name)

    def test_what_was_added_is_not_taken_for_what_is_to_be_run(self, dataset, made):
        right = image_answers(dataset)
        folder = made(image=right)
        add(folder, self.predictions(dataset, right), "prior-grid")
        with pytest.raises(InputError, match="holds prior-grid added from elsewhere"):
            run(dataset, folder.path, encoders="xyz", **SMALL)

    def test_other_samples_are_audited_alone(self, dataset, made):
        folder = made(image=image_answers(dataset))
        own = geobias.simulate.world("unbiased", n=150, seed=3)
        add(folder, own, "elsewhere")
        found = report(folder, scales="3000km", permutations=19)
        row = found.table.set_index("model").loc["elsewhere"]
        assert row["audited"] == 150
        assert np.isnan(row["gain"])
        assert any("150 samples of its own" in note for note in found.notes)
        assert not [line for line in found.sentences() if "elsewhere" in line]

    def test_names_are_not_taken_twice(self, dataset, made):
        right = image_answers(dataset)
        folder = made(image=right)
        table = self.predictions(dataset, right)
        add(folder, table, "mine")
        with pytest.raises(InputError, match="added before"):
            add(folder, table, "mine")
        with pytest.raises(InputError, match="is a model of this benchmark"):
            add(folder, table, "image-only", force=True)
        with pytest.raises(InputError, match="name is empty"):
            add(folder, table, " ")
        add(folder, table.assign(correct=True), "mine", force=True)
        assert folder.run("mine", 0).metrics["top1"] == 1.0

    def test_only_one_model_that_is_right_or_wrong_is_added(self, dataset, made):
        right = image_answers(dataset)
        folder = made(image=right)
        table = self.predictions(dataset, right).assign(other=right, level=1.0 + np.arange(200) % 2)
        with pytest.raises(InputError, match="2 models"):
            add(folder, table, "mine", correct=["correct", "other"])
        with pytest.raises(InputError, match="not levels"):
            add(folder, table, "mine", correct="level", levels=[1.0, 2.0], degrees=False)

    def test_names_of_any_kind_have_folders_of_their_own(self, dataset, made):
        folder = made(image=image_answers(dataset))
        names = ["GPT/4o", "gpt\\4o", "../../up", "…", "a" * 200]
        for name in names:
            add(folder, self.predictions(dataset, image_answers(dataset)), name)
        assert {each.model for each in folder.runs()} == {"image-only", *names}
        assert len(list((folder.path / "runs").iterdir())) == 6


class TestShowing:
    def test_a_page_holds_tables_and_words_and_asks_for_nothing(self, found):
        page = found.to_html()
        for each in ("image-only", "xyz", "prior-grid", *QUICK["scales"], found.summary):
            assert each in page
        assert not re.search(r"(src|href)=\"https?:", page)
        assert page.count("<table") == 3

    def test_a_notebook_shows_tables_and_words(self, found):
        card = found._repr_html_()
        assert card.count("<table") == 3
        assert found.summary in card
        assert card.count(">xyz<") == 3

    def test_markdown_has_a_row_per_model(self, found):
        text = found.to_markdown()
        assert text.count("| xyz |") == 3
        assert found.summary in text

    def test_names_cannot_act(self, dataset, made):
        folder = made(image=image_answers(dataset))
        split = dataset.evaluated
        table = pd.DataFrame({"lat": split.lat, "lon": split.lon, "correct": True})
        add(folder, table, "<script>alert(1)</script>")
        found = report(folder, **QUICK)
        assert "<script>alert" not in found.to_html()
        assert "<script>" not in found._repr_html_()
        assert "<script>" not in found.to_markdown()

    def test_json_has_everything_and_no_nan(self, found, tmp_path):
        found.to_json(tmp_path / "all.json")
        facts = json.loads((tmp_path / "all.json").read_text(), parse_constant=pytest.fail)
        assert len(facts["models"]) == 8
        assert len(facts["runs"]) == 10
        assert facts["dataset"]["truth"].keys() == {"lat", "lon", "radius_km"}

    def test_published_results_stand_beside_those_of_their_dataset(self, dataset, made):
        right = image_answers(dataset)
        folder = made(image=right, nerf=right)
        as_fmow = Folder(folder.path, {**folder.dataset, "published": "fMoW"})
        found = report(as_fmow, scales="100km", permutations=19)
        text = found.to_markdown()
        assert "Published Top-1" in text
        row = next(line for line in text.splitlines() if line.startswith("| nerf"))
        assert "70.60" in row
        assert any("could not be reproduced" in note for note in found.notes)
        assert "Published" not in report(folder, **QUICK).to_markdown()


@pytest.mark.reference
def test_published_results_are_those_printed(reference):
    printed = json.loads((reference / "published_tables.json").read_text())
    table = published_results().set_index(["dataset", "model"])
    ours = {"No prior": "image-only", "Siren(SH)": "spherical_harmonics", "GPT-4V": "gpt-4v"}
    compared = 0
    for part, measure in (("classification_top1", "top1"), ("regression_r2", "r2")):
        for model, results in printed[part].items():
            for dataset, value in results.items():
                if dataset != "Avg" and "images" not in dataset:
                    assert table.loc[(dataset, ours.get(model, model.lower())), measure] == value
                    compared += 1
    for part in ("classification_geobias", "regression_geobias"):
        for model, results in printed[part].items():
            for dataset, scores in results.items():
                for measure, value in scores.items():
                    assert table.loc[(dataset, ours.get(model, model.lower())), measure] == value
                    compared += 1
    assert compared == table.notna().sum().sum() == 630


@pytest.fixture(scope="module")
def world():
    return synthetic(10_000, seed=1, classes=60, accuracy=0.9, weak_accuracy=0.15)


@pytest.fixture(scope="module")
def image(world):
    return evaluate(world).predictions


class Everywhere:
    """A prior that is the same at all places."""

    def __init__(self, constant):
        self.constant = constant

    def class_probabilities(self, *, lat, lon):
        return np.tile(self.constant, (len(lat), 1))


class TestTheWhole:
    """What is planted is found; what mends it makes errors cluster less; a constant does not."""

    def test_the_planted_region_is_found_at_its_scale(self, world, image):
        places = geobias.where(image, correct="hit@1", permutations=199)
        first = places.table.iloc[0]
        truth = world.truth
        apart = geobias.sphere.great_circle_km(
            first["lat"], first["lon"], truth["lat"], truth["lon"]
        )
        assert first["p"] <= 0.05
        assert apart < truth["radius_km"]
        assert truth["radius_km"] / 2 < first["radius_km"] < 2 * truth["radius_km"]

    def test_an_encoder_that_mends_it_makes_errors_cluster_less(self, world, image):
        mended = evaluate(world, true_prior(seed=1, classes=60)).predictions["hit@1"]
        compared = geobias.compare(
            image.assign(mended=mended), correct=["hit@1", "mended"], scales="knn:100",
            permutations=199, bootstrap=99, centres=400,
        )  # fmt: skip
        row = compared.table.query("score == 'clustering'").iloc[0]
        assert row["difference"] < 0
        assert row["p"] <= 0.05

    def test_a_single_tile_says_the_same_everywhere_and_changes_next_to_nothing(self, world, image):
        one_cell = {"cell_size": 360.0}
        trained = train(world, "tile", options=one_cell, training=Training(epochs=5), dim=8)
        places = trained.model.class_probabilities(lat=[-60.0, 0.0, 89.0], lon=[-170.0, 0.0, 20.0])
        # Rows of one product of matrices may differ in their last bit.
        assert np.ptp(places, axis=0).max() <= np.finfo(np.float32).eps
        both = evaluate(world, trained.model).predictions["hit@1"]
        assert (both == image["hit@1"]).mean() > 0.97
        same = evaluate(world, Everywhere(places[0])).predictions["hit@1"]
        assert (both == same).all()

    def test_what_says_the_same_of_all_classes_is_the_image_alone(self, world, image):
        level = evaluate(world, Everywhere(np.full(60, 0.25))).predictions
        columns = ["predicted", "rank", "hit@1", "hit@3"]
        pd.testing.assert_frame_equal(level[columns], image[columns])
