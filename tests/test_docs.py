"""The pages of the documentation, without building them: nothing is missing, no link is dead."""

import importlib
import importlib.util
import posixpath
import re
from itertools import chain
from pathlib import Path

import pytest
import typer

import geobias
import geobias.encoders.locbench
import geobias.plots
from geobias.cli.main import app

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
BESIDE = [
    ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
] + [ROOT / "benchmarks" / "README.md"]
COMMANDS = typer.main.get_group(app).commands
ROOMS = ("baselines", "metrics", "plots", "regions", "rules", "simulate")

HISTORIC = [
    "Geo-Bias Score", "GBS", "SSI", "SRI", "SRE", "PNP", "RP", "base score", "relative score",
    "unmarked", "marked", "scale grid", "distance lag", "direction sector", "self-information",
    "surprisal", "presence",
]  # fmt: skip
TERMS = [
    "Unmarked score", "Marked score", "Relative score", "Clustering score", "Isolation score",
    "Crowding score", "SSI, spatial self-information", "SRI, spatial relative information", "Nat",
    "Site", "Centre", "Scale", "Background", "Accuracy trap", "Repeated-site trap", "Chance",
]  # fmt: skip


def extension(name):
    """A module of `docs/extensions`, which belongs to no package."""
    found = importlib.util.spec_from_file_location(name, DOCS / "extensions" / f"{name}.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def prose(text):
    """A page without its code, where a bracket is no link and a hash no heading."""
    text = re.sub(r"^(```+|~~~+)[^\n]*\n.*?^\1\s*$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", lambda code: code[0].replace("](", "]\\("), text)


def links(text):
    return re.findall(r"\]\(([^)\s]+)\)", prose(text))


def anchors(text):
    """What headings are called in addresses, on a code host and on the site alike."""
    headings = re.findall(r"^#{1,6} +(.*)$", prose(text), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]
    return {*plain}


def cells(text):
    return re.findall(r"^```\{code-cell\}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def name_of(page):
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", [*PAGES, *BESIDE], ids=name_of)
def test_links_lead_to_files_and_headings(page):
    dead = []
    for link in links(page.read_text("utf-8")):
        if re.match(r"\w+:", link):
            continue
        path, _, heading = link.partition("#")
        target = page if not path else (page.parent / path).resolve()
        if not target.exists() or (heading and heading not in anchors(target.read_text("utf-8"))):
            dead.append(link)
    assert not dead


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_out_of_the_documentation_have_a_page_there(page):
    turned = extension("repository_links").turned(
        page.read_text("utf-8"), page.relative_to(DOCS).with_suffix("").as_posix()
    )
    for link in links(turned):
        if not re.match(r"\w+:", link):
            target = (page.parent / link.partition("#")[0]).resolve()
            assert target.is_relative_to(DOCS), f"{link} leads out of the site"
            assert target.exists()


def test_links_are_turned_from_any_folder():
    turned = extension("repository_links").turned
    assert turned("[a](../CHANGELOG.md)", "index") == "[a](project/changelog.md)"
    assert turned("[a](../../NOTICE#x)", "howto/report") == "[a](../project/notice.md#x)"
    assert turned("[a](../scores.md)", "howto/report") == "[a](../scores.md)"


def test_every_page_is_in_a_table_of_contents():
    listed = {"index"}
    for page in PAGES:
        folder = page.parent.relative_to(DOCS).as_posix()
        for tree in re.findall(r"^```\{toctree\}\n(.*?)^```", page.read_text("utf-8"), re.M | re.S):
            for line in filter(None, tree.splitlines()):
                if not line.startswith(":"):
                    entry = re.sub(r".*<(.*)>", r"\1", line)
                    listed.add(posixpath.normpath(posixpath.join(folder, entry)))
    assert listed == {page.relative_to(DOCS).with_suffix("").as_posix() for page in PAGES}


def documented():
    """Names in the reference, as they are imported."""
    directive = r"^\.\. (?:auto(?:function|class|exception|module)|py:data):: (\S+)"
    return {
        name
        for page in (DOCS / "reference" / "python").glob("*.md")
        for name in re.findall(directive, page.read_text("utf-8"), re.MULTILINE)
    }


def test_every_public_name_is_in_the_reference():
    wanted = {f"geobias.{name}" for name in geobias.__all__}
    for room in ROOMS:
        wanted |= {f"geobias.{room}.{name}" for name in getattr(geobias, room).__all__}
    assert not wanted - documented()


def test_every_page_of_the_reference_is_named_with_what_it_holds():
    front = (DOCS / "reference" / "python.md").read_text("utf-8")
    for name in geobias.__all__:
        if not name.endswith("Error"):
            assert f"`{name}`" in front


def test_commands_and_their_options_are_described():
    text = extension("commands").described()
    assert list(COMMANDS) == re.findall(r"^## `geobias (\w+)`$", text, re.MULTILINE)
    sections = re.split(r"^## `geobias \w+`$", text, flags=re.MULTILINE)[1:]
    for (name, command), section in zip(COMMANDS.items(), sections, strict=True):
        assert f"[`{name}`](#geobias-{name})" in text
        for each in getattr(command, "commands", {"": command}).values():
            for option in chain.from_iterable(parameter.opts for parameter in each.params):
                assert option.lower() in section.lower(), f"{name} {each.name} {option}"


def test_the_page_of_commands_leaves_room_for_them():
    commands = extension("commands")
    page = (DOCS / f"{commands.PAGE}.md").read_text("utf-8")
    assert page.count(commands.PLACE) == 1


@pytest.mark.parametrize("name", HISTORIC)
def test_the_glossary_translates_historic_names(name):
    text = (DOCS / "reference" / "glossary.md").read_text("utf-8")
    table = text.split("\n## ")[1]
    first_cells = re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)
    assert any(re.search(rf"\b{name}\b", cell, re.IGNORECASE) for cell in first_cells)


@pytest.mark.parametrize("term", TERMS)
def test_the_glossary_explains_terms(term):
    text = (DOCS / "reference" / "glossary.md").read_text("utf-8")
    explained = re.search(rf"^### {re.escape(term)}\n\n(\S.+)", text, re.MULTILINE)
    assert explained, f"{term} has no heading with words under it"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_figures_have_words_for_those_who_cannot_see_them(page):
    drawing = r"\.plot\.\w+\(|^(draw|accuracy_trap|two_models|repeated_sites)\("
    for cell in cells(page.read_text("utf-8")):
        if re.search(drawing, cell, re.MULTILINE):
            assert re.search(r"^    alt: \S", cell, re.MULTILINE), cell


def test_every_name_of_the_encoders_is_in_the_reference():
    wanted = {f"geobias.encoders.{name}" for name in geobias.encoders.__all__}
    for room in ("networks", "positions"):
        names = importlib.import_module(f"geobias.encoders.{room}").__all__
        wanted |= {f"geobias.encoders.{room}.{name}" for name in names}
    # It is the network of several heads, too, and has its place beside them.
    assert wanted - documented() == {"geobias.encoders.networks.MLP"}


def test_every_name_of_locbench_is_in_the_reference():
    names = geobias.encoders.locbench.__all__
    assert not {f"geobias.encoders.locbench.{name}" for name in names} - documented()


def test_every_encoder_is_defined():
    text = (DOCS / "encoders.md").read_text("utf-8")
    for name in geobias.encoders.list_encoders()["name"]:
        assert re.search(rf"^\| [^|]*`{re.escape(name)}`", text, re.MULTILINE), name
