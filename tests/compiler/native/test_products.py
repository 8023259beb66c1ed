"""Products of matrices as machine code: tiles, panels, and what is left over of each."""

import math
import random
from array import array
from collections.abc import Sequence

import pytest

from microfp import relu, total, value
from microfp.compiler.ir.passes import lower
from microfp.compiler.ir.program import Program
from microfp.compiler.native.emit.products import packed_size, packs_of, product_of
from microfp.compiler.native.emit.structs import Arguments
from microfp.compiler.native.emit.tiles import balanced, is_large
from microfp.compiler.native.emit.writer import Writer
from microfp.compiler.native.run.executable import Executable, complete, executable_for
from microfp.compiler.native.run.memory import buffer, padded
from microfp.values import Value

WIDTHS = (2, 4, 8)


def matrix_program(rows: int, columns: int) -> Program:
    """A layer of relu neurons, and the sums over the examples of `y[j] * x[k]` for all j and k."""
    x = [value(0.0) for _ in range(columns)]
    w = [[value(0.0) for _ in range(columns + 1)] for _ in range(rows)]
    outputs = [relu(total([row[-1], *(a * b for a, b in zip(row, x, strict=False))])) for row in w]
    products = [y * b for y in outputs for b in x]
    return lower([*outputs, *products], x, [p for row in w for p in row])


