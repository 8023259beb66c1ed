"""Values are built, read, combined and differentiated, and every result has its exact type."""

from collections.abc import Iterator
from typing import assert_type

from returns.maybe import Maybe

from microfp import (
    Gradients,
    Value,
    absolute,
    add,
    backward,
    backward_steps,
    divide,
    exp,
    find_grad,
    grad,
    graph,
    log,
    maximum,
    mul,
    pow,
    relu,
    sigmoid,
    sub,
    tanh,
    total,
    value,
)
from microfp.gradients import with_grad

x = value(2.0, label="x")
n = value(2)
assert_type(x, Value)
assert_type(x.data, float)
assert_type(x.op, str)
assert_type(x.label, str | None)
assert_type(x.parents, tuple[Value, ...])

y = relu(x * 3 + 1.0 - n / 2) ** 2
assert_type(y, Value)
assert_type(2.0**x, Value)
assert_type(1 - x, Value)
assert_type(-x, Value)
assert_type(abs(x), Value)
assert_type(x.data, float)
assert_type(add(x, 1.0), Value)
assert_type(sub(1, x), Value)
assert_type(mul(x, y), Value)
assert_type(divide(x, y), Value)
assert_type(pow(x, 3), Value)
assert_type(maximum(exp(x), log(y)), Value)
assert_type(total([tanh(x), sigmoid(y), 3.0]), Value)
assert_type([absolute(v) for v in (x, y)], list[Value])

gradients = backward(y)
assert_type(gradients, Gradients)
assert_type(gradients[x], float)
assert_type(grad(x, gradients), float)
assert_type(backward_steps(y), Iterator[Gradients])
assert_type(dict(gradients.items()), dict[Value, float])

found = find_grad(x, gradients)
assert_type(found, Maybe[float])
assert_type(found.value_or(0.0), float)
assert_type(found.map(lambda slope: slope > 0.0).value_or(False), bool)

row = with_grad(x, gradients)
assert_type(row["grad"], float)
assert_type(graph.topological_order(y), tuple[Value, ...])
assert_type(graph.nodes(y)[0]["grad"], float | None)
assert_type(graph.nodes(y, gradients)[0]["grad"], float)
assert_type(graph.edges(y)[0]["local_derivative"], float)
assert_type(graph.to_dot(y), str)

moved = x.set(data=3.0)
assert_type(moved, Value)
assert_type(x.set("label", "z"), Value)
