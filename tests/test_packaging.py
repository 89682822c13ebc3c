"""The wheel holds the tree, under the names people import."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# Folder in the repository -> folder in the wheel.
ROOMS = {"geobias": "geobias", "encoders": "geobias/encoders", "cli": "geobias/cli"}
STAY_HOME = ["tests", "benchmarks", "examples"]
FILES = ["pyproject.toml", "README.md", "LICENSE", "NOTICE"]
PASSED_OVER = shutil.ignore_patterns("__pycache__", ".*", "*.egg-info")


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A copy of the repository, so that building leaves nothing in the real one."""
    copy = tmp_path_factory.mktemp("source")
    for folder in [*ROOMS, *STAY_HOME]:
        if (ROOT / folder).is_dir():
            shutil.copytree(ROOT / folder, copy / folder, ignore=PASSED_OVER)
    for name in FILES:
        if (ROOT / name).is_file():
            shutil.copy2(ROOT / name, copy)
    return copy


@pytest.fixture(scope="module")
def wheel(source, tmp_path_factory):
    """The open wheel, built without a network."""
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out)]
    # `-P` and the empty PYTHONPATH keep folders of the copy from being taken for packages.
    environment = {**os.environ, "PYTHONPATH": "", "PYTHONSAFEPATH": "1"}
    built = subprocess.run(
        [*command, str(source)], cwd=out, env=environment, capture_output=True, text=True
    )
    assert built.returncode == 0, f"the wheel does not build:\n{built.stdout}\n{built.stderr}"
    (path,) = out.glob("*.whl")
    with zipfile.ZipFile(path) as opened:
        yield opened


def contents(wheel):
    return {name for name in wheel.namelist() if not name.endswith("/")}


def metadata(wheel, name):
    (found,) = [path for path in contents(wheel) if path.endswith(f".dist-info/{name}")]
    return wheel.read(found).decode()


def test_wheel_holds_every_file_of_the_packages_and_no_other(wheel, source):
    expected = {
        f"{target}/{path.relative_to(source / room).as_posix()}"
        for room, target in ROOMS.items()
        for path in (source / room).rglob("*")
        if path.is_file()
    }
    shipped = {name for name in contents(wheel) if ".dist-info/" not in name}
    missing, foreign = sorted(expected - shipped), sorted(shipped - expected)
    assert not missing, f"not in the wheel; list the package in pyproject.toml: {missing}"
    assert not foreign, f"in the wheel but not in the packages: {foreign}"


def test_wheel_ships_its_types(wheel):
    assert "geobias/py.typed" in contents(wheel)


def test_wheel_has_one_top_level_name(wheel):
    assert {name.split("/")[0] for name in contents(wheel) if ".dist-info/" not in name} == {
        "geobias"
    }


def test_wheel_installs_the_command(wheel):
    assert "geobias = geobias.cli.main:main" in metadata(wheel, "entry_points.txt").splitlines()


def test_wheel_carries_the_licence(wheel, source):
    for name in ("LICENSE", "NOTICE"):
        if (source / name).is_file():
            assert metadata(wheel, f"licenses/{name}") == (source / name).read_text("utf-8")
    assert "License-Expression: MIT" in metadata(wheel, "METADATA").splitlines()


def test_engine_does_not_ask_for_torch(wheel):
    required = [
        line
        for line in metadata(wheel, "METADATA").splitlines()
        if line.startswith("Requires-Dist:") and "extra ==" not in line
    ]
    assert required
    assert not [line for line in required if "torch" in line]
