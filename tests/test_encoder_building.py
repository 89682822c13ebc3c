"""Encoders by name: building, the table of them, and using them."""

import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch

import geobias.encoders
import naive
from geobias.encoders import (
    Encoder,
    LocationClassifier,
    LocationRegressor,
    build,
    list_encoders,
    networks,
    position,
)
from geobias.encoders.registry import ENTRIES

ANCHORS = [[16.4, 48.2], [151.2, -33.9]]
NAMES = [entry.name for entry in ENTRIES]
LAT, LON = np.array([48.2, -33.9, 0.0, 90.0]), np.array([16.4, 151.2, -180.0, 7.0])


def needed(name):
    return {"anchors": ANCHORS} if name == "rbf" else {}


def made(name, dim=8, **options):
    return build(name, dim, **needed(name), **options)


@pytest.mark.parametrize("name", NAMES)
def test_every_encoder_embeds(name):
    encoder = made(name)
    embedded = encoder(lat=torch.tensor(LAT), lon=torch.tensor(LON))
    assert embedded.shape == (4, 8)
    assert embedded.dtype == torch.float32
    assert embedded.isfinite().all()
    assert encoder.dim == 8


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_other_names_and_spellings_are_understood(entry):
    spellings = {entry.name.upper(), entry.name.replace("_", "-"), entry.name.replace("-", "_")}
    for name in (*entry.aliases, *spellings, f" {entry.name} "):
        assert build(name, 4, **needed(entry.name)).settings["name"] == entry.name


@pytest.mark.parametrize(
    ("published", "name"),
    [
        ("tile_ffn", "tile"),
        ("Space2Vec-grid", "space2vec-grid"),
        ("Space2Vec-theory", "space2vec-theory"),
        ("NeRF", "nerf"),
        ("Sphere2Vec-sphereC", "sphere2vec-spherec"),
        ("Sphere2Vec-sphereC+", "sphere2vec-spherec+"),
        ("Sphere2Vec-sphereM", "sphere2vec-spherem"),
        ("Sphere2Vec-sphereM+", "sphere2vec-spherem+"),
        ("Sphere2Vec-dfs", "sphere2vec-dfs"),
        ("Siren(SH)", "spherical_harmonics"),
        ("wrap+ffn", "wrap_ffn"),
    ],
)
def test_published_names_are_understood(published, name):
    assert build(published, 4).settings["name"] == name


