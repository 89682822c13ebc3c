"""Published datasets, read from small files in their formats; and files that are no such thing."""

import json
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from geobias import GeoBiasError, InputError
from geobias.encoders.locbench import Dataset, Split, field, list_datasets, load_dataset, synthetic
from geobias.encoders.locbench.datasets import files as reading
from geobias.encoders.locbench.datasets.catalogue import ENTRIES

RNG = np.random.default_rng(8)
NAN = float("nan")
MOSAIKS = {
    "mosaiks-population": "population",
    "mosaiks-elevation": "elevation",
    "mosaiks-forest_cover": "forest",
    "mosaiks-nightlights": "nightlights",
}
TASKS = (
    "asset_index", "women_bmi", "water_index", "under5_mort", "sanitation_index", "women_edu"
)  # fmt: skip


def shares(rows, classes):
    """What a model of images says: rows that add up to one."""
    drawn = RNG.random((rows, classes))
    return drawn / drawn.sum(axis=1, keepdims=True)


def write(folder, files):
    """Write objects as files of the kind that their names say."""
    for name, held in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".json":
            path.write_text(json.dumps(held))
        elif path.suffix == ".csv":
            held.to_csv(path, index=False)
        elif path.suffix == ".npz":
            sp.save_npz(path, sp.csr_matrix(held))
        else:
            np.save(path, held)
    return folder


def bird(user=3, date=0.5, lon=-70.0, lat=40.0, label=0, valid=True, **others):
    meta = {"user_id": user, "date": date, "lon": lon, "lat": lat}
    elsewhere = {"user_id": 9, "date": 0.5, "lon": 100.0, "lat": 10.0}
    return {
        "valid_image": valid,
        "im_path": "a.jpg",
        "class_id": label,
        "orig_meta": meta,
        "ebird_meta": elsewhere,
        **others,
    }


def birds(kind="birdsnap", spelled="val", rows_of_test=4):
    """Three classes; people 5 and 7 take the images that are trained on."""
    test = [
        bird(user=7, label=1),
        bird(valid=False, label=2),
        bird(lon=NAN, lat=NAN, date=NAN, label=2),
        bird(user=8, label=0),
    ]
    return {
        f"{kind}_with_loc_2019.json": {
            "classes": ["wren", "crow", "swift"],
            "train": [
                bird(user=7, label=2, lon=-71.5, lat=41.5),
                bird(user=-1, label=1),
                bird(user=5, label=1),
                bird(lon=NAN, lat=NAN),
                bird(date=NAN, user=5),
                bird(user=7, label=0),
            ],
            spelled: [bird(user=5), bird(user=6)],
            "test": test,
        },
        f"features_inception/{kind}_test_preds_sparse.npz": shares(rows_of_test, 3),
    }


def located(identifier, lon=10.0, lat=50.0, user=1):
    return {"id": identifier, "lon": lon, "lat": lat, "user_id": user, "date_c": 0.25}


def annotated(pairs):
    """Images and their annotations, as pairs of an image and its category."""
    return {
        "images": [{"id": image, "file_name": f"{image}.jpg"} for image, _ in sorted(pairs)],
        "annotations": [{"image_id": image, "category_id": label} for image, label in pairs],
    }


def inat(year=2018):
    """Locations come in another order than annotations, whose order is that of samples."""
    return {
        f"categories{year}.json": [
            {"id": 4, "name": "fox"},
            {"id": 0, "name": "oak"},
            {"id": 2, "name": "elm"},
        ],
        f"train{year}.json": annotated([(12, 4), (10, 0), (11, 2), (13, 2)]),
        f"train{year}_locations.json": [
            located(10, 1.0, 51.0, user=900),
            located(11, None, None, user=800),
            located(12, 3.0, 53.0, user=700),
            located(13, 4.0, 54.0, user=None),
        ],
        f"val{year}.json": annotated([(22, 2), (21, 4), (20, 0)]),
        f"val{year}_locations.json": [
            located(20, 5.0, 55.0, user=900),
            located(21, 6.0, 56.0, user=1),
            located(22, None, None, user=700),
        ],
        f"features_inception/inat{year}_val_preds_sparse.npz": shares(3, 3),
    }


def fmow():
    return {
        "category.json": {"zoo": 1, "airport": 0},
        "train.json": annotated([(0, 1), (1, 0)]),
        "train_location.json": [located(0, user=None), located(1, user=None, lon=-180.0)],
        "val.json": annotated([(0, 0)]),
        "val_location.json": [located(0, user=None)],
        "feature_moco/fmow_val_preds.npy": shares(1, 2).astype(np.float16),
    }


def yfcc():
    """Rows of the splits come mixed; the identifiers of classes come in no order."""
    table = {
        "split": ["test", "train", "val", "train", "test"],
        "lon": [1.0, 2.0, 3.0, 4.0, 5.0],
        "lat": [11.0, 12.0, 13.0, 14.0, 15.0],
        "class": [7, 3, 3, 7, 3],
    }
    return {
        "train_test_split.csv": pd.DataFrame(table),
        "class_names.csv": pd.DataFrame({"id": [7, 3], "name": ["snow", "beach"]}),
        "features_inception/YFCC_test_preds.npy": shares(2, 2).astype(np.float32),
        "features_inception/YFCC_val_preds.npy": shares(1, 2).astype(np.float32),
    }


