"""A graph of 100,000 nodes without structure: its value and gradient, compiled and eager."""

import random
from collections.abc import Callable, Sequence
from functools import partial

from benchmarks.measure import Action, Goal, Row, Rows, found, side_by_side
from microfp import Value, backward, value, values

NODES, INPUTS = 100_000, 64
OPERATIONS: tuple[Callable[[Value, Value], Value], ...] = (
    values.add,
    values.sub,
    values.mul,
    lambda a, b: values.tanh(a),
    lambda a, b: values.sin(b),
)


def graph(inputs: Sequence[Value], nodes: int = NODES) -> Value:
    """Apply random operations to random earlier nodes, mostly recent ones, and add up the last."""
    draw = random.Random(1337)
    made = list(inputs)
    while len(made) < nodes:
        a, b = (made[-1 - int(len(made) * draw.random() ** 4)] for _ in range(2))
        # Halves and sines keep the numbers small, whatever is multiplied with whatever.
        made.append(values.sin(draw.choice(OPERATIONS)(a, b)))
    return values.total(made[-INPUTS:])


def eager(numbers: Sequence[float]) -> float:
    """Build the graph anew and differentiate it."""
    output = graph([value(x) for x in numbers])
    backward(output)
    return output.data


def rows() -> Rows:
    """Measure."""
    numbers = [i / INPUTS for i in range(INPUTS)]
    candidates = {
        "eager": partial(eager, numbers),
        "native": found(partial(_native, numbers)),
    }
    timed = side_by_side(candidates, repetitions=5)
    goal = Goal("faster", 50.0)
    yield Row("value and gradient, native", timed["native"], "eager", timed["eager"], goal)


def _native(numbers: Sequence[float]) -> Action:
    from microfp import native

    return partial(native.value_and_grad(graph, numbers), numbers)
