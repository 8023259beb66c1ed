"""Which kernel computes a nest, and that it does not matter but for the last bits."""

import math
import random
from functools import lru_cache
from typing import get_args

import pytest

from microfp import backward, datasets, losses, native, nn, optim, total, trainer, value
from microfp.compiler.ir.passes import lower
from microfp.compiler.ir.program import Program
from microfp.compiler.native.emit.blocks import Kernels
from microfp.compiler.native.emit.choice import kernels_of
from microfp.compiler.native.loops import Rolled
from microfp.compiler.native.run.executable import executable_for
from microfp.compiler.native.run.trainer import code_by_kinds
from microfp.compiler.trace.structure import template
from microfp.trainer import Backend, Run
from tests.compiler.native.test_products import computed, dot, matrix_program
from tests.untraced import untraced

WIDTHS = (2, 4, 8)


def nodes_program(rows: int, columns: int) -> Program:
    """Linear neurons, and the sums over the examples of what each gives."""
    x = [value(0.0) for _ in range(columns)]
    w = [[value(0.0) for _ in range(columns + 1)] for _ in range(rows)]
    outputs = [total([row[-1], *(a * b for a, b in zip(row, x, strict=False))]) for row in w]
    return lower([*outputs, *outputs], x, [p for row in w for p in row])


def drawn(rows: int, columns: int, count: int) -> tuple[list[float], list[list[float]]]:
    draw = random.Random(rows + columns + count)
    weights = [draw.uniform(-1, 1) for _ in range(rows * (columns + 1))]
    return weights, [[draw.uniform(-1, 1) for _ in range(columns)] for _ in range(count)]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("rows", "columns", "count"),
    [(16, 16, 8), (9, 20, 3), (17, 12, 40), (33, 30, 700)],  # of which the last is several chunks
)
def test_sums_of_nodes_are_what_they_are_by_hand(
    rows: int, columns: int, count: int, width: int
) -> None:
    code = executable_for(nodes_program(rows, columns), summed=rows, width=width)
    assert code.rolled is not None
    assert list(kernels_of(code.rolled, width=code.width, bounded=True)) == ["tiles", "nodes"]
    weights, xs = drawn(rows, columns, count)
    outputs, sums = computed(code, weights, xs, rows)
    by_row = [weights[j : j + columns + 1] for j in range(0, len(weights), columns + 1)]
    expected = [[dot(w, [*x, 1.0]) for w in by_row] for x in xs]
    assert outputs[-1] == pytest.approx(expected[-1], rel=1e-12, abs=1e-13)
    assert sums == pytest.approx([math.fsum(y) for y in zip(*expected, strict=True)], abs=1e-11)


@pytest.mark.parametrize("width", WIDTHS)
def test_loops_alone_give_the_same_but_for_rounding(width: int) -> None:
    program = matrix_program(18, 25)
    weights, xs = drawn(18, 25, 203)

    by_rule = executable_for(program, summed=450, width=width)
    by_loops = executable_for(program, summed=450, width=width, kernels="loops")
    assert "@part" in by_rule.text
    assert "@part" not in by_loops.text
    rows, sums = computed(by_rule, weights, xs, 450)
    plain_rows, plain_sums = computed(by_loops, weights, xs, 450)
    for row, plain in zip(rows, plain_rows, strict=True):
        assert row == pytest.approx(plain, rel=1e-12, abs=1e-13)
    assert sums == pytest.approx(plain_sums, rel=1e-12, abs=1e-12)


NETWORKS: dict[str, tuple[losses.Loss, nn.Model, int, tuple[float, ...]]] = {
    "scalar by scalar": (
        *(losses.softmax_cross_entropy(), nn.mlp(12, [12, 9, 4], init="he", seed=3), 12),
        (0.0, 1.0, 2.0, 3.0),
    ),
    "by kinds": (
        *(losses.softmax_cross_entropy(), nn.mlp(40, [30, 5], init="he", seed=4), 40),
        (0.0, 1.0, 4.0),
    ),
    "behind a gate": (
        *(losses.max_margin(alpha=1e-3), nn.mlp(5, [10, 8, 1], seed=5), 5),
        (-1.0, 1.0),
    ),
    "smooth": (
        *(losses.mean_squared_error(), nn.mlp(3, [7, 1], activation="tanh", seed=6), 3),
        (0.25, -0.5),
    ),
    "one neuron": (
        losses.mean_squared_error(),
        nn.neuron(2, activation="identity", seed=7),
        2,
        (0.25, -0.5),
    ),
}
"""A loss, a model, how many inputs it has, and targets."""


