import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from commandline import Command, Run
from geobias.cli.main import main

# The first call of a compiled kernel takes as long as its compilation: no example has a deadline.
settings.register_profile("geobias", deadline=None)
settings.load_profile("geobias")


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder of published tables; tests that use it are marked `reference`."""
    named = os.environ.get("GEOBIAS_REFERENCE")
    if not named:
        pytest.skip("GEOBIAS_REFERENCE is not set: it names the folder of published tables")
    folder = Path(named)
    if not folder.is_dir():
        pytest.skip(f"GEOBIAS_REFERENCE names {named}, which is not a folder")
    return folder


@pytest.fixture(scope="session")
def published_pairs(reference: Path) -> Callable[[str], dict[str, np.ndarray]]:
    """Reads the arrays of a file of published pairs of encoders, by its name."""

    def read(name: str) -> dict[str, np.ndarray]:
        with np.load(reference / "encoders" / f"{name}.npz") as file:
            return dict(file)

    return read


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run the command in this process."""

    def command(*words: object) -> Run:
        monkeypatch.setattr(sys, "argv", ["geobias", *map(str, words)])
        with pytest.raises(SystemExit) as leaving:
            main()
        captured = capsys.readouterr()
        return Run(int(leaving.value.code or 0), captured.out, captured.err)

    return command


@pytest.fixture
def write(tmp_path):
    """Write a file of this name and content."""

    def write_file(name, content):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_file
