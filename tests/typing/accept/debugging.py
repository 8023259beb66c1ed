"""What the number debugger and the algebra of graphs take and give has exact types."""

from typing import assert_type

from returns.maybe import Maybe

from microfp import Value, debug, graph, relu, value

x = value(2.0, label="x")
y = relu(x * 3.0)

assert_type(debug.first_non_finite(y), Maybe[debug.NonFinite])
assert_type(debug.first_non_finite(y).map(lambda it: it.operands), Maybe[tuple[float, ...]])
assert_type(debug.first_non_finite_gradient(y), Maybe[debug.NonFiniteGradient])
assert_type(debug.contributions(x, y), tuple[debug.Contribution, ...])
assert_type(debug.contributions(x, y)[0].consumer, Value)
assert_type(debug.paths(x, y, top=2), tuple[debug.Path, ...])
assert_type(debug.why_zero(x, y).reason, debug.Reason)
assert_type(debug.why_zero(x, y).causes, tuple[debug.Cause, ...])

assert_type(graph.simplify(y, variables=[x], assume_finite=True), Value)
assert_type(graph.substitute(y, {x: 4}), Value)
assert_type(graph.substitute(y, {x: y}), Value)
assert_type(graph.free_variables(y), tuple[Value, ...])
assert_type(graph.to_latex(y, name_shared=True), str)
assert_type(graph.to_python(y, [x], name="g"), str)
assert_type(graph.from_rows(graph.to_rows(y)), Value)
assert_type(graph.from_json(graph.to_json(y)), Value)
