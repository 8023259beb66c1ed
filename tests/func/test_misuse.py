"""What is no argument of a transform is refused, with what came and where."""

import math
from collections.abc import Callable
from typing import Any

import pytest

from microfp import Value, func, nn, sin, value
from microfp.errors import ShapeError
from microfp.values import Scalar
from tests.func.curves import LINE, cube


def anything(function: object) -> Callable[..., object]:
    """A function that a type checker lets be called in any way."""
    assert callable(function)
    return function


@pytest.mark.parametrize(
    ("misuse", "message"),
    [
        (
            lambda: func.custom_derivative(math.hypot, lambda a, y: ()),
            (
                "^custom_derivative: f must be a function of a fixed number of positional "
                "operands, unless arity is given, got <built-in function hypot>"
            ),
        ),
        (lambda: func.linearize(lambda x: "a", 1.0), "^linearize: output 0 must be"),
        (lambda: anything(func.linearize(sin, 1.0)[1])("a"), "^linearize: tangent 0 must be"),
        (
            lambda: anything(anything(func.jacfwd)(lambda x: LINE))(1.0),
            "^jacfwd: output 0.slope must be outside",
        ),
        (
            lambda: anything(anything(func.jacrev)(lambda x: LINE))(1.0),
            "^jacrev: output 0.slope must be outside",
        ),
        (
            lambda: anything(anything(func.jacobian)(lambda x: LINE))(1.0),
            "^jacobian: output 0.slope must be outside",
        ),
    ],
)
def test_a_message_begins_with_the_transform(misuse: Callable[[], object], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        misuse()


def twice(x: object) -> object:
    return x, x


def untyped(f: Callable[..., object]) -> Callable[..., object]:
    """The function as who has no type checker sees it."""
    return f


MISUSES: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: func.grad(twice, 0)(2.0), TypeError, "grad: what twice returns must be a scal"),
    (lambda: func.grad(lambda x: x > 0)(value(2.0)), TypeError, "not orderable"),
    (lambda: func.grad(lambda x, y: x, 2)(1.0, 2.0), ValueError, "the 2 positional arguments, got"),
    (lambda: func.grad(lambda x: x, -2)(1.0), ValueError, "argnums must be within the 1 "),
    (lambda: func.grad(lambda x: x, ())(1.0), ValueError, "argnums must be an int or a tuple of"),
    (lambda: func.grad(lambda x: x, True)(1.0), TypeError, "argnums must be an int"),
    (lambda: func.grad(lambda x: x)(("a", 1.0)), TypeError, r"grad: argument 0\[0\] must be a nu"),
    (lambda: func.grad(lambda x, y: x, 1)(1.0, "a"), TypeError, "grad: argument 1 must be a numb"),
    (lambda: func.grad(lambda x: 1.0)({1.0}), TypeError, r"got \{1.0\} \(set\)"),
    (lambda: func.grad(lambda x: x)(True), TypeError, r"argument 0 must be .* got True \(bool\)"),
    (lambda: func.grad(lambda x: x)(()), ValueError, "arguments must be trees that hold a Value"),
    (lambda: func.grad(lambda x: x, has_aux=True)(1.0), TypeError, r"a pair \(scalar, auxiliary\)"),
    (lambda: func.jvp(lambda x: x, ((1.0, 2.0),), ((1.0,),)), ShapeError, r"got no tangent 0\[1\]"),
    (
        lambda: anything(func.jvp)(lambda x: x, 1.0, (1.0, 2.0)),
        ShapeError,
        "got an extra tangent 1",
    ),
    (lambda: anything(func.jvp)(lambda x, y: x, (1.0, 2.0), 1.0), ShapeError, "got no tangent 1"),
    (lambda: anything(func.jvp)(lambda x: x, (1.0,), ()), ShapeError, "got no tangent 0"),
    (
        lambda: anything(func.jvp)(lambda x: x, 1.0, "a"),
        TypeError,
        "jvp: tangent 0 must be a number",
    ),
    (
        lambda: anything(func.directional)(lambda x: "a", 1.0, 1.0),
        TypeError,
        "directional: output 0 must be",
    ),
    (
        lambda: anything(func.hvp)(lambda x: x, 1.0, (1.0, 1.0)),
        ShapeError,
        "hvp: tangents must be shaped",
    ),
    (lambda: anything(func.vjp)(lambda x: "a", 1.0), TypeError, "vjp: output 0 must be a number"),
    (
        lambda: anything(func.vjp(lambda x: (x, x), 1.0)[1])(1.0),
        ShapeError,
        "vjp: cotangents must be shaped",
    ),
    (anything(func.linearize(lambda x: x, 1.0)[1]), ShapeError, "linearize: .* got no tangent 0"),
    (
        lambda: anything(func.jacobian(lambda m: m))(nn.neuron(1)),
        TypeError,
        r"output 0.weights\[0\] must be",
    ),
    (
        lambda: func.hessian(lambda m: m([1.0]))(nn.neuron(1)),
        TypeError,
        "hessian: argument 0.weights",
    ),
    (lambda: func.check_grads(sin, 1.0, order=0), ValueError, "order must be an int >= 1, got 0"),
    (lambda: func.check_grads(sin, 1.0, step=0.0), ValueError, "step must be a finite number > 0"),
    (lambda: func.check_grads(sin, 1.0, tolerance=-1.0), ValueError, "tolerance must be a finite"),
    (lambda: func.custom_derivative(lambda *a: 1.0, lambda *a: ()), TypeError, "a fixed number of"),
    (
        lambda: func.custom_derivative(lambda: 1.0, lambda y: ()),  # type: ignore[misc, arg-type]
        TypeError,
        "a fixed number of",
    ),
    (lambda: func.custom_derivative(math.hypot, lambda a, y: ()), TypeError, "unless arity is giv"),
    (lambda: func.custom_derivative(abs, lambda a, y: (), arity=0), ValueError, "abs: arity must"),
    (lambda: untyped(cube)(1.0, 2.0), ShapeError, "cube: operands must be 1, got 2"),
    (
        lambda: func.grad(lambda x, y: x * y, (1, -1))(1.0, 2.0),
        ValueError,
        r"^grad: argnums must be without repetition, got \(1, -1\)$",
    ),
    (lambda: func.grad(sin)(10**400), ValueError, "must be a number that a float can hold"),
    (lambda: func.jvp(sin, 1.0, 10**400), ValueError, "must be a number that a float can hold"),
    (lambda: func.grad(sin, has_aux=1), TypeError, "^grad: has_aux must be True or False, got 1"),  # type: ignore[call-overload]
    (
        lambda: func.value_and_grad(sin, has_aux="no"),  # type: ignore[call-overload]
        TypeError,
        "^value_and_grad: has_aux must be True or False, got 'no'",
    ),
    (
        lambda: func.check_grads(sin, 1.0, seed=-1),
        ValueError,
        "^check_grads: seed must be an int from 0",
    ),
    (
        lambda: func.custom_derivative(math.exp, lambda a, y: (y,), name="exp"),
        ValueError,
        "^custom_derivative: name must be one that no operation of microfp has, got 'exp'$",
    ),
    (
        lambda: func.custom_derivative(abs, lambda a, y: (y,), name="leaf"),
        ValueError,
        "no operation of microfp has, got 'leaf'$",
    ),
    (lambda: func.custom_derivative(abs, lambda a, y: (y,), name=""), ValueError, "has, got ''$"),
    (
        lambda: func.custom_derivative(abs, lambda a, y: (y,), name=3),  # type: ignore[call-overload]
        TypeError,
        "^custom_derivative: name must be a str, got 3",
    ),
    (
        lambda: func.custom_derivative(abs, (1.0,)),  # type: ignore[call-overload]
        TypeError,
        r"^custom_derivative: partials must be a function, got \(1.0,\)",
    ),
    (lambda: untyped(cube)("a"), TypeError, "an operand must be a Value or a number, got 'a'"),
]


