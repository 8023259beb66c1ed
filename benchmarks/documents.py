"""A GPT on the names of the project: batches of 1 and 8, two layers of 64, compiling, drawing."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import islice
from time import perf_counter
from typing import NamedTuple

from benchmarks.measure import (
    Action,
    Goal,
    Missing,
    Row,
    Rows,
    check_agreement,
    found,
    per,
    side_by_side,
)
from microfp import datasets, gpt, optim, trainer
from microfp.compiler.ir.stages import staged
from microfp.compiler.native.emit.stages import stages_text
from microfp.compiler.native.run import jit
from microfp.compiler.trace.sequences import record
from microfp.losses import next_token
from microfp.nn import parameter_count
from microfp.trainer import Backend
from tests.gpt_oracle import Oracle

CHECKED = 20
"""How many losses all must agree on; a long training magnifies the rounding of its first step."""

LOSS = next_token()


class Learning(NamedTuple):
    """A training of a GPT.

    Attributes:
        start: Documents and model.
        batch_size: How many documents a step sees.
        steps: How many steps.
        rows: The tokens of the documents of all steps, -1 behind the last.
        rates: The learning rates.
    """

    start: gpt.Start
    batch_size: int
    steps: int
    rows: list[list[int]]
    rates: list[float]


def learning(
    batch_size: int, steps: int, documents: Sequence[str] | None = None, **sizes: int
) -> Learning:
    """The training that all do: of names, where no other documents are given."""
    start = gpt.prepared(documents or datasets.names(), **sizes)
    context, data = start.model.context, []
    for step in range(steps):
        batch = datasets.batch(start.dataset, batch_size, seed=None, step=step)
        for x, y in zip(batch.xs, batch.targets, strict=True):
            row = [int(x[0]), *map(int, y)]
            data.append(row + [-1] * (context + 1 - len(row)))
    rates = [0.01 * (1 - step / steps) for step in range(steps)]
    return Learning(start, batch_size, steps, data, rates)


def by_microfp(learning: Learning, backend: Backend = "native") -> Callable[[], list[float]]:
    """The training by a backend; what is found out of an optimiser is found once."""
    optimizer = gpt.adam(steps=learning.steps)
    return lambda: [metrics.loss for metrics in _fitted(learning, backend, optimizer).history]


def _fitted(
    learning: Learning, backend: Backend, optimizer: optim.Optimizer
) -> trainer.Run[gpt.GPT]:
    return trainer.fit(
        learning.start.model,
        learning.start.dataset,
        loss=LOSS,
        optimizer=optimizer,
        steps=learning.steps,
        batch_size=learning.batch_size,
        seed=None,
        backend=backend,
    )


def rows() -> Rows:
    """Measure steps beside C and JAX, and what a person waits for."""
    from benchmarks.peers import gpt_by_hand, gpt_in_jax

    peers = {"C": gpt_by_hand.trained, "JAX, scan": gpt_in_jax.scanned}
    for batch_size, steps in ((8, 151), (1, 1000)):
        at_most = 1.2 if batch_size == 8 else 1.5
        goals = {"C": Goal("at most", at_most), "JAX, scan": Goal("faster", 3.0)}
        yield from _beside(f"a step of {batch_size}", learning(batch_size, steps), peers, goals)
    jax, ahead = {"JAX, scan": gpt_in_jax.scanned}, {"JAX, scan": Goal("faster", 1.0)}
    sizes = {"layers": 2, "embedding": 64, "heads": 8, "context": 32}
    for name, documents in (("names", None), ("lines of text", _lines())):
        large = learning(8, 20, documents, **sizes)
        yield from _beside(f"two layers of 64, a step of 8 {name}", large, jax, ahead)
    yield Row("compile for all lengths", _compile_seconds(), goal=Goal("seconds", 1.5))
    yield from _eager_rows()
    yield from _drawing_rows()


def _lines() -> list[str]:
    """Lines that fill the context: six names each."""
    names = datasets.names()
    return [" ".join(names[first : first + 6]) for first in range(len(names) - 6)]


def _beside(
    name: str,
    learning: Learning,
    peers: Mapping[str, Callable[[Learning], Callable[[], list[float]]]],
    goals: Mapping[str, Goal],
) -> Rows:
    own = by_microfp(learning)
    expected = own()[:CHECKED]
    makers = {
        peer: partial(_agreeing, peer, make, learning, expected) for peer, make in peers.items()
    }
    trainings: dict[str, Action] = {"microfp": own}
    trainings |= {peer: found(make) for peer, make in makers.items()}  # type: ignore[misc]  # or Missing
    timed = per(learning.steps, side_by_side(trainings, repetitions=5))
    for peer in peers:
        yield Row(name, timed["microfp"], peer, timed[peer], goals.get(peer))


def _agreeing(
    name: str,
    make: Callable[[Learning], Callable[[], list[float]]],
    learning: Learning,
    expected: list[float],
) -> Action:
    run = make(learning)
    check_agreement(name, run()[: len(expected)], expected)
    return run


def _compile_seconds() -> float:
    """Trace, put into stages and compile, as the first training of a process does."""
    model, start = gpt.gpt(28), perf_counter()
    plan = staged(record(LOSS, model, model.context), parameter_count(model))
    jit.compiled(stages_text(plan, jit.host().width), ("run",))
    return perf_counter() - start


EAGER_STEPS = 5


def _eager_rows() -> Rows:
    """Steps that walk the graph, beside nodes that are told their gradients."""
    plain, names = learning(1, EAGER_STEPS), datasets.names()

    def by_walking() -> list[float]:
        return by_microfp(plain, "eager")()

    def by_mutable_nodes() -> list[float]:
        return Oracle(names).train(EAGER_STEPS)

    check_agreement("mutable nodes", by_mutable_nodes(), by_walking())
    actions: dict[str, Action] = {"eager": by_walking, "nodes": by_mutable_nodes}
    timed = per(EAGER_STEPS, side_by_side(actions, repetitions=7))
    goal = Goal("faster", 1.5)
    yield Row("eager, a step of 1", timed["eager"], "mutable nodes", timed["nodes"], goal)


DRAWN = 2000


def _drawing_rows() -> Rows:
    """A token of a name, drawn natively from weights that were learnt a little, beside C."""
    from benchmarks.peers import gpt_by_hand

    begun = gpt.prepared(datasets.names())
    start = begun.set(model=_fitted(learning(8, 100), "native", gpt.adam(steps=100)).final_model)
    random = gpt.models.generator("benchmarks", start.seed)
    uniforms = [random.random() for _ in range(DRAWN * start.model.context)]
    by_hand = found(partial(gpt_by_hand.drawn, start, uniforms, DRAWN))
    texts = _names(start, "native")
    if not isinstance(by_hand, Missing):
        _check_letters(start, by_hand(), texts())  # type: ignore[arg-type]  # an action gives anything
    tokens = sum(min(len(text) + 1, start.model.context) for text in texts())
    timed = per(tokens, side_by_side({"microfp": texts, "C": by_hand}, repetitions=7))
    goal = Goal("at most", 2.0)
    yield Row("a token of a name, drawn", timed["microfp"], "C", timed["C"], goal)


def _names(start: gpt.Start, backend: Backend) -> Callable[[], list[str]]:
    drawn = partial(gpt.samples, start.model, start.tokeniser, seed=start.seed, backend=backend)
    return lambda: list(islice(drawn(), DRAWN))


def _check_letters(start: gpt.Start, tokens: list[int], texts: list[str]) -> None:
    """Check that both have drawn the same, one letter after another."""
    letters = (*start.tokeniser.characters, "")
    if "".join([letters[token] for token in tokens]) != "".join(texts):
        raise AssertionError("C has drawn other letters")
