"""Checkpoints in the format of TorchSpatial, and what the published model makes of them.

The weights are random; embeddings and probabilities come from the oracle, not from the package.
"""

from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import torch

import naive

Weights = dict[str, np.ndarray]

FILTS, CLASSES, USERS, HIDDEN = 6, 4, 3, 5
WORLD = [-180, 180, -90, 90]
COMMAND_LINE = [-162, -59, 20, 56]
ANCHORS = np.array([[16.4, 48.2], [-179.0, -17.0], [151.2, -33.9], [0.0, 90.0]])
ROWS = [311, 7, 95, 2]

PARAMS: dict[str, Any] = {
    "dataset": "fmow", "meta_type": "", "device": "cuda:1", "num_epochs": 0, "lr": 0.005,
    "spa_enc_type": "", "frequency_num": 4, "max_radius": 1.0, "min_radius": 0.05,
    "num_hidden_layer": 1, "hidden_dim": HIDDEN, "num_rbf_anchor_pts": len(ANCHORS),
    "rbf_kernel_size": 30.0, "loc_encode": "encode_cos_sin", "num_filts": FILTS,
    "freq_init": "geometric", "spa_f_act": "leakyrelu", "map_range": WORLD, "use_layn": True,
    "skip_connection": True, "spa_enc_use_postmat": True, "use_date_feats": False,
    "train_loss": "full_loss", "dropout": 0.5, "num_classes": CLASSES, "rbf_anchor_pt_ids": None,
    "num_users": USERS, "num_loc_feats": 2, "num_feats": 2, "unsuper_model_file_name": None,
}  # fmt: skip

CASES: dict[str, dict[str, Any]] = {
    "tile_ffn": {"hidden_dim": FILTS},
    "wrap": {},
    "wrap_ffn": {"spa_f_act": "relu", "loc_encode": "encode_3D"},
    "rbf": {"rbf_anchor_pt_ids": ROWS},
    "rff": {"frequency_num": 7},
    "Space2Vec-grid": {"max_radius": 360.0},
    "Space2Vec-theory": {"max_radius": 360.0, "spa_f_act": "gelu", "num_hidden_layer": 2},
    "xyz": {"num_hidden_layer": 3, "spa_f_act": "sigmoid"},
    "NeRF": {"frequency_num": 64, "spa_f_act": "tanh"},
    "Sphere2Vec-sphereC": {"num_hidden_layer": 0},
    "Sphere2Vec-sphereC+": {"use_layn": False, "num_hidden_layer": 2},
    "Sphere2Vec-sphereM": {"skip_connection": False, "num_hidden_layer": 2},
    "Sphere2Vec-sphereM+": {"max_radius": 20.0},
    "Sphere2Vec-dfs": {"frequency_num": 3},
    "spherical_harmonics": {"num_hidden_layer": 3},
}
"""All fifteen, each with some settings of its own."""


def params_of(name: str, **changes: Any) -> dict[str, Any]:
    return {**PARAMS, **CASES[name], "spa_enc_type": name, **changes}


def length(params: dict[str, Any]) -> int:
    """Numbers per place that reach the network."""
    scales = params["frequency_num"]
    return {
        "tile_ffn": params["num_filts"], "wrap_ffn": 4, "xyz": 3, "NeRF": 96, "rff": scales,
        "wrap": {"encode_cos_sin": 4, "encode_3D": 3, "encode_none": 2}[params["loc_encode"]],
        "rbf": params["num_rbf_anchor_pts"], "spherical_harmonics": 64,
        "Space2Vec-grid": 4 * scales, "Space2Vec-theory": 6 * scales,
        "Sphere2Vec-sphereC": 3 * scales, "Sphere2Vec-sphereC+": 6 * scales,
        "Sphere2Vec-sphereM": 5 * scales, "Sphere2Vec-sphereM+": 8 * scales,
        "Sphere2Vec-dfs": 4 * scales**2 + 4 * scales,
    }[params["spa_enc_type"]]  # fmt: skip


