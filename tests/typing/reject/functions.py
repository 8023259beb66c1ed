"""func, graph, native, debug, explorer, gradients, expressions."""

from microfp import (
    Value,
    backward,
    backward_steps,
    clip,
    datasets,
    debug,
    explorer,
    find_grad,
    func,
    grad,
    graph,
    logical_and,
    losses,
    maximum,
    mean,
    native,
    nn,
    pow,
    sin,
    softmax,
    total,
    value,
    where,
)
from microfp.expressions import expression, variables
from microfp.values import Scalar

x = value(2.0)
y = x * x
model, data = nn.mlp(2, [4, 1]), datasets.moons(20)
loss = losses.max_margin()


def f(a: Scalar, b: Scalar) -> Value:
    return sin(a) * b


def g(a: Scalar) -> Value:
    return sin(a)


def vec(m: nn.MLP) -> tuple[Value, Value]:
    return nn.forward(m, [1.0, 2.0]), value(1.0)


func.grad(f)(1.0)  # reject
func.grad(f)(1.0, "2")  # reject
func.grad(f)(1.0, 2.0, 3.0)  # reject
func.grad(f)(1.0, 2.0).foo  # reject
func.grad(f, "a")  # reject
func.grad(f, argnums="0")  # reject
func.grad(f, argnum=0)  # reject
func.grad(y)  # reject
func.grad(3.0)  # reject
func.grad(f(1.0, 2.0))  # reject
func.grad(vec)(model)  # reject
func.grad()  # reject
func.grad(g)("1")  # reject
func.grad(g)(1.0).data.foo  # reject
func.grad(func.grad(g))(1.0, 2.0)  # reject
func.grad(g)([1.0])  # reject
func.value_and_grad(g)(1.0) + 1  # reject
func.value_and_grad(g)(1.0)[2]  # reject
a1, b1, c1 = func.value_and_grad(g)(1.0)  # reject
func.value_and_grad(g)(1.0).foo  # reject
func.value_and_grad(f)(1.0)  # reject
func.value_and_grad(g, has_aux="yes")  # reject
func.hessian(g)(1.0).foo  # reject
func.hessian(g)("1")  # reject
func.hessian(y)  # reject
func.jacrev(y)  # reject
func.jacfwd(vec)(1.0)  # reject
func.jvp(g, 1.0)  # reject
func.jvp(g)  # reject
func.jvp(y, (1.0,), (1.0,))  # reject
func.vjp(f, 1.0)  # reject
func.vjp(g, "1")  # reject
func.vjp(y, 1.0)  # reject
func.hvp(g, (1.0,))  # reject
func.vmap(g, in_axes="0")  # reject
func.vmap(y)  # reject
func.linearize(g, "1")  # reject
func.newton(g)  # reject
func.newton(1.0, g)  # reject
func.newton(g, "1")  # reject
func.newton(f, 1.0)  # reject
next(func.newton(g, 1.0)).y  # reject
func.newton(g, 1.0).x  # reject
func.minimize(loss, model)  # reject
func.minimize(lambda m: "x", model)  # reject
next(func.minimize(lambda m: nn.forward(m, [1.0, 2.0]), model)).x.layer  # reject
func.fixed_point(g)  # reject
func.taylor(g, "1")  # reject
func.taylor(g, 1.0)[0]  # reject
func.derivatives(f, 1.0)  # reject
func.until_converged(func.newton(g, 1.0), 1e-3)  # reject
func.until_converged(1.0)  # reject
func.check_grads(g)  # reject
func.check_grads(y, (1.0,))  # reject
func.check_grads(g, (1.0,), order="2")  # reject
func.check_grads(g, (1.0,)).ok  # reject
func.custom_derivative(g)  # reject
func.custom_derivative(lambda a: "x", lambda a: (a,))  # reject
func.stop_gradient(model).foo  # reject
func.along([x], g)  # reject
func.along(x, g, 1.0)  # reject

backward(y).get("x")  # reject
backward(y)[x].data  # reject
backward(y)[x] = 1.0  # reject
backward(y).grad(x)  # reject
backward()  # reject
backward([y])  # reject
y.backward()  # reject
x.grad  # reject
backward_steps(y)[0]  # reject
next(backward_steps(y))[x] + "x"  # reject
grad(backward(y), x)  # reject
grad(x)  # reject
grad(x, y)  # reject
grad(g)  # reject
grad(x, backward(y)).data  # reject
find_grad(x, backward(y)) + 1.0  # reject
find_grad(x, backward(y)).value_or("none") + 1.0  # reject
find_grad(x, backward(y)).data  # reject
find_grad(x, {})  # reject

