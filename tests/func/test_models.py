"""Transforms and models: frozen parameters, tied ones, and derivatives inside of a model."""

from collections.abc import Callable, Sequence
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfp import backward, datasets, func, grad, losses, nn, optim, sin, trainer, tree, value
from microfp.errors import TraceError
from microfp.func import along
from microfp.record import Record, attr
from microfp.trainer import Backend
from microfp.tree import freeze, parameters, unfreeze
from microfp.values import Scalar, Value

numbers = st.floats(-2.0, 2.0)


class Curve(Record):
    """a x + b x² + sin(c x), for any ties between its parameters."""

    a: Value = attr()
    b: Value = attr()
    c: Value = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        x = inputs[0]
        return self.a * x + self.b * x * x + sin(self.c * x)


def output(model: Curve) -> Value:
    return model([1.5])


@st.composite
def curves(draw: st.DrawFn) -> Curve:
    """Curves with parameters that are tied, frozen, both or neither."""
    pool = [value(draw(numbers), label=name) for name in "uvw"]
    chosen = [draw(st.sampled_from(pool)) for _ in range(3)]
    model = Curve(a=chosen[0], b=chosen[1], c=chosen[2])
    still = draw(st.sets(st.sampled_from(chosen)))
    return freeze(model, lambda _: tuple(still)) if still else model


def slopes(model: Curve) -> list[float]:
    """The gradient of the output by `backward`, a number a parameter."""
    table = backward(output(model))
    return [grad(p, table) for p in parameters(model)]


@given(curves())
def test_a_gradient_has_the_parameters_of_its_model(model: Curve) -> None:
    if not parameters(model):
        with pytest.raises(ValueError, match="arguments must be trees that hold a Value"):
            func.grad(output)(model)
        return

    def several(model: Curve) -> tuple[Value, ...]:
        return (output(model),)

    made = [
        func.grad(output)(model),
        func.value_and_grad(output)(model)[1],
        func.vjp(output, model)[1](1.0)[0],
        func.jacrev(several)(model)[0],
        func.jacfwd(several)(model)[0],
    ]
    for gradient in made:
        assert isinstance(gradient, Curve)
        assert [p.data for p in parameters(gradient)] == pytest.approx(slopes(model))
        assert [p.label for p in parameters(gradient)] == [p.label for p in parameters(model)]
        pairs = zip(tree.values(model), tree.values(gradient), strict=True)
        for before, after in pairs:
            assert tree.is_frozen(before) is tree.is_frozen(after)
            assert not tree.is_frozen(after) or after.data == 0.0


@given(curves(), numbers)
def test_forward_mode_moves_what_reverse_mode_moves(model: Curve, along_all: float) -> None:
    if not parameters(model):
        return
    moved = tree.map_parameters(lambda _: along_all, model)
    expected = sum(along_all * slope for slope in slopes(model))
    assert func.jvp(output, (model,), (moved,))[1] == pytest.approx(expected, abs=1e-12)
    assert func.linearize(output, model)[1](moved) == pytest.approx(expected, abs=1e-12)


@given(curves())
def test_the_product_with_a_hessian_leaves_frozen_parameters_alone(model: Curve) -> None:
    if not parameters(model):
        return
    product = func.hvp(output, (model,), (tree.map_parameters(lambda _: 1.0, model),))
    free = unfreeze(model)
    still = frozenset(v.parents[0] for v in tree.values(model) if tree.is_frozen(v))
    moved = tree.map_parameters(lambda p: 0.0 if p in still else 1.0, free)
    whole = func.hvp(output, (free,), (moved,))
    kept = dict(zip(parameters(free), parameters(whole), strict=True))
    expected = [kept[p].data for p in parameters(free) if p not in still]
    assert [p.data for p in parameters(product)] == pytest.approx(expected, abs=1e-12)


def test_a_tangent_of_a_record_has_frozen_zeros_where_nothing_moves() -> None:
    model = freeze(Curve(a=value(1.0), b=value(2.0), c=value(3.0)), lambda m: m.b)
    _, tangent = func.jvp(lambda m: m, (model,), (model,))
    assert [v.data for v in tree.values(tangent)] == [1.0, 0.0, 3.0]
    assert tree.is_frozen(tangent.b)


# Derivatives inside of a model


def by_grad(f: Callable[[Scalar], Value], x: Scalar) -> Scalar:
    return func.grad(f)(x)


def by_jvp(f: Callable[[Scalar], Value], x: Scalar) -> Scalar:
    return func.jvp(f, x, 1.0)[1]


def by_vjp(f: Callable[[Scalar], Value], x: Scalar) -> Scalar:
    return func.vjp(f, x)[1](1.0)[0]


def by_linearize(f: Callable[[Scalar], Value], x: Scalar) -> Scalar:
    return func.linearize(f, x)[1](1.0)


WAYS = [by_grad, by_jvp, by_vjp, by_linearize]


class Physical(Record):
    """w + d/dx (w x²) = w + 2 w x, whose slope along w is 1 + 2 x."""

    w: Value = attr()
    way: Callable[[Callable[[Scalar], Value], Scalar], Scalar] = attr(default=by_grad)

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        return self.w + self.way(lambda x: self.w * x * x, inputs[0])


