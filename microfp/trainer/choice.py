"""Which backend computes a training: the one that was named, or the one that fits.

>>> from microfp import datasets, nn
>>> chosen_backend(nn.mlp(2, [1]), datasets.moons(4))
'python'
"""

from collections.abc import Iterator

from microfp.base.checks import check_count, check_kind
from microfp.base.threads import Threads, check_threaded, check_threads
from microfp.compiler.native.run.jit import bindings
from microfp.compiler.native.run.trainer import trainer_for
from microfp.compiler.python.step import MOST_NODES
from microfp.datasets import Dataset, Examples, as_dataset
from microfp.errors import CompileError, TraceError
from microfp.losses import Loss, check_fits, max_margin
from microfp.nn import Model
from microfp.trainer import auto, eager, native, python
from microfp.trainer.backend import (
    Backend,
    Runner,
    Training,
    check_backend,
    check_captured,
    check_state,
)
from microfp.trainer.python import prepare
from microfp.trainer.state import M, Stepped, TrainState, alike, template_of, untrained
from microfp.tree import parameter_count

_RUNNERS: dict[str, Runner] = {"auto": auto, "eager": eager, "python": python, "native": native}


def runner_of(backend: str, threads: Threads = 1) -> Runner:
    """What computes the steps by a backend, and by so many threads.

    Raises:
        ValueError: If there is no backend of that name, or it has one thread.
        CompileError: If the native backend is asked for and llvmlite is not installed.
    """
    check_backend("train", backend)
    check_threaded("train", threads, backend)
    if backend == "native":
        bindings()
    return _RUNNERS[backend]


def going_on(
    training: Training, start: TrainState[M], backend: Backend
) -> tuple[Runner, Iterator[Stepped[M]]]:
    """The states after a state, and what computes them; what cannot be trained is said at once.

    Raises:
        TypeError, ShapeError, DataError: If the state is none of this training.
        ValueError, CompileError: As `runner_of` does.
    """
    check_kind("train", "state", start, TrainState, example="initial_state(model, optimizer)")
    runner = runner_of(backend, training.threads)
    runner.check(training.loss, alike(start), training.dataset)
    return runner, runner.states(training, check_state(training, start))


def chosen_backend(
    model: Model,
    dataset: Examples,
    *,
    loss: Loss = max_margin(alpha=1e-4),
    backend: Backend = "auto",
) -> Backend:
    """Say which backend computes the steps: what `"auto"` stands for.

    >>> from microfp import datasets, nn
    >>> chosen_backend(nn.mlp(2, [1]), datasets.moons(4))
    'python'
    """
    if backend != "auto":
        return backend
    examples = as_dataset("train", dataset)
    check_fits(loss, model, examples)
    traced = prepare(loss, untrained(model), examples, MOST_NODES)
    return "eager" if isinstance(traced, TraceError) else "python"


WORTH_COMPILING = 6_000_000
"""From how much work on machine code is done sooner: steps times examples times parameters.

This is of a model as small as the demo's, some 170 of its steps; see `is_compiled_sooner`.

>>> WORTH_COMPILING
6000000
"""


def fastest_backend(
    model: Model,
    dataset: Examples,
    *,
    steps: int,
    loss: Loss = max_margin(alpha=1e-4),
    batch_size: int | None = None,
    threads: Threads = 1,
) -> Backend:
    """Say which backend is done first with a training, compiling included.

    Args:
        model: What is to be trained.
        dataset: The examples, or a pair `(xs, ys)` of their rows and targets.
        steps: How many steps there will be.
        loss: What is to be made small.
        batch_size: How many examples a step sees; None for all of them.
        threads: How many threads there are to be. More than one, which machine code alone has,
            choose it: who asks for them has much to do.

    Returns:
        `"native"` where there is much to do and machine code can do it, else what `"auto"` stands
        for.

    >>> from microfp import datasets, nn
    >>> fastest_backend(nn.mlp(2, [1]), datasets.moons(4), steps=10)
    'python'
    """
    check_count("fastest_backend", "steps", steps)
    if batch_size is not None:
        check_count("fastest_backend", "batch_size", batch_size, minimum=1)
    examples = as_dataset("train", dataset)
    native.check(loss, model, examples)
    if check_threads("train", threads) != 1:
        return "native"
    n, count = len(examples.ys), parameter_count(model)
    work = steps * min(batch_size or n, n) * count
    if loss.position is not None:
        work *= len(examples.xs[0])  # each parameter meets each position
    is_sequence = loss.position is not None
    if is_compiled_sooner(steps, work, count, is_sequence=is_sequence) and _is_compilable(
        model, examples, loss
    ):
        return "native"
    traced = prepare(loss, untrained(model), examples, None if loss.position else MOST_NODES)
    return "eager" if isinstance(traced, TraceError) else "python"


def is_compiled_sooner(steps: int, work: float, count: int, *, is_sequence: bool = False) -> bool:
    """Whether machine code is done first, compiling included.

    Python writes its source for each parameter, and machine code is written for each kind of
    neuron. In seconds of one core of an EPYC, by processes of their own for eight networks of 17 to
    101,770 parameters and four GPTs: generated Python takes 0.1 ms for each parameter before it can
    begin, 60 µs a step, and 10 to 40 ns for each piece of work, the least where examples are left
    out; loading llvmlite and compiling take 0.15 s and 30 µs for each of the first parameters.
    Beside that, the steps of machine code take no time. A GPT is fewer lines of Python, which run
    for each position, and more machine code.

    Args:
        steps: How many steps there are.
        work: Steps times examples times parameters, and times positions.
        count: How many parameters there are.
        is_sequence: Whether each example is a sequence.

    >>> is_compiled_sooner(170, WORTH_COMPILING, 337), is_compiled_sooner(30, 1e6, 337)
    (True, False)
    >>> is_compiled_sooner(0, 0.0, 100_000), is_compiled_sooner(0, 0.0, 100_000, is_sequence=True)
    (True, True)
    """
    first = min(count, 4_000)
    if is_sequence:
        python = 0.035 + 1.6e-5 * count + 1e-3 * steps + 2.1e-7 * work
        return python >= 0.28 + 3e-5 * first + 6e-6 * count
    return 1e-4 * count + 6e-5 * steps + 2e-8 * work >= 0.15 + 3e-5 * first + 1.5e-6 * count


def _is_compilable(model: Model, dataset: Dataset, loss: Loss) -> bool:
    """Whether machine code can compute a training; it is compiled, and kept for that training."""
    start = untrained(model)
    try:
        columns, targets = len(dataset.xs[0]), dataset.target_count
        trainer = trainer_for(loss, template_of(start), columns, None, targets=targets)
        check_captured(trainer.examples.captured, start)
    except (CompileError, TraceError):
        return False
    return True
