"""Steps by several threads: the bits of one thread, whatever is trained, and no thread left."""

import math
import signal
import threading
from array import array
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple, TypeAlias

import pytest

from microfp import Value, datasets, func, gpt, losses, native, nn, optim, tanh, trainer, tree
from microfp.compiler.native.emit.meeting import state_size
from microfp.compiler.native.run import pieces
from microfp.compiler.native.run.examples import Examples
from microfp.compiler.native.run.executable import Executable
from microfp.compiler.native.run.steps import run_steps
from microfp.compiler.native.run.threads import in_threads
from microfp.compiler.native.run.trainer import trainer_for
from microfp.compiler.trace.structure import template
from microfp.compiler.trace.update_rules import rules_of
from microfp.datasets import Dataset
from microfp.losses import Loss
from microfp.nn import Model
from microfp.optim import Optimizer
from microfp.record import Record, attr
from microfp.trainer import Threads
from microfp.values import Scalar

THREADS: tuple[Threads, ...] = (2, 3, 16, "all")


@pytest.fixture
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let tests of little work be cut as trainings of much are."""
    monkeypatch.setattr(pieces, "WORK", 100)
    monkeypatch.setattr(pieces, "PARAMETERS", 64)
    monkeypatch.setattr(pieces, "MANY", 100)


@pytest.fixture
def _pieces_of_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let networks be cut by examples as soon as there are two blocks of them."""
    monkeypatch.setattr(pieces, "LONG", 1)


class Case(NamedTuple):
    """A training."""

    model: Model
    dataset: Dataset
    loss: Loss
    optimizer: Optimizer
    batch_size: int | None


def rows(count: int, width: int, classes: int = 3) -> Dataset:
    """Rows of numbers, in classes."""
    return datasets.dataset(
        [[math.sin(i * j + 1.0) for j in range(width)] for i in range(count)],
        [float(i % classes) for i in range(count)],
    )


class Wave(Record):
    """A model of one's own: not a network."""

    height: Value = attr()
    speed: Value = attr()

    def __call__(self, inputs: Sequence[Scalar], /) -> Value:
        return self.height * tanh(self.speed * inputs[0] + inputs[1])


class Remembering(Record):
    """A model that goes through its inputs by a scan."""

    weight: Value = attr()

    def __call__(self, inputs: Sequence[Scalar], /) -> Value:
        return func.scan(lambda h, x: (tanh(self.weight * h + x), None), 0.5, inputs)[0]


def demo() -> Case:
    moons = datasets.moons(100, noise=0.1)
    sgd = optim.sgd(0.1)
    return Case(nn.mlp(2, [16, 16, 1]), moons, losses.max_margin(alpha=1e-4), sgd, None)


def network(batch_size: int | None = None) -> Case:
    model, adam = nn.mlp(19, [24, 24, 3], seed=4), optim.adam(0.01)
    return Case(model, rows(150, 19), losses.softmax_cross_entropy(), adam, batch_size)


def clipped() -> Case:
    optimizer = optim.chain(optim.clip_by_global_norm(0.5), optim.adam(0.01))
    return network(70)._replace(optimizer=optimizer)


def documents() -> Case:
    start = gpt.prepared(datasets.names()[:40], embedding=4, heads=2, context=5)
    return Case(start.model, start.dataset, losses.next_token(), optim.adam(0.01), None)


def own() -> Case:
    model = Wave(height=nn.parameters(nn.neuron(1))[0], speed=nn.parameters(nn.neuron(1))[1])
    return Case(model, rows(60, 2, 2), losses.mean_squared_error(), optim.momentum(0.05), 33)


def scanned() -> Case:
    model = Remembering(weight=nn.parameters(nn.neuron(1))[0])
    return Case(model, rows(40, 60, 2), losses.mean_squared_error(), optim.sgd(0.05), None)


CASES: dict[str, Callable[[], Case]] = {
    "demo": demo,
    "team": network,
    "team, batches with a remainder": lambda: network(64),
    "team, clipped": clipped,
    "few examples": lambda: network(5),
    "own": own,
    "scan": scanned,
    "documents": documents,
}


