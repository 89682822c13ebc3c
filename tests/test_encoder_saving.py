"""Models that were saved and loaded: equal to the last bit, and damaged pairs of files."""

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn

import geobias
from geobias import GeoBiasError, InputError
from geobias.encoders import (
    Encoder,
    LocationClassifier,
    build,
    load,
    load_torchspatial,
    save,
)
from geobias.encoders.checkpoints import saving
from geobias.encoders.positions import XYZ
from geobias.encoders.registry import ENTRIES
from published_checkpoints import ANCHORS, CASES, params_of, write

LAT = np.array([0.0, 90.0, -90.0, 48.2083, -33.9, -16.5, 35.6812])
LON = np.array([0.0, 120.0, 180.0, 16.3731, 151.2, -179.999, 139.7671])
NEEDED = {"rbf": {"anchors": ANCHORS}}
NAMES = [entry.name for entry in ENTRIES]
IN_TORCHSPATIAL = [entry.name for entry in ENTRIES if entry.in_torchspatial]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mine.safetensors"


def small(name, **options):
    return build(name, dim=6, seed=5, **NEEDED.get(name, {}), **options)


def assert_same(again, model):
    """Two models hold and compute the same, to the last bit."""
    assert type(again) is type(model)
    assert not again.training
    own, other = model.state_dict(), again.state_dict()
    assert list(own) == list(other)
    for name, weight in own.items():
        assert weight.dtype == other[name].dtype
        assert torch.equal(weight.cpu(), other[name])
    for kind in (np.float32, np.float64):
        lat, lon = LAT.astype(kind), LON.astype(kind)
        assert np.array_equal(again.embed(lat=lat, lon=lon), model.embed(lat=lat, lon=lon))
    assert {name for name, _ in again.named_parameters()} == {
        n for n, _ in model.named_parameters()
    }
    assert all(each.requires_grad for each in again.parameters())


# --- There and back -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_encoder_comes_back(name, path):
    encoder = small(name)
    save(encoder, path)
    again = load(path)
    assert_same(again, encoder)
    assert again.settings["name"] == name
    assert again.origin.format == "geobias"
    assert again.origin.file == "mine.safetensors"
    assert again.origin.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert again.origin.published is None


@pytest.mark.parametrize("name", IN_TORCHSPATIAL)
def test_every_classifier_comes_back(name, path):
    model = LocationClassifier(small(name, compat="torchspatial"), 7, users=3).eval()
    save(model, os.fspath(path))
    again = load(os.fspath(path))
    assert_same(again, model)
    likely = model.class_probabilities(lat=LAT, lon=LON)
    assert np.array_equal(again.class_probabilities(lat=LAT, lon=LON), likely)
    assert again.encoder.position.compat == "torchspatial"


@pytest.mark.parametrize("name", CASES)
def test_published_checkpoints_keep_their_origin(name, tmp_path, path):
    file = write(tmp_path / "model.pth.tar", params_of(name))
    model = load_torchspatial(file, anchors=ANCHORS if name == "rbf" else None)
    save(model, path)
    again = load(path)
    assert_same(again, model)
    published = again.origin.published
    assert published == again.origin.checkpoint
    assert published.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert published.notes == model.origin.notes
    assert published.epoch == 102
    assert published.params["num_classes"] == 4
    # Once more, and it is still the published file that it came from.
    save(again, tmp_path / "again.safetensors")
    assert load(tmp_path / "again.safetensors").origin.published == published


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("rff", {"map_range": np.array([-170.0, 180, -80, 90]), "frequency_num": np.int64(5)}),
        ("rff", {"map_range": (-170, 180, -80, 90), "kernel_size": 2}),
        ("tile", {"cell_size": 30, "tile_dim": 3}),
        ("tile", {"map_range": [0, 10, 0, 10], "cell_size": np.float32(2.5)}),
        ("geoclip", {"sigmas": (0.5, 4), "frequency_num": 3, "hidden_dim": 5}),
        ("rbf", {"kernel_size": 12, "network": "siren", "residual": True}),
        ("xyz", {"network": "residual", "blocks": 2, "dropout": 0.25}),
        ("xyz", {"hidden_layers": 0, "activation": "gelu", "layer_norm": False, "skip": False}),
        ("space2vec-grid", {"min_radius": 1, "max_radius": 360, "frequency_num": 3}),
        ("wrap", {"loc_encode": "encode_3D"}),
        ("satclip", {"legendre_polys": 5}),
        ("nerf", {"frequency_num": 64, "compat": "torchspatial", "hidden_dim": 1}),
    ],
)
def test_options_come_back(name, options, path):
    encoder = small(name, **options)
    save(encoder, path)
    assert_same(load(path), encoder)


