"""Steps of a compiled training: what they gather, where their numbers go, what they divide by."""

import math
import pickle
from array import array
from collections.abc import Sequence
from functools import partial
from itertools import islice
from mmap import mmap

import pytest
from pyrsistent import PVector

from microfp import datasets, losses, nn, optim, parallel, trainer
from microfp.compiler.native.emit.reciprocals import divisors_of, without_divisions
from microfp.compiler.native.loops import Rolled
from microfp.compiler.native.run import pieces
from microfp.compiler.native.run.examples import Chosen, Examples
from microfp.compiler.native.run.memory import LARGE_PAGE, buffer
from microfp.compiler.native.run.steps import run_steps
from microfp.compiler.native.run.trainer import parameter_code, trainer_for
from microfp.compiler.trace.structure import template
from microfp.compiler.trace.update_rules import rules_of
from microfp.native import run
from microfp.ops import divide
from microfp.optim import Optimizer
from microfp.record import Record, attr
from microfp.trainer import Backend

MODEL = nn.mlp(19, [12, 3], activation="tanh", seed=4)
DATA = datasets.dataset(
    [[math.sin(i * j + 1.0) for j in range(19)] for i in range(70)],
    [float(i % 3) for i in range(70)],
)


def measured(batches: Sequence[Chosen]) -> list[tuple[float, ...]]:
    """The loss and the norm of the gradient of some batches, at a rate of 0."""
    loss, rules = losses.softmax_cross_entropy(), rules_of(optim.sgd(0.0))
    compiled = trainer_for(loss, template(MODEL), 19, rules)
    numbers, rates = [p.data for p in nn.parameters(MODEL)], array("d", [-0.0] * len(batches))
    done = run_steps(compiled, Examples(DATA), batches, numbers, (), rates, last_only=True)
    found = done.measured()
    return list(zip(found["data_loss"], found["gradient_norm"], strict=True))


def test_a_batch_has_the_same_bits_whatever_was_gathered_before_it() -> None:
    sizes = (64, 1, 8, 17, 7, 70)
    batches = [[(7 * k + size) % 70 for k in range(size)] for size in sizes]
    assert measured(batches) == [measured([batch])[0] for batch in batches]
    assert measured([None, batches[1], None])[2] == measured([None])[0]


def side_by_side() -> datasets.Dataset:
    columns = datasets.Matrix(zip(*DATA.xs, strict=True))
    return datasets.dataset(*datasets.side_by_side(columns, datasets.Doubles(DATA.ys)))


@pytest.mark.parametrize("batch_size", [None, 7])
def test_examples_that_lie_side_by_side_give_the_same_bits(batch_size: int | None) -> None:
    loss = losses.softmax_cross_entropy()
    copied, laid = (
        trainer.fit(MODEL, data, steps=9, loss=loss, batch_size=batch_size, backend="native")
        for data in (DATA, side_by_side())
    )
    assert laid.history == copied.history
    mine, others = map(nn.parameters, (laid.final_model, copied.final_model))
    assert [p.data for p in mine] == [p.data for p in others]


def test_machine_code_reads_what_processes_share_where_it_lies() -> None:
    with parallel.shared(side_by_side()) as data:
        sent = pickle.loads(pickle.dumps(data)).value
        assert isinstance(Examples(sent).rows.view.obj, mmap)
        fit = partial(
            trainer.fit, MODEL, steps=2, loss=losses.softmax_cross_entropy(), backend="native"
        )
        assert fit(sent).history == fit(DATA).history


@pytest.mark.parametrize("batch_size", [1, 7, 8, 20])
@pytest.mark.parametrize("seed", [None, 3])
def test_batches_in_order_and_drawn_are_those_of_eager(seed: int | None, batch_size: int) -> None:
    def found(backend: Backend) -> list[float]:
        run = trainer.fit(
            MODEL,
            DATA,
            steps=6,
            loss=losses.softmax_cross_entropy(),
            optimizer=optim.adam(0.01),
            batch_size=batch_size,
            seed=seed,
            backend=backend,
        )
        return [metrics.loss for metrics in run.history]

    assert found("native") == pytest.approx(found("eager"), rel=1e-12)


BACKENDS: tuple[Backend, Backend] = ("eager", "native")


class Before(Record):
    before: PVector[float] = attr()
    sums: PVector[float] = attr()


def remembering() -> Optimizer:
    """Descent that remembers where each parameter stood, and adds up where it has been."""
    rule = optim.Rule(
        function=lambda g, slots, p, _: (-0.1 * g + 0.01 * (slots[0] - p), (p, slots[1] + p)),
        state=Before,
        initial=(0.25, 0.0),
    )
    return optim.from_rule("remembering", rule)


