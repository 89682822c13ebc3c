"""Position encodings against the oracle, the published pairs and what is known of each."""

import json
import math
import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Proj

import naive
from geobias.encoders import position
from geobias.encoders.positions import encode_dates
from geobias.encoders.positions.equal_earth import equal_earth
from geobias.encoders.registry import ENTRIES

WORLD = (-180, 180, -90, 90)
ANCHORS = [[16.4, 48.2], [-179.0, -17.0], [151.2, -33.9], [0.0, 90.0]]
CORNERS = [
    (0, 0), (90, 0), (90, 120), (-90, 0), (-90, -77), (0, 180), (0, -180), (52.5, 13.4),
    (-33.9, 151.2), (-16.5, 179.999), (-16.5, -179.999), (89.999, 5), (1e-7, -1e-7), (-45, 90),
]  # fmt: skip

# Every encoder with options that are small enough for the oracle.
SMALL = {
    "tile": {"cell_size": 7.0, "tile_dim": 3},
    "wrap": {},
    "wrap_ffn": {},
    "rbf": {"anchors": ANCHORS, "kernel_size": 30.0},
    "rff": {"frequency_num": 5, "kernel_size": 2.0, "map_range": (-170.0, 180.0, -80.0, 90.0)},
    "space2vec-grid": {"frequency_num": 5, "min_radius": 0.005, "max_radius": 360.0},
    "space2vec-theory": {"frequency_num": 5, "min_radius": 0.005, "max_radius": 360.0},
    "xyz": {},
    "nerf": {"frequency_num": 7},
    "sphere2vec-spherec": {"frequency_num": 4, "min_radius": 0.0005, "max_radius": 1.0},
    "sphere2vec-spherec+": {"frequency_num": 4, "min_radius": 0.0005, "max_radius": 1.0},
    "sphere2vec-spherem": {"frequency_num": 4, "min_radius": 0.0005, "max_radius": 1.0},
    "sphere2vec-spherem+": {"frequency_num": 4, "min_radius": 0.0005, "max_radius": 1.0},
    "sphere2vec-dfs": {"frequency_num": 4, "min_radius": 0.0005, "max_radius": 1.0},
    "spherical_harmonics": {"legendre_polys": 7},
    "satclip": {"legendre_polys": 9},
    "geoclip": {"sigmas": (1.0, 16.0), "frequency_num": 5},
    "sinr": {},
}
NAMES = [entry.name for entry in ENTRIES]
SMOOTH = [name for name in NAMES if name != "tile"]


def make(name, **changes):
    return position(name, **{**SMALL[name], **changes})


def oracle(name, module, lat, lon):
    """The code of a place, from the formula; random numbers are those of the module."""
    options = SMALL[name]
    if name.startswith("sphere2vec"):
        frequencies = naive.geometric_frequencies(
            options["frequency_num"], options["min_radius"], options["max_radius"]
        )
        spelling = {"dfs": "dfs", "spherec": "sphereC", "spherem": "sphereM"}
        short = name.removeprefix("sphere2vec-")
        plus = "+" * short.endswith("+")
        return naive.sphere2vec(spelling[short.removesuffix("+")] + plus, lat, lon, frequencies)
    if name.startswith("space2vec"):
        encode = naive.space2vec_grid if name.endswith("grid") else naive.space2vec_theory
        return encode(lat, lon, naive.geometric_frequencies(5, 0.005, 360.0))
    if name == "tile":
        table = module.embedding.weight.detach().numpy()
        return table[naive.tile_cell(lat, lon, 7.0, WORLD)]
    if name == "rff":
        return naive.rff(
            lat, lon, module.dirvec.numpy(), module.shift.numpy(), options["map_range"]
        )
    if name == "geoclip":
        return naive.equal_earth_fourier(lat, lon, module.directions.numpy())
    if name == "rbf":
        return naive.rbf(lat, lon, np.float32(ANCHORS), 30.0)
    if name == "xyz":
        return naive.xyz(lat, lon)
    if name == "nerf":
        return naive.nerf(lat, lon, 7)
    if name in ("spherical_harmonics", "satclip"):
        return naive.spherical_harmonics(lat, lon, options["legendre_polys"])
    return naive.wrap(lat, lon)