def test_anchors_of_every_kind_come_back(path):
    for anchors in (ANCHORS, ANCHORS.tolist(), torch.tensor(ANCHORS), np.float32(ANCHORS)):
        encoder = build("rbf", dim=4, anchors=anchors)
        save(encoder, path, force=True)
        assert_same(load(path), encoder)
    assert "anchors" not in json.loads(path.with_suffix(".json").read_text())["settings"]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_precision_comes_back(dtype, path):
    encoder = build("rbf", dim=4, anchors=ANCHORS).to(dtype)
    save(encoder, path)
    again = load(path)
    for name, weight in encoder.state_dict().items():
        assert torch.equal(again.state_dict()[name], weight)
        assert again.state_dict()[name].dtype is weight.dtype
    assert {weight.dtype for weight in again.parameters()} == {dtype}
    assert again.position.anchors.dtype is torch.float32


def test_what_was_trained_comes_back(path):
    model = LocationClassifier(small("sphere2vec-spherec+"), 4).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    model(torch.tensor([[16.4, 48.2]])).sum().backward()
    optimizer.step()
    model.encoder.requires_grad_(False)
    save(model, path)
    assert model.training
    model.encoder.requires_grad_(True)
    assert_same(load(path), model)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_model_on_a_gpu_comes_back_on_the_processor(path):
    model = small("rff").cuda()
    save(model, path)
    again = load(path)
    assert next(again.parameters()).device.type == "cpu"
    assert torch.equal(again.position.dirvec, model.position.dirvec.cpu())


def test_loading_draws_no_random_numbers(path):
    save(LocationClassifier(small("geoclip"), 3), path)
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    load(path)
    assert torch.equal(torch.rand(4), expected)


# --- The two files --------------------------------------------------------------------------------


