"""The same scores in one piece and in many, bit for bit."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import numpy as np

import worlds
from geobias.geometry.curve import pieces_of
from geobias.geometry.places import Places
from geobias.marking import Marking
from geobias.scorer import Scorer
from geobias.settings import Settings
from geobias.spread.spread import Spread


class Case(NamedTuple):
    """Samples, their marks and what is made of them."""

    places: Places
    marking: Marking
    settings: Settings

    @property
    def scorer(self):
        return Scorer.of(*self, threads=1)

    def spread(self, crew):
        return Spread(*self, crew)


def choices_of(scale: str, **choices: Any) -> Settings:
    """The choices of `geobias.score`, those not given as they are by default."""
    return Settings.checked(
        **{
            "scales": scale, "preset": "geobias", "marks": "pm", "k": 4,
            "background": "everywhere", "sites": "keep", "site_tolerance_km": 0.0,
            "centres": None, "seed": 0, "index": "bands", "permutations": None, "within": None,
            "bootstrap": None, "block_km": None, "fdr": None, "centre_permutations": None,
            **choices,
        }
    )  # fmt: skip


def case_of(world, scale, *, models=2, levels=(-1.0, 1.0), seed=0, **choices):
    """Marks at random on a world."""
    places = Places.of(*world)
    marks = np.stack([worlds.binned(places.seats, seed + m, levels) for m in range(models)])
    spelled = tuple(sorted({-1.0, *levels, 1.0})) if len(levels) > 2 else (-1.0, 1.0)
    return Case(places, Marking.of(places, marks, spelled), choices_of(scale, **choices))


def cut_at_random(points, seed):
    """Pieces of very different sizes, with no regard to where points are."""
    draw = np.random.default_rng(seed)
    cuts = np.sort(draw.choice(np.arange(1, points.size), min(5, points.size - 1), replace=False))
    return [np.sort(piece) for piece in np.split(draw.permutation(points), cuts)]


def runs(case, points, most):
    return pieces_of(case.places.unit, points, most)


def arrays_of(result):
    """All arrays in nested results, by name."""
    if dataclasses.is_dataclass(result):
        items = {field.name: getattr(result, field.name) for field in dataclasses.fields(result)}
    elif isinstance(result, dict):
        items = result
    else:
        return {} if result is None else {"": result}
    return {
        f"{name}.{inner}": array for name, value in items.items()
        for inner, array in arrays_of(value).items()
    }  # fmt: skip


def bits(array):
    return array.view(np.int64) if array.dtype == np.float64 else array


def assert_same_bits(one, other):
    one, other = arrays_of(one), arrays_of(other)
    assert one.keys() == other.keys()
    for name, array in one.items():
        assert array.dtype == other[name].dtype, name
        np.testing.assert_array_equal(bits(array), bits(other[name]), err_msg=name)


def taken(result, at):
    """The entries of some centres, from all arrays of nested results."""
    if dataclasses.is_dataclass(result):
        return type(result)(
            **{f.name: taken(getattr(result, f.name), at) for f in dataclasses.fields(result)}
        )
    if isinstance(result, dict):
        return {name: taken(value, at) for name, value in result.items()}
    return None if result is None else result[..., at]


def ignore(*told):
    pass


def assert_equal_in_pieces(case, crew, pieces):
    """Score every piece, and compare with scores of all points at once."""
    points = np.sort(np.concatenate(pieces))
    for scale in case.settings.scales:
        whole = case.scorer.scores(scale, points, ignore)
        made = list(case.spread(crew).each(scale, pieces, ignore))
        assert len(made) == len(pieces)
        for piece, scores in zip(pieces, made, strict=True):
            assert_same_bits(scores, taken(whole, np.searchsorted(points, piece)))


def assert_equal_sums(case, crew, points, columns, seed):
    draw = np.random.default_rng(seed)
    weights = draw.integers(1, 4, points.size)
    codes = draw.permuted(np.tile(case.marking.codes[:, :1], columns), axis=0)
    for scale in case.settings.scales:
        whole = case.scorer.sums(scale, points, weights, codes, ignore)
        assert_same_bits(case.spread(crew).sums(scale, points, weights, codes, ignore), whole)