def at(pairs, dtype=torch.float64):
    lat, lon = torch.tensor(pairs, dtype=dtype).T
    return {"lat": lat, "lon": lon}


def between(module, first, second):
    """The greatest difference between the codes of two places, given as lat, lon."""
    return float((module(**at([first])) - module(**at([second]))).detach().abs().max())


@pytest.mark.parametrize("name", NAMES)
def test_codes_are_those_of_the_formula(name):
    module = make(name)
    found = module(**at(CORNERS)).detach().numpy()
    for row, (lat, lon) in enumerate(CORNERS):
        expected = np.asarray(oracle(name, module, float(lat), float(lon)))
        assert found.shape[1] == len(expected) == module.dim
        assert np.abs(found[row] - expected).max() < 1e-9, (lat, lon)


@pytest.mark.parametrize("name", NAMES)
@given(
    lat=st.floats(-90, 90, allow_subnormal=False), lon=st.floats(-180, 180, allow_subnormal=False)
)
def test_codes_are_those_of_the_formula_anywhere(name, lat, lon):
    module = make(name)
    found = module(**at([(lat, lon)]))[0].detach().numpy()
    assert np.abs(found - np.asarray(oracle(name, module, lat, lon))).max() < 1e-9


# --- The published pairs ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def configurations(reference):
    described = reference / "encoders" / "encoder_reference_pairs.json"
    return json.loads(described.read_text("utf-8"))["configs"]


@pytest.fixture(scope="module")
def pairs(published_pairs):
    return published_pairs("encoder_reference_pairs")


PAIRS = [
    "NeRF|F4", "NeRF|class_default", "Space2Vec-grid|bench", "Space2Vec-grid|class_default",
    "Space2Vec-theory|bench", "Space2Vec-theory|class_default", "Sphere2Vec-dfs|bench",
    "Sphere2Vec-dfs|class_default", "Sphere2Vec-sphereC+|bench",
    "Sphere2Vec-sphereC+|class_default", "Sphere2Vec-sphereC|bench",
    "Sphere2Vec-sphereC|class_default", "Sphere2Vec-sphereM+|bench",
    "Sphere2Vec-sphereM+|class_default", "Sphere2Vec-sphereM|bench",
    "Sphere2Vec-sphereM|class_default", "rbf|ks2", "rbf|ks30", "rff|cli_default_extent",
    "rff|world", "spherical_harmonics|L16", "spherical_harmonics|L8_default",
    "tile_ffn|as_run_in_LocBench", "tile_ffn|interval30_as_documented", "wrap_ffn|default",
    "wrap|encode_3D", "wrap|encode_cos_sin", "wrap|encode_cos_sin+date", "wrap|encode_none",
    "xyz|default",
]  # fmt: skip


def as_published(key, pairs, setting):
    """The module of a published configuration, in the mode of the reference code."""
    name = key.split("|")[0]
    options = {}
    # Two configurations are those that the reference code documents, but does not run.
    documented = key in ("NeRF|F4", "tile_ffn|interval30_as_documented")
    if "frequency_num" in setting:
        options["frequency_num"] = setting["frequency_num"]
    if "min_radius" in setting:
        options |= {"min_radius": setting["min_radius"], "max_radius": setting["max_radius"]}
    if "rbf_kernel_size" in setting:
        options["kernel_size"] = setting["rbf_kernel_size"]
    if name == "spherical_harmonics":
        options["legendre_polys"] = math.isqrt(setting["pe_dim"])
    if name == "wrap":
        options["loc_encode"] = setting["loc_encode"]
    if name == "rbf":
        options["anchors"] = pairs[f"{key}|anchors_lonlat_f32"]
    if name == "rff":
        options["map_range"] = setting["extent"]
    if name == "tile_ffn":
        options |= {"cell_size": setting["interval"], "tile_dim": setting["spa_embed_dim"]}
    module = position(name, compat=None if documented else "torchspatial", **options)
    stored = {
        "dirvec": f"{key}|dirvec_f32",
        "shift": f"{key}|shift_f32",
        "embedding.weight": f"{key}|embedding_weight",
    }
    drawn = {to: torch.from_numpy(pairs[at]) for to, at in stored.items() if at in pairs}
    module.load_state_dict({**module.state_dict(), **drawn})
    return module.requires_grad_(False)


