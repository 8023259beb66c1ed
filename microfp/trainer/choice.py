"""Which backend computes a training: the one that was named, or the one that fits.

>>> from microfp import datasets, nn
>>> chosen_backend(nn.mlp(2, [1]), datasets.moons(4))
'python'
"""

from microfp.base.threads import Threads
from microfp.compiler.native.run.executable import check_native
from microfp.compiler.native.run.jit import bindings
from microfp.compiler.python.step import MOST_NODES, Plan
from microfp.datasets import Dataset, Examples, as_dataset
from microfp.errors import CompileError, TraceError
from microfp.losses import Loss, check_fits, max_margin
from microfp.nn import Model
from microfp.trainer import auto, eager, native, python
from microfp.trainer.backend import Backend, Runner, check_backend
from microfp.trainer.python import Prepared, prepare
from microfp.trainer.state import untrained
from microfp.tree import parameters

_RUNNERS: dict[str, Runner] = {"auto": auto, "eager": eager, "python": python, "native": native}


def runner_of(backend: str, threads: Threads = 1) -> Runner:
    """What computes the steps by a backend, and by so many threads.

    Raises:
        ValueError: If there is no backend of that name, or it has one thread.
        CompileError: If the native backend is asked for and llvmlite is not installed.
    """
    check_backend("train", backend)
    if backend == "native":
        bindings()
    elif threads != 1:
        raise ValueError(f"train: threads={threads!r} needs backend='native', got {backend!r}")
    return _RUNNERS[backend]


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
    traced = _traced(model, as_dataset("train", dataset), loss, MOST_NODES)
    return "eager" if isinstance(traced, TraceError) else "python"


def _traced(
    model: Model, dataset: Dataset, loss: Loss, most_nodes: int | None
) -> Prepared | TraceError:
    check_fits(loss, model, dataset)
    return prepare(loss, untrained(model), dataset, most_nodes)


WORTH_COMPILING = 15_000_000
"""From how much work on machine code is done sooner: steps times examples times parameters.

Loading llvmlite and compiling the demo take 0.14 s, and generated Python about 10 ns for each;
measured in whole processes, by the group `process` of the benchmarks.

>>> WORTH_COMPILING
15000000
"""


def fastest_backend(
    model: Model,
    dataset: Examples,
    *,
    steps: int,
    loss: Loss = max_margin(alpha=1e-4),
    batch_size: int | None = None,
) -> Backend:
    """Say which backend is done first with a training, compiling included.

    Args:
        model: What is to be trained.
        dataset: The examples, or a pair `(xs, ys)` of their rows and targets.
        steps: How many steps there will be.
        loss: What is to be made small.
        batch_size: How many examples a step sees; None for all of them.

    Returns:
        `"native"` where there is much to do and machine code can do it, else what `"auto"` stands
        for.

    >>> from microfp import datasets, nn
    >>> fastest_backend(nn.mlp(2, [1]), datasets.moons(4), steps=10)
    'python'
    """
    examples = as_dataset("train", dataset)
    n = len(examples.ys)
    work = steps * min(batch_size or n, n) * len(parameters(model))
    if loss.position is not None:
        work *= len(examples.xs[0])  # each parameter meets each position
    prepared = _traced(model, examples, loss, None if loss.position else MOST_NODES)
    if isinstance(prepared, TraceError):
        return "eager"
    return "native" if work >= WORTH_COMPILING and _is_compilable(prepared.plan) else "python"


def _is_compilable(plan: Plan) -> bool:
    """Whether llvmlite is installed, and has something for every instruction."""
    try:
        if plan.example is not None:
            check_native(plan.example)
        bindings()
    except CompileError:
        return False
    return True
