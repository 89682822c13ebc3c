"""Settings that published results were trained with."""

from __future__ import annotations

import csv
from importlib import resources
from typing import Any

from geobias.encoders.building import options_of
from geobias.encoders.locbench.training.choices import Training
from geobias.encoders.registry import Entry, entry_of
from geobias.errors import InputError
from geobias.wording import listed, nearest

FILE = "published_settings.csv"

OF_NERF = {"frequency_num": 16}
"""What its code computes whatever it is told; names of its checkpoints say something else."""

_WHOLE = {"frequency_num", "hidden_layers", "hidden_dim", "n_anchors", "batch_size", "epochs"}


def published_settings(encoder: str, dataset: str) -> tuple[dict[str, Any], Training]:
    """Return the options and the training that an encoder was published with.

    The numbers are those in the names of published checkpoints, or in scripts; epochs were found in
    logs. Options without any effect on an encoder are left out: the cell size of ``tile``, which
    was never passed on and would make far more cells than fit into memory, and the frequencies of
    ``nerf``, of which there were always 16. Embeddings had 256 numbers: pass ``dim=256``.

    Of ``sphere2vec-spherem+`` and ``sphere2vec-dfs``, the reference code ignores the smallest
    radius. To train what was trained, and with the same random places, set
    ``compat="torchspatial"`` in the training.

    Parameters
    ----------
    encoder : str
        One of the fifteen of TorchSpatial, by any name it goes by.
    dataset : str
        ``birdsnap``, ``birdsnap+``, ``nabirds+``, ``inat2017``, ``inat2018``, ``yfcc`` or ``fmow``.

    Returns
    -------
    options : dict
        For `train`.
    training : Training

    Raises
    ------
    InputError
        If there are none.

    References
    ----------
    Wu et al. (2024), TorchSpatial: a location encoding framework and benchmark for spatial
    representation learning.

    Examples
    --------
    >>> from geobias.encoders.locbench import published_settings
    >>> options, training = published_settings("rbf", "inat2018")
    >>> options["n_anchors"], options["kernel_size"], training.lr
    (500, 2.0, 0.01)
    """
    entry = entry_of(encoder)
    found = {(row["encoder"], row["dataset"]): row for row in _rows()}
    if (entry.name, dataset) not in found:
        there = [of_dataset for name, of_dataset in found if name == entry.name]
        near = nearest(dataset, there)
        hint = f" Did you mean {listed(near)}?" if near else ""
        raise InputError(
            f"No settings of {entry.name} on {dataset!r} are published, only on "
            f"{listed(there) or 'none'}.{hint}"
        )
    row = found[entry.name, dataset]
    values = {name: _number(name, text) for name, text in row.items() if text}
    training = Training(
        lr=values["lr"],
        batch_size=values["batch_size"],
        epochs=values["epochs"],
        # The scripts balance the classes of all datasets but this one.
        samples_per_class=None if dataset == "yfcc" else 100,
    )
    known = _options_of(entry)
    options = {name: value for name, value in values.items() if name in known}
    return {**options, **OF_NERF} if entry.name == "nerf" else options, training


def _options_of(entry: Entry) -> set[str]:
    """The options that an encoder makes use of."""
    known = {*options_of(entry.position), *options_of(entry.network)}
    return known | {"n_anchors"} if "anchors" in known else known


def _rows() -> list[dict[str, str]]:
    file = resources.files("geobias.encoders.locbench") / FILE
    return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))


def _number(name: str, text: str) -> Any:
    if name in ("encoder", "dataset", "activation"):
        return text
    return int(text) if name in _WHOLE else float(text)