@pytest.mark.reference
def test_every_published_configuration_is_compared(configurations):
    assert sorted(configurations) == PAIRS


@pytest.mark.reference
@pytest.mark.parametrize("key", PAIRS)
def test_codes_are_those_of_the_reference_code(configurations, pairs, key):
    module = as_published(key, pairs, configurations[key])
    lonlat = torch.from_numpy(pairs["lonlat_f32"])
    found = module(lonlat)
    if key.endswith("+date"):
        dates = torch.from_numpy(pairs["wrap_dates"]).to(found)
        found = torch.cat([found, encode_dates(dates)], dim=-1)
    assert found.dtype == torch.float32
    assert np.abs(found.numpy() - pairs[f"{key}|pe_f32"]).max() < 1e-6
    if f"{key}|pe_f64" in pairs:
        tolerance = 1e-8 if key == "spherical_harmonics|L16" else 1e-9
        exact = module(lonlat.double())
        assert exact.dtype == torch.float64
        assert np.abs(exact.numpy() - pairs[f"{key}|pe_f64"]).max() < tolerance
    if f"{key}|freq_list_f64" in pairs:
        assert module.frequencies == pytest.approx(pairs[f"{key}|freq_list_f64"], rel=1e-14)


# --- Where the reference code differs from the definition ---------------------------------------


@pytest.mark.parametrize("name", ["sphere2vec-spherem+", "sphere2vec-dfs"])
def test_compat_ignores_the_smallest_radius(name):
    assert make(name, compat="torchspatial", max_radius=100.0).frequencies == pytest.approx(
        naive.frequencies_from_one(4, 100.0)
    )
    assert make(name, compat="torchspatial").frequencies == (1.0,) * 4
    assert make(name).frequencies == pytest.approx(naive.geometric_frequencies(4, 0.0005, 1.0))


def test_compat_has_one_tile():
    assert make("tile", compat="torchspatial").embedding.weight.shape == (1, 3)
    assert make("tile").embedding.weight.shape == (52 * 26, 3)


def test_compat_fixes_the_octaves_of_nerf():
    assert make("nerf", compat="torchspatial").dim == 96
    assert make("nerf").dim == 42


def test_compat_enlarges_zonal_harmonics_by_pi():
    plain, compat = make("spherical_harmonics"), make("spherical_harmonics", compat="torchspatial")
    factor = torch.ones(49, dtype=torch.float64)
    factor[[degree**2 + degree for degree in range(7)]] = math.pi
    torch.testing.assert_close(compat(**at(CORNERS)), plain(**at(CORNERS)) * factor)
    assert compat(**at([(0, 0)]))[0, 0] == pytest.approx(0.886227, abs=1e-6)
    assert plain(**at([(0, 0)]))[0, 0] == pytest.approx(0.282095, abs=1e-6)


SAME_IN_BOTH = sorted(
    {entry.name for entry in ENTRIES if entry.in_torchspatial}
    - {"tile", "nerf", "sphere2vec-spherem+", "sphere2vec-dfs", "spherical_harmonics"}
)


@pytest.mark.parametrize("name", SAME_IN_BOTH)
def test_elsewhere_the_two_modes_agree(name):
    inside = [pair for pair in CORNERS if abs(pair[1]) < 180]
    torch.testing.assert_close(
        make(name)(**at(inside)), make(name, compat="torchspatial")(**at(inside))
    )


@pytest.mark.parametrize("name", ["satclip", "geoclip", "sinr"])
def test_compat_is_for_the_fifteen(name):
    with pytest.raises(ValueError, match=f"the reference code has no {name}"):
        make(name, compat="torchspatial")


# --- Properties ---------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_the_date_line_and_the_poles_are_as_listed(entry):
    module = position(entry.name, **({"anchors": ANCHORS} if entry.name == "rbf" else {}))
    jump = max(between(module, (lat, 179.9999999), (lat, -179.9999999)) for lat in (50, -17, 3))
    assert (jump < 1e-3) is entry.continuous
    spread = max(
        between(module, (pole, 0), (pole, lon)) for pole in (90, -90) for lon in (120, -77)
    )
    assert (spread < 1e-9) is entry.single_valued


