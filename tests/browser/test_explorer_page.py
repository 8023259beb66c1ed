"""The explorer in a browser: what a person sees is what the library computed."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

import pytest
from playwright.sync_api import Page

from microfp import backward, explorer, losses, nn, relu, tanh, value
from microfp.graph import topological_order
from microfp.values import Value
from tests.pages import Judge, OpenPage, Theme

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
    for _ in range(28):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "(it => it.getAttribute('aria-label') ?? it.labels?.[0]?.textContent"
                " ?? it.textContent)(document.activeElement)"
            )
        )
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert reached[-1].startswith("\n") or outline == "solid", reached[-1]
    wanted = ["Dark theme", "Smaller", "Fit", "Larger", "Graph"]
    assert reached[:10] == [
        *wanted,
        *("First step", "Step back", "Play", "Step forward", "Last step"),
    ]
    others = {"Step", "Value of x", "Drag w", "Reset", "Rows of the table", "Step downhill", "Rate"}
    assert others <= set(reached)


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
    judge: Judge,
) -> None:
    page = opened(theme=theme, **size)
    for step in (2, 9):
        page.get_by_label("Step", exact=True).fill(str(step))
        judge(page, f"explorer-{view}-{theme}-{step}")


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


# Downhill.


@pytest.mark.parametrize("rate", [0.1, 0.01])
def test_steps_downhill_are_gradient_descent(rate: float, opened: Callable[..., Page]) -> None:
    page = opened()
    page.get_by_label("Rate").fill(str(rate))
    numbers = {"x": 2.0, "w": -3.0, "b": 7.0}
    for _ in range(3):
        output = neuron(**numbers)
        gradients = backward(output)
        slopes = {node.label: gradients[node] for node in topological_order(output) if node.label}
        numbers = {name: number - rate * slopes[name] for name, number in numbers.items()}
        page.get_by_role("button", name="Step downhill").click()
        before, after = typed([output.data, neuron(**numbers).data])
        assert (
            page.locator(".told").inner_text()
            == f"the output: {before} \N{RIGHTWARDS ARROW} {after}"
        )
    page.keyboard.press("End")
    output = neuron(**numbers)
    assert column(page, "data") == typed([node.data for node in topological_order(output)])
    assert float(page.get_by_label("Value of w").input_value()) == pytest.approx(numbers["w"])
    page.get_by_role("button", name="Reset").click()
    assert column(page, "data") == typed([node.data for node in topological_order(neuron())])


def network_page(tmp_path: Path) -> Path:
    model = nn.mlp(2, [2, 1], seed=1)
    point = (value(0.5, label="x1"), value(-1.0, label="x2"))
    loss = losses.max_margin().example(model(point), 1.0)
    path = tmp_path / "network.html"
    path.write_text(explorer.to_html(loss, model=model), encoding="utf-8")
    return path


def test_a_network_tells_weights_inputs_and_constants_apart(
    open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page(network_page(tmp_path)).page
    page.keyboard.press("End")
    rows = page.locator("tbody tr").all_inner_texts()
    kinds = dict(row.split("\t")[:2] for row in rows)
    assert [name for name, kind in kinds.items() if kind == "input"] == ["x1", "x2"]
    assert {name for name, kind in kinds.items() if kind == "weight"} == {
        *("w1.1.1", "w1.1.2", "b1.1", "w1.2.1", "w1.2.2", "b1.2", "w2.1.1", "w2.1.2", "b2.1"),
    }
    assert "constant" in kinds.values()
    before = page.get_by_label("Value of x1").input_value()
    page.get_by_role("button", name="Step downhill").click()
    assert page.get_by_label("Value of x1").input_value() == before  # only weights move


# How it fits.


def node_boxes(page: Page) -> list[dict[str, float]]:
    boxes: list[dict[str, float]] = page.evaluate(
        """[...document.querySelectorAll(".node rect")].map((it) => {
          const { left, right, top, bottom } = it.getBoundingClientRect();
          return { left, right, top, bottom };
        })"""
    )
    return boxes


@pytest.mark.parametrize("width", [390, 740, 1440])
def test_the_whole_neuron_is_seen_in_its_column(width: int, opened: Callable[..., Page]) -> None:
    page = opened(width=width, height=1000, mobile=width < 500)
    stage = page.locator(".stage").bounding_box()
    assert stage is not None
    for box in node_boxes(page):
        assert stage["x"] <= box["left"] < box["right"] <= stage["x"] + stage["width"]
        assert stage["y"] <= box["top"] < box["bottom"] <= stage["y"] + stage["height"]
    assert float(str(page.locator(".stage").get_attribute("data-scale"))) >= 0.7


def test_a_network_is_fitted_and_zoomed(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(network_page(tmp_path), width=740, height=1000).page

    def scale() -> float:
        return float(str(page.locator(".stage").get_attribute("data-scale")))

    assert scale() == 0.7
    page.get_by_role("button", name="Fit", exact=True).click()
    fitted = scale()
    stage = page.locator(".stage").bounding_box()
    assert stage is not None
    assert all(box["right"] <= stage["x"] + stage["width"] for box in node_boxes(page))
    page.get_by_role("button", name="Larger").click()
    assert scale() == pytest.approx(1.25 * fitted, abs=0.001)
    page.get_by_role("button", name="Smaller").click()
    assert scale() == pytest.approx(fitted, abs=0.001)


def test_names_and_numbers_of_nodes_do_not_touch(
    opened: Callable[..., Page], open_page: OpenPage, tmp_path: Path
) -> None:
    x, long = value(2.0, label="x"), value(0.5, label="a label of some length")
    terms = [x**2.5, x ** (-1.0 / 3.0), (x + long) ** 12.0, tanh(x), relu(-x), x / long]
    output = terms[0]
    for term in terms[1:]:
        output = output + term
    for page in (opened(output), open_page(network_page(tmp_path)).page):
        touching = page.evaluate(
            """[...document.querySelectorAll(".node")].filter((node) => {
              const [title, id] = [".title", ".id"].map((it) => node.querySelector(it).getBBox());
              const frame = node.querySelector("rect").getBBox();
              const meets = id.width && title.x + title.width > id.x - 1;
              return meets || title.x < frame.x || title.x + title.width > frame.x + frame.width;
            }).map((node) => node.textContent)"""
        )
        assert touching == []


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