def mosaiks(column="population", n=60):
    table = pd.DataFrame(
        {
            "lon": np.linspace(-170, 170, n),
            "lat": np.linspace(-60, 60, n),
            "split": np.resize(["train", "val", "test", "train"], n),
            column: np.arange(n, dtype=float),
        }
    )
    # The features of a row say which row it is.
    features = np.column_stack((np.arange(n), -np.arange(n), np.ones(n)))
    return {f"Y_{column}.csv": table, f"X_{column}.npy": features}


def surveys(n=30, tasks=TASKS):
    table = pd.DataFrame(
        {"lon": np.arange(n) * 1.5, "lat": np.arange(n) * 0.5, "nl_mean": np.arange(n) * 0.5}
    )
    table = table.assign(**{f"{task}_normalized": np.arange(n) / n - 0.5 for task in tasks})
    return {"dhs_trainval_labels.csv": table, "dhs_test_labels.csv": table.head(12)}


FILES = {
    "birdsnap": birds,
    "birdsnap+": birds,
    "nabirds+": lambda: birds("nabirds"),
    "inat2017": lambda: inat(2017),
    "inat2018": inat,
    "yfcc": yfcc,
    "fmow": fmow,
    **{name: lambda column=column: mosaiks(column) for name, column in MOSAIKS.items()},
    **{f"sustainbench-{task}": surveys for task in TASKS},
}


def note(dataset, word):
    """The one note that has a word in it."""
    (found,) = [note for note in dataset.notes if word in note]
    return found


# What there is


def test_there_are_seven_of_classes_ten_of_values_and_two_simulated():
    table = list_datasets().set_index("name")
    assert list(table.index[:-2]) == list(FILES)
    assert list(table.index[-2:]) == ["synthetic", "synthetic-field"]
    published = table.iloc[:-2]
    assert (published["task"] == "classification").sum() == 7
    assert (published["task"] == "regression").sum() == 10
    assert (published[["files", "folders", "source"]] != "").all(axis=None)
    assert table.loc["nabirds+", ["classes", "train", "val", "test"]].tolist() == [
        555, 22_599, 1_100, 24_411,
    ]  # fmt: skip
    assert table["test"].isna()["inat2017"]
    assert table.loc["mosaiks-forest_cover", "total"] == 498_106
    assert table["evaluated_on"].value_counts().to_dict() == {"test": 16, "val": 3}


@pytest.mark.reference
def test_names_are_those_of_published_tables(reference):
    held = json.loads((reference / "published_tables.json").read_text())
    table = list_datasets().set_index("published")
    for task, part in (("classification", "classification_top1"), ("regression", "regression_r2")):
        names = set(held[part]["No prior"]) - {"Avg"}
        assert set(table.index[table["task"] == task].dropna()) == names


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("subfolder", [False, True])
def test_every_dataset_is_read_from_its_files(tmp_path, name, subfolder):
    write(tmp_path / name if subfolder else tmp_path, FILES[name]())
    dataset = load_dataset(name, data=tmp_path)
    assert isinstance(dataset, Dataset)
    row = list_datasets().set_index("name").loc[name]
    assert (dataset.name, dataset.task, dataset.published) == (name, row["task"], row["published"])
    assert dataset.evaluated_on == row["evaluated_on"]
    has_test = dataset.evaluated_on == "test"
    assert list(dataset.splits) == ["train", "val", "test"][: 2 + has_test]
    assert dataset.splits["train"].located.all()
    if dataset.task == "classification":
        assert dataset.evaluated.probabilities is not None
        assert dataset.splits["train"].features is None
    else:
        assert all(split.features.dtype == np.float32 for split in dataset.splits.values())
    again = load_dataset(name, data=tmp_path)
    for split, first in dataset.splits.items():
        np.testing.assert_array_equal(first.lat, again.splits[split].lat)
        np.testing.assert_array_equal(first.targets, again.splits[split].targets)


def test_related_datasets_share_a_subfolder(tmp_path):
    write(tmp_path / "sustainbench", surveys())
    write(tmp_path / "mosaiks", mosaiks("forest") | mosaiks("elevation"))
    write(tmp_path / "birdsnap", birds())
    assert len(load_dataset("sustainbench-women_edu", data=tmp_path).evaluated) == 12
    assert len(load_dataset("mosaiks-forest_cover", data=tmp_path).evaluated) == 15
    assert len(load_dataset("birdsnap+", data=str(tmp_path)).evaluated) == 3


def test_a_subfolder_comes_before_the_folder(tmp_path):
    write(tmp_path, mosaiks("forest", n=8))
    write(tmp_path / "mosaiks-forest_cover", mosaiks("forest", n=40))
    assert len(load_dataset("mosaiks-forest_cover", data=tmp_path).evaluated) == 10


