"""Runs of a benchmark on the same samples: their neighbourhoods are looked up only once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from geobias.encoders.locbench.bench.folder import IMAGE_ONLY, Folder, Run
from geobias.scoring import fits
from geobias.settings import scales_of
from geobias.sphere import Floats
from geobias.wording import counted

LINKS = 4
"""Neighbours of each node in the graphs; there have to be more samples."""


@dataclass(frozen=True)
class Shared:
    """Runs on the same samples: (samples, runs) of what each got right.

    ``lent`` of the runs, the last ones, are scored elsewhere on more samples.
    """

    sample: npt.NDArray[np.int64]
    lat: Floats
    lon: Floats
    runs: list[Run]
    correct: Floats
    lent: int = 0

    def table(self) -> pd.DataFrame:
        """Return what `geobias.score` reads."""
        right = {name(run): self.correct[:, at] == 1.0 for at, run in enumerate(self.runs)}
        return pd.DataFrame({"lat": self.lat, "lon": self.lon, **right})

    def beside(self, groups: Sequence[Shared]) -> Shared:
        """Borrow the image-only model from a group that holds all these samples and more."""
        if any(run.model == IMAGE_ONLY for run in self.runs):
            return self
        for other in groups:
            images = [at for at, run in enumerate(other.runs) if run.model == IMAGE_ONLY]
            place = {int(sample): row for row, sample in enumerate(other.sample)}
            if images and all(int(sample) in place for sample in self.sample):
                rows = [place[int(sample)] for sample in self.sample]
                return replace(
                    self,
                    runs=[*self.runs, *(other.runs[at] for at in images)],
                    correct=np.hstack([self.correct, other.correct[rows][:, images]]),
                    lent=len(images),
                )
        return self

    def fitting(self, scales: Sequence[str], sites: str) -> tuple[tuple[str, ...], list[str]]:
        """Return the scales that these samples are enough for, and a note on the others."""
        merged = sites == "merge"
        n = len(np.unique([self.lat, self.lon], axis=1).T) if merged else len(self.lat)
        fit = [one.name for one in scales_of(scales) if fits(one, n) and n > LINKS]
        others = [one for one in scales if one not in fit]
        if not others:
            return tuple(fit), []
        models = ", ".join(dict.fromkeys(run.model for run in self.own))
        few = counted(n, "site" if merged else "located sample")
        return tuple(fit), [f"{models}: {few} are too few for {', '.join(others)}."]

    @property
    def own(self) -> list[Run]:
        """The runs that are scored here."""
        return self.runs[: len(self.runs) - self.lent]

    def right(self, run: Run) -> Floats:
        """What a run got right."""
        right: Floats = self.correct[:, [name(each) for each in self.runs].index(name(run))]
        return right

    def against(self, run: Run) -> Run:
        """The image-only run that one is compared with: of its seed, or else the first."""
        images = [each for each in self.runs if each.model == IMAGE_ONLY]
        return next((image for image in images if image.seed == run.seed), images[0])


def together(folder: Folder) -> list[Shared]:
    """Runs on the same located samples, so that neighbourhoods are looked up once."""
    groups: dict[str, Shared] = {}
    for run in folder.runs():
        table = folder.predictions(run)
        located = table["lat"].notna() & table["lon"].notna() & table[run.correct].notna()
        lat, lon = (table.loc[located, axis].to_numpy(np.float64) for axis in ("lat", "lon"))
        correct = table.loc[located, run.correct].to_numpy(np.float64)[:, None]
        sample = table.loc[located, "sample"].to_numpy(np.int64)
        key = hashlib.sha256(sample.tobytes() + lat.tobytes() + lon.tobytes()).hexdigest()
        old = groups.get(key, Shared(sample, lat, lon, [], np.empty((len(lat), 0))))
        groups[key] = replace(old, runs=[*old.runs, run], correct=np.hstack([old.correct, correct]))
    found = list(groups.values())
    return [group.beside(found) for group in found]


def name(run: Run) -> str:
    """What a run is called among others."""
    return f"{run.model} · seed {run.seed}"
