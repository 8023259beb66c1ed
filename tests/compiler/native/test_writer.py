"""Control flow as it is written: it runs as the same words in Python do."""

from collections.abc import Callable
from ctypes import c_int64
from functools import partial

import pytest

from microfp.compiler.native.emit.writer import Writer
from microfp.compiler.native.run import jit

NUMBERS = range(6)


def compiled(body: Callable[[Writer], str]) -> Callable[[int], int]:
    """A function of one whole number, %x, that returns what the body does."""
    w = Writer(2)
    w.function("f", ["i64 %x"], lambda: w.return_if("true", body(w)))
    function = jit.compiled(w.text(), ("f",)).functions["f"]
    return lambda x: int(function(c_int64(x)))


def times_ten(w: Writer) -> str:
    return w.value("mul i64 %x, 10")


def test_if_else_runs_the_side_of_its_condition() -> None:
    def body(w: Writer) -> str:
        small = w.value("icmp ult i64 %x, 3")
        return w.if_else(small, partial(times_ten, w), lambda: w.value("add i64 %x, 1"), "i64")

    f = compiled(body)
    assert [f(x) for x in NUMBERS] == [10 * x if x < 3 else x + 1 for x in NUMBERS]


def test_a_choice_within_a_choice_joins_where_the_inner_one_ends() -> None:
    def inner(w: Writer) -> str:
        return w.if_else(w.value("icmp eq i64 %x, 1"), lambda: "7", lambda: "8", "i64")

    def body(w: Writer) -> str:
        small = w.value("icmp ult i64 %x, 3")
        return w.if_else(small, partial(inner, w), partial(inner, w), "i64")

    f = compiled(body)
    assert [f(x) for x in NUMBERS] == [7 if x == 1 else 8 for x in NUMBERS]


def test_switch_runs_the_case_of_its_number() -> None:
    def body(w: Writer) -> str:
        cases = [partial(str, k * k) for k in NUMBERS]
        return w.switch(w.value("trunc i64 %x to i32"), cases, "i64")

    f = compiled(body)
    assert [f(x) for x in NUMBERS] == [x * x for x in NUMBERS]


def added_up(w: Writer, write: Callable[[Callable[[str], None]], None]) -> str:
    """The sum of the numbers of the turns of a loop, and one for each turn."""
    w.line("%sum = alloca i64")
    w.store("0", "%sum", "i64")

    def add(index: str) -> None:
        more = w.value(f"add i64 {index}, 1")
        w.store(w.value(f"add i64 {w.load('%sum', 'i64')}, {more}"), "%sum", "i64")

    write(add)
    return w.load("%sum", "i64")


def test_times_may_run_no_times() -> None:
    f = compiled(lambda w: added_up(w, partial(w.times, "%x")))
    assert [f(x) for x in NUMBERS] == [sum(range(1, x + 1)) for x in NUMBERS]


@pytest.mark.parametrize("step", [1, 2, 4])
def test_each_goes_in_steps_and_runs_once_at_least(step: int) -> None:
    f = compiled(lambda w: added_up(w, partial(w.each, "%x", step=step)))
    turns = [range(0, max(x, 1), step) for x in NUMBERS]
    assert [f(x) for x in NUMBERS] == [sum(turn) + len(turn) for turn in turns]


def test_return_if_leaves_the_rest_undone() -> None:
    def body(w: Writer) -> str:
        w.return_if(w.value("icmp ugt i64 %x, 2"), "99")
        w.if_then(w.value("icmp eq i64 %x, 1"), lambda: w.return_if("true", "11"))
        return "%x"

    f = compiled(body)
    assert [f(x) for x in NUMBERS] == [0, 11, 2, 99, 99, 99]
