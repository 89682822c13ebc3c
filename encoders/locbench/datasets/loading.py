"""Datasets by name: from published files, or simulated."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module

import pandas as pd

from geobias.encoders.locbench.datasets.catalogue import ENTRIES, Entry
from geobias.encoders.locbench.datasets.dataset import SPLITS, Dataset
from geobias.encoders.locbench.datasets.folder import described, find
from geobias.encoders.locbench.datasets.rows import Rows, drawn, splits_of
from geobias.errors import InputError
from geobias.settings import LARGEST_SEED, whole_number
from geobias.values import is_finite_number
from geobias.wording import counted, listed, nearest

SIMULATED = {
    "synthetic": ("synthetic", "synthetic", "classification"),
    "synthetic-field": ("field", "field", "regression"),
}
"""Module, function and task of each simulated dataset."""


def load_dataset(
    name: str,
    *,
    data: str | os.PathLike[str] | None = None,
    features: bool = False,
    sample: float | None = None,
    n: int | None = None,
    seed: int = 0,
) -> Dataset:
    r"""Load a dataset of LocBench by its name.

    Parameters
    ----------
    name : str
        One of `list_datasets`.
    data : str or path-like, optional
        The folder of the published files; needed for all but simulated datasets. Files lie there or
        in a subfolder of the name of the dataset, as `list_datasets` says. Nothing is downloaded.
    features : bool
        Read features of images for classification, too. LocBench does not use them; regression
        always has them.
    sample : float, optional
        Keep this share of every split, drawn with the seed: for regression only. LocBench
        keeps 0.05 of MOSAIKS, drawn anew and without a seed at every start, so that no two of its
        published results are of the same places. By default all rows are kept.
    n : int, optional
        How many samples are simulated, 20,000 unless told otherwise.
    seed : int
        Of what is drawn: simulated datasets, ``sample``, and the validation split of SustainBench.

    Returns
    -------
    Dataset
        Its ``notes`` say what was read, left out or needs care.

    Raises
    ------
    InputError
        If there is no such dataset; if files are missing, cut short or do not fit each other.

    Notes
    -----
    Samples without a location are left out of training, and kept in the other splits, where a model
    of images answers alone [1]_. For iNat a location counts if its user is known; for birds, if the
    date is known, too. People are numbered by those of the located training samples.

    The tables of MOSAIKS have a column ``split`` of train, val (or valid) and test. SustainBench
    publishes train and validation as one: a tenth of it is drawn for validation.

    References
    ----------
    .. [1] Wu, N. et al. (2024). TorchSpatial: a location encoding framework and benchmark for
       spatial representation learning. arXiv 2406.15658.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from geobias.encoders.locbench import load_dataset
    >>> header = "lon,lat,nl_mean,women_edu_normalized\n"
    >>> with TemporaryDirectory() as folder:
    ...     rows = "".join(f"{lon},10,0.5,{lon / 40}\n" for lon in range(20))
    ...     _ = Path(folder, "dhs_trainval_labels.csv").write_text(header + rows)
    ...     _ = Path(folder, "dhs_test_labels.csv").write_text(header + rows + "30,10,1,\n")
    ...     dataset = load_dataset("sustainbench-women_edu", data=folder)
    >>> {name: len(split) for name, split in dataset.splits.items()}
    {'train': 18, 'val': 2, 'test': 20}
    >>> dataset.notes[0]
    'test: 1 of 21 rows without a women_edu_normalized left out.'
    """
    seed = whole_number("seed", seed, 0, LARGEST_SEED)
    if name in tuple(SIMULATED):
        return _simulated(name, data=data, features=features, sample=sample, n=n, seed=seed)
    entry = _entry(name)
    _refuse_choices(entry, sample, n)
    files = entry.files | (entry.features if features else {})
    read = entry.read(find(name, _folder(entry, data), entry.subfolders, files, entry.source), seed)
    rows, notes = dict(read.rows), [*read.notes, *_other_sizes(entry, read.rows, len(read.classes))]
    if sample is not None:
        rows, said = _share(rows, sample, seed)
        notes.append(said)
    splits, users, said_of_places = splits_of(rows)
    notes += said_of_places
    if entry.evaluated_on == "val":
        notes.append(
            "val both chooses a model and evaluates it, as in the published results: there is no "
            "other split with answers, and what is chosen by it may look better than it is."
        )
    return Dataset(
        name=name,
        classes=read.classes,
        splits=splits,
        evaluated_on=entry.evaluated_on,
        published=entry.published,
        users=users,
        notes=tuple(notes),
    )


def list_datasets() -> pd.DataFrame:
    """Return the datasets that `load_dataset` knows, one row each.

    Returns
    -------
    pandas.DataFrame
        ``name``; ``task``; ``classes``; ``train``, ``val`` and ``test``, the published numbers of
        samples with a location, and ``total``, that of all samples, missing where none is
        published; ``evaluated_on``, the split of published results; ``published``, the name in
        published tables; ``folders`` in the folder of data that are searched before it; ``files``
        that are needed; ``source``, where they are published. What a simulated dataset holds
        depends on how many samples are asked for.

    Examples
    --------
    >>> from geobias.encoders.locbench import list_datasets
    >>> table = list_datasets().set_index("name")
    >>> table.query("evaluated_on == 'val'").index.tolist()
    ['inat2017', 'inat2018', 'fmow']
    >>> int(table.loc["inat2018", "train"])
    436063
    >>> table.loc["yfcc", "files"].split(", ")[:2]
    ['train_test_split.csv', 'class_names.csv']
    """
    rows = [_row(entry) for entry in ENTRIES.values()]
    rows += [
        {"name": name, "task": task, "evaluated_on": "test"}
        for name, (_, _, task) in SIMULATED.items()
    ]
    table = pd.DataFrame(rows)
    return table.astype(dict.fromkeys(("classes", *SPLITS, "total"), "Int64"))


def _row(entry: Entry) -> dict[str, object]:
    return {
        "name": entry.name,
        "task": entry.task,
        "classes": entry.classes,
        **{split: entry.located.get(split) for split in SPLITS},
        "total": entry.total,
        "evaluated_on": entry.evaluated_on,
        "published": entry.published,
        "folders": ", ".join(entry.subfolders),
        "files": described(entry.files.values()),
        "source": entry.source,
    }


def _entry(name: object) -> Entry:
    if not isinstance(name, str) or name not in ENTRIES:
        known = [*ENTRIES, *SIMULATED]
        near = nearest(name, known) if isinstance(name, str) else []
        what = f"did you mean {' or '.join(near)}?" if near else f"known are {listed(known)}."
        raise InputError(f"There is no dataset {name!r}: {what}")
    return ENTRIES[name]


def _folder(entry: Entry, data: object) -> str | os.PathLike[str]:
    if not isinstance(data, str | os.PathLike):
        given = "" if data is None else f", not {data!r}"
        raise InputError(
            f"{entry.name} is read from files: name their folder, as in data='data'{given}. "
            f"It holds {described(entry.files.values())}. Where they are published: {entry.source}."
        )
    return data


def _refuse_choices(entry: Entry, sample: float | None, n: int | None) -> None:
    if n is not None:
        raise InputError(f"n={n!r} is for simulated datasets; {entry.name} is read from files.")
    if sample is None:
        return
    if entry.task != "regression":
        raise InputError(
            f"sample={sample!r} is for regression, where published results are of a share; "
            f"{entry.name} is classification."
        )
    if isinstance(sample, bool) or not is_finite_number(sample) or not 0 < sample <= 1:
        raise InputError(f"sample={sample!r} has to be a share above 0 and up to 1.")


def _simulated(name: str, *, n: int | None, seed: int, **of_files: object) -> Dataset:
    given = [choice for choice, value in of_files.items() if value not in (None, False)]
    if given:
        raise InputError(f"{listed(given)} is for published datasets; {name} is simulated.")
    module, function, _ = SIMULATED[name]
    simulate = getattr(import_module(f"{__package__}.{module}"), function)
    made: Dataset = simulate(seed=seed) if n is None else simulate(n, seed=seed)
    return made


def _other_sizes(entry: Entry, rows: Mapping[str, Rows], classes: int) -> list[str]:
    """Say where the files hold more or less than what is published."""
    found = {f"{split} with a location": int(part.located.sum()) for split, part in rows.items()}
    found |= {f"{split} in all": len(part) for split, part in rows.items()}
    found |= {"classes": classes, "in all splits": sum(map(len, rows.values()))}
    published = {f"{split} with a location": size for split, size in entry.located.items()}
    published |= {f"{split} in all": size for split, size in entry.samples.items()}
    published |= {"classes": entry.classes} if entry.classes else {}
    published |= {"in all splits": entry.total} if entry.total else {}
    other = [
        f"{what} {found[what]:,} instead of {size:,}"
        for what, size in published.items()
        if found[what] != size
    ]
    if not other:
        return []
    return [
        f"Sizes are not those published: {', '.join(other)}. Are files cut, or of another version?"
    ]


def _share(rows: Mapping[str, Rows], share: float, seed: int) -> tuple[dict[str, Rows], str]:
    """A share of every split, and how many rows that are."""
    kept = {
        split: part.take(drawn(part, share, seed, f"sample of {split}"))
        for split, part in rows.items()
    }
    sizes = [
        f"{len(kept[split]):,} of {counted(len(part), 'row')} of {split}"
        for split, part in rows.items()
    ]
    return kept, f"A share of {share:g} is kept, drawn with seed {seed}: {listed(sizes)}."
