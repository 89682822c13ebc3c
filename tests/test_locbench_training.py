"""Training of location encoders: what is learned, and that a kill or another order changes none."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import naive
from geobias.encoders import LocationClassifier, build, list_encoders, random_places
from geobias.encoders.locbench import (
    Dataset,
    RegressionModel,
    Split,
    Training,
    published_settings,
    train,
)
from geobias.encoders.locbench.training import codes, machine
from geobias.encoders.locbench.training.classifying import Classification
from geobias.encoders.locbench.training.drawing import Seeds, order_of, split_seed
from geobias.encoders.locbench.training.ordering import canonical
from geobias.encoders.locbench.training.published import _rows
from geobias.encoders.locbench.training.widths import PUBLISHED, SMALL
from geobias.errors import GeoBiasError, InputError
from small_worlds import of_classes, of_values

FIFTEEN = [
    "tile", "wrap", "wrap_ffn", "rbf", "rff", "space2vec-grid", "space2vec-theory", "xyz", "nerf",
    "sphere2vec-spherec", "sphere2vec-spherec+", "sphere2vec-spherem", "sphere2vec-spherem+",
    "sphere2vec-dfs", "spherical_harmonics",
]  # fmt: skip
OTHERS = {
    "satclip": {"legendre_polys": 4, "hidden_dim": 8},
    "geoclip": {"hidden_dim": 8},
    "sinr": {},
}
CPU = torch.device("cpu")
QUICK = Training(epochs=4, batch_size=64)


def weights(trained):
    return {name: value.numpy().tobytes() for name, value in trained.model.state_dict().items()}


def same(one, other):
    pd.testing.assert_frame_equal(one.history, other.history, check_exact=True)
    return weights(one) == weights(other) and one.best_epoch == other.best_epoch


def shuffled(dataset, seed=0):
    """The same samples in another order."""
    draw = np.random.default_rng(seed)

    def mixed(split):
        order = draw.permutation(len(split))
        return Split(
            **{
                name: None if values is None else values[order]
                for name in split.__dataclass_fields__
                for values in [getattr(split, name)]
            }
        )

    return replace(dataset, splits={name: mixed(each) for name, each in dataset.splits.items()})


# --- What is learned ------------------------------------------------------------------------------


def test_the_fifteen_are_those_of_the_registry():
    table = list_encoders()
    assert set(FIFTEEN) | set(OTHERS) == set(table["name"])


@pytest.mark.parametrize("name", [*FIFTEEN, *OTHERS])
def test_every_encoder_trains_on_classes_and_on_values(name):
    training = Training(epochs=2, batch_size=64)
    options = OTHERS.get(name, {})
    trained = train(of_classes(), name, training=training, options=options, dim=8)
    assert list(trained.history) == ["epoch", "loss", "val_loss", "val_top1", "lr"]
    assert trained.history["epoch"].tolist() == [1, 2]
    assert np.isfinite(trained.history.to_numpy()).all()
    assert not trained.model.training
    found = trained.model.class_probabilities(lat=[90.0, 0.0], lon=[0.0, 180.0])
    assert found.shape == (2, 4)
    assert json.loads(json.dumps(trained.record()))["encoder"] == name
    started = LocationClassifier(build_again(trained), 4, seed=split_seed(0, parts=1)[0])
    assert weights_of(started) != weights(trained)

    trained = train(of_values(), name, training=training, options=options, dim=8)
    assert list(trained.history) == ["epoch", "loss", "val_rmse", "val_r2", "lr"]
    val = of_values().splits["val"]
    found = trained.model.predict(features=val.features, lat=val.lat, lon=val.lon)
    rmse = float(np.sqrt(np.mean((found - val.targets) ** 2)))
    assert rmse == pytest.approx(trained.record()["val_rmse"], rel=1e-6)


def build_again(trained):
    return build(**trained.model.encoder.settings)


def weights_of(model):
    return {name: value.numpy().tobytes() for name, value in model.state_dict().items()}


def test_a_prior_learns_where_classes_live():
    trained = train(of_classes(2_000), "wrap", training=Training(epochs=15, batch_size=128), dim=32)
    assert trained.history["loss"].is_monotonic_decreasing
    val = of_classes(2_000).splits["val"]
    image = float((val.probabilities.argmax(axis=1) == val.targets).mean())
    assert trained.history["val_top1"].iloc[-1] > max(0.95, image + 0.1)


def test_regression_learns_from_image_and_place_together():
    training = Training(epochs=20, batch_size=64, lr=0.005)
    data, options = of_values(600), {"hidden_dim": 32}
    image = train(data, None, training=training)
    both = train(data, "xyz", training=training, options=options, dim=16)
    assert 0.1 < image.history["val_r2"].iloc[-1] < 0.5
    assert both.history["val_r2"].iloc[-1] > 0.9
    blind = train(of_values(600, features=0), "xyz", training=training, options=options, dim=16)
    assert 0.5 < blind.history["val_r2"].iloc[-1] < 0.9
    assert blind.model.predict(lat=[0.0], lon=[0.0]).shape == (1,)


# --- Losses ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", ["presence", "users", "cross_entropy"])
@pytest.mark.parametrize("compat", [None, "torchspatial"])
def test_the_first_loss_is_its_formula(loss, compat):
    data = of_classes(60)
    seen = data.splits["train"]
    options = {"dropout": 0.0, "hidden_dim": 8}
    training = Training(
        epochs=1, batch_size=60, loss=loss, compat=compat, samples_per_class=None,
        negative_weight=0.7,
    )  # fmt: skip
    trained = train(data, "xyz", training=training, options=options, dim=6, seed=5)

    model = LocationClassifier(
        build("xyz", 6, seed=5, compat=compat, **options),
        4,
        users=3 if loss == "users" else 0,
        seed=split_seed(5, parts=1)[0],
    ).eval()
    order = order_of(None, 60, None, torch.Generator().manual_seed(Seeds.of(5, 1).order))
    rows = canonical(seen)[order.numpy()]
    negatives = random_places(
        60, torch.Generator().manual_seed(Seeds.of(5, 1).negatives), compat=compat
    )
    here = model.embed(lat=seen.lat[rows], lon=seen.lon[rows])
    there = model.encoder.embed(lat=negatives[:, 1], lon=negatives[:, 0]).numpy()
    vectors = model.classes.weight.detach().numpy()
    labels = seen.targets[rows]
    expected = {
        "presence": lambda: naive.full_loss(here @ vectors.T, labels, there @ vectors.T, 0.7),
        "cross_entropy": lambda: naive.cross_entropy_of_shares(here @ vectors.T, labels),
        "users": lambda: naive.full_loss_user(
            here, labels, there, seen.users[rows], vectors, model.users.weight.detach().numpy()
        ),
    }[loss]()
    assert trained.history["loss"].iloc[0] == pytest.approx(expected, rel=1e-6)


def test_random_places_are_of_the_whole_sphere_unless_in_compat(monkeypatch):
    drawn = []

    def spying(number, generator, *, compat=None):
        found = random_places(number, generator, compat=compat)
        drawn.append(found.numpy())
        return found

    monkeypatch.setattr("geobias.encoders.locbench.training.classifying.random_places", spying)
    for compat in (None, "torchspatial"):
        drawn.clear()
        train(of_classes(), "xyz", training=Training(epochs=3, compat=compat), dim=4)
        places = np.concatenate(drawn)
        quarters = {(bool(x > 0), bool(y > 0)) for x, y in places}
        assert len(quarters) == (1 if compat else 4)
        # Each epoch draws anew.
        assert len(np.unique(places, axis=0)) == len(places) == 600


def test_samples_of_unknown_users_and_places_are_left_out_and_counted():
    data = of_classes(unlocated=20)
    seen = data.splits["train"]
    users = seen.users.copy()
    users[:30] = -1
    data = replace(data, splits={**data.splits, "train": replace(seen, users=users)})
    trained = train(data, "xyz", training=replace(QUICK, loss="users"), dim=4)
    assert trained.notes == (
        "Not trained on: 20 samples without a location.",
        "Not trained on: 30 samples of an unknown user.",
    )
    assert trained.model.users.out_features == 3
    others = replace(
        data,
        splits={
            **data.splits,
            "train": Split(
                lat=seen.lat[30:180],
                lon=seen.lon[30:180],
                targets=seen.targets[30:180],
                users=users[30:180],
            ),
        },
    )
    assert weights(train(others, "xyz", training=replace(QUICK, loss="users"), dim=4)) == weights(
        trained
    )
    assert train(data, "xyz", training=QUICK, dim=4).notes == trained.notes[:1]


def test_the_sampler_takes_at_most_so_many_of_each_class():
    draw = np.random.default_rng(3)
    labels = draw.choice(5, 400, p=[0.6, 0.2, 0.15, 0.04, 0.01])
    taken = []
    for epoch in range(3):
        generator = torch.Generator().manual_seed(epoch)
        order = order_of(torch.from_numpy(labels), 400, 30, generator).numpy()
        assert len(set(order)) == len(order)
        found = np.bincount(labels[order], minlength=5).tolist()
        assert found == naive.most_of_each(labels.tolist(), 30)
        taken.append(set(order))
    assert len(set.union(*taken)) > len(taken[0]) + 50
    # Classes are mixed, not one after the other.
    assert (np.diff(labels[order]) != 0).mean() > 0.3
    everything = order_of(None, 400, 30, torch.Generator().manual_seed(0))
    assert sorted(everything.tolist()) == list(range(400))


def test_an_epoch_is_as_long_as_its_balanced_samples(monkeypatch):
    seen = []
    loss = Classification.loss
    monkeypatch.setattr(
        Classification, "loss", lambda self, rows, g: seen.append(len(rows)) or loss(self, rows, g)
    )
    train(of_classes(), "xyz", training=Training(epochs=1, batch_size=16, samples_per_class=9))
    assert seen == [16, 16, 4]


# --- Validation -----------------------------------------------------------------------------------


@pytest.mark.parametrize("images", [True, False])
@pytest.mark.parametrize("unlocated", [0, 15])
def test_validation_is_its_definition(images, unlocated, monkeypatch):
    monkeypatch.setattr("geobias.encoders.locbench.training.classifying.NUMBERS_AT_ONCE", 4 * 7)
    data = of_classes(100, images=images, unlocated=unlocated)
    trained = train(data, "wrap", training=QUICK, dim=8)
    val = data.splits["val"]
    location = np.full((50, 4), np.nan)
    known = val.located
    location[known] = trained.model.class_probabilities(lat=val.lat[known], lon=val.lon[known])
    loss, top1 = naive.validation(val.probabilities, location, val.targets, known.tolist())
    assert trained.history["val_loss"].iloc[-1] == pytest.approx(loss, rel=1e-5)
    assert trained.history["val_top1"].iloc[-1] == top1


def test_of_equal_scores_the_higher_class_wins():
    data = of_classes(40)
    val = data.splits["val"]
    flat = replace(val, probabilities=np.zeros((20, 4)))
    data = replace(data, splits={**data.splits, "val": flat})
    trained = train(data, "xyz", training=QUICK, dim=4)
    assert (trained.history["val_top1"] == (val.targets == 3).mean()).all()


def test_r2_of_a_constant_is_not_computable():
    data = of_values()
    val = replace(data.splits["val"], targets=np.full(100, 3.0))
    trained = train(replace(data, splits={**data.splits, "val": val}), "xyz", training=QUICK, dim=4)
    assert trained.history["val_r2"].isna().all()
    assert trained.record()["val_r2"] is None
    assert np.isfinite(trained.history["val_rmse"]).all()


# --- The same bytes -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["rbf", "tile", "wrap", "rff"])
def test_the_same_seed_gives_the_same_bytes(name):
    data = of_classes()
    one = train(data, name, training=QUICK, dim=8, seed=3)
    assert same(one, train(data, name, training=QUICK, dim=8, seed=3))
    assert same(one, train(shuffled(data), name, training=QUICK, dim=8, seed=3))
    assert weights(one) != weights(train(data, name, training=QUICK, dim=8, seed=4))


def test_values_in_another_order_give_the_same_bytes():
    data = of_values()
    one = train(data, "xyz", training=QUICK, dim=8)
    assert same(one, train(shuffled(data), "xyz", training=QUICK, dim=8))


def test_samples_at_one_place_are_told_apart_by_their_images():
    data = of_values()
    flat = {
        name: replace(each, lat=np.zeros(len(each)), lon=np.zeros(len(each)),
                      targets=np.round(each.targets / 100.0))
        for name, each in data.splits.items()
    }  # fmt: skip
    data = replace(data, splits=flat)
    one = train(data, None, training=QUICK)
    assert same(one, train(shuffled(data), None, training=QUICK))


def test_threads_and_the_state_of_others_make_no_difference():
    data, before = of_classes(2_000), torch.get_num_threads()
    training = Training(epochs=2, samples_per_class=None)
    one = train(data, "sphere2vec-spherec", training=training)
    try:
        torch.set_num_threads(2)
        torch.manual_seed(99)
        state = torch.get_rng_state()
        other = train(data, "sphere2vec-spherec", training=training)
        assert torch.get_num_threads() == 2
        assert torch.equal(torch.get_rng_state(), state)
    finally:
        torch.set_num_threads(before)
    assert same(one, other)


def test_codes_computed_batch_by_batch_are_the_same(monkeypatch):
    data = of_classes()
    for compat in (None, "torchspatial"):
        training = replace(QUICK, compat=compat)
        one = train(data, "sphere2vec-spherec", training=training, dim=8)
        with monkeypatch.context() as patch:
            patch.setattr(codes, "MOST_BYTES", 0)
            assert same(one, train(data, "sphere2vec-spherec", training=training, dim=8))


@pytest.mark.parametrize("name", ["sphere2vec-spherem", "rff", "nerf"])
@pytest.mark.parametrize("compat", [None, "torchspatial"])
def test_codes_are_those_of_the_encoder(name, compat):
    encoder = build(name, 8, compat=compat).eval()
    lat, lon = np.array([48.2, -90.0, 0.1]), np.array([16.4, 0.0, 180.0])
    held = codes.Codes(encoder, lat, lon, CPU)
    with torch.no_grad():
        found = encoder.network(held.of(torch.tensor([2, 0])))
        expected = encoder(lat=torch.from_numpy(lat[[2, 0]]), lon=torch.from_numpy(lon[[2, 0]]))
    assert torch.allclose(found, expected, rtol=0, atol=1e-6)


def test_the_learning_rate_decays_by_epoch():
    trained = train(of_classes(), "xyz", training=Training(epochs=3, lr=0.01, lr_decay=0.5), dim=4)
    assert trained.history["lr"].tolist() == [0.01, 0.005, 0.0025]


# --- Kills, and going on --------------------------------------------------------------------------


SCRIPT = """
import sys, time
sys.path.insert(0, sys.argv[2])
from geobias.encoders.locbench import Training, train
from small_worlds import of_classes
train(of_classes(), "wrap", training=Training(epochs=500, batch_size=64, patience=400), dim=8,
      folder=sys.argv[1], on_epoch=lambda record: time.sleep(0.02))
