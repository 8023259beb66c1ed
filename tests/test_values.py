"""Nodes: how they are made, what they refuse, how they are ordered, copied and pickled."""

import cmath
import copy
import math
import operator
import pickle
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import partial, reduce

import numpy as np
import pytest
from pyrsistent import InvariantException, PRecord, PTypeError, pmap

from microfp import ops, values
from microfp.gradients import backward
from microfp.values import LEAF, Scalar, Value, lift, primitive_of, topological_order, total, value
from tests.expressions import applied
from tests.untraced import untraced

MILLION = 1_000_000


def chain(length: int) -> Value:
    """A graph as deep as it is long, of two leaves and the given number of additions."""
    start, one = value(0.0, label="start"), value(1.0)
    return reduce(lambda node, _: node + one, range(length), start)


@contextmanager
def recursion_limit(spare: int) -> Iterator[None]:
    """Leave room for a few calls only, however deep the test itself is called."""
    before = sys.getrecursionlimit()
    depth = 0
    frame = sys._getframe()
    while frame.f_back is not None:
        frame, depth = frame.f_back, depth + 1
    sys.setrecursionlimit(depth + spare)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


# Making nodes.


@pytest.mark.parametrize(
    "number", [3, 3.0, np.float64(3), np.float32(3), np.int64(3), np.uint8(3), Fraction(6, 2)]
)
def test_a_leaf_holds_any_real_number_as_a_float(number: float) -> None:
    for leaf in (value(number), lift(number)):
        assert leaf.data == 3.0
        assert type(leaf.data) is float
        assert (leaf.op, leaf.parents, leaf.label, leaf.parameter) == (LEAF, (), None, None)


NOT_NUMBERS: list[tuple[object, str]] = [
    (True, "got True (bool)"),
    (np.True_, "(bool)"),
    ("3", "got '3' (str)"),
    (b"3", "got b'3' (bytes)"),
    (None, "got None (NoneType)"),
    ([1.0], "got [1.0] (list)"),
    ((1.0,), "got (1.0,) (tuple)"),
    ({}, "got {} (dict)"),
    (1j, "got 1j (complex)"),
    (np.array([1.0, 2.0]), "got array([1., 2.]) (ndarray)"),
    (np.array(1.0), "got array(1.) (ndarray)"),
    (pmap({"data": 1.0}), "got pmap({'data': 1.0}) (PMap)"),
]


@pytest.mark.parametrize(("wrong", "came"), NOT_NUMBERS, ids=str)
def test_a_leaf_refuses_what_is_no_number_and_says_what_came(wrong: float, came: str) -> None:
    with pytest.raises(TypeError) as caught:
        value(wrong)
    assert "value: data must be a number, got" in str(caught.value)
    assert came in str(caught.value)


def test_a_leaf_is_not_made_of_a_node() -> None:
    with pytest.raises(TypeError, match=r"got Value\(data=2.0\) \(Value\)"):
        value(value(2.0))  # type: ignore[arg-type]  # the mistake under test


BINARY: dict[str, Callable[[Scalar, Scalar], Scalar]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": lambda a, b: a**b,
}
FUNCTIONS: dict[str, Callable[[Scalar, Scalar], Scalar]] = {
    "add": values.add,
    "sub": values.sub,
    "mul": values.mul,
    "divide": values.divide,
    "pow": values.pow,
    "maximum": values.maximum,
    "minimum": values.minimum,
    "total": lambda a, b: total([a, b]),
    "where": lambda a, b: values.where(1.0, a, b),
}
OPERANDS = [3, 3.0, np.float64(3), np.float32(3), np.int64(3), np.uint8(3)]


@pytest.mark.parametrize("number", OPERANDS, ids=lambda n: type(n).__name__)
@pytest.mark.parametrize("symbol", BINARY)
def test_operators_take_numbers_on_either_side(symbol: str, number: float) -> None:
    operator = BINARY[symbol]
    right, left = operator(value(2.0), number), operator(number, value(2.0))
    assert isinstance(right, Value)
    assert isinstance(left, Value)
    assert (right.data, left.data) == (operator(2.0, 3.0), operator(3.0, 2.0))
    assert type(right.data) is type(left.data) is float


