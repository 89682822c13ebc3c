"""Networks against the oracle, the published pairs and what is known of each."""

import copy
import json
import math
import pickle
import re

import numpy as np
import pytest
import torch
from torch import nn

import naive
from geobias.encoders import MLP, build
from geobias.encoders.networks import FFN, Capsules, ResidualNet, SirenNet
from published_networks import residual_net, weights_of

ACTIVATIONS = ["relu", "leakyrelu", "leakyrelu0.01", "sigmoid", "tanh", "gelu"]

# A small network of every kind and form, from 6 numbers to 4.
SMALL = {
    "ffn": lambda: FFN(6, 4, hidden_dim=5, hidden_layers=2),
    "ffn of one layer": lambda: FFN(6, 4, hidden_layers=0, activation="gelu"),
    "ffn with all skips": lambda: FFN(6, 4, hidden_dim=6, hidden_layers=3, activation="tanh"),
    "ffn, plain": lambda: FFN(6, 4, hidden_dim=5, layer_norm=False, skip=False),
    "residual": lambda: ResidualNet(6, 4),
    "siren": lambda: SirenNet(6, 4, hidden_dim=5, hidden_layers=3),
    "siren, residual": lambda: SirenNet(
        6, 4, hidden_dim=5, hidden_layers=3, w0_first=7.0, w0=2.5, residual=True, dropout=0.3
    ),
    "capsules": lambda: Capsules(6, 4, parts=3, hidden_dim=5, hidden_layers=2),
    "mlp": lambda: MLP(6, 4, hidden=[5, 3], activation="gelu", dropout=0.4),
}


def small(name, seed=0):
    """One of them in evaluation mode and float64, its biases and norms not at where they start."""
    torch.manual_seed(seed)
    network = SMALL[name]().double().eval()
    with torch.no_grad():
        for weights in network.parameters():
            weights.add_(0.3 * torch.randn_like(weights))
    return network