def test_the_description_says_what_it_takes(path):
    save(LocationClassifier(small("rff", map_range=(-170, 180, -80, 90)), 7, users=2), path)
    held = json.loads(path.with_suffix(".json").read_text())
    assert held["kind"] == "classifier"
    assert (held["classes"], held["users"]) == (7, 2)
    assert held["settings"] == {
        "name": "rff", "dim": 6, "network": None, "compat": None, "map_range": [-170, 180, -80, 90]
    }  # fmt: skip
    assert held["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert held["versions"]["geobias"] == geobias.__version__
    assert held["versions"]["torch"].startswith(torch.__version__.split("+")[0])
    assert held["origin"] is None
    stored = safetensors.torch.load(path.read_bytes())
    assert stored["encoder.position.dirvec"].shape == (2, 64)


def test_equal_models_give_equal_bytes(tmp_path):
    code = (
        "import sys; from geobias.encoders import LocationClassifier, build, save; import torch; "
        "torch.manual_seed(1); "
        "model = LocationClassifier(build('rff', dim=8, frequency_num=9, dropout=0.1), 3); "
        "save(model, sys.argv[1])"
    )
    for number, seed in enumerate("01"):
        subprocess.run(
            [sys.executable, "-c", code, tmp_path / f"{number}.safetensors"],
            check=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
    for suffix in ("safetensors", "json"):
        first, second = (tmp_path / f"{number}.{suffix}" for number in "01")
        assert first.read_bytes() == second.read_bytes()


def test_what_exists_is_not_written_over(path):
    encoder, other = small("xyz"), small("wrap")
    save(encoder, path)
    before = path.read_bytes(), path.with_suffix(".json").read_bytes()
    with pytest.raises(GeoBiasError, match=r"mine\.safetensors: it exists already.*force=True"):
        save(other, path)
    path.unlink()
    with pytest.raises(GeoBiasError, match=r"mine\.json: it exists already"):
        save(other, path)
    assert not path.exists()
    path.write_bytes(before[0])
    assert path.with_suffix(".json").read_bytes() == before[1]
    save(other, path, force=True)
    assert_same(load(path), other)


@pytest.mark.parametrize("fails", ["mine.safetensors", "mine.json"])
def test_a_failure_leaves_what_was_there(fails, path, monkeypatch):
    encoder = small("xyz")
    save(encoder, path)

    def full(self, *arguments, **options):
        if fails in self.name:
            raise OSError(28, "No space left on device")
        return original(self, *arguments, **options)

    method = "write_bytes" if fails.endswith("safetensors") else "write_text"
    original = getattr(Path, method)
    monkeypatch.setattr(Path, method, full)
    with pytest.raises(GeoBiasError, match=r"Cannot write .*No space left on device"):
        save(small("wrap"), path, force=True)
    assert_same(load(path), encoder)
    assert sorted(each.name for each in path.parent.iterdir()) == ["mine.json", "mine.safetensors"]
    new = path.with_name("new " + path.name)
    with pytest.raises(GeoBiasError, match=r"Cannot write .*No space left on device"):
        save(small("wrap"), new)
    assert len(list(path.parent.iterdir())) == 2


def test_a_pair_of_two_savings_is_noticed(path, monkeypatch):
    save(small("xyz"), path)
    replace = os.replace

    def once(source, target):
        if str(target).endswith("safetensors"):
            raise OSError(5, "Input/output error")
        replace(source, target)

    monkeypatch.setattr(os, "replace", once)
    with pytest.raises(GeoBiasError, match="Input/output error"):
        save(build("xyz", dim=6, seed=6), path, force=True)
    with pytest.raises(InputError, match=r"is not the file that mine\.json describes"):
        load(path)


@pytest.mark.parametrize("name", ["mine.pt", "mine", "mine.json", "mine.safetensors.gz"])
def test_names_of_files(name, tmp_path):
    for call in (lambda: save(small("xyz"), tmp_path / name), lambda: load(tmp_path / name)):
        with pytest.raises(InputError, match=r"has to end in \.safetensors"):
            call()
    assert not list(tmp_path.iterdir())


def test_places_that_cannot_be_written(tmp_path):
    with pytest.raises(GeoBiasError, match="no such folder"):
        save(small("xyz"), tmp_path / "none" / "mine.safetensors")
    with pytest.raises(GeoBiasError, match="name too long"):
        save(small("xyz"), tmp_path / f"{'x' * 300}.safetensors")
    (tmp_path / "mine.safetensors").mkdir()
    with pytest.raises(GeoBiasError, match="it is a folder"):
        save(small("xyz"), tmp_path / "mine.safetensors", force=True)


class Derived(Encoder):
    pass


class Moved(XYZ):
    pass


def test_models_that_cannot_be_saved(path):
    encoder = small("xyz")
    for model in (nn.Linear(2, 2), Derived(encoder.position, encoder.network, encoder.settings), 5):
        with pytest.raises(InputError, match=f"A {type(model).__name__} cannot be saved here"):
            save(model, path)
    other = Encoder(Moved(), encoder.network, encoder.settings)
    with pytest.raises(InputError, match="do not build it again: its position is another"):
        save(other, path)
    with pytest.raises(InputError, match=r"do not build it again: .*is \(512, 3\), not \(9, 3\)"):
        save(Encoder(XYZ(), encoder.network, {**encoder.settings, "hidden_dim": 9}), path)
    with torch.no_grad():
        encoder.network.layers[0].linear.bias[2] = torch.nan
    with pytest.raises(InputError, match=r"1 number of 'network\.layers\.0\.linear\.bias' is not"):
        save(encoder, path)
    assert not list(path.parent.iterdir())


# --- Damaged pairs --------------------------------------------------------------------------------


def test_files_that_are_missing(path):
    with pytest.raises(InputError, match=r"There is no file .*mine\.safetensors"):
        load(path)
    save(small("xyz"), path)
    path.with_suffix(".json").unlink()
    with pytest.raises(InputError, match=r"mine\.json is missing.*save writes both"):
        load(path)
    path.with_suffix(".json").mkdir()
    with pytest.raises(InputError, match=r"mine\.json is a folder"):
        load(path)


def test_weights_that_were_changed(path):
    save(small("xyz"), path)
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"is not the file that mine\.json describes: its SHA-256"):
        load(path)


def described(path, change):
    """Change the description beside weights."""
    beside = path.with_suffix(".json")
    held = json.loads(beside.read_text())
    change(held)
    beside.write_text(json.dumps(held))


def forge(path, data):
    """Put other weights there, with the SHA-256 that belongs to them."""
    path.write_bytes(data)
    described(path, lambda held: held.update(sha256=hashlib.sha256(data).hexdigest()))


def test_weights_that_are_none(path):
    save(small("xyz"), path)
    stored = safetensors.torch.load(path.read_bytes())
    forge(path, b"nothing")
    with pytest.raises(InputError, match=r"^mine\.safetensors: it is damaged"):
        load(path)
    first = next(iter(stored))
    forge(path, safetensors.torch.save({**stored, first: torch.full((6,), torch.inf)}))
    with pytest.raises(InputError, match=rf"6 numbers of {re.escape(repr(first))} are not finite"):
        load(path)
    forge(path, safetensors.torch.save({**stored, "more": torch.zeros(2)}))
    with pytest.raises(InputError, match=r"^mine\.json: .*do not fit .*1 weight too many: 'more'"):
        load(path)
    forge(path, safetensors.torch.save({**stored, first: torch.zeros(2, dtype=torch.int64)}))
    with pytest.raises(InputError, match="holds int64, not weights"):
        load(path)
    del stored[first]
    forge(path, safetensors.torch.save(stored))
    with pytest.raises(InputError, match=f"1 weight missing: {re.escape(repr(first))}"):
        load(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is no JSON of ours"),
        ("{", "it is no JSON of ours"),
        ("[1]", "its 'format' is not"),
        ('"text"', "its 'format' is not"),
        ("{}", "its 'format' is not"),
        ('{"format": NaN}', "it is no JSON of ours: NaN is no number of JSON"),
        ("[" * 100_000, "it is no JSON of ours"),
        ('{"a": ' + "9" * 5000 + "}", "it is no JSON of ours"),
        ('{"format": "' + "x" * 2_000_000 + '"}', "more than 1,048,576 bytes"),
        ("\x00\x01", "it is no JSON of ours"),
    ],
    ids=range(10),
)
def test_descriptions_that_are_none(text, said, path):
    save(small("xyz"), path)
    path.with_suffix(".json").write_text(text)
    with pytest.raises(InputError, match=rf"^mine\.json: .*{said}"):
        load(path)
    path.with_suffix(".json").write_bytes(b"\xff\xfe{}")
    with pytest.raises(InputError, match=r"^mine\.json: it is no JSON of ours"):
        load(path)


