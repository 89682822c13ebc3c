"""Networks: position encodings become embeddings."""

from geobias.encoders.networks.capsules import Capsules
from geobias.encoders.networks.ffn import FFN
from geobias.encoders.networks.mlp import MLP
from geobias.encoders.networks.residual import ResidualNet
from geobias.encoders.networks.siren import SirenNet

__all__ = ["FFN", "MLP", "Capsules", "ResidualNet", "SirenNet"]
