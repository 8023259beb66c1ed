"""Work too long to be watched: tests that run without the tracer that measures coverage.

A tracer looks at every line and makes Python three or four times slower. Where a test walks a chain
of a million nodes, it would look at the same few lines a million times; shorter graphs, which are
traced, run them too. So it is where every loss is trained by every optimiser, and where a function
is tried at hundreds of points: what they reach, the tests of the rooms reach as well. What none but
they reached would count as not covered. Without a tracer these tests run as they do otherwise.

This module is a pytest plugin too, which pyproject.toml loads by name.
"""

import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, nullcontext
from functools import wraps
from typing import ParamSpec, TypeVar

import pytest

P = ParamSpec("P")
R = TypeVar("R")

WHOLE = (
    "tests/laws/test_backend_matrix_laws.py",
    "tests/laws/test_expression_laws.py",
    "tests/laws/test_gradient_laws.py",
    "tests/test_functions.py",
    "tests/test_identities.py",
    "tests/test_real_training.py",
)
"""Files of which nothing is traced."""


@contextmanager
def no_tracer() -> Iterator[None]:
    """Switch tracing off, and on again in the end."""
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(tracer)


def untraced(test: Callable[P, R]) -> Callable[P, R]:
    """Run a test or fixture without tracing, and trace on when it ends."""

    @wraps(test)
    def run(*args: P.args, **given: P.kwargs) -> R:
        with no_tracer():
            return test(*args, **given)

    return run


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Run a test of these files, with its fixtures, without tracing."""
    with no_tracer() if item.nodeid.startswith(WHOLE) else nullcontext():
        return (yield)
