"""Pieces of pipelines that wait for a dataset, a model, a node or a state."""

from collections.abc import Callable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import TypeVar, overload

from returns.io import IOResult
from returns.maybe import Maybe

from microfp import checkpoint, datasets, gradients, losses, nn, trainer, tree
from microfp.datasets import Dataset, standardize
from microfp.errors import FileError
from microfp.gradients import Gradients
from microfp.losses import Evaluation, Loss, max_margin
from microfp.nn import Model
from microfp.optim import Optimizer, sgd
from microfp.schedules import micrograd_decay
from microfp.trainer import Backend, Run, Stepped, Threads, TrainState
from microfp.values import Scalar, Value

__all__ = [
    "apply_gradients",
    "batch",
    "batches",
    "evaluate",
    "find_grad",
    "fit",
    "freeze",
    "grad",
    "map_parameters",
    "one_hot",
    "relabel",
    "save",
    "shuffle",
    "split",
    "standardize",
    "subset",
    "train",
    "unfreeze",
    "with_parameters",
]

T = TypeVar("T")
M = TypeVar("M", bound=Model)


def shuffle(*, seed: int = 1337) -> Callable[[Dataset], Dataset]:
    """Put the examples that come in a random order; see `datasets.shuffle`.

    >>> sorted(shuffle(seed=3)(datasets.xor()).ys)
    [-1.0, -1.0, 1.0, 1.0]
    """
    return lambda dataset: datasets.shuffle(dataset, seed=seed)


def split(
    *, held_out: float = 0.25, seed: int = 1337, stratified: bool = False
) -> Callable[[Dataset], tuple[Dataset, Dataset]]:
    """Split what comes into examples to train on and those held out; see `datasets.split`.

    >>> [len(part.ys) for part in split(held_out=0.5)(datasets.xor())]
    [2, 2]
    """
    return lambda dataset: datasets.split(
        dataset, held_out=held_out, seed=seed, stratified=stratified
    )


def batch(batch_size: int | None, *, seed: int, step: int) -> Callable[[Dataset], Dataset]:
    """Choose the examples of one step out of what comes; see `datasets.batch`.

    >>> len(batch(3, seed=1, step=0)(datasets.xor()).ys)
    3
    """
    return lambda dataset: datasets.batch(dataset, batch_size, seed=seed, step=step)


def batches(
    batch_size: int, *, epoch: int = 0, seed: int = 1337
) -> Callable[[Dataset], tuple[Dataset, ...]]:
    """Deal out what comes in the batches of one epoch; see `datasets.batches`.

    >>> [len(part.ys) for part in batches(3)(datasets.xor())]
    [3, 1]
    """
    return lambda dataset: datasets.batches(dataset, batch_size, epoch=epoch, seed=seed)


def one_hot(*, classes: int | None = None) -> Callable[[Dataset], Dataset]:
    """Turn the class numbers of what comes into rows of zeros and a one; see `datasets.one_hot`.

    >>> one_hot(classes=3)(datasets.dataset([[0.5]], [1])).targets
    ((0.0, 1.0, 0.0),)
    """
    return lambda dataset: datasets.one_hot(dataset, classes=classes)


def relabel(labels: Sequence[float]) -> Callable[[Dataset], Dataset]:
    """Call the classes of what comes by other numbers; see `datasets.relabel`.

    >>> relabel([0.0, 1.0])(datasets.dataset([[0.5], [1.5]], [-1, 1])).ys
    (0.0, 1.0)
    """
    return lambda dataset: datasets.relabel(dataset, labels)


def subset(places: Sequence[int]) -> Callable[[Dataset], Dataset]:
    """Keep some examples of what comes, by their numbers; see `datasets.subset`.

    >>> subset([1])(datasets.dataset([[0.5], [1.5]], [-1, 1])).xs
    ((1.5,),)
    """
    return lambda dataset: datasets.subset(dataset, places)


def with_parameters(numbers: Sequence[Scalar]) -> Callable[[T], T]:
    """Give the model that comes other numbers; see `tree.with_parameters`.

    >>> [p.data for p in tree.parameters(with_parameters([1.0, 2.0])(nn.neuron(1)))]
    [1.0, 2.0]
    """
    return lambda model: tree.with_parameters(model, numbers)


def map_parameters(f: Callable[[Value], Scalar]) -> Callable[[T], T]:
    """Replace every parameter of the model that comes; see `tree.map_parameters`.

    >>> [p.data for p in tree.parameters(map_parameters(lambda p: 0.5)(nn.neuron(1)))]
    [0.5, 0.5]
    """
    return lambda model: tree.map_parameters(f, model)


