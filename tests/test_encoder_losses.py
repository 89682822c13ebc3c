"""Losses of presence alone, and the random places they need."""

import math
import re

import numpy as np
import pytest
import torch
from scipy.stats import chisquare, kstest

import naive
from geobias.encoders import (
    LocationClassifier,
    build,
    presence_only_loss,
    presence_only_user_loss,
    random_places,
)
from published_networks import residual_net, weights_of


def drawn(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


LABELS, USERS = torch.tensor([0, 1, 4, 4, 2, 0]), torch.tensor([0, 2, 1, 1, 0, 2])


def user_case():
    """Embeddings of places and of random places; vectors of five classes and of three users."""
    vectors = {"class_vectors": drawn(5, 8, seed=3), "user_vectors": drawn(3, 8, seed=4)}
    return drawn(6, 8, seed=1), drawn(6, 8, seed=2), vectors


@pytest.mark.parametrize("weight", [1.0, 0.7, 0.0])
def test_the_loss_is_its_formula(weight):
    scores, negatives = drawn(6, 5), drawn(9, 5, seed=1)
    found = presence_only_loss(scores, LABELS, negatives, rand_sample_weight=weight)
    expected = naive.full_loss(scores.numpy(), LABELS.numpy(), negatives.numpy(), weight)
    assert float(found) == pytest.approx(expected, rel=1e-12)


def test_random_places_count_as_much_as_others_by_default():
    scores, negatives = drawn(6, 5), drawn(6, 5, seed=1)
    assert torch.equal(
        presence_only_loss(scores, LABELS, negatives),
        presence_only_loss(scores, LABELS, negatives, rand_sample_weight=1.0),
    )


def test_the_loss_with_users_is_its_formula():
    embeddings, negatives, vectors = user_case()
    found = presence_only_user_loss(embeddings, LABELS, negatives, USERS, **vectors)
    expected = naive.full_loss_user(
        embeddings.numpy(),
        LABELS.numpy(),
        negatives.numpy(),
        USERS.numpy(),
        vectors["class_vectors"].numpy(),
        vectors["user_vectors"].numpy(),
    )
    assert float(found) == pytest.approx(expected, rel=1e-12)


@pytest.mark.reference
def test_losses_agree_with_published_pairs(published_pairs):
    pairs = published_pairs("encoder_nn_pairs")
    found = {}
    for case in ("loss_full_loss", "loss_full_loss_user"):
        weights = weights_of(pairs, case)
        places, random, labels, users = (
            torch.from_numpy(pairs[f"{case}|{name}"]) for name in ("feats", "neg", "class", "user")
        )
        classes, people = weights["class_emb.weight"], weights["user_emb.weight"]
        with torch.no_grad():
            embeddings = residual_net(weights)(torch.cat([places, random]))
        embeddings, absent = embeddings.split(len(places))
        if case == "loss_full_loss":
            loss = presence_only_loss(
                embeddings @ classes.T, labels, absent @ classes.T, rand_sample_weight=0.7
            )
        else:
            # The weight of random places, 0.7 here too, is without effect in the published loss.
            loss = presence_only_user_loss(
                embeddings, labels, absent, users, class_vectors=classes, user_vectors=people
            )
        found[case] = float(loss), float(pairs[f"{case}|loss"])
    for ours, published in found.values():
        assert ours == pytest.approx(published, rel=0, abs=2e-6)
    assert found["loss_full_loss"][1] != found["loss_full_loss_user"][1]


def test_gradients_are_those_of_differences():
    scores, negatives = drawn(6, 5).requires_grad_(), drawn(4, 5, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda a, b: presence_only_loss(a, LABELS, b, rand_sample_weight=0.3), (scores, negatives)
    )
    embeddings, negatives, vectors = user_case()

    def loss(embeddings, negatives, classes, users):
        return presence_only_user_loss(
            embeddings, LABELS, negatives, USERS, class_vectors=classes, user_vectors=users
        )

    inputs = (embeddings, negatives, *vectors.values())
    assert torch.autograd.gradcheck(loss, [each.requires_grad_() for each in inputs])


def test_sure_models_pay_what_the_constant_allows():
    right = torch.full((1, 3), -200.0)
    right[0, 1] = 200.0
    absent = torch.full((1, 3), -200.0)
    label = torch.tensor([1])
    best = float(presence_only_loss(right, label, absent))
    assert best == pytest.approx(2 * -math.log(1 + 1e-5) + 2 / 3 * -math.log(1 + 1e-5), abs=1e-6)
    worst = float(presence_only_loss(-right, label, -absent))
    # Three for the class that was seen, one for each of two others, and the random place.
    assert worst == pytest.approx((5 / 3 + 1) * -math.log(1e-5), rel=1e-6)


def test_any_axes_count_places():
    scores, negatives = drawn(6, 5), drawn(4, 5, seed=1)
    flat = presence_only_loss(scores, LABELS, negatives)
    square = presence_only_loss(
        scores.reshape(2, 3, 5), LABELS.reshape(2, 3), negatives.reshape(4, 1, 5)
    )
    assert torch.allclose(flat, square)
    narrow = presence_only_loss(scores, LABELS.to(torch.int32), negatives)
    assert torch.equal(flat, narrow)


def test_losses_compile_as_one_graph():
    torch.compiler.reset()
    scores, negatives = drawn(6, 5), drawn(4, 5, seed=1)
    compiled = torch.compile(presence_only_loss, backend="aot_eager", fullgraph=True)
    found = compiled(scores, LABELS, negatives)
    assert torch.allclose(found, presence_only_loss(scores, LABELS, negatives))
    embeddings, negatives, vectors = user_case()
    compiled = torch.compile(presence_only_user_loss, backend="aot_eager", fullgraph=True)
    found = compiled(embeddings, LABELS, negatives, USERS, **vectors)
    expected = presence_only_user_loss(embeddings, LABELS, negatives, USERS, **vectors)
    assert torch.allclose(found, expected)


@pytest.mark.parametrize("with_users", [False, True], ids=["classes", "users"])
def test_a_model_learns_where_classes_are(with_users):
    """North and south are two classes, photographed by two people."""
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    model = LocationClassifier(build("xyz", 16, hidden_dim=16, dropout=0.0), 2, users=2)
    lonlat = random_places(200, generator)
    labels = (lonlat[:, 1] < 0).long()
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    losses = []
    for _ in range(60):
        negatives = random_places(200, generator)
        embeddings, absent = model.encoder(torch.cat([lonlat, negatives])).split(200)
        if with_users:
            loss = presence_only_user_loss(
                embeddings, labels, absent, labels,
                class_vectors=model.classes.weight, user_vectors=model.users.weight,
            )  # fmt: skip
        else:
            loss = presence_only_loss(model.classes(embeddings), labels, model.classes(absent))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] - 0.3
    north, south = model.class_probabilities(lat=[60.0, -60.0], lon=[16.0, 16.0])
    assert north[0] > 2 * north[1]
    assert south[1] > 2 * south[0]