def test_no_name_means_two_encoders():
    names = [name.replace("_", "-") for entry in ENTRIES for name in (entry.name, *entry.aliases)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("spher2vec-sphereC", "Did you mean sphere2vec-spherec"),
        ("nerv", "Did you mean nerf?"),
        ("satclip-l10", "Did you mean satclip?"),
        ("word2vec-cbow-300", "There are tile, wrap, wrap_ffn, rbf"),
        (None, "There is no encoder None. There are tile"),
        (7, "There is no encoder 7. There are tile"),
    ],
)
def test_unknown_names_suggest_near_ones(name, suggestion):
    with pytest.raises(ValueError, match=re.escape(suggestion)):
        build(name)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_radus": 1}, "has no option min_radus. Did you mean min_radius"),
        ({"sigma": 1}, "It has frequency_num, min_radius, max_radius, hidden_dim"),
        ({"blocks": 2}, "has no option blocks. It has frequency_num"),
        ({"dim": 0}, "dim=0 has to be at least 1"),
        ({"dim": 2.5}, "dim=2.5 has to be a whole number"),
        ({"network": "mlp"}, "network='mlp' has to be one of ffn, residual, siren, capsules"),
        ({"network": "capsules", "parts": 7}, "parts=7 does not divide an encoding of 192 numbers"),
        ({"network": ["ffn"]}, "network=['ffn'] has to be one of ffn, residual"),
        ({"dim": 10**13}, "sphere2vec-spherec+: with these options it does not fit into memory"),
        ({"hidden_dim": 2**62}, "with these options it does not fit into memory"),
        ({"compat": "satclip"}, "compat='satclip' is no mode"),
        ({"seed": "x"}, "seed='x' has to be a whole number"),
        ({"hidden_dim": 0}, "hidden_dim=0 has to be at least 1"),
        ({"dropout": 1}, "dropout=1 has to be from 0 up to, but not including, 1"),
        ({"activation": "swish"}, "activation='swish' has to be one of relu, leakyrelu"),
    ],
)
def test_wrong_options_are_refused_by_name(options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        build("sphere2vec-spherec+", **options)


def test_a_wrong_dim_of_tile_is_that_of_the_caller():
    with pytest.raises(ValueError, match=r"^dim=0 has to be at least 1"):
        build("tile", 0)


def test_a_position_has_no_options_of_networks():
    with pytest.raises(ValueError, match=r"xyz has no option hidden_dim\. It has none"):
        position("xyz", hidden_dim=3)


def test_networks_are_the_usual_ones_or_others():
    usual = {"wrap": networks.ResidualNet, "satclip": networks.SirenNet, "xyz": networks.FFN}
    for name, kind in usual.items():
        assert type(made(name).network) is kind
    assert type(made("spherical_harmonics").network) is networks.SirenNet
    assert type(made("spherical_harmonics", compat="torchspatial").network) is networks.FFN
    assert type(made("xyz", network="siren", w0=2.0).network) is networks.SirenNet
    assert len(made("geoclip", sigmas=(1.0, 4.0)).network.capsules) == 2
    assert made("tile").position.dim == 8
    assert made("satclip").position.dim == 1600


@pytest.mark.parametrize("name", NAMES)
def test_settings_build_the_same_again(name):
    encoder = made(name, seed=3)
    again = build(**encoder.settings, seed=3)
    assert again.settings == encoder.settings
    for one, other in zip(encoder.state_dict().values(), again.state_dict().values(), strict=True):
        assert torch.equal(one, other)


def test_weights_come_from_the_seed_and_leave_other_draws_alone():
    torch.manual_seed(1)
    expected = torch.rand(4)
    torch.manual_seed(1)
    first, again, other = made("xyz"), made("xyz"), made("xyz", seed=1)
    assert torch.equal(torch.rand(4), expected)
    weights = [next(encoder.parameters()) for encoder in (first, again, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


@pytest.mark.parametrize(
    "head",
    [
        lambda **options: LocationClassifier(made("xyz"), 5, users=2, **options),
        lambda **options: LocationRegressor(made("xyz"), hidden=[4], **options),
    ],
)
def test_heads_come_from_a_seed_of_their_own(head):
    torch.manual_seed(1)
    expected = torch.rand(4)
    torch.manual_seed(1)
    first, again, other = head(), head(), head(seed=1)
    assert torch.equal(torch.rand(4), expected)
    for name, weight in first.state_dict().items():
        assert torch.equal(weight, again.state_dict()[name])
        assert torch.equal(weight, other.state_dict()[name]) is name.startswith("encoder.")


# --- Using them ---------------------------------------------------------------------------------


def models():
    encoder = made("sphere2vec-spherec+")
    return [encoder, LocationClassifier(encoder, 5)]


@pytest.mark.parametrize("model", models(), ids=["encoder", "classifier"])
def test_arrays_give_arrays_and_tensors_tensors(model):
    array = model.embed(lat=LAT, lon=LON)
    assert isinstance(array, np.ndarray)
    assert array.dtype == np.float32
    tensor = model.embed(lat=torch.tensor(LAT), lon=torch.tensor(LON))
    assert isinstance(tensor, torch.Tensor)
    assert not tensor.requires_grad
    assert np.array_equal(tensor.numpy(), array)
    table = pd.DataFrame({"lat": LAT, "lon": LON})
    assert np.array_equal(model.embed(lat=table["lat"], lon=table["lon"]), array)
    assert np.array_equal(model.embed(lat=LAT.tolist(), lon=LON.tolist()), array)
    square = model.embed(lat=LAT.reshape(2, 2), lon=LON.reshape(2, 2))
    assert np.array_equal(square, array.reshape(2, 2, 8))
    assert model.embed(lat=48.2, lon=16.4).shape == (8,)


def test_an_embedding_is_what_the_module_says_in_evaluation():
    encoder = made("xyz")
    assert encoder.training
    embedded = encoder.embed(lat=LAT, lon=LON)
    assert encoder.training
    expected = encoder.eval()(lat=torch.tensor(LAT), lon=torch.tensor(LON))
    assert np.array_equal(embedded, expected.detach().numpy())
    assert not encoder.training


def test_a_module_that_fails_is_left_in_its_mode():
    encoder = made("xyz")
    encoder.network.forward = lambda codes: codes / torch.zeros(3, 5)
    with pytest.raises(RuntimeError):
        encoder.embed(lat=LAT, lon=LON)
    assert encoder.training


def test_a_part_that_is_frozen_stays_so():
    model = LocationClassifier(made("xyz"), 2)
    model.encoder.eval()
    model.class_probabilities(lat=LAT, lon=LON)
    assert model.training
    assert not any(part.training for part in model.encoder.modules())


@pytest.mark.parametrize("compat", [None, "torchspatial"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_short_weights_embed(compat, dtype):
    encoder = made("sphere2vec-spherec", compat=compat)
    exact = encoder.embed(lat=LAT, lon=LON)
    short = encoder.to(dtype).embed(lat=LAT, lon=LON)
    assert short.dtype == np.float32
    assert np.abs(short - exact).max() < 0.05
    assert encoder.embed(lat=torch.tensor(LAT), lon=torch.tensor(LON)).dtype == dtype


def test_a_network_may_have_no_weights():
    codes = position("xyz")
    encoder = Encoder(codes, torch.nn.Identity(), {"dim": 3})
    found = encoder.embed(lat=LAT, lon=LON)
    assert found == pytest.approx(codes(lat=torch.tensor(LAT), lon=torch.tensor(LON)).numpy())


def test_an_array_and_a_tensor_that_learns_give_an_array():
    lat = torch.tensor(LAT, requires_grad=True)
    encoder = made("xyz")
    assert np.array_equal(encoder.embed(lat=lat, lon=LON), encoder.embed(lat=LAT, lon=LON))


@pytest.mark.parametrize("name", NAMES)
def test_batches_say_what_the_whole_does(name):
    encoder = made(name)
    rng = np.random.default_rng(0)
    lat, lon = rng.uniform(-90, 90, 50), rng.uniform(-180, 180, 50)
    whole = encoder.embed(lat=lat, lon=lon)
    assert encoder.embed(lat=lat, lon=lon, batch_size=7) == pytest.approx(whole, abs=1e-5)
    order = rng.permutation(50)
    assert encoder.embed(lat=lat[order], lon=lon[order]) == pytest.approx(whole[order], abs=1e-5)


def test_probabilities_are_sigmoids_of_scores():
    model = LocationClassifier(made("xyz"), 5, users=3)
    embedded = model.embed(lat=LAT, lon=LON)
    expected = 1 / (1 + np.exp(-(embedded @ model.classes.weight.detach().numpy().T)))
    found = model.class_probabilities(lat=LAT, lon=LON)
    assert found.shape == (4, 5)
    assert found == pytest.approx(expected, abs=1e-6)
    assert model.users.weight.shape == (3, 8)
    assert LocationClassifier(made("xyz"), 5).users is None
    scores = model.eval()(lat=torch.tensor(LAT), lon=torch.tensor(LON))
    assert torch.sigmoid(scores).detach().numpy() == pytest.approx(found, abs=1e-6)


def test_compat_rounds_coordinates_as_the_reference_code_does():
    fine = {"min_radius": 1e-6, "frequency_num": 8}
    lat, lon = np.array([48.2, -33.9]) + 1e-7, np.array([16.4, 151.2]) + 1e-7
    short = lat.astype(np.float32), lon.astype(np.float32)
    exact = made("sphere2vec-spherec", **fine)
    compat = made("sphere2vec-spherec", compat="torchspatial", **fine)
    rounded = compat.embed(lat=short[0], lon=short[1])
    assert np.array_equal(compat.embed(lat=lat, lon=lon), rounded)
    assert np.abs(exact.embed(lat=lat, lon=lon) - rounded).max() > 1e-3


def test_a_double_encoder_is_exact():
    encoder = made("xyz", hidden_layers=0, activation="tanh").double()
    weight, bias = (each.detach().numpy() for each in encoder.network.parameters())
    found = encoder.embed(lat=LAT, lon=LON)
    assert found.dtype == np.float64
    expected = np.tanh(
        [weight @ naive.xyz(lat, lon) + bias for lat, lon in zip(LAT, LON, strict=True)]
    )
    assert found == pytest.approx(expected, abs=1e-14)


def test_learning_reaches_weights_and_coordinates():
    encoder = made("sphere2vec-spherem", dropout=0.0)
    lat, lon = torch.tensor(LAT, requires_grad=True), torch.tensor(LON, requires_grad=True)
    encoder(lat=lat, lon=lon).square().sum().backward()
    assert lat.grad.abs().sum() > 0
    assert all(weight.grad is not None for weight in encoder.parameters())


@pytest.mark.parametrize(
    ("lat", "lon", "message"),
    [
        ([1, 2], [1, 2], "lat holds int64, not degrees as float32 or float64"),
        (["a"], ["b"], "lat holds <U1, not degrees as float32"),
        ([None], [1.0], "lat holds object, not degrees as float32"),
        ([np.nan], [1.0], "lat: 1 value not finite"),
        ([91.0], [1.0], "lat: 1 value beyond ±90"),
        ([], [], "lat and lon are empty"),
        ([1.0], [1.0, 2.0], "lat has the shape (1,) and lon (2,)"),
        (torch.tensor([1, 2]), torch.tensor([1, 2]), "lat holds int64"),
        ([[1.0, 2.0], [3.0]], [1.0], "lat is not an array of numbers"),
        (np.ma.array([1.0, 2.0], mask=[1, 0]), [1.0, 2.0], "lat: 1 value masked"),
        (np.float32([1]), np.float64([1]), "give them the same dtype"),
    ],
)
def test_wrong_places_are_refused(lat, lon, message):
    for model in models():
        with pytest.raises(ValueError, match=re.escape(message)):
            model.embed(lat=lat, lon=lon)


@pytest.mark.parametrize("classes", [0, -1, 2.5, "many"])
def test_a_classifier_needs_classes(classes):
    with pytest.raises(ValueError, match=re.escape(f"classes={classes!r} has to be")):
        LocationClassifier(made("xyz"), classes)


@pytest.mark.parametrize(
    "head", [LocationRegressor, lambda encoder: LocationClassifier(encoder, 3)]
)
def test_a_head_needs_an_encoder(head):
    for wrong in ("xyz", position("xyz")):
        with pytest.raises(ValueError, match="not an Encoder: build one"):
            head(wrong)


def test_a_batch_holds_something():
    with pytest.raises(ValueError, match="batch_size=0 has to be at least 1"):
        made("xyz").embed(lat=LAT, lon=LON, batch_size=0)


# --- The table of encoders ----------------------------------------------------------------------


def test_the_table_lists_the_fifteen_and_more():
    table = list_encoders()
    assert table["name"].tolist() == NAMES
    assert table["torchspatial"].sum() == 15
    assert table.loc[~table["torchspatial"], "name"].tolist() == ["satclip", "geoclip", "sinr"]
    assert table["paper"].str.fullmatch(r"[\w ß.-]+ \d{4}").all()


@pytest.mark.parametrize("row", list_encoders().to_dict("records"), ids=lambda row: row["name"])
def test_sizes_and_defaults_in_the_table_are_those_of_modules(row):
    module = position(row["name"], **needed(row["name"]))
    shown = eval(f"dict({row['parameters'].replace('anchors,', 'anchors=None,')})", {}, Quoted())
    shown.update(needed(row["name"]))
    assert eval(row["size"], {"len": len}, shown) == module.dim
    assert pd.isna(row["dimension"]) if row["name"] == "rbf" else row["dimension"] == module.dim
    assert isinstance(build(row["name"], 4, **needed(row["name"])), Encoder)


class Quoted(dict):
    """Words in the table stand for themselves."""

    def __missing__(self, name):
        if name == "dict":
            raise KeyError(name)
        return name


def said_by(statements, folder):
    """What a fresh interpreter prints, away from the sources."""
    done = subprocess.run(
        [sys.executable, "-c", statements], capture_output=True, text=True, check=True, cwd=folder
    )
    return done.stdout


def test_without_torch_the_extra_is_named(tmp_path):
    attempt = """
import sys

sys.modules["torch"] = None
import geobias.encoders

try:
    geobias.encoders.build("xyz")
except geobias.GeoBiasError as error:
    print(error)
"""
    assert "pip install 'geobias[torch]'" in said_by(attempt, tmp_path)


def test_naming_the_encoders_does_not_import_torch(tmp_path):
    look = "import sys, geobias.encoders; dir(geobias.encoders); print('torch' in sys.modules)"
    assert said_by(look, tmp_path) == "False\n"
    with pytest.raises(AttributeError, match="has no attribute 'Builder'"):
        _ = geobias.encoders.Builder
