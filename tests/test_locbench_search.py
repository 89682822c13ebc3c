"""Searches for options: nothing is tried twice, and no kill undoes what was done."""

import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
import pytest

from geobias.encoders.locbench import Training, search, train
from geobias.encoders.locbench.searching import search as search_room
from geobias.encoders.locbench.searching import trials as trials_room
from geobias.encoders.locbench.searching.grids import combinations, grid_of, published_grid, size
from geobias.encoders.locbench.training import looping
from geobias.errors import GeoBiasError, InputError
from small_worlds import of_classes, of_values

QUICK = Training(epochs=3, batch_size=64)
GRID = {"lr": [0.0005, 0.002, 0.01, 0.05], "hidden_dim": [4, 16]}


def find(folder, data=None, encoder="xyz", **more):
    given = {"training": QUICK, "grid": GRID, "dim": 8, "trials": 4, **more}
    return search(of_classes() if data is None else data, encoder, folder=folder, **given)


def refusal(*arguments, **more):
    with pytest.raises(GeoBiasError) as caught:
        find(*arguments, **more)
    return str(caught.value)


def test_the_best_is_what_training_it_again_gives(tmp_path):
    found = find(tmp_path, trials=6)
    assert found.metric == "val_top1"
    assert found.training.epochs == 3
    table = found.trials
    assert list(table) == ["trial", "state", "val_top1", "epochs", "lr", "hidden_dim"]
    assert sorted(table["trial"]) == [1, 2, 3, 4, 5, 6]
    assert table["val_top1"].dropna().is_monotonic_decreasing
    assert found.value == table["val_top1"].iloc[0]
    assert found.options == {"hidden_dim": table["hidden_dim"].iloc[0]}
    again = train(of_classes(), "xyz", training=found.training, options=found.options, dim=8)
    assert again.record()["val_top1"] == found.value
    found.to_csv(tmp_path / "trials.csv")
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "trials.csv"), table)
    assert not list((tmp_path / "trials").iterdir())
    with pytest.raises(GeoBiasError, match="Cannot write"):
        found.to_csv(tmp_path / "no" / "trials.csv")


def test_options_may_be_arrays(tmp_path):
    options = {"anchors": np.array([[0.0, 0.0], [90.0, 10.0]])}
    grid = {"kernel_size": [5.0, 20.0]}
    found = find(tmp_path, encoder="rbf", options=options, grid=grid, trials=2)
    assert found.options["anchors"] == [[0.0, 0.0], [90.0, 10.0]]
    train(of_classes(), "rbf", training=found.training, options=found.options, dim=8)
    assert "has to be a Dataset" in refusal(tmp_path, "synthetic")


def test_less_error_is_better_in_regression(tmp_path):
    found = find(tmp_path, of_values(), trials=8)
    assert found.metric == "val_rmse"
    assert found.trials["val_rmse"].dropna().is_monotonic_increasing
    assert found.training.lr > 0.001
    images = search(
        of_values(), None, folder=tmp_path / "images", training=QUICK, trials=2,
        grid={"lr": [0.00001, 0.01]},
    )  # fmt: skip
    assert images.training.lr == 0.01


def test_no_combination_is_tried_twice_and_a_grid_ends(tmp_path):
    found = find(tmp_path, trials=50)
    assert len(found.trials) == 8
    assert len(found.trials[["lr", "hidden_dim"]].drop_duplicates()) == 8
    assert find(tmp_path, trials=50).trials.equals(found.trials)


def test_a_search_in_parts_is_that_of_one_piece(tmp_path):
    whole = find(tmp_path / "whole", trials=7)
    for trials in (1, 2, 5, 7):
        parts = find(tmp_path / "parts", trials=trials)
        assert len(parts.trials) == trials
    pd.testing.assert_frame_equal(parts.trials, whole.trials, check_exact=True)
    other = find(tmp_path / "other", trials=7, seed=1)
    assert not other.trials["val_top1"].equals(whole.trials["val_top1"])


SCRIPT = """
import sys, time
sys.path.insert(0, sys.argv[2])
from geobias.encoders.locbench import Training, search
from geobias.encoders.locbench.training import looping
from small_worlds import of_classes
written = looping.State.write
looping.State.write = lambda *given: (written(*given), time.sleep(0.1))
search(of_classes(), "xyz", folder=sys.argv[1], training=Training(epochs=3, batch_size=64), dim=8,
       grid={"lr": [0.0005, 0.002, 0.01, 0.05], "hidden_dim": [4, 16]}, trials=7)
"""


