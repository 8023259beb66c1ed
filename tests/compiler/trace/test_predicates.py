"""Predicates as graphs: what is asked in machine code is what Python would have answered."""

import math
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfp import losses, ops
from microfp.compiler.ir.passes import lower
from microfp.compiler.ir.program import run
from microfp.compiler.trace.predicates import traced_predicate
from microfp.compiler.trace.stand_ins import traced_leaf
from microfp.losses import Loss

Predicate = Callable[[tuple[float, ...], float], bool]

SCORES = st.sampled_from([-1.5, -0.0, 0.0, 0.5, 0.5, 2.0, math.inf, -math.inf, math.nan])


def answer(predicate: Predicate, scores: Sequence[float], y: float) -> bool:
    leaves, target = [traced_leaf(f"s{i}") for i in range(len(scores))], traced_leaf("y")
    holds = traced_predicate(predicate, leaves, target)
    assert holds is not None
    (found,) = run(lower(holds, [*leaves, target]), [*scores, y])
    assert found in (0.0, 1.0)
    return found == 1.0


def predicate_of(loss: Loss) -> Predicate:
    assert loss.is_correct is not None
    return loss.is_correct


@given(st.lists(SCORES, min_size=2, max_size=12), st.integers(0, 11))
def test_the_largest_of_many_scores_is_the_one_that_python_finds(
    scores: list[float], y: int
) -> None:
    expected = max(range(len(scores)), key=scores.__getitem__) == y
    predicate = predicate_of(losses.softmax_cross_entropy())
    assert predicate(tuple(scores), float(y)) == expected
    assert answer(predicate, scores, float(y)) == expected


@pytest.mark.parametrize("loss", [losses.max_margin(), losses.binary_cross_entropy()])
@given(st.sampled_from([-1.5, -0.0, 0.0, 1e-300, 2.0]), st.sampled_from([-1.0, 0.0, 1.0]))
def test_a_label_of_two_is_judged_as_in_python(loss: Loss, score: float, y: float) -> None:
    predicate = predicate_of(loss)
    assert answer(predicate, [score], y) == predicate((score,), y)


def test_a_choice_by_where_is_no_branch() -> None:
    def predicate(scores: Sequence[float], y: float) -> bool:
        largest = scores[0]
        for score in scores:
            largest = ops.where(score > largest, score, largest)
        return largest == y

    assert answer(predicate, [float(k) for k in range(20)], 19.0)
    assert not answer(predicate, [float(k) for k in range(20)], 18.0)


def test_a_predicate_with_too_many_branches_is_not_traced() -> None:
    leaves = [traced_leaf(f"s{i}") for i in range(10)]
    assert traced_predicate(lambda s, y: max(s) == y, leaves, traced_leaf("y")) is None


def test_a_predicate_that_compares_truths_by_identity_is_not_traced() -> None:
    """In Python each truth is there once; two stand-ins are never the same one."""

    def matches(scores: Sequence[float], y: float) -> bool:
        return (scores[0] > 0.0) is (y > 0.0)

    assert traced_predicate(matches, [traced_leaf("s")], traced_leaf("y")) is None


COMPARISONS: dict[str, Callable[..., bool]] = {
    "less": lambda s, y: s[0] < y,
    "at most": lambda s, y: s[0] <= y,
    "at least": lambda s, y: s[0] >= y,
    "other than": lambda s, y: s[0] != y,
    "a plain number is more": lambda s, y: 0.5 > s[0],  # noqa: SIM300 - it is the other way round
    "a sum": lambda s, y: 1.0 + s[0] > y + 0.5,
    "a difference": lambda s, y: s[0] - y > -1,
    "a product": lambda s, y: s[0] * y >= 2.0 * y,
    "a function": lambda s, y: ops.maximum(s[0], y) > 0.5,
    "a function of a truth": lambda s, y: ops.where(s[0] > 0.0, s[0], y) == y,
    "a truth that is chosen": lambda s, y: ops.where(y > 0.0, s[0] > 1.0, True) == 1.0,
    "both": lambda s, y: (s[0] > 0.0) & (y > 0.0),
    "both, one of them known": lambda s, y: (s[0] > 0.0) & True,
    "one alone": lambda s, y: (s[0] > 0.0) != (y > 0.0),
    "not": lambda s, y: not s[0] > y,
    "one or the other": lambda s, y: s[0] > y or y > 1.0,
}


@pytest.mark.parametrize("name", COMPARISONS)
@given(SCORES, SCORES)
def test_a_comparison_gives_what_python_gives(name: str, score: float, y: float) -> None:
    predicate = COMPARISONS[name]
    assert answer(predicate, [score], y) == predicate((score,), y)


NOT_COMPARED: dict[str, Callable[..., bool]] = {
    "a number with a text": lambda s, y: s[0] == "large",
    "a number with a truth": lambda s, y: s[0] == True,  # noqa: E712 - that is what is asked
    "a truth with a number": lambda s, y: (s[0] > 0.0) == 1.0,
    "nothing": lambda s, y: True,
}


@pytest.mark.parametrize("name", NOT_COMPARED)
def test_what_is_no_comparison_of_numbers_is_not_traced(name: str) -> None:
    leaves = [traced_leaf("s")], traced_leaf("y")
    assert traced_predicate(NOT_COMPARED[name], *leaves) is None
