"""The datasets by their names: where their files are published, what is in them, who reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from geobias.encoders.locbench.datasets.annotated import read_annotated
from geobias.encoders.locbench.datasets.birds import read_birds
from geobias.encoders.locbench.datasets.folder import Needed
from geobias.encoders.locbench.datasets.images import feature_files, image_files
from geobias.encoders.locbench.datasets.mosaiks import read_mosaiks
from geobias.encoders.locbench.datasets.rows import Read
from geobias.encoders.locbench.datasets.sustainbench import read_sustainbench
from geobias.encoders.locbench.datasets.yfcc import read_yfcc

OF_LOCBENCH = "the data of LocBench (TorchSpatial, arXiv 2406.15658), figshare 26026798"
OF_MOSAIKS = (
    "MOSAIKS (Rolf et al. 2021, A generalizable and accessible approach to machine learning with "
    "global satellite imagery, Nature Communications 12, 4392), labels Y and features X"
)
OF_SUSTAINBENCH = (
    "SustainBench (Yeh et al. 2021, NeurIPS Datasets and Benchmarks), labels of the Demographic "
    "and Health Surveys"
)

Reader = Callable[[Mapping[str, Path], int], Read]
Files = dict[str, Needed]


@dataclass(frozen=True)
class Entry:
    """A published dataset.

    Attributes
    ----------
    name : str
    published : str
        Its name in published tables.
    read : callable
        Takes the paths of files and a seed.
    files : dict
        Files that have to be there, and those that are read where they are.
    source : str
        Where the files are published.
    subfolders : tuple of str
        Where in a folder of data they may lie.
    classes : int
        How many there are; 0 where values are predicted.
    located : mapping
        Published number of samples with a location, by split.
    samples : mapping
        Published number of all samples, by split.
    total : int, optional
        Published number of all samples in all splits.
    evaluated_on : str
    features : dict
        Files of features that are read if somebody asks for them.
    """

    name: str
    published: str
    read: Reader
    files: Files
    source: str
    subfolders: tuple[str, ...]
    classes: int = 0
    located: Mapping[str, int] = field(default_factory=dict)
    samples: Mapping[str, int] = field(default_factory=dict)
    total: int | None = None
    evaluated_on: str = "test"
    features: Files = field(default_factory=dict)

    @property
    def task(self) -> str:
        """``classification`` or ``regression``."""
        return "classification" if self.classes else "regression"


def _birds(
    name: str, published: str, places: str, classes: int, *sizes: Mapping[str, int]
) -> Entry:
    kind = name.rstrip("+")
    stem = f"features_inception/{kind}"
    located, samples = sizes
    return Entry(
        name=name,
        published=published,
        read=partial(read_birds, places=places),
        files={"records": Needed((f"{kind}_with_loc_2019.json", f"{kind}*.json"))}
        | image_files(stem, ["val", "test"], ending="preds_sparse.npz", evaluated_on="test"),
        features=feature_files(stem, ["train", "val", "test"]),
        source=OF_LOCBENCH,
        subfolders=(*dict.fromkeys((name, kind)),),
        classes=classes,
        located=located,
        samples=samples,
    )


def _inat(year: int, classes: int, total: int, train: int, val: int, images: int) -> Entry:
    stem = f"features_inception/inat{year}"
    return Entry(
        name=f"inat{year}",
        published=f"iNat{year}",
        read=partial(read_annotated, asks_for_user=True),
        files={"categories": Needed((f"categories{year}.json",))}
        | {f"annotations {split}": Needed((f"{split}{year}.json",)) for split in ("train", "val")}
        | {
            f"locations {split}": Needed((f"{split}{year}_locations.json",))
            for split in ("train", "val")
        }
        | image_files(stem, ["val"], ending="preds_sparse.npz", evaluated_on="val"),
        features=feature_files(stem, ["train", "val"]),
        source=OF_LOCBENCH,
        subfolders=(f"inat{year}", f"inat_{year}"),
        classes=classes,
        located={"train": train, "val": val},
        samples={"val": images},
        total=total,
        evaluated_on="val",
    )


def _mosaiks(name: str, column: str, total: int, published_range: str) -> Entry:
    return Entry(
        name=f"mosaiks-{name}",
        published=name,
        read=partial(read_mosaiks, column=column, published_range=published_range),
        files={
            "values": Needed((f"Y_{column}.csv",)),
            "features": Needed((f"X_{column}.npy", f"X_*{column}*.npy")),
        },
        source=OF_MOSAIKS,
        subfolders=(f"mosaiks-{name}", "mosaiks"),
        total=total,
    )


def _sustainbench(task: str) -> Entry:
    return Entry(
        name=f"sustainbench-{task}",
        published=task,
        read=partial(read_sustainbench, task=task),
        files={
            "trainval": Needed(("dhs_trainval_labels.csv",)),
            "test": Needed(("dhs_test_labels.csv",)),
        },
        source=OF_SUSTAINBENCH,
        subfolders=(f"sustainbench-{task}", "sustainbench"),
    )


_YFCC = Entry(
    name="yfcc",
    published="YFCC",
    read=read_yfcc,
    files={
        "places": Needed(("train_test_split.csv",)),
        "classes": Needed(("class_names.csv",)),
        **image_files(
            "features_inception/YFCC", ["val", "test"], ending="preds.npy", evaluated_on="test"
        ),
    },
    features=feature_files("features_inception/YFCC", ["train", "val", "test"]),
    source=OF_LOCBENCH,
    subfolders=("yfcc",),
    classes=100,
    located={"train": 66_739, "val": 4_449, "test": 17_798},
    samples={"train": 66_739, "val": 4_449, "test": 17_798},
    total=88_986,
)

_FMOW = Entry(
    name="fmow",
    published="fMoW",
    read=partial(read_annotated, asks_for_user=False),
    files={
        "categories": Needed(("category.json",)),
        **{f"annotations {split}": Needed((f"{split}.json",)) for split in ("train", "val")},
        **{f"locations {split}": Needed((f"{split}_location.json",)) for split in ("train", "val")},
        **image_files("feature_moco/fmow", ["val"], ending="preds.npy", evaluated_on="val"),
    },
    features=feature_files("feature_moco/fmow", ["train", "val"]),
    source=OF_LOCBENCH,
    subfolders=("fmow",),
    classes=62,
    located={"train": 363_571, "val": 53_041},
    samples={"train": 363_571, "val": 53_041},
    total=416_612,
    evaluated_on="val",
)

ENTRIES: dict[str, Entry] = {
    entry.name: entry
    for entry in (
        _birds(
            "birdsnap",
            "BirdSnap",
            "orig_meta",
            500,
            {"train": 19_133, "val": 443, "test": 816},
            {"test": 2_262},
        ),
        _birds(
            "birdsnap+",
            "BirdSnap+",
            "ebird_meta",
            500,
            {"train": 42_490, "val": 980, "test": 2_217},
            {"test": 2_262},
        ),
        _birds(
            "nabirds+",
            "NABirds+",
            "ebird_meta",
            555,
            {"train": 22_599, "val": 1_100, "test": 24_411},
            {"test": 24_633},
        ),
        _inat(2017, 5_089, 675_170, 569_465, 93_622, 95_986),
        _inat(2018, 8_142, 461_939, 436_063, 24_343, 24_426),
        _YFCC,
        _FMOW,
        _mosaiks("population", "population", 425_637, "ln(1 + people), at most 9.54"),
        _mosaiks("elevation", "elevation", 498_115, "metres, from -139 to 6,319"),
        _mosaiks("forest_cover", "forest", 498_106, "ln(1 + per cent), at most ln 101 = 4.615"),
        _mosaiks("nightlights", "nightlights", 492_226, "logarithms, at most 5.09"),
        *map(
            _sustainbench,
            [
                "asset_index",
                "women_bmi",
                "water_index",
                "under5_mort",
                "sanitation_index",
                "women_edu",
            ],
        ),
    )
}
