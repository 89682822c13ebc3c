"""What all figures have in common: they can be read, and touch nothing of the user's."""

import itertools
import subprocess
import sys

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.figure import Figure

import pictured
from geobias.plots.choosing import chosen_models
from geobias.plots.names import shown, shown_all
from geobias.plots.style import COLUMN_INCHES
from pictured import FIGURES, audit, refused, scored, texts, words

HOSTILE = (r"$x_1^{2}$ \alpha {b}_%", "<b>&", "דגם", "نموذج", "a_b", "", "line\nbreak", "n" * 200)


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_is_smaller_than_seven_points(name):
    assert min(text.get_fontsize() for text in texts(FIGURES[name]())) >= 7.0


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_leaves_the_figure(name):
    figure = FIGURES[name]()
    width, height = figure.get_size_inches() * figure.dpi
    for text in texts(figure):
        box = text.get_window_extent()
        assert box.x0 >= -1, text
        assert box.x1 <= width + 1, text
        assert box.y0 >= -1, text
        assert box.y1 <= height + 1, text


@pytest.mark.parametrize("name", FIGURES)
def test_no_texts_overlap(name):
    for first, second in itertools.combinations(texts(FIGURES[name]()), 2):
        box, other = first.get_window_extent(), second.get_window_extent()
        across = min(box.x1, other.x1) - max(box.x0, other.x0)
        along = min(box.y1, other.y1) - max(box.y0, other.y0)
        assert across < 1.0 or along < 2.5, (first, second)  # lines of text share some leading


@pytest.mark.parametrize("name", ["neighbourhood", "profile", "regions", "forest", "groups"])
def test_a_figure_of_one_panel_is_one_column_wide(name):
    assert FIGURES[name]().get_size_inches()[0] == COLUMN_INCHES


@pytest.mark.parametrize("name", FIGURES)
def test_every_axis_has_a_label_with_its_unit(name):
    # Maps have no axes: their bars of colours do.
    for ax in (each for each in FIGURES[name]().axes if each.axison):
        for axis in (ax.xaxis, ax.yaxis):
            numbers = [
                tick
                for tick in axis.get_ticklabels()
                if tick.get_text().strip("−+.,0123456789") == ""
            ]
            if any(tick.get_text() for tick in numbers):
                label = axis.get_label_text()
                assert any(unit in label for unit in ("nats", "%", "km", "permutations")), label


@pytest.mark.parametrize("name", FIGURES)
def test_the_settings_of_the_user_neither_change_nor_count(name):
    def picture(path):
        FIGURES[name]().savefig(path, format="png", dpi=60)
        return path.getvalue()

    from io import BytesIO

    plain = picture(BytesIO())
    mine = {
        "font.size": 19.0, "axes.grid": True, "axes.facecolor": "yellow", "lines.linewidth": 6.0,
        "text.parse_math": True, "xtick.labelsize": 4.0, "axes.unicode_minus": False,
    }  # fmt: skip
    with mpl.rc_context(mine):
        before = dict(mpl.rcParams)
        assert picture(BytesIO()) == plain
        assert dict(mpl.rcParams) == before