def test_a_killed_search_goes_on_as_if_nothing_had_happened(tmp_path, monkeypatch):
    folder, here = tmp_path / "killed", str(Path(__file__).parent)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    running = subprocess.Popen([sys.executable, "-P", "-c", SCRIPT, folder, here], env=environment)
    try:
        until = time.monotonic() + 120
        # In the middle of a trial that is not the first.
        while not (b'"state":1' in journal(folder) and list(folder.glob("trials/*/log.csv"))):
            assert running.poll() is None
            assert time.monotonic() < until
            time.sleep(0.01)
    finally:
        running.send_signal(signal.SIGKILL)
        assert running.wait() == -signal.SIGKILL
    (begun,) = folder.glob("trials/*/log.csv")
    epochs = len(pd.read_csv(begun))
    with (folder / "journal.log").open("ab") as file:
        file.write(b'{"op_code": 4, "wor')  # a line that the kill cut
    lock = folder / "journal.log.lock"  # and a lock that was never given back
    if not lock.is_symlink():
        lock.symlink_to("journal.log")
    trained = []
    epoch = looping.Loop._epoch
    monkeypatch.setattr(
        looping.Loop, "_epoch", lambda self, number: trained.append(number) or epoch(self, number)
    )
    resumed = find(folder, trials=7)
    assert trained[0] == epochs + 1 or epochs == 3
    monkeypatch.undo()
    pd.testing.assert_frame_equal(
        resumed.trials, find(tmp_path / "whole", trials=7).trials, check_exact=True
    )


def journal(folder):
    file = folder / "journal.log"
    return file.read_bytes().replace(b" ", b"") if file.exists() else b""


def test_trials_worse_than_the_median_are_cut_short(tmp_path):
    training = Training(epochs=6, batch_size=64)
    grid = {"lr": [0.01, 0.011, 0.012, 0.013, 0.014, 1e-7, 2e-7, 3e-7]}
    found = find(tmp_path, of_values(), training=training, grid=grid, trials=8)
    pruned = found.trials.loc[found.trials["state"] == "pruned"]
    assert len(pruned)
    assert pruned["epochs"].between(2, 5).all()
    assert pruned["val_rmse"].isna().all()
    assert (found.trials.loc[found.trials["state"] == "complete", "epochs"] == 6).all()
    assert found.trials["state"].iloc[0] == "complete"


def test_what_diverges_is_told_and_does_not_end_the_search(tmp_path):
    found = find(tmp_path, of_values(), grid={"lr": [1e20, 0.01]}, trials=2)
    assert found.trials["state"].tolist() == ["complete", "diverged"]
    assert found.training.lr == 0.01
    assert "All of 1 combination diverged: give lower values of lr." in refusal(
        tmp_path / "all", of_values(), grid={"lr": [1e20]}
    )


def test_time_ends_a_call_and_the_next_one_goes_on(tmp_path, monkeypatch):
    now = iter(np.arange(0.0, 1e6, 10.0))
    for room in (trials_room, search_room):
        monkeypatch.setattr(room, "monotonic", lambda: float(next(now)))
    said = refusal(tmp_path, minutes=0.5, training=Training(epochs=5, batch_size=64))
    assert "Time was over before a combination was finished; 0 combinations ended early." in said
    (begun,) = tmp_path.glob("trials/*/log.csv")
    assert len(pd.read_csv(begun)) == 2
    monkeypatch.undo()
    found = find(tmp_path, training=Training(epochs=5, batch_size=64))
    whole = find(tmp_path / "whole", training=Training(epochs=5, batch_size=64))
    pd.testing.assert_frame_equal(found.trials, whole.trials, check_exact=True)


def test_nothing_is_written_and_nothing_is_changed_for_others(tmp_path, capfd):
    before = optuna.logging.get_verbosity()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        find(tmp_path)
    assert capfd.readouterr() == ("", "")
    assert not caught
    assert optuna.logging.get_verbosity() == before


