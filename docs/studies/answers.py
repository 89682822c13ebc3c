"""How well answers are read: precision and recall on the hand-written ones.

Writes the table between the two marks in docs/answers.md:

    python docs/studies/answers.py
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from answer_cases import TASKS, cases, has_value, is_right, label_sets, reading_of  # noqa: E402

PAGE = ROOT / "docs" / "answers.md"
BEGIN, END = "<!-- measured -->\n", "<!-- end of measured -->"


def share(part: int, whole: int) -> str:
    """Return a share with its counts."""
    return f"{100 * part / whole:.0f} % ({part}/{whole})" if whole else "–"


def lines() -> list[str]:
    """Return the rows of the table."""
    sets = label_sets()
    table = ["| task | answers | precision | recall | status right |", "|---|---|---|---|---|"]
    for split in ("seen", "unseen", "second"):
        for task in TASKS:
            chosen = [case for case in cases(split) if case["task"] == task]
            read = [(reading_of(case, sets), case) for case in chosen]
            parsed = [(found, case) for found, case in read if found.status == "parsed"]
            stated = [(found, case) for found, case in read if case["status"] == "parsed"]
            good = sum(
                case["status"] == "parsed" and has_value(found, case) for found, case in parsed
            )
            status = sum(found.status == case["status"] for found, case in read)
            table.append(
                f"| {task}, {split} | {len(read)} | {share(good, len(parsed))} | "
                f"{share(good, len(stated))} | {share(status, len(read))} |"
            )
            for found, case in read:
                if not is_right(found, case):
                    print(f"{task}, {split}: {case['answer']!r} gave {found}")
    return table


if __name__ == "__main__":
    text = PAGE.read_text("utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(before + BEGIN + "\n".join(lines()) + "\n" + END + after, "utf-8")
