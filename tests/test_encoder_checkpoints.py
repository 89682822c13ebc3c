"""Published checkpoints against the oracle, the published pairs and forged files."""

import copy
import io
import os
import pickle
import re
import tarfile
import warnings
import zipfile
from contextlib import suppress

import numpy as np
import pytest
import safetensors.torch
import torch

from geobias import InputError
from geobias.encoders import build, load_torchspatial, save
from geobias.encoders.checkpoints.opening import open_checkpoint
from geobias.encoders.checkpoints.pickles import foreign_names
from geobias.encoders.checkpoints.published import anchor_rows
from published_checkpoints import (
    ANCHORS,
    CASES,
    CLASSES,
    COMMAND_LINE,
    FILTS,
    ROWS,
    USERS,
    WORLD,
    contents,
    embedding,
    params_of,
    probabilities,
    random_weights,
    write,
)

PLACES = [
    (0, 0), (90, 0), (90, 120), (-90, 0), (0, 180), (0, -180), (52.5, 13.4), (-33.9, 151.2),
    (-16.5, 179.999), (48.2083, 16.3731), (35.6812, 139.7671), (1e-7, -1e-7),
]  # fmt: skip
LAT, LON = np.array(PLACES, dtype=float).T

PUBLISHED = {
    "fmow|xyz": "model_fmow_xyz_inception_v3_0.0050_64_0.0005000_1_512.pth.tar",
    "yfcc|Sphere2Vec-sphereC": (
        "model_yfcc_Sphere2Vec-sphereC_inception_v3_0.0005_64_0.0001000_1_512.pth.tar"
    ),
}


@pytest.fixture
def file(tmp_path):
    return tmp_path / "model.pth.tar"


def oracle(params, weights):
    """Embeddings of the places."""
    return np.array([embedding(params, weights, *place) for place in zip(LAT, LON, strict=True)])


def load(name, file):
    return load_torchspatial(file, anchors=ANCHORS if name == "rbf" else None)


# --- What is published ----------------------------------------------------------------------------


@pytest.mark.reference
@pytest.mark.parametrize("kind", [np.float32, np.float64, torch.float32, torch.float64])
@pytest.mark.parametrize("name", PUBLISHED)
def test_published_checkpoints_give_the_published_numbers(name, kind, reference, published_pairs):
    folder = reference / "encoders"
    pairs = published_pairs("encoder_checkpoint_pairs")
    lon, lat = pairs["lonlat_f32"].T.copy()
    if isinstance(kind, torch.dtype):
        lat, lon = torch.tensor(lat, dtype=kind), torch.tensor(lon, dtype=kind)
    else:
        lat, lon = lat.astype(kind), lon.astype(kind)
    model = load_torchspatial(folder / "checkpoints" / PUBLISHED[name])
    embedded = np.asarray(model.embed(lat=lat, lon=lon))
    # The specification found the embeddings of both to be the same to the last bit.
    assert np.abs(embedded - pairs[f"{name}|embedding"]).max() <= 1e-6
    likely = np.asarray(model.class_probabilities(lat=lat, lon=lon))
    assert np.abs(likely - pairs[f"{name}|class_probs"]).max() <= 1e-6


@pytest.mark.reference
def test_the_origin_of_a_published_checkpoint(reference):
    path = reference / "encoders" / "checkpoints" / PUBLISHED["fmow|xyz"]
    model = load_torchspatial(os.fspath(path))
    assert not model.training
    assert (model.origin.file, model.origin.format) == (PUBLISHED["fmow|xyz"], "torchspatial")
    assert model.origin.sha256 == "cfaa24a45ad7f6564fc6079554ed10d358b21a1273197e87425a7ea278c6ad4f"
    assert model.origin.epoch == 102
    assert model.origin.params["hidden_dim"] == 512
    # No such setting matters to xyz.
    assert not {"min_radius", "map_range"} & set(model.origin.params)
    assert any("spa_f_act='relu'" in note for note in model.origin.notes)
    assert model.origin.notes[-1] == "Not used: 'optimizer'."


