"""An exercise knows right answers from wrong, says what is wrong first, and never hangs."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfp.charts import case, endless, exercise, first_wrong

DOUBLED = [case(f"x = {x}", x, wanted=2 * x) for x in (0, 1, 5)]


def test_a_right_answer_has_no_trouble() -> None:
    assert exercise(lambda x: x + x, DOUBLED).is_right


@given(st.integers(0, 9), st.integers(0, 9))
def test_the_first_wrong_case_is_told_and_no_later_one(first: int, second: int) -> None:
    wrong = {first, second}
    cases = [case(f"place {i}", i, wanted=0) for i in range(10)]
    trouble = first_wrong(lambda i: int(i in wrong), cases)
    assert trouble == f"for place {min(wrong)} you said 1, it is 0."


@pytest.mark.parametrize(
    ("said", "wanted", "is_same"),
    [
        (0.1 + 0.2, 0.3, True),
        (1e-9, 0.0, True),
        (1.001, 1.0, False),
        (1, 1.0, True),
        (True, 1.0, False),
        (1, True, False),
        (float("nan"), 0.0, False),
        ([1.0, 2.0], (1.0, 2.0 + 1e-9), True),
        ([1.0], [1.0, 2.0], False),
        (None, None, True),
        (0.0, None, False),
        ("a", "a", True),
        (..., 0, False),
    ],
)
def test_numbers_may_differ_a_little_and_nothing_else(
    said: object, wanted: object, is_same: bool
) -> None:
    assert exercise(lambda: said, [case("it", wanted=wanted)]).is_right is is_same


def test_an_error_of_an_answer_is_told_by_its_name() -> None:
    trouble = first_wrong(lambda x: {}[x], [case("x = 1", 1, wanted=1)])
    assert trouble == "for x = 1 it ended in KeyError: 1."


def test_an_answer_of_another_kind_is_shown() -> None:
    asked = case("a node", wanted=1.0, read=lambda it: it.data)
    assert first_wrong(lambda: None, [asked]) == (
        "for a node it gave nothing, None: what it gives stands behind `return`."
    )
    assert first_wrong(lambda: [0.5], [asked]) == (
        "for a node it gave [0.5], which is not what was asked for: 'list' object has no attribute "
        "'data'."
    )


def test_three_dots_are_no_answer_yet() -> None:
    trouble = first_wrong(lambda: ..., [case("no step", wanted=0)])
    assert trouble == "for no step you said nothing yet, it is 0."


def forever() -> int:
    n = 0
    while True:
        n += 1


def stubborn() -> int:
    while True:
        with suppress(Exception):
            forever()


@pytest.mark.parametrize("answer", [forever, stubborn])
def test_an_answer_without_an_end_is_stopped(answer: Callable[[], int]) -> None:
    trouble = first_wrong(answer, [case("nothing", wanted=1)])
    assert trouble is not None
    assert "did not come to an end" in trouble


def test_an_answer_is_stopped_in_a_thread_as_well() -> None:
    told: list[str | None] = []
    asked = [case("nothing", wanted=1)]
    thread = threading.Thread(target=lambda: told.append(first_wrong(forever, asked)))
    thread.start()
    thread.join()
    assert told[0] is not None


def test_the_trace_function_of_others_is_put_back() -> None:
    def other(frame: object, event: str, argument: object) -> None:
        return None

    before = sys.gettrace()
    sys.settrace(other)
    try:
        exercise(lambda: 1, [case("nothing", wanted=1)])
        assert sys.gettrace() is other
    finally:
        sys.settrace(before)


def test_a_stream_without_end_may_be_followed_as_far_as_is_needed() -> None:
    def numbers() -> Iterator[int]:
        return endless(count(), 5)

    assert exercise(next, [case("numbers", numbers(), wanted=0)]).is_right
    trouble = first_wrong(sum, [case("numbers", numbers(), wanted=0)])
    assert trouble == "for numbers it did not come to an end: it asked for more than 5 items."


def test_a_page_shows_the_verdict_and_folds_the_rest_and_no_text_becomes_markup() -> None:
    shown = exercise(
        lambda: "<b>", [case("<i>", wanted=1)], hint="a < b", solution="def f(): return a<b"
    )
    page = shown._repr_mimebundle_()["text/html"]
    assert "&lt;i&gt; you said" in page
    assert page.count("<details>") == 2
    assert "a &lt; b" in page
    assert "<i>" not in page
    assert "<details>" not in exercise(int, [])._repr_mimebundle_()["text/html"]


def test_a_long_answer_is_cut() -> None:
    trouble = first_wrong(lambda: "x" * 500, [case("it", wanted=1)])
    assert trouble is not None
    assert len(trouble) < 120
