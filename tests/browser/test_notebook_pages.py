"""Notebooks run in their pages: in the browser, from the site alone."""

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.pages import Judge, OpenPage

RIGHT = """
def first_below(models, bound):
    found = (i for i, model in enumerate(models) if measured(model) < bound)
    return next(found, None)
"""
DONE = 120_000  # milliseconds, for Python to be loaded on a busy machine


def started(page: Page) -> None:
    page.get_by_role("button", name="Run this notebook").press("Enter")
    expect(page.locator(".notebook-here")).to_have_attribute("data-state", "done", timeout=DONE)


def cell(page: Page, code: str) -> Locator:
    return page.locator(".cell-frame", has_text=code)


def output(page: Page, code: str) -> Locator:
    """What a cell shows; it stands below its code."""
    return cell(page, code).locator("xpath=following-sibling::*[@class='cell-output'][1]")


def edited(page: Page, code: str, other: str) -> None:
    editor = cell(page, code).get_by_role("textbox")
    editor.fill(other)
    page.keyboard.press("Control+Enter")


def test_a_lesson_is_live_in_its_page(
    address: str,
    open_page: OpenPage,
    judge: Judge,
) -> None:
    page = open_page(f"{address}/notebooks/lessons/08_training.html", width=390, theme="dark").page
    started(page)
    assert page.locator(".cell-output[data-state=failed]").count() == 0
    expect(page.locator(".run-chart canvas")).to_have_count(2)
    expect(output(page, "The last model of the stream")).to_contain_text("bit for bit: True")
    picture = "document.querySelector('.run-chart canvas').toDataURL()"
    before = page.evaluate(picture)
    slider = page.get_by_role("slider", name="model")
    slider.press("End")
    expect(page.locator(".cell-control output")).to_have_text("30")
    page.wait_for_function(f"before => {picture} !== before", arg=before, timeout=DONE)
    expect(slider).to_be_focused()
    verdict = page.locator(".cell-output").last
    expect(verdict).to_contain_text("Not yet: for 31 models")
    edited(page, "def first_below", RIGHT)
    expect(verdict).to_contain_text("Right!")
    judge(page, "notebook-lesson-dark")


def test_a_cell_without_an_end_can_be_stopped_and_the_notebook_begun_anew(
    address: str, open_page: OpenPage
) -> None:
    page = open_page(f"{address}/notebooks/lessons/02_chain_rule.html").page
    started(page)
    edited(page, "over_c", "while True:\n    pass")
    stop = page.get_by_role("button", name="Stop")
    expect(stop).to_be_visible()
    stop.click()
    expect(page.locator(".notebook-words")).to_contain_text("What the cells had made is lost")
    page.get_by_role("button", name="Run this notebook again").click()
    expect(page.locator(".notebook-here")).to_have_attribute("data-state", "done", timeout=DONE)
    left_out = page.locator(".cell-output", has_text="it was stopped before its end")
    expect(left_out).to_have_count(1)
    edited(page, "while True", "by_hand = 2.5\nby_hand")
    expect(page.locator(".cell-output pre").nth(1)).to_have_text("2.5\n")
    expect(left_out).to_have_count(0)


def test_a_notebook_from_the_disk_says_how_to_serve_it(site: Path, open_page: OpenPage) -> None:
    page = open_page(site / "notebooks" / "demo.html").page
    page.get_by_role("button", name="Run this notebook").click()
    expect(page.locator(".notebook-words")).to_contain_text("python -m http.server")
