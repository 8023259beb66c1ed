"""The explorer in a browser: what a person sees is what the library computed."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

import pytest
from playwright.sync_api import Page

from microfp import backward, explorer, relu, tanh, value
from microfp.graph import topological_order
from microfp.values import Value
from tests.pages import OpenPage, Theme, Violation

FORMULA = "relu(x*w + b)"
STEPS = 13
MINUS, TIMES = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}"


def neuron(x: float = 2.0, w: float = -3.0, b: float = 7.0) -> Value:
    return relu(value(x, label="x") * value(w, label="w") + value(b, label="b"))


@pytest.fixture
def opened(open_page: OpenPage, tmp_path: Path) -> Callable[..., Page]:
    def open_graph(output: Value | None = None, **options: object) -> Page:
        path = tmp_path / "explorer.html"
        shown = neuron() if output is None else output
        title = FORMULA if output is None else None
        path.write_text(explorer.to_html(shown, title=title), encoding="utf-8")
        return open_page(path, **options).page  # type: ignore[arg-type]  # options of OpenPage

    return open_graph


def column(page: Page, name: str) -> list[str]:
    return page.locator(f"tbody td.{name}").all_inner_texts()


def step_of(page: Page) -> int:
    found = re.match(r"Step (\d+) of", page.locator(".counter").inner_text())
    assert found is not None
    return int(found[1])


def typed(numbers: Sequence[float | None]) -> list[str]:
    return ["" if it is None else f"{it:g}".replace("-", MINUS) for it in numbers]


def test_every_step_shows_its_table(opened: Callable[..., Page]) -> None:
    page, output = opened(), neuron()
    order = topological_order(output)
    for i, frame in enumerate(explorer.frames(output)):
        assert step_of(page) == i + 1
        known = order.index(frame.node) + 1 if frame.phase == "forward" else len(order)
        data = [node.data if n < known else None for n, node in enumerate(order)]
        assert column(page, "data") == typed(data)
        # The nodes of another graph of the same formula: told apart by their place.
        gradients = [frame.gradients.get(node) for node in order]
        assert column(page, "gradient") == typed(gradients)
        assert page.locator("[aria-current=step] td.name").inner_text() in (
            frame.node.label,
            f"n{order.index(frame.node)}",
        )
        page.get_by_role("button", name="Step forward").click()
    assert step_of(page) == STEPS


def test_a_step_back_shows_the_chain_rule_with_its_numbers(opened: Callable[..., Page]) -> None:
    page = opened()
    page.get_by_label("Go to node").select_option(label=f"n2: x {TIMES} w")
    assert step_of(page) == 3
    page.get_by_role("button", name="Backward pass").click()
    page.get_by_label("Go to node").select_option(label=f"n2: x {TIMES} w")
    story = page.get_by_label("This step")
    assert story.get_by_role("heading").inner_text() == "Pass the gradient of n2 on"
    sums = [re.sub(r"\s+", " ", it) for it in story.locator(".sum").all_inner_texts()]
    assert [re.sub(r"[a-z]| (of|so|far)\b", "", it).split() for it in sums] == [
        ["=", "0", "+", "1", TIMES, f"({MINUS}3)", "=", f"{MINUS}3"],
        ["=", "0", "+", "1", TIMES, "2", "=", "2"],
    ]
    assert page.locator("text.slope").all_text_contents()[:2] == [
        f"{TIMES}\u202f{MINUS}3",
        f"{TIMES}\u202f2",
    ]


@pytest.mark.parametrize(("name", "to"), [("x", -1.5), ("w", 4.0), ("b", 0.25)])
def test_a_changed_input_computes_both_passes_anew(
    name: str, to: float, opened: Callable[..., Page]
) -> None:
    page = opened()
    page.keyboard.press("End")
    page.get_by_label(f"Value of {name}").fill(str(to))
    output = neuron(**{name: to})
    order, gradients = topological_order(output), backward(output)
    assert column(page, "data") == typed([node.data for node in order])
    assert column(page, "gradient") == typed([gradients[node] for node in order])
    assert page.locator("header .formula").inner_text() == f"{FORMULA} = {typed([output.data])[0]}"
    page.get_by_role("button", name="Reset").click()
    assert column(page, "data") == typed([node.data for node in topological_order(neuron())])


def test_what_is_no_number_is_refused_and_changes_nothing(opened: Callable[..., Page]) -> None:
    page = opened()
    page.get_by_label("Value of x").fill("")
    assert page.get_by_role("alert").inner_text() == "x must be a finite number."
    assert page.get_by_label("Value of x").get_attribute("aria-invalid") == "true"
    page.keyboard.press("Tab")
    page.get_by_label("Value of x").fill("3")
    assert page.get_by_role("alert").inner_text() == ""
    assert column(page, "data")[0] == "3"


def test_the_keyboard_does_everything(opened: Callable[..., Page]) -> None:
    page = opened()
    for key, step in [
        *(("ArrowRight", 2), ("ArrowRight", 3), ("ArrowLeft", 2), ("End", STEPS)),
        *(("ArrowRight", STEPS), ("Home", 1), ("ArrowLeft", 1)),
    ]:
        page.keyboard.press(key)
        assert step_of(page) == step
    reached = []
    for _ in range(24):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "(it => it.getAttribute('aria-label') ?? it.labels?.[0]?.textContent"
                " ?? it.textContent)(document.activeElement)"
            )
        )
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert reached[-1].startswith("\n") or outline == "solid", reached[-1]
    wanted = ["Dark theme", "Graph", "First step", "Step back", "Play", "Step forward", "Last step"]
    assert reached[:7] == wanted
    assert {"Step", "Value of x", "Drag w", "Reset", "Rows of the table"} <= set(reached)


def test_it_plays_to_the_end_and_pauses(opened: Callable[..., Page]) -> None:
    page = opened()
    page.get_by_label("Speed").select_option("very fast")
    page.locator("h1").click()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Pause").wait_for()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Play").wait_for()
    page.keyboard.press("Space")
    page.get_by_text(f"Step {STEPS} of {STEPS}").wait_for()
    page.get_by_role("button", name="Play").wait_for()


def test_the_list_of_nodes_is_walked_by_arrows(opened: Callable[..., Page]) -> None:
    page = opened()
    chooser = page.get_by_label("Go to node")
    for _ in range(2):
        chooser.press("ArrowDown")
    assert step_of(page) == 3
    assert chooser.input_value() == "2"


def test_space_plays_also_after_the_slider_was_moved(opened: Callable[..., Page]) -> None:
    page = opened()
    page.get_by_label("Step", exact=True).press("ArrowRight")
    assert step_of(page) == 2
    page.keyboard.press("Space")
    page.get_by_role("button", name="Pause").wait_for()


def test_each_step_is_announced(opened: Callable[..., Page]) -> None:
    page = opened()
    page.get_by_label("Step", exact=True).fill("10")
    spoken = page.locator("[aria-live=polite]").inner_text()
    assert spoken == (
        f"From n2: gradient of x: 0 plus 1 times {MINUS}3 is {MINUS}3; "
        "gradient of w: 0 plus 1 times 2 is 2."
    )


def test_a_click_on_a_node_or_a_row_goes_to_its_step(opened: Callable[..., Page]) -> None:
    page = opened()
    page.locator("g.node").nth(4).click()
    assert step_of(page) == 5
    page.get_by_role("button", name="Backward pass").click()
    page.locator("tbody tr").nth(0).click()
    assert step_of(page) == STEPS


VIEWS: list[tuple[str, dict[str, object]]] = [
    ("desktop", {"width": 1280, "height": 900}),
    ("phone", {"width": 390, "height": 844, "mobile": True}),
    ("zoomed", {"width": 640, "height": 450}),  # 1280 by 900 at 200 %
]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("view", "size"), VIEWS, ids=[name for name, _ in VIEWS])
def test_it_is_accessible_and_nothing_overflows(
    theme: Theme,
    view: str,
    size: dict[str, object],
    opened: Callable[..., Page],
    violations: Callable[[Page], list[Violation]],
    keep_picture: Callable[[Page, str], Path],
) -> None:
    page = opened(theme=theme, **size)
    for step in (2, 9):
        page.get_by_label("Step", exact=True).fill(str(step))
        keep_picture(page, f"explorer-{view}-{theme}-{step}")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_theme_follows_the_system_and_the_button(opened: Callable[..., Page]) -> None:
    page = opened(theme="dark")

    def darkness() -> int:
        found: str = page.evaluate(
            "getComputedStyle(document.querySelector('main')).backgroundColor"
        )
        return sum(map(int, re.findall(r"\d+", found)[:3]))

    assert darkness() < 3 * 64
    page.get_by_role("button", name="Light theme").click()
    assert darkness() > 3 * 192


def deep_graph(count: int) -> Value:
    """A graph of so many nodes, in which all join late."""
    terms = [value(0.1 * i, label=f"x{i}") for i in range(count // 3)]
    total = terms[0]
    for term in terms[1:]:
        total = total + tanh(term)
    return total


def test_a_graph_of_200_nodes_opens_and_steps(
    opened: Callable[..., Page],
    keep_figures: Callable[[str, dict[str, float]], None],
    keep_picture: Callable[[Page, str], Path],
) -> None:
    output = deep_graph(201)
    count = len(topological_order(output))
    assert count == 199
    start = perf_counter()
    page = opened(output)
    page.get_by_text("Step 1 of").wait_for()
    seconds = perf_counter() - start
    durations: list[float] = page.evaluate(
        """() => {
          const step = (key) => {
            const start = performance.now();
            document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
            document.body.getBoundingClientRect();  // so that the layout is part of it
            return performance.now() - start;
          };
          return Array.from({ length: 398 }, () => step("ArrowRight"));
        }"""
    )
    assert step_of(page) == 2 * count + 1
    keep_picture(page, "explorer-200-nodes")
    keep_figures(
        "explorer-200-nodes",
        {
            "nodes": count,
            "open_seconds": seconds,
            "step_ms_median": sorted(durations)[len(durations) // 2],
            "step_ms_largest": max(durations),
        },
    )


def test_the_largest_page_opens(opened: Callable[..., Page]) -> None:
    page = opened(deep_graph(3_000))
    assert "shows the 500 nearest" in page.locator(".note").first.inner_text()
    assert len(column(page, "data")) == 500
