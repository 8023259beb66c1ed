"""Examples of the site run in the page: Python in the browser, from the site alone."""

import doctest
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from docs.builder.running import Example, examples, marked
from tests.pages import THEMES, Judge, OpenPage, Tab, in_theme, watch

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
OPENINGS = ("```python", "```{ .python .run")


def runnable(path: Path) -> list[Example]:
    """The examples of a page that have a button."""
    text = path.read_text(encoding="utf-8")
    openings = [line for line in marked(text).splitlines() if line.startswith(OPENINGS)]
    found = zip(examples(text), openings, strict=True)
    return [example for (_, example), opening in found if opening != OPENINGS[0]]


PAGES = [it for it in sorted(DOCS.rglob("*.md")) if runnable(it)]


def button(block: Locator, name: str) -> Locator:
    return block.get_by_role("button", name=name, exact=True)


def blocks(page: Page) -> Locator:
    return page.locator(".highlight.run")


def state(block: Locator, wanted: str) -> None:
    expect(block).to_have_attribute("data-state", wanted, timeout=300_000)


def said(block: Locator, kind: str = "text-plain") -> str:
    return "".join(block.locator(f".run-output pre.{kind}").all_text_contents())


def agrees(example: Example, text: str, error: str) -> bool:
    """Whether an example answers in the page what it answers in the docs."""
    if example.answers is None:
        return error == ""
    if "Traceback" in example.answers:
        return example.answers.strip().splitlines()[-1] in error
    return doctest.OutputChecker().check_output(example.answers, text, doctest.ELLIPSIS)


ASK_ALL = """async ([root, pages]) => {
  const worker = new Worker(`${root}/run/worker.js`, { type: "module" });
  const answerTo = (question) => new Promise((resolve) => {
    const told = { "text/plain": "", error: "" };
    worker.onmessage = ({ data: { kind, content, done } }) => {
      if (done) resolve(told);
      else if (kind in told) told[kind] += content;
    };
    worker.postMessage(question);
  });
  const found = {};
  for (const page of pages) {
    const text = await (await fetch(`${root}/${page}`)).text();
    const read = new DOMParser().parseFromString(text, "text/html");
    found[page] = [];
    for (const block of read.querySelectorAll(".highlight.run")) {
      const shown = block.querySelector("pre code").textContent;
      const given = { first: block.dataset.first ?? "", source: microfpTyped(shown) };
      const isSession = /^>>> /m.test(shown);
      found[page].push(await answerTo({ page, home: "", isSession, ...given }));
    }
  }
  worker.terminate();
  return found;
}"""
"""Asks the worker of the site all examples of some pages, so that Python is loaded once."""


def address_of(path: Path) -> str:
    return path.relative_to(DOCS).with_suffix(".html").as_posix()


@pytest.fixture(scope="module")
def answered(address: str, browser: Browser) -> dict[str, list[dict[str, str]]]:
    """What the examples of each page answer, one after the other, in one worker."""
    tab = Tab(browser.new_page(), [])
    watch(tab)
    tab.page.goto(f"{address}/index.html")
    asked = [address, [address_of(it) for it in PAGES]]
    answers: dict[str, list[dict[str, str]]] = tab.page.evaluate(ASK_ALL, asked)
    tab.page.close()
    assert tab.complaints == []
    return answers


@pytest.mark.parametrize("path", PAGES, ids=lambda it: it.relative_to(DOCS).as_posix())
def test_every_example_with_a_button_answers_as_it_does_here(
    path: Path, answered: dict[str, list[dict[str, str]]]
) -> None:
    found = zip(runnable(path), answered[address_of(path)], strict=True)
    wrong = [it for it in found if not agrees(it[0], it[1]["text/plain"], it[1]["error"])]
    assert wrong == []


@pytest.mark.parametrize("name", ["index.md", "cookbook.md"])
def test_a_click_runs_an_example_after_those_above_it(
    name: str, address: str, open_page: OpenPage
) -> None:
    page = open_page(f"{address}/{address_of(DOCS / name)}").page
    expected = runnable(DOCS / name)
    found = blocks(page)
    expect(found).to_have_count(len(expected))
    last = found.nth(len(expected) - 1)
    button(last, "Run").click()
    state(last, "done")
    expect(last.locator(".run-output")).not_to_be_empty()
    wrong = [
        (example, block.inner_text())
        for example, block in zip(expected, found.all(), strict=True)
        if not agrees(example, said(block), said(block, "error"))
    ]
    assert wrong == []


def opened(open_page: OpenPage, address: str) -> Page:
    return open_page(f"{address}/start/first-gradient.html").page


