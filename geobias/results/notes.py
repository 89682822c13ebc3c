"""What a reader of the numbers has to know before trusting them, a sentence each."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from geobias.geometry.places import Ints
from geobias.results.scores import SRI
from geobias.results.summary import records
from geobias.samples import Samples
from geobias.scales import Scale
from geobias.settings import Settings
from geobias.sphere import Floats
from geobias.sri.parts import FEWEST
from geobias.ssi.surprisal import SATURATION
from geobias.wording import counted

REPEATS_NOTE = (
    "Findings at single centres (fdr) take the samples of a site for independent ones: repeated "
    'samples that agree look like clusters. sites="merge" or --sites merge judges sites.'
)


def notes_on(samples: Samples, settings: Settings, summary: pd.DataFrame) -> list[str]:
    """Say how the samples were read, and what the choices of the audit bring with them."""
    notes = list(samples.notes)
    if settings.preset != "geobias" and "ssi" in settings.scores:
        notes.append(
            f"Preset {settings.preset} saturates at {SATURATION:.2f} nats (-ln 1e-256): larger "
            "surprises look the same. It is for agreement with published numbers."
        )
    if settings.background == "land":
        notes.append(
            "Lattice points on water were left out (background land, after Natural Earth, where "
            "lakes are land), so that no sample counts as isolated for lying on a coast. "
            "Clustering has no lattice: it is the same without this choice."
        )
    if settings.centres is not None and settings.centres < samples.n:
        notes.append(
            f"Scored around {settings.centres:,} random centres of {samples.n:,} (seed "
            f"{settings.seed}), against all neighbours; ± is the standard error of the mean."
        )
    if "sri" in settings.scores:
        notes += _notes_on_parts(samples, settings)
    if samples.averaged and "ssi" in settings.scores:
        notes.append(
            "The marked score needs marks that are right or wrong: it is undefined around "
            "sites whose samples are both."
        )
        notes.append(
            "A site of many samples strays less from the mean than one of few. The calibrated "
            "scores do not know that; the permutation test does: it exchanges sites of equal size."
        )
    rows = records(summary.drop_duplicates("scale"))
    for scale, row in zip(settings.scales, rows, strict=True):
        if row["capped"]:
            notes.append(cut_note(scale, row["capped"], row["centres"]))
    return notes


def cut_note(scale: Scale, cut: int, centres: int) -> str:
    """Say how many neighbourhoods were cut to the nearest."""
    return (
        f"At {scale}, {cut:,} of {centres:,} neighbourhoods hold more than {scale.cap:,} samples "
        f"and were cut to the nearest {scale.cap:,}."
    )


def _notes_on_parts(samples: Samples, settings: Settings) -> list[str]:
    """Say what SRI needs to be read with."""
    notes = []
    if settings.preset == "published":
        notes.append(
            "SRI with preset published has the slips of the published tables: parts whose marks "
            "are all wrong count as all correct, cells and rings reach beyond the radius, and "
            "directions are turned by the longitude of the centre. The relative ones do not."
        )
    if samples.averaged and len(samples.levels) > 2:
        notes.append("SRI is undefined around sites whose mean mark is none of the levels.")
    return notes


def parts_note(scale: Scale, columns: Mapping[str, Floats]) -> list[str]:
    """Say if SRI is undefined around most centres."""
    undefined = {kind: int(np.isnan(columns[kind]).sum()) for kind in SRI}
    centres = columns[SRI[0]].size
    often = [f"{kind} {count:,}" for kind, count in undefined.items() if 2 * count > centres]
    if not often:
        return []
    counts = ", ".join(often)
    return [
        f"At {scale} SRI is undefined around many of {centres:,} centres ({counts}): no part of "
        f"their neighbourhoods holds {FEWEST} samples. Larger scales or parts hold more."
    ]


def water_notes(scale: Scale, background: Ints, dropped: Ints) -> list[str]:
    """Say at how many centres lattice points on water were left out, and what is undefined there.

    ``background`` and ``dropped`` count the lattice points of each centre.
    """
    cut = dropped > 0
    if not cut.any():
        return []
    notes = [
        f"At {scale} the neighbourhoods of {int(cut.sum()):,} of {counted(cut.size, 'centre')} "
        "reach over water: crowding, which is for a whole lattice, is undefined there."
    ]
    bare = int((cut & (background == 0)).sum())
    if bare:
        notes.append(
            f"At {scale} no lattice point around {counted(bare, 'centre')} is on land: unmarked, "
            "marked, relative and isolation are undefined there."
        )
    return notes


def sharing_note(samples: Samples, centres: int | None = None) -> str:
    """Warn that samples repeat sites.

    If the relative score with merged sites stands beside, ``centres`` of them gave it.
    """
    beside = ""
    if centres is not None:
        drawn = f", from {centres:,} random sites" if centres < samples.n_sites else ""
        beside = (
            "beside the relative score stands the one with a single sample per site "
            f"(relative merged{drawn}); "
        )
    return (
        f'{repeats_said(samples)}: {beside}sites="merge" or --sites merge scores a single one per '
        "site."
    )


def repeats_said(samples: Samples) -> str:
    """Say how many samples repeat sites, and what they are not; what to do comes after that."""
    return (
        f"{100.0 * samples.shared:.0f} % of the {samples.n:,} samples share one of "
        f"{samples.n_sites:,} sites with others. Repeated samples of one site are not geography"
    )