Trained: TypeAlias = tuple[list[str], list[tuple[object, ...]]]
"""The numbers of a model, and all that was measured."""


def trained(
    case: Case, threads: Threads, backend: trainer.Backend = "native", steps: int = 7
) -> Trained:
    """What became of a training: all metrics and all numbers, as bits."""
    run = trainer.fit(
        case.model,
        case.dataset,
        steps=steps,
        loss=case.loss,
        optimizer=case.optimizer,
        batch_size=case.batch_size,
        backend=backend,
        threads=threads,
    )
    numbers = [p.data.hex() for p in nn.parameters(run.final_model)]
    return numbers, [tuple(metrics.values()) for metrics in run.history]


@pytest.mark.usefixtures("_small_pieces")
@pytest.mark.parametrize("name", CASES)
def test_any_number_of_threads_gives_the_bits_of_one(name: str) -> None:
    case = CASES[name]()
    one = trained(case, 1)
    assert [trained(case, threads) for threads in THREADS] == [one] * len(THREADS)


@pytest.mark.usefixtures("_small_pieces", "_pieces_of_blocks")
@pytest.mark.parametrize("name", CASES)
def test_any_number_of_threads_adds_pieces_up_in_one_order(name: str) -> None:
    case = CASES[name]()
    one = trained(case, 1)
    assert [trained(case, threads) for threads in THREADS] == [one] * len(THREADS)


def fewer(case: Case) -> Case:
    """The same on so few examples that eager is done soon."""
    return case._replace(dataset=datasets.subset(case.dataset, range(40)))


@pytest.mark.usefixtures("_small_pieces")
@pytest.mark.parametrize("name", ["demo", "team", "own", "scan"])
def test_steps_by_threads_are_those_of_eager(name: str) -> None:
    case = fewer(CASES[name]())
    numbers, rows = trained(case, 3, steps=2)
    expected, measured = trained(case, 1, "eager", steps=2)
    assert [float.fromhex(it) for it in numbers] == pytest.approx(
        [float.fromhex(it) for it in expected], rel=1e-12, abs=1e-15
    )
    for ours, theirs in zip(rows, measured, strict=True):
        pairs = zip(ours, theirs, strict=True)
        assert all(a == b if b is None else a == pytest.approx(b, rel=1e-12) for a, b in pairs)


@pytest.mark.usefixtures("_small_pieces")
def test_bytecode_is_shared_too() -> None:
    case = network()
    loss, rules = case.loss, rules_of(optim.sgd(0.1))
    compiled = trainer_for(loss, template(case.model), 19, rules, form="bytecode")
    numbers, rates = [p.data for p in nn.parameters(case.model)], array("d", [-0.1] * 3)

    def bits(threads: int) -> bytes:
        given = compiled, Examples(case.dataset), [None] * 3, numbers, (), rates
        return bytes(run_steps(*given, last_only=True, threads=threads).row(3))

    assert piece_count(compiled.examples.executable, 150) > 1
    assert bits(1) == bits(2) == bits(7)