@pytest.mark.reference
def test_wrap_gives_the_published_numbers(published_pairs, file):
    pairs = published_pairs("encoder_nn_pairs")
    prefix = "fcnet|w|"
    weights = {key.removeprefix(prefix): pairs[key] for key in pairs if key.startswith(prefix)}
    params = params_of("wrap", num_filts=8, num_classes=5, num_users=3)
    model = load_torchspatial(write(file, params, weights))
    codes = torch.from_numpy(pairs["fcnet|input"])
    with torch.no_grad():
        features = model.encoder.network(codes)
        likely = torch.sigmoid(model.classes(features))
    assert np.abs(features.numpy() - pairs["fcnet|feats"]).max() <= 2e-6
    assert np.abs(likely.numpy() - pairs["fcnet|probs"]).max() <= 2e-6


# --- All fifteen ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("name", CASES)
def test_every_encoder_computes_what_the_oracle_does(name, kind, file):
    params = params_of(name)
    weights = random_weights(params)
    model = load(name, write(file, params, weights))
    expected = oracle(params, weights)
    lat, lon = LAT.astype(kind), LON.astype(kind)
    assert np.ptp(expected) > 0.1
    assert np.abs(model.embed(lat=lat, lon=lon) - expected).max() <= 2e-6
    likely = np.array([probabilities(weights, row) for row in expected.tolist()])
    assert likely.shape == (len(PLACES), CLASSES)
    assert np.abs(model.class_probabilities(lat=lat, lon=lon) - likely).max() <= 2e-6


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("wrap", {"loc_encode": "encode_3D"}),
        ("wrap", {"loc_encode": "encode_none"}),
        ("Sphere2Vec-sphereM+", {"max_radius": 1.0}),
        ("Sphere2Vec-sphereM+", {"max_radius": 1.0, "min_radius": 3.0}),
        ("Sphere2Vec-dfs", {"max_radius": 1.0}),
        ("tile_ffn", {"map_range": COMMAND_LINE, "hidden_dim": 9}),
        ("rff", {"map_range": [-170, 170, -80, 80]}),
        ("NeRF", {"frequency_num": 16, "freq_init": "nerf"}),
    ],
)
def test_settings_that_the_reference_code_reads_otherwise(name, changes, file):
    params = params_of(name, **changes)
    weights = random_weights(params)
    model = load(name, write(file, params, weights))
    expected = oracle(params, weights)
    assert np.abs(model.embed(lat=LAT, lon=LON) - expected).max() <= 2e-6


@pytest.mark.parametrize("name", CASES)
def test_every_weight_is_used(name, file):
    # Another number in any weight of the file is another number in the model.
    params = params_of(name)
    weights = random_weights(params)
    held = {each.data_ptr(): each for each in load(name, write(file, params)).state_dict().values()}
    assert len(held) == len(weights) + (name == "rbf")
    found = np.sort(np.concatenate([each.numpy().ravel() for each in held.values()]))
    there = [each.ravel() for each in weights.values()]
    own = [ANCHORS.astype(np.float32).ravel()] if name == "rbf" else []
    assert np.array_equal(found, np.sort(np.concatenate([*there, *own])))


def test_loading_draws_no_random_numbers_and_the_model_can_be_trained(file):
    write(file, params_of("rff"))
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    model = load_torchspatial(file)
    assert torch.equal(torch.rand(4), expected)
    model(torch.tensor([[16.4, 48.2]])).sum().backward()
    assert all(each.grad is not None for each in model.encoder.parameters())
    assert not model.encoder.position.dirvec.requires_grad
    again = pickle.loads(pickle.dumps(copy.deepcopy(model)))
    assert np.array_equal(again.embed(lat=LAT, lon=LON), model.embed(lat=LAT, lon=LON))
    assert again.origin == model.origin


def test_a_file_without_users(file):
    params = params_of("xyz")
    weights = random_weights(params)
    del weights["user_emb.weight"]
    model = load_torchspatial(write(file, params, weights))
    assert model.users is None
    assert any("user_emb" in note for note in model.origin.notes)
    write(file, params)
    assert load_torchspatial(file).users.weight.shape == (USERS, FILTS)


def test_notes_name_what_no_weight_confirms(file):
    (note, _) = load_torchspatial(write(file, params_of("Space2Vec-grid"))).origin.notes
    assert note.startswith(
        "min_radius=0.05, max_radius=360.0, spa_f_act='leakyrelu' and skip_connection=True are "
        "taken from params"
    )
    with_extras = contents(params_of("xyz"), random_weights(params_of("xyz")), scheduler={})
    torch.save(with_extras, file)
    assert load_torchspatial(file).origin.notes[-1] == "Not used: 'optimizer', 'scheduler'."