def setting(**changes):
    return lambda held: held["settings"].update(changes)


def with_origin(**changes):
    origin = {
        "file": "a.tar", "sha256": "0", "format": "torchspatial", "params": {}, "epoch": 3,
        "notes": [], "published": None,
    }  # fmt: skip
    return lambda held: held.update(origin={**origin, **changes})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda held: held.update(format="other"), "its 'format' is not 'geobias-encoder'"),
        (lambda held: held.update(version=2), "its 'version' is 2, and this geobias reads 1"),
        (lambda held: held.update(version=None), "its 'version' is None"),
        (lambda held: held.update(version="1"), "its 'version' is 1, and"),
        (lambda held: held.update(version=True), "its 'version' is true or false, not a whole"),
        (lambda held: held.pop("classes"), "missing 'classes'; unknown none"),
        (lambda held: held.update(code="print()"), "missing none; unknown 'code'"),
        (lambda held: held.update(kind="regressor"), "its 'kind' is none of 'encoder', 'class"),
        (lambda held: held.update(kind=["encoder"]), "its 'kind' is a list, not text"),
        (lambda held: held.update(classes="7"), "its 'classes' is text, not a whole number"),
        (lambda held: held.update(classes=0), "classes=0 has to be at least 1"),
        (lambda held: held.update(users=-1), "users=-1 has to be at least 0"),
        (
            lambda held: held.update(classes=8),
            r"do not fit .*'classes.weight' is \(7, 6\), not \(8",
        ),
        (lambda held: held.update(kind="encoder"), "do not fit the weights"),
        (lambda held: held.update(classes=10**12), "classes=1,000,000,000,000 is too much"),
        (lambda held: held.update(sha256=5), "its 'sha256' is a whole number, not text"),
        (lambda held: held.update(settings=[]), "its 'settings' is a list, not an object"),
        (lambda held: held["settings"].pop("name"), "'name' of its 'settings' is null, not text"),
        (lambda held: held["settings"].pop("dim"), "'dim' of its 'settings' is null, not a whole"),
        (setting(name="../../etc/passwd"), "There is no encoder '../../etc/passwd'"),
        (setting(name=["xyz"]), "'name' of its 'settings' is a list, not text"),
        (setting(name="wrap"), "'frequency_num', which wrap does not take"),
        (setting(dim=10**12), "dim=1,000,000,000,000 is too much"),
        (setting(dim=-3), "dim=-3 has to be at least 1"),
        (setting(dim=6.0), "'dim' of its 'settings' is a number, not a whole number"),
        (setting(dim=7), "do not fit the weights in mine.safetensors"),
        (setting(network="os.system"), "'network' of its 'settings' is none of 'ffn'"),
        (setting(network={}), "'network' of its 'settings' is an object, not text or null"),
        (setting(compat="other"), "compat='other' is no mode"),
        (setting(hidden_dim=10**12), "hidden_dim=1,000,000,000,000 is too much"),
        (setting(hidden_dim=100), "do not fit the weights"),
        (setting(hidden_dim="9"), "'hidden_dim' of its 'settings' is text, not a whole number"),
        (setting(hidden_layers=10_000), "hidden_layers=10,000 is too much"),
        (setting(frequency_num=10**9), "frequency_num=1,000,000,000 is too much"),
        (
            setting(min_radius="0.1"),
            "'min_radius' of its 'settings' is text, not a whole number or",
        ),
        (setting(min_radius=10**400), "a number of 401 digits"),
        (setting(min_radius=-1), "min_radius=-1.0 has to be a positive number"),
        (setting(activation={}), "'activation' of its 'settings' is an object, not text"),
        (setting(activation="exec"), "activation='exec' has to be one of"),
        (setting(skip=1), "'skip' of its 'settings' is a whole number, not true or false"),
        (setting(anchors=[[0, 0]]), "have 'anchors', which sphere2vec-spherec does not take"),
        (setting(seed=4), "have 'seed', which sphere2vec-spherec does not take"),
        (setting(__class__="x"), "have '__class__', which"),
        (lambda held: held.update(origin="here"), "its 'origin' is text, not an object or null"),
        (lambda held: held.update(origin={}), "its 'origin' has not the fields"),
        (with_origin(epoch="x"), "'epoch' of its 'origin' is text, not a whole number or null"),
        (with_origin(params={"a": [[1]]}), "its 'origin' has other params or notes than plain"),
        (with_origin(params={"a": {}}), "its 'origin' has other params or notes than plain"),
        (with_origin(notes=[1]), "its 'origin' has other params or notes than plain"),
        (with_origin(published={}), "'published' of its 'origin' is an object, not null"),
    ],
)
def test_descriptions_that_cannot_be(change, said, path):
    encoder = small("sphere2vec-spherec", frequency_num=4, hidden_dim=5)
    save(LocationClassifier(encoder, 7), path)
    load(path)
    described(path, change)
    with pytest.raises(InputError, match=rf"^mine\.json: .*{said}") as refused:
        load(path)
    assert len(str(refused.value)) < 600


