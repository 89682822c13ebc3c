"""Images and locations together, and numbers from locations."""

import copy
import math
import pickle
import re

import numpy as np
import pandas as pd
import pytest
import torch

import naive
from geobias.encoders import (
    MLP,
    ConcatenationFusion,
    FusedProbabilities,
    LocationClassifier,
    LocationRegressor,
    ProductFusion,
    build,
    fuse_probabilities,
)

# --- Products of probabilities ------------------------------------------------------------------

NAN = math.nan
IMAGE = np.array([[0.7, 0.2, 0.1], [0.4, 0.6, 0.0], [0.1, 0.1, 0.8]])
LOCATION = np.array([[0.5, 0.9, 1.0], [NAN, NAN, NAN], [0.0, 0.25, 0.5]])
FUSED = np.array([[0.35, 0.18, 0.1], [0.4, 0.6, 0.0], [0.0, 0.025, 0.4]])


def test_probabilities_are_multiplied_and_missing_locations_counted():
    fused = fuse_probabilities(IMAGE, LOCATION)
    assert isinstance(fused, FusedProbabilities)
    assert isinstance(fused.scores, np.ndarray)
    assert fused.scores.dtype == np.float64
    assert fused.scores == pytest.approx(FUSED, rel=1e-15)
    assert fused.without_location == 1
    assert np.isnan(LOCATION[1]).all()


@pytest.mark.parametrize(
    "convert",
    [lambda array: array.tolist(), pd.DataFrame, np.asfortranarray, lambda a: a.astype(">f8")],
    ids=["lists", "frames", "columns first", "other byte order"],
)
def test_arrays_may_be_of_any_kind(convert):
    scores, missing = fuse_probabilities(convert(IMAGE), convert(LOCATION))
    assert np.array_equal(scores, IMAGE * np.nan_to_num(LOCATION, nan=1.0))
    assert missing == 1


def test_arrays_may_be_read_only_and_stay_as_they_are():
    image, location = IMAGE.copy(), LOCATION.copy()
    image.flags.writeable = location.flags.writeable = False
    assert np.array_equal(
        fuse_probabilities(image, location).scores, fuse_probabilities(IMAGE, LOCATION).scores
    )
    assert np.array_equal(LOCATION, location, equal_nan=True)


@pytest.mark.parametrize("kind", [np.float32, np.float16])
def test_products_of_short_numbers_are_in_double_precision(kind):
    image, location = IMAGE.astype(kind), LOCATION.astype(kind)
    expected = image.astype(float) * np.nan_to_num(location.astype(float), nan=1.0)
    arrays = fuse_probabilities(image, location).scores
    tensors = fuse_probabilities(torch.from_numpy(image), torch.from_numpy(location)).scores
    assert np.array_equal(arrays, expected)
    assert tensors.dtype == torch.float64
    assert np.array_equal(tensors.numpy(), expected)


def test_tensors_give_tensors_with_gradients():
    image = torch.tensor(IMAGE, requires_grad=True)
    location = torch.tensor(LOCATION, requires_grad=True)
    fused = fuse_probabilities(image, location)
    assert fused.scores.detach().numpy() == pytest.approx(FUSED)
    fused.scores.sum().backward()
    assert image.grad.numpy() == pytest.approx(np.nan_to_num(LOCATION, nan=1.0))
    assert location.grad.numpy() == pytest.approx(np.where(np.isnan(LOCATION), 0.0, IMAGE))


def test_all_axes_but_the_last_are_places():
    square = fuse_probabilities(IMAGE[None].repeat(2, 0), LOCATION[None].repeat(2, 0))
    assert square.scores.shape == (2, 3, 3)
    assert square.without_location == 2
    assert fuse_probabilities(IMAGE[0], LOCATION[0]).scores == pytest.approx(FUSED[0])
    assert fuse_probabilities([1, 0, 1], [0.5, 0.5, 0]).scores.tolist() == [0.5, 0.0, 0.0]