# --- The extent of rff ----------------------------------------------------------------------------


def test_an_extent_that_is_likely_wrong_is_told(file):
    params = params_of("rff", map_range=COMMAND_LINE)
    weights = random_weights(params)
    write(file, params, weights)
    with pytest.warns(UserWarning, match=re.escape("Pass map_range=(-180, 180, -90, 90)")) as told:
        model = load_torchspatial(file)
    assert len(told) == 1
    assert told[0].filename == __file__
    assert str(told[0].message) in model.origin.notes
    expected = oracle(params, weights)
    assert np.abs(model.embed(lat=LAT, lon=LON) - expected).max() <= 2e-6


def test_an_extent_that_is_passed_counts(file):
    params = params_of("rff", map_range=COMMAND_LINE)
    weights = random_weights(params)
    write(file, params, weights)
    model = load_torchspatial(file, WORLD)
    world = {**params, "map_range": WORLD}
    expected = oracle(world, weights)
    assert np.abs(model.embed(lat=LAT, lon=LON) - expected).max() <= 2e-6
    assert not any("command line" in note for note in model.origin.notes)
    meant = load_torchspatial(file, COMMAND_LINE)
    assert not any("command line" in note for note in meant.origin.notes)
    with pytest.raises(InputError, match="map_range=5 has to be west, east, south and north"):
        load_torchspatial(file, 5)


def test_an_extent_makes_no_difference_to_other_encoders(file):
    write(file, params_of("xyz", map_range=COMMAND_LINE))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plain, told = load_torchspatial(file), load_torchspatial(file, WORLD)
    assert "map_range makes no difference to xyz." in told.origin.notes
    assert np.array_equal(plain.embed(lat=LAT, lon=LON), told.embed(lat=LAT, lon=LON))


# --- The anchors of rbf ---------------------------------------------------------------------------


def with_numpy_numbers(file, module):
    """An rbf checkpoint whose row numbers are numbers of NumPy, in the spelling of a version."""
    plain = io.BytesIO()
    rows = [np.int64(ROWS[0]), np.int64(ROWS[1]), np.int32(ROWS[2]), np.int64(ROWS[3])]
    params = params_of("rbf", rbf_anchor_pt_ids=rows, lr=np.float64(0.005))
    torch.save(contents(params, random_weights(params)), plain)
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith("/data.pkl"):
                assert b"cnumpy._core.multiarray\nscalar\n" in data
                data = data.replace(b"cnumpy._core.multiarray\n", f"c{module}\n".encode())
            new.writestr(name, data)
    return file


@pytest.mark.parametrize("module", ["numpy.core.multiarray", "numpy._core.multiarray"])
def test_numbers_of_numpy_need_to_be_asked_for(module, file):
    with_numpy_numbers(file, module)
    allowed = set(torch.serialization.get_safe_globals())
    said = rf"objects of NumPy \('{module}.scalar', 'numpy.dtype'\).*allow_numpy=True"
    with pytest.raises(InputError, match=said):
        load_torchspatial(file, anchors=ANCHORS)
    model = load_torchspatial(file, anchors=ANCHORS, allow_numpy=True)
    params = params_of("rbf")
    weights = random_weights(params)
    expected = oracle(params, weights)
    assert np.abs(model.embed(lat=LAT, lon=LON) - expected).max() <= 2e-6
    assert anchor_rows(file, allow_numpy=True) == ROWS
    # What was allowed for one file is not allowed for the next.
    with pytest.raises(InputError, match="objects of NumPy"):
        load_torchspatial(file, anchors=ANCHORS)
    assert set(torch.serialization.get_safe_globals()) == allowed


@pytest.mark.parametrize("kind", [list, tuple])
def test_row_numbers_of_many_anchors_are_not_taken_for_a_bomb(kind, file):
    rows = kind(np.random.default_rng(0).permutation(500))
    params = params_of("rbf", rbf_anchor_pt_ids=rows)
    torch.save(contents(params, random_weights(params)), file)
    load_torchspatial(file, anchors=ANCHORS, allow_numpy=True)


SCALAR = np.int64(1).__reduce__()[0]


