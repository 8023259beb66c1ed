"""Work too long to be watched: tests that run without the tracer that measures coverage.

A tracer looks at every line and makes Python several times slower. Where a test walks a chain of
a million nodes, it would look at the same few lines a million times; shorter graphs, which are
traced, run them too. Without a tracer these tests run as they do otherwise.
"""

import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def untraced(test: Callable[P, R]) -> Callable[P, R]:
    """Run a test or fixture without tracing, and trace on when it ends."""

    @wraps(test)
    def run(*args: P.args, **given: P.kwargs) -> R:
        tracer = sys.gettrace()
        sys.settrace(None)
        try:
            return test(*args, **given)
        finally:
            sys.settrace(tracer)

    return run