def test_published_grids_hold_what_has_an_effect():
    training = Training()
    for name in NAMES:
        for task in ("classification", "regression"):
            grid = published_grid(name, task, training)
            assert 1 < size(grid) <= 216
            assert grid_of(grid, name, task, training) == grid
            assert len(combinations(grid)) == size(grid)
    assert size(published_grid("nerf", "classification", training)) == 6 * 4 * 3 * 3
    assert "frequency_num" not in published_grid("nerf", "regression", training)
    assert set(published_grid("wrap", "regression", training)) == {"lr"}
    assert set(published_grid(None, "regression", training)) == {"lr"}
    compat = Training(compat="torchspatial")
    for name, ignored in (("tile", "cell_size"), ("sphere2vec-dfs", "min_radius")):
        assert ignored in published_grid(name, "classification", training)
        assert ignored not in published_grid(name, "classification", compat)
    with pytest.raises(InputError, match="No grid is published for satclip: give one"):
        published_grid("satclip", "classification", training)


NAMES = [
    "tile", "wrap", "wrap_ffn", "rbf", "rff", "space2vec-grid", "space2vec-theory", "xyz", "nerf",
    "sphere2vec-spherec", "sphere2vec-spherec+", "sphere2vec-spherem", "sphere2vec-spherem+",
    "sphere2vec-dfs", "spherical_harmonics",
]  # fmt: skip


def test_options_of_rbf_and_of_training_can_be_searched(tmp_path):
    found = find(
        tmp_path, encoder="rbf", trials=3, options={"hidden_dim": 8},
        grid={"n_anchors": [10, 20], "samples_per_class": [5, None], "kernel_size": [2.0]},
    )  # fmt: skip
    assert set(found.options) == {"hidden_dim", "n_anchors", "kernel_size"}
    assert found.training.samples_per_class in (5, None)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"grid": "mine"}, "grid must be one of published, not 'mine'."),
        ({"grid": {}}, "grid={} has to be 'published', or lists of values by their names."),
        ({"grid": [1]}, "grid=[1] has to be 'published', or lists of values by their names."),
        ({"grid": {"lr": 0.1}}, "grid: lr=0.1 has to be a list of values."),
        ({"grid": {"lr": []}}, "grid: lr=[] has to be a list of values."),
        ({"grid": {"lr": [-1.0]}}, "lr=-1.0 has to be a positive number."),
        ({"grid": {"anchors": [[1]]}}, "grid: anchors holds [1], which is no number and no word."),
        ({"grid": {"hiden_dim": [1]}}, "xyz has no option hiden_dim. Did you mean hidden_dim?"),
        ({"grid": {"hidden_dim": [-4]}}, "hidden_dim=-4 has to be at least 1."),
        ({"trials": 0}, "trials must be a whole number of 1 or more, not 0."),
        ({"minutes": 0}, "minutes must lie between 0 and 1e+06, not 0."),
        ({"options": {"hidden_dim": 3}}, "hidden_dim is in options and in the grid: leave one"),
        (
            {"grid": {"hidden_dim": range(1, 1200), "batch_size": range(1, 1200)}},
            "grid has 1,437,601 combinations, more than 1,000,000.",
        ),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, wrong, said):
    assert refusal(tmp_path / "search", **wrong).startswith(said)


def test_options_without_an_encoder_are_refused(tmp_path):
    assert "hidden_dim is an option of an encoder, and there is none" in refusal(
        tmp_path, of_values(), encoder=None
    )


def test_a_folder_of_another_search_is_refused(tmp_path):
    find(tmp_path, trials=1)
    said = refusal(tmp_path, dim=9, encoder="wrap_ffn")
    assert "journal.log: it was made with other settings: dim was 8 and is 9" in said
    assert "encoder was 'xyz' and is 'wrap_ffn'" in said
    (tmp_path / "journal.log").write_text("what is this?\nand this?\n")
    assert "cannot be read as a search: it is damaged" in refusal(tmp_path)


def test_a_missing_optuna_names_the_extra(tmp_path):
    script = (
        "import sys; sys.modules['optuna'] = None\n"
        "from geobias.encoders.locbench import search\n"
        "try:\n    search(None, 'xyz', folder='x')\nexcept ValueError as error:\n    print(error)"
    )
    found = subprocess.run(
        [sys.executable, "-P", "-c", script], capture_output=True, text=True, cwd=tmp_path
    )
    assert "pip install 'geobias[bench]'" in found.stdout, found.stderr