@pytest.mark.parametrize(("wrong", "came"), NOT_NUMBERS, ids=str)
@pytest.mark.parametrize("name", [*BINARY, *FUNCTIONS])
def test_operations_refuse_what_is_no_number_on_either_side(
    name: str, wrong: float, came: str
) -> None:
    operation = (BINARY | FUNCTIONS)[name]
    for operands in ((value(2.0), wrong), (wrong, value(2.0))):
        with pytest.raises(TypeError, match="an operand must be a Value or a number") as caught:
            operation(*operands)
        assert came in str(caught.value)


UNARY: dict[str, Callable[[Scalar], Value]] = {
    "neg": values.neg,
    "exp": values.exp,
    "log": values.log,
    "sqrt": values.sqrt,
    "sin": values.sin,
    "cos": values.cos,
    "tanh": values.tanh,
    "sigmoid": values.sigmoid,
    "softplus": values.softplus,
    "relu": values.relu,
    "absolute": values.absolute,
}


@pytest.mark.parametrize("name", UNARY)
def test_functions_of_one_operand_take_nodes_and_numbers(name: str) -> None:
    x = value(0.5)
    half: float = np.float32(0.5)  # type: ignore[assignment]  # no float to a type checker
    node, of_number = UNARY[name](x), UNARY[name](half)
    assert (node.op, node.parents) == (name, (x,))
    assert node.data == of_number.data == ops.PRIMITIVES[name](0.5)


@pytest.mark.parametrize(("wrong", "came"), NOT_NUMBERS, ids=str)
@pytest.mark.parametrize("name", UNARY)
def test_functions_of_one_operand_refuse_what_is_no_number(
    name: str, wrong: float, came: str
) -> None:
    with pytest.raises(TypeError) as caught:
        UNARY[name](wrong)
    assert came in str(caught.value)


@pytest.mark.parametrize(
    ("name", "symbol"), [("add", "+"), ("sub", "-"), ("mul", "*"), ("divide", "/"), ("pow", "**")]
)
def test_an_operator_and_its_function_make_the_same_node(name: str, symbol: str) -> None:
    x, y = value(2.0), value(5.0)
    by_operator, by_function = BINARY[symbol](x, y), FUNCTIONS[name](x, y)
    assert isinstance(by_operator, Value)
    assert isinstance(by_function, Value)
    assert by_operator.op == by_function.op == name
    assert by_operator.parents == by_function.parents == (x, y)
    assert by_operator.data == by_function.data


def test_a_number_as_exponent_is_a_constant_and_no_parent() -> None:
    x = value(3.0)
    square = x**2
    assert (square.data, square.op, square.parents) == (9.0, "constant_power", (x,))
    assert square.parameter == 2.0
    assert type(square.parameter) is float


@pytest.mark.parametrize("plain", [3, 3.0, -0.0, float("inf")])
@pytest.mark.parametrize("symbol", BINARY)
def test_a_plain_number_makes_the_node_that_a_number_of_numpy_makes(
    symbol: str, plain: float
) -> None:
    x, same = value(2.0), np.float64(plain)
    for made, expected in (
        (BINARY[symbol](x, plain), BINARY[symbol](x, same)),
        (BINARY[symbol](plain, x), BINARY[symbol](same, x)),
    ):
        assert isinstance(made, Value)
        assert isinstance(expected, Value)
        assert (repr(made), made.parameter) == (repr(expected), expected.parameter)
        assert list(map(repr, made.parents)) == list(map(repr, expected.parents))


def test_a_node_as_exponent_is_a_parent() -> None:
    x, k = value(3.0), value(2.0)
    assert (x**k).parents == (x, k)
    assert [parent.data for parent in (2**x).parents] == [2.0, 3.0]
    assert (2**x).data == 8.0


def test_signs_and_magnitudes() -> None:
    x = value(-2.0)
    assert +x is x
    assert ((-x).data, (-x).op, (-x).parents) == (2.0, "neg", (x,))
    assert (abs(x).data, abs(x).op, abs(x).parents) == (2.0, "absolute", (x,))


