"""Progress: on standard error, or in a notebook, where nothing of it is left at the end."""

import subprocess
import sys
from types import SimpleNamespace

import html5lib
import IPython
import nbformat
import pytest
from nbclient import NotebookClient
from traitlets.config import Config

from geobias import notebook_bar
from geobias.progress import FIRST, progress_bar


class Shown(list):
    """Stands for the display of a notebook and remembers what it was told."""

    def display(self, data, raw):
        assert raw
        self.append(data)

    update = display


@pytest.fixture
def shown(monkeypatch):
    """What a notebook shows, if this process were its kernel."""
    shown = Shown()
    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(kernel=object()))
    monkeypatch.setattr(IPython.display, "DisplayHandle", lambda: shown)
    return shown


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is set."""
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(notebook_bar.time, "monotonic", lambda: clock.now)
    return clock


def test_a_notebook_shows_a_bar_that_moves_and_is_gone_at_the_end(shown, clock, capsys):
    with progress_bar(True) as advance:
        clock.now += 1.0
        advance("1000km, chance", 0, 200)
        clock.now += 10.0
        advance("1000km, chance", 50, 200)
    pages = [data["text/html"] for data in shown]
    assert FIRST in pages[0]
    assert f'<progress aria-label="{FIRST}" ></progress>' in pages[0]
    assert 'value="0" max="200"' in pages[1]
    assert "1000km, chance · 0 %<" in pages[1]
    assert 'value="50" max="200"' in pages[2]
    assert "1000km, chance · 25 % · 30 s left" in pages[2]
    assert shown[2]["text/plain"] == "1000km, chance · 25 % · 30 s left"
    assert shown[3] == {"text/html": "", "text/plain": ""}
    assert len(shown) == 4
    for page in pages:
        html5lib.HTMLParser(strict=True).parseFragment(page)
    assert capsys.readouterr() == ("", "")


def test_the_time_left_is_that_of_the_present_work(shown, clock):
    with progress_bar(True) as advance:
        clock.now += 500.0
        advance("a", 9, 10)
        clock.now += 1.0
        advance("b", 0, 10)
        clock.now += 70.0
        advance("b", 5, 10)
    assert shown[-2]["text/plain"] == "b · 50 % · 1 min 10 s left"


def test_a_notebook_is_told_at_most_ten_times_a_second(shown, clock):
    with progress_bar(True) as advance:
        for step in range(1, 1001):
            clock.now = 100.0 + step / 500.0  # two seconds
            advance("a", step, 1000)
    assert 10 <= len(shown) - 2 <= 20


def test_the_bar_is_gone_after_an_error(shown, clock):
    with pytest.raises(KeyError), progress_bar(True):
        raise KeyError
    assert shown[-1] == {"text/html": "", "text/plain": ""}


def test_a_label_is_text(shown, clock):
    with progress_bar(True) as advance:
        clock.now += 1.0
        advance('<b>"', 1, 2)
    assert "<b>" not in shown[1]["text/html"]
    assert "&lt;b&gt;&quot;" in shown[1]["text/html"]


def test_ipython_in_a_terminal_is_no_notebook(shown, monkeypatch, capsys):
    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace())
    with progress_bar(True) as advance:
        advance("a", 1, 2)
    assert not shown
    assert capsys.readouterr().out == ""


def test_nothing_is_shown_if_nothing_is_wanted(shown, capsys):
    with progress_bar(False) as advance:
        advance("a", 1, 2)
    assert not shown
    assert capsys.readouterr() == ("", "")


def test_progress_does_not_import_ipython():
    code = (
        "import sys; from geobias.progress import progress_bar\n"
        "with progress_bar(True) as advance: advance('a', 1, 2)\n"
        "print('IPython' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


CELL = """\
print("before")
from geobias.progress import progress_bar
with progress_bar(True) as advance:
    for step in range(100):
        advance("work", step, 100)
print("after")"""


def test_a_real_notebook_holds_nothing_of_the_bar(tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    talk = {"transport": "ipc", "ip": f"{tmp_path}/kernel"}
    NotebookClient(notebook, config=Config({"KernelManager": talk}), timeout=120).execute()
    outputs = notebook.cells[0].outputs
    texts = [out["text"] for out in outputs if out.output_type == "stream"]
    assert [out.get("name", "") for out in outputs] == ["stdout", "", "stdout"]
    assert texts == ["before\n", "after\n"]
    assert outputs[1]["data"] == {"text/html": "", "text/plain": ""}
