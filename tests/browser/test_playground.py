"""The playground in a browser: its numbers are microfp's, and time goes both ways."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from docs.builder.runner import playground
from microfp import backward, datasets, grad, losses, nn
from tests.pages import THEMES, Judge, OpenPage, Violation, in_theme

OTHER = (
    "data=circles&n=50&noise=0.05&hidden=5,3&activation=tanh&loss=binary_cross_entropy"
    "&optimizer=adam&rate=0.03&l2=0.001&batch=10&seed=3"
)
PYTHON = 300_000
"""How long Python may take to come, on a busy machine."""


def opened(open_page: OpenPage, address: str, hash_: str = "", **options: object) -> Page:
    where = f"{address}/playground.html{'#' if hash_ else ''}{hash_}"
    return open_page(where, **options).page  # type: ignore[arg-type]  # options of OpenPage


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def reached(page: Page, step: int) -> None:
    root = page.locator("#playground")
    expect(root).to_have_attribute("data-step", str(step), timeout=PYTHON)
    page.wait_for_function("!document.querySelector('[aria-label=Pause]')")


def loss_on(page: Page) -> float:
    """The loss on the screen, with all its digits."""
    return float(str(page.locator(".pg-figure output").nth(1).get_attribute("data-exact")))


def curve_on(page: Page) -> list[float]:
    found: list[float] = page.evaluate("document.getElementById('playground').losses")
    return found


def test_it_begins_without_python_where_microfp_begins(address: str, open_page: OpenPage) -> None:
    page = opened(open_page, address)
    reached(page, 0)
    data, model = datasets.moons(100, noise=0.1, seed=1337), nn.mlp(2, [16, 16, 1], seed=1337)
    expected = losses.evaluate(losses.max_margin(l2=1e-4), model, data).total.data
    assert loss_on(page) == expected
    button(page, "Step forward").click()
    reached(page, 1)
    names: list[str] = page.evaluate(
        "performance.getEntriesByType('resource').map((it) => it.name)"
    )
    assert [it for it in names if "pyodide" in it or "packages" in it] == []


@pytest.mark.parametrize(("hash_", "step"), [("step=40", 40), (f"{OTHER}&step=30", 30)])
def test_the_program_on_the_screen_gives_the_losses_on_the_screen(
    hash_: str, step: int, address: str, open_page: OpenPage
) -> None:
    page = opened(open_page, address, hash_)
    if "data" in hash_:
        button(page, "Step back").click()  # a click fetches Python
        reached(page, step - 1)
        button(page, "Step forward").click()
    reached(page, step)
    names: dict[str, object] = {}
    program = page.get_by_role("region", name="Program", exact=True).inner_text()
    exec(f"{program}\nfound = losses.evaluate(loss, run.final_model, data).total.data", names)
    found, run = names["found"], names["run"]
    assert loss_on(page) == pytest.approx(found, abs=1e-9)
    ours = [it.loss for it in run.history]  # type: ignore[attr-defined]  # a run
    assert curve_on(page)[:step] == pytest.approx(ours, abs=1e-9)


def test_time_goes_both_ways(address: str, open_page: OpenPage) -> None:
    page = opened(open_page, address, "step=20")
    reached(page, 20)
    then = loss_on(page), page.locator(".pg-table").inner_text()
    page.locator("#playground").get_by_label("Speed").select_option("10 steps a frame")
    button(page, "Train").click()
    page.wait_for_function("Number(document.getElementById('playground').dataset.step) > 60")
    button(page, "Pause").click()
    page.get_by_role("slider", name="Go to step").fill("20")
    reached(page, 20)
    assert (loss_on(page), page.locator(".pg-table").inner_text()) == then
    button(page, "Step back").click()
    reached(page, 19)
    assert loss_on(page) != then[0]
    button(page, "Step forward").click()
    reached(page, 20)
    assert (loss_on(page), page.locator(".pg-table").inner_text()) == then


def test_the_address_leads_back(address: str, open_page: OpenPage) -> None:
    page = opened(open_page, address)
    reached(page, 0)
    button(page, "Step forward").click()
    reached(page, 1)
    page.wait_for_function("location.hash === '#step=1'")
    loss = loss_on(page)
    page.reload()
    reached(page, 1)
    assert loss_on(page) == loss


def test_a_setting_begins_anew_and_stands_in_the_address(address: str, open_page: OpenPage) -> None:
    page = opened(open_page, address, "step=5")
    reached(page, 5)
    page.locator("#playground").get_by_label("Rate").select_option("0.3")
    page.wait_for_function("location.hash === '#rate=0.3'", timeout=PYTHON)
    reached(page, 0)
    button(page, "Fewer neurons in layer 2").click()
    page.wait_for_function("location.hash === '#hidden=16%2C15&rate=0.3'", timeout=PYTHON)
    expect(page.locator(".pg-node")).to_have_count(2 + 16 + 15 + 1)
    expect(page.locator(".pg-program")).to_contain_text("[16, 15, 1]")


def test_the_keyboard_trains_and_steps(address: str, open_page: OpenPage) -> None:
    page = opened(open_page, address)
    reached(page, 0)
    for key, step in [("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("Home", 0)]:
        page.keyboard.press(key)
        reached(page, step)
    page.keyboard.press("Space")
    button(page, "Pause").wait_for()
    page.wait_for_function("Number(document.getElementById('playground').dataset.step) > 3")
    page.keyboard.press("Space")
    button(page, "Train").wait_for()


def test_a_neuron_tells_its_value_and_its_gradient(address: str, open_page: OpenPage) -> None:
    page = opened(open_page, address)
    reached(page, 0)
    page.locator("#playground").get_by_label("Example").fill("7")
    button(page, "Neuron h1.2").hover()
    data, model = datasets.moons(100, noise=0.1, seed=1337), nn.mlp(2, [16, 16, 1], seed=1337)
    hidden = model.layers[0](data.xs[7])
    (score,) = model.layers[2](model.layers[1](hidden))
    cost = losses.max_margin().example((score,), data.ys[7])
    value, slope = hidden[1].data, grad(hidden[1], backward(cost))
    told = page.get_by_role("region", name="Neuron", exact=True)
    words = f"value {value:.4g}, gradient {slope:.4g}".replace("-", "\N{MINUS SIGN}")
    expect(told).to_contain_text(words)
    weight = f"{model.layers[0].neurons[1].weights[0].data:.4g}".replace("-", "\N{MINUS SIGN}")
    expect(told.locator("tbody tr").first).to_contain_text(weight)


def test_a_neuron_opens_in_the_explorer(
    address: str, open_page: OpenPage, violations: Callable[[Page], list[Violation]]
) -> None:
    page = opened(open_page, address)
    reached(page, 0)
    page.locator("#playground").get_by_label("Example").fill("7")
    button(page, "Neuron h2.3").hover()
    button(page, "Explore this neuron").click()
    explorer = page.get_by_role("region", name="Explorer", exact=True)
    expect(explorer).to_contain_text("h2.3 at example 7", timeout=PYTHON)
    data, model = datasets.moons(100, noise=0.1, seed=1337), nn.mlp(2, [16, 16, 1], seed=1337)
    neuron = model.layers[1](model.layers[0](data.xs[7]))[2]
    shown = explorer.locator("header .formula").inner_text()
    assert float(shown.partition("= ")[2]) == pytest.approx(neuron.data, rel=1e-3)
    assert violations(page) == []


def test_an_edge_tells_its_weight(address: str, open_page: OpenPage) -> None:
    page = opened(open_page, address)
    reached(page, 0)
    box = page.locator(".pg-input").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] + 6, box["y"] + box["height"] / 2)
    expect(page.locator(".pg-tip")).to_contain_text("weight")
    expect(page.locator(".pg-tip")).to_contain_text("gradient")


def test_one_click_copies_the_program(address: str, open_page: OpenPage) -> None:
    page = opened(open_page, address, "step=3")
    reached(page, 3)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button(page, "Copy the program").click()
    expect(page.locator(".pg-copied")).to_have_text("copied")
    copied: str = page.evaluate("navigator.clipboard.readText()")
    assert copied == playground.program(playground.START).replace("STEPS", "3")


@pytest.mark.parametrize("width", [390, 1440])
def test_it_is_accessible_and_nothing_overflows(
    width: int, address: str, open_page: OpenPage, judge: Judge
) -> None:
    page = opened(open_page, address, "step=50", width=width, mobile=width < 500)
    reached(page, 50)
    for theme in THEMES:
        in_theme(page, theme)
        judge(page, f"playground-{width}-{theme}")


def test_frames_and_steps_a_second_are_kept(
    address: str,
    open_page: OpenPage,
    keep_figures: Callable[[str, dict[str, float]], None],
) -> None:
    page = opened(open_page, address)
    reached(page, 0)
    button(page, "Train").click()
    page.wait_for_function("Number(document.getElementById('playground').dataset.step) > 500")
    found = page.evaluate("({ ...document.getElementById('playground').dataset })")
    button(page, "Pause").click()
    keep_figures("playground", {name: float(number) for name, number in found.items()})


def test_a_page_from_the_disk_says_how_to_serve_it(site: Path, open_page: OpenPage) -> None:
    tab = open_page(site / "playground.html")
    expect(tab.page.locator("#playground")).to_contain_text("python -m http.server")
    tab.complaints.clear()  # a module from a disk is refused, which is what the words are for
