"""Published weights of networks, as the reference code names them, in modules of this package."""

import torch

from geobias.encoders.networks import ResidualNet


def weights_of(pairs, case):
    """The weights of a case of encoder_nn_pairs.npz, as a state dict."""
    return {
        key.split("|")[2]: torch.from_numpy(values)
        for key, values in pairs.items()
        if key.startswith(f"{case}|w|")
    }


def residual_net(weights):
    """The residual network with published weights: its blocks are the third to sixth layer."""
    renamed = {}
    for key, values in weights.items():
        if key.startswith("feats."):
            _, number, rest = key.split(".", 2)
            renamed[("first." if number == "0" else f"blocks.{int(number) - 2}.") + rest] = values
    out_dim, in_dim = renamed["first.weight"].shape
    network = ResidualNet(in_dim, out_dim)
    network.load_state_dict(renamed)
    return network.eval()