@pytest.mark.parametrize(
    "convert",
    [
        float,
        int,
        complex,
        math.tanh,
        math.isnan,
        cmath.exp,
        "%.2f".__mod__,
        np.float64,
        np.sin,
        partial(math.pow, 2.0),
        partial(statistics.NormalDist().cdf),
    ],
)
@pytest.mark.parametrize("node", [value(0.5), value(0.5) * 2.0])
def test_a_node_is_no_float_whose_derivative_would_be_lost(
    convert: Callable[[Value], object], node: Value
) -> None:
    with pytest.raises(TypeError, match="Value"):
        convert(node)


def test_who_asks_for_a_float_is_told_of_functions_and_of_data() -> None:
    with pytest.raises(TypeError, match=r"write microfp\.tanh\(x\) .* its number is x\.data"):
        math.tanh(value(0.5))  # type: ignore[arg-type]  # a checker says so too


def test_a_node_converts_to_truth() -> None:
    assert [bool(value(x)) for x in (0.0, -0.0, 0.1, -1.0, math.nan)] == [
        *(False, False),
        *(True, True, True),
    ]


@pytest.mark.parametrize("n", [0, 1, 2, 5, 1000])
def test_a_total_has_every_term_as_a_parent(n: int) -> None:
    terms = [value(float(i)) for i in range(n)]
    node = total(term for term in terms)
    assert (node.op, node.parents) == ("total", tuple(terms))
    assert node.data == n * (n - 1) / 2


def test_a_total_is_rounded_after_each_term_from_left_to_right() -> None:
    assert total(map(value, [1e16, 1.0, 1.0, -1e16])).data == 0.0
    assert total(map(value, [1e16, -1e16, 1.0, 1.0])).data == 2.0
    assert total([0.1] * 10).data == 0.9999999999999999


def test_a_total_of_nodes_equals_the_chain_of_additions() -> None:
    terms = [value(0.1 * i) for i in range(10)]
    assert total(terms).data == reduce(lambda a, b: a + b, terms).data


def test_python_s_own_sum_of_nodes_works() -> None:
    added = sum([value(1.0), value(2.0)])
    assert isinstance(added, Value)
    assert added.data == 3.0


class Labelled(Value):
    """A node of a class of one's own."""


def test_arithmetic_works_on_subclasses_of_nodes() -> None:
    special = Labelled(data=2.0)
    assert (special + 1.0).data == 3.0
    assert (3.0 * special).parents[1] is special
    assert values.relu(special).parents == (special,)


class Stand:
    """A number of another kind, which takes over whatever it is an operand of."""

    def __apply__(self, row: ops.Primitive, operands: tuple[ops.Operand, ...], /) -> "Stand":
        return self


def test_functions_leave_their_application_to_another_carrier() -> None:
    stand = Stand()
    function: Callable[[object, object], object] = values.mul  # type: ignore[assignment]  # below the types
    assert function(value(2.0), stand) is stand
    assert function(stand, value(2.0)) is stand


# Identity, labels and records.


def test_nodes_are_equal_to_themselves_alone() -> None:
    x, y = value(0.0), value(0.0)
    assert x == x  # noqa: PLR0124 - what is tested
    assert x != y
    assert len({x, y, x}) == 2
    assert {x: 1, y: 2}[y] == 2


@pytest.mark.parametrize("compare", [operator.lt, operator.le, operator.gt, operator.ge])
@pytest.mark.parametrize("other", [value(1.0), 1.0])
def test_nodes_have_no_order_and_say_what_has(
    compare: Callable[[object, object], bool], other: object
) -> None:
    for operands in ((value(2.0), other), (other, value(2.0))):
        with pytest.raises(TypeError, match="not orderable: compare its data, or choose with"):
            compare(*operands)


def test_a_node_keeps_its_label_and_its_copy_gets_the_new_one() -> None:
    x = value(2.0, label="x")
    relabelled = x.set(label="z")
    assert (x.label, relabelled.label, relabelled.data) == ("x", "z", 2.0)
    assert relabelled != x


