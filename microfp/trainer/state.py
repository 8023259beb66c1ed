"""The states of a training: what a step starts from, what it has measured, how a run ended.

>>> from microfp import nn, optim
>>> start = initial_state(nn.mlp(2, [1]), optim.sgd(0.1))
>>> start.step, start.metrics
(0, None)
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import (
    TYPE_CHECKING,
    Generic,
    Literal,
    NamedTuple,
    Protocol,
    TypeAlias,
    TypeVar,
    overload,
)

from pyrsistent import PMap, PVector, pmap, pvector

from microfp.base.checks import check_kind, check_like, wrong_kind
from microfp.base.deferring import Pending
from microfp.base.filling import filler
from microfp.base.memo import remembering
from microfp.base.showing import mimebundle
from microfp.compiler.trace.structure import Template, template
from microfp.datasets import Dataset
from microfp.losses import Evaluation, Loss, evaluate
from microfp.nn import Model
from microfp.optim import Optimizer, check_memory
from microfp.record import Deferred, Record, attr, pending, unchecked, unchecked_many
from microfp.trainer.history import Metrics, Unrecorded
from microfp.trainer.whose import Whose, are_own, places_of
from microfp.tree import parameters, with_parameters, without_parameters

M = TypeVar("M", bound=Model)
S = TypeVar("S")
M_co = TypeVar("M_co", bound=Model, covariant=True)


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
    memory_of: str | None = attr(default=None, deferrable=True)
    """Which parameters the optimiser remembers that of: the digest of their places in the model.

    None where it remembers nothing of single ones, and where nobody has said, as in a state that is
    made by hand.
    """

    if not TYPE_CHECKING:

        def set(self, *args, **changes):
            """Return a copy with some fields changed; another memory is of nobody knows what.

            >>> from microfp import nn, optim
            >>> start = initial_state(nn.mlp(2, [1]), optim.momentum(0.1))
            >>> start.set(optimizer_state=()).memory_of is None
            True
            """
            changes = dict([args]) if args else changes
            forgotten = {"memory_of": None} if "optimizer_state" in changes else {}
            return Record.set(self, **(forgotten | changes))

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


if TYPE_CHECKING:

    class _Options(PMap[str, object]):
        """What a run was asked for, each name with its type."""

        @overload
        def __getitem__(self, name: Literal["steps", "log_every"], /) -> int: ...
        @overload
        def __getitem__(self, name: Literal["batch_size", "seed"], /) -> int | None: ...
        @overload
        def __getitem__(self, name: Literal["loss"], /) -> Loss: ...
        @overload
        def __getitem__(self, name: Literal["optimizer"], /) -> Optimizer: ...
        @overload
        def __getitem__(
            self, name: Literal["backend"], /
        ) -> Literal["auto", "eager", "python", "native"]: ...
        @overload
        def __getitem__(self, name: Literal["threads"], /) -> int | Literal["all"]: ...
        @overload
        def __getitem__(self, name: str, /) -> object: ...
        def __getitem__(self, name: str, /) -> object: ...

else:
    _Options = PMap[str, object]

Options: TypeAlias = _Options
"""What a run was asked for, by name; to type checkers, each name has its type.

