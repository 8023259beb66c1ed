"""A training, described by plain data: names and numbers instead of functions.

A `Configuration` can be written on a command line, saved in a file, compared and sent to another
process. `loss_of`, `optimizer_of` and `model_of` make of it what it names.

>>> configuration = Configuration(loss="mean_squared_error", optimizer="sgd", l2=0.0)
>>> loss_of(configuration).name, optimizer_of(configuration).name
('mean_squared_error', 'sgd')
"""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, Final, Literal, TypeAlias, get_args, overload

from microfp import schedules
from microfp.base.checks import (
    check_count,
    check_finite,
    check_flag,
    check_kind,
    check_non_negative,
    check_positive,
    check_seed,
    wrong_value,
)
from microfp.base.renaming import by_new_names, deprecated, renamed, warn_renamed
from microfp.losses import CLASSIFICATION, REGRESSION, Loss
from microfp.nn import ACTIVATIONS, MLP, ActivationName, mlp
from microfp.optim import OPTIMIZERS, RATES, Optimizer, OptimizerName
from microfp.record import Record, attr
from microfp.schedules import SCHEDULES, Schedule, ScheduleName
from microfp.trainer import Backend

__all__ = [
    "AUTO",
    "CLASSIFICATION",
    "LOSSES",
    "MOST_PARAMETERS",
    "OPTIMIZERS",
    "RATES",
    "REGRESSION",
    "SCHEDULES",
    "Configuration",
    "LossName",
    "epoch_of",
    "l2_of",
    "loss_of",
    "model_of",
    "optimizer_of",
    "penalty_of",
    "rate_of",
    "schedule_of",
    "steps_of",
]

AUTO: Final = "auto"
"""The loss that is chosen by the targets.

>>> Configuration().loss == AUTO
True
"""

MOST_PARAMETERS = 1_000_000
"""How large a model may be that is described in words.

>>> MOST_PARAMETERS
1000000
"""

MANY_EXAMPLES, LEAST_EPOCHS = 5_000, 20
LEAST_STEPS, MANY_STEPS = 500, 20_000

USUAL_PENALTY, LARGEST_PENALTY, PRIOR = 1e-3, 1e-2, 2.0

LossName: TypeAlias = Literal[
    "auto",
    "max_margin",
    "binary_cross_entropy",
    "softmax_cross_entropy",
    "mean_squared_error",
    "mean_absolute_error",
    "huber",
    "log_cosh",
    "quantile",
    "focal",
]
"""The name of a loss, or of one that suits the targets.

>>> names: list[LossName] = ["auto", "huber"]
"""

LOSSES: Mapping[str, Callable[[float], Loss]] = {**CLASSIFICATION, **REGRESSION}
"""Every loss that goes by a name.

>>> set(LOSSES) == {*CLASSIFICATION, *REGRESSION}
True
"""