def test_no_torch_is_imported(tmp_path):
    write(tmp_path, yfcc())
    code = (
        "import sys; from geobias.encoders.locbench import list_datasets, load_dataset;"
        f"list_datasets(); load_dataset('yfcc', data={str(tmp_path)!r});"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.strip() == "False"


def simulated(name, **choices):
    dataset = load_dataset(name, **choices)
    return dataset, np.concatenate([split.lat for split in dataset.splits.values()])


@pytest.mark.parametrize(
    ("name", "simulate"), [("synthetic", synthetic), ("synthetic-field", field)]
)
def test_simulated_datasets_have_names_too(name, simulate):
    dataset, lat = simulated(name, n=1_000, seed=3)
    row = list_datasets().set_index("name").loc[name]
    assert (dataset.name, dataset.task) == (name, row["task"])
    assert dataset.evaluated_on == row["evaluated_on"]
    expected = np.concatenate([part.lat for part in simulate(1_000, seed=3).splits.values()])
    np.testing.assert_array_equal(lat, expected)
    assert len(lat) == 1_000
    assert len(simulated(name)[1]) == 20_000
    with pytest.raises(GeoBiasError, match="n must be a whole number"):
        load_dataset(name, n=2.5)


# Birds


@pytest.mark.parametrize("spelled", ["val", "valid"])
def test_birds(tmp_path, spelled):
    files = birds(spelled=spelled)
    predicted = files["features_inception/birdsnap_test_preds_sparse.npz"]
    files[f"features_inception/birdsnap_{spelled}_preds_sparse.npz"] = shares(2, 3)
    dataset = load_dataset("birdsnap", data=write(tmp_path, files))
    train, val, test = dataset.splits.values()
    assert dataset.classes == ("wren", "crow", "swift")
    # Users 5 and 7 are counted from 0; nobody else is known.
    assert dataset.users == 2
    assert train.users.tolist() == [1, 0, 1]
    assert val.users.tolist() == [0, -1]
    assert test.users.tolist() == [1, -1, -1]
    assert train.lon.tolist() == [-71.5, -70.0, -70.0]
    assert train.lat.tolist() == [41.5, 40.0, 40.0]
    assert train.targets.tolist() == [2, 1, 0]
    assert test.targets.tolist() == [1, 2, 0]
    assert test.located.tolist() == [True, False, True]
    assert isinstance(test.probabilities, sp.csr_array)
    np.testing.assert_array_equal(test.image_probabilities(slice(0, 3)), predicted[[0, 2, 3]])
    assert train.probabilities is None
    assert val.probabilities.shape == (2, 3)
    assert note(dataset, "train: 3 of 6") == (
        "train: 3 of 6 samples without a location are left out."
    )
    assert note(dataset, "test: 1 of 3") == (
        "test: 1 of 3 samples without a location are judged by their image alone."
    )
    assert note(dataset, "not valid") == "test: 1 image of 4 not valid and left out."
    assert note(dataset, "user or a date").startswith("train: 2 samples with a location, but")


def test_probabilities_of_valid_images_alone_are_matched_with_them(tmp_path):
    files = birds(rows_of_test=3)
    predicted = files["features_inception/birdsnap_test_preds_sparse.npz"]
    dataset = load_dataset("birdsnap", data=write(tmp_path, files))
    np.testing.assert_array_equal(dataset.evaluated.image_probabilities(slice(0, 3)), predicted)


def test_the_simulated_locations_of_birds_are_others(tmp_path):
    dataset = load_dataset("birdsnap+", data=write(tmp_path, birds()))
    assert (dataset.evaluated.lon == 100.0).all()
    assert dataset.published == "BirdSnap+"
    # Its records name user 9 everywhere.
    assert dataset.users == 1


def test_birds_of_another_name(tmp_path):
    files = birds()
    files["birdsnap.json"] = files.pop("birdsnap_with_loc_2019.json")
    write(tmp_path, files)
    assert len(load_dataset("birdsnap", data=tmp_path).evaluated) == 3
    write(tmp_path, {"birdsnap_old.json": {}})
    with pytest.raises(InputError, match=r"2 files in .* fit birdsnap\*\.json.*keep the one"):
        load_dataset("birdsnap", data=tmp_path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda held: held.pop("val"), r"one list called val or valid, but has 0.*'train'"),
        (lambda held: held.update(valid=held["val"]), r"one list called val or valid, but has 2"),
        (lambda held: held.pop("classes"), r"has no 'classes': found 'train'"),
        (lambda held: held.update(classes=[]), r"classes should be a list of names"),
        (lambda held: held["test"][1].update(class_id=3), r"test of .*1 sample with labels outside "
         r"the 3 classes, in row 1"),
        (lambda held: held["test"][1].update(class_id=0.5), r"outside the 3 classes"),
        (lambda held: held["test"][1].update(class_id=None), r"1 sample with no class_id"),
        (lambda held: held["test"][1].pop("valid_image"), r"no valid_image, in row 1"),
        (lambda held: held["train"][2].pop("orig_meta"), r"train of .*has no 'orig_meta'"),
        (lambda held: held["train"][2]["orig_meta"].update(lat=91), r"train of .*a place outside "
         r".*in row 2"),
        (lambda held: held["train"][2]["orig_meta"].update(lat=None), r"a latitude without"),
        (lambda held: held["train"][2]["orig_meta"].update(lon="west"), r"a lon that is not a "
         r"number, such as 'west', in row 2"),
        (lambda held: held.update(train=[]), r"train of .*should be a list of objects"),
        (lambda held: held.update(train=[1]), r"but is a list of 1\."),
        (lambda held: held.update(train=7), r"but is int\."),
        (lambda held: held["train"][0].update(orig_meta=7), r"has no|list of objects"),
    ],
)  # fmt: skip
def test_wrong_records_of_birds(tmp_path, change, words):
    files = birds()
    change(files["birdsnap_with_loc_2019.json"])
    with pytest.raises(InputError, match=words):
        load_dataset("birdsnap", data=write(tmp_path, files))