>>> asked: Options = as_options({"steps": 3, "seed": None})
>>> asked["steps"]
3
"""


def as_options(options: Mapping[str, object]) -> Options:
    """Note what a run was asked for.

    >>> as_options({"steps": 3})["steps"]
    3
    """
    check_like("as_options", "options", options, Mapping, "a mapping")
    return pmap(options)  # type: ignore[return-value]  # it is one at run time


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
    history: PVector[Metrics] = attr(deferrable=True)
    """The metrics of the steps that were logged, the last step always among them."""
    final_loss: float = attr()
    """The loss of the last step, measured before its update, as in micrograd's demo; with
    mini-batches, that of its batch alone. It is not that of `final_model`, which `evaluate`
    measures. `last_step_loss` is the same number by the name of what it is.
    """
    final_accuracy: float | None = attr()
    """The accuracy of the last step, on the same examples; None where the loss says of no example
    that it is right. Where you know that there is one, `toolbox.known(run.final_accuracy)` is it.
    """
    options: Options = attr(deferrable=True)
    """What the run was asked for, by name."""

    @property
    def losses(self) -> tuple[float, ...]:
        """The loss of each step that was logged, in order: those of the history.

        >>> from microfp import datasets, nn, trainer
        >>> run = trainer.fit(nn.mlp(2, [4, 1]), datasets.moons(20), steps=5)
        >>> len(run.losses), run.losses[-1] == run.final_loss
        (5, True)
        """
        unread = pending(self, "history")
        if isinstance(unread, Unrecorded):
            return tuple(unread.logged.losses)
        return tuple([metrics.loss for metrics in self.history])

    @property
    def last_step_loss(self) -> float:
        """The loss of the last step, measured before its update: `final_loss`."""
        return self.final_loss

    @property
    def last_step_accuracy(self) -> float | None:
        """The accuracy of the last step, measured before its update: `final_accuracy`."""
        return self.final_accuracy

    def evaluate(self, dataset: Dataset) -> Evaluation[M]:
        """Measure the final model by the loss of the run, on any examples.

        >>> from microfp import datasets, nn, trainer
        >>> data = datasets.moons(20)
        >>> run = trainer.fit(nn.mlp(2, [4, 1]), data, steps=5)
        >>> run.evaluate(data).total.data < run.final_loss
        True
        """
        loss = self.options.get("loss")
        if not isinstance(loss, Loss):
            raise wrong_kind("Run.evaluate", "options['loss']", "a Loss, as fit notes it", loss)
        return evaluate(loss, self.final_model, dataset)

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


class Source(Protocol):
    """Where the numbers of states are, or how to get them: the same ones whenever it is asked."""

    @property
    def kind(self) -> Kind:
        """What the models have in common."""
        ...

    def numbers(self, step: int, /) -> tuple[float, ...]:
        """The parameters of the state of that number, in order."""
        ...

    def memory(self, step: int, /) -> object:
        """What the optimiser remembers in the state of that number."""
        ...


class Given(NamedTuple):
    """The numbers of one state, as a backend has computed them."""

    kind: Kind
    """What is known of them."""
    given: tuple[float, ...]
    """The parameters."""
    remembered: object
    """What the optimiser remembers."""

    def numbers(self, _step: int, /) -> tuple[float, ...]:
        """The parameters."""
        return self.given

    def memory(self, _step: int, /) -> object:
        """What the optimiser remembers."""
        return self.remembered


class _Waiting(Pending):
    """Something of one state that nobody has read yet, and where it comes from."""

    __slots__ = ("source", "step")

    def __init__(self, source: Source, step: int) -> None:
        """Wait for that of the state of that number."""
        self.source: Source = source
        self.step: int = step

    @property
    def make(self) -> Callable[[], object]:
        """Itself: who finds it in a state can ask where it comes from."""
        return self

    def __call__(self) -> object:
        """Make it."""
        raise NotImplementedError


class Unbuilt(_Waiting):
    """A model that nobody has read yet; it waits in the field `model` of a state."""

    __slots__ = ()

    read: tuple[float, ...] | None = None
    """The numbers of one that was read, which its dict holds."""

    @property
    def kind(self) -> Kind:
        """Its structure, and what is known of the numbers."""
        return self.source.kind

    @property
    def numbers(self) -> tuple[float, ...]:
        """Of its parameters, in order; the same object to every reader and thread."""
        if self.read is not None:
            return self.read
        found: tuple[float, ...] = self.__dict__.setdefault("read", self.source.numbers(self.step))
        return found

    def __call__(self) -> object:
        """Build the model."""
        return with_parameters(self.kind.template.model, self.numbers)


class Unread(_Waiting):
    """What an optimiser remembers in a state, where nobody has read it yet."""

    __slots__ = ()

    def __call__(self) -> object:
        """Get what is remembered."""
        return self.source.memory(self.step)


_PLACE = {"source": _Waiting.source, "step": _Waiting.step}  # type: ignore[misc]  # the slots
_unbuilt, _unread = filler(Unbuilt, _PLACE), filler(Unread, _PLACE)


def unread_states(
    source: Source,
    steps: Sequence[int],
    metrics: Sequence[Metrics],
    memory_of: Whose,
) -> list[Stepped[M]]:
    """The states of those numbers, whose models and memories are those of a source; in hot code."""
    count = len(steps)
    sources = [source] * count
    return unchecked_many(
        Stepped,
        steps,
        _unbuilt(sources, steps),
        _unread(sources, steps),
        metrics,
        [memory_of] * count,
    )


def initial_state(model: M, optimizer: Optimizer) -> TrainState[M]:
    """Return the state before the first step.

    Raises:
        ShapeError: If the model has no parameters.
        TypeError: If there is no optimiser, or it does not begin with what its update asks for.

    >>> from microfp import nn, optim
    >>> initial_state(nn.mlp(2, [1]), optim.sgd(0.1)).metrics is None
    True
    """
    check_kind("train", "optimizer", optimizer, Optimizer, example="optim.sgd(0.1)")
    # What rules begin with is records, which any number of trainings can begin with.
    begin = _known_first_state if optimizer.rules else _first_state
    return begin(model, optimizer)


def _first_state(model: M, optimizer: Optimizer) -> TrainState[M]:
    numbers = _vector(model)
    if not numbers:
        raise without_parameters("train", model)
    memory = optimizer.init(numbers)
    check_memory(optimizer, memory, len(numbers))
    whose = Deferred(partial(places_of, model)) if _holds_numbers(memory) else None
    return unchecked(TrainState, 0, model, memory, None, whose)


_known_first_state = remembering(_first_state)


_vector: Callable[[object], PVector[float]] = remembering(lambda model: pvector(_numbers(model)))
"""The same as an optimiser is given it."""


def memory_of(memory: object, model: object) -> str | None:
    """Which parameters an optimiser remembers that of; None where it is of none in particular."""
    return places_of(model) if _holds_numbers(memory) else None


def whose_memory(state: TrainState[M]) -> Whose:
    """Which parameters the memory of a state is of, as it stands there: found out or not."""
    make = pending(state, "memory_of")
    return state.memory_of if make is None else Deferred(make)


def of_known_parameters(state: TrainState[M]) -> TrainState[M]:
    """A state that says which parameters its memory is of; one that is from elsewhere may not."""
    if unbuilt(state) is not None or whose_memory(state) is not None:
        return state
    known = memory_of(state.optimizer_state, state.model)
    return state if known is None else state.set(memory_of=known)


def _own_places(state: TrainState[M]) -> str:
    """Those of the model of a state."""
    return places_of(alike(state))


def foreign_memory(state: TrainState[M]) -> str | None:
    """Say what is wrong where an optimiser remembers for other parameters than those of the model.

    Returns:
        What the memory must be, and what it is; None where nothing is wrong.

    >>> from microfp import nn, optim, tree
    >>> start = initial_state(nn.mlp(2, [1]), optim.momentum(0.1))
    >>> foreign_memory(start) is None
    True
    """
    check_kind("foreign_memory", "state", state, TrainState)
    if are_own(pending(state, "memory_of"), alike(state)):  # for speed: nobody need look
        return None
    is_own = state.memory_of is None or state.memory_of == _own_places(state)
    return None if is_own or not _holds_numbers(state.optimizer_state) else _OF_OTHERS


_OF_OTHERS = (
    "must be that of the parameters of the model, got that of others: some were frozen, thawed or "
    "exchanged since; streams.with_optimizer(state, optimizer) begins with no memory"
)


def _holds_numbers(memory: object) -> bool:
    """Whether something that is remembered could be numbers of single parameters."""
    if isinstance(memory, Record):
        return any(_holds_numbers(part) for _, part in memory.iteritems())
    if type(memory) is tuple:
        return any(map(_holds_numbers, memory))
    return not (memory is None or isinstance(memory, int | float | str))


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
    check_kind("state_of", "kind", kind, type)
    check_kind("state_of", "state", state, TrainState)
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
    return unchecked(TrainState, 0, model, (), None, None)


def unbuilt(state: TrainState[M]) -> Unbuilt | None:
    """What the model of a state is made from, if it came out of a step on plain numbers."""
    make = pending(state, "model")
    return make if isinstance(make, Unbuilt) else None


def alike(state: TrainState[M]) -> M:
    """A model of the same structure as that of a state, which is not built for it."""
    known = unbuilt(state)
    if known is None:
        return state.model
    found: M = known.kind.template.model  # type: ignore[assignment]  # that of its training
    return found


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
    return unchecked(Kind, template, known_finite, optimizer)


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
    check_kind("parameter_numbers", "state", state, TrainState)
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