class Reduced:
    """Pickled as a call."""

    def __init__(self, function, *arguments, state=None):
        self.call = function, arguments, state

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    "forged",
    [
        Reduced(np.dtype, "O"),
        Reduced(np.dtype, "i8", state=(3,)),
        Reduced(np.dtype, [("a", "O")]),
        np.datetime64("2020-01-01"),
        Reduced(SCALAR, 5, b"12345678"),
        Reduced(SCALAR, np.dtype("i8"), b"123"),
        Reduced(SCALAR, np.dtype("i8"), b"1" * 800),
        np.arange(3),
        np.str_("text"),
    ],
)
def test_only_single_numbers_of_numpy_are_read(forged, file):
    params = params_of("rbf", rbf_anchor_pt_ids=forged)
    torch.save(contents(params, random_weights(params)), file)
    with pytest.raises(InputError, match=r"is damaged|asks for code|more than weights"):
        load_torchspatial(file, anchors=ANCHORS, allow_numpy=True)


def test_flags_of_a_forged_dtype_are_not_believed(file):
    # Flags that say "object" would make NumPy take the bytes of a number for an address.
    forged = Reduced(np.dtype, "i8", False, True, state=(3, "<", None, None, None, -1, -1, 63))
    number = Reduced(SCALAR, forged, (513).to_bytes(8, "little"))
    swapped = Reduced(np.dtype, "i4", False, True, state=(3, ">", None, None, None, -1, -1, 0))
    other = Reduced(SCALAR, swapped, (513).to_bytes(4, "big"))
    params = params_of("rbf", rbf_anchor_pt_ids=[number, other, number, other])
    torch.save(contents(params, random_weights(params)), file)
    assert anchor_rows(file, allow_numpy=True) == [513, 513, 513, 513]


@pytest.mark.parametrize(
    ("anchors", "said"),
    [
        (None, r"only the row numbers in its training data.*of shape \(4, 2\)"),
        (ANCHORS[:3], r"anchors is of shape \(3, 2\), not of shape \(4, 2\)"),
        (ANCHORS.T, r"of shape \(2, 4\), not"),
        ("here", "no array of numbers"),
        (ANCHORS[:, ::-1] * 2, "anchors: lat|anchors: lon"),
        (ANCHORS * np.nan, "not finite"),
    ],
)
def test_anchors_that_do_not_fit(anchors, said, file):
    write(file, params_of("rbf"))
    with pytest.raises(InputError, match=said):
        load_torchspatial(file, anchors=anchors)


def test_anchors_may_run_backwards(file):
    # As the columns of a table do that has latitude first.
    write(file, params_of("rbf"))
    latlon = np.ascontiguousarray(ANCHORS[:, ::-1])
    place = {"lat": [48.2], "lon": [16.4]}
    expected = load_torchspatial(file, anchors=ANCHORS).embed(**place)
    found = load_torchspatial(file, anchors=latlon[:, ::-1]).embed(**place)
    np.testing.assert_array_equal(found, expected)


def test_anchors_agree_with_params_and_weights(file):
    params = params_of("rbf")
    write(file, {**params, "num_rbf_anchor_pts": 5}, random_weights(params))
    said = "num_rbf_anchor_pts=5 in its params, but 'spa_enc.ffn.layers.0.linear.weight' is for 4"
    with pytest.raises(InputError, match=said):
        load_torchspatial(file, anchors=ANCHORS)
    write(file, params_of("xyz"))
    with pytest.raises(InputError, match="anchors are for rbf; xyz has none"):
        load_torchspatial(file, anchors=ANCHORS)
    with pytest.raises(InputError, match="hold no rbf_anchor_pt_ids"):
        anchor_rows(file)


def test_a_kernel_of_the_default_size_is_noted(file):
    model = load("rbf", write(file, params_of("rbf", rbf_kernel_size=1.0)))
    assert any("rbf_kernel_size=1 is the default" in note for note in model.origin.notes)
    model = load("rbf", write(file, params_of("rbf", rbf_kernel_size=2.0)))
    assert not any("default" in note for note in model.origin.notes)


# --- Forged files ---------------------------------------------------------------------------------


def run_if_opened(touched):
    """What a forged file could make a careless reader run; each touches a file."""
    return {
        "posix.system": Reduced(os.system, f"touch {touched}"),
        "builtins.exec": Reduced(exec, f"open({str(touched)!r}, 'w').close()"),
        "io.open": Reduced(open, str(touched), "w"),
        "builtins.getattr": Reduced(getattr, Reduced(touched.__class__, str(touched)), "touch"),
    }