def test_records_that_are_no_object(tmp_path):
    files = birds() | {"birdsnap_with_loc_2019.json": [1, 2]}
    with pytest.raises(InputError, match=r"has no 'classes': found list"):
        load_dataset("birdsnap", data=write(tmp_path, files))


# iNat2017, iNat2018, fMoW


@pytest.mark.parametrize("year", [2017, 2018])
def test_inat(tmp_path, year):
    files = inat(year)
    predicted = files[f"features_inception/inat{year}_val_preds_sparse.npz"]
    dataset = load_dataset(f"inat{year}", data=write(tmp_path, files))
    train, val = dataset.splits["train"], dataset.splits["val"]
    # Classes are numbered by their identifiers: 0, 2, 4.
    assert dataset.classes == ("oak", "elm", "fox")
    assert train.lon.tolist() == [3.0, 1.0]
    assert train.lat.tolist() == [53.0, 51.0]
    assert train.targets.tolist() == [2, 0]
    assert train.users.tolist() == [0, 1]
    assert val.targets.tolist() == [1, 2, 0]
    assert val.located.tolist() == [False, True, True]
    assert val.users.tolist() == [0, -1, 1]
    np.testing.assert_array_equal(val.image_probabilities(slice(0, 3)), predicted)
    assert note(dataset, "train: 2 of 4 samples without a location are left out.")
    assert note(dataset, "without a user").startswith("train: 1 sample with a location, but")
    assert "no other split with answers" in note(dataset, "val both chooses")
    located_of_val, classes = {2017: ("93,622", "5,089"), 2018: ("24,343", "8,142")}[year]
    sizes = note(dataset, "Sizes")
    assert f"val with a location 2 instead of {located_of_val}, " in sizes
    assert f"classes 3 instead of {classes}, in all splits 7 instead of " in sizes


def test_nothing_is_said_of_sizes_that_are_those_published(tmp_path, monkeypatch):
    sizes = {"located": {"train": 2, "val": 2}, "samples": {"val": 3}, "classes": 3, "total": 7}
    monkeypatch.setitem(ENTRIES, "inat2018", replace(ENTRIES["inat2018"], **sizes))
    dataset = load_dataset("inat2018", data=write(tmp_path, inat()))
    assert not any("Sizes" in note for note in dataset.notes)


def test_fmow(tmp_path):
    files = fmow()
    dataset = load_dataset("fmow", data=write(tmp_path, files))
    assert dataset.classes == ("airport", "zoo")
    # Nobody is known, and locations count all the same.
    assert dataset.users == 0
    assert dataset.splits["train"].users.tolist() == [-1, -1]
    assert dataset.splits["train"].lon.tolist() == [10.0, -180.0]
    assert dataset.splits["train"].targets.tolist() == [1, 0]
    assert isinstance(dataset.evaluated.probabilities, np.ndarray)
    assert dataset.evaluated is dataset.splits["val"]


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("train2018_locations.json", lambda held: held.pop(),
         r"train2018_locations.json: 3 images, train2018.json: 4, and 3 .* different versions"),
        ("train2018_locations.json", lambda held: held.append(located(99)),
         r"train2018_locations.json: 5 images, train2018.json: 4, and 4 "),
        ("train2018_locations.json", lambda held: held.append(located(10)),
         r"train2018_locations.json: 5 rows, but 4 images"),
        ("train2018_locations.json", lambda held: held[0].update(id=98),
         r"4 images, train2018.json: 4, and 3 of them are the same"),
        ("train2018_locations.json", lambda held: held[2].update(lon=200.0),
         r"train2018_locations.json: 1 sample with a place outside"),
        ("val2018.json", lambda held: held["annotations"].pop(),
         r"annotations of val2018.json: 2 images, its images: 3"),
        ("val2018.json", lambda held: held["annotations"][1].update(category_id=3),
         r"val2018.json: 1 label outside the 3 classes of categories2018.json, such as 3, row 1"),
        ("val2018.json", lambda held: held.pop("images"), r"val2018.json has no 'images'"),
        ("val2018.json", lambda held: held["images"][0].pop("id"), r"no id, in row 0"),
        ("categories2018.json", lambda held: held[0].update(id=0),
         r"categories2018.json lists 3 classes, but only 2 different ones"),
        ("categories2018.json", lambda held: held[0].pop("name"), r"has no 'name'"),
        ("categories2018.json", lambda held: held.append({"id": 9, "name": "ash"}),
         r"preds_sparse.npz has 3 columns, one per class, but .* goes with 4 classes"),
    ],
)  # fmt: skip
def test_files_of_inat_that_do_not_fit(tmp_path, name, change, words):
    files = inat()
    change(files[name])
    with pytest.raises(InputError, match=words):
        load_dataset("inat2018", data=write(tmp_path, files))