@pytest.mark.parametrize(("misuse", "error", "message"), MISUSES)
def test_misuse_says_what_came_and_where(
    misuse: Callable[[], object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        misuse()


TAKERS: dict[str, Callable[[Callable[..., object]], object]] = {
    "grad": anything(func.grad),
    "value_and_grad": anything(func.value_and_grad),
    "hessian": anything(func.hessian),
    "jacobian": anything(func.jacobian),
    "jacfwd": anything(func.jacfwd),
    "jacrev": anything(func.jacrev),
    "vjp": lambda f: anything(func.vjp)(f, 1.0),
    "jvp": lambda f: anything(func.jvp)(f, 1.0, 1.0),
    "linearize": lambda f: anything(func.linearize)(f, 1.0),
    "directional": lambda f: anything(func.directional)(f, 1.0, 1.0),
    "check_grads": lambda f: func.check_grads(f, 1.0),
    "custom_derivative": lambda f: func.custom_derivative(f, lambda a, y: (1.0,)),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", TAKERS)
def test_what_is_no_function_is_refused_at_once(name: str) -> None:
    with pytest.raises(TypeError, match=f"^{name}: f must be a function, got 3.0 "):
        TAKERS[name](3.0)  # type: ignore[arg-type]  # the mistake


class Nameless:
    """A function without a name."""

    def __call__(self, *_: Scalar) -> object:
        return "text"


def triple(x: Scalar) -> object:
    return x, x, 2.0


# What a type checker would refuse.
TEXT: Any = "text"
NO_NUMBER: int = TEXT


NAMELESS: Any = Nameless()


TRIPLE: Any = triple


NOTHING: Any = ((),)


def squared(x: Scalar) -> Value:
    return value(1.0) * x * x


@pytest.mark.parametrize(
    ("attempt", "told"),
    [
        (
            lambda: func.grad(squared, argnums=NO_NUMBER)(1.0),
            "grad: argnums must be an int, or a tuple or list of ints, got 'text' (str)",
        ),
        (
            lambda: func.grad(squared, argnums=())(1.0),
            "grad: argnums must be an int or a tuple of at least one, got ()",
        ),
        (
            lambda: func.grad(squared, argnums=3)(1.0),
            (
                "grad: argnums must be within the 1 positional arguments, got 3; "
                "to differentiate at a point, write grad(f)(point)"
            ),
        ),
        (
            lambda: func.value_and_grad(TRIPLE, has_aux=True)(1.0),
            (
                "value_and_grad: what triple returns must be a pair (scalar, auxiliary), got "
                "(Value(data=1.0), Value(data=1.0), 2.0) (tuple)"
            ),
        ),
        (
            lambda: func.value_and_grad(NAMELESS, has_aux=True)(1.0),
            (
                "value_and_grad: what the function returns must be a pair (scalar, auxiliary), got "
                "'text' (str)"
            ),
        ),
        (
            lambda: func.grad(NAMELESS)(1.0),
            (
                "grad: what the function returns must be a scalar, a Value or a number, got 'text' "
                "(str)"
            ),
        ),
        (
            lambda: func.jvp(squared, (TEXT,), (1.0,)),
            (
                "jvp: primal 0 must be a number, a Value, or a tuple, list, dict, PVector, "
                "PMap or Record of "
                "them, got 'text' (str)"
            ),
        ),
        (
            lambda: anything(func.jvp)(squared, NOTHING, NOTHING),
            "jvp: primals must be trees that hold a Value or a number, got ((),)",
        ),
        (
            lambda: anything(func.hvp)(squared, (1.0,), (1.0, 2.0)),
            "hvp: tangents must be shaped like what they belong to, got an extra tangent 1",
        ),
        (
            lambda: func.check_grads(squared, (1.0,), order=0),
            "check_grads: order must be an int >= 1, got 0",
        ),
        (
            lambda: func.check_grads(squared, (1.0,), tolerance=0.0),
            "check_grads: tolerance must be a finite number > 0, got 0.0",
        ),
        (
            lambda: func.check_grads(squared, (1.0,), step=-1.0),
            "check_grads: step must be a finite number > 0, got -1.0",
        ),
        (
            lambda: func.check_grads(squared, (TEXT,)),
            (
                "check_grads: primal 0 must be a number, a Value, or a tuple, list, dict, PVector, "
                "PMap or Record of them, got 'text' (str)"
            ),
        ),
        (
            lambda: func.check_grads(NAMELESS, (1.0,)),
            (
                "check_grads: output 0 must be a number, a Value, or a tuple, list, dict, PVector, "
                "PMap or Record of them, got 'text' (str)"
            ),
        ),
    ],
)
def test_what_is_wrong_is_said_in_full(attempt: Callable[[], object], told: str) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        attempt()
    assert str(caught.value) == told