ASKED = ["posix.system", "builtins.exec", "io.open", "builtins.getattr"]
WRAPPED = {
    "whole": lambda forged, held: forged,
    "in params": lambda forged, held: {**held, "params": {**held["params"], "lr": forged}},
    "as params": lambda forged, held: {**held, "params": forged},
    "in the weights": lambda forged, held: {
        **held, "state_dict": {**held["state_dict"], "class_emb.weight": forged}
    },
    "in the optimizer": lambda forged, held: {**held, "optimizer": [forged]},
    "as a name": lambda forged, held: {**held, forged: 1},
}  # fmt: skip


@pytest.mark.skipif(os.name != "posix", reason="the forged files call a shell")
@pytest.mark.parametrize("allow_numpy", [False, True])
@pytest.mark.parametrize("new", [True, False], ids=["zip", "old format"])
@pytest.mark.parametrize("place", WRAPPED)
@pytest.mark.parametrize("name", ASKED)
def test_code_is_refused_and_not_run(name, place, new, allow_numpy, file, tmp_path):
    touched = tmp_path / "touched"
    forged = run_if_opened(touched)[name]
    params = params_of("xyz")
    held = WRAPPED[place](forged, contents(params, random_weights(params)))
    torch.save(held, file, _use_new_zipfile_serialization=new)
    with pytest.raises(InputError, match=f"code to be run.*{name}") as refused:
        load_torchspatial(file, allow_numpy=allow_numpy)
    assert str(file) in str(refused.value)
    assert not touched.exists()


@pytest.mark.skipif(os.name != "posix", reason="the forged files call a shell")
def test_the_forged_code_would_do_something(tmp_path):
    # Otherwise the test above could not fail.
    for name, forged in run_if_opened(tmp_path / "touched").items():
        found = pickle.loads(pickle.dumps(forged))
        if name == "io.open":
            found.close()
        if name == "builtins.getattr":
            found()
        (tmp_path / "touched").unlink()


@pytest.mark.parametrize("protocol", range(6))
def test_names_are_found_in_every_protocol(protocol):
    pickled = pickle.dumps([Reduced(os.system, "true"), 5, "text"], protocol)
    assert foreign_names(pickled) == ["posix.system"]
    assert foreign_names(pickled + pickled + b"rest") == ["posix.system"]
    assert foreign_names(pickle.dumps([1, "a.b", {2.5}], protocol)) == []


ENCODE = b"c_codecs\nencode\n"
DOUBLED = b"K\x01q\x01" + b"h\x01h\x01\x86q\x01" * 45
NESTED = b")" + b"\x85" * 2_000_000
GROWN = ENCODE * 40 + ENCODE + b"X\x01\x00\x00\x00xX\x06\x00\x00\x00latin1\x86R"
GROWN += b"X\x03\x00\x00\x00hex\x86R" * 40


@pytest.mark.parametrize("key", [DOUBLED, NESTED, GROWN], ids=["doubled", "nested", "grown"])
def test_keys_beyond_all_measure(key, file):
    # To the loader, the first would last for years, the second end the process, the third fill
    # any memory.
    write(file, params_of("xyz"))
    forged = b"\x80\x02}" + key + b"K\x01s."
    rewritten(file, lambda all_: {k: forged if "pkl" in k else v for k, v in all_.items()})
    with pytest.raises(InputError, match="tuples or calls within each other, as no checkpoint"):
        load_torchspatial(file)


def test_a_pickle_in_the_oldest_format_is_refused(file, tmp_path):
    touched = tmp_path / "touched"
    forged = pickle.dumps(Reduced(os.system, f"touch {touched}"))
    with tarfile.open(file, "w") as archive:
        for name in ("storages", "tensors", "pickle"):
            entry = tarfile.TarInfo(name)
            entry.size = len(forged)
            archive.addfile(entry, io.BytesIO(forged))
    with pytest.raises(InputError, match=r"is not a checkpoint: torch.save did not write it"):
        load_torchspatial(file)
    file.write_bytes(forged)
    with pytest.raises(InputError, match=r"code to be run.*posix.system.*Nothing of it was run"):
        load_torchspatial(file)
    assert not touched.exists()


def rewritten(file, change, compression=zipfile.ZIP_STORED):
    """Change the members of a checkpoint."""
    with zipfile.ZipFile(file) as old:
        members = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(file, "w", compression) as new:
        for name, data in change(members).items():
            new.writestr(name, data)
    return file