def test_inat_without_any_user(tmp_path):
    files = inat()
    for record in files["train2018_locations.json"]:
        record["user_id"] = None
    with pytest.raises(InputError, match=r"inat2018, train: no sample has a location"):
        load_dataset("inat2018", data=write(tmp_path, files))


# YFCC


def test_yfcc(tmp_path):
    files = yfcc()
    dataset = load_dataset("yfcc", data=write(tmp_path, files))
    assert dataset.classes == ("beach", "snow")
    train, val, test = dataset.splits.values()
    assert train.lon.tolist() == [2.0, 4.0]
    assert train.targets.tolist() == [0, 1]
    assert test.lat.tolist() == [11.0, 15.0]
    assert test.targets.tolist() == [1, 0]
    assert train.users is None
    assert dataset.users == 0
    for split, name in ((test, "test"), (val, "val")):
        predicted = files[f"features_inception/YFCC_{name}_preds.npy"]
        np.testing.assert_array_equal(split.probabilities, predicted)


def test_yfcc_without_probabilities_of_validation(tmp_path):
    files = yfcc()
    del files["features_inception/YFCC_val_preds.npy"]
    dataset = load_dataset("yfcc", data=write(tmp_path, files))
    assert dataset.splits["val"].probabilities is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda table: table.rename(columns={"class": "klass"}), r"no column 'class'.*'klass'"),
        (lambda table: table.assign(split="train"), r"each in some rows, but says train \(5 times"),
        (lambda table: table.assign(split=["dev", *table["split"][1:]]), r"dev \(once\)"),
        (lambda table: table.assign(split=[None, *table["split"][1:]]), r"nothing \(once\)"),
        (lambda table: table.assign(**{"class": [4, 3, 3, 7, 7]}), r"1 label outside the 2 classes "
         r"of class_names.csv, such as 4, row 0"),
        (lambda table: table.assign(**{"class": ["a", 3, 3, 7, 7]}), r"a class that is not a "
         r"number, such as 'a', in row 0"),
        (lambda table: table.assign(lat=99.0), r"5 samples with a place outside"),
        (lambda table: table.assign(lat=NAN), r"latitude without a longitude"),
        (lambda table: table.assign(lat=NAN, lon=NAN), r"no sample has a location"),
        (lambda table: table.head(0), r"has no rows"),
        (lambda table: pd.concat([table, table.head(1)]), r"YFCC_test_preds.npy has 2 rows, but "
         r"test of train_test_split.csv has 3\."),
    ],
)  # fmt: skip
def test_wrong_tables_of_yfcc(tmp_path, change, words):
    files = yfcc()
    files["train_test_split.csv"] = change(files["train_test_split.csv"])
    with pytest.raises(InputError, match=words):
        load_dataset("yfcc", data=write(tmp_path, files))


def test_probabilities_that_are_none(tmp_path):
    name = "features_inception/YFCC_test_preds.npy"
    for held, words in (
        (np.full((2, 2), NAN), "NaN, infinite or negative"),
        (np.full((2, 2), 3.5), "above 1. Are they scores"),
        (np.full((2, 3), 0.2), "3 columns, one per class, but .* goes with 2 classes"),
        (np.full(2, 0.2), "holds 1 dimensions of float64"),
        (np.full((2, 2), "a"), "2 dimensions of <U1"),
    ):
        with pytest.raises(InputError, match=words):
            load_dataset("yfcc", data=write(tmp_path, yfcc() | {name: held}))


# Features of images, for those who ask


def test_features_are_read_on_request(tmp_path):
    files = inat()
    stem = "features_inception/inat2018"
    files[f"{stem}_train_net_feats.npy"] = np.arange(8.0).reshape(4, 2)
    files[f"{stem}_val_net_feats.npy"] = np.arange(6.0).reshape(3, 2)
    write(tmp_path, files)
    assert load_dataset("inat2018", data=tmp_path).splits["train"].features is None
    dataset = load_dataset("inat2018", data=tmp_path, features=True)
    assert dataset.splits["train"].features.tolist() == [[0.0, 1.0], [2.0, 3.0]]
    assert dataset.splits["train"].features.dtype == np.float32
    assert dataset.splits["val"].features.shape == (3, 2)
    (tmp_path / f"{stem}_val_net_feats.npy").unlink()
    with pytest.raises(InputError, match=r"1 of 8 files missing.*\n.*inat2018_val_net_feats\.npy"):
        load_dataset("inat2018", data=tmp_path, features=True)


# MOSAIKS