def test_the_date_line_tears_multi_scale_codes_widely():
    options = {"frequency_num": 16, "min_radius": 0.01}
    for name, size in (("sphere2vec-spherec", 1.5), ("sphere2vec-spherem", 1.5)):
        module = position(name, **options)
        assert max(between(module, (lat, 180), (lat, -180)) for lat in range(-80, 90, 10)) > size


@pytest.mark.parametrize("name", ["wrap", "sinr", "nerf"])
def test_the_poles_look_alike_to_some(name):
    assert between(make(name), (90, 33), (-90, 33)) < 1e-11
    if name == "nerf":
        assert between(make(name), (0, 0), (0, 180)) < 1e-11


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("turns", [-1, 1])
def test_whole_turns_do_not_matter(name, turns):
    lat, lon = torch.tensor([[48.25, -16.5], [16.375, -179.75]], dtype=torch.float64)
    module = make(name)
    assert torch.equal(module(lat=lat, lon=lon), module(lat=lat, lon=lon + 360.0 * turns))


def test_points_lie_on_the_unit_sphere():
    code = make("xyz")(**at(CORNERS))
    assert code.norm(dim=-1).numpy() == pytest.approx(np.ones(len(CORNERS)), abs=1e-15)
    chord = math.dist(*code[7:9].tolist())
    lat, lon = np.radians(CORNERS[7:9]).T
    angle = float(naive.haversine(lat[0], lon[0], lat[1], lon[1]))
    assert chord == pytest.approx(2 * math.sin(angle / 2), abs=1e-12)


def test_every_scale_of_sphere_c_is_a_point_on_the_sphere():
    code = make("sphere2vec-spherec")(**at(CORNERS)).reshape(len(CORNERS), 4, 3)
    assert code.norm(dim=-1).flatten().numpy() == pytest.approx(np.ones(4 * len(CORNERS)))


def test_harmonics_are_orthonormal():
    degrees = 20
    nodes, weights = np.polynomial.legendre.leggauss(degrees)
    lat = np.degrees(np.arcsin(nodes))
    lon = np.arange(2 * degrees) * 180.0 / degrees - 180.0
    grid = np.array([(a, b) for a in lat for b in lon])
    area = np.repeat(weights, len(lon)) * 2 * math.pi / len(lon)
    code = make("spherical_harmonics", legendre_polys=degrees)(**at(grid.tolist())).numpy()
    assert np.abs(code.T @ (area[:, None] * code) - np.eye(degrees**2)).max() < 1e-12


@given(seed=st.integers(0, 999))
def test_the_power_of_a_degree_knows_no_place(seed):
    # Also at degree 100 and at the poles: the recurrence neither overflows nor drifts.
    rng = np.random.default_rng(seed)
    places = [
        *zip(rng.uniform(-90, 90, 3), rng.uniform(-180, 180, 3), strict=True),
        (90, 7),
        (-90, 8),
    ]
    code = make("spherical_harmonics", legendre_polys=100)(**at(places)).numpy() ** 2
    power = np.add.reduceat(code, np.arange(100) ** 2, axis=1)
    expected = (2 * np.arange(100) + 1) / (4 * math.pi)
    assert np.abs(power / expected - 1).max() < 1e-11


def test_the_power_spectrum_of_a_field_is_invariant_to_rotation():
    rng = np.random.default_rng(4)
    places = rng.normal(size=(40, 3))
    places /= np.linalg.norm(places, axis=1, keepdims=True)
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    weights = rng.normal(size=40)

    def spectrum(points):
        lat = np.degrees(np.arcsin(points[:, 2]))
        lon = np.degrees(np.arctan2(points[:, 1], points[:, 0]))
        code = make("spherical_harmonics", legendre_polys=25)(
            **at(np.stack([lat, lon], axis=1).tolist())
        )
        return np.add.reduceat((weights @ code.numpy()) ** 2, np.arange(25) ** 2)

    assert spectrum(places) == pytest.approx(spectrum(places @ turn.T), rel=1e-10)


