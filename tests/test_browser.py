"""Reports in a real browser, without a network."""

import os
import shutil
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from reported import CLOSING, HEBREW, SCRIPT, hostile_report

pytestmark = pytest.mark.browser

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


def found_browser():
    named = os.environ.get("GEOBIAS_BROWSER")
    if named:
        # Who names a browser wants these tests to run: a wrong name is a failure.
        return named
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@pytest.fixture(scope="module")
def browser():
    path = found_browser()
    if path is None:
        pytest.skip(f"GEOBIAS_BROWSER is not set, and {', '.join(BROWSERS)} are not there")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def report():
    return hostile_report()


@pytest.fixture(scope="module")
def written(report, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    report.to_html(path)
    return path


class Visit:
    """A page opened from a file, with all that it said, asked for and broke."""

    def __init__(self, browser, path, *, scheme="light", size=WIDE, touch=False):
        self.context = browser.new_context(
            viewport=size, color_scheme=scheme, offline=True, has_touch=touch
        )
        self.page = self.context.new_page()
        self.errors, self.requests = [], []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", lambda dialog: self.errors.append(dialog.message))
        self.page.on("console", self._heard)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.context.route("http*://**", lambda route: route.abort())
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("#map[data-ready]")
        self.settle()

    def _heard(self, message):
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    def settle(self):
        """Wait until what is asked for is drawn: two frames."""
        self.page.evaluate(
            "() => new Promise((done) => requestAnimationFrame(() => "
            "requestAnimationFrame(() => setTimeout(done, 60))))"
        )

    def map_pixels(self):
        self.settle()
        shot = self.page.locator("#map-figure").screenshot()
        return np.asarray(Image.open(BytesIO(shot)).convert("RGB")).astype(int)

    def range(self):
        return self.page.evaluate(
            "() => { const map = Array.from(Bokeh.documents)[0].get_model_by_name('map');"
            " return [map.x_range.start, map.x_range.end, map.y_range.start, map.y_range.end]; }"
        )

    def choose(self, layer):
        self.page.locator(f"input[name=layer][value={layer}]").check(force=True)


@pytest.fixture
def visit(browser, written):
    opened = []

    def go(**choices):
        opened.append(Visit(browser, written, **choices))
        return opened[-1]

    yield go
    for each in opened:
        each.context.close()
        assert each.errors == []
        assert {url for url in each.requests if not url.startswith("data:")} == {written.as_uri()}


def changed(before, after):
    """The share of pixels that differ clearly."""
    return float((np.abs(before - after).max(axis=2) > 24).mean())


def test_the_map_is_drawn(visit):
    pixels = visit().map_pixels()
    background = pixels[2, 2]
    assert (np.abs(pixels - background).max(axis=2) > 24).mean() > 0.1
    # Viridis alone has yellow and violet: hexagons, not only land.
    red, green, blue = pixels.reshape(-1, 3).T
    assert ((red > 200) & (green > 200) & (blue < 90)).sum() > 20


def test_every_layer_looks_different(visit):
    one = visit()
    assert "% right" in one.page.inner_text("#map-ticks")
    seen = []
    for layer in ("accuracy", "unmarked", "marked", "clustering", "isolation", "hot"):
        one.choose(layer)
        seen.append(one.map_pixels())
        assert all(changed(seen[-1], other) > 0.001 for other in seen[:-1])
    assert "% of centres" in one.page.inner_text("#map-ticks")
    one.choose("clustering")
    assert "nats" in one.page.inner_text("#map-ticks")
    assert "beside errors" in one.page.inner_text("#map-about")
    before = one.map_pixels()
    one.page.select_option("#map-scale", index=1)
    assert changed(before, one.map_pixels()) > 0.001
    assert "3000km" in one.page.inner_text("#map-status")
    before = one.map_pixels()
    one.page.select_option("#map-model", label=HEBREW)
    assert changed(before, one.map_pixels()) > 0.001
    one.choose("unmarked")
    assert one.page.is_disabled("#map-model")


def test_a_cell_says_what_it_is(visit):
    one = visit()
    one.page.locator("#map").scroll_into_view_if_needed()
    x, y, place = one.page.evaluate(
        """() => {
            const facts = JSON.parse(document.getElementById("map-data").textContent);
            const most = facts.cells.samples.indexOf(Math.max(...facts.cells.samples));
            const [left, bottom, right, top] = facts.bounds;
            const box = document.getElementById("map-figure").getBoundingClientRect();
            const x = facts.cells.x[most] * facts.step, y = facts.cells.y[most] * facts.step;
            return [
                box.left + ((x - left) / (right - left)) * box.width,
                box.top + ((top - y) / (top - bottom)) * box.height,
                facts.places[facts.cells.place[most]],
            ];
        }"""
    )
    one.page.mouse.move(x, y - 3)
    one.page.mouse.move(x, y)
    tip = one.page.locator(".tip")
    tip.wait_for(state="visible", timeout=3000)
    said = tip.first.inner_text()
    assert place in said
    assert "sample" in said
    assert "Accuracy" in said


def test_the_map_works_from_the_keyboard(visit):
    one = visit()
    whole = one.range()
    one.page.focus("#map")
    one.page.keyboard.press("+")
    near = one.range()
    assert near[1] - near[0] == pytest.approx((whole[1] - whole[0]) / 1.5)
    for key, axis, way in (
        ("ArrowLeft", 0, -1), ("ArrowRight", 0, 1), ("ArrowUp", 2, 1), ("ArrowDown", 2, -1),
    ):  # fmt: skip
        before = one.range()
        one.page.keyboard.press(key)
        assert np.sign(one.range()[axis] - before[axis]) == way
    one.page.keyboard.press("-")
    one.page.keyboard.press("0")
    assert one.range() == pytest.approx(whole)
    one.page.get_by_role("button", name="Zoom in").click()
    assert one.range() != pytest.approx(whole)
    one.page.focus("input[name=layer]")
    one.page.keyboard.press("ArrowRight")
    assert one.page.is_checked("input[value=unmarked]")
    assert one.page.inner_text("#map-status").startswith("Unmarked")
    # Nobody is moved off the map.
    for _ in range(12):
        one.page.focus("#map")
        one.page.keyboard.press("ArrowLeft")
    assert one.range()[0] == pytest.approx(whole[0])


def test_the_wheel_scrolls_the_page_until_the_map_is_used(visit):
    one = visit()
    one.page.locator("#map").scroll_into_view_if_needed()
    box = one.page.locator("#map-figure").bounding_box()
    one.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    whole = one.range()
    one.page.mouse.wheel(0, -120)
    one.settle()
    assert one.range() == pytest.approx(whole)
    one.page.focus("#map")
    one.page.mouse.wheel(0, -120)
    one.settle()
    assert one.range() != pytest.approx(whole)


def test_tables_sort_by_number_and_say_so(visit):
    one = visit()
    table = one.page.locator("#calibrated")
    heading = table.locator("thead th").nth(3)
    assert heading.get_attribute("aria-sort") is None
    heading.get_by_role("button", name="Mean").click()

    def column():
        cells = table.locator("tbody tr td:nth-child(4)").evaluate_all(
            "(cells) => cells.map((cell) => Number(cell.dataset.order))"
        )
        assert len(cells) == 12
        return cells

    assert heading.get_attribute("aria-sort") == "ascending"
    assert column() == sorted(column())
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "descending"
    assert column() == sorted(column(), reverse=True)
    table.locator("thead th").nth(2).get_by_role("button").click()
    assert heading.get_attribute("aria-sort") is None
    scores = table.locator("tbody tr td:nth-child(3)").all_inner_texts()
    assert scores == sorted(scores)


def test_cells_are_a_table_too(visit):
    one = visit()
    one.choose("clustering")
    one.page.click("#map-cells summary")
    rows = one.page.locator("#map-table tbody tr")
    cells = one.page.evaluate(
        "JSON.parse(document.getElementById('map-data').textContent).cells.x.length"
    )
    rows.first.wait_for()
    assert rows.count() == cells
    assert "Clustering (nats)" in one.page.inner_text("#map-table thead")


def test_a_place_is_shown_on_the_map(visit, report):
    one = visit()
    whole = one.range()
    one.choose("clustering")
    one.page.select_option("#map-model", label=HEBREW)
    one.page.get_by_role("button", name="Show France").first.click()
    assert one.page.is_checked("input[value=accuracy]")
    assert one.page.input_value("#map-model") == "0"
    near = one.range()
    radius = report.listed["radius_km"].iloc[0]
    assert near[1] - near[0] == pytest.approx(max((whole[1] - whole[0]) / 8, 4 * radius), rel=0.01)
    assert one.page.evaluate("document.activeElement.id") == "map"


def circles(one):
    """How many places the map numbers, and how many points their rims have."""
    return one.page.evaluate(
        "() => { const all = Array.from(Bokeh.documents)[0];"
        " const find = (name) => all.get_model_by_name(name).data;"
        " return [Array.from(find('numbers').number), find('circles').xs.flat().length]; }"
    )


def test_circles_are_those_of_the_chosen_model(visit, report):
    one = visit()
    numbers, points = circles(one)
    assert numbers == report.listed["place"].astype(str).tolist()
    assert points > 20
    assert one.page.is_visible("#map-circles")
    before = one.map_pixels()
    one.page.evaluate(
        "Array.from(Bokeh.documents)[0].get_model_by_name('circles').data = { xs: [], ys: [] }"
    )
    assert changed(before, one.map_pixels()) > 0.0001
    # Nothing is drawn of a model without places, and nothing that is of no model.
    one.page.select_option("#map-model", label=HEBREW)
    assert circles(one) == [[], 0]
    assert not one.page.is_visible("#map-circles")
    one.page.select_option("#map-model", label=SCRIPT)
    assert circles(one)[0] == numbers
    one.choose("unmarked")
    assert circles(one) == [[], 0]


def test_hostile_names_are_text(visit):
    one = visit()
    text = one.page.inner_text("body")
    assert SCRIPT in text
    assert CLOSING in text
    assert one.page.locator("img").count() == 0
    assert one.page.locator("bdi", has_text=HEBREW).count() > 0
    options = one.page.locator("#map-model option").all_inner_texts()
    assert [option.strip() for option in options] == [SCRIPT, HEBREW]
    one.page.evaluate("document.querySelectorAll('details').forEach((each) => each.open = true)")


def test_scripts_from_elsewhere_do_not_run(visit):
    """Even if a name got through as a script, the policy of the page would not let it run."""
    one = visit()
    one.page.evaluate(
        "() => { const script = document.createElement('script');"
        " script.textContent = 'window.ran = true'; document.body.append(script); }"
    )
    assert one.page.evaluate("window.ran === undefined")
    assert len(one.errors) == 1
    assert "Content Security Policy" in one.errors.pop()


def test_colours_follow_the_scheme_while_the_page_is_open(visit):
    one = visit()
    light = one.map_pixels()
    one.page.emulate_media(color_scheme="dark")
    dark = one.map_pixels()
    assert light.mean() > 200 > 90 > dark.mean()
    paper = one.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == "rgb(20, 24, 28)"
    one.page.emulate_media(color_scheme="light")
    assert changed(light, one.map_pixels()) < 0.001


def test_nothing_stands_in_the_way_of_anyone(visit):
    from axe_playwright_python.sync_playwright import Axe

    one = visit()
    one.page.evaluate("document.querySelectorAll('details').forEach((each) => each.open = true)")
    for size in (WIDE, NARROW):
        one.page.set_viewport_size(size)
        for scheme in ("light", "dark"):
            one.page.emulate_media(color_scheme=scheme)
            one.settle()
            found = Axe().run(one.page).response["violations"]
            assert [
                (each["id"], [node["target"] for node in each["nodes"]]) for each in found
            ] == []


def test_a_narrow_page_does_not_scroll_sideways(visit):
    one = visit(size=NARROW)
    width = one.page.evaluate("document.documentElement.scrollWidth")
    assert width == NARROW["width"]
    assert one.map_pixels().shape[1] <= NARROW["width"]


def test_paper_gets_a_light_map(visit):
    one = visit(scheme="dark")
    one.choose("clustering")
    one.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    one.page.emulate_media(media="print")
    shot = one.page.locator("#map-print").screenshot()
    pixels = np.asarray(Image.open(BytesIO(shot)).convert("RGB")).astype(int)
    assert pixels.mean() > 200
    assert (np.abs(pixels - pixels[0, 0]).max(axis=2) > 24).mean() > 0.1
    assert not one.page.is_visible("#map")
    assert not one.page.is_visible("nav")


def test_a_notebook_shows_the_map_in_a_frame(browser, report, tmp_path):
    path = tmp_path / "notebook.html"
    path.write_text(f"<!DOCTYPE html>{report.audit.explore()._repr_html_()}", encoding="utf-8")
    context = browser.new_context(viewport={"width": 1100, "height": 900}, offline=True)
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(path.as_uri())
    frame = page.frame_locator("iframe")
    frame.locator("#map[data-ready]").wait_for()
    assert frame.locator("input[name=layer]").count() == 6
    height = frame.locator("body").evaluate("(body) => body.scrollHeight")
    context.close()
    assert errors == []
    assert height < 900