def test_mosaiks(tmp_path):
    files = mosaiks()
    table = files["Y_population.csv"]
    table.loc[table.index[4], "population"] = NAN
    table.loc[table.index[8], ["lon", "lat"]] = NAN
    table.loc[table.index[2], ["lon", "lat"]] = NAN
    dataset = load_dataset("mosaiks-population", data=write(tmp_path, files))
    train, val, test = dataset.splits.values()
    assert (len(train), len(val), len(test)) == (28, 15, 15)
    for split in (train, val, test):
        # Features stay with their rows.
        np.testing.assert_array_equal(split.features[:, 0], split.targets)
    assert {4.0, 8.0}.isdisjoint(train.targets)
    assert test.located.tolist() == [False] + [True] * 14
    assert note(dataset, "without a population left out").startswith("train: 1 of 30 rows")
    assert note(dataset, "train: 1 of 29 samples without a location are left out.")
    assert note(dataset, "test: 1 of 15 samples without a location are judged")
    assert "from 0 to 59; those of the published results are ln(1 + people)" in note(
        dataset, "taken as Y_population.csv holds them"
    )
    assert "in all splits 59 instead of 425,637" in note(dataset, "Sizes")


def test_features_are_the_same_however_many_are_read_at_once(tmp_path, monkeypatch):
    write(tmp_path, mosaiks())
    at_once = load_dataset("mosaiks-population", data=tmp_path).splits["train"].features
    monkeypatch.setattr(reading, "ROWS_AT_ONCE", 7)
    by_sevens = load_dataset("mosaiks-population", data=tmp_path).splits["train"].features
    assert len(at_once) == 30
    np.testing.assert_array_equal(by_sevens, at_once)


def test_features_of_another_name(tmp_path):
    files = mosaiks("forest")
    files["X_2048_forest_v2.npy"] = files.pop("X_forest.npy")
    assert len(load_dataset("mosaiks-forest_cover", data=write(tmp_path, files)).evaluated) == 15


def test_a_share_of_rows_is_drawn_whatever_their_order(tmp_path):
    files = mosaiks(n=400)
    dataset = load_dataset("mosaiks-population", data=write(tmp_path, files), sample=0.05, seed=3)
    assert [len(split) for split in dataset.splits.values()] == [10, 5, 5]
    for split in dataset.splits.values():
        np.testing.assert_array_equal(split.features[:, 0], split.targets)
        assert (np.diff(split.targets) > 0).all()
    assert "share of 0.05 is kept, drawn with seed 3: 10 of 200 rows of train" in note(
        dataset, "share"
    )
    other = load_dataset("mosaiks-population", data=tmp_path, sample=0.05, seed=4)
    assert set(other.splits["train"].targets) != set(dataset.splits["train"].targets)
    order = np.random.default_rng(1).permutation(400)
    shuffled = {
        "Y_population.csv": files["Y_population.csv"].iloc[order],
        "X_population.npy": files["X_population.npy"][order],
    }
    again = load_dataset(
        "mosaiks-population", data=write(tmp_path / "other", shuffled), sample=0.05, seed=3
    )
    for name, split in dataset.splits.items():
        assert set(again.splits[name].targets) == set(split.targets)
        np.testing.assert_array_equal(again.splits[name].features[:, 0], again.splits[name].targets)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"X_population.npy": np.ones((59, 3))}, r"X_population.npy has 59 rows, but "
         r"Y_population.csv has 60\. Are these files of different versions"),
        ({"X_population.npy": np.where(np.eye(60, 3) > 0, NAN, 1.0)},
         r"X_population.npy: 1 sample with features that are NaN.* in row 0"),
        ({"X_population.npy": np.full((60, 3), 1e300)}, r"beyond single precision"),
        ({"Y_population.csv": mosaiks("elevation")["Y_elevation.csv"]},
         r"Y_population.csv has no column 'population'"),
        ({"Y_population.csv": mosaiks()["Y_population.csv"].assign(population=NAN)},
         r"no row of train has a value of population"),
        ({"Y_population.csv": mosaiks()["Y_population.csv"].assign(population=np.inf)},
         r"targets that are NaN or infinite"),
    ],
)  # fmt: skip
def test_wrong_files_of_mosaiks(tmp_path, changes, words):
    with pytest.raises(InputError, match=words):
        load_dataset("mosaiks-population", data=write(tmp_path, mosaiks() | changes))


# SustainBench


def test_sustainbench(tmp_path):
    files = surveys(n=100)
    table = files["dhs_trainval_labels.csv"]
    table.loc[:9, "women_bmi_normalized"] = NAN
    table.loc[:4, "nl_mean"] = NAN
    dataset = load_dataset("sustainbench-women_bmi", data=write(tmp_path, files), seed=5)
    train, val, test = dataset.splits.values()
    assert (len(train), len(val), len(test)) == (81, 9, 12)
    assert train.features.shape == (81, 1)
    both = np.concatenate((train.lat, val.lat))
    assert sorted(both) == [0.5 * row for row in range(10, 100)]
    for split in (train, val, test):
        np.testing.assert_array_equal(split.features[:, 0], split.lat.astype(np.float32))
        np.testing.assert_array_equal(split.lon, split.lat * 3)
    assert note(dataset, "left out") == (
        "train and val: 10 of 100 rows without a women_bmi_normalized left out."
    )
    assert "drawn with seed 5" in note(dataset, "val is a share of 0.1")
    other = load_dataset("sustainbench-women_bmi", data=tmp_path, seed=6)
    assert set(other.splits["val"].lat) != set(val.lat)
    shuffled = {name: held.sample(frac=1, random_state=1) for name, held in files.items()}
    again = load_dataset("sustainbench-women_bmi", data=write(tmp_path / "other", shuffled), seed=5)
    assert set(again.splits["val"].lat) == set(val.lat)


