"""What every report says: what scores mean, how they are made, what to beware of, what to cite."""

from __future__ import annotations

from geobias import __version__

CHANCE = "1 nat"

MEANINGS: tuple[tuple[str, str, str, str], ...] = (
    (
        "clustering", "Do errors sit beside errors?", CHANCE,
        "The headline. Above chance with z > 0, errors keep together; with z < 0 they keep apart.",
    ),
    (
        "isolation", "Do errors sit where samples are sparse?", CHANCE,
        "Above chance with z > 0, the model fails where few samples are near, as in remote places.",
    ),
    (
        "relative", "Does the marked score surprise beyond accuracy and locations?", CHANCE,
        "The marked score, calibrated. It mixes clustering and isolation.",
    ),
    (
        "marked", "How surprising are samples and marks together?", "grows with accuracy",
        "The published score. Comparable at most between models of equal accuracy on the same "
        "samples.",
    ),
    (
        "unmarked", "How unevenly do the samples lie?", "–",
        "Says nothing about the model.",
    ),
    (
        "crowding", "Do samples lie closer together than evenly scattered ones?", CHANCE,
        "The unmarked score, calibrated. Says nothing about the model.",
    ),
)  # fmt: skip
"""Each score, its question, what chance alone gives, and how to read it."""

CALIBRATED = (
    "These tell bias from chance: errors that fall at random give about 1 nat, at any accuracy."
)
PUBLISHED = (
    "Marked grows with accuracy even when errors fall at random: it is here for agreement with "
    "published tables, and by itself no measure of bias."
)

PLACES = (
    "Circles of many sizes were laid around the samples. Those whose errors chance makes least "
    "often are listed: p is how often shuffled errors pile up as much in any circle, wherever it "
    "is. A circle is where the evidence is strongest, not the border of a weakness."
)

METHOD = (
    "Around every centre, the samples within a scale are its neighbourhood. Scores are surprisals "
    "in nats, −ln p, averaged over all centres.",
    "The permutation test shuffles the errors over the samples and scores them again: p is how "
    "often chance strays as far from its own mean. All samples of a site move together.",
    "Whether a model shows more than chance is decided at 5 %, by p values adjusted for the number "
    "of its tests (Holm): three calibrated scores at each scale, whether accuracies differ between "
    "regions, and whether errors pile up in places.",
    "The 95 % intervals come from drawing blocks of the globe at random, four times as wide as the "
    "radius of a neighbourhood. They are rough where blocks are few.",
    "Weak places come from the spatial scan statistic of Kulldorff: a likelihood ratio for every "
    "circle up to a largest one (see the settings), against the highest ratio of any of them in "
    "permutations of the errors. Places of one model do not touch.",
    "Hot spots on the map are centres that were judged by themselves, each against permutations of "
    "its own neighbourhood, at a false discovery rate over all centres (Benjamini and Hochberg). "
    "Where many samples repeat sites, that test does not hold, and none are shown.",
    "Regions are compared by exchanging answers between places; intervals of accuracies are those "
    "of Wilson, of gaps those of Newcombe.",
)

CAVEATS = (
    "The published scores, unmarked and marked, are not calibrated. Marked grows with accuracy "
    "even when errors fall at random. A large value is not yet bias.",
    "About 1 nat is what chance gives the calibrated scores, but their mean scatters, the more so "
    "the larger the neighbourhoods. The test tells, not the distance from 1.",
    "Repeated samples of one site are not geography. Where many samples share a site, read the "
    "notes on it first.",
    "A weak region larger than the neighbourhoods shows only at its rim: look at several scales, "
    "at the regions and at the weak places.",
    "No more than chance is no proof of fairness: with few samples or few errors, bias goes "
    "unseen. Where there are no samples, nothing is known.",
    "More than chance says that errors follow geography, not why: hard content, poor images and "
    "thin training data all lie unevenly on the globe.",
)

CITATIONS = (
    f"geobias {__version__}: geographic bias audits. The geobias developers.",
    "Wu et al. (2024). TorchSpatial: A Location Encoding Framework and Benchmark for Spatial "
    "Representation Learning. NeurIPS Datasets and Benchmarks. (The scores unmarked and marked.)",
    "Wang et al. (2024). Probing the information theoretical roots of spatial dependence measures. "
    "(Their null.)",
    "Cliff and Ord (1981). Spatial Processes: Models and Applications. Pion. (The moments behind "
    "the calibrated scores.)",
    "Benjamini and Hochberg (1995). Controlling the false discovery rate. Journal of the Royal "
    "Statistical Society B 57. (Hot spots.)",
    "Kulldorff (1997). A spatial scan statistic. Communications in Statistics – Theory and Methods "
    "26. (Weak places.)",
    "Holm (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of "
    "Statistics 6. (Adjusted p values.)",
    "Countries on the map: Natural Earth, public domain.",
)