@pytest.mark.parametrize("value", ["text", [], ["a"], [[1]], {}, [1e400], 5, True])
def test_lists_that_cannot_be(value, path):
    save(small("geoclip", frequency_num=2, hidden_dim=3), path)
    described(path, lambda held: held["settings"].update(sigmas=value))
    with pytest.raises(InputError, match=r"^mine\.json: "):
        load(path)


def test_lists_that_are_too_long(path):
    # Each of them would be given a network of its own.
    save(small("geoclip", frequency_num=2, hidden_dim=3), path)
    described(path, lambda held: held["settings"].update(sigmas=[1.5] * 100_000))
    with pytest.raises(InputError, match="sigmas has 100,000 entries, more than 1,000"):
        load(path)


def test_weights_of_a_precision_that_torch_cannot_check(path):
    with pytest.raises(InputError, match="holds float8_e4m3fn, not weights"):
        save(small("xyz").to(torch.float8_e4m3fn), path)


def test_numbers_that_are_too_large(path):
    save(small("space2vec-grid", min_radius=0.125), path)
    beside = path.with_suffix(".json")
    beside.write_text(beside.read_text().replace("0.125", "1e999"))
    with pytest.raises(InputError, match=r"'min_radius' of its 'settings' is too large"):
        load(path)


def test_anchors_that_are_missing_among_the_weights(path):
    save(small("rbf"), path)
    stored = safetensors.torch.load(path.read_bytes())
    anchors = stored.pop("position.anchors")
    forge(path, safetensors.torch.save(stored))
    with pytest.raises(InputError, match=r"^mine\.json: anchors are missing"):
        load(path)
    forge(path, safetensors.torch.save({**stored, "position.anchors": anchors * 9}))
    with pytest.raises(InputError, match=r"^mine\.json: anchors: "):
        load(path)


def test_nothing_is_pickled(path):
    # Neither file can hold code: one is JSON, the other numbers behind a header of JSON.
    save(small("rff"), path)
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    assert set(json.loads(data[8 : 8 + length])) == set(small("rff").state_dict())
    assert "pickle" not in vars(saving)