def test_a_survey_without_light(tmp_path):
    files = surveys()
    files["dhs_test_labels.csv"] = files["dhs_test_labels.csv"].assign(nl_mean=NAN)
    with pytest.raises(InputError, match=r"dhs_test_labels.csv: 12 samples with no nl_mean"):
        load_dataset("sustainbench-women_edu", data=write(tmp_path, files))


def test_a_survey_without_the_question(tmp_path):
    files = surveys(tasks=["women_bmi"])
    with pytest.raises(InputError, match=r"no column 'women_edu_normalized': found"):
        load_dataset("sustainbench-women_edu", data=write(tmp_path, files))


# Missing files and halves of files


def test_all_missing_files_are_named_with_the_paths_looked_at(tmp_path):
    write(tmp_path, inat())
    for gone in ("val2018.json", "features_inception/inat2018_val_preds_sparse.npz"):
        (tmp_path / gone).unlink()
    with pytest.raises(InputError) as error:
        load_dataset("inat2018", data=tmp_path)
    said = str(error.value)
    assert "2 of 6 files missing" in said
    for place in ("", "/inat2018", "/inat_2018"):
        assert re.search(rf"Not in .*{re.escape(str(tmp_path) + place)}[ ,:]", said)
    assert "\n  val2018.json\n" in said
    assert "\n  features_inception/inat2018_val_preds_sparse.npz or " in said
    assert "train2018.json" not in said
    assert "figshare 26026798" in said


@pytest.mark.parametrize("name", FILES)
def test_an_empty_folder_and_none_at_all(tmp_path, name):
    with pytest.raises(InputError, match=rf"^{re.escape(name)}: (\d) of \1 files missing"):
        load_dataset(name, data=tmp_path)
    with pytest.raises(InputError, match=r"nowhere is missing.*(figshare|MOSAIKS|SustainBench)"):
        load_dataset(name, data=tmp_path / "nowhere")
    with pytest.raises(InputError, match=rf"^{re.escape(name)} is read from files: name their fol"):
        load_dataset(name)


def test_a_file_where_a_folder_should_be(tmp_path):
    write(tmp_path, yfcc())
    with pytest.raises(InputError, match=r"class_names.csv is not a folder"):
        load_dataset("yfcc", data=tmp_path / "class_names.csv")


@pytest.mark.parametrize("kept", [0.0, 0.02, 0.5, 0.95])
@pytest.mark.parametrize(
    ("name", "file"),
    [(name, file) for name, made in FILES.items() for file in made()
     if name in ("birdsnap", "inat2018", "fmow", "yfcc", "mosaiks-forest_cover",
                 "sustainbench-women_edu")],
)  # fmt: skip
def test_half_a_file_is_refused_by_its_name(tmp_path, name, file, kept):
    write(tmp_path, FILES[name]())
    path = tmp_path / file
    whole = path.read_bytes()
    half = whole[: int(kept * len(whole))]
    # A table that is cut between two rows cannot be told from a short one by itself.
    path.write_bytes(half[:-1] if half.endswith(b"\n") else half)
    with pytest.raises(InputError, match=rf"{re.escape(path.name)}.*fetch it again"):
        load_dataset(name, data=tmp_path)


@pytest.mark.parametrize(
    ("name", "file", "whole", "damaged"),
    [
        ("fmow", "feature_moco/fmow_val_preds.npy", b"'shape': (1, 2)", b"'shape': (1, 2("),
        ("birdsnap", "features_inception/birdsnap_test_preds_sparse.npz", b"PK\3\4", b"PK\3\5"),
        ("birdsnap", "features_inception/birdsnap_test_preds_sparse.npz", b"\x08\0", b"\x63\0"),
    ],
)
def test_a_damaged_matrix_is_refused_by_its_name(tmp_path, name, file, whole, damaged):
    path = write(tmp_path, FILES[name]()) / file
    held = path.read_bytes()
    assert whole in held
    path.write_bytes(held.replace(whole, damaged))
    with pytest.raises(InputError, match=f"{path.name}, of .* cannot be read as"):
        load_dataset(name, data=tmp_path)


def test_a_table_without_a_last_line_break_may_be_cut(tmp_path):
    write(tmp_path, surveys())
    path = tmp_path / "dhs_test_labels.csv"
    whole = path.read_bytes()
    path.write_bytes(whole.rstrip(b"\n"))
    with pytest.raises(InputError, match=r"does not end with a line break.*add a line break"):
        load_dataset("sustainbench-women_edu", data=tmp_path)
    path.write_bytes(whole.replace(b"\n", b"\r\n"))
    assert len(load_dataset("sustainbench-women_edu", data=tmp_path).evaluated) == 12


