"""What was measured in the steps of a training: records, made when somebody reads them.

>>> from microfp import datasets, nn, trainer
>>> run = trainer.fit(nn.mlp(2, [1]), datasets.moons(4), steps=3)
>>> [metrics.step for metrics in run.history]
[0, 1, 2]
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from pyrsistent import PVector, pvector

from microfp.base.deferring import Pending
from microfp.record import Record, attr, unchecked_many

__all__ = ["Logged", "Metrics", "Unrecorded"]


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


class Logged(NamedTuple):
    """What was measured in some steps: a column for each field of `Metrics`."""

    steps: Sequence[int]
    losses: Sequence[float]
    data_losses: Sequence[float]
    penalties: Sequence[float]
    accuracies: Sequence[float | None]
    learning_rates: Sequence[float | None]
    gradient_norms: Sequence[float]


class Unrecorded(Pending):
    """The history of a training that nobody has read yet.

    >>> unread = Unrecorded(Logged([0], [1.5], [1.5], [0.0], [None], [0.1], [2.0]))
    >>> [metrics.loss for metrics in unread()]
    [1.5]
    """

    __slots__ = ("logged",)

    def __init__(self, logged: Logged) -> None:
        """Wait with what was measured."""
        self.logged: Logged = logged

    @property
    def make(self) -> Callable[[], PVector[Metrics]]:
        """Itself: who finds it in a run can read a column alone."""
        return self

    def __call__(self) -> PVector[Metrics]:
        """The records of the steps."""
        return pvector(unchecked_many(Metrics, *self.logged))
