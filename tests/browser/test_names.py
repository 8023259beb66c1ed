"""The page of the GPT in a browser: it trains as microfp does, and shows what it has learnt."""

import math
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from microfp import datasets, gpt, trainer
from microfp.losses import next_token
from tests.pages import THEMES, Judge, OpenPage, in_theme

PYTHON = 180_000
"""How long Python may take to come, on a busy machine."""
OWN = ["anna", "hanna", "nan"]


def opened(open_page: OpenPage, address: str, **options: object) -> Page:
    page = open_page(f"{address}/names.html", **options).page  # type: ignore[arg-type]  # options of OpenPage
    page.set_default_timeout(PYTHON)
    return page


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def losses_on(page: Page) -> list[float]:
    found: list[float] = page.evaluate("document.getElementById('names').losses")
    return found


def trained(page: Page, steps: int) -> None:
    page.wait_for_function(f"document.getElementById('names').losses.length >= {steps}")


def expected(documents: Sequence[str], steps: int, *, of: int, **sizes: int) -> list[float]:
    start = gpt.prepared(documents, **sizes)
    states = trainer.train(
        start.model,
        start.dataset,
        loss=next_token(),
        optimizer=gpt.adam(steps=of),
        batch_size=1,
        seed=None,
        backend="python",
    )
    return [state.metrics.loss for state in islice(states, steps)]


def test_it_trains_as_microfp_does_and_draws_names(address: str, open_page: OpenPage) -> None:
    page = opened(open_page, address)
    page.get_by_label("steps", exact=True).select_option("20000")
    button(page, "Train").click()
    trained(page, 25)
    button(page, "Pause").click()
    button(page, "Go on").wait_for()
    assert losses_on(page)[:25] == pytest.approx(
        expected(datasets.names(), 25, of=20_000), rel=0.0, abs=1e-9
    )
    expect(page.locator(".nm-names li").first).to_be_visible()
    before = page.locator(".nm-names li").count()
    button(page, "Draw 10 more").click()
    expect(page.locator(".nm-names li")).to_have_count(before + 10)


def test_what_the_page_begins_with_needs_no_python(address: str, open_page: OpenPage) -> None:
    page = opened(open_page, address)
    page.get_by_label("after").fill("")
    button(page, "Train").click()
    button(page, "Train again").wait_for()
    assert losses_on(page)[:25] == pytest.approx(
        expected(datasets.names(), 25, of=1000), rel=0.0, abs=1e-9
    )
    last = losses_on(page)[-100:]
    assert len(losses_on(page)) == 1000
    assert sum(last) / 100 < 0.85 * math.log(26)
    names = page.locator(".nm-names b").all_inner_texts()
    assert set("".join(names).strip()) <= set("abcdefghijklmnopqrstuvwxyz")
    found: list[str] = page.evaluate(
        "performance.getEntriesByType('resource').map((it) => it.name)"
    )
    assert [it for it in found if "pyodide" in it or "packages" in it] == []


def test_documents_of_ones_own_are_learnt_to_the_end(address: str, open_page: OpenPage) -> None:
    page = opened(open_page, address)
    page.get_by_text("Documents of your own").click()
    page.locator("textarea").fill("\n".join([*OWN, "", " "]))
    for name, choice in (("steps", "200"), ("embedding", "8"), ("heads", "2")):
        page.get_by_label(name, exact=True).select_option(choice)
    button(page, "Train").click()
    button(page, "Train again").wait_for()
    expect(page.locator(".nm-told")).to_contain_text("3 documents, written in 3 characters")
    assert losses_on(page) == pytest.approx(
        expected(OWN, 200, of=200, embedding=8, heads=2), rel=0.0, abs=1e-9
    )
    names = page.locator(".nm-names b").all_inner_texts()
    assert set("".join(names).strip()) <= set("ahn")
    page.get_by_label("after").fill("han")
    page.locator(".nm-heads table").first.wait_for()
    expect(page.locator(".nm-bar").first).to_contain_text("n")
    expect(page.locator(".nm-heads table")).to_have_count(2)
    rows = page.locator(".nm-heads table").first.locator("tbody tr")
    expect(rows).to_have_count(4)
    for i in range(4):
        shares = [float(it) for it in rows.nth(i).locator("td[style]").all_inner_texts()]
        assert len(shares) == i + 1
        assert sum(shares) == pytest.approx(100, abs=2)


def test_the_program_on_the_screen_runs(
    address: str, open_page: OpenPage, capsys: pytest.CaptureFixture[str]
) -> None:
    page = opened(open_page, address)
    page.get_by_label("steps", exact=True).select_option("200")
    page.get_by_label("embedding", exact=True).select_option("8")
    program = page.get_by_role("region", name="Program", exact=True).inner_text()
    exec(program.replace("200", "5"), {})
    assert len(capsys.readouterr().out.splitlines()) == 20


def test_nothing_heavy_comes_before_the_first_click(address: str, open_page: OpenPage) -> None:
    page = opened(open_page, address)
    button(page, "Train").wait_for()
    names: list[str] = page.evaluate(
        "performance.getEntriesByType('resource').map((it) => it.name)"
    )
    assert [it for it in names if "pyodide" in it or "packages" in it] == []


def test_it_is_accessible_and_nothing_overflows(
    address: str, open_page: OpenPage, judge: Judge
) -> None:
    page = opened(open_page, address)
    button(page, "Train").click()
    button(page, "Train again").wait_for()
    page.locator(".nm-heads table").first.wait_for()
    for width in (390, 1440):
        for theme in THEMES:
            page.set_viewport_size({"width": width, "height": 900})
            in_theme(page, theme)
            judge(page, f"names-{width}-{theme}")


def test_a_page_from_the_disk_says_how_to_serve_it(site: Path, open_page: OpenPage) -> None:
    tab = open_page(site / "names.html")
    expect(tab.page.locator("#names")).to_contain_text("python -m http.server")
    tab.complaints.clear()  # a module from a disk is refused, which is what the words are for