@overload
def freeze() -> Callable[[T], T]: ...
@overload
def freeze(where: Callable[[T], object]) -> Callable[[T], T]: ...
def freeze(where: Callable[[T], object] = lambda model: model) -> Callable[[T], T]:
    """Take some parameters of the model that comes for constants; see `tree.freeze`.

    >>> tree.parameter_count(freeze()(nn.neuron(3)))
    0
    """
    return lambda model: tree.freeze(model, where)


@overload
def unfreeze() -> Callable[[T], T]: ...
@overload
def unfreeze(where: Callable[[T], object]) -> Callable[[T], T]: ...
def unfreeze(where: Callable[[T], object] = lambda model: model) -> Callable[[T], T]:
    """Let some frozen parameters of the model that comes be trained; see `tree.unfreeze`.

    >>> tree.parameter_count(unfreeze()(tree.freeze(nn.neuron(3))))
    4
    """
    return lambda model: tree.unfreeze(model, where)


def apply_gradients(gradients: Gradients, learning_rate: float) -> Callable[[T], T]:
    """Take a step of plain gradient descent from the model that comes.

    >>> from microfp import backward
    >>> model = nn.neuron(1, weights=[2.0])
    >>> table = backward(nn.forward(model, [3.0]))
    >>> [p.data for p in tree.parameters(apply_gradients(table, 0.5)(model))]
    [0.5, -0.5]
    """
    return lambda model: nn.apply_gradients(model, gradients, learning_rate)


def grad(table: Gradients) -> Callable[[Value], float]:
    """Read the gradient of the node that comes, 0.0 if there is none; see `microfp.grad`.

    >>> from microfp import backward, value
    >>> x = value(3.0)
    >>> grad(backward(x * x))(x)
    6.0
    """
    return lambda x: gradients.grad(x, table)


def find_grad(table: Gradients) -> Callable[[Value], Maybe[float]]:
    """Look for the gradient of the node that comes; see `microfp.find_grad`.

    >>> from microfp import backward, value
    >>> x = value(3.0)
    >>> find_grad(backward(x * x))(x)
    <Some: 6.0>
    """
    return lambda x: gradients.find_grad(x, table)


def evaluate(loss: Loss, dataset: Dataset) -> Callable[[M], Evaluation[M]]:
    """Measure the model that comes by a loss; see `losses.evaluate`.

    >>> evaluate(losses.max_margin(), datasets.xor())(nn.mlp(2, [1])).accuracy is not None
    True
    """
    return losses.evaluate_with(loss, dataset)


def train(
    dataset: Dataset,
    *,
    loss: Loss = max_margin(),
    optimizer: Optimizer = sgd(micrograd_decay),
    batch_size: int | None = None,
    seed: int = 1337,
    backend: Backend = "auto",
    threads: Threads = 1,
) -> Callable[[M], Iterator[Stepped[M]]]:
    """Train the model that comes, without end; see `trainer.train`.

    >>> [state.step for state, _ in zip(train(datasets.xor())(nn.mlp(2, [1])), range(2))]
    [1, 2]
    """
    return lambda model: trainer.train(
        model,
        dataset,
        loss=loss,
        optimizer=optimizer,
        batch_size=batch_size,
        seed=seed,
        backend=backend,
        threads=threads,
    )


def fit(
    dataset: Dataset,
    *,
    steps: int = 100,
    log_every: int = 1,
    loss: Loss = max_margin(),
    optimizer: Optimizer = sgd(micrograd_decay),
    batch_size: int | None = None,
    seed: int = 1337,
    backend: Backend = "auto",
    threads: Threads = 1,
) -> Callable[[M], Run[M]]:
    """Train the model that comes for a number of steps; see `trainer.fit`.

    >>> len(fit(datasets.xor(), steps=3)(nn.mlp(2, [1])).history)
    3
    """
    return lambda model: trainer.fit(
        model,
        dataset,
        steps=steps,
        log_every=log_every,
        loss=loss,
        optimizer=optimizer,
        batch_size=batch_size,
        seed=seed,
        backend=backend,
        threads=threads,
    )


def save(path: str | PathLike[str]) -> Callable[[TrainState[M]], IOResult[Path, FileError]]:
    """Save the state that comes; see `checkpoint.save`.

    >>> import pathlib, tempfile
    >>> from microfp import optim
    >>> state = trainer.initial_state(nn.mlp(2, [1]), optim.sgd(0.1))
    >>> save(pathlib.Path(tempfile.mkdtemp()) / "state.json")(state).map(lambda it: it.name)
    <IOResult: <Success: state.json>>
    """
    return lambda state: checkpoint.save(state, path)
