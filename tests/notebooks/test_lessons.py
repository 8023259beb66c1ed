"""The lessons run, come to the numbers that they tell of, and know right answers from wrong."""

import ast
import re
from collections.abc import Callable, Mapping
from math import cos, radians, sin
from pathlib import Path
from typing import Any

import pytest

from docs.builder.runner.notebook import cells_of
from microfp import exp, log, total
from microfp.charts import Exercise
from microfp.graph import topological_order
from tests.notebooks.notebooks import FOLDER, definitions

LESSONS = sorted(path.stem for path in (FOLDER / "lessons").glob("*.py"))
# What a notebook defines has no types: its names are read from its cells.
Lesson = Mapping[str, Any]


def lesson(name: str) -> Lesson:
    return definitions(f"lessons/{name}")


BLANKS: Mapping[str, str] = {
    "01_graph": "count_ops",
    "02_chain_rule": "derivative",
    "03_order": "is_topological",
    "04_fold": "first_known",
    "05_no_zero_grad": "added",
    "06_neuron": "and_neuron",
    "07_layer": "count",
    "08_training": "first_below",
    "09_optimisers": "clipped",
    "10_forward_mode": "sine",
    "11_second_derivatives": "newton",
    "12_compiling": "repeated",
    "13_attention": "causal_means",
}
"""The function that each lesson leaves to its reader."""


def judged(name: str, answer: Callable[..., Any]) -> Exercise:
    found = lesson(name)["check"](answer)
    assert isinstance(found, Exercise)
    return found


def solution(name: str) -> Callable[..., Any]:
    """The solution that a lesson can show, read as a reader would who types it into the cell."""
    names = dict(lesson(name))
    exec(judged(name, lesson(name)[BLANKS[name]]).solution, names)
    found: Callable[..., Any] = names[BLANKS[name]]
    return found


# Wrong answers that people give, and what they are told.
MISTAKES: Mapping[str, tuple[str, Callable[..., Any], str]] = {
    "a leaf counts as an operation": (
        "01_graph",
        lambda node: 1,
        "for a leaf you said 1, it is 0.",
    ),
    "one way is forgotten": (
        "02_chain_rule",
        lambda x: 2 * x * (x + 1),
        "for x = 1 you said 4, it is 5.",
    ),
    "every order will do": (
        "03_order",
        lambda order: True,
        "for the same backwards you said True, it is False.",
    ),
    "the last table": (
        "04_fold",
        lambda tables, node: len(tables) - 1,
        "for the output you said 5, it is 0.",
    ),
    "one table wins": (
        "05_no_zero_grad",
        lambda first, second: {**first, **second},
        "for x, which is in both you said 5, it is 9.",
    ),
    "that is or": (
        "06_neuron",
        lambda: ((1.0, 1.0), -0.5),
        "for the inputs (0.0, 1.0), whether the output is above 0 you said True, it is False.",
    ),
    "biases are forgotten": (
        "07_layer",
        lambda n_in, widths: n_in * widths[0],
        "for 3 inputs and widths [1] you said 3, it is 4.",
    ),
    "a stream is made a list": (
        "08_training",
        lambda models, bound: next(
            (i for i, model in enumerate(list(models)) if measured(model) < bound), None
        ),
        "did not come to an end: it asked for more than 31 items.",
    ),
    "the slope is followed upwards": (
        "09_optimisers",
        lambda limit: lesson("09_optimisers")["descent"](-1.0),
        "for the slope 0.3 and the limit 0.5 you said 0.3, it is -0.3.",
    ),
    "the chain rule is forgotten": (
        "10_forward_mode",
        lambda d: type(d)(sin(d.data), cos(d.data)),
        "for the slope of the sine of 0.7 with slope 0 you said 0.764842, it is 0.",
    ),
    "descent in place of newton": (
        "11_second_derivatives",
        lambda f, x, steps: x,
        "for x² - 6x, from 0, one step you said 0, it is 3.",
    ),
    "leaves count": (
        "12_compiling",
        lambda output: len(topological_order(output)),
        "for a·c you said 3, it is 0.",
    ),
    "one mean for all": (
        "13_attention",
        lambda contents: [total(contents) / len(contents)] * len(contents),
        "for the first mean of 2, 4 and 9 you said 5, it is 2.",
    ),
}


def measured(model: Any) -> float:
    found: float = lesson("08_training")["measured"](model)
    return found


def test_there_are_thirteen_lessons() -> None:
    assert list(BLANKS) == LESSONS
    assert len(LESSONS) == 13


@pytest.mark.parametrize("name", LESSONS)
def test_the_exercise_tells_a_right_answer_from_none(name: str) -> None:
    assert judged(name, solution(name)).is_right
    blank = judged(name, lesson(name)[BLANKS[name]])
    assert not blank.is_right
    assert blank.hint


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_answer_is_told_the_first_case_that_it_gets_wrong(mistake: str) -> None:
    name, answer, words = MISTAKES[mistake]
    trouble = judged(name, answer).trouble
    assert trouble is not None
    assert trouble.endswith(words)


@pytest.mark.parametrize("name", LESSONS)
def test_an_answer_that_never_ends_is_stopped(name: str) -> None:
    def forever(*_: object) -> None:
        while True:
            pass

    trouble = judged(name, forever).trouble
    assert trouble is not None
    assert trouble.endswith("did not come to an end: after 200,000 lines it was still running.")


