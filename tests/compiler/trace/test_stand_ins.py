"""Stand-ins: what is a graph, and who asks for numbers that are not there."""

import math
from collections.abc import Callable, Sequence

import pytest

from microfp import values
from microfp.compiler.trace import stand_ins as tracing
from microfp.compiler.trace.stand_ins import traced_leaf, traced_number
from microfp.datasets import dataset
from microfp.errors import TraceError
from microfp.record import Record, attr
from microfp.trainer import fit
from microfp.values import Value, value

ASKING: dict[str, Callable[[Value], object]] = {
    "data": lambda x: x.data,
    "float": float,  # type: ignore[dict-item]  # nor a float
    "int": int,  # type: ignore[dict-item]  # a value is no int
    "complex": complex,  # type: ignore[dict-item]
    "bool": bool,
    "if": lambda x: 1.0 if x else 2.0,
    "not": lambda x: not x,
    "round trip through the record": lambda x: x["data"],
    "all fields": lambda x: dict(x.items()),
    "str": str,
    "f-string": lambda x: f"{x}",
    "format": lambda x: f"{x:.3f}",
    "math.exp": math.exp,  # type: ignore[dict-item]
    "less": lambda x: x < 0.0,  # type: ignore[operator]  # values have no order
    "less or equal": lambda x: x <= 0.0,  # type: ignore[operator]
    "greater": lambda x: x > 0.0,  # type: ignore[operator]
    "greater or equal": lambda x: x >= 0.0,  # type: ignore[operator]
    "max": lambda x: max(x, 0.0),  # type: ignore[call-overload]
    "index": lambda x: [1.0, 2.0][x],  # type: ignore[call-overload]
}


OF_NUMBERS: dict[str, Callable[[float], object]] = {
    "equal": lambda y: y == 1.0,
    "unequal": lambda y: y != 1.0,
    "in a table": lambda y: {-1.0: 0.5, 1.0: 2.0}[y],
    "in a tuple": lambda y: y in (-1.0, 1.0),
    "hash": hash,
    "modulo": lambda y: y % 2.0,
    "floor division": lambda y: y // 2.0,
    "divmod": lambda y: divmod(y, 2.0),
    "round": round,
    "floor": math.floor,
    "is_integer": lambda y: y.is_integer(),
    "hex": lambda y: y.hex(),
    "quotient": lambda y: 1.0 / y,
    "quotient by zero": lambda y: y / 0.0,
    "power": lambda y: y**0.5,
    "power of a constant": lambda y: 2.0**y,
    "exponent of a value": lambda y: traced_leaf("w") ** y,
}


@pytest.mark.parametrize("name", ASKING)
@pytest.mark.parametrize("make", [traced_leaf, traced_number])
def test_whoever_asks_for_a_number_is_refused(name: str, make: Callable[[str], Value]) -> None:
    with pytest.raises(TraceError, match="while its graph is traced"):
        ASKING[name](make("x"))


@pytest.mark.parametrize("name", ASKING)
def test_asking_for_what_was_computed_is_refused(name: str) -> None:
    with pytest.raises(TraceError):
        ASKING[name](traced_leaf("x") * 2.0 + traced_number("y"))


@pytest.mark.parametrize("name", OF_NUMBERS)
def test_what_plain_numbers_are_asked_besides_is_refused(name: str) -> None:
    target: object = traced_number("y")
    with pytest.raises(TraceError):
        OF_NUMBERS[name](target)  # type: ignore[arg-type]  # it stands for a float


def test_a_traced_node_can_be_represented_but_shows_no_number() -> None:
    assert repr(traced_leaf("w") * 2.0) == "Traced(op='mul')"
    assert repr(traced_number("y")) == "TracedNumber(op='leaf', label='y')"


def test_values_are_themselves_while_traced_as_they_always_are() -> None:
    a, b = traced_leaf("a"), traced_leaf("b")
    assert a != b
    assert {a: 1, b: 2}[a] == 1


def test_constants_and_traced_nodes_mix_on_either_side() -> None:
    w = traced_leaf("w")
    for node in (2.0 * w, w * 2.0, value(2.0) * w, w * value(2.0), 2 - w, w / 2, w**2, 2**w):
        assert not isinstance(node, float)
        assert w in node.parents


def test_arithmetic_among_inputs_and_targets_stays_among_numbers() -> None:
    x, y = traced_number("x"), traced_number("y")
    for number in (x + y, 1 + x, x - y, 1 - x, x * y, 2 * x, x / 2, -x, abs(x)):
        assert repr(number).startswith("TracedNumber")
    for node in (x * traced_leaf("w"), value(2.0) / x, x / value(2.0), x ** value(2.0)):
        assert repr(node).startswith("Traced(")
    for node in (values.divide(x, y), values.pow(x, 2), values.exp(x), value(x), values.lift(x)):  # type: ignore[arg-type]
        assert repr(node).startswith("Traced(")


@pytest.mark.parametrize("operand", ["2", None, [1.0]])
def test_what_is_no_operand_stays_none_while_traced(operand: object) -> None:
    for node in (traced_leaf("w"), traced_number("x")):
        with pytest.raises(TypeError, match="must be a Value or a number"):
            node * operand  # type: ignore[operator]


class Averaged(Record):
    """A model that adds its inputs up before it makes a value of them."""

    slope: Value = attr()

    def __call__(self, inputs: Sequence[float]) -> Value:
        return self.slope * sum(inputs)


def test_a_sum_of_inputs_has_eagers_bits_whatever_python_makes_of_it() -> None:
    """From Python 3.12 on, `sum` of floats is rounded once, and not term by term."""
    data = dataset([[1e16, 1.0, -1e16], [0.1, 0.2, 0.3]], [1.0, -1.0])
    model = Averaged(slope=value(0.3))
    auto, eager = (fit(model, data, steps=2, backend=b) for b in ("auto", "eager"))  # type: ignore[type-var]  # takes floats alone
    assert auto.history == eager.history


def test_a_sum_of_inputs_is_refused_where_python_rounds_it_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tracing, "SUM_COMPENSATES", True)
    with pytest.raises(TraceError, match=r"`sum` of inputs .* `microfp.total` adds"):
        sum([traced_number("x"), traced_number("y")])
    assert repr(1.0 + traced_number("x")).startswith("TracedNumber")