class Configuration(Record):
    """What to train, and how: everything but the data.

    Whatever makes or changes a configuration (`Configuration(...)`, `set`) checks all of it.

    Raises:
        TypeError: A field is of the wrong kind.
        ValueError: A field is out of range, or no name that is known.

    >>> Configuration(hidden=(8, 8)).set(optimizer="sgd").hidden
    (8, 8)
    >>> Configuration(steps=-1)
    Traceback (most recent call last):
    ValueError: Configuration: steps must be an int >= 0, got -1
    """

    hidden: tuple[int, ...] = attr(default=(16,))
    """Widths of the hidden layers, each at least 1; none for a linear model."""
    activation: ActivationName = attr(default="relu")
    """Of the hidden layers, a name in `nn.ACTIVATIONS`."""
    loss: LossName = attr(default=AUTO)
    """A name in `LOSSES`, or "auto" for one that suits the targets."""
    optimizer: OptimizerName = attr(default="adam")
    """A name in `OPTIMIZERS`."""
    learning_rate: float | None = attr(default=None)
    """The largest rate, above 0; None for that of the optimiser in `RATES`."""
    schedule: ScheduleName = attr(default="cosine")
    """A name in `SCHEDULES`: how the rate goes on from there until the last step."""
    warm_up: int = attr(default=0)
    """How many steps the rate rises from 0 at first."""
    l2: float | None = attr(default=None)
    """The weight of the L2 penalty, at least 0; None for one that suits the number of
    examples. See `l2_of`.
    """
    steps: int | None = attr(default=None)
    """How many steps in all; None for `epochs`."""
    epochs: int | None = attr(default=None)
    """How many times to see all examples instead; None for so many that trainings usually
    converge. See `steps_of`.
    """
    batch_size: int | None = attr(default=32)
    """How many examples a step sees; None for all of them."""
    held_out: float = attr(default=0.25)
    """Which share of the examples is not trained on but measured at the end; at least
    0, for none, and below 1.
    """
    patience: int | None = attr(default=None)
    """Stop once the loss on examples set aside for it has not fallen for so many
    epochs, and keep the best model; None for never.
    """
    standardize: bool = attr(default=True)
    """Whether inputs, and targets that are no classes, are scaled to mean 0 and
    standard deviation 1 for training. The scale is that of the training examples.
    """
    bounded: bool = attr(default=True)
    """Whether a network with hidden layers predicts no number that lies further outside those it
    was trained on than a tenth of their range; what it does out there, no example has taught it.
    """
    seed: int = attr(default=1337)
    """What weights, splits and batches are drawn with, from 0 to 2**32 - 1."""
    backend: Backend = attr(default=AUTO)
    """How a step is computed; see `trainer.Backend`."""

    former_names: ClassVar[Mapping[str, str]] = {"penalty": "l2"}
    """What fields were called once: such files are read, and `set` warns."""

    if not TYPE_CHECKING:  # what checkers know of a record, they make of its fields

        def __new__(cls, *unnamed, **given):
            """Build a configuration from fields by the names that they have, or had."""
            return super().__new__(
                cls, *unnamed, **by_new_names("Configuration", given, cls.former_names)
            )

        def set(self, *args, **changes):
            """Return a copy with some fields changed: `set(x=1, y=2)`, or `set("x", 1)`."""
            changed = dict([args]) if args else changes
            return super().set(**by_new_names("Configuration", changed, self.former_names))

    @property
    @deprecated("`penalty` is called `l2`")
    def penalty(self) -> float | None:
        """What `l2` was called once.

        >>> import warnings
        >>> with warnings.catch_warnings(record=True, action="always"):
        ...     Configuration(l2=0.5).penalty
        0.5
        """
        warn_renamed("Configuration", "penalty", "l2")
        return self.l2

    def __invariant__(self) -> tuple[bool, str]:
        """Raise the error that says what is wrong; pyrsistent's own would say only that."""
        _check_names(self)
        _check_widths(self.hidden)
        _check_numbers(self)
        return True, ""


def _check_names(configuration: Configuration) -> None:
    known: Mapping[str, Sequence[str]] = {
        "activation": tuple(ACTIVATIONS),
        "loss": (AUTO, *LOSSES),
        "optimizer": tuple(OPTIMIZERS),
        "schedule": tuple(SCHEDULES),
        "backend": get_args(Backend),
    }
    for name, names in known.items():
        if configuration[name] not in names:
            raise wrong_value(
                "Configuration", name, f"one of {', '.join(names)}", configuration[name]
            )


def _check_widths(hidden: tuple[int, ...]) -> None:
    for i, width in enumerate(hidden):
        check_count("Configuration", f"hidden[{i}]", width, minimum=1)