def piece_count(executable: Executable, examples: int) -> int:
    """How many pieces a batch of so many examples has."""
    return -(-examples // pieces.piece_size(executable, examples))


@pytest.mark.usefixtures("_small_pieces")
@pytest.mark.parametrize("name", ["demo", "team"])
@pytest.mark.parametrize("number", [1e200, math.inf, math.nan])
def test_what_is_too_large_stays_what_it_is_to_eager(name: str, number: float) -> None:
    case = fewer(CASES[name]())
    numbers = [p.data for p in nn.parameters(case.model)]
    case = case._replace(model=tree.with_parameters(case.model, [number, *numbers[1:]]))
    one = trained(case, 1, steps=2)
    assert str([trained(case, threads, steps=2) for threads in THREADS]) == str(
        [one] * len(THREADS)
    )
    expected, _ = trained(case, 1, "eager", steps=2)
    kinds = [[math.isfinite(float.fromhex(it)) for it in some] for some in (one[0], expected)]
    assert kinds[0] == kinds[1]


@pytest.mark.usefixtures("_small_pieces")
def test_a_step_has_its_bits_whatever_batches_stand_beside_it() -> None:
    case = network(64)  # 64, 64 and 22 examples

    def states(threads: Threads) -> Iterator[trainer.Stepped[Model]]:
        return trainer.train(
            case.model,
            case.dataset,
            loss=case.loss,
            optimizer=case.optimizer,
            batch_size=64,
            backend="native",
            threads=threads,
        )

    step = trainer.make_step(
        case.loss, case.optimizer, case.dataset, batch_size=64, backend="native", threads=2
    )
    state = trainer.initial_state(case.model, case.optimizer)
    for one, two in islice(zip(states(1), states(2), strict=False), 7):
        state = step(state)
        assert one.metrics == two.metrics == state.metrics
        assert trainer.parameter_numbers(one) == trainer.parameter_numbers(two)
        assert trainer.parameter_numbers(one) == trainer.parameter_numbers(state)


def test_a_large_network_works_in_team_and_a_demo_in_pieces() -> None:
    large = nn.mlp(64, [256, 256, 10])
    code = trainer_for(
        losses.softmax_cross_entropy(), template(large), 64, None
    ).examples.executable
    assert pieces.is_for_team(code, 128)
    assert not pieces.is_for_team(code, 1)
    assert piece_count(code, 128) == 1
    assert piece_count(code, 100_000) == 16
    small = trainer_for(losses.max_margin(), template(demo().model), 2, None).examples.executable
    assert piece_count(small, 100) == 1
    assert piece_count(small, 100_000) > 1


@pytest.mark.parametrize(
    ("threads", "error", "got"),
    [
        (0, ValueError, "0"),
        (-1, ValueError, "-1"),
        (1.5, TypeError, "1.5 (float)"),
        (True, TypeError, "True (bool)"),
        ("some", TypeError, "'some' (str)"),
        (None, TypeError, "None (NoneType)"),
    ],
)
def test_other_numbers_of_threads_are_refused(
    threads: object, error: type[Exception], got: str
) -> None:
    case = demo()
    with pytest.raises(error) as raised:
        trainer.fit(case.model, case.dataset, backend="native", threads=threads)  # type: ignore[arg-type]  # wrong
    assert str(raised.value) == f"train: threads must be an int >= 1 or 'all', got {got}"
    with pytest.raises(error, match="predict: threads must be an int >= 1 or 'all'"):
        native.predict(case.model, [[0.0, 1.0]], threads=threads)  # type: ignore[arg-type]  # wrong


@pytest.mark.parametrize("backend", ["auto", "eager", "python"])
def test_other_backends_have_one_thread(backend: trainer.Backend) -> None:
    case = demo()
    with pytest.raises(ValueError, match=f"threads=2 needs backend='native', got '{backend}'"):
        trainer.fit(case.model, case.dataset, backend=backend, threads=2)
    trainer.fit(case.model, case.dataset, steps=1, backend=backend, threads=1)


def test_predictions_have_the_bits_of_one_thread() -> None:
    model = nn.mlp(2, [32, 32, 3])
    numbers = [[math.sin(i), math.cos(i)] for i in range(9_001)]
    one = native.predict(model, numbers)
    assert all(native.predict(model, numbers, threads=threads) == one for threads in THREADS)
    assert native.predict(model, [], threads=2) == ()


def test_no_thread_is_left() -> None:
    before = threading.active_count()
    assert in_threads(4, lambda me, count: (me, count)) == [(me, 4) for me in range(4)]
    assert threading.active_count() == before


def test_what_a_thread_raises_is_raised() -> None:
    def fail(me: int, count: int) -> None:
        raise ValueError(f"{me} of {count}")

    with pytest.raises(ValueError, match="of 2"):
        in_threads(2, fail)


def test_who_is_interrupted_stops_the_threads_and_waits_for_them() -> None:
    before, stopped = threading.active_count(), threading.Event()

    def work(me: int, _count: int) -> bool:
        if me == 0:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        return stopped.wait(60.0)

    with pytest.raises(KeyboardInterrupt):
        in_threads(2, work, stopped.set)
    assert stopped.is_set()
    assert threading.active_count() == before


def test_each_worker_counts_in_a_line_of_its_own() -> None:
    assert state_size(3) - state_size(2) == 8