def computed(
    code: Executable, weights: Sequence[float], rows: Sequence[Sequence[float]], sums: int
) -> tuple[list[list[float]], list[float]]:
    """The outputs of each example, and the sums over all of them."""
    width, columns, count = code.width, len(rows[0]), len(rows)
    outputs = len(code.program.outputs) - sums
    x, p = buffer(padded(count, width) * columns), buffer(padded(len(weights), width))
    p.view[: len(weights)] = memoryview(array("d", weights))
    for i, row in enumerate(rows):
        first = i // width * columns * width + i % width
        for k, number in enumerate(row):
            x.view[first + k * width] = number
    blocks = -(-count // width)
    nodes, s = buffer(code.scratch(blocks)), buffer(sums)
    for memory in (nodes, s):  # they hold anything
        memory.view[:] = memoryview(array("d", [math.nan] * len(memory.view)))
    o = buffer(blocks * width * outputs)
    arguments = Arguments(
        context=code.context,
        parameters=p.address,
        shared=0,
        inputs=x.address,
        example_count=count,
        nodes=nodes.address,
        sums=s.address,
        outputs=o.address,
    )
    complete(code, lambda: code.call(arguments))
    found = [
        [o.view[i // width * outputs * width + j * width + i % width] for j in range(outputs)]
        for i in range(count)
    ]
    return found, list(s.view)


def dot(a: Sequence[float], b: Sequence[float]) -> float:
    return math.fsum(x * y for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("rows", "columns", "count"),
    [
        (16, 16, 1),
        (13, 11, 3),  # nothing is a whole tile
        (9, 33, 40),  # a panel, and one column more
        (1, 150, 17),  # a lone member
        (70, 2, 9),
        (25, 40, 600),  # more than a chunk
    ],
)
def test_a_layer_and_its_sums_are_what_they_are_by_hand(
    rows: int, columns: int, count: int, width: int
) -> None:
    draw = random.Random(rows * columns)
    program = matrix_program(rows, columns)
    code = executable_for(program, summed=rows * columns, width=width)
    weights = [draw.uniform(-1, 1) for _ in range(rows * (columns + 1))]
    xs = [[draw.uniform(-1, 1) for _ in range(columns)] for _ in range(count)]
    outputs, sums = computed(code, weights, xs, rows * columns)
    by_row = [weights[j : j + columns + 1] for j in range(0, len(weights), columns + 1)]
    expected = [[max(0.0, dot(w, [*x, 1.0])) for w in by_row] for x in xs]
    for row, wanted in zip(outputs, expected, strict=True):
        assert row == pytest.approx(wanted, rel=1e-12, abs=1e-13)
    wanted_sums = [
        dot([y[j] for y in expected], [x[k] for x in xs])
        for j in range(rows)
        for k in range(columns)
    ]
    assert sums == pytest.approx(wanted_sums, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("number", [math.inf, math.nan, 1e200])
def test_large_numbers_are_computed_as_eager_code_does(number: float) -> None:
    code = executable_for(matrix_program(12, 12), summed=144, width=8)
    weights = [0.0 if k == 12 else 1.0 for _ in range(12) for k in range(13)]
    xs = [[1.0] * 12 for _ in range(10)]
    xs[3][5] = number
    outputs, sums = computed(code, weights, xs, 144)
    one = max(0.0, 11.0 + number) if number == number else math.nan  # noqa: PLR0124 - nan is not
    row = [number if k == 5 else 1.0 for k in range(12)]
    expected = [12.0 * 9 + one * x for x in row] * 12
    assert outputs[3] == pytest.approx([one] * 12, nan_ok=True)
    assert sums == pytest.approx(expected, nan_ok=True)


def test_the_bits_of_an_example_do_not_depend_on_the_others() -> None:
    draw = random.Random(5)
    code = executable_for(matrix_program(20, 20), summed=400, width=8)
    weights = [draw.uniform(-1, 1) for _ in range(420)]
    xs = [[draw.uniform(-1, 1) for _ in range(20)] for _ in range(37)]
    whole, _ = computed(code, weights, xs, 400)
    assert [computed(code, weights, [x], 400)[0][0] for x in xs] == whole


def test_what_is_no_product_of_what_examples_have_is_left_to_the_lanes() -> None:
    code = executable_for(matrix_program(12, 12), summed=144, width=8)
    assert code.rolled is not None
    (nest,) = code.rolled.sums
    assert product_of(nest) is not None
    assert product_of(nest._replace(shape=(12, 2))) is None  # few
    target = nest.target._replace(strides=(1, 12))
    assert product_of(nest._replace(target=target)) is None  # the sums lie the other way
    assert [packed_size(pack, 8) for pack in packs_of([nest, nest])] == [4]


def test_a_nest_of_few_operations_is_none_of_its_own() -> None:
    code = executable_for(matrix_program(3, 3), summed=9, width=8)
    assert code.rolled is not None
    assert not any(map(is_large, code.rolled.nests))
    assert "@part" not in code.text


def test_equal_layers_are_one_function() -> None:
    x = [value(0.0) for _ in range(16)]
    signals: Sequence[Value] = x
    weights = list[Value]()
    for _ in range(3):
        rows = [[value(0.0) for _ in range(16)] for _ in range(16)]
        weights += [p for row in rows for p in row]
        signals = [relu(total([a * b for a, b in zip(row, signals, strict=True)])) for row in rows]
    code = executable_for(lower(signals, x, weights), summed=0, width=8)
    assert code.text.count("define i64 @part") == 2  # one reads inputs, the others read nodes


def test_tiles_leave_no_handful_over() -> None:
    for count in range(1, 60):
        size = balanced(count, 8)
        assert size <= 8
        assert -(-count // size) == -(-count // 8)
        assert count % size == 0 or size - count % size < -(-count // size)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_square_is_transposed(width: int) -> None:
    w = Writer(width)
    vectors = [f"%{k}" for k in range(width)]
    lanes = {v: [(k, i) for i in range(width)] for k, v in enumerate(vectors)}
    turned = w.transposed(vectors)
    for line in w.text().splitlines():  # what each line means: lanes picked from two vectors
        register, _, rest = line.strip().partition(" = ")
        words = rest.replace(",", " ").split()
        a, b = [word for word in words if word.startswith("%")]
        places = [
            int(word.strip("<>"))
            for word in rest.split("x i32>")[1].split("i32 ")[1:]
            for word in [word.strip(" ,")]
        ]
        lanes[register] = [(lanes[a] + lanes[b])[place] for place in places]
    assert [lanes[v] for v in turned] == [[(k, i) for k in range(width)] for i in range(width)]
