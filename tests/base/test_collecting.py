"""The collector is as it was found after whatever runs without it."""

import gc
import weakref

import pytest

from microfp import func, native
from microfp.base.collecting import uncollected
from microfp.values import Value, total, value


@uncollected
def fail() -> None:
    assert not gc.isenabled()
    raise KeyError("x")


@uncollected
def around() -> bool:
    with pytest.raises(KeyError):
        fail()
    return gc.isenabled()


def test_the_collector_runs_again_after_an_error_and_after_the_outermost_of_several() -> None:
    assert not around()
    assert gc.isenabled()


def test_who_has_turned_the_collector_off_finds_it_off() -> None:
    gc.disable()
    try:
        assert not around()
        assert not gc.isenabled()
    finally:
        gc.enable()


class Circle:
    """What holds itself, so that only a search finds that nobody else does."""

    def __init__(self) -> None:
        self.itself: Circle = self


def test_what_functions_of_users_leave_in_circles_is_collected_soon_after_the_call() -> None:
    left: list[weakref.ref[Circle]] = []

    def bowl(x: Value) -> Value:
        left.append(weakref.ref(Circle()))
        return total([x * x, x * 3.0])

    native.value_and_grad(bowl, 1.0)
    func.hvp(bowl, (1.0,), (1.0,))
    assert left
    made = [[number] for number in range(100_000)]  # a search begins when so much is made
    assert [circle() for circle in left] == [None] * len(left), len(made)


def test_a_large_graph_is_lowered_without_a_search_for_garbage() -> None:
    leaves = [value(float(i)) for i in range(5_000)]
    output = total([x * x for x in leaves])
    gc.collect()
    before = [it["collections"] for it in gc.get_stats()]
    native.lower(output, inputs=leaves)
    after = [it["collections"] for it in gc.get_stats()]
    assert sum(after) - sum(before) <= 1  # when it is over