"""


def test_a_killed_training_goes_on_as_if_nothing_had_happened(tmp_path):
    folder = tmp_path / "run"
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    here = str(Path(__file__).parent)
    running = subprocess.Popen([sys.executable, "-P", "-c", SCRIPT, folder, here], env=environment)
    try:
        until = time.monotonic() + 120
        while not (folder / "log.csv").exists() or len(pd.read_csv(folder / "log.csv")) < 3:
            assert running.poll() is None
            assert time.monotonic() < until
            time.sleep(0.01)
    finally:
        running.send_signal(signal.SIGKILL)
        assert running.wait() == -signal.SIGKILL
    done = len(pd.read_csv(folder / "log.csv"))
    assert 3 <= done < 500
    training = Training(epochs=done + 8, batch_size=64, patience=400)
    seen = []
    resumed = train(
        of_classes(), "wrap", training=training, dim=8, folder=folder,
        on_epoch=lambda record: seen.append(record["epoch"]),
    )  # fmt: skip
    assert seen == list(range(1, done + 9))
    assert same(resumed, train(of_classes(), "wrap", training=training, dim=8))


@pytest.mark.parametrize("name", ["tile", "rbf", None])
def test_more_epochs_go_on_where_fewer_ended(tmp_path, name):
    data = of_values() if name is None else of_classes()
    train(data, name, training=replace(QUICK, epochs=2), dim=8, folder=tmp_path)
    resumed = train(data, name, training=replace(QUICK, epochs=5), dim=8, folder=tmp_path)
    assert same(resumed, train(data, name, training=replace(QUICK, epochs=5), dim=8))
    log = pd.read_csv(tmp_path / "log.csv")
    assert list(log) == [*resumed.history, "seconds"]
    assert (log["seconds"] > 0).all()
    assert log["loss"].tolist() == resumed.history["loss"].tolist()


def test_a_finished_training_is_returned_without_another_step(tmp_path, monkeypatch):
    done = train(of_classes(), "xyz", training=QUICK, dim=8, folder=tmp_path)
    monkeypatch.setattr(Classification, "loss", lambda *_: pytest.fail("it was trained again"))
    assert same(done, train(of_classes(), "xyz", training=QUICK, dim=8, folder=tmp_path))


def test_patience_keeps_the_best_weights(tmp_path):
    class Rising(Classification):
        """Good at first, and worse ever after."""

        def validate(self):
            found = super().validate()
            self.seen = getattr(self, "seen", 0) + 1
            return {**found, "val_top1": [0.3, 0.9, 0.5, 0.4, 0.3, 0.2][self.seen - 1]}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("geobias.encoders.locbench.training.training.Classification", Rising)
        stopped = train(
            of_classes(), "xyz", training=replace(QUICK, epochs=6, patience=3), dim=8,
            folder=tmp_path,
        )  # fmt: skip
    assert stopped.best_epoch == 2
    assert len(stopped.history) == 5
    two = train(of_classes(), "xyz", training=replace(QUICK, epochs=2), dim=8)
    assert weights(stopped) == weights(two)
    again = train(
        of_classes(), "xyz", training=replace(QUICK, epochs=6, patience=3), dim=8, folder=tmp_path
    )
    assert same(stopped, again)
    assert stopped.record()["val_top1"] == 0.9


def test_equal_accuracy_is_decided_by_the_loss():
    task = Classification(of_classes(), build("xyz", 4), Training(), CPU, 0)
    better, worse = {"val_top1": 0.5, "val_loss": 1.0}, {"val_top1": 0.5, "val_loss": 1.1}
    assert task.score(better) > task.score(worse)
    assert task.score({"val_top1": 0.6, "val_loss": 9.0}) > task.score(better)


def test_progress_tells_epochs(monkeypatch):
    told = []

    @contextmanager
    def bar(shown):
        assert shown
        yield lambda *said: told.append(said)

    monkeypatch.setattr("geobias.encoders.locbench.training.training.progress_bar", bar)
    train(of_classes(), "xyz", training=QUICK, dim=4, progress=True)
    train(of_values(), None, training=replace(QUICK, epochs=1), progress=True)
    assert told[:5] == [("xyz on slices", done, 4) for done in range(5)]
    assert told[5:] == [("images alone on field", done, 1) for done in range(2)]


def test_a_caller_may_stop_after_any_epoch():
    seen = []

    def two(record):
        seen.append(record)
        return len(seen) < 2

    trained = train(of_classes(), "xyz", training=QUICK, dim=4, on_epoch=two)
    assert len(trained.history) == len(seen) == trained.best_epoch == 2
    assert set(seen[0]) == {*trained.history, "seconds"}


# --- Bad input ------------------------------------------------------------------------------------


def refusal(*arguments, kind=InputError, **more):
    with pytest.raises(GeoBiasError) as caught:
        train(*arguments, **more)
    assert isinstance(caught.value, kind)
    return str(caught.value)


def test_a_checkpoint_of_other_settings_is_refused(tmp_path):
    data = of_classes()
    train(data, "xyz", training=QUICK, dim=8, folder=tmp_path)
    said = refusal(data, "xyz", training=replace(QUICK, lr=0.5), dim=8, folder=tmp_path)
    assert said.startswith(
        "checkpoint.pt: it was made with other settings: lr was 0.001 and is 0.5."
    )
    said = refusal(data, "wrap", training=QUICK, dim=9, seed=1, folder=tmp_path)
    assert "dim was 8 and is 9, encoder was 'xyz' and is 'wrap' and seed was 0 and is 1" in said
    said = refusal(of_classes(seed=1), "xyz", training=QUICK, dim=8, folder=tmp_path)
    assert "sha256 of the samples was" in said
    said = refusal(data, "xyz", training=QUICK, options={"hidden_dim": 16}, dim=8, folder=tmp_path)
    assert "options was {} and is {'hidden_dim': 16}" in said
    said = refusal(data, "xyz", training=replace(QUICK, epochs=2), dim=8, folder=tmp_path)
    assert "is of epoch 4, and epochs=2 asks for a model that is gone" in said


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_half_checkpoint_is_refused(tmp_path, share):
    train(of_classes(), "xyz", training=QUICK, dim=8, folder=tmp_path)
    file = tmp_path / "checkpoint.pt"
    whole = file.read_bytes()
    file.write_bytes(whole[: int(share * len(whole))])
    said = refusal(of_classes(), "xyz", training=QUICK, dim=8, folder=tmp_path)
    assert "checkpoint.pt" in said
    assert said.endswith("Delete it to train from the beginning.")


def test_a_checkpoint_with_a_changed_byte_is_refused(tmp_path):
    train(of_classes(), "xyz", training=QUICK, dim=8, folder=tmp_path)
    file = tmp_path / "checkpoint.pt"
    held = file.read_bytes()
    weight = torch.load(file, weights_only=True)["model"]["classes.weight"].numpy().tobytes()
    assert held.count(weight) == 1
    file.write_bytes(held.replace(weight, bytes([weight[0] ^ 1]) + weight[1:]))
    said = refusal(of_classes(), "xyz", training=QUICK, dim=8, folder=tmp_path)
    assert "is not what its checksum says. Delete it to train from the beginning." in said


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    train(of_classes(), "xyz", training=QUICK, dim=8, folder=tmp_path)
    held = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    for part in ("model", "optimizer"):
        torch.save({**held, part: {}}, tmp_path / "checkpoint.pt")
        said = refusal(of_classes(), "xyz", training=QUICK, dim=8, folder=tmp_path)
        assert "checkpoint.pt does not fit this model: it is damaged, or of another" in said
    torch.save({**held, "settings": "[1]"}, tmp_path / "checkpoint.pt")
    said = refusal(of_classes(), "xyz", training=QUICK, dim=8, folder=tmp_path)
    assert "its settings cannot be read" in said


def test_a_folder_in_the_place_of_a_checkpoint_is_refused(tmp_path):
    (tmp_path / "checkpoint.pt").mkdir()
    said = refusal(of_classes(), "xyz", training=QUICK, folder=tmp_path)
    assert "checkpoint.pt is a folder, not a file" in said


def test_numbers_of_numpy_are_as_good_as_others(tmp_path):
    training = Training(epochs=1, samples_per_class=5)
    given = {"training": training, "options": {"hidden_dim": np.int64(8)}, "dim": np.int64(4)}
    record = train(of_classes(), "xyz", folder=tmp_path, **given).record()
    assert (record["options"], record["dim"]) == ({"hidden_dim": 8}, 4)
    assert type(record["dim"]) is int
    assert "options='abc' have to be values" in refusal(of_classes(), "xyz", options="abc")
    assert "dataset='synthetic' has to be a Dataset" in refusal("synthetic", "xyz")


def test_another_file_in_its_place_is_refused(tmp_path):
    torch.save({"weights": torch.zeros(3)}, tmp_path / "checkpoint.pt")
    said = refusal(of_classes(), "xyz", training=QUICK, folder=tmp_path)
    assert "is no checkpoint of a training here" in said


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    said = refusal(
        of_classes(), "xyz", training=QUICK, folder=tmp_path / "file" / "run", kind=GeoBiasError
    )
    assert said.startswith("Cannot write")


def test_a_graphics_card_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    said = refusal(of_classes(), "xyz", training=Training(device="cuda"))
    assert said == (
        "device='cuda' asks for a graphics card, but torch finds none on this machine: say "
        "device='cpu', or 'auto' to take what there is."
    )
    assert machine.device_of("auto").type == "cpu"
    for name in ("gpu", "meta", "", "cuda:x"):
        assert "none of auto, cpu, cuda" in refusal(
            of_classes(), "xyz", training=Training(device=name)
        )
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(InputError, match="torch finds 1 of them"):
        machine.device_of("cuda:1")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no graphics card: AMP is for them alone")
def test_half_precision_on_a_graphics_card():
    data = of_classes(2_000)
    training = Training(epochs=15, batch_size=128, device="cuda")
    for amp in ("auto", "off"):
        trained = train(data, "wrap", training=replace(training, amp=amp), dim=32)
        assert trained.history["val_top1"].iloc[-1] > 0.95
        assert next(trained.model.parameters()).dtype == torch.float32


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"epochs": 0}, "epochs must be a whole number of 1 or more, not 0."),
        ({"batch_size": 1.5}, "batch_size must be a whole number of 1 or more, not 1.5."),
        ({"lr": 0}, "lr=0 has to be a positive number."),
        ({"lr": float("nan")}, "lr=nan has to be a positive number."),
        ({"lr_decay": "x"}, "lr_decay='x' has to be a positive number."),
        ({"weight_decay": -1}, "weight_decay=-1 has to be a number that is not negative."),
        (
            {"negative_weight": True},
            "negative_weight=True has to be a number that is not negative.",
        ),
        ({"samples_per_class": 0}, "samples_per_class must be a whole number of 1 or more, not 0."),
        ({"patience": "no"}, "patience must be a whole number of 1 or more, not 'no'."),
        ({"compat": "torch"}, "compat must be one of torchspatial, not 'torch'."),
        ({"weight_decay": 1e300}, "weight_decay=1e+300 has to be at most 1e+30."),
        ({"amp": True}, "amp must be one of auto, off, not True."),
        ({"widths": "wide"}, "widths must be one of small, published, not 'wide'."),
    ],
)
def test_choices_that_do_not_fit_are_refused(wrong, said):
    with pytest.raises(GeoBiasError) as caught:
        Training(**wrong)
    assert str(caught.value) == said


def test_choices_that_are_no_training_are_refused():
    said = refusal(of_classes(), "xyz", training={"epochs": 3})
    assert said == "training={'epochs': 3} has to be a Training, as in Training(epochs=10)."


def test_a_loss_of_the_other_task_is_refused():
    assert "loss='mse' is not for classification: take presence or users" in refusal(
        of_classes(), "xyz", training=Training(loss="mse")
    )
    assert "loss='presence' is not for regression: take mse" in refusal(
        of_values(), "xyz", training=Training(loss="presence")
    )


def test_what_a_dataset_does_not_have_is_named():
    assert "slices does not say so" in refusal(
        of_classes(users=0), "xyz", training=Training(loss="users")
    )
    data = of_classes()
    unknown = replace(data.splits["train"], users=np.full(200, -1))
    assert "no located sample has a known user" in refusal(
        replace(data, splits={**data.splits, "train": unknown}),
        "xyz",
        training=Training(loss="users"),
    )
    assert "slices has classes" in refusal(of_classes(), None)
    assert "field has no features of images" in refusal(of_values(features=0), None)
    assert "there is none" in refusal(of_values(), None, options={"hidden_dim": 3})
    assert "There is no encoder 'xyzz'" in refusal(of_values(), "xyzz")
    assert "xyz has no option min_radius" in refusal(of_values(), "xyz", options={"min_radius": 1})
    assert "seed=-1" in refusal(of_values(), "xyz", seed=-1)
    assert "dim=0" in refusal(of_values(), "xyz", dim=0)
    data = of_values()
    blind = replace(data.splits["val"], features=None)
    assert "only one of train and val" in refusal(
        replace(data, splits={**data.splits, "val": blind}), "xyz"
    )


@pytest.mark.parametrize("data", [of_values(), of_classes()], ids=["values", "classes"])
def test_a_training_that_diverges_says_so(data):
    said = refusal(data, "xyz", training=Training(lr=1e20, epochs=9), dim=4, kind=GeoBiasError)
    assert "The training diverged" in said
    assert "Lower lr, which is 1e+20." in said


# --- Regression -----------------------------------------------------------------------------------


def layers_of(mlp):
    return [(each.weight.detach().numpy(), each.bias.detach().numpy()) for each in mlp.layers]


def test_the_regression_model_is_its_definition():
    data = of_values(unlocated=0)
    trained = train(data, "xyz", training=QUICK, dim=4)
    model, seen, val = trained.model, data.splits["train"], data.splits["val"]
    features = seen.features.astype(np.float64)
    for row in (slice(each, each + 1) for each in range(3)):
        lat, lon = val.lat[row], val.lon[row]
        expected = naive.regression_number(
            val.features[row][0].tolist(),
            features.mean(axis=0).tolist(),
            features.std(axis=0).tolist(),
            model.location.encoder.embed(lat=lat, lon=lon)[0].tolist(),
            model.location.classes.weight.detach().numpy(),
            layers_of(model.image),
            layers_of(model.head.mlp),
            (seen.targets.mean(), seen.targets.std()),
        )
        found = model.predict(features=val.features[row], lat=lat, lon=lon)
        assert found[0] == pytest.approx(expected, rel=1e-5)


def test_a_single_feature_is_expanded_by_kernels():
    draw = np.random.default_rng(0)
    features = draw.gamma(1.0, 10.0, (500, 1)).astype(np.float32)
    targets = np.log1p(features[:, 0]).astype(np.float64)
    small = RegressionModel(None, features, targets, SMALL, seed=1)
    wide = RegressionModel(None, features, targets, PUBLISHED["women_bmi"], seed=1)
    assert len(small.anchors) == len(wide.anchors) == 200
    assert set(wide.anchors.tolist()) <= set(features[:, 0].tolist())
    assert wide.kernel == 1.0
    assert small.kernel == pytest.approx(float(features.std()), rel=1e-5)
    found = wide._expanded(torch.from_numpy(features[:2]).double())
    for row in range(2):
        expected = naive.radial_feature(float(features[row, 0]), wide.anchors.tolist(), 1.0)
        assert found[row].tolist() == pytest.approx(expected, rel=1e-12)
    few = RegressionModel(None, features[:1].repeat(5, axis=0), targets[:5], SMALL)
    assert len(few.anchors) == 1
    assert np.isfinite(few.predict(features=features)).all()


def test_constants_make_no_nan():
    data = of_values()
    flat = {
        name: replace(
            each,
            targets=np.full(len(each), 0.1),
            features=np.full(each.features.shape, 0.1, np.float32),
        )
        for name, each in data.splits.items()
    }
    trained = train(replace(data, splits=flat), "xyz", training=replace(QUICK, epochs=30), dim=4)
    val = flat["val"]
    found = trained.model.predict(features=val.features, lat=val.lat, lon=val.lon)
    assert np.isfinite(found).all()
    assert float(trained.model.target_mean) == 0.1
    assert trained.model.feature_mean.tolist() == [float(np.float32(0.1))] * 6


def test_places_that_are_missing_are_counted_and_predicted_as_nan():
    data = of_values(unlocated=7)
    trained = train(data, "xyz", training=QUICK, dim=4)
    assert trained.notes == (
        "Not trained on: 7 samples without a location.",
        "Not chosen by: 7 samples without a location.",
    )
    val = data.splits["val"]
    found = trained.model.predict(features=val.features, lat=val.lat, lon=val.lon)
    assert (np.isnan(found) == ~val.located).all()
    images = train(data, None, training=QUICK)
    assert images.notes == ()
    assert np.isfinite(images.model.predict(features=val.features)).all()
    some = trained.model.predict(features=val.features, lat=val.lat, lon=val.lon, batch_size=7)
    np.testing.assert_allclose(some, found, rtol=1e-6)


def test_predictions_of_what_was_not_trained_are_refused():
    model = train(of_values(), "xyz", training=QUICK, dim=4).model
    features = np.zeros((3, 6), np.float32)
    with pytest.raises(InputError, match="lat and lon are missing"):
        model.predict(features=features)
    with pytest.raises(InputError, match="features are missing: this model was trained with 6"):
        model.predict(lat=[0.0], lon=[0.0])
    with pytest.raises(InputError, match=r"has the shape \(3, 5\).*6 features"):
        model.predict(features=features[:, :5], lat=np.zeros(3), lon=np.zeros(3))
    with pytest.raises(InputError, match="features are of 3 samples, lat and lon of 2"):
        model.predict(features=features, lat=np.zeros(2), lon=np.zeros(2))
    with pytest.raises(InputError, match="beyond ±90"):
        model.predict(features=features, lat=np.full(3, 91.0), lon=np.zeros(3))
    with pytest.raises(InputError, match="too large to be squared"):
        RegressionModel(None, features, np.array([1e300, -1e300, 0.0]), SMALL)
    with pytest.raises(InputError, match="needs an encoder, features of images, or both"):
        RegressionModel(None, None, np.zeros(3), SMALL)


def test_published_widths_are_for_their_tasks():
    data = replace(of_values(40, features=20), name="mosaiks-population")
    training = Training(epochs=1, widths="published")
    model = train(data, "xyz", training=training, dim=8).model
    assert [tuple(each.weight.shape) for each in model.image.layers] == [(1024, 20), (128, 1024)]
    assert [tuple(each.weight.shape) for each in model.head.mlp.layers] == [(16, 256), (1, 16)]
    said = refusal(of_values(), "xyz", training=training)
    assert "there are none for field, only for elevation" in said


# --- Where a training starts from -----------------------------------------------------------------


def test_anchors_are_drawn_from_the_training_places():
    data = of_classes(unlocated=10)
    trained = train(data, "rbf", training=QUICK, options={"n_anchors": 50}, dim=4)
    anchors = trained.model.encoder.position.anchors.numpy()
    seen = data.splits["train"]
    there = set(map(tuple, np.column_stack([seen.lon, seen.lat]).astype(np.float32).tolist()))
    assert len(anchors) == 50
    assert {tuple(each) for each in anchors.tolist()} <= there
    assert trained.options == {"kernel_size": 10.0, "n_anchors": 50}
    given = train(data, "rbf", training=QUICK, options={"anchors": anchors[:3]}, dim=4)
    assert given.model.encoder.position.dim == 3
    json.dumps(given.record())


def test_published_settings_are_those_in_names_of_checkpoints():
    rows = _rows()
    assert len(rows) == len({(row["encoder"], row["dataset"]) for row in rows})
    assert {row["encoder"] for row in rows} == set(FIFTEEN)
    data = of_classes()
    for row in rows:
        options, training = published_settings(row["encoder"], row["dataset"])
        assert training.lr == float(row["lr"])
        if options.get("frequency_num", 0) * ("dfs" in row["encoder"]) < 32:
            small = {**options, "hidden_dim": 4} if "hidden_dim" in options else options
            train(data, row["encoder"], training=Training(epochs=1), options=small, dim=4)
    options, training = published_settings("Space2Vec-grid", "fmow")
    assert options == {
        "frequency_num": 128, "min_radius": 0.02, "max_radius": 360.0, "hidden_layers": 1,
        "hidden_dim": 512, "activation": "leakyrelu",
    }  # fmt: skip
    assert (training.batch_size, training.lr, training.epochs) == (8192, 0.01, 120)
    assert published_settings("nerf", "inat2017")[0]["frequency_num"] == 16
    assert "cell_size" not in published_settings("tile", "fmow")[0]
    assert published_settings("wrap", "yfcc") == ({}, Training(epochs=100, samples_per_class=None))
    with pytest.raises(InputError, match="Did you mean inat2017"):
        published_settings("xyz", "inat_2017")
    with pytest.raises(InputError, match="No settings of satclip on 'fmow' are published"):
        published_settings("satclip", "fmow")


def test_datasets_and_choices_need_no_torch():
    script = (
        "import sys; from geobias.encoders.locbench import Dataset, Split, Training; Training();"
        "assert 'torch' not in sys.modules; import geobias.encoders.locbench as room;"
        "sys.modules['torch'] = None\n"
        "try:\n    room.train\nexcept ValueError as error:\n    print(error)"
    )
    found = subprocess.run([sys.executable, "-P", "-c", script], capture_output=True, text=True)
    assert "pip install 'geobias[torch]'" in found.stdout, found.stderr


def test_a_split_in_other_words_is_no_dataset():
    with pytest.raises(InputError):
        Dataset("x", ("a",), {"train": of_classes().splits["train"]})