@pytest.mark.parametrize("name", LESSONS)
def test_every_lesson_has_a_slider_and_a_picture_that_follows_it(name: str) -> None:
    cells = cells_of((FOLDER / "lessons" / f"{name}.py").read_text(encoding="utf-8"))
    shown = [ast.unparse(cell.last) for cell in cells if cell.last is not None]
    assert any("mo.ui.slider" in cell.code for cell in cells)
    assert any(re.search(r"(drawing|lines|bars|boundary)\(", text) for text in shown)


def test_the_wrong_orders_fail_as_the_lesson_says() -> None:
    it = lesson("03_order")
    x, square, diamond = it["x"], it["square"], it["diamond"]
    assert it["broken"](square)[x] == 3.0
    assert it["less_broken"](square)[x] == it["right"](square)[x] == 6.0
    assert it["right"](diamond(x))[x] == 33.0
    assert it["less_broken"](diamond(x))[x] != 33.0


def test_the_numbers_of_the_first_lessons() -> None:
    assert lesson("01_graph")["y"].data == -4.0
    by_hand, measured = lesson("02_chain_rule")["by_hand"], lesson("02_chain_rule")["measured"]
    assert by_hand == -2.0
    assert measured == pytest.approx(by_hand, rel=1e-8)
    assert lesson("04_fold")["agrees"] is True
    assert lesson("04_fold")["gradients"][lesson("04_fold")["x"]] == 33.0


def test_forgetting_to_forget_spoils_the_descent() -> None:
    it = lesson("05_no_zero_grad")
    assert it["pure"] == it["with_zero_grad"] == pytest.approx(0.8**20)
    assert abs(it["without"]) > 10 * it["pure"]
    assert "immutable" in it["refused"]


def test_the_network_by_hand_is_that_of_the_library() -> None:
    assert lesson("06_neuron")["slopes"] == [2.0, 1.0, 1.0]
    assert lesson("06_neuron")["dead_slopes"] == [0.0, 0.0]
    assert lesson("07_layer")["score"].data == pytest.approx(lesson("07_layer")["theirs"].data)


def test_training_lowers_the_loss_and_streams_as_it_reduces() -> None:
    it = lesson("08_training")
    assert it["same"] is True
    assert it["losses"][-1] < it["losses"][0] / 2


def test_momentum_beats_plain_descent_in_a_valley() -> None:
    it = lesson("09_optimisers")
    assert it["fast"] < it["slow"] / 10


def test_forward_mode_and_higher_orders_are_right() -> None:
    forward, higher = lesson("10_forward_mode"), lesson("11_second_derivatives")
    assert (forward["with_a"].slope, forward["with_b"].slope) == (-2.0, 2.0)
    derivatives = [higher[name].data for name in ("y", "first", "second", "third")]
    assert derivatives == [8.0, 12.0, 12.0, 6.0]
    assert higher["lowest"] == 2.0


def test_the_compiled_program_agrees_with_the_graph() -> None:
    it = lesson("12_compiling")
    assert it["same"] is True
    assert it["program"](1.0, 1.0, 1.0) == 2.0


def test_attention_answers_by_shares_that_add_up_to_one() -> None:
    it = lesson("13_attention")
    assert sum(share.data for share in it["found"]) == pytest.approx(1.0, rel=1e-12)
    assert it["slopes"] == pytest.approx([share.data for share in it["found"]], rel=1e-12)
    assert [sum(row) for row in it["seen"]] == pytest.approx([1.0] * 5, rel=1e-12)


def perplexity(shares: list[Any]) -> Any:
    return exp(total(-p * log(p) for p in shares))


def test_the_second_exercise_of_attention_tells_right_from_wrong() -> None:
    it = lesson("13_attention")
    assert it["check_perplexity"](perplexity).is_right
    assert not it["check_perplexity"](it["perplexity"]).is_right
    assert it["check_perplexity"](total).trouble == "for four equal shares you said 1, it is 4."


def test_the_slope_of_two_points_comes_to_that_of_the_curve() -> None:
    it = lesson("02_chain_rule")
    assert it["secant_slope"] == pytest.approx(5.0 + it["apart"].value ** 2, rel=1e-12)


def test_the_two_orders_differ_by_what_came_too_late() -> None:
    it = lesson("03_order")
    x = next(node for node in topological_order(it["top"]) if node.label == "x")
    assert it["in_order"][x] == 33.0
    assert it["as_it_comes"][x] == 15.0


def test_a_direction_has_the_slope_that_the_gradient_gives_it() -> None:
    towards = lesson("10_forward_mode")["slope_towards"]
    for degrees in (0, 45, 90, 135, 300):
        turn = radians(degrees)
        assert towards(degrees) == pytest.approx(-2.0 * cos(turn) + 2.0 * sin(turn), abs=1e-12)


def test_a_program_grows_by_lines_and_a_formula_by_factors() -> None:
    it = lesson("12_compiling")
    assert it["as_program"] == 2 * it["depth"].value
    assert it["as_formula"] == 2 * (3 ** it["depth"].value - 1) // 2


@pytest.mark.parametrize("name", ["demo", "extras", "gpt", *(f"lessons/{it}" for it in LESSONS)])
def test_every_notebook_can_be_found_from_the_guide(name: str) -> None:
    guide = (FOLDER.parent / "guides" / "notebooks.md").read_text(encoding="utf-8")
    assert f"notebooks/{name}.py" in guide
    assert Path(FOLDER, f"{name}.py").exists()