def test_files_of_other_kinds(tmp_path):
    write(tmp_path, yfcc() | inat())
    predictions = tmp_path / "features_inception/YFCC_test_preds.npy"
    np.savez(tmp_path / "a.npz", predictions=np.ones((2, 2)))
    predictions.write_bytes((tmp_path / "a.npz").read_bytes())
    with pytest.raises(InputError, match=r"YFCC_test_preds.npy should hold rows and columns"):
        load_dataset("yfcc", data=tmp_path)
    np.save(predictions, np.array([[{}]], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match=r"YFCC_test_preds.npy, of .* cannot be read as array"):
        load_dataset("yfcc", data=tmp_path)
    sparse = tmp_path / "features_inception/inat2018_val_preds_sparse.npz"
    sparse.write_bytes((tmp_path / "a.npz").read_bytes())
    with pytest.raises(InputError, match=r"val_preds_sparse.npz, of .* cannot be read as sparse"):
        load_dataset("inat2018", data=tmp_path)
    (tmp_path / "class_names.csv").write_bytes(b"id,name\n1,\xff\xfe\n")
    with pytest.raises(InputError, match=r"class_names.csv, of .* cannot be read as CSV"):
        load_dataset("yfcc", data=tmp_path)
    (tmp_path / "class_names.csv").write_text("id,name\n1,a\n2,b,c,d\n")
    with pytest.raises(InputError, match=r"class_names.csv, of .* cannot be read as CSV"):
        load_dataset("yfcc", data=tmp_path)


def test_a_sparse_file_that_names_columns_it_does_not_have(tmp_path):
    write(tmp_path, inat())
    broken = sp.csr_matrix(shares(3, 3))
    broken.indices[0] = 7
    sp.save_npz(tmp_path / "features_inception/inat2018_val_preds_sparse.npz", broken)
    with pytest.raises(InputError, match=r"val_preds_sparse.npz, of .* cannot be read as sparse"):
        load_dataset("inat2018", data=tmp_path)


# Choices


@pytest.mark.parametrize(
    ("name", "choices", "words"),
    [
        ("inat2019", {}, r"no dataset 'inat2019': did you mean inat201[78]"),
        ("mosaiks", {}, r"no dataset 'mosaiks'"),
        ("", {}, r"known are birdsnap.*synthetic-field"),
        (7, {}, r"no dataset 7"),
        (["fmow"], {}, r"no dataset \['fmow'\]"),
        ("fmow", {"data": 7}, r"name their folder, as in data='data', not 7\."),
        ("fmow", {"n": 100}, r"n=100 is for simulated datasets; fmow is read from files"),
        ("fmow", {"sample": 0.5}, r"sample=0.5 is for regression"),
        ("mosaiks-elevation", {"sample": 0.0}, r"sample=0.0 has to be a share above 0"),
        ("mosaiks-elevation", {"sample": 1.5}, r"sample=1.5"),
        ("mosaiks-elevation", {"sample": True}, r"sample=True"),
        ("mosaiks-elevation", {"sample": NAN}, r"sample=nan"),
        ("fmow", {"seed": -1}, r"seed must be a whole number"),
        ("synthetic", {"data": "data"}, r"data is for published datasets; synthetic is simulated"),
        ("synthetic-field", {"features": True, "sample": 0.1}, r"features and sample is for"),
    ],
)
def test_choices_that_do_not_go_together(tmp_path, name, choices, words):
    simulated = str(name).startswith("synthetic")
    choices = choices if simulated else {"data": tmp_path, **choices}
    with pytest.raises(GeoBiasError, match=words):
        load_dataset(name, **choices)


@pytest.mark.parametrize(
    ("column", "held", "said"),
    [
        ("targets", np.array([0.0, np.nan]), r"float64 of shape \(2,\): an array of whole numbers"),
        ("targets", np.array([0.0, 0.5]), r"float64 of shape \(2,\): an array of whole numbers"),
        ("targets", [0, 1], "list: an array of whole numbers with 1 dimension is needed"),
        ("targets", np.array(["a", "b"]), "<U1 of shape"),
        ("lat", [1.0, 2.0], "list: an array of decimal numbers"),
        ("lon", None, "NoneType: an array of decimal numbers"),
        ("users", np.array([0.0, 1.0]), "float64 of shape"),
        ("features", np.array([0.0, 1.0]), "with 2 dimensions is needed"),
        ("probabilities", np.array([0.0, 1.0]), "with 2 dimensions is needed"),
        ("probabilities", sp.csr_matrix(np.eye(2)), "csr_matrix: an array of numbers"),
    ],
)
def test_columns_of_other_kinds_are_refused(column, held, said):
    columns = {"lat": np.zeros(2), "lon": np.zeros(2), "targets": np.array([0, 1]), column: held}
    split = Split(**columns)
    with pytest.raises(InputError, match=f"mine, train: {column} is .*{said}"):
        Dataset("mine", ("a", "b"), {"train": split, "val": split, "test": split}, users=2)