def test_files_that_unpack_to_more_than_they_are(file):
    write(file, params_of("xyz"))
    rewritten(file, lambda members: {**members, "model/zeros": bytes(10**6)}, zipfile.ZIP_DEFLATED)
    with pytest.raises(InputError, match="claims to hold more bytes than it has"):
        load_torchspatial(file)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda members: {k: v for k, v in members.items() if "pkl" not in k}, "not a checkpoint"),
        (lambda members: {k: v for k, v in members.items() if "data/0" not in k}, "is damaged"),
        (lambda members: {k: v[: len(v) // 2] for k, v in members.items()}, "damaged|more than"),
        (lambda members: {k: v[:8] if "/data/" in k else v for k, v in members.items()}, "damaged"),
        (lambda members: {**members, "other/data.pkl": b"."}, "not a checkpoint of torch"),
    ],
)
def test_archives_with_something_missing(change, said, file):
    rewritten(write(file, params_of("xyz")), change)
    with pytest.raises(InputError, match=said):
        load_torchspatial(file)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9, 0.999])
def test_a_file_that_is_cut_off(share, file):
    whole = write(file, params_of("xyz")).read_bytes()
    file.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(InputError, match=r"model\.pth\.tar is cut off"):
        load_torchspatial(file)


def test_bytes_that_were_changed_never_raise_anything_else(file):
    whole = bytearray(write(file, params_of("xyz")).read_bytes())
    rng = np.random.default_rng(0)
    read = 0
    for _ in range(150):
        changed = whole.copy()
        for at in rng.integers(0, len(whole), 4):
            changed[at] ^= int(rng.integers(1, 256))
        file.write_bytes(changed)
        with suppress(InputError):
            load_torchspatial(file)
            read += 1
    assert 0 < read < 150


# --- Files that are something else ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"lat,lon\n1,2\n", "is not a checkpoint: torch.save did not write it"),
        (pickle.dumps([1, 2.5, "three"]), "is a pickle, or in the format of torch before 1.6"),
        (safetensors.torch.save({"a": torch.zeros(2)}), "is a safetensors file"),
        (b"PK\x03\x04rest", "is cut off"),
    ],
)
def test_files_that_are_no_checkpoints(content, said, file):
    file.write_bytes(content)
    with pytest.raises(InputError, match=rf"model\.pth\.tar {said}"):
        load_torchspatial(file)


def test_a_zip_file_of_something_else(file):
    np.savez(file.with_suffix(".npz"), a=np.arange(3))
    with pytest.raises(InputError, match="is a zip file, but not a checkpoint of torch"):
        load_torchspatial(file.with_suffix(".npz"))


def test_a_program_of_torchscript(file):
    write(file, params_of("xyz"))
    rewritten(file, lambda members: {**members, "model/constants.pkl": b"\x80\x02)."})
    with pytest.raises(InputError, match=r"is a TorchScript program, not a checkpoint") as refused:
        load_torchspatial(file)
    assert "weights_only" not in str(refused.value)


def test_places_where_there_is_no_file(tmp_path):
    with pytest.raises(InputError, match=r"Cannot read x.*name too long"):
        load_torchspatial("x" * 5000)
    with pytest.raises(InputError, match=r"There is no file .*nowhere"):
        load_torchspatial(tmp_path / "nowhere")
    with pytest.raises(InputError, match="is a folder, not a file"):
        load_torchspatial(tmp_path)
    with pytest.raises(InputError, match="is a device, not a file"):
        load_torchspatial("/dev/null")


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (torch.zeros(3), "holds Tensor, not a checkpoint"),
        ([1, 2], "holds list, not a checkpoint"),
        ({}, "'state_dict' is missing"),
        ({"a": torch.zeros(2)}, "holds weights alone"),
        ({"state_dict": {}, "epoch": 3}, "'params' is missing. It has 'state_dict', 'epoch'"),
        ({"state_dict": [], "params": {}}, "'state_dict' is no dictionary of names"),
        ({"state_dict": {}, "params": {1: 2}}, "'params' is no dictionary of names"),
        ({"state_dict": {}, "params": {}}, "its params say nothing of 'spa_enc_type'"),
        ({1: 2}, "holds dict, not a checkpoint"),
    ],
)
def test_contents_that_are_no_checkpoint(held, said, file):
    torch.save(held, file)
    with pytest.raises(InputError, match=said):
        load_torchspatial(file)