def test_numbers_that_take_their_own_place_are_read_before() -> None:
    data, loss = datasets.moons(30), losses.max_margin(alpha=0.1)
    optimizer, model = remembering(), nn.mlp(2, [3, 1])

    def streamed(backend: Backend) -> tuple[list[float], Before]:
        states = trainer.train(model, data, loss=loss, optimizer=optimizer, backend=backend)
        end = list(islice(states, 5))[-1]
        assert isinstance(end.optimizer_state, Before)
        return [p.data for p in nn.parameters(end.model)], end.optimizer_state

    run = trainer.fit(model, data, steps=5, loss=loss, optimizer=optimizer, backend="native")
    eager, native = map(streamed, BACKENDS)
    folded = [p.data for p in nn.parameters(run.final_model)]
    assert folded == native[0]
    assert folded == pytest.approx(eager[0], rel=1e-12)
    assert list(native[1].before) == pytest.approx(list(eager[1].before), rel=1e-12)
    assert list(native[1].sums) == pytest.approx(list(eager[1].sums), rel=1e-12)


def dividing(divisors: Sequence[float]) -> Optimizer:
    """An update that divides by another number in each step."""
    rule = optim.Rule(
        function=lambda g, slots, p, c: (divide(p, c[0]) - p, slots),
        coefficients=lambda step: (divisors[step],),
    )
    return optim.from_rule("dividing", rule)


@pytest.mark.parametrize(
    "divisor",
    [3.0, -0.7, 1e-149, 1e149, 1e-310, 5e-324, 1e308, 0.0, -0.0, math.inf, -math.inf, math.nan],
)
def test_what_all_parameters_are_divided_by_may_be_any_number(divisor: float) -> None:
    weights = [0.0, 1.5, -2.25, 1e-308, 3e200, -1e-200]
    model = nn.neuron(6, weights=weights, bias=5e-324)
    start = trainer.initial_state(model, dividing([divisor]))
    found = []
    for backend in BACKENDS:
        step = trainer.make_step(
            losses.mean_squared_error(),
            dividing([divisor]),
            datasets.dataset([[0.0] * 6], [0.0]),
            backend=backend,
        )
        found.append([p.data for p in nn.parameters(step(start).model)])
    for eager, native in zip(*found, strict=True):
        assert native == pytest.approx(eager, rel=1e-15, abs=5e-324, nan_ok=True)


FAR = [[100.0, *[0.0] * 3, 100.0, *[0.0] * 11], [200.0, *[0.0] * 3, -500.0, *[0.0] * 11]]
"""At a rate of 1e304 the score of the first row becomes 1.5e308 - 2e308: its second product
overflows, and the exact sum does not."""


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("work", [1 << 24, 1])
def test_parameters_that_an_update_makes_too_large_are_left_to_other_code(
    monkeypatch: pytest.MonkeyPatch, work: int, threads: int
) -> None:
    """Code for numbers of common sizes would not overflow where eager does."""
    monkeypatch.setattr(pieces, "WORK", work)
    history = trainer.fit(
        nn.neuron(16, weights=[0.0] * 16, activation="identity"),
        datasets.dataset(FAR, [1.0, 1.0]),
        steps=3,
        loss=losses.max_margin(alpha=0.0),
        optimizer=optim.sgd(1e304),
        backend="native",
        threads=threads,
    ).history
    assert [metrics.loss for metrics in history] == [1.0, math.inf, 0.0]


@pytest.mark.parametrize(
    ("parameter", "count"), [(999.0, 1.0), (1001.0, 0.0), (-1001.0, 0.0), (math.nan, 0.0)]
)
def test_an_update_counts_the_parameters_that_it_leaves_small_enough(
    parameter: float, count: float
) -> None:
    loss, rules = losses.mean_squared_error(), rules_of(optim.sgd(0.1))
    program = parameter_code(loss, rules, 1, 1e3).executable.program
    assert run(program, [parameter, 0.0, 0.1])[-1] == count


def quotients_of(text: str) -> list[str]:
    return [line for line in text.splitlines() if "fdiv <" in line]


def test_adam_divides_once_for_each_parameter() -> None:
    code = parameter_code(losses.mean_squared_error(), rules_of(optim.adam(0.1)), 8)
    assert len(quotients_of(code.executable.text)) == 1


def test_what_all_parameters_are_divided_by_is_inverted_once() -> None:
    code = parameter_code(losses.mean_squared_error(), rules_of(optim.adamax(0.1)), 8)
    rolled = code.executable.rolled
    assert isinstance(rolled, Rolled)
    assert len(divisors_of(rolled.nests)) == 1
    nests = [without_divisions(nest, divisors_of(rolled.nests)) for nest in rolled.nests]
    assert divisors_of(nests) == ()
    assert len(quotients_of(code.executable.text)) == 1 + 2  # with the reciprocal, and without it


@pytest.mark.parametrize("count", [0, 5, LARGE_PAGE // 8, LARGE_PAGE // 8 + 3])
def test_memory_begins_as_zeros_at_a_whole_vector(count: int) -> None:
    made = buffer(count)
    assert len(made.view) == count
    assert made.address % 64 == 0
    assert not any(made.view)
    if count:
        made.view[-1] = 1.0
        assert made.view[-1] == 1.0


def test_what_is_dealt_is_what_batches_are_made_of() -> None:
    for seed in (None, 0, 7):
        for step in range(9):
            wanted = datasets.batch_numbers(23, 5, seed=seed, step=step)
            assert tuple(datasets.dealt(23, 5, seed=seed, step=step)) == wanted
