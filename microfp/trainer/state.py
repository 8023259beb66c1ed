"""The states of a training: what a step starts from, what it has measured, how a run ended.

>>> from microfp import nn, optim
>>> start = initial_state(nn.mlp(2, [1]), optim.sgd(0.1))
>>> start.step, start.metrics
(0, None)
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

from pyrsistent import PMap, PVector, pvector

from microfp.base.checks import wrong_kind
from microfp.base.memo import remembering
from microfp.base.showing import mimebundle
from microfp.compiler.trace.structure import Template, template
from microfp.nn import Model
from microfp.optim import Optimizer
from microfp.record import Deferred, Record, attr, pending
from microfp.tree import parameters, with_parameters, without_parameters

M = TypeVar("M", bound=Model)
S = TypeVar("S")
M_co = TypeVar("M_co", bound=Model, covariant=True)


class Metrics(Record):
    """What was measured in one step, before its update.

    >>> from microfp import datasets, nn, trainer
    >>> trainer.fit(nn.mlp(2, [1]), datasets.moons(4), steps=1).history[0].learning_rate
    1.0
    """

    step: int = attr()
    """The number of the step, from 0."""
    loss: float = attr()
    """The total loss: data loss plus penalty."""
    data_loss: float = attr()
    """The mean loss of the examples."""
    penalty: float = attr()
    """The sum of the penalties of the parameters."""
    accuracy: float | None = attr()
    """The share of examples predicted rightly, from 0 to 1, or None."""
    learning_rate: float | None = attr()
    """The rate of the update that followed, or None."""
    gradient_norm: float = attr()
    """The Euclidean norm of the gradient."""


class TrainState(Record, Generic[M_co]):
    """Where a training is: all that the next step depends on, and what the last one measured.

    >>> from microfp import nn, optim
    >>> initial_state(nn.mlp(2, [1]), optim.sgd(0.1))
    TrainState(step=0)
    """

    step: int = attr()
    """How many steps have been done."""
    model: M_co = attr(deferrable=True)
    """The model after them."""
    optimizer_state: object = attr(deferrable=True)
    """What the optimiser remembers."""
    metrics: Metrics | None = attr()
    """Of the last step; None before the first."""

    def __repr__(self) -> str:
        """Show the step and the last loss; a model would fill pages."""
        loss = "" if self.metrics is None else f", loss={self.metrics.loss!r}"
        return f"{type(self).__name__}(step={self.step}{loss})"


class Stepped(TrainState[M_co]):
    """A state that came out of a step, and so has metrics.

    Every state of a stream is one; `initial_state` gives a state that is none yet.

    Attributes:
        step: How many steps have been done.
        model: The model after them.
        optimizer_state: What the optimiser remembers.

    >>> from microfp import datasets, nn, trainer
    >>> state = next(trainer.train(nn.mlp(2, [1]), datasets.moons(4)))
    >>> isinstance(state, Stepped), state.metrics.step
    (True, 0)
    """

    metrics: Metrics = attr()
    """Of the last step."""


AnyState = TypeVar("AnyState", bound=TrainState[Model])
AnyStepped = TypeVar("AnyStepped", bound=Stepped[Model])


class Run(Record, Generic[M]):
    """A finished training.

    >>> from microfp import datasets, nn, trainer
    >>> trainer.fit(nn.mlp(2, [1]), datasets.moons(4), steps=5, log_every=2).options["steps"]
    5
    """

    initial_model: M = attr()
    """The model before the first step."""
    final_model: M = attr(deferrable=True)
    """The model after the last one."""
    history: PVector[Metrics] = attr()
    """The metrics of the steps that were logged, the last step always among them."""
    final_loss: float = attr()
    """The loss of the last step, measured before its update; with mini-batches, that
    of its batch alone. `losses.evaluate` measures the final model on all examples.
    """
    final_accuracy: float | None = attr()
    """The accuracy of the last step, on the same examples, or None."""
    options: PMap[str, object] = attr(deferrable=True)
    """What the run was asked for, by name."""

    def __repr__(self) -> str:
        """Show how it ended; two models and a history would fill pages."""
        end = f"final_loss={self.final_loss!r}, final_accuracy={self.final_accuracy!r}"
        return f"Run(steps={self.options.get('steps')!r}, {end})"

    def _repr_mimebundle_(self, **_asked: object) -> dict[str, str]:
        return mimebundle(self)


class Kind(Record):
    """What the models of one or of many states have in common."""

    template: Template = attr()
    """Of their structure."""
    known_finite: bool = attr(deferrable=True)
    """Whether all their numbers are known to be finite; False where nobody looked."""
    optimizer: Optimizer | None = attr()
    """Whose memory stands beside them as long as nobody has read it; None where it has
    been read from the start.
    """


class Unbuilt(Record):
    """A model that nobody has read yet: a model of its structure, and its own numbers.

    It waits in the field `model` of a state, and is called when somebody reads it.
    """

    kind: Kind = attr()
    """Its structure, and what is known of the numbers."""
    numbers: tuple[float, ...] = attr(deferrable=True)
    """Of its parameters, in order."""

    def __call__(self) -> object:
        """Build the model."""
        return with_parameters(self.kind.template.model, self.numbers)


def initial_state(model: M, optimizer: Optimizer) -> TrainState[M]:
    """Return the state before the first step.

    Raises:
        ShapeError: If the model has no parameters.

    >>> from microfp import nn, optim
    >>> initial_state(nn.mlp(2, [1]), optim.sgd(0.1)).metrics is None
    True
    """
    numbers = pvector(_numbers(model))
    if not numbers:
        raise without_parameters("train", model)
    return TrainState.unchecked(0, model, optimizer.init(numbers), None)


def state_of(state: TrainState[M], kind: type[S]) -> S:
    """Return what an optimiser remembers in a state, by its type.

    Args:
        state: Of a training.
        kind: Of what is wanted; of a chain, the first such state is given.

    Raises:
        TypeError: If the optimiser remembers nothing of that type.

    >>> from microfp import nn, optim
    >>> state_of(initial_state(nn.mlp(2, [1]), optim.adam(0.1)), optim.AdamState).count
    0
    """
    found = next((it for it in _remembered(state.optimizer_state) if isinstance(it, kind)), None)
    if found is None:
        expected = f"one that holds a {kind.__name__}"
        raise wrong_kind("state_of", "the optimizer state", expected, state.optimizer_state)
    return found


def _remembered(memory: object) -> Iterator[object]:
    """A state of an optimiser, and those that it is made of."""
    yield memory
    if type(memory) is tuple:
        for part in memory:
            yield from _remembered(part)


def untrained(model: M) -> TrainState[M]:
    """A state of a model that no optimiser is to train, for the sake of its numbers."""
    return TrainState.unchecked(0, model, (), None)


def unbuilt(state: TrainState[M]) -> Unbuilt | None:
    """What the model of a state is made from, if it came out of a step on plain numbers."""
    make = pending(state, "model")
    return make if isinstance(make, Unbuilt) else None


def template_of(state: TrainState[M]) -> Template:
    """The structure of a state's model, found without building the model.

    Raises:
        TraceError: If the model holds what has no structure.
    """
    known = unbuilt(state)
    return template(state.model) if known is None else known.kind.template


def kind_of(
    template: Template,
    *,
    known_finite: bool | Deferred = False,
    optimizer: Optimizer | None = None,
) -> Kind:
    """The kind of models of a structure; whoever makes states of it says what it knows of them."""
    return Kind.unchecked(template, known_finite, optimizer)


def remembers_for(state: TrainState[M], optimizer: Optimizer) -> bool:
    """Whether a state is known, without a look at it, to hold the memory of an optimiser."""
    known = unbuilt(state)
    is_own = known is not None and known.kind.optimizer is optimizer
    return is_own and pending(state, "optimizer_state") is not None


def parameter_numbers(state: TrainState[M]) -> tuple[float, ...]:
    """Return the parameters of a state's model as numbers, in order, without building the model.

    >>> from microfp import datasets, nn, trainer
    >>> state = next(trainer.train(nn.mlp(2, [1]), datasets.moons(4)))
    >>> parameter_numbers(state) == tuple(p.data for p in parameters(state.model))
    True
    """
    known = unbuilt(state)
    return _numbers(state.model) if known is None else known.numbers


_numbers: Callable[[object], tuple[float, ...]] = remembering(
    lambda model: tuple([p.data for p in parameters(model)])
)
"""The parameters of a model as numbers: an optimiser begins with them, and so does the first step.

Remembered, since a native training of a hundred steps takes as long as reading them ten times.
"""


def is_finite(state: Stepped[M]) -> bool:
    """Whether the loss of the last step and the parameters after it are all finite."""
    if not math.isfinite(state.metrics.loss):
        return False
    known = unbuilt(state)
    return (known is not None and known.kind.known_finite) or all_finite(parameter_numbers(state))


def all_finite(numbers: Sequence[float]) -> bool:
    """Whether no number is nan or infinite.

    A sum that has met one of them is never finite again, so a finite sum is the answer; one that
    is not may have overflowed.
    """
    return math.isfinite(sum(numbers)) or all(map(math.isfinite, numbers))
