"""A graph of 100,000 nodes without structure: its value and gradient, compiled and eager.

Run as a program, it prints what the first result takes in a new process, and what LLVM takes of it.
"""

import json
import random
from collections.abc import Callable, Sequence
from functools import partial

from benchmarks import fresh
from benchmarks.measure import Action, Goal, Row, Rows, found, seconds, side_by_side
from microfp import Value, backward, value, values

NODES, INPUTS = 100_000, 64
OPERATIONS: tuple[Callable[[Value, Value], Value], ...] = (
    values.add,
    values.sub,
    values.mul,
    lambda a, b: values.tanh(a),
    lambda a, b: values.sin(b),
)
NUMBERS = [i / INPUTS for i in range(INPUTS)]
GOALS = {"to the first result": Goal("seconds", 2.0), "compiled by LLVM": Goal("seconds", 1.0)}


def graph(inputs: Sequence[Value], nodes: int = NODES) -> Value:
    """Apply random operations to random earlier nodes, and add up what nobody has used.

    Two nodes each time, the operation and the sine of it: sines keep the numbers small, whatever is
    multiplied with whatever.
    """
    draw, made, used = random.Random(1337), list(inputs), set()
    for _ in range((nodes - len(inputs)) // 2):
        a, b = (len(made) - 1 - int(len(made) * draw.random() ** 4) for _ in range(2))
        result = draw.choice(OPERATIONS)(made[a], made[b])
        used.update((a, b) if len(result.parents) == 2 else (a if result.op == "tanh" else b,))
        made.append(values.sin(result))
    return values.total(node for place, node in enumerate(made) if place not in used)


def eager(numbers: Sequence[float]) -> float:
    """Build the graph anew and differentiate it."""
    output = graph([value(x) for x in numbers])
    backward(output)
    return output.data


def first_result() -> dict[str, float]:
    """Trace, write the bytecode, compile its interpreter, and run it once."""
    from microfp.compiler.native.emit.bytecode import interpreter_text
    from microfp.compiler.native.run import jit

    spent = seconds(_compiled_and_run)
    interpreter = jit.compiled(interpreter_text(1), ("interpret",))  # it is known by now
    return {
        "to the first result": spent,
        "compiled by LLVM": sum(interpreter.seconds.values()),
    }


def _compiled_and_run() -> None:
    _native(NUMBERS)()


def rows() -> Rows:
    """Measure a new process, and then the graph again and again."""
    first = fresh.fastest(3, "irregular", names=tuple(GOALS))
    for name, goal in GOALS.items():
        yield Row(f"an irregular graph, native, {name}", first[name], goal=goal)
    candidates = {
        "eager": partial(eager, NUMBERS),
        "native": found(partial(_native, NUMBERS)),
    }
    timed = side_by_side(candidates, repetitions=5)
    goal = Goal("faster", 50.0)
    yield Row("value and gradient, native", timed["native"], "eager", timed["eager"], goal)


def _native(numbers: Sequence[float]) -> Action:
    from microfp import native

    return partial(native.value_and_grad(graph, numbers), numbers)


if __name__ == "__main__":
    print(json.dumps(first_result()))