def _check_numbers(configuration: Configuration) -> None:
    where = "Configuration"
    if configuration.learning_rate is not None:
        check_positive(where, "learning_rate", configuration.learning_rate)
    if configuration.l2 is not None:
        check_non_negative(where, "l2", configuration.l2)
    check_count(where, "warm_up", configuration.warm_up)
    for name in ("steps", "epochs"):
        if configuration[name] is not None:
            check_count(where, name, configuration[name])
    if configuration.steps is not None and configuration.epochs is not None:
        raise wrong_value(where, "epochs", "None where steps are given", configuration.epochs)
    if configuration.batch_size is not None:
        check_count(where, "batch_size", configuration.batch_size, minimum=1)
    if configuration.patience is not None:
        check_count(where, "patience", configuration.patience, minimum=1)
    if not 0.0 <= check_finite(where, "held_out", configuration.held_out) < 1.0:
        raise wrong_value(where, "held_out", "a share from 0 to below 1", configuration.held_out)
    check_flag(where, "standardize", configuration.standardize)
    check_flag(where, "bounded", configuration.bounded)
    check_seed(where, "seed", configuration.seed)


def loss_of(configuration: Configuration) -> Loss:
    """Make the loss that a configuration names.

    Raises:
        ValueError: If that is "auto", which has a meaning beside data only.

    >>> loss_of(Configuration(loss="huber")).name
    'huber'
    """
    check_kind("loss_of", "configuration", configuration, Configuration)
    if configuration.loss == AUTO:
        raise wrong_value("loss_of", "loss", f"one of {', '.join(LOSSES)}", AUTO)
    return LOSSES[configuration.loss](l2_of(configuration))


def l2_of(configuration: Configuration, examples: int | None = None) -> float:
    """Return the weight of the L2 penalty: the one that is given, or one that suits the examples.

    That is 2 / examples, but at most 0.01: the more examples there are, the less needs to be known
    beforehand. A loss of n examples, and n times this penalty, is least for the likeliest
    parameters where, before the examples, each is normally distributed with deviation 1/2. The mean
    squared error is twice the logarithm of a normal density, so its penalty is twice as much. On
    over a hundred tables of 32 to 15,000 rows it did better than 0.001 for all of them, which lets
    the smallest overfit, and the largest learn too little.

    Args:
        configuration: Its `l2`, and its loss.
        examples: How many there are to train on; None where that is not known, for 0.001.

    Source: C. Bishop, Pattern Recognition and Machine Learning, 2006, equation 1.67.

    >>> [l2_of(Configuration(), examples=n) for n in (50, 1_000, 20_000)]
    [0.01, 0.002, 0.0001]
    >>> l2_of(Configuration(loss="mean_squared_error"), examples=1_000)
    0.004
    >>> l2_of(Configuration(l2=0.5), examples=50), l2_of(Configuration())
    (0.5, 0.001)
    """
    check_kind("l2_of", "configuration", configuration, Configuration)
    if configuration.l2 is not None:
        return configuration.l2
    if examples is None:
        return USUAL_PENALTY
    squared = 2.0 if configuration.loss == "mean_squared_error" else 1.0
    return squared * min(PRIOR / max(examples, 1), LARGEST_PENALTY)


@deprecated("`penalty_of` is called `l2_of`")
def penalty_of(configuration: Configuration, examples: int | None = None) -> float:
    """Do what `l2_of` does, which was called so once.

    >>> import warnings
    >>> with warnings.catch_warnings(record=True, action="always"):
    ...     penalty_of(Configuration(l2=0.5))
    0.5
    """
    warn_renamed("experiments", "penalty_of", "l2_of")
    return l2_of(configuration, examples)


def rate_of(configuration: Configuration) -> float:
    """Return the largest learning rate: the one that is given, or that of the optimiser.

    >>> rate_of(Configuration(optimizer="sgd")), rate_of(Configuration(learning_rate=0.5))
    (0.1, 0.5)
    """
    check_kind("rate_of", "configuration", configuration, Configuration)
    given = configuration.learning_rate
    return RATES[configuration.optimizer] if given is None else given


def epoch_of(configuration: Configuration, examples: int) -> int:
    """Return how many steps see each of so many examples once.

    >>> epoch_of(Configuration(batch_size=32), 100), epoch_of(Configuration(batch_size=None), 100)
    (4, 1)
    """
    check_kind("epoch_of", "configuration", configuration, Configuration)
    check_count("epoch_of", "examples", examples, minimum=1)
    size = configuration.batch_size
    return 1 if size is None else math.ceil(max(examples, 1) / size)