def test_rounding_above_one_is_no_error():
    image = np.float32([[1.0000001, 0.0]])
    assert fuse_probabilities(image, [[1.0, 1.0]]).scores[0, 0] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("image", "location", "message"),
    [
        (IMAGE, LOCATION[:2], "image has the shape (3, 3) and location (2, 3): both have to be"),
        (IMAGE, LOCATION[0], "image has the shape (3, 3) and location (3,): both have to be"),
        (IMAGE[:, :0], LOCATION[:, :0], "image has the shape (3, 0) and location (3, 0)"),
        (0.5, 0.5, "image has the shape () and location (): both have to be (..., classes)"),
        (LOCATION, IMAGE, "image: 1 row with NaN, in row 1 (counted from 0). Every image needs"),
        (IMAGE, np.where(IMAGE == 0.1, NAN, IMAGE),
         "location: 2 rows with NaN, in rows 0, 2 (counted from 0). Only a row that is NaN"),
        (IMAGE + 0.5, IMAGE, "image: 3 rows with values outside 0 to 1, in rows 0, 1, 2 (counted"),
        (IMAGE, -IMAGE, "location: 3 rows with values outside 0 to 1"),
        (IMAGE, np.where(IMAGE == 0, np.inf, IMAGE), "location: 1 row with values outside 0 to 1"),
        ([["a"]], [[0.5]], "image is not an array of numbers"),
        ([[0.5]], [[0.5], [0.5, 0.5]], "location is not an array of numbers"),
        (torch.tensor(IMAGE), LOCATION, "image is Tensor and location ndarray: give two tensors"),
        (IMAGE, torch.tensor(LOCATION), "image is ndarray and location Tensor: give two tensors"),
    ],
)  # fmt: skip
def test_what_cannot_be_multiplied_is_refused(image, location, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        fuse_probabilities(image, location)


def test_few_rows_are_named_and_all_counted():
    with pytest.raises(ValueError, match=r"image: 40 rows with NaN, in rows 0, 1, 2, 3, 4, … \("):
        fuse_probabilities(np.full((40, 2), NAN), np.ones((40, 2)))


# --- Modules ------------------------------------------------------------------------------------


def fusions():
    torch.manual_seed(0)
    return {
        "product": ProductFusion(5, 3),
        "concatenation": ConcatenationFusion(5, 3, 2, hidden=[4], activation="tanh", dropout=0.5),
    }


FUSIONS = fusions()
FEATURES, EMBEDDINGS = torch.randn(2, 4, 5), torch.randn(2, 4, 3)


@pytest.fixture(params=FUSIONS)
def fusion(request):
    return copy.deepcopy(FUSIONS[request.param])


def numbers(layer):
    return layer.weight.detach().double().numpy(), layer.bias.detach().double().numpy()


def test_a_product_is_that_of_projected_features_and_embedding():
    fusion = FUSIONS["product"]
    found = fusion(FEATURES, EMBEDDINGS).detach().numpy()
    assert found.shape == (2, 4, 3)
    for place in np.ndindex(2, 4):
        projected = naive.linear(FEATURES[place].tolist(), numbers(fusion.project))
        expected = [x * y for x, y in zip(projected, EMBEDDINGS[place].tolist(), strict=True)]
        assert found[place] == pytest.approx(expected, abs=1e-6)


def test_a_concatenation_has_the_image_first():
    fusion = copy.deepcopy(FUSIONS["concatenation"]).eval()
    found = fusion(FEATURES, EMBEDDINGS).detach().numpy()
    assert found.shape == (2, 4, 2)
    for place in np.ndindex(2, 4):
        row = [*FEATURES[place].tolist(), *EMBEDDINGS[place].tolist()]
        expected = naive.mlp(row, [numbers(layer) for layer in fusion.mlp.layers], "tanh")
        assert found[place] == pytest.approx(expected, abs=1e-6)


def test_gradients_are_those_of_differences(fusion):
    fusion = fusion.double().eval()
    features, embeddings = FEATURES.double(), EMBEDDINGS.double()
    assert torch.autograd.gradcheck(
        fusion, (features.requires_grad_(), embeddings.requires_grad_())
    )


def test_features_take_the_dtype_of_the_weights(fusion):
    fusion.eval()
    found = fusion(FEATURES.double(), EMBEDDINGS.half())
    assert found.dtype == torch.float32
    assert fusion.double()(FEATURES, EMBEDDINGS).dtype == torch.float64


def test_fusions_carry_over(fusion):
    fusion.eval()
    expected = fusion(FEATURES, EMBEDDINGS)
    assert torch.equal(pickle.loads(pickle.dumps(fusion))(FEATURES, EMBEDDINGS), expected)
    other = copy.deepcopy(fusion)
    for weights in other.parameters():
        torch.nn.init.zeros_(weights)
    assert not torch.equal(other(FEATURES, EMBEDDINGS), expected)
    other.load_state_dict(fusion.state_dict())
    assert torch.equal(other(FEATURES, EMBEDDINGS), expected)


def test_fusions_compile_as_one_graph(fusion):
    torch.compiler.reset()
    fusion.eval()
    compiled = torch.compile(fusion, backend="aot_eager", fullgraph=True)
    assert torch.allclose(compiled(FEATURES, EMBEDDINGS), fusion(FEATURES, EMBEDDINGS))


SPOILT = FEATURES.clone()
SPOILT[0, 1, 3], SPOILT[1, 2, 0] = NAN, math.inf


@pytest.mark.parametrize(
    ("image", "location", "message"),
    [
        (FEATURES[..., :4], EMBEDDINGS,
         "image has the shape (2, 4, 4): its last axis has to hold 5 numbers"),
        (FEATURES, FEATURES, "location has the shape (2, 4, 5): its last axis has to hold 3"),
        (EMBEDDINGS, FEATURES, "image has the shape (2, 4, 3): its last axis has to hold 5"),
        (FEATURES[0], EMBEDDINGS, "image has the shape (4, 5) and location (2, 4, 3): all axes"),
        (FEATURES[:, :1], EMBEDDINGS, "image has the shape (2, 1, 5) and location (2, 4, 3)"),
        (FEATURES[:0], EMBEDDINGS[:0], "image is empty, of the shape (0, 4, 5)"),
        (FEATURES.long(), EMBEDDINGS, "image is int64: a tensor of floats is needed"),
        (FEATURES, EMBEDDINGS.numpy(), "location is ndarray: a tensor of floats is needed"),
        (FEATURES, EMBEDDINGS.to("meta"), "image is on cpu, location is on meta: move them"),
        (SPOILT, EMBEDDINGS,
         "image: 2 rows with NaN or infinite values, in rows 1, 6 (counted from 0). Leave them"),
        (FEATURES, EMBEDDINGS / 0, "location: 8 rows with NaN or infinite values, in rows 0, 1,"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(fusion, image, location, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        fusion(image, location)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ProductFusion(0, 3), "image_dim=0 has to be at least 1"),
        (lambda: ProductFusion(5, 2.5), "location_dim=2.5 has to be a whole number"),
        (lambda: ConcatenationFusion(-1, 3, 1), "image_dim=-1 has to be at least 1"),
        (lambda: ConcatenationFusion(5, True, 1), "location_dim=True has to be a whole number"),
        (lambda: ConcatenationFusion(5, 3, 0), "out_dim=0 has to be at least 1"),
        (lambda: ConcatenationFusion(5, 3, 1, hidden=7), "hidden=7 has to be a list of widths"),
        (lambda: ConcatenationFusion(5, 3, 1, dropout=1), "dropout=1 has to be from 0 up to"),
    ],
)
def test_wrong_sizes_are_refused_by_name(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()


# --- Regression ---------------------------------------------------------------------------------

# Size of both branches, widths of the image branch and of the head, activations of both.
PUBLISHED = {
    "elevation": (822, [862, 846], [893, 881, 510], "leakyrelu0.01", "leakyrelu0.01"),
    "forest": (976, [533], [847, 787], "leakyrelu0.01", "relu"),
    "nightlights": (725, [346, 682, 73], [746, 416, 257], "leakyrelu0.01", "leakyrelu0.01"),
    "population": (128, [1024], [16], "relu", "leakyrelu0.01"),
}


@pytest.mark.parametrize("task", PUBLISHED)
def test_published_regression_networks_can_be_made(task):
    size, image_widths, head_widths, image_activation, head_activation = PUBLISHED[task]
    torch.manual_seed(0)
    place = LocationClassifier(build("xyz", compat="torchspatial"), size).eval()
    scene = MLP(2048, size, hidden=image_widths, activation=image_activation, dropout=0.1).eval()
    both = ConcatenationFusion(
        size, size, 1, hidden=head_widths, activation=head_activation, dropout=0.1
    ).eval()
    features, lonlat = torch.randn(2, 2048), torch.tensor([[16.4, 48.2], [151.2, -33.9]])
    found = both(scene(features), torch.sigmoid(place(lonlat)))
    assert found.shape == (2, 1)
    row = features[0].tolist()
    seen = naive.mlp(row, [numbers(layer) for layer in scene.layers], image_activation)
    embedding = place.encoder(lonlat)[0].tolist()
    scores = naive.linear(embedding, (numbers_of(place.classes), np.zeros(size)))
    known = [naive.activated("sigmoid", score) for score in scores]
    expected = naive.mlp(
        [*seen, *known], [numbers(layer) for layer in both.mlp.layers], head_activation
    )
    assert found[0, 0].item() == pytest.approx(expected[0], abs=2e-6)


def numbers_of(table):
    return table.weight.detach().double().numpy()


LAT, LON = np.array([48.2, -33.9, 0.0, 90.0]), np.array([16.4, 151.2, -180.0, 7.0])


def regressor(**options):
    torch.manual_seed(0)
    return LocationRegressor(build("sphere2vec-spherec+", 8, hidden_dim=16), **options)


def test_a_regressor_is_a_network_on_embeddings():
    model = regressor(hidden=[5, 3], activation="leakyrelu0.01", dropout=0.4)
    found = model.predict(lat=LAT, lon=LON)
    layers = [numbers(layer) for layer in model.head.layers]
    for number, row in zip(found, model.embed(lat=LAT, lon=LON), strict=True):
        expected = naive.mlp(row.tolist(), layers, "leakyrelu0.01")
        assert number == pytest.approx(expected[0], abs=1e-6)
    assert [len(bias) for _, bias in layers] == [5, 3, 1]
    assert len(regressor().head.layers) == 1


def test_arrays_give_arrays_and_tensors_tensors():
    model = regressor(hidden=[5], dropout=0.5)
    array = model.predict(lat=LAT, lon=LON)
    assert isinstance(array, np.ndarray)
    assert array.shape == (4,)
    tensor = model.predict(lat=torch.tensor(LAT), lon=torch.tensor(LON))
    assert isinstance(tensor, torch.Tensor)
    assert not tensor.requires_grad
    assert np.array_equal(tensor.numpy(), array)
    square = model.predict(lat=LAT.reshape(2, 2), lon=LON.reshape(2, 2), batch_size=3)
    assert square == pytest.approx(array.reshape(2, 2), abs=1e-6)
    assert model.predict(lat=48.2, lon=16.4) == pytest.approx(array[0], abs=1e-6)
    assert model.training
    expected = model.eval()(lat=torch.tensor(LAT), lon=torch.tensor(LON))
    assert expected.shape == (4,)
    assert model(torch.tensor([[16.4, 48.2]])).shape == (1,)
    assert np.array_equal(expected.detach().numpy(), array)


def test_a_regressor_learns():
    model = regressor(hidden=[16])
    lonlat = torch.tensor(np.stack([LON, LAT], -1))
    heights = torch.tensor([1.0, -1.0, 2.0, 0.0])
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    model.eval()
    for _ in range(200):
        loss = (model(lonlat) - heights).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss.item() < 1e-2
    assert model.predict(lat=LAT, lon=LON) == pytest.approx(heights.numpy(), abs=0.3)


def test_a_regressor_carries_over_and_compiles():
    torch.compiler.reset()
    model = regressor(hidden=[5]).eval()
    lonlat = torch.tensor(np.stack([LON, LAT], -1))
    expected = model(lonlat)
    assert torch.equal(pickle.loads(pickle.dumps(model))(lonlat), expected)
    other = regressor(hidden=[5]).eval()
    other.load_state_dict(model.state_dict())
    assert torch.equal(other(lonlat), expected)
    compiled = torch.compile(model, backend="aot_eager", fullgraph=True)
    assert torch.allclose(compiled(lonlat), expected, atol=1e-6)
    assert model.double()(lonlat).dtype == torch.float64


def test_wrong_places_and_widths_are_refused():
    model = regressor()
    with pytest.raises(ValueError, match="lat: 1 value beyond ±90"):
        model.predict(lat=[91.0], lon=[0.0])
    with pytest.raises(ValueError, match="batch_size=0 has to be at least 1"):
        model.predict(lat=LAT, lon=LON, batch_size=0)
    with pytest.raises(ValueError, match="hidden=0 has to be at least 1"):
        regressor(hidden=[0])
    with pytest.raises(ValueError, match="activation='swish' has to be one of"):
        regressor(activation="swish")