def random_weights(params: dict[str, Any], seed: int = 0) -> Weights:
    """Weights by their published names."""
    rng = np.random.default_rng(seed)
    dim, wide_in = params["num_filts"], length(params)
    found: Weights = {}

    def linear(name: str, rows: int, columns: int, *, bias: bool = True) -> None:
        found[f"{name}.weight"] = rng.normal(0, 1 / np.sqrt(columns), (rows, columns))
        if bias:
            found[f"{name}.bias"] = rng.normal(0, 0.3, rows)

    if params["spa_enc_type"] == "wrap":
        linear("class_emb", params["num_classes"], dim, bias=False)
        linear("user_emb", params["num_users"], dim, bias=False)
        linear("feats.0", dim, wide_in)
        for block in range(2, 6):
            linear(f"feats.{block}.w1", dim, dim)
            linear(f"feats.{block}.w2", dim, dim)
    else:
        if params["spa_enc_type"] == "rff":
            # Directions are drawn row by row and transposed, which the file keeps.
            found["spa_enc.position_encoder.dirvec"] = rng.normal(0, 1, (wide_in, 2)).T
            found["spa_enc.position_encoder.shift"] = rng.uniform(0, 2 * np.pi, wide_in)
        if params["spa_enc_type"] == "tile_ffn":
            found["spa_enc.position_encoder.embedding.weight"] = rng.normal(0, 1, (1, wide_in))
        widths = [wide_in, *[params["hidden_dim"]] * params["num_hidden_layer"], dim]
        for layer in range(len(widths) - 1):
            at = f"spa_enc.ffn.layers.{layer}"
            if params["use_layn"] and layer < len(widths) - 2:
                found[f"{at}.layernorm.weight"] = rng.normal(1, 0.2, widths[layer + 1])
                found[f"{at}.layernorm.bias"] = rng.normal(0, 0.2, widths[layer + 1])
            linear(f"{at}.linear", widths[layer + 1], widths[layer])
        linear("class_emb", params["num_classes"], dim, bias=False)
        linear("user_emb", params["num_users"], dim, bias=False)
    return {name: value.astype(np.float32, order="K") for name, value in found.items()}


def contents(params: dict[str, Any], weights: Weights, **changes: Any) -> dict[str, Any]:
    """The dictionary that the reference code saves."""
    state = OrderedDict((name, torch.from_numpy(value)) for name, value in weights.items())
    optimizer = {"state": {}, "param_groups": [{"lr": 0.005, "params": [0, 1]}]}
    held = {"epoch": 102, "state_dict": state, "optimizer": optimizer, "params": params}
    return {**held, **changes}


def write(path: Path, params: dict[str, Any], weights: Weights | None = None) -> Path:
    torch.save(contents(params, random_weights(params) if weights is None else weights), path)
    return path


def code(params: dict[str, Any], weights: Weights, lat: float, lon: float) -> list[float]:
    """The position encoding of a place in single precision, as the reference code computes it."""
    name, scales, coarsest = (params[k] for k in ("spa_enc_type", "frequency_num", "max_radius"))
    if name == "tile_ffn":
        return weights["spa_enc.position_encoder.embedding.weight"][0].tolist()
    if name == "wrap":
        return naive.wrap(lat, lon, params["loc_encode"])
    if name == "wrap_ffn":
        return naive.wrap(lat, lon)
    if name == "rbf":
        return naive.rbf(lat, lon, ANCHORS, params["rbf_kernel_size"])
    if name == "rff":
        dirvec, shift = (
            weights[f"spa_enc.position_encoder.{each}"] for each in ("dirvec", "shift")
        )
        return naive.rff(lat, lon, dirvec, shift, params["map_range"])
    if name == "xyz":
        return naive.xyz(lat, lon)
    if name == "NeRF":
        return naive.nerf(lat, lon, 16)
    if name == "spherical_harmonics":
        found = naive.spherical_harmonics(lat, lon, 8)
        for degree in range(8):  # The slip of the reference code, at order 0.
            found[degree**2 + degree] *= np.pi
        return found
    frequencies = naive.geometric_frequencies(scales, params["min_radius"], coarsest)
    if name.startswith("Space2Vec"):
        encode = naive.space2vec_grid if name.endswith("grid") else naive.space2vec_theory
        return encode(lat, lon, frequencies)
    short = name.removeprefix("Sphere2Vec-")
    if short in ("sphereM+", "dfs"):
        frequencies = naive.frequencies_from_one(scales, coarsest)
    return naive.sphere2vec(short, lat, lon, frequencies)


def embedding(params: dict[str, Any], weights: Weights, lat: float, lon: float) -> list[float]:
    """What the published network makes of a place."""

    def both(name: str) -> tuple[np.ndarray, np.ndarray]:
        return weights[f"{name}.weight"], weights[f"{name}.bias"]

    # Places reach the encoder, and codes the network, in single precision.
    place = float(np.float32(lat)), float(np.float32(lon))
    row = np.float32(code(params, weights, *place)).tolist()
    if params["spa_enc_type"] == "wrap":
        blocks = [(both(f"feats.{n}.w1"), both(f"feats.{n}.w2")) for n in range(2, 6)]
        return naive.fcnet(row, both("feats.0"), blocks)
    layers = [f"spa_enc.ffn.layers.{n}" for n in range(params["num_hidden_layer"] + 1)]
    norms = [both(f"{each}.layernorm") for each in layers[:-1]] if params["use_layn"] else None
    linears = [both(f"{each}.linear") for each in layers]
    return naive.ffn(row, linears, norms, params["spa_f_act"], params["skip_connection"])


def probabilities(weights: Weights, embedded: list[float]) -> list[float]:
    """Sigmoids of the class scores."""
    scores = weights["class_emb.weight"].astype(float) @ np.array(embedded)
    return (1 / (1 + np.exp(-scores))).tolist()