class Nested(Record):
    """A model that calls another."""

    physical: Physical = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        return self.physical(inputs)


def test_a_call_of_what_is_no_model_is_a_call_like_any() -> None:
    class Listed(Record):
        """Holds a list of values, which no training takes."""

        ws: list[Value] = attr()

        def __call__(self, x: float) -> Value:
            return self.ws[0] * x

    assert Listed(ws=[value(2.0)])(3.0).data == 6.0


@pytest.mark.parametrize("way", WAYS)
def test_a_model_is_differentiated_through_the_derivatives_that_it_takes(
    way: Callable[[Callable[[Scalar], Value], Scalar], Scalar],
) -> None:
    model = Physical(w=value(3.0), way=way)
    ways = (nn.forward(model, [2.0]), along(parameters(model), model, [2.0]), model([2.0]))
    for y in (*ways, Nested(physical=model)([2.0]), model(inputs=[2.0])):
        assert y.data == 15.0
        assert backward(y)[model.w] == 5.0
    through = func.grad(lambda m: m([2.0]))(model)
    assert through.w.data == 5.0


@pytest.mark.parametrize("backend", ["auto", "eager"])
@pytest.mark.parametrize("way", WAYS)
def test_a_training_goes_through_the_derivatives_that_a_model_takes(
    backend: Backend, way: Callable[[Callable[[Scalar], Value], Scalar], Scalar]
) -> None:
    model, data = Physical(w=value(3.0), way=way), datasets.dataset([[2.0]], [14.0])
    loss = losses.mean_squared_error()
    run = trainer.fit(model, data, steps=1, loss=loss, optimizer=optim.sgd(0.1), backend=backend)
    assert run.final_model.w.data == pytest.approx(3.0 - 0.1 * 2.0 * (15.0 - 14.0) * 5.0)


@pytest.mark.parametrize("backend", ["python", "native"])
def test_what_cannot_trace_a_derivative_says_so(backend: Backend) -> None:
    model, data = Physical(w=value(3.0)), datasets.dataset([[2.0]], [14.0])
    with pytest.raises(TraceError, match=r"a transform of microfp\.func reads the number"):
        trainer.fit(model, data, steps=1, loss=losses.mean_squared_error(), backend=backend)


def test_what_meets_no_parameter_stays_a_number() -> None:
    assert along([value(1.0)], lambda: func.grad(lambda x: x * x)(3.0)) == 6.0


def by_newton(w: Scalar) -> float:
    *_, last = func.until_converged(func.newton(lambda x: x * x - w, 1.0))
    return last.x


def by_halley(w: Scalar) -> float:
    *_, last = func.until_converged(func.halley(lambda x: x * x - w, 1.0))
    return last.x


def by_iteration(w: Scalar) -> float:
    *_, last = func.until_converged(func.fixed_point(lambda x: 0.5 * (x + w / x), 1.0))
    return last.x


def by_descent(w: Scalar) -> float:
    *_, last = func.until_converged(func.minimize(lambda x: (x * x - w) ** 2, 1.0))
    return last.x


def by_series(w: Scalar) -> float:
    *_, last = islice(func.taylor(lambda x: w * x * x, 1.0), 2)
    return last


def by_derivatives(w: Scalar) -> float:
    *_, last = islice(func.derivatives(lambda x: w * x * x, 1.0), 2)
    return last


NUMERIC = [by_newton, by_halley, by_iteration, by_descent, by_series, by_derivatives]


class Searching(Record):
    """A model that asks for plain numbers inside."""

    w: Value = attr()
    search: Callable[[Scalar], float] = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        return self.w * inputs[0] + self.search(self.w)


@pytest.mark.parametrize("search", NUMERIC)
def test_what_gives_plain_numbers_refuses_to_lose_a_derivative(
    search: Callable[[Scalar], float],
) -> None:
    known = search(4.0)
    assert search(value(4.0)) == known  # nothing is differentiated around it
    model = Searching(w=value(4.0), search=search)
    data = datasets.dataset([[1.0]], [0.0])
    calls: list[Callable[[], object]] = [
        lambda: model([1.0]),
        lambda: nn.forward(model, [1.0]),
        lambda: func.grad(search)(4.0),
        lambda: func.jvp(search, (4.0,), (1.0,)),
        lambda: next(func.derivatives(search, 4.0)),
        lambda: next(func.newton(search, 4.0)),
        lambda: trainer.fit(model, data, steps=1, loss=losses.mean_squared_error()),
    ]
    for call in calls:
        with pytest.raises(TypeError, match="nothing may be used that is differentiated around"):
            call()


class Residual(Record):
    """What calls a model that is given to it; it has no parameters itself."""

    scale: float = attr()

    def __call__(self, model: Physical, x: float) -> Value:
        return self.scale * model([x])


def test_a_record_without_parameters_hands_the_call_on() -> None:
    model = Physical(w=value(3.0))
    assert backward(Residual(scale=2.0)(model, 2.0))[model.w] == 10.0


def test_a_frozen_model_is_called_as_it_is() -> None:
    model = freeze(Physical(w=value(3.0)))
    assert model([2.0]).data == 15.0
    assert parameters(model) == ()