@pytest.mark.parametrize("node", [value(2.0) * 3, total([value(1.0), 2.0]), value(2.0) ** 3])
def test_every_kind_of_node_can_be_labelled(node: Value) -> None:
    labelled = node.set(label="name")
    assert (labelled.label, labelled.op, labelled.parents) == ("name", node.op, node.parents)
    assert labelled.parameter == node.parameter


def test_the_repr_shows_a_node_and_nothing_below_it() -> None:
    x = value(2, label="x")
    assert repr(x) == "Value(data=2.0, label='x')"
    assert repr(x * x + 1) == "Value(data=5.0, op='add')"
    assert repr((x * x).set(label="y")) == "Value(data=4.0, op='mul', label='y')"


def test_a_node_is_a_record_of_pyrsistent() -> None:
    x = value(2.0)
    assert isinstance(x, PRecord)
    assert tuple(x) == ("data", "op", "parents", "label", "parameter")
    assert tuple(x.values()) == (2.0, "leaf", (), None, None)


@pytest.mark.parametrize("name", ["data", "op", "parents", "label", "parameter", "grad"])
def test_no_attribute_of_a_node_can_be_assigned_or_deleted(name: str) -> None:
    x = value(2.0)
    with pytest.raises(AttributeError, match="immutable"):
        setattr(x, name, 1.0)
    with pytest.raises(AttributeError, match="immutable"):
        delattr(x, name)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("grad", r"Value has no attribute 'grad': see grad\(x, backward\(output\)\)"),
        ("backward", r"Value has no attribute 'backward': backward\(x\) is a function"),
        ("relu", r"Value has no attribute 'relu': relu\(x\) is a function"),
        ("item", r"Value has no attribute 'item': its number is x.data"),
        ("zero_grad", "Value has no attribute 'zero_grad': .* there is nothing to reset"),
        ("colour", "Value has no attribute 'colour'; it has data, op, parents, label, parameter$"),
    ],
)
def test_what_other_libraries_keep_in_a_node_is_pointed_at(name: str, message: str) -> None:
    with pytest.raises(AttributeError, match=message):
        getattr(value(2.0), name)


@pytest.mark.parametrize(
    ("form", "text"), [("{:.2f}", "-0.33"), ("{:+.1e}", "-3.3e-01"), ("{}", repr(-value(1.0) / 3))]
)
def test_a_node_is_formatted_as_its_number_where_a_format_is_given(form: str, text: str) -> None:
    assert form.format(-value(1.0) / 3) == text


@pytest.mark.parametrize("make", [np.array, np.asarray, np.mean])
def test_numpy_makes_no_array_of_the_names_of_fields(make: Callable[[object], object]) -> None:
    for thing in (value(2.0), [value(2.0), value(3.0)]):
        with pytest.raises(TypeError, match=r"^Value is no array of numbers: its number is x.data"):
            make(thing)


def test_a_gradient_that_is_assigned_to_a_node_is_pointed_at_too() -> None:
    with pytest.raises(AttributeError, match=r"no field 'grad': see grad\(x, backward\(output\)\)"):
        setattr(value(2.0), "grad", 0.0)  # noqa: B010 - a type checker would refuse the plain form


x0, y0 = value(2.0), value(3.0)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"data": 1.0, "op": "cosine", "parents": (x0,)}, "got 'cosine'"),
        ({"data": 1.0, "parents": (x0,)}, "a leaf has neither parents"),
        ({"data": 1.0, "parameter": 2.0}, "a leaf has neither parents nor a parameter"),
        (
            {"data": 1.0, "op": "constant_power", "parents": (x0,)},
            "constant_power cannot have the parameter None",
        ),
        (
            {"data": 1.0, "op": "add", "parents": (x0, y0), "parameter": 3.0},
            r"add cannot have the parameter 3\.0",
        ),
        (
            {"data": 1.0, "op": "mul", "parents": (x0, y0), "parameter": ops.add},
            r"mul cannot have the parameter Primitive\(name='add'",
        ),
        ({"data": 1.0, "op": "add", "parents": (x0,)}, "add takes 2 parents"),
        ({"data": 1.0, "op": "relu"}, "relu takes 1 parents"),
        ({"data": 1.0, "op": "relu", "parents": (x0, y0)}, "relu takes 1 parents"),
        ({"data": 1.0, "op": "where", "parents": (x0, y0)}, "where takes 3 parents"),
        ({"data": 1.0, "op": "add", "parents": (1.0, 2.0)}, "parents must be Values"),
        ({"data": 1.0, "op": "total", "parents": (x0, "y")}, "parents must be Values"),
    ],
)
def test_a_node_that_no_primitive_could_have_made_is_refused(
    fields: dict[str, object], message: str
) -> None:
    with pytest.raises(InvariantException, match=message):
        Value.create(fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"data": "1"},
        {"data": None},
        {"data": 1.0, "op": 3},
        {"data": 1.0, "op": "relu", "parents": [x0]},
        {"data": 1.0, "label": 3},
        {"data": 1.0, "parameter": "2"},
    ],
)
def test_a_node_with_a_field_of_a_wrong_type_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(PTypeError, match="Invalid type for field Value"):
        Value.create(fields)


