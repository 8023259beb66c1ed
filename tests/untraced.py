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
    "tests/browser/",
    "tests/compiler/ir/test_guards.py",
    "tests/compiler/ir/test_passes.py::test_a_long_program_is_probed_for_loops_and_keeps_them",
    "tests/compiler/ir/test_passes.py::test_generated_python_computes_the_bits_of_the_graph",
    "tests/compiler/ir/test_taped.py",
    "tests/compiler/native/test_choice.py",
    "tests/compiler/native/test_compose.py::test_a_training_is_that_of_the_graph",
    "tests/compiler/native/test_compose.py::test_it_means_what_the_graph_means",
    "tests/compiler/native/test_emit_gates.py",
    "tests/compiler/native/test_kernels.py::test_a_function_",
    "tests/compiler/native/test_products.py",
    "tests/compiler/native/test_training.py::test_every_loss_and_activation_trains_as_eager_does",
    "tests/compiler/native/test_training.py::test_every_optimizer_trains_as_eager_does",
    "tests/compiler/python/test_loop.py",
    "tests/func/test_orders.py",
    "tests/laws/test_backend_matrix_laws.py",
    "tests/laws/test_expression_laws.py",
    "tests/laws/test_gradient_laws.py",
    "tests/laws/test_native_training_laws.py",
    "tests/pyodide/",
    "tests/site/",
    "tests/test_functions.py",
    "tests/test_gpt.py::test_every_backend_draws_the_documents_of_the_oracle",
    "tests/test_gpt.py::test_gradients_are_those_of_forward_mode_and_of_the_oracle",
    "tests/test_gpt.py::test_losses_and_samples_are_those_of_the_oracle",
    "tests/test_gpt.py::test_machine_code_draws_the_letters_of_eager_however_many",
    "tests/test_identities.py",
    "tests/test_official_demo.py",
    "tests/test_real_training.py",
    "tests/trainer/test_replayed.py::test_a_copy_of_an_unread_state_is_that_of_single_steps",
    "tests/trainer/test_replayed.py::test_what_goes_on_from_an_unread_state_is_the_stream_itself",
    "tests/typing/",
)
"""Folders and files of which nothing is traced, and tests: each is how their names begin.

What looks at pages, the site, and programs for type checkers, has the library work in a browser or
in another process, or reads its text.
"""


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
    """Run one of these tests, with its fixtures, without tracing."""
    with no_tracer() if item.nodeid.startswith(WHOLE) else nullcontext():
        return (yield)
