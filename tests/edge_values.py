"""Prints docs/edge-values.md: `python -m tests.edge_values > docs/edge-values.md`."""

import math
from collections.abc import Iterable, Iterator
from itertools import product

from microfp.ops import PRIMITIVES, Primitive

HEAD = """# Edge values

What each primitive and its partial derivatives are where arithmetic is at its edges. Values
follow IEEE 754 and C99 (annex F). A derivative is what its formula gives there, and these were
settled by choice:

- relu, the absolute value and the steps have derivative 0 at 0; a tie of maximum or minimum is
  shared by halves.
- Along the exponent, `a ** b` has derivative 0 at a = 0.
- The logarithm has derivative 1/a everywhere, also where its value is nan.
- No gradient passes `stop_gradient`, a step or a power of 0: nothing comes back along them, neither
  a gradient that arrives infinite or nan, nor on to an infinite slope below. Any other slope of 0
  is a number like all others, and `0 * inf` is nan.
- What does not move has no tangent, and no tangent is no factor: the second derivative of
  `(x + 1) * inf` is 0, by `hvp` and `hessian` as by `grad` of `grad`. A 0 in a direction that you
  give is a number.

```python
from math import inf

from microfp import backward, func, log, relu, value
from microfp.values import stop_gradient

x = value(0.0)
assert backward(1.0 / stop_gradient(x))[x] == 0.0  # -inf arrives, and nothing passes
assert backward(stop_gradient(log(x)))[x] == 0.0  # the slope of log is inf
assert str(backward(1.0 / relu(x))[x]) == "nan"  # -inf arrives, and 0 * -inf is nan
assert func.hvp(lambda x: (x + 1) * inf, 3.0, 1.0) == 0.0  # the slope is inf wherever x is
assert str(func.jvp(lambda x: x * inf, 3.0, 0.0)[1]) == "nan"  # 0 * inf
```

This page is printed by `python -m tests.edge_values`; a test compares it with the code. That
the numbers are right is tested apart from it, against tables written by hand and fifty digits.
"""
POINTS = (0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 1e300, -1e300)
PAIRS = (0.0, -1.0, math.inf, math.nan, 1e300)


def cell(x: float) -> str:
    return f"{x:.6g}"


def row(primitive: Primitive, operands: tuple[float, ...]) -> str:
    result = primitive.forward(*operands)
    slopes = primitive.partials(*operands, result)
    assert all(isinstance(slope, float) for slope in slopes)
    cells = (
        ", ".join(map(cell, operands)),
        cell(result),
        ", ".join(cell(slope) for slope in slopes if isinstance(slope, float)),
    )
    return f"| {' | '.join(cells)} |"


def table(primitive: Primitive, points: Iterable[tuple[float, ...]]) -> str:
    head = f"## {primitive.name}\n\n| at | value | partial derivatives |\n|---|---|---|\n"
    return head + "\n".join(row(primitive, point) for point in points) + "\n"


def tables() -> Iterator[str]:
    for primitive in PRIMITIVES.values():
        if primitive.name == "constant_power":
            yield table(primitive, product(POINTS, (2.0, 0.5, -1.0, 0.0)))
        elif primitive.arity == 1:
            yield table(primitive, ((x,) for x in POINTS))
        elif primitive.arity == 2:
            yield table(primitive, product(PAIRS, PAIRS))
        elif primitive.name == "where":
            yield table(primitive, ((c, 1.0, -1.0) for c in POINTS))


def page() -> str:
    return "\n".join([HEAD, *tables()])


if __name__ == "__main__":
    print(page(), end="")