def test_a_node_made_by_hand_is_as_good_as_one_made_by_arithmetic() -> None:
    by_hand = Value(data=6.0, op="mul", parents=(x0, y0))
    assert backward(by_hand)[x0] == 3.0
    assert Value(data=5.0, op="total", parents=(x0, y0)).parents == (x0, y0)
    cube = Value(data=8.0, op="constant_power", parents=(x0,), parameter=3)
    assert backward(cube)[x0] == 12.0


def test_a_node_knows_its_primitive_and_a_leaf_has_none() -> None:
    assert primitive_of(x0 * y0) is ops.mul
    with pytest.raises(KeyError):
        primitive_of(x0)


# The order.


def test_a_leaf_is_ordered_alone() -> None:
    assert topological_order(x0) == (x0,)


def test_operands_are_ordered_from_left_to_right() -> None:
    x, y, z = value(1.0), value(2.0), value(3.0)
    product = y * x
    left, right = product + z, z - product
    assert topological_order(left) == (y, x, product, z, left)
    assert topological_order(right) == (z, y, x, product, right)


def test_a_diamond_lists_its_top_once() -> None:
    x = value(2.0)
    left, right = x + 1.0, x * 2.0
    output = left * right
    order = topological_order(output)
    assert [order.count(node) for node in (x, left, right, output)] == [1, 1, 1, 1]
    assert (order[0], order[2], order[-1]) == (x, left, output)


def test_sixty_diamonds_in_a_row_are_walked_once() -> None:
    x = value(1.0)
    output = reduce(lambda node, _: node + node, range(60), x)
    assert len(topological_order(output)) == 61
    assert backward(output)[x] == 2.0**60


def test_a_thousandfold_fan_out_is_ordered_in_the_order_of_use() -> None:
    x = value(2.0)
    uses = [x * float(i) for i in range(1000)]
    order = topological_order(total(uses))
    assert order[0] is x
    assert [node for node in order if node.op == "mul"] == uses


PROGRAM = """
from microfp.gradients import backward_steps
from microfp.toolbox import last
from microfp.values import relu, topological_order, total, value
xs = [value(0.1 * i, label=f"x{i}") for i in range(20)]
y = relu(total([a * b + a for a, b in zip(xs, reversed(xs))]) ** 3).set(label="y")
order = topological_order(y)
print([(node.op, node.label, node.data) for node in order])
table = last(backward_steps(y))
print([table[node] for node in order])
"""


