"""The report of a training draws all its charts in a browser without a network."""

from pathlib import Path

import pytest

from microfp import datasets
from microfp.cli import main
from tests.pages import Judge, OpenPage, Theme

STEPS = 20
DATA = datasets.moons(60)
CORNER = """(() => {
  const read = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  read.drawImage(document.querySelector("figure canvas"), -2, -2);
  return read.getImageData(0, 0, 1, 1).data[0];
})()"""
"""How light the ground of the first chart is, from 0 to 255.

It is read off a copy: of a canvas that is read again and again the browser complains.
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    assert main(["demo", "--hidden", "6", "--steps", str(STEPS), "--report", str(path)]) == 0
    return path


def test_every_chart_is_drawn(
    report: Path,
    open_page: OpenPage,
    judge: Judge,
) -> None:
    page = open_page(report).page
    page.wait_for_function("document.querySelectorAll('figure canvas').length === 8")
    for canvas in page.locator("figure canvas").all():
        box = canvas.bounding_box()
        assert box is not None
        assert box["width"] > 400
        assert box["height"] > 200
    judge(page, "report")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_a_phone_and_has_its_theme(
    theme: Theme,
    report: Path,
    open_page: OpenPage,
    judge: Judge,
) -> None:
    page = open_page(report, width=390, height=844, mobile=True, theme=theme).page
    page.wait_for_function("document.querySelectorAll('figure canvas').length === 8")
    judge(page, f"report-phone-{theme}")
    sides = "[...document.querySelectorAll('figure canvas')].map(it => it.getBoundingClientRect())"
    assert all(right <= 390 for right in page.evaluate(f"{sides}.map(it => it.right)"))
    assert all(width > 250 for width in page.evaluate(f"{sides}.map(it => it.width)"))
    assert (page.evaluate(CORNER) > 128) == (theme == "light")


def test_it_follows_the_theme_when_that_changes(report: Path, open_page: OpenPage) -> None:
    page = open_page(report, theme="light").page
    page.wait_for_function("document.querySelectorAll('figure canvas').length === 8")
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"document.querySelector('figure canvas') && {CORNER} < 60")


def test_the_slider_changes_the_picture(report: Path, open_page: OpenPage) -> None:
    page = open_page(report).page
    slider = page.locator("input[type=range]")
    slider.wait_for()
    pixels = "document.querySelector('figure canvas').toDataURL()"
    last = page.evaluate(pixels)
    slider.focus()
    page.keyboard.press("Home")
    page.wait_for_function(f"before => {pixels} !== before", arg=last)
    assert slider.input_value() == "0"
    first = page.evaluate(pixels)
    page.keyboard.press("End")
    page.wait_for_function(f"before => {pixels} !== before", arg=first)
    assert slider.input_value() == str(STEPS)


def test_a_narrow_page_does_not_scroll_sideways(report: Path, open_page: OpenPage) -> None:
    page = open_page(report, width=640).page  # 1280 at a zoom of 200 %
    page.wait_for_function("document.querySelectorAll('figure canvas').length === 8")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.fixture(scope="module")
def of_a_table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("table")
    rows = [f"{x},{y},{int(label)}" for (x, y), label in zip(DATA.xs, DATA.ys, strict=True)]
    (folder / "moons.csv").write_text("\n".join(["x,y,label", *rows]), encoding="utf-8")
    path = folder / "report.html"
    given = [str(folder / "moons.csv"), "--steps", "10", "--report", str(path)]
    assert main(["train", *given]) == 0
    return path


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_the_report_on_a_table_is_accessible_and_nothing_overflows(
    width: int, theme: Theme, of_a_table: Path, open_page: OpenPage, judge: Judge
) -> None:
    page = open_page(of_a_table, width=width, theme=theme, mobile=width < 500).page
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(244, 244, 242)", "dark": "rgb(13, 15, 18)"}[theme]
    judge(page, f"report-table-{width}-{theme}")
