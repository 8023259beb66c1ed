"""Code behind a gate: the sums are those of all examples, whichever of them are active."""

import math
from array import array
from collections.abc import Sequence
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microfp import datasets, losses, native, nn, optim
from microfp.compiler.ir.adjoint import example_program
from microfp.compiler.ir.program import Program, run
from microfp.compiler.native.emit.blocks import SPAN
from microfp.compiler.native.emit.products import product_of
from microfp.compiler.native.emit.structs import Arguments
from microfp.compiler.native.gates import Gate, find_gate, needed
from microfp.compiler.native.loops import Load, Nest, Rolled, Segment
from microfp.compiler.native.roll import roll
from microfp.compiler.native.rows import rows_of
from microfp.compiler.native.run.executable import Executable, executable_for
from microfp.compiler.native.run.memory import buffer, padded
from microfp.compiler.trace.calls import trace_example
from microfp.record import unchecked
from microfp.trainer import fit
from tests.untraced import untraced

SEED = 0.25
WIDTHS = (2, 4, 8)
Row = tuple[float, float, float]


class Case(NamedTuple):
    """A network, its program, and how many of its outputs are summed."""

    numbers: tuple[float, ...]
    program: Program
    codes: dict[int, Executable]

    @property
    def summed(self) -> int:
        return len(self.numbers) + 1

    @property
    def gate(self) -> Gate:
        found = find_gate(self.rolled)
        assert found is not None
        return found

    @property
    def rolled(self) -> Rolled:
        return roll(self.program, summed=self.summed, shared=["seed"])


def case(widths: Sequence[int], activation: nn.ActivationName = "relu") -> Case:
    """The scores, and then what is summed: gradients and cost."""
    model = nn.mlp(2, widths, activation=activation, seed=5)
    program = example_program(trace_example(losses.max_margin(), model, 2))
    cost, *rest = program.outputs
    program, numbers = program.set(outputs=(*rest, cost)), [p.data for p in nn.parameters(model)]
    summed = len(numbers) + 1
    codes = {
        width: executable_for(program, summed=summed, width=width, shared=["seed"])
        for width in WIDTHS
    }
    return Case(tuple(numbers), program, codes)


CASES = {
    "loops of no whole vectors": case([3, 2, 1]),
    "a lane a neuron": case([8, 8, 1]),
    "more layers": case([8, 8, 8, 1]),
    "another activation": case([8, 16, 1], "tanh"),
}


