"""A test without tracing leaves the tracer as it was."""

import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import cast

import pytest

from tests.untraced import WHOLE, pytest_runtest_protocol, untraced

ROOT = Path(__file__).parent.parent

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


@pytest.mark.parametrize("path", WHOLE)
def test_what_is_never_traced_is_there(path: str) -> None:
    file, _, test = path.partition("::")
    assert (ROOT / file).is_dir() == path.endswith("/")
    assert path.endswith("/") or f"def {test}" in (ROOT / file).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("place", "is_traced"), [("tests/test_functions.py", False), ("tests/test_ops.py", True)]
)
def test_whole_files_are_not_traced_and_what_follows_is(place: str, is_traced: bool) -> None:
    item = cast("pytest.Item", SimpleNamespace(nodeid=f"{place}::test_any"))  # all that is asked
    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        running = pytest_runtest_protocol(item)
        next(running)
        inside = sys.gettrace()
        with pytest.raises(StopIteration, match="ran"):
            running.send("ran")
        after = sys.gettrace()
    finally:
        sys.settrace(before)
    assert (inside is not None, after) == (is_traced, tracer)
