"""The watch over pages sees what it has to see."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.pages import Tab, watch

WRONG = {
    "exception: ": "<script>throw new Error('thrown')</script>",
    "error: ": "<script>console.error('said')</script>",
    "left the machine: http://example.invalid/": "<img src='http://example.invalid/a.png'>",
    "failed: file:": "<img src='missing.png'>",
}


@pytest.mark.parametrize("complaint", WRONG)
def test_a_page_that_goes_wrong_is_noticed(
    complaint: str, browser: Browser, tmp_path: Path
) -> None:
    path = tmp_path / "page.html"
    path.write_text(f"<!doctype html><title>A page</title>{WRONG[complaint]}", encoding="utf-8")
    tab = Tab(browser.new_page(), [])
    watch(tab)
    tab.page.goto(path.as_uri())
    tab.page.wait_for_timeout(100)
    tab.page.close()
    assert any(found.startswith(complaint) for found in tab.complaints)