def summed(given: Case, width: int, rows: Sequence[Row]) -> tuple[list[float], list[float]]:
    """What machine code adds up over some examples, and their scores."""
    code, columns = given.codes[width], len(given.program.inputs)
    numbers = given.numbers
    x = buffer(padded(len(rows), width) * columns)
    for i, row in enumerate(rows):
        for column, number in enumerate((*row, 0.0)):
            x.view[(i // width * columns + column) * width + i % width] = number
    parameters, seed = buffer(padded(len(numbers), width)), buffer(1)
    parameters.view[: len(numbers)] = memoryview(array("d", numbers))
    seed.view[0] = SEED
    nodes, sums = buffer(code.scratch(-(-len(rows) // width))), buffer(given.summed)
    outputs = buffer(padded(len(rows), width))
    nodes.view[:] = memoryview(array("d", [math.nan] * len(nodes.view)))  # it may hold anything
    code.call(
        Arguments(
            context=code.context,
            parameters=parameters.address,
            shared=seed.address,
            inputs=x.address,
            example_count=len(rows),
            nodes=nodes.address,
            sums=sums.address,
            outputs=outputs.address,
        )
    )
    return list(map(float, sums.view)), list(map(float, outputs.view[: len(rows)]))


def expected(given: Case, rows: Sequence[Row]) -> tuple[list[float], list[float]]:
    """The same by the interpreter of programs, added up exactly."""
    each = [run(given.program, [*row, SEED, *given.numbers]) for row in rows]
    return [math.fsum(terms) for terms in list(zip(*each, strict=True))[1:]], [e[0] for e in each]


def check(given: Case, width: int, rows: Sequence[Row]) -> None:
    (sums, scores), (all_sums, all_scores) = summed(given, width, rows), expected(given, rows)
    assert scores == pytest.approx(all_scores, rel=1e-13, abs=1e-15)
    assert sums == pytest.approx(all_sums, rel=1e-12, abs=1e-12 * len(rows))


def targeted(given: Case, is_active: bool, x0: float, x1: float) -> Row:
    """An example whose hinge is active or not, by a target on the side of its score or not."""
    score = run(given.program, [x0, x1, 0.0, SEED, *given.numbers])[0]
    inactive = math.copysign(2.0 / max(abs(score), 1e-3), score)
    return x0, x1, -inactive if is_active else inactive


EXAMPLES = st.tuples(st.booleans(), st.floats(-1.0, 1.0), st.floats(-1.0, 1.0))


def test_the_demo_s_hinge_is_found_as_a_gate() -> None:
    gate = CASES["loops of no whole vectors"].gate
    assert len(gate.behind) >= 1
    assert len(gate.gated) >= 4


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", CASES)
@given(examples=st.lists(EXAMPLES, min_size=1, max_size=40))
@settings(max_examples=40, deadline=None)
def test_any_pattern_of_active_examples_gives_the_sums_of_all(
    name: str, width: int, examples: list[tuple[bool, float, float]]
) -> None:
    check(CASES[name], width, [targeted(CASES[name], *example) for example in examples])


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", CASES)
def test_a_lane_is_a_neuron_where_loops_are_whole_vectors(name: str, width: int) -> None:
    rows = rows_of(CASES[name].rolled, CASES[name].gate, width)
    assert (rows is not None) == (name != "loops of no whole vectors")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("every", [1, 3, 50, 10**9])
@pytest.mark.parametrize("name", ["loops of no whole vectors", "a lane a neuron"])
@untraced
def test_more_examples_than_a_span_and_more_active_ones_than_a_chunk(
    name: str, width: int, every: int
) -> None:
    given = CASES[name]
    count = SPAN * width + width + 1
    points = [(math.sin(i), math.cos(3.0 * i)) for i in range(count)]
    rows = [targeted(given, i % every == 0, *point) for i, point in enumerate(points)]
    check(given, width, rows)


@pytest.mark.parametrize("name", CASES)
def test_no_active_example_leaves_gradients_of_zero(name: str) -> None:
    given = CASES[name]
    sums, _ = summed(given, 8, [targeted(given, False, 0.1 * i, 0.3) for i in range(30)])
    assert sums == [0.0] * given.summed


def test_only_what_is_read_behind_the_gate_is_computed_again() -> None:
    gate = CASES["loops of no whole vectors"].gate
    shown = Nest((), (unchecked(Segment, 1, Load("n", gate.node)),), Load("n", 99))
    before = (*gate.before, shown)
    assert needed(gate._replace(before=before)) == gate.before


@pytest.mark.parametrize("count", [1, 12, 1200])
def test_products_behind_a_gate_are_those_of_all_examples(count: int) -> None:
    model = nn.mlp(8, [9, 8, 1], seed=2)  # of nodes and of inputs, in more chunks than one
    xs = [[math.sin(1.0 + 7.0 * i + k * k) for k in range(8)] for i in range(count)]
    data = datasets.dataset(xs, [(-1.0) ** (i * i // 3) for i in range(count)])
    with_python, with_native = (
        fit(model, data, steps=1, optimizer=optim.sgd(1.0), backend=backend).final_model
        for backend in ("python", "native")
    )
    found = [p.data for p in nn.parameters(with_native)]
    assert found == pytest.approx([p.data for p in nn.parameters(with_python)], rel=1e-12)
    rolled = native.explain(losses.max_margin(alpha=1e-4), model, 8).code.rolled
    assert isinstance(rolled, Rolled)
    assert sum(product_of(nest) is not None for nest in rolled.sums) == 2