def test_the_order_is_the_same_in_every_process() -> None:
    def output(seed: str) -> bytes:
        command = [sys.executable, "-c", PROGRAM]
        environment = {"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)}
        return subprocess.run(command, env=environment, capture_output=True, check=True).stdout

    outputs = {output(seed) for seed in ("0", "1", "4242")}
    (only,) = outputs
    assert b"'relu', 'y'" in only


# Depth.


@untraced
def test_a_chain_of_a_million_is_ordered_differentiated_shown_copied_and_pickled() -> None:
    output = chain(MILLION)
    order = topological_order(output)
    assert len(order) == MILLION + 2
    assert backward(output)[order[1]] == float(MILLION)
    assert repr(output) == "Value(data=1000000.0, op='add')"
    twin = copy.deepcopy(output)
    assert [node.data for node in topological_order(twin)] == [node.data for node in order]
    restored = pickle.loads(pickle.dumps(output, pickle.HIGHEST_PROTOCOL))
    copies = topological_order(restored)
    assert [node.data for node in copies] == [node.data for node in order]
    assert copies[0].label == "start"


def test_no_function_of_a_deep_graph_recurses() -> None:
    output = chain(5_000)
    with recursion_limit(spare=120):
        gradients = backward(output)
        order = topological_order(output)
        restored = pickle.loads(pickle.dumps(output))
        table = pickle.loads(pickle.dumps(gradients))
        twins = copy.deepcopy([output, copy.copy(output)])
        assert twins[0] is twins[1]
        assert twins[0] is not output
        assert output == output  # noqa: PLR0124 - comparing may not recurse either
        assert hash(output) == hash(output)
        assert (len(order), len(table)) == (5_002, 5_002)
    assert restored.data == 5_000.0


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_protocol_pickles_a_deep_graph(protocol: int) -> None:
    output = chain(3_000) * value(2.0)
    restored = pickle.loads(pickle.dumps(output, protocol))
    copies = topological_order(restored)
    assert len(copies) == 3_004
    assert (restored.data, copies[0].label) == (6_000.0, "start")


def test_the_pickler_written_in_python_pickles_a_deep_graph() -> None:
    restored = pickle.loads(pickle._dumps(chain(1_000)))  # type: ignore[attr-defined]  # no stub
    assert restored.data == 1_000.0


# Sharing.


def test_nodes_pickled_together_stay_connected() -> None:
    x = value(3.0)
    y = x * x
    (y2, x2), again = pickle.loads(pickle.dumps(((y, x), y)))
    assert again is y2
    assert y2.parents == (x2, x2)


def test_outputs_that_share_their_interior_share_it_after_pickling() -> None:
    shared = chain(500)
    v, u = shared * 2.0, shared + shared
    v2, u2 = pickle.loads(pickle.dumps((v, u)))
    assert u2.parents == (v2.parents[0], v2.parents[0])
    assert len({*topological_order(v2), *topological_order(u2)}) == 502 + 3


def test_an_output_and_its_gradients_belong_together_after_pickling() -> None:
    output = chain(500) ** 2
    for company in ((output, backward(output)), (backward(output), output)):
        restored = pickle.loads(pickle.dumps(company))
        copy_of_output, table = restored if company[0] is output else restored[::-1]
        assert table == backward(copy_of_output)


def test_pickling_the_nodes_of_a_graph_in_order_takes_space_in_proportion() -> None:
    sizes = [len(pickle.dumps(topological_order(chain(n)))) for n in (1_000, 4_000)]
    assert sizes[1] < 5 * sizes[0]


def test_a_failed_pickling_leaves_no_trace_on_the_next() -> None:
    unknown = ops.primitive("unknown", lambda a: a, lambda *_: (1.0,), "{0}")
    interior = chain(3_000)
    spoiled = reduce(lambda node, _: node + 1.0, range(50), applied(unknown, interior))
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(spoiled)
    assert pickle.loads(pickle.dumps(interior)).data == 3_000.0


def test_a_pickler_still_in_use_does_not_disturb_another() -> None:
    class Sink:
        def write(self, data: bytes) -> int:
            return len(data)

    output = chain(3_000)
    first = pickle.Pickler(Sink())
    first.dump(output)
    assert pickle.loads(pickle.dumps(output)).data == 3_000.0
    first.dump(output * 2.0)


def test_an_exponent_that_no_float_can_hold_is_named_as_an_operand() -> None:
    message = r"^arithmetic: an operand must be a number that a float can hold, got 1000+\.\.\.0+$"
    with pytest.raises(ValueError, match=message):
        values.pow(2.0, 10**400)


def test_a_leaf_with_parents_is_refused_in_full() -> None:
    with pytest.raises(InvariantException, match=r"\[a leaf has neither parents nor a parameter\]"):
        Value(data=1.0, parents=(value(1.0),))