@lru_cache
def code_of(name: str, kernels: Kernels) -> native.CodeStages:
    loss, model, inputs, _ = NETWORKS[name]
    return native.explain(loss, model, inputs, kernels=kernels).code


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("count", [1, 8, 203])
def test_whatever_kernels_are_asked_for_the_gradient_is_that_of_eager(
    name: str, count: int
) -> None:
    loss, model, inputs, targets = NETWORKS[name]
    draw = random.Random(count)
    rows = [[draw.uniform(-1, 1) for _ in range(inputs)] for _ in range(count)]
    data = datasets.dataset(rows, [draw.choice(targets) for _ in rows])
    found = losses.evaluate(loss, model, data)
    table = backward(found.total)
    slopes = [table[p] for p in nn.parameters(model)]
    for kernels in get_args(Kernels):
        code = code_of(name, kernels)
        cost, by_code = code.gradient(model, data)
        assert cost == pytest.approx(found.total.data, rel=1e-12)
        assert by_code == pytest.approx(slopes, rel=1e-12, abs=1e-14)
        assert code.gradient(model, data) == (cost, by_code)


def test_kernels_that_are_asked_for_are_chosen_and_shown() -> None:
    def chosen(kernels: Kernels) -> set[str]:
        stages = code_of("behind a gate", kernels)
        assert isinstance(stages.rolled, Rolled)
        lines = str(stages).splitlines()
        assert all(any(line.startswith(f"{it} ") for line in lines) for it in stages.kernels)
        return set(stages.kernels)

    assert "gated" in chosen("auto")
    assert chosen("loops") <= {"gated", "loops", "registers"}
    assert {"tiles", "panels"} <= chosen("tiles") <= {"tiles", "panels", "nodes", "loops"}


def test_kernels_of_another_name_are_refused() -> None:
    with pytest.raises(ValueError, match="explain: kernels must be one of auto, loops, tiles"):
        native.explain(losses.mean_squared_error(), nn.neuron(1), 1, kernels="fast")  # type: ignore[call-overload]


def test_looking_inside_says_what_computes_each_nest() -> None:
    stages = native.explain(losses.softmax_cross_entropy(), nn.mlp(16, [32, 32, 4]), 16).code
    rolled = stages.rolled
    assert isinstance(rolled, Rolled)
    assert len(stages.kernels) == len(rolled.nests) + len(rolled.sums)
    chosen = dict(zip((*rolled.nests, *rolled.sums), stages.kernels, strict=True))
    assert chosen[rolled.nests[0]] == "tiles"
    assert [chosen[nest] for nest in rolled.sums[:2]] == ["panels", "nodes"]
    assert "tiles       32       n0[i]" in str(stages).splitlines()


def test_a_hinge_is_said_to_be_a_gate() -> None:
    stages = native.explain(losses.max_margin(), nn.mlp(2, [16, 16, 1]), 2).code
    assert set(stages.kernels) == {"loops", "neurons", "registers"}
    large = native.explain(losses.max_margin(), nn.mlp(2, [48, 48, 1]), 2).code
    assert "gated" in large.kernels


@pytest.mark.parametrize("widths", [[8] * 150, [24, 20, 18, 16, 12, 10]])
@untraced
def test_a_model_of_many_layers_is_code_that_gives_what_eager_gives(widths: list[int]) -> None:
    loss, model = losses.softmax_cross_entropy(), nn.mlp(9, widths, init="he", seed=8)
    draw = random.Random(9)
    rows = [[draw.uniform(-1, 1) for _ in range(9)] for _ in range(11)]
    data = datasets.dataset(rows, [float(draw.randrange(8)) for _ in rows])
    code = code_by_kinds(loss, template(model), 9, 1)
    assert code is not None
    assert code.executable.form == "code"

    def trained(backend: Backend) -> Run[nn.MLP]:
        optimizer = optim.adam(1e-3)
        return trainer.fit(model, data, steps=3, loss=loss, optimizer=optimizer, backend=backend)

    fast, slow = trained("native"), trained("eager")
    assert fast.final_loss == pytest.approx(slow.final_loss, rel=1e-12)
    for p, q in zip(*map(nn.parameters, (fast.final_model, slow.final_model)), strict=True):
        assert p.data == pytest.approx(q.data, rel=1e-11, abs=1e-14)


def test_fifty_layers_are_code_that_is_no_longer_than_their_calls() -> None:
    def code(depth: int) -> str:
        model = nn.mlp(16, [16] * depth)
        found = code_by_kinds(losses.softmax_cross_entropy(), template(model), 16, 1)
        assert found is not None
        assert found.executable.form == "code"
        return found.executable.text

    lines = [code(depth).count("\n") for depth in (10, 30, 50)]
    a_layer = (lines[2] - lines[1]) / 20
    assert lines[2] - lines[1] == pytest.approx(lines[1] - lines[0], rel=0.1)
    assert a_layer < 80  # a layer of its own has more than a thousand
