"""A test without tracing leaves the tracer as it was."""

import sys
from contextlib import suppress
from types import FrameType

import pytest

from tests.untraced import untraced

calls: list[str] = []


def tracer(frame: FrameType, event: str, _: object) -> None:
    calls.append(frame.f_code.co_name)


def watched() -> None:
    pass


@untraced
def unwatched(*, fail: bool) -> None:
    watched()
    if fail:
        raise ValueError


@pytest.mark.parametrize("fail", [True, False])
def test_nothing_inside_is_traced_and_everything_after_it_is(fail: bool) -> None:
    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        calls.clear()
        with suppress(ValueError):
            unwatched(fail=fail)
        inside = list(calls)
        watched()
    finally:
        sys.settrace(before)
    assert ("unwatched" in inside, "watched" in inside) == (False, False)
    assert "watched" in calls