# --- Weights and settings that do not fit ---------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_a_missing_weight_is_named(name, file):
    params = params_of(name)
    for gone in random_weights(params):
        weights = random_weights(params)
        del weights[gone]
        write(file, params, weights)
        if gone == "user_emb.weight":
            load(name, file)
            continue
        with pytest.raises(InputError, match=re.escape(repr(gone))):
            load(name, file)


@pytest.mark.parametrize("name", CASES)
def test_a_weight_of_another_shape_is_named(name, file):
    params = params_of(name)
    for other in random_weights(params):
        weights = random_weights(params)
        weights[other] = np.repeat(weights[other], 2, axis=0)
        with pytest.raises(InputError, match=re.escape(repr(other))):
            load(name, write(file, params, weights))


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(
    "setting",
    ["frequency_num", "num_hidden_layer", "hidden_dim", "num_filts", "num_classes", "num_users"],
)
def test_a_setting_that_the_weights_contradict_is_named(name, setting, file):
    params = params_of(name)
    weights = random_weights(params)
    write(file, {**params, setting: params[setting] + 1}, weights)
    ignored = {"frequency_num": ["tile_ffn", "wrap", "wrap_ffn", "rbf", "xyz", "NeRF"]}
    ignored["frequency_num"] += ["spherical_harmonics"]
    ignored["num_hidden_layer"] = ignored["hidden_dim"] = ["wrap"]
    if name == "Sphere2Vec-sphereC":
        ignored["hidden_dim"] = [name]  # without hidden layers
    if name in ignored.get(setting, []):
        load(name, file)
        return
    said = f"do not fit its params.*{setting}={params[setting] + 1}.*: "
    with pytest.raises(InputError, match=said):
        load(name, file)


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("num_classes", 10**12, "num_classes=1,000,000,000,000 is too much"),
        ("num_filts", 10**12, "num_filts=1,000,000,000,000 is too much"),
        ("hidden_dim", 10**12, "hidden_dim=1,000,000,000,000 is too much"),
        ("frequency_num", 10**12, "frequency_num=1,000,000,000,000 is too much"),
        ("num_hidden_layer", 10**4, "num_hidden_layer=10,000 is too much"),
        ("num_users", 10**30, "num_users is no plain value"),
        ("num_classes", 0, "num_classes=0 has to be at least 1"),
        ("num_classes", "4", "num_classes='4' has to be a whole number"),
        ("num_classes", True, "num_classes=True has to be a whole number"),
        ("num_filts", None, "num_filts=None has to be a whole number"),
        ("min_radius", -1.0, "min_radius=-1.0 has to be a positive number"),
        ("min_radius", float("nan"), "min_radius=nan has to be a positive number"),
        ("min_radius", 5.0, "min_radius=5 has to be smaller than max_radius=1"),
        ("dropout", 1.5, "dropout=1.5 has to be from 0"),
        ("spa_f_act", "swish", "activation='swish' has to be one of"),
        ("spa_f_act", ["relu"], r"spa_f_act=\['relu'\] has to be text"),
        ("spa_f_act", "x" * 10**6, "spa_f_act is no plain value, but str"),
        ("use_layn", "yes", "use_layn='yes' has to be True or False"),
        ("use_layn", torch.ones(3), "use_layn is no plain value, but Tensor"),
        ("skip_connection", {"a": [1]}, "skip_connection is no plain value, but dict"),
        ("spa_enc_type", "theorynorm", "There is no encoder 'theorynorm'"),
        ("spa_enc_type", "satclip", "the reference code has no satclip"),
        ("spa_enc_type", 5, "spa_enc_type=5 has to be text"),
        ("freq_init", "random", "freq_init='random': the frequencies .* not geometric"),
        ("freq_init", "nerf", "freq_init='nerf': the frequencies .* not geometric"),
    ],
)
def test_settings_that_cannot_be(setting, value, said, file):
    params = params_of("Sphere2Vec-sphereC+")
    write(file, {**params, setting: value}, random_weights(params))
    with pytest.raises(InputError, match=rf"^model\.pth\.tar: .*{said}") as refused:
        load_torchspatial(file)
    assert len(str(refused.value)) < 1000


