"""The encoders by name: what each is made of, where it comes from, how it behaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from geobias.encoders import networks, positions
from geobias.errors import InputError
from geobias.wording import nearest


@dataclass(frozen=True)
class Entry:
    """One encoder.

    Parameters
    ----------
    name
        What it is called here.
    paper
        Where it was published.
    position, network
        What it is made of by default.
    continuous
        Whether its codes are continuous at the date line.
    single_valued
        Whether a pole has the same code at every longitude.
    multi_scale
        Whether it looks at several scales.
    size
        Numbers per code, as a formula of its options.
    options
        Options that differ from the defaults of `position` and `network`.
    reference_network
        The network in ``compat="torchspatial"``, if it is another one.
    in_torchspatial
        Whether it is one of the fifteen.
    aliases
        What else it is called.
    """

    name: str
    paper: str
    position: type[positions.Position]
    network: type[nn.Module]
    continuous: bool
    single_valued: bool
    multi_scale: bool
    size: str
    options: Mapping[str, Any] = field(default_factory=dict)
    reference_network: type[nn.Module] | None = None
    in_torchspatial: bool = True
    aliases: tuple[str, ...] = ()

    def network_in(self, compat: str | None) -> type[nn.Module]:
        """The network in a mode."""
        return self.reference_network if compat and self.reference_network else self.network


ENTRIES = (
    Entry(
        "tile",
        "Tang et al. 2015",
        positions.Tile,
        networks.FFN,
        continuous=False,
        single_valued=False,
        multi_scale=False,
        size="tile_dim",
        aliases=("tile_ffn",),
    ),
    Entry(
        "wrap",
        "Mac Aodha et al. 2019",
        positions.Wrap,
        networks.ResidualNet,
        continuous=True,
        single_valued=False,
        multi_scale=False,
        size="4",
    ),
    Entry(
        "wrap_ffn",
        "Mai et al. 2023",
        positions.Wrap,
        networks.FFN,
        continuous=True,
        single_valued=False,
        multi_scale=False,
        size="4",
        aliases=("wrap+ffn",),
    ),
    Entry(
        "rbf",
        "Mai et al. 2020",
        positions.RadialBasis,
        networks.FFN,
        continuous=False,
        single_valued=False,
        multi_scale=False,
        size="len(anchors)",
    ),
    Entry(
        "rff",
        "Rahimi and Recht 2007",
        positions.RandomFourier,
        networks.FFN,
        continuous=False,
        single_valued=False,
        multi_scale=False,
        size="frequency_num",
    ),
    Entry(
        "space2vec-grid",
        "Mai et al. 2020",
        positions.Grid,
        networks.FFN,
        continuous=False,
        single_valued=False,
        multi_scale=True,
        size="4 * frequency_num",
        aliases=("grid", "gridcell"),
    ),
    Entry(
        "space2vec-theory",
        "Mai et al. 2020",
        positions.Theory,
        networks.FFN,
        continuous=False,
        single_valued=False,
        multi_scale=True,
        size="6 * frequency_num",
        aliases=("theory",),
    ),
    Entry(
        "xyz",
        "Mai et al. 2023",
        positions.XYZ,
        networks.FFN,
        continuous=True,
        single_valued=True,
        multi_scale=False,
        size="3",
    ),
    Entry(
        "nerf",
        "Mildenhall et al. 2020",
        positions.NeRF,
        networks.FFN,
        continuous=True,
        single_valued=True,
        multi_scale=True,
        size="6 * frequency_num",
    ),
    Entry(
        "sphere2vec-spherec",
        "Mai et al. 2023",
        positions.SphereC,
        networks.FFN,
        continuous=False,
        single_valued=False,
        multi_scale=True,
        size="3 * frequency_num",
        aliases=("spherec", "sphere"),
    ),
    Entry(
        "sphere2vec-spherec+",
        "Mai et al. 2023",
        positions.SphereCPlus,
        networks.FFN,
        continuous=False,
        single_valued=False,
        multi_scale=True,
        size="6 * frequency_num",
        aliases=("spherec+", "spheregrid"),
    ),
    Entry(
        "sphere2vec-spherem",
        "Mai et al. 2023",
        positions.SphereM,
        networks.FFN,
        continuous=False,
        single_valued=False,
        multi_scale=True,
        size="5 * frequency_num",
        aliases=("spherem", "spheremixscale"),
    ),
    Entry(
        "sphere2vec-spherem+",
        "Mai et al. 2023",
        positions.SphereMPlus,
        networks.FFN,
        continuous=False,
        single_valued=False,
        multi_scale=True,
        size="8 * frequency_num",
        aliases=("spherem+", "spheregridmixscale"),
    ),
    Entry(
        "sphere2vec-dfs",
        "Mai et al. 2023",
        positions.Dfs,
        networks.FFN,
        continuous=False,
        single_valued=False,
        multi_scale=True,
        size="4 * frequency_num**2 + 4 * frequency_num",
        aliases=("dfs", "dft"),
    ),
    Entry(
        "spherical_harmonics",
        "Rußwurm et al. 2024",
        positions.SphericalHarmonics,
        networks.SirenNet,
        continuous=True,
        single_valued=True,
        multi_scale=True,
        size="legendre_polys**2",
        reference_network=networks.FFN,
        aliases=("siren(sh)", "siren-sh", "sh"),
    ),
    Entry(
        "satclip",
        "Klemmer et al. 2025",
        positions.SphericalHarmonics,
        networks.SirenNet,
        continuous=True,
        single_valued=True,
        multi_scale=True,
        size="legendre_polys**2",
        options={"legendre_polys": 40},
        in_torchspatial=False,
        aliases=("satclip-l40",),
    ),
    Entry(
        "geoclip",
        "Vivanco Cepeda et al. 2023",
        positions.EqualEarthFourier,
        networks.Capsules,
        continuous=False,
        single_valued=False,
        multi_scale=True,
        size="2 * frequency_num * len(sigmas)",
        in_torchspatial=False,
    ),
    Entry(
        "sinr",
        "Cole et al. 2023",
        positions.Wrap,
        networks.ResidualNet,
        continuous=True,
        single_valued=False,
        multi_scale=False,
        size="4",
        in_torchspatial=False,
    ),
)
"""The fifteen of TorchSpatial, and those that users of them look for."""


def _plain(name: object) -> str:
    """A name without what people spell differently."""
    return str(name).strip().casefold().replace("_", "-").replace(" ", "-")


_BY_NAME = {_plain(name): entry for entry in ENTRIES for name in (entry.name, *entry.aliases)}


def entry_of(name: str) -> Entry:
    """Return the encoder of that name, whatever its capitals and hyphens.

    Raises
    ------
    InputError
        If there is none; near names are suggested.
    """
    if _plain(name) in _BY_NAME:
        return _BY_NAME[_plain(name)]
    near = [_BY_NAME[each].name for each in nearest(_plain(name), list(_BY_NAME))]
    hint = f"Did you mean {' or '.join(dict.fromkeys(near))}?" if near else "There are "
    known = "" if near else ", ".join(entry.name for entry in ENTRIES) + "."
    raise InputError(f"There is no encoder {name!r}. {hint}{known}")
