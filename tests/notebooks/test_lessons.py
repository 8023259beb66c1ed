"""The lessons run, come to the numbers that they tell of, and know right answers from wrong."""

from collections.abc import Callable, Mapping
from math import cos, sin
from pathlib import Path
from typing import Any

import pytest

from microfp import exp, func, log, total
from microfp.graph import topological_order
from tests.notebooks.notebooks import FOLDER, definitions

LESSONS = sorted(path.stem for path in (FOLDER / "lessons").glob("*.py"))
# What a notebook defines has no types: its names are read from its cells.
Lesson = Mapping[str, Any]


def lesson(name: str) -> Lesson:
    return definitions(f"lessons/{name}")


def count_ops(node: Any) -> int:
    return sum(map(count_ops, node.parents)) + (1 if node.parents else 0)


def is_topological(order: list[Any]) -> bool:
    places = {node: i for i, node in enumerate(order)}
    return all(places[parent] < places[node] for node in order for parent in node.parents)


def first_known(tables: list[Any], node: Any) -> int:
    return next(i for i, table in enumerate(tables) if node in table)


def added(first: Any, second: Any) -> dict[Any, float]:
    return {node: first.get(node, 0.0) + second.get(node, 0.0) for node in {*first, *second}}


def count(n_in: int, widths: list[int]) -> int:
    return sum((a + 1) * b for a, b in zip([n_in, *widths], widths, strict=False))


def first_below(models: Any, bound: float) -> int | None:
    measured = lesson("08_training")["measured"]
    return next((i for i, model in enumerate(models) if measured(model) < bound), None)


def clipped(limit: float) -> Any:
    return lesson("09_optimisers")["Optimiser"](
        init=lambda p: None,
        update=lambda g, memory: ([-min(max(s, -limit), limit) for s in g], memory),
    )


def sine(d: Any) -> Any:
    return type(d)(sin(d.data), d.slope * cos(d.data))


def newton(f: Callable[[Any], Any], x: float, steps: int) -> float:
    for _ in range(steps):
        x = x - float(func.grad(f)(x)) / float(func.grad(func.grad(f))(x))
    return x


def repeated(output: Any) -> int:
    inner = [(node.op, node.parents) for node in topological_order(output) if node.parents]
    return len(inner) - len(set(inner))


def causal_means(contents: list[Any]) -> list[Any]:
    return [total(contents[: i + 1]) / (i + 1) for i in range(len(contents))]


def perplexity(shares: list[Any]) -> Any:
    return exp(total(-p * log(p) for p in shares))


SOLUTIONS: Mapping[str, tuple[str, Callable[..., Any]]] = {
    "01_graph": ("count_ops", count_ops),
    "02_chain_rule": ("derivative", lambda x: 3 * x * x + 2 * x),
    "03_order": ("is_topological", is_topological),
    "04_fold": ("first_known", first_known),
    "05_no_zero_grad": ("added", added),
    "06_neuron": ("and_neuron", lambda: ((1.0, 1.0), -1.5)),
    "07_layer": ("count", count),
    "08_training": ("first_below", first_below),
    "09_optimisers": ("clipped", clipped),
    "10_forward_mode": ("sine", sine),
    "11_second_derivatives": ("newton", newton),
    "12_compiling": ("repeated", repeated),
    "13_attention": ("causal_means", causal_means),
}


def test_there_are_thirteen_lessons() -> None:
    assert list(SOLUTIONS) == LESSONS
    assert len(LESSONS) == 13


@pytest.mark.parametrize("name", LESSONS)
def test_the_exercise_tells_a_right_answer_from_none(name: str) -> None:
    blank, solution = SOLUTIONS[name]
    check = lesson(name)["check"]
    assert check(solution) is True
    assert not check(lesson(name)[blank])


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


def test_the_second_exercise_of_attention_tells_right_from_wrong() -> None:
    it = lesson("13_attention")
    assert it["check_perplexity"](perplexity)
    assert not it["check_perplexity"](it["perplexity"])
    assert not it["check_perplexity"](total)


@pytest.mark.parametrize("name", ["demo", "extras", "gpt", *(f"lessons/{it}" for it in LESSONS)])
def test_every_notebook_can_be_found_from_the_guide(name: str) -> None:
    guide = (FOLDER.parent / "guides" / "notebooks.md").read_text(encoding="utf-8")
    assert f"notebooks/{name}.py" in guide
    assert Path(FOLDER, f"{name}.py").exists()