def inputs(*shape):
    return torch.randn(*shape, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def both(layer):
    """Weight and bias of a layer."""
    return layer.weight.detach().numpy(), layer.bias.detach().numpy()


def oracle(network, row):
    """What the network makes of a row, number by number."""
    row = row.tolist()
    if isinstance(network, FFN):
        layers = list(network.layers)
        norms = [both(each.layernorm) for each in layers[:-1] if each.layernorm is not None]
        activation = {
            nn.LeakyReLU: "leakyrelu", nn.GELU: "gelu", nn.Tanh: "tanh",
        }[type(layers[0].activation)]  # fmt: skip
        linears = [both(each.linear) for each in layers]
        return naive.ffn(row, linears, norms or None, activation, bool(norms))
    if isinstance(network, ResidualNet):
        blocks = [(both(each.w1), both(each.w2)) for each in network.blocks]
        return naive.fcnet(row, both(network.first), blocks)
    if isinstance(network, SirenNet):
        hidden = [both(each.linear) for each in network.layers]
        factors = (7.0, 2.5, True) if network.layers[1].residual else (30.0, 1.0, False)
        return naive.siren(row, hidden, both(network.last), *factors)
    if isinstance(network, Capsules):
        return naive.capsules(row, [[both(e) for e in each.layers] for each in network.capsules])
    return naive.mlp(row, [both(each) for each in network.layers], "gelu")


@pytest.mark.parametrize("name", SMALL)
def test_networks_are_their_formulas(name):
    network = small(name)
    rows = inputs(7)
    expected = [oracle(network, row) for row in rows]
    assert network(rows).detach().numpy() == pytest.approx(np.array(expected), rel=1e-11, abs=1e-11)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations_are_their_formulas(activation):
    network = FFN(6, 4, hidden_layers=0, activation=activation).double().eval()
    layers = [both(network.layers[0].linear)]
    rows = 5 * inputs(20)
    expected = [naive.ffn(row, layers, None, activation, False) for row in rows.tolist()]
    assert network(rows).detach().numpy() == pytest.approx(np.array(expected), abs=1e-12)


# --- The published pairs ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pairs(published_pairs):
    return published_pairs("encoder_nn_pairs")


@pytest.mark.reference
def test_the_ffn_agrees_with_published_pairs(reference, pairs):
    described = reference / "encoders" / "encoder_nn_and_checkpoint_pairs.json"
    cases = json.loads(described.read_text())["nn_cases"]
    cases = {name: case for name, case in cases.items() if name.startswith("ffn_")}
    assert len(cases) == 5
    for name, case in cases.items():
        network = FFN(
            case["input_dim"],
            case["output_dim"],
            hidden_dim=case["hidden_dim"],
            hidden_layers=case["num_hidden_layers"],
            activation=case["activation"],
            layer_norm=case["use_layernormalize"],
            skip=case["skip_connection"],
        ).eval()
        network.load_state_dict(weights_of(pairs, name))
        found = network(torch.from_numpy(pairs[f"{name}|input"])).detach().numpy()
        assert found == pytest.approx(pairs[f"{name}|output"], rel=0, abs=2e-6), name


@pytest.mark.reference
def test_the_residual_network_agrees_with_published_pairs(pairs):
    weights = weights_of(pairs, "fcnet")
    network = residual_net(weights)
    embeddings = network(torch.from_numpy(pairs["fcnet|input"]))
    assert embeddings.detach().numpy() == pytest.approx(pairs["fcnet|feats"], rel=0, abs=2e-6)
    found = torch.sigmoid(embeddings @ weights["class_emb.weight"].T).detach().numpy()
    assert found == pytest.approx(pairs["fcnet|probs"], rel=0, abs=2e-6)
    assert found[:, 2] == pytest.approx(pairs["fcnet|class2"], rel=0, abs=2e-6)


# --- What is known of each ----------------------------------------------------------------------


def within(weights, bound):
    """Whether weights fill ±bound evenly: none is beyond, the largest is near, the variance fits.

    With n weights, the largest is below 0.99 of the bound with chance 0.99^n; the variance is
    within 5 standard errors of bound²/3, but for one case in a million.
    """
    values = weights.detach().flatten().double()
    error = math.sqrt(4 / 45 / len(values)) * bound**2
    assert values.abs().max() <= bound * (1 + 1e-6)
    assert values.abs().max() > 0.99 * bound
    assert abs(values.square().mean() - bound**2 / 3) < 5 * error
    assert abs(values.mean()) < 5 * bound / math.sqrt(3 * len(values))


def test_the_ffn_starts_as_published():
    torch.manual_seed(0)
    network = FFN(600, 700, hidden_dim=800, hidden_layers=2)
    for layer, (wide_in, wide_out) in zip(
        network.layers, [(600, 800), (800, 800), (800, 700)], strict=True
    ):
        within(layer.linear.weight, math.sqrt(6 / (wide_in + wide_out)))
        within(layer.linear.bias, 1 / math.sqrt(wide_in))
    assert [layer.layernorm is None for layer in network.layers] == [False, False, True]
    assert [layer.skip for layer in network.layers] == [False, True, False]
    for layer in network.layers[:-1]:
        assert torch.equal(layer.layernorm.weight, torch.ones(800))
        assert torch.equal(layer.layernorm.bias, torch.zeros(800))


def test_the_residual_network_starts_as_torch_does():
    torch.manual_seed(0)
    network = ResidualNet(500, 700)
    assert len(network.blocks) == 4
    within(network.first.weight, 1 / math.sqrt(500))
    within(network.first.bias, 1 / math.sqrt(500))
    for block in network.blocks:
        for layer in (block.w1, block.w2):
            within(layer.weight, 1 / math.sqrt(700))
            within(layer.bias, 1 / math.sqrt(700))


@pytest.mark.parametrize("w0", [1.0, 5.0])
def test_siren_starts_as_published(w0):
    torch.manual_seed(0)
    network = SirenNet(500, 700, hidden_dim=600, hidden_layers=3, w0_first=30.0, w0=w0)
    first, *others = [layer.linear for layer in network.layers] + [network.last]
    # The bound of the first layer knows nothing of its factor.
    within(first.weight, 1 / 500)
    within(first.bias, 1 / 500)
    assert len(others) == 3
    for layer in others:
        within(layer.weight, math.sqrt(6 / 600) / w0)
        within(layer.bias, math.sqrt(6 / 600) / w0)


def test_the_embedding_of_an_ffn_is_activated():
    torch.manual_seed(0)
    rows = torch.randn(500, 6)
    rectified = FFN(6, 40, hidden_dim=20, activation="relu").eval()(rows)
    assert (rectified >= 0).all()
    assert (rectified == 0).any()
    assert (SirenNet(6, 40).eval()(rows) < 0).any()


def test_the_ffn_adds_its_input_where_sizes_allow():
    assert [layer.skip for layer in FFN(6, 4, hidden_dim=6).layers] == [True, False]
    assert [layer.skip for layer in FFN(6, 6, hidden_dim=6).layers] == [True, False]
    assert [layer.skip for layer in FFN(6, 4, hidden_dim=5).layers] == [False, False]
    assert [layer.skip for layer in FFN(6, 4, hidden_dim=6, skip=False).layers] == [False, False]


class Marked(nn.Module):
    """Stands for a dropout that leaves out everything: what comes in becomes 0."""

    def forward(self, values):
        return torch.zeros_like(values)


def test_the_ffn_drops_after_the_activation():
    network = FFN(6, 4, hidden_layers=0, activation="sigmoid").eval()
    network.layers[0].dropout = Marked()
    assert torch.equal(network(torch.ones(2, 6)), torch.zeros(2, 4))
    skipping = FFN(6, 4, hidden_dim=6, layer_norm=False, activation="sigmoid").eval()
    skipping.layers[0].dropout = Marked()
    rows = torch.randn(3, 6)
    assert torch.equal(skipping.layers[0](rows), rows)


def test_siren_drops_before_the_sine():
    network = SirenNet(6, 4, hidden_dim=5, hidden_layers=2, residual=True).eval()
    for layer in network.layers:
        layer.dropout = Marked()
    rows = torch.randn(3, 6)
    assert torch.equal(network.layers[0](rows), torch.zeros(3, 5))
    assert torch.equal(network.layers[1](rows[:, :5]), rows[:, :5])
    # After the last layer, which is linear, nothing is left out.
    assert torch.equal(network(rows), network.last.bias.expand(3, 4))


def test_a_plain_network_drops_after_the_activation():
    network = MLP(6, 4, hidden=[5], activation="sigmoid").eval()
    network.dropout = Marked()
    assert torch.equal(network(torch.randn(3, 6)), network.layers[-1].bias.expand(3, 4))


def test_the_residual_network_drops_between_its_two_layers():
    network = ResidualNet(6, 5, blocks=1).eval()
    block = network.blocks[0]
    block.dropout = Marked()
    rows = torch.randn(3, 5)
    assert torch.allclose(block(rows), rows + torch.relu(block.w2.bias))


@pytest.mark.parametrize(
    "network",
    [
        FFN(6, 4000, hidden_layers=0, activation="sigmoid", dropout=0.3),
        FFN(6, 4000, hidden_layers=0, activation="sigmoid"),
    ],
    ids=["a third", "half"],
)
def test_the_share_left_out_in_training_is_the_one_asked_for(network):
    torch.manual_seed(0)
    share = network.layers[0].dropout.p
    with torch.no_grad():
        dropped, kept = network.train()(torch.ones(6)), network.eval()(torch.ones(6))
    # Five standard errors: one seed in two million would fail.
    left_out = (dropped == 0).double().mean()
    assert abs(left_out - share) < 5 * math.sqrt(share * (1 - share) / 4000)
    assert torch.allclose(dropped[dropped > 0], kept[dropped > 0] / (1 - share))


@pytest.mark.parametrize("name", SMALL)
def test_evaluation_is_certain_and_training_is_not(name):
    network = small(name)
    rows = inputs(30)
    assert torch.equal(network(rows), network(rows))
    network.train()
    uncertain = name not in ("siren", "capsules")
    assert torch.equal(network(rows), network(rows)) != uncertain


def test_a_capsule_sees_its_part_alone():
    network = small("capsules")
    row, other = inputs(1), inputs(1)
    other[:, 2:4] += 1.0
    changes = network(other) - network(row)
    capsule = network.capsules[1]
    assert torch.allclose(changes, capsule(other[:, 2:4]) - capsule(row[:, 2:4]))
    first, second = (each.layers[0].weight for each in network.capsules[:2])
    assert not torch.equal(first, second)


def test_geoclip_has_the_published_sizes():
    network = build("geoclip", dim=512).network
    for capsule in network.capsules:
        shapes = [tuple(layer.weight.shape) for layer in capsule.layers]
        assert shapes == [(1024, 512), (1024, 1024), (1024, 1024), (512, 1024)]
        assert type(capsule.activation) is nn.ReLU
    assert len(network.capsules) == 3


# --- As modules ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SMALL)
def test_gradients_are_those_of_differences(name):
    network = small(name)
    rows = inputs(3).requires_grad_()
    names, weights = zip(*network.named_parameters(), strict=True)

    def function(rows, *weights):
        return torch.func.functional_call(network, dict(zip(names, weights, strict=True)), rows)

    assert torch.autograd.gradcheck(function, (rows, *weights))


@pytest.mark.parametrize("name", SMALL)
def test_any_axes_before_the_last_are_kept(name):
    network = small(name)
    rows = inputs(2, 3)
    assert network(rows).shape == (2, 3, 4)
    assert torch.allclose(network(rows)[1, 2], network(rows[1, 2]))


@pytest.mark.parametrize("name", SMALL)
def test_weights_carry_over(name):
    network, other = small(name), small(name, seed=1)
    rows = inputs(5)
    assert not torch.equal(network(rows), other(rows))
    other.load_state_dict(network.state_dict())
    assert torch.equal(network(rows), other(rows))
    for twin in (copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
        assert torch.equal(twin(rows), network(rows))
        assert not {id(w) for w in twin.parameters()} & {id(w) for w in network.parameters()}


@pytest.fixture
def compiling():
    """Compile into one graph; what others compiled is forgotten, as torch keeps but a few."""
    torch.compiler.reset()
    return lambda module: torch.compile(module, backend="aot_eager", fullgraph=True)


@pytest.mark.parametrize("name", SMALL)
def test_networks_compile_as_one_graph(name, compiling):
    network = small(name)
    rows = inputs(5)
    assert torch.allclose(compiling(network)(rows), network(rows), rtol=0, atol=1e-12)


@pytest.mark.parametrize("compat", [None, "torchspatial"])
@pytest.mark.parametrize(
    "name", ["wrap", "rbf", "rff", "tile", "nerf", "spherical_harmonics", "sphere2vec-dfs"]
)
def test_encoders_compile_as_one_graph(name, compat, compiling):
    anchors = {"anchors": [[16.4, 48.2], [151.2, -33.9]]} if name == "rbf" else {}
    encoder = build(name, 8, compat=compat, **anchors).eval()
    lonlat = torch.tensor([[16.4, 48.2], [-179.9, -16.5], [7.0, 90.0], [180.0, 0.0]])
    with torch.no_grad():
        assert torch.allclose(compiling(encoder)(lonlat), encoder(lonlat), rtol=0, atol=2e-6)


def test_geoclip_compiles_as_one_graph(compiling):
    encoder = build("geoclip", 8, frequency_num=16, hidden_dim=32).eval()
    lonlat = torch.tensor([[16.4, 48.2], [-179.9, -16.5]])
    with torch.no_grad():
        assert torch.allclose(compiling(encoder)(lonlat), encoder(lonlat), rtol=0, atol=2e-6)


@pytest.mark.parametrize("name", ["wrap", "xyz", "satclip", "geoclip", "tile"])
def test_encoders_copy_pickle_and_become_double(name):
    encoder = build(name, 8).eval()
    lonlat = torch.tensor([[16.4, 48.2], [-179.9, -16.5], [7.0, 90.0]])
    for twin in (copy.deepcopy(encoder), pickle.loads(pickle.dumps(encoder))):
        assert torch.equal(twin(lonlat), encoder(lonlat))
        assert twin.settings == encoder.settings
    exact = copy.deepcopy(encoder).double()(lonlat)
    assert exact.dtype == torch.float64
    # The first layer of SirenNet multiplies with 30 what single precision has rounded.
    assert torch.allclose(exact.float(), encoder(lonlat), rtol=0, atol=1e-4)


# --- Wrong options ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: FFN(6, 4, hidden_dim=0), "hidden_dim=0 has to be at least 1"),
        (lambda: FFN(6, 4, hidden_dim=2.5), "hidden_dim=2.5 has to be a whole number"),
        (lambda: FFN(6, 4, hidden_layers=-1), "hidden_layers=-1 has to be at least 0"),
        (lambda: FFN(6, 4, activation="swish"), "activation='swish' has to be one of relu, leaky"),
        (lambda: FFN(6, 4, activation=["relu"]), "activation=['relu'] has to be one of relu"),
        (lambda: FFN(6, 4, dropout=1.0), "dropout=1.0 has to be from 0 up to"),
        (lambda: FFN(6, 4, dropout="half"), "dropout='half' has to be from 0 up to"),
        (lambda: FFN(6, 4, layer_norm="false"), "layer_norm='false' has to be True or False"),
        (lambda: FFN(6, 4, skip=1), "skip=1 has to be True or False"),
        (lambda: ResidualNet(6, 4, blocks=0), "blocks=0 has to be at least 1"),
        (lambda: ResidualNet(6, 4, dropout=-0.1), "dropout=-0.1 has to be from 0 up to"),
        (lambda: SirenNet(6, 4, hidden_layers=0), "hidden_layers=0 has to be at least 1"),
        (lambda: SirenNet(6, 4, w0=0.0), "w0=0.0 has to be a positive number"),
        (lambda: SirenNet(6, 4, w0_first=math.nan), "w0_first=nan has to be a positive number"),
        (lambda: SirenNet(6, 4, residual="no"), "residual='no' has to be True or False"),
        (lambda: Capsules(6, 4, parts=4), "parts=4 does not divide an encoding of 6 numbers"),
        (lambda: Capsules(6, 4, parts=0), "parts=0 has to be at least 1"),
        (lambda: Capsules(6, 4, hidden_layers=0), "hidden_layers=0 has to be at least 1"),
        (lambda: MLP(0, 4), "in_dim=0 has to be at least 1"),
        (lambda: MLP(6, "4"), "out_dim='4' has to be a whole number"),
        (lambda: MLP(6, 4, hidden=5), "hidden=5 has to be a list of widths"),
        (lambda: MLP(6, 4, hidden="55"), "hidden='55' has to be a list of widths"),
        (lambda: MLP(6, 4, hidden=[5, 0]), "hidden=0 has to be at least 1"),
        (lambda: MLP(6, 4, dropout=2), "dropout=2 has to be from 0 up to"),
    ],
)
def test_wrong_options_are_refused_by_name(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()


def test_numpy_answers_yes_and_no_too():
    assert FFN(6, 4, layer_norm=np.True_, skip=np.False_).layers[0].layernorm is not None