def steps_of(configuration: Configuration, examples: int = 1) -> int:
    """Return how many steps there are: those that are given, or whole epochs.

    If neither steps nor epochs are given, there are 50 epochs, or 100 from 5,000 examples on, which
    overfitting takes longer on; more where those would be fewer than 500 steps, and fewer, down to
    20, where they would be more than 20,000. Measured on held-out examples of tables of 150 to
    50,000 rows, longer trainings gain little, and lose some on the smallest.

    Args:
        configuration: Its steps or epochs, and its batch size.
        examples: How many there are to train on.

    >>> steps_of(Configuration(steps=7)), steps_of(Configuration(epochs=3), examples=100)
    (7, 12)
    >>> [steps_of(Configuration(), examples=n) for n in (100, 1_000, 10_000, 100_000)]
    [500, 1600, 20032, 62500]
    """
    check_kind("steps_of", "configuration", configuration, Configuration)
    check_count("steps_of", "examples", examples, minimum=1)
    if configuration.steps is not None:
        return configuration.steps
    epoch, epochs = epoch_of(configuration, examples), configuration.epochs
    if epochs is None:
        usual = 100 if examples >= MANY_EXAMPLES else 50
        least, most = math.ceil(LEAST_STEPS / epoch), math.ceil(MANY_STEPS / epoch)
        epochs = max(least, min(usual, most), LEAST_EPOCHS)
    return epochs * epoch


def schedule_of(configuration: Configuration) -> Schedule:
    """Make the learning rate as a function of the step.

    Where epochs are given instead of steps, `prepare` knows how many steps they are; here they are
    those of a single batch.

    >>> rate = schedule_of(Configuration(learning_rate=0.5, schedule="linear", steps=10))
    >>> rate(0), rate(5), rate(10)
    (0.5, 0.25, 0.0)
    """
    check_kind("schedule_of", "configuration", configuration, Configuration)
    rate, rising = rate_of(configuration), configuration.warm_up
    after = SCHEDULES[configuration.schedule](rate, max(steps_of(configuration) - rising, 1))
    return schedules.warm_up(after, rising) if rising else after


def optimizer_of(configuration: Configuration) -> Optimizer:
    """Make the optimiser that a configuration names, with its schedule.

    >>> optimizer_of(Configuration(optimizer="lion")).name
    'lion'
    """
    check_kind("optimizer_of", "configuration", configuration, Configuration)
    return OPTIMIZERS[configuration.optimizer](schedule_of(configuration))


@overload
def model_of(configuration: Configuration, n_in: int, n_out: int) -> MLP: ...
@overload
@deprecated("`inputs` and `outputs` are called `n_in` and `n_out`")
def model_of(configuration: Configuration, *, inputs: int, outputs: int) -> MLP: ...
@renamed(inputs="n_in", outputs="n_out")
def model_of(configuration: Configuration, n_in: int, n_out: int) -> MLP:
    """Make the model before its training, with weights that suit its activation.

    Args:
        configuration: Its hidden layers, activation and seed.
        n_in: How many numbers an example has.
        n_out: How many scores.

    Raises:
        ValueError: If it would have more than `MOST_PARAMETERS` parameters.

    >>> [len(layer.neurons) for layer in model_of(Configuration(hidden=(8,)), 4, 3).layers]
    [8, 3]
    """
    check_kind("model_of", "configuration", configuration, Configuration)
    check_count("model_of", "n_in", n_in, minimum=1)
    check_count("model_of", "n_out", n_out, minimum=1)
    widths = (n_in, *configuration.hidden, n_out)
    count = sum((above + 1) * below for above, below in pairwise(widths))
    if count > MOST_PARAMETERS:
        expected = f"widths that make at most {MOST_PARAMETERS} parameters, not {count}"
        raise wrong_value("Configuration", "hidden", expected, configuration.hidden)
    return mlp(
        n_in,
        widths[1:],
        activation=configuration.activation,
        init="he" if configuration.activation in ("relu", "softplus") else "glorot",
        seed=configuration.seed,
    )