@pytest.mark.parametrize("name", CASES)
def test_a_missing_setting_is_named(name, file):
    params = params_of(name)
    needed = set(load(name, write(file, params)).origin.params)
    for gone in params:
        write(file, {k: v for k, v in params.items() if k != gone}, random_weights(params))
        if gone in needed:
            with pytest.raises(InputError, match=f"params say nothing of {gone!r}"):
                load(name, file)
        else:
            load(name, file)


@pytest.mark.parametrize(
    ("weight", "said"),
    [
        (torch.full((2, 3), torch.nan), "6 numbers of 'class_emb.weight' are not finite"),
        (torch.tensor([[1.0, torch.inf]]), "1 number of 'class_emb.weight' is not finite"),
        (torch.zeros(CLASSES, FILTS).half(), "1 weight not in float32.*'class_emb.weight'"),
        (torch.zeros(CLASSES, FILTS).double(), "1 weight not in float32.*'class_emb.weight'"),
        (torch.zeros(CLASSES, FILTS).long(), "'class_emb.weight' holds int64, not weights"),
        (torch.zeros(1).expand(10**9, FILTS), r"claims the shape \(1000000000, 6\)"),
        (torch.zeros(CLASSES, FILTS).to_sparse(), "'class_emb.weight' is a tensor without plain"),
        (torch.zeros(CLASSES, FILTS, device="meta"), "'class_emb.weight' is a tensor without"),
        (torch.zeros(CLASSES, FILTS).to(torch.float8_e4m3fn), "holds float8_e4m3fn, not weights"),
        (5, "'class_emb.weight' is int, not a tensor"),
        (torch.tensor(3.0), r"'class_emb.weight' is \(\), not \(4, 6\)"),
    ],
)
def test_weights_that_cannot_be(weight, said, file):
    params = params_of("xyz")
    held = contents(params, random_weights(params))
    held["state_dict"]["class_emb.weight"] = weight
    torch.save(held, file)
    with pytest.raises(InputError, match=rf"^model\.pth\.tar: .*{said}"):
        load_torchspatial(file)


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_nested_weights(file):
    params = params_of("xyz")
    held = contents(params, random_weights(params))
    held["state_dict"]["class_emb.weight"] = torch.nested.nested_tensor([torch.zeros(2)])
    torch.save(held, file)
    with pytest.raises(InputError, match=r"'class_emb.weight' is a tensor without plain numbers"):
        load_torchspatial(file)


def test_weights_that_share_memory_cannot_claim_more_than_the_file_has(file):
    params = params_of("xyz")
    held = contents(params, random_weights(params))
    numbers = torch.zeros(10**5)
    held["state_dict"].update({f"more.{number}": numbers for number in range(50)})
    torch.save(held, file)
    with pytest.raises(InputError, match=r"'more\.1' claims .* more than the file holds"):
        load_torchspatial(file)


def test_a_weight_too_many_is_named(file):
    params = params_of("xyz")
    weights = {**random_weights(params), "decoder.weight": np.zeros(3, np.float32)}
    with pytest.raises(InputError, match=r"1 weight too many: 'decoder.weight'"):
        load_torchspatial(write(file, params, weights))


def test_harmonics_need_a_square_number_of_inputs(file):
    params = params_of("spherical_harmonics")
    weights = random_weights(params)
    first = "spa_enc.ffn.layers.0.linear.weight"
    weights[first] = weights[first][:, :60]
    with pytest.raises(InputError, match="takes 60 numbers, which is no square"):
        load_torchspatial(write(file, params, weights))
    weights[first] = weights[first][:, :36]
    assert load_torchspatial(write(file, params, weights)).encoder.position.legendre_polys == 6


# --- Either format --------------------------------------------------------------------------------


def test_either_format_is_opened_by_its_content(file, tmp_path):
    write(file, params_of("rff", map_range=COMMAND_LINE))
    model = open_checkpoint(file, WORLD)
    assert model.origin.format == "torchspatial"
    assert tuple(model.encoder.position.map_range) == tuple(WORLD)
    own = tmp_path / "own.safetensors"
    save(build("xyz", dim=3), own)
    assert open_checkpoint(own).origin.format == "geobias"
    with pytest.raises(InputError, match="map_range is for published checkpoints"):
        open_checkpoint(own, WORLD)
    with pytest.raises(InputError, match="There is no file"):
        open_checkpoint(tmp_path / "nowhere")
    file.write_bytes(b"")
    with pytest.raises(InputError, match="is empty"):
        open_checkpoint(file)