total([x, "1"])  # reject
total(x, y)  # reject
mean("abc")  # reject
mean(1.0)  # reject
softmax([1.0]) + 1.0  # reject
softmax([1.0]).data  # reject
where(x, 1.0)  # reject
where("x", 1.0, 2.0)  # reject
clip(x, 1.0)  # reject
clip(x, "0", 1.0)  # reject
logical_and(x)  # reject
maximum([x, y])  # reject
maximum(x)  # reject
pow(x)  # reject
pow(x, "2")  # reject
x @ y  # reject
x // 2  # reject
x % "2"  # reject
x << 2  # reject
x + [1.0]  # reject
x + (1.0,)  # reject
[1.0] + x  # reject
x and 3 + "x"  # reject
x[0]  # reject
x()  # reject
len(x)  # reject
for p in x:  # reject
    pass
sum([x, "y"])  # reject
x.label.upper()  # reject
x.parents[0].dta  # reject
x.op = "mul"  # reject
value([1.0])  # reject
value(2.0, lable="x")  # reject
abs(x).dta  # reject
(-x).dta  # reject
(x > y).foo  # reject
x.item()  # reject
x.relu  # reject
Value(data=1.0, label=3)  # reject
Value(data=1.0, parents=[x])  # reject

graph.nodes(y)[0]["opp"]  # reject
graph.nodes(y)[0].op  # reject
graph.nodes(y, limit="3")  # reject
graph.nodes(y, y)  # reject
graph.nodes(model)  # reject
graph.nodes()  # reject
graph.edges(y)[0]["parent"]  # reject
graph.edges(y, backward(y))  # reject
graph.to_dot([y])  # reject
graph.to_dot(y, 3)  # reject
graph.to_dot(y).foo  # reject
graph.to_svg(y, 3)  # reject
graph.to_svg(y, limit="x")  # reject
graph.to_json(y, indent=2)  # reject
graph.from_json(3)  # reject
graph.from_json("{}").foo  # reject
graph.from_rows([1])  # reject
graph.to_latex("y")  # reject
graph.to_latex(y, name_shared="yes")  # reject
graph.simplify("y")  # reject
graph.simplify(y, variables=x)  # reject
graph.substitute(y, [x])  # reject
graph.substitute(y, {"x": 1.0})  # reject
graph.substitute(y, {x: "1"})  # reject
graph.to_python(y, x)  # reject
graph.to_python(y, [x], "f")  # reject
graph.topological_order(y).append(x)  # reject
graph.topological_order([y])  # reject
graph.free_variables(y)[0].foo  # reject

native.predict(model, [1.0, 2.0])  # reject
native.predict([[1.0]], model)  # reject
native.predict(model, [["1"]])  # reject
native.predict(model, [[1.0]])[0].data  # reject
native.value_and_grad(model)  # reject
native.value_and_grad(lambda m: "x", model)  # reject
native.value_and_grad(lambda m: nn.forward(m, [1.0]), model)(1.0)  # reject
native.value_and_grad(lambda m: nn.forward(m, [1.0]), model)(model)[0].data  # reject
native.value_and_grad(lambda m: nn.forward(m, [1.0]), model, way="fast")  # reject
native.explain(model, loss, 2)  # reject
native.explain(loss, model)  # reject
native.explain(loss, model, "2")  # reject
native.explain(loss, model, 2).cod  # reject
native.explain(loss, model, 2).code.asm  # reject
native.lower(y)  # reject
native.lower(y, x)  # reject
native.lower(model, [x])  # reject
native.run(y, [1.0])  # reject
native.run(native.lower(y, [x]), ["1"])  # reject
native.run(native.lower(y, [x]), 1.0)  # reject
native.run(native.lower(y, [x]), [1.0]).data  # reject
native.lower(y, [x]).instruction  # reject

debug.first_non_finite(model)  # reject
debug.first_non_finite(y).node  # reject
debug.first_non_finite(y).map(lambda it: it.nod)  # reject
debug.why_zero(x)  # reject
debug.why_zero(y, "x")  # reject
debug.why_zero(x, y).reson  # reject
debug.why_zero(x, y).causes[0].reason == "x"  # reject
debug.paths(x, y, 3)  # reject
debug.paths(x, y, top="3")  # reject
debug.paths(x, y)[0].node  # reject
debug.contributions(x)  # reject
debug.contributions(x, y)[0].foo  # reject
explorer.to_html(model)  # reject
explorer.to_html(y, "title")  # reject
explorer.to_html(y, title=3)  # reject
explorer.to_html(y, limit="5")  # reject
explorer.frames(y)[0].phase == "fwd"  # reject
explorer.frames(y)[0].foo  # reject
explorer.page_data(y)["foo"]  # reject
explorer.widget(3)  # reject

expression("x * x")  # reject
expression("x * x", ["x"])  # reject
expression("x", {"x": "2"})  # reject
expression(3, {})  # reject
expression("x", {"x": 1.0}).foo  # reject
variables(3)  # reject
variables("x").x  # reject