@pytest.mark.parametrize("degree", [30, 60, 99])
def test_high_degrees_are_exact(degree):
    places = [(52.5, 13.4), (-33.9, 151.2), (0, 0), (89.9, 10), (-16.5, 179.999)]
    code = make("spherical_harmonics", legendre_polys=100)(**at(places)).numpy()
    for row, (lat, lon) in enumerate(places):
        for order in (-degree, -degree // 2, -1, 0, 1, degree // 3, degree):
            expected = naive.spherical_harmonic(degree, order, lat, lon)
            assert code[row, degree**2 + degree + order] == pytest.approx(expected, abs=1e-11)


def test_random_waves_approximate_their_gaussian_kernel():
    # A product has a standard deviation of at most 1/sqrt(D): 0.0071 at 20,000 waves.
    module = position("rff", frequency_num=20_000, kernel_size=3.0, seed=1)
    rng = np.random.default_rng(2)
    places = np.stack([rng.uniform(-90, 90, 30), rng.uniform(-180, 180, 30)], axis=1)
    code = module(**at(places.tolist())).numpy()
    x = places / [90, 180]
    squared = ((x[:, None] - x[None]) ** 2).sum(-1)
    assert np.abs(code @ code.T - np.exp(-3.0 * squared / 2)).max() < 5 * 0.0071


def test_anchors_are_nearest_to_themselves():
    code = make("rbf")(torch.tensor(ANCHORS, dtype=torch.float64))
    assert code.diagonal().numpy() == pytest.approx(np.ones(4), abs=1e-12)
    assert (code.argmax(dim=1) == torch.arange(4)).all()


def test_the_map_of_geoclip_is_equal_earth():
    lat, lon = torch.tensor(CORNERS, dtype=torch.float64).T
    x, y = Proj(proj="eqearth", R=1)(lon.numpy(), lat.numpy())
    found = equal_earth(lat, lon).numpy() * 180 / 66.50336
    assert np.abs(found - np.stack([x, y], axis=1)).max() < 1e-12


def test_tiles_end_at_the_edge_of_their_map():
    module = position("tile", cell_size=10, map_range=(0, 25, 0, 10), tile_dim=2)
    assert module.embedding.weight.shape == (3, 2)
    inside = module(**at([(5, 22), (5, 1)]))
    outside = module(**at([(80, 179), (-80, -179)]))
    assert torch.equal(inside, outside)


# --- As torch modules ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_short_floats_are_encoded_in_double_precision(name):
    module = make(name)
    short = at(CORNERS, torch.float32)
    found = module(**short)
    assert found.dtype == torch.float32
    exact = module(lat=short["lat"].double(), lon=short["lon"].double())
    assert torch.equal(found, exact.float())


@pytest.mark.parametrize("name", NAMES)
def test_any_shape_by_name_or_as_pairs(name):
    module = make(name)
    lat, lon = (
        torch.rand(2, 3, 4, dtype=torch.float64, generator=torch.manual_seed(0)) - 0.5
    ).unbind()
    by_name = module(lat=90 * lat, lon=180 * lon)
    assert by_name.shape == (3, 4, module.dim)
    torch.testing.assert_close(module(torch.stack([180 * lon, 90 * lat], dim=-1)), by_name)
    torch.testing.assert_close(module(lat=90 * lat[1, 2], lon=180 * lon[1, 2]), by_name[1, 2])


COARSE = {
    "nerf": {"frequency_num": 3},
    **{name: {"min_radius": 0.1} for name, options in SMALL.items() if "min_radius" in options},
}


@pytest.mark.parametrize("name", SMOOTH)
def test_gradients_are_those_of_finite_differences(name):
    # Beside the seam of ±180 and beside a pole, beyond which there is nothing to differ from.
    lat = torch.tensor([10.0, -33.0, 89.999, 0.0], dtype=torch.float64, requires_grad=True)
    lon = torch.tensor([20.0, 151.0, 40.0, 179.999], dtype=torch.float64, requires_grad=True)
    module = make(name, **COARSE.get(name, {})).double()
    assert torch.autograd.gradcheck(lambda lat, lon: module(lat=lat, lon=lon), (lat, lon))


@pytest.mark.parametrize("name", SMOOTH)
def test_gradients_are_finite_at_poles_and_corners(name):
    places = at(CORNERS)
    for values in places.values():
        values.requires_grad_()
    make(name)(**places).sum().backward()
    assert places["lat"].grad.isfinite().all()
    assert places["lon"].grad.isfinite().all()


def test_tiles_have_no_gradient_but_that_of_their_table():
    lat = torch.tensor([10.0], requires_grad=True)
    module = make("tile")
    module(lat=lat, lon=torch.tensor([5.0])).sum().backward()
    assert lat.grad is None
    assert module.embedding.weight.grad.sum() == 3


@pytest.mark.parametrize("name", NAMES)
def test_a_compiled_module_is_the_same(name):
    module = make(name)
    torch.compiler.reset()
    compiled = torch.compile(module, backend="aot_eager", fullgraph=True)
    places = at(CORNERS)
    torch.testing.assert_close(compiled(**places), module(**places), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_the_state_is_what_was_drawn_or_learned(name):
    kept = {
        "tile": ["embedding.weight"],
        "rbf": ["anchors"],
        "rff": ["dirvec", "shift"],
        "geoclip": ["directions"],
    }
    module = make(name)
    assert list(module.state_dict()) == kept.get(name, [])
    other = make(name, **({} if name == "rbf" else {"seed": 1}))
    other.load_state_dict(module.state_dict())
    assert torch.equal(other(**at(CORNERS)), module(**at(CORNERS)))


@pytest.mark.parametrize("name", [name for name in NAMES if name != "tile"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_leaves_frequencies_directions_and_anchors_alone(name, dtype):
    module = make(name)
    before = module(**at(CORNERS))
    assert torch.equal(module.to(dtype)(**at(CORNERS)), before)


@pytest.mark.parametrize(
    ("name", "compat"),
    [(name, None) for name in NAMES]
    + [(entry.name, "torchspatial") for entry in ENTRIES if entry.in_torchspatial],
)
def test_autocast_leaves_codes_alone(name, compat):
    module = make(name, compat=compat)
    places = at(CORNERS, torch.float32)
    with torch.autocast("cpu", torch.bfloat16):
        found = module(**places)
    assert torch.equal(found, module(**places))


@pytest.mark.parametrize("name", NAMES)
def test_transforms_of_torch_go_through(name):
    module, pairs = make(name), torch.tensor(CORNERS, dtype=torch.float64).flip(-1)
    each = torch.func.vmap(module)(pairs)
    assert torch.allclose(each, module(pairs), rtol=0, atol=1e-12)
    slopes = torch.func.vmap(torch.func.jacrev(module))(pairs)
    assert slopes.shape == (len(CORNERS), module.dim, 2)
    places = pairs[7].clone().requires_grad_()
    code = module(places)
    if name != "tile":
        expected = torch.stack([torch.autograd.grad(x, places, retain_graph=True)[0] for x in code])
        assert torch.allclose(slopes[7], expected)


@pytest.mark.parametrize("name", NAMES)
def test_an_outline_has_shapes(name):
    with torch.device("meta"):
        module = make(name)
        assert module(torch.zeros(5, 2)).shape == (5, module.dim)


@pytest.mark.parametrize("name", ["wrap", "wrap_ffn", "rff"])
def test_compat_keeps_the_precision_of_coordinates(name):
    lonlat = torch.rand(500, 2, generator=torch.Generator().manual_seed(0)) * 90.0
    compat = position(name, compat="torchspatial")
    exact = compat(lonlat.double()).float()
    assert torch.equal(position(name)(lonlat), exact)
    assert not torch.equal(compat(lonlat), exact)


def test_anchors_are_brought_back_as_places_are():
    module = position("rbf", anchors=[[200.0, 10.0]], kernel_size=5.0)
    assert module(**at([(10.0, 200.0), (10.0, -160.0)])).flatten().tolist() == [1.0, 1.0]
    compat = position("rbf", anchors=[[200.0, 10.0]], kernel_size=5.0, compat="torchspatial")
    assert compat(**at([(10.0, 200.0), (10.0, -160.0)])).flatten().tolist() == [1.0, 0.0]


def test_anchors_are_left_as_they_were_given():
    anchors = torch.tensor([[200.0, 10.0]], dtype=torch.float64, requires_grad=True)
    module = position("rbf", anchors=anchors)
    assert anchors.tolist() == [[200.0, 10.0]]
    assert not module.anchors.requires_grad
    compat = position("rbf", anchors=anchors, compat="torchspatial")
    assert compat.anchors.tolist() == [[200.0, 10.0]]


@pytest.mark.parametrize("name", ["space2vec-grid", "space2vec-theory", "sphere2vec-dfs"])
def test_short_integers_count_as_far_as_others(name):
    module = position(name, frequency_num=np.uint8(32))
    assert module.dim == position(name, frequency_num=32).dim
    assert type(module.dim) is int


@pytest.mark.parametrize("name", ["tile", "rff", "geoclip"])
def test_what_is_drawn_comes_from_the_seed(name):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, again, other = make(name), make(name), make(name, seed=1)
    assert torch.equal(torch.rand(3), expected)
    places = at(CORNERS)
    assert torch.equal(first(**places), again(**places))
    assert not torch.equal(first(**places), other(**places))


def test_what_is_drawn_has_the_stated_spread():
    assert position("rff", frequency_num=50_000, kernel_size=4.0).dirvec.std() == pytest.approx(
        2.0, rel=0.02
    )
    shift = position("rff", frequency_num=50_000).shift
    assert shift.min() >= 0
    assert shift.max() < 2 * math.pi
    assert shift.mean() == pytest.approx(math.pi, rel=0.02)
    assert position("tile", cell_size=1).embedding.weight.detach().std() == pytest.approx(
        1 / 256, rel=0.01
    )
    widths = position("geoclip", frequency_num=20_000).directions.std(dim=(1, 2))
    assert widths.tolist() == pytest.approx([1.0, 16.0, 256.0], rel=0.02)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("name", NAMES)
def test_a_graphics_card_agrees(name):
    module = make(name)
    expected = module(**at(CORNERS))
    on_card = {key: values.cuda() for key, values in at(CORNERS).items()}
    torch.testing.assert_close(module.cuda()(**on_card).cpu(), expected, rtol=0, atol=1e-9)


# --- Wrong input --------------------------------------------------------------------------------


def tensors(lat, lon, dtype=torch.float64):
    return {"lat": torch.tensor(lat, dtype=dtype), "lon": torch.tensor(lon, dtype=dtype)}


WRONG_PLACES = [
    (tensors([math.nan, 1], [0, 0]), "lat: 1 value not finite (NaN or infinite), in row 0"),
    (tensors([1, 2, 3], [0, math.inf, math.nan]), "lon: 2 values not finite (NaN or infinite)"),
    (tensors([1, 2, 3], [0, math.inf, math.nan]), "in rows 1, 2 (counted from 0)"),
    (tensors([1, -90.001], [0, 0]), "lat: 1 value beyond ±90 degrees, in row 1 (counted from 0)"),
    (tensors([1, -90.001], [0, 0]), "Are lat and lon swapped?"),
    (tensors([0], [541]), "lon: 1 value beyond ±540, in row 0 (counted from 0). Are they degrees?"),
    (tensors([0, 1], [0, 1], torch.int64), "lat holds int64, not degrees as float32 or float64"),
    (tensors([0, 1], [0, 1], torch.float16), "lat holds float16, not degrees as float32 or"),
    (tensors([], []), "lat and lon are empty"),
    (tensors([0, 1], [0]), "lat has the shape (2,) and lon (1,)"),
    ({"lat": torch.zeros(1), "lon": torch.zeros(1).double()}, "give them the same dtype"),
    ({"lat": torch.zeros(1)}, "lon is missing"),
    ({"lon": torch.zeros(1)}, "lat is missing"),
    ({}, "lat is missing"),
    ({"lat": [1.0], "lon": [1.0]}, "lat is list, not a tensor"),
    ({"lonlat": torch.zeros(4, 3)}, "lonlat has the shape (4, 3)"),
    ({"lonlat": torch.tensor(1.0)}, "lonlat has the shape ()"),
    ({"lonlat": torch.zeros(4, 2).long()}, "lonlat holds int64"),
    ({"lonlat": torch.tensor([[48.0, 116.0]])}, "longitude first, latitude second: are they"),
    ({"lonlat": torch.zeros(1, 2), "lat": torch.zeros(1)}, "Coordinates came twice"),
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("places", "message"), WRONG_PLACES)
def test_wrong_places_are_refused(name, places, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make(name)(**places)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("space2vec-grid", {"frequency_num": 1}, "frequency_num=1 has to be at least 2"),
        ("sphere2vec-spherec", {"frequency_num": 1}, "frequency_num=1 has to be at least 2"),
        ("sphere2vec-dfs", {"frequency_num": 1, "compat": "torchspatial"}, "frequency_num=1 has"),
        ("space2vec-theory", {"frequency_num": 2.5}, "frequency_num=2.5 has to be a whole number"),
        ("nerf", {"frequency_num": 0}, "frequency_num=0 has to be from 1 to 32"),
        ("nerf", {"frequency_num": 2000}, "frequency_num=2000 has to be from 1 to 32"),
        ("rff", {"frequency_num": True}, "frequency_num=True has to be a whole number"),
        ("sphere2vec-spherem", {"min_radius": 0}, "min_radius=0 has to be a positive number"),
        ("sphere2vec-spherem", {"min_radius": -1}, "min_radius=-1 has to be a positive number"),
        ("sphere2vec-spherem", {"max_radius": math.nan}, "max_radius=nan has to be a positive"),
        ("sphere2vec-spherem", {"max_radius": "1"}, "max_radius='1' has to be a positive number"),
        ("sphere2vec-spherem", {"min_radius": 2.0}, "min_radius=2 has to be smaller than"),
        ("spherical_harmonics", {"legendre_polys": 101}, "legendre_polys=101 has to be from 1"),
        ("rbf", {}, "anchors are missing: rbf needs"),
        ("rbf", {"anchors": []}, "anchors has the shape (0,), not (M, 2)"),
        ("rbf", {"anchors": [[1.0, 2.0, 3.0]]}, "anchors has the shape (1, 3), not (M, 2)"),
        ("rbf", {"anchors": [[0.0, 91.0]]}, "anchors: lat: 1 value beyond ±90"),
        ("rbf", {"anchors": [[0.0, math.nan]]}, "anchors: lat: 1 value not finite"),
        ("rbf", {"anchors": "cities"}, "anchors='cities' has to be an array of numbers"),
        ("rbf", {"anchors": ANCHORS, "kernel_size": 0.0}, "kernel_size=0.0 has to be a positive"),
        ("rff", {"map_range": (0, 0, 0, 1)}, "map_range=(0, 0, 0, 1) has to be west < east"),
        ("rff", {"map_range": (0, 1)}, "map_range=(0, 1) has to be west, east, south and north"),
        ("tile", {"cell_size": 2.6e-6}, "cell_size=2.6e-06 makes 9.59e+15 cells"),
        ("wrap", {"loc_encode": "sin"}, "loc_encode='sin' has to be one of encode_cos_sin"),
        ("geoclip", {"sigmas": ()}, "sigmas=() has to be a list of positive numbers"),
        ("geoclip", {"sigmas": (1.0, -1.0)}, "sigmas=-1.0 has to be a positive number"),
        ("sphere2vec-spherec", {"min_radius": 1e-300}, "min_radius=1e-300 has to be from 1e-30 to"),
        ("rbf", {"anchors": ANCHORS, "kernel_size": 1e-200}, "kernel_size=1e-200 has to be from"),
        ("rff", {"kernel_size": 1e200}, "kernel_size=1e+200 has to be from 1e-30 to 1e+30"),
        ("geoclip", {"sigmas": [1e39]}, "sigmas=1e+39 has to be from 1e-30 to 1e+30"),
        ("rff", {"map_range": (0, 360, -90, 90)}, "has to be within ±180 degrees of longitude"),
        ("tile", {"map_range": (-200, 0, -90, 90)}, "has to be within ±180 degrees of longitude"),
        ("tile", {"map_range": (-180, 180, -1e300, 90)}, "has to be within ±1e+30"),
        (
            "tile",
            {"cell_size": 1e-6, "map_range": (-180, 180, 0, 1e-9)},
            "cell_size=1e-06 makes 3.6e+08 cells",
        ),
        ("wrap", {"loc_encode": ["sin"]}, "loc_encode=['sin'] has to be one of encode_cos_sin"),
        ("xyz", {"compat": np.array(["a", "b"])}, "is no mode"),
        ("tile", {"tile_dim": 10**13}, "tile: with these options it does not fit into memory"),
        ("xyz", {"compat": "pytorch"}, "compat='pytorch' is no mode"),
        ("rff", {"seed": -1}, "seed=-1 has to be from 0 to 9223372036854775807"),
    ],
)  # fmt: skip
def test_wrong_options_are_refused_by_name(name, options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        position(name, **options)
