"""Pages of the site in a browser, opened from the disk: readable, accessible, searchable."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.pages import Judge, OpenPage, Theme

PAGES = {
    "landing": "index.html",
    "explorer": "guides/explorer.html",
    "guide": "guides/data.html",
    "reference": "reference/trainer.html",
    "lesson": "notebooks/demo.html",
    "gpt": "notebooks/gpt.html",
}
FRAMING = {"gpt"}
VIEWS: dict[str, dict[str, int | bool]] = {
    "phone": {"width": 390, "height": 844, "mobile": True},
    "desktop": {"width": 1440, "height": 900, "mobile": False},
}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_and_nothing_overflows(
    name: str,
    view: str,
    theme: Theme,
    site: Path,
    address: str,
    open_page: OpenPage,
    judge: Judge,
) -> None:
    size = VIEWS[view]
    # The judge speaks to what is framed by the origin of its page, and files have none.
    page = open_page(
        f"{address}/{PAGES[name]}" if name in FRAMING else site / PAGES[name],
        width=int(size["width"]),
        height=int(size["height"]),
        mobile=bool(size["mobile"]),
        theme=theme,
    ).page
    judge(page, f"site-{name}-{view}-{theme}")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_address_without_a_page_leads_to_the_site_around_it(
    theme: Theme, site: Path, address: str, open_page: OpenPage, judge: Judge
) -> None:
    tab = open_page(f"{address}/index.html", theme=theme, width=390, mobile=True)
    missing = f"{address}/reference/nn/none.html"
    tab.page.route(missing, lambda route: route.fulfill(path=site / "404.html"))
    tab.page.goto(missing)
    link = tab.page.get_by_role("link", name="Playground")
    expect(link).to_have_attribute("href", f"{address}/playground.html")
    judge(tab.page, f"missing-{theme}")
    tab.complaints.clear()  # of the folders in which it has looked for the site


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_picture_is_that_of_the_theme(theme: Theme, site: Path, open_page: OpenPage) -> None:
    page = open_page(site / "start" / "first-gradient.html", theme=theme).page
    shown = page.locator("img[src*='assets/graph']:visible")
    expect(shown).to_have_count(1)
    assert ("-dark" in str(shown.get_attribute("src"))) == (theme == "dark")
    assert page.evaluate("document.querySelector('img').naturalWidth") > 0


@pytest.mark.parametrize("name", ["index", "start/first-gradient", "guides/explorer"])
def test_the_explorer_lives_in_the_page(name: str, site: Path, open_page: OpenPage) -> None:
    page = open_page(site / f"{name}.html", width=1440, theme="dark").page
    part = page.locator(".mfp-explorer.part")
    expect(part).to_have_attribute("data-theme", "dark")
    part.get_by_role("button", name="Last step").click()
    expect(part.locator(".node .gradient").first).to_have_text("grad \N{MINUS SIGN}3")
    part.get_by_role("button", name="Step downhill").click()
    expect(part.locator(".told")).to_contain_text("the output: 1 \N{RIGHTWARDS ARROW}")
    part.get_by_role("button", name="Step back").click()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_theme_can_be_chosen(site: Path, open_page: OpenPage) -> None:
    page = open_page(site / "index.html", theme="light").page
    body = page.locator("body")
    expect(body).to_have_attribute("data-md-color-scheme", "default")
    page.get_by_title("Use the light theme").click()
    page.get_by_title("Use the dark theme").click()
    expect(body).to_have_attribute("data-md-color-scheme", "slate")


def test_the_search_finds_a_name_without_a_network_and_without_a_server(
    site: Path, open_page: OpenPage
) -> None:
    page = open_page(site / "index.html", width=1440).page
    page.get_by_role("textbox", name="Search").press_sequentially("backward_steps")
    found = page.locator(".md-search-result__link").first
    found.wait_for()
    found.click()
    expect(page.locator("h1")).to_contain_text("microfp.gradients")


def test_wide_code_scrolls_by_itself(site: Path, open_page: OpenPage) -> None:
    page = open_page(site / "guides" / "data.html", width=390, height=844, mobile=True).page
    widths = page.evaluate(
        "[...document.querySelectorAll('pre')].map(it => it.getBoundingClientRect().right)"
    )
    assert widths
    assert max(widths) <= 390 + 1