def test_no_figure_imports_pyplot():
    script = """
import sys, pictured
for draw in pictured.FIGURES.values():
    draw()._repr_png_()
print("matplotlib.pyplot" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], capture_output=True, text=True, check=True,
        env={"PYTHONPATH": str(pictured.__file__).rpartition("/")[0], "NUMBA_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.stdout.strip() == "False"


def test_results_can_be_had_without_matplotlib():
    script = "import sys, geobias; geobias.score; print('matplotlib' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


@pytest.fixture(scope="module")
def hostile():
    names = [name for name in HOSTILE if name]
    return scored(200, names, permutations=9, bootstrap=19, scales=["300km", "900km"])


@pytest.mark.parametrize("draw", ["profile", "chance", "regions", "neighbourhood"])
def test_names_are_shown_literally(hostile, draw):
    arguments = [5] if draw == "neighbourhood" else []
    plot = getattr(hostile.plot, draw)
    seen = words(plot(*arguments))
    for name in (r"$x_1^{2}$ \alpha {b}_%", "<b>&", "\u2068דגם\u2069", "line break", "nnn…nnn"):
        assert name in seen or shown(name, 20) in seen
    assert "\n" not in shown("line\nbreak")


def test_a_name_from_right_to_left_does_not_turn_the_others_round():
    assert shown("model") == "model"
    assert shown("דגם") == "\u2068דגם\u2069"
    assert shown("x" * 100, 9) == "xxxx…xxxx"


def test_names_of_a_figure_look_different_if_they_are():
    alike = [f"{'x' * 40}{seed}{'y' * 40}" for seed in ("a", "b", "c")]
    found = shown_all([*alike, "short"], 20)
    assert list(found) == [*alike, "short"]
    assert len(set(found.values())) == 4
    assert max(map(len, found.values())) <= 20
    assert [name for name, seen in zip("abc", found.values(), strict=False) if name in seen] == [
        *"abc"
    ]
    twice = [f"{'x' * 40}{seed}{'y' * 40}{end}{'z' * 40}" for seed in "ab" for end in "cd"]
    assert len(set(shown_all(twice, 20).values())) == 4
    assert shown_all(["a b", "a  b"]) == {"a b": "a b (1)", "a  b": "a b (2)"}
    longer = shown_all(["model one", "model two"])
    assert longer == {"model one": "model one", "model two": "model two"}


@pytest.mark.parametrize("draw", ["profile", "chance", "regions", "neighbourhood"])
def test_figures_tell_such_names_apart(draw):
    models = [f"resnet50_imagenet_pretrained_seed{n}_lr0.001_batch256_epoch10" for n in (1, 2)]
    found = scored(names=models, permutations=9)
    arguments = [5] if draw == "neighbourhood" else []
    figure = getattr(found.plot, draw)(*arguments)
    said = words(figure)
    assert "seed1" in said
    assert "seed2" in said


def test_letters_that_cannot_be_seen_are_left_out():
    assert shown("a\x00b\x07\tc\ud800") == "a b c"
    assert shown("a\u202eb\u2066c") == "abc"


def test_letters_that_our_font_lacks_come_from_those_of_the_user():
    from matplotlib.font_manager import fontManager

    lacked = "\u20dd"  # in the font STIXGeneral that comes with matplotlib
    found = scored(names=[f"o{lacked}"])
    with mpl.rc_context({"font.family": ["STIXGeneral", "no such font"]}):
        figure = found.plot.profile()
        figure.draw_without_rendering()
    assert "no such font" not in {font.name for font in fontManager.ttflist}
    families = {tuple(text.get_fontfamily()) for text in texts(figure)}
    assert families == {("DejaVu Sans", "STIXGeneral")}
    with mpl.rc_context({"font.family": "serif", "font.serif": ["STIXGeneral"]}):
        assert found.plot.profile().axes[0].xaxis.label.get_fontfamily()[1:] == ["STIXGeneral"]


@pytest.mark.parametrize("hold", [tuple, pd.Series, pd.Index, iter, dict.fromkeys])
def test_models_may_come_in_whatever_holds_names(hold):
    assert chosen_models(["a", "b", "c"], hold(["c", "a"])) == ["c", "a"]
    assert "no model 'd'" in refused(chosen_models, ["a", "b"], hold(["d"]))


@pytest.mark.parametrize("draw", ["profile", "regions", "neighbourhood"])
def test_two_hundred_models_are_too_many(draw):
    many = scored(60, [f"m{number}" for number in range(200)], scales=["500km", "knn:9"])
    arguments = [5] if draw == "neighbourhood" else []
    said = refused(getattr(many.plot, draw), *arguments)
    assert "200 models are too many for one figure, which shows at most 8" in said
    assert "model=['m0', 'm1']" in said
    assert isinstance(getattr(many.plot, draw)(*arguments, model=["m7", "m3"]), Figure)


def test_unknown_models_scales_and_scores_are_refused_with_what_there_is():
    plot = audit().plot
    assert "There is no model 'wek', only 'even', 'weak'. Did you mean 'weak'?" in refused(
        plot.profile, model="wek"
    )
    assert "no scale '999km', only '300km'" in refused(plot.neighbourhood, 5, scale="999km")
    assert "has no unit" in refused(plot.neighbourhood, 5, scale="999")
    assert "Did you mean 'clustering'?" in refused(plot.profile, "clusterin")
    assert "No model was named" in refused(plot.profile, model=[])


def test_models_come_in_the_order_that_was_asked_for():
    figure = audit().plot.chance(model=["weak", "even"], scale="300km")
    assert [ax.get_title("left").split(",")[0] for ax in figure.axes] == ["weak", "even"]