# --- Wrong input --------------------------------------------------------------------------------

SCORES = torch.zeros(3, 5)


@pytest.mark.parametrize(
    ("scores", "labels", "negatives", "weight", "message"),
    [
        ([[0.0]], [0], SCORES, 1.0, "scores is list: a tensor of floats is needed"),
        (SCORES.long(), [0, 1, 2], SCORES, 1.0, "scores is int64: a tensor of floats"),
        (torch.tensor(1.0), [0], SCORES, 1.0, "scores has the shape (): its last axis"),
        (SCORES[:0], [], SCORES, 1.0, "scores is empty, of the shape (0, 5)"),
        (SCORES, [0, 1, 2], SCORES[:0], 1.0, "negative_scores is empty, of the shape (0, 5)"),
        (SCORES, [0, 1, 2], SCORES[:, :4], 1.0, "negative_scores has the shape (3, 4): its last"),
        (SCORES, [0, 1], SCORES, 1.0, "labels has the shape (2,), not (3,): every place needs"),
        (SCORES, [0, 5, -1], SCORES, 1.0,
         "labels: 2 rows with values outside 0 to 4, in rows 1, 2 (counted from 0). They count"),
        (SCORES, [0.0, 1.0, 2.0], SCORES, 1.0, "labels is float32: a tensor of whole numbers from"),
        (SCORES, None, SCORES, 1.0, "labels is NoneType: a tensor of whole numbers from 0 to 4"),
        (SCORES, [0, 1, 2], SCORES, -1.0, "rand_sample_weight=-1.0 has to be a number that is not"),
        (SCORES, [0, 1, 2], SCORES, math.inf, "rand_sample_weight=inf has to be a number that is"),
        (SCORES, [0, 1, 2], SCORES, "1", "rand_sample_weight='1' has to be a number that is not"),
    ],
)  # fmt: skip
def test_wrong_input_is_refused_by_name(scores, labels, negatives, weight, message):
    if labels is not None:
        labels = torch.tensor(labels, dtype=None if labels else torch.int64)
    with pytest.raises(ValueError, match=re.escape(message)):
        presence_only_loss(scores, labels, negatives, rand_sample_weight=weight)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"embeddings": drawn(6, 7)}, "class_vectors has the shape (5, 8): its last axis has to"),
        ({"negatives": drawn(5, 8)}, "every place needs a random one beside it"),
        ({"negatives": drawn(6, 7)}, "negatives has the shape (6, 7): its last axis has to hold 8"),
        ({"users": LABELS}, "users: 2 rows with values outside 0 to 2, in rows 2, 3"),
        ({"users": LABELS[:5]}, "users has the shape (5,), not (6,)"),
        ({"labels": LABELS + 1}, "labels: 2 rows with values outside 0 to 4, in rows 2, 3"),
        ({"user_vectors": drawn(8)}, "user_vectors has the shape (8,): it has to be a table"),
        ({"user_vectors": None}, "user_vectors is NoneType: a tensor of floats is needed"),
    ],
)
def test_wrong_input_with_users_is_refused_by_name(changes, message):
    embeddings, negatives, vectors = user_case()
    given = {
        "embeddings": embeddings, "labels": LABELS, "negatives": negatives, "users": USERS,
        **vectors,
    }  # fmt: skip
    with pytest.raises(ValueError, match=re.escape(message)):
        presence_only_user_loss(**{**given, **changes})