def test_nothing_is_fetched_before_the_first_click(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/index.html").page
    entries = "performance.getEntriesByType('resource')"
    names: list[str] = page.evaluate(f"{entries}.map(it => it.name)")
    sizes: list[float] = page.evaluate(f"{entries}.map(it => it.decodedBodySize)")
    assert [name for name in names if "/run/" in name] == []
    assert sum(sizes) < 1_000_000


def test_the_search_is_fetched_when_somebody_reaches_for_it(
    address: str, open_page: OpenPage
) -> None:
    page = open_page(f"{address}/index.html").page
    page.get_by_role("textbox", name="Search").fill("gradient")
    expect(page.locator(".md-search-result__link").first).to_be_visible()


def test_an_example_without_an_end_is_stopped_left_out_and_reset(
    address: str, open_page: OpenPage
) -> None:
    page = opened(open_page, address)
    block, below = blocks(page).first, blocks(page).nth(1)
    button(block, "Run").click()
    state(block, "done")
    first = said(block)
    block.get_by_role("textbox").fill("while True:\n    print('on and on')")
    button(block, "Run").click()
    expect(block.locator(".run-output")).to_contain_text("and more, which is not shown")
    button(block, "Stop").click()
    state(block, "failed")
    expect(block.locator("pre.said")).to_contain_text("had made is lost")
    button(below, "Run").click()
    state(below, "done")  # as at a prompt, it goes on after an error
    assert "NameError" in said(below, "error")
    expect(below.locator("pre.said")).to_contain_text("was stopped, and is left out")
    button(block, "Run").click()
    state(block, "running")
    button(block, "Reset").click()
    button(below, "Run").click()
    state(block, "done")
    assert said(block) == first


@pytest.fixture(scope="module")
def warm(address: str, browser: Browser) -> Iterator[Page]:
    """A page in which Python is loaded, and the first example has run."""
    tab = Tab(browser.new_page(), [])
    watch(tab)
    tab.page.goto(f"{address}/start/first-gradient.html")
    block = blocks(tab.page).first
    button(block, "Run").click()
    state(block, "done")
    yield tab.page
    tab.page.close()
    assert tab.complaints == []


def test_an_example_that_has_run_is_accessible(warm: Page, judge: Judge) -> None:
    for theme in THEMES:
        warm.set_viewport_size({"width": 390, "height": 900})
        in_theme(warm, theme)
        judge(warm, f"run-{theme}")


def test_an_error_is_worded_as_microfp_words_it(warm: Page) -> None:
    block = blocks(warm).first
    block.get_by_role("textbox").fill("from microfp import value\nvalue('one')")
    block.get_by_role("textbox").press("Control+Enter")
    expect(block.locator(".run-output pre.error")).to_contain_text("line 2: TypeError: value")


def test_graphs_tables_and_the_explorer_appear_below_the_block(
    warm: Page, keep_picture: Callable[[Page, str], Path]
) -> None:
    block = blocks(warm).first
    made = "from microfp import backward, explorer, value\nx = value(3.0, label='x')\n"
    shows = "x * x\nbackward(x * x)\nexplorer.widget(x * x)"
    block.get_by_role("textbox").fill(made + shows)
    button(block, "Run").click()
    picture = block.locator(".run-graph img")
    expect(picture).to_have_count(1)
    warm.wait_for_function("document.querySelector('.run-graph img').naturalWidth > 50")
    expect(block.locator(".run-table")).to_contain_text("gradient")
    explorer = block.locator(".mfp-explorer")
    explorer.get_by_role("button", name="Last step").click()
    expect(explorer.locator(".node .gradient").first).to_have_text("grad 6")
    explorer.get_by_role("button", name="Step downhill").click()
    expect(explorer.locator(".told")).to_contain_text("9 \N{RIGHTWARDS ARROW} 5.76")
    keep_picture(warm, "run-displays")


def test_a_keyboard_runs_and_leaves_the_editor(warm: Page) -> None:
    block = blocks(warm).nth(1)
    button(block, "Run").focus()
    warm.keyboard.press("Enter")
    state(block, "done")
    block.get_by_role("textbox").focus()
    warm.keyboard.press("Escape")
    expect(button(block, "Run")).to_be_focused()


def test_a_page_from_the_disk_says_how_to_serve_it(site: Path, open_page: OpenPage) -> None:
    page = open_page(site / "start" / "first-gradient.html").page
    block = blocks(page).first
    button(block, "Run").click()
    expect(block.locator(".run-output")).to_contain_text("python -m http.server")


@pytest.mark.parametrize(
    ("where", "code", "copied"),
    [
        (
            "start/first-gradient.html",
            ">>> gradients = backward(y)",
            "gradients = backward(y)\ngrad(x, gradients), grad(w, gradients), grad(b, gradients)",
        ),
        (
            "guides/explorer.html",
            "$ microfp explore",
            'microfp explore "relu(x*w + b)" x=2 w=-3 b=7',
        ),
    ],
)
def test_what_is_copied_has_no_prompts_and_no_answers(
    where: str, code: str, copied: str, address: str, open_page: OpenPage
) -> None:
    page = open_page(f"{address}/{where}").page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    block = page.locator(".highlight", has_text=code).first
    block.locator("[data-clipboard-target]").click()
    page.wait_for_function("navigator.clipboard.readText()")
    assert page.evaluate("navigator.clipboard.readText()") == copied
