"""Hand-written answers with what a careful reader makes of them."""

import json
from pathlib import Path

from geobias.answering import read_answer
from geobias.answering.labels import LabelSet
from geobias.sphere import great_circle_km

FOLDER = Path(__file__).resolve().parent / "data"
TASKS = ("coordinates", "place", "country", "label")
NEAR_KM = {"coordinate": 1.0, "city": 25.0, "region": 200.0}


def cases(split):
    """The answers of a split: `seen` while the parsers were written, or `unseen`."""
    with (FOLDER / f"answers_{split}.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def label_sets():
    """The closed sets of labels that the answers of the task label belong to."""
    sets = json.loads((FOLDER / "answer_labels.json").read_text("utf-8"))
    return {
        name: LabelSet.of(labels, sets["synonyms"][name]) for name, labels in sets["sets"].items()
    }


def reading_of(case, sets):
    return read_answer(case["answer"], case["task"], sets.get(case.get("labels")))


def has_value(reading, case):
    """Whether what was read is what the answer says."""
    value = case["value"]
    if reading.granularity != case["granularity"]:
        return False
    if case["task"] == "coordinates":
        return abs(reading.lat - value[0]) < 1e-4 and abs(reading.lon - value[1]) < 1e-4
    if case["task"] == "country":
        return reading.iso2 == value
    if case["task"] == "label":
        return list(reading.labels) == value
    iso2, lat, lon = value
    if reading.granularity != "coordinate" and reading.iso2 != iso2:
        return False
    return lat is None or (
        great_circle_km(lat, lon, reading.lat, reading.lon) <= NEAR_KM[reading.granularity]
    )


def is_right(reading, case):
    """Whether status and value are right."""
    if reading.status != case["status"]:
        return False
    return case["status"] != "parsed" or has_value(reading, case)