# --- Random places ------------------------------------------------------------------------------


def places(number=20_000, **options):
    found = random_places(number, torch.Generator().manual_seed(7), **options)
    return found[:, 0].double().numpy(), found[:, 1].double().numpy()


def test_random_places_are_uniform_on_the_sphere():
    """Each of these fails for one seed in about a million, were the places uniform."""
    lon, lat = places()
    n, rare = len(lon), 1e-6
    assert np.abs(lat).max() <= 90
    assert np.abs(lon).max() <= 180
    points = np.array([naive.xyz(*place) for place in zip(lat, lon, strict=True)])
    # Every coordinate of a uniform point is itself uniform from -1 to 1.
    for axis in range(3):
        assert abs(points[:, axis].mean()) < 4.9 / math.sqrt(3 * n)
        assert kstest(points[:, axis], "uniform", args=(-1, 2)).pvalue > rare
    assert abs((lat > 0).mean() - 0.5) < 4.9 * 0.5 / math.sqrt(n)
    # Within 30 degrees of a pole lie 13 % of the sphere, but a third of the degrees of latitude.
    polar = 1 - math.cos(math.radians(30))
    share = (np.abs(lat) > 60).mean()
    assert abs(share - polar) < 4.9 * math.sqrt(polar * (1 - polar) / n)
    octants = (points > 0) @ [1, 2, 4]
    assert chisquare(np.bincount(octants, minlength=8)).pvalue > rare


def test_in_compat_they_lie_in_a_quarter_of_it():
    lon, lat = places(compat="torchspatial")
    assert lon.min() >= 0
    assert lat.min() >= 0
    assert 179.9 < lon.max() <= 180
    assert 89.9 < lat.max() <= 90
    assert kstest(lon, "uniform", args=(0, 180)).pvalue > 1e-6
    assert kstest(lat, "uniform", args=(0, 90)).pvalue > 1e-6
    quarters = np.bincount(2 * (lon > 90) + (lat > 45), minlength=4)
    assert chisquare(quarters).pvalue > 1e-6


def test_the_same_seed_draws_the_same_places_and_leaves_others_alone():
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    generator = torch.Generator().manual_seed(5)
    first, second = random_places(4, generator), random_places(4, generator)
    assert torch.equal(torch.rand(3), expected)
    assert torch.equal(first, random_places(4, torch.Generator().manual_seed(5)))
    assert not torch.equal(first, second)
    assert first.dtype == torch.float32
    assert build("xyz", 4)(first).shape == (4, 4)


@pytest.mark.parametrize(
    ("number", "generator", "compat", "message"),
    [
        (0, torch.Generator(), None, "number=0 has to be at least 1"),
        (2.0, torch.Generator(), None, "number=2.0 has to be a whole number"),
        (2, 0, None, "generator=0 has to be a torch.Generator"),
        (2, None, None, "generator=None has to be a torch.Generator"),
        (2, torch.Generator(), "sphere2vec", "compat='sphere2vec' is no mode"),
    ],
)
def test_wrong_draws_are_refused_by_name(number, generator, compat, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        random_places(number, generator, compat=compat)
