"""Predictors: a trained model together with what its inputs and its outputs mean.

A model maps numbers to scores. A predictor knows besides which columns the numbers come from, how
they are scaled, and which class or which number a score stands for; and it can be saved.

>>> from microfp import datasets, nn, optim, trainer
>>> model = nn.mlp(1, [1], init="zeros")
>>> predictor = Predictor(
...     features=("weight",),
...     target="kind",
...     classes=("bird", "cat"),
...     inputs=datasets.Standardization(means=(2.0,), deviations=(1.0,)),
...     configuration=Configuration(hidden=(), loss="binary_cross_entropy"),
...     state=trainer.initial_state(model, optim.sgd(0.1)),
... )
>>> predict(predictor, [(4.5,)]), predict_probabilities(predictor, [(4.5,)])
(('bird',), ((0.5, 0.5),))
"""

import math
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import NamedTuple, TypeAlias

from returns.io import IOResult

from microfp.base.checks import check_kind, check_path, wrong_kind, wrong_value
from microfp.base.numbers import mean
from microfp.checkpoint import Format, load_record, save_record
from microfp.compiler.python.scores import costs, scores
from microfp.datasets import (
    SCHEMA_RECORDS,
    Dataset,
    Doubles,
    Matrix,
    Row,
    Schema,
    Split,
    Standardization,
    dataset,
    side_by_side,
)
from microfp.errors import DataError, FileError, ShapeError
from microfp.experiments.configurations import (
    AUTO,
    CLASSIFICATION,
    REGRESSION,
    Configuration,
    loss_of,
)
from microfp.experiments.scales import check_bounds, check_scale
from microfp.experiments.scores import (
    Score,
    check_rows,
    class_name,
    class_score,
    in_pieces,
    number_score,
)
from microfp.losses import Loss
from microfp.nn import MLP
from microfp.record import Record, attr, check_several
from microfp.trainer import TrainState
from microfp.tree import parameters

__all__ = [
    "FORMAT",
    "Prediction",
    "Predictor",
    "Score",
    "Tally",
    "class_name",
    "encode",
    "load_predictor",
    "mean_cost",
    "measure",
    "output_count",
    "predict",
    "predict_probabilities",
    "save_predictor",
    "score",
    "tally",
    "total_score",
]

Prediction: TypeAlias = str | float
"""A class by its name, or a number.

>>> predictions: list[Prediction] = ["cat", 4.5]
"""


class Predictor(Record):
    """A model with all that its predictions need.

    Whatever makes or changes a predictor checks that its parts fit.

    Raises:
        ValueError: If the parts do not fit.

    >>> Predictor.field_names()[:3]
    ('features', 'target', 'classes')
    """

    features: tuple[str, ...] = attr()
    """The names of the inputs, in the order in which the model takes them."""
    target: str = attr()
    """The name of what is predicted."""
    classes: tuple[str, ...] = attr(default=())
    """Their names, in the order of their labels; none where a number is predicted."""
    inputs: Standardization | None = attr(default=None)
    """How inputs are scaled before the model sees them; None for not at all."""
    targets: Standardization | None = attr(default=None)
    """How numbers to predict are scaled in training; None for not at all."""
    bounds: tuple[float, float] | None = attr(default=None)
    """The least and the largest number, in their own unit, that a network with hidden layers
    predicts, if its configuration is bounded; None for any number.
    """
    configuration: Configuration = attr()
    """What the model was trained by; its loss is not "auto"."""
    state: TrainState[MLP] = attr()
    """Where its training is; `state.model` is the model."""
    schema: Schema | None = attr(default=None)
    """How a table of text becomes features; None where they came as numbers."""
    split: Split | None = attr(default=None)
    """Which examples were held out; None where that went by their places in the file, as in
    files of an older microfp.
    """

    def __invariant__(self) -> tuple[bool, str]:
        """Raise the error that says what is wrong; pyrsistent's own would say only that."""
        _check_texts(self)
        _check_shapes(self)
        return True, ""

    @property
    def model(self) -> MLP:
        """The model itself, from scaled inputs to scores."""
        return self.state.model

    @property
    def limits(self) -> tuple[float, float] | None:
        """Between which numbers it predicts; None for any, as a linear model does."""
        bounded = self.configuration.bounded and self.configuration.hidden
        return self.bounds if bounded else None


# What has to fit


def _check_texts(predictor: Predictor) -> None:
    for name in ("features", "classes"):
        texts = predictor[name]
        if not isinstance(texts, tuple) or not all(isinstance(text, str) for text in texts):
            raise wrong_kind("Predictor", name, "a tuple of texts", texts)
        if len(set(texts)) < len(texts):
            raise wrong_value("Predictor", name, "different names", texts)
    loss = predictor.configuration.loss
    if loss == AUTO or (loss in CLASSIFICATION) != bool(predictor.classes):
        names = ", ".join(CLASSIFICATION if predictor.classes else REGRESSION)
        raise wrong_value(
            "Predictor", "configuration.loss", f"one of {names}", predictor["configuration"]
        )


def _check_shapes(predictor: Predictor) -> None:
    model = predictor.state.model
    if not isinstance(model, MLP):
        raise wrong_kind("Predictor", "state.model", "an MLP", model)
    found = len(model.layers[0].neurons[0].weights), len(model.layers[-1].neurons)
    wanted = len(predictor.features), output_count(predictor.configuration, predictor.classes)
    if found != wanted:
        raise ShapeError(
            f"Predictor: the model must have {wanted[0]} inputs and {wanted[1]} outputs, as many "
            f"as features and classes ask for, got {found[0]} and {found[1]}"
        )
    _check_schema(predictor)
    _check_split(predictor)
    check_scale("inputs", predictor.inputs, len(predictor.features))
    check_scale("targets", predictor.targets, 1)
    check_bounds(predictor.bounds, predictor.classes)


def _check_schema(predictor: Predictor) -> None:
    schema = predictor.schema
    if schema is None:
        return
    expected = predictor.features, (predictor.target,)
    if (schema.inputs, schema.targets) != expected:
        raise wrong_value(
            "Predictor",
            "schema",
            f"one that makes the features {', '.join(predictor.features):.100} and the target "
            f"{predictor.target:.40}",
            schema,
        )


def _check_split(predictor: Predictor) -> None:
    split = predictor.split
    if split is not None and split.classes != predictor.classes:
        raise wrong_value("Predictor", "split", "of the same classes", split)


def output_count(configuration: Configuration, classes: Sequence[str]) -> int:
    """Return how many scores a model has to give.

    Raises:
        DataError: If the loss has no meaning for so many classes.

    >>> output_count(Configuration(loss="softmax_cross_entropy"), ["a", "b", "c"])
    3
    """
    check_kind("output_count", "configuration", configuration, Configuration)
    check_several("output_count", "classes", "a sequence of texts", classes)
    if configuration.loss == "softmax_cross_entropy":
        expected, fits = "at least 2", len(classes) >= 2
    else:
        expected, fits = "2", len(classes) in (0, 2)
    if not fits:
        raise DataError(
            f"{configuration.loss}: there must be {expected} classes, got {len(classes)}"
        )
    return len(classes) if configuration.loss == "softmax_cross_entropy" else 1


# Predictions


def predict(predictor: Predictor, rows: Sequence[Sequence[float]]) -> tuple[Prediction, ...]:
    """Predict the class of each row, or its number.

    Args:
        predictor: A trained one.
        rows: The inputs, unscaled, in the order of `predictor.features`.

    Raises:
        ShapeError: If a row has more or fewer numbers than there are features.
        DataError: If scores are nan, as those of a model with a parameter that is nan.

    >>> from microfp import experiments
    >>> from microfp.datasets import from_rows
    >>> pets = from_rows([[4.5, "cat"], [0.1, "bird"], [5.0, "cat"], [0.2, "bird"]] * 5)
    >>> trained = experiments.run(Configuration(steps=40), pets).unwrap().predictor
    >>> predict(trained, [(4.0,), (0.3,)])
    ('cat', 'bird')
    """
    check_kind("predict", "predictor", predictor, Predictor)
    check_rows("predict", "rows", rows)
    found = _scores(predictor, rows)
    if not predictor.classes:
        return tuple(_answers(predictor, [row[0] for row in found]))
    return tuple(predictor.classes[_best(row)] for row in found)


def predict_probabilities(predictor: Predictor, rows: Sequence[Sequence[float]]) -> tuple[Row, ...]:
    """Predict how probable each class is for each row, in the order of `predictor.classes`.

    Args:
        predictor: A trained one, by a cross-entropy.
        rows: The inputs, unscaled, in the order of `predictor.features`.

    Raises:
        ValueError: If the loss gives the scores no meaning as probabilities.
        ShapeError: If a row has more or fewer numbers than there are features.
        DataError: If scores are nan, or infinite: no probability follows from them.

    Source: C. Bishop, Pattern Recognition and Machine Learning, 2006, equations 4.59 and 4.62.

    >>> from microfp import experiments
    >>> from microfp.datasets import from_rows
    >>> pets = from_rows([[4.5, "cat"], [0.1, "bird"], [5.0, "cat"], [0.2, "bird"]] * 5)
    >>> trained = experiments.run(Configuration(steps=0), pets).unwrap().predictor
    >>> [sum(row) for row in predict_probabilities(trained, [(4.0,), (0.3,)])]
    [1.0, 1.0]
    """
    check_kind("predict_probabilities", "predictor", predictor, Predictor)
    check_rows("predict_probabilities", "rows", rows)
    loss = predictor.configuration.loss
    if loss not in _LOGITS:
        expected = f"made by {' or '.join(_LOGITS)}"
        raise wrong_value("predict_probabilities", "the predictor", expected, loss)
    found = _scores(predictor, rows)
    for i, row in enumerate(found):
        if any(map(math.isinf, row)):
            raise DataError(
                f"predict_probabilities: rows[{i}] must have finite scores, got {row!r}"
            )
    return tuple(_softmax(_LOGITS[loss](row)) for row in found)


_LOGITS: dict[str, Callable[[Row], Row]] = {
    "binary_cross_entropy": lambda row: (0.0, row[0]),
    "softmax_cross_entropy": lambda row: row,
}
"""From scores to one logit per class: the sigmoid is the softmax of 0 and its argument."""


def _softmax(logits: Row) -> Row:
    largest = max(logits)
    powers = [math.exp(logit - largest) for logit in logits]
    whole = math.fsum(powers)
    return tuple(power / whole for power in powers)


def _best(row: Row) -> int:
    """The class of the largest score, the first of equals; a single score is that against 0."""
    scored = row if len(row) > 1 else (0.0, row[0])
    return max(range(len(scored)), key=scored.__getitem__)


def _scores(predictor: Predictor, rows: Sequence[Sequence[float]]) -> tuple[Row, ...]:
    width = len(predictor.features)
    for i, row in enumerate(rows):
        if len(row) != width:
            raise ShapeError(f"predict: rows[{i}] must hold {width} numbers, got {len(row)}")
    found = scores(predictor.model, _scaled(predictor, rows))
    for i, row in enumerate(found):
        if any(map(math.isnan, row)):
            raise DataError(f"predict: {_nan_cause(predictor, rows[i], i)}")
    return found


def _nan_cause(predictor: Predictor, row: Sequence[float], i: int) -> str:
    """Why the scores of a row are nan: by the model, by the row, or by what the two come to."""
    numbers = [parameter.data for parameter in parameters(predictor.model)]
    for place, number in enumerate(numbers):
        if not math.isfinite(number):
            return f"the parameters of the model must be finite, got {number!r} at {place}"
    for name, cell in zip(predictor.features, row, strict=True):
        if not math.isfinite(cell):
            return f"rows[{i}] must hold finite numbers, got {float(cell)!r} for {name}"
    return f"rows[{i}] must have scores, got nan, since numbers on the way overflow"


def _scaled(predictor: Predictor, rows: Sequence[Sequence[float]]) -> Sequence[Row]:
    if predictor.inputs is not None:
        return predictor.inputs.rows(rows)
    return rows if isinstance(rows, Matrix) else [tuple(map(float, row)) for row in rows]


def _answers(predictor: Predictor, found: Sequence[float]) -> list[float]:
    """The numbers that scores stand for, none of them out of limits."""
    numbers = _originals(predictor, found)
    if predictor.limits is None:
        return numbers
    low, high = predictor.limits
    return [min(max(number, low), high) for number in numbers]


# Measures


def encode(
    predictor: Predictor, rows: Sequence[Sequence[float]], targets: Sequence[Prediction]
) -> Dataset:
    """Make the dataset that the model sees: scaled inputs, and labels or scaled numbers.

    Args:
        predictor: What knows the scales and the classes.
        rows: The inputs, unscaled.
        targets: The name of its class for each row, or its number.

    Raises:
        DataError: If a class is none of the predictor's.

    >>> from microfp import experiments
    >>> from microfp.datasets import from_rows
    >>> pets = from_rows([[4.5, "cat"], [0.1, "bird"], [5.0, "cat"], [0.2, "bird"]])
    >>> trained = experiments.run(Configuration(steps=0, held_out=0.0), pets).unwrap().predictor
    >>> encode(trained, [(4.0,)], ["cat"]).ys
    (1.0,)
    """
    check_kind("encode", "predictor", predictor, Predictor)
    check_rows("encode", "rows", rows)
    check_several("encode", "targets", "a sequence of classes or numbers", targets)
    encoded = _class_labels if predictor.classes else _scaled_numbers
    xs, ys = _scaled(predictor, rows), encoded(predictor, targets)
    if isinstance(xs, Matrix):
        return dataset(*side_by_side(xs, Doubles(ys)), name=predictor.target)
    return dataset(xs, tuple(ys), name=predictor.target)


def _class_labels(predictor: Predictor, targets: Sequence[Prediction]) -> Iterator[float]:
    labels = _labels(predictor)
    for target in targets:  # a plain loop: it ends at the first class that is not known
        name = target if isinstance(target, str) else class_name(float(target))
        if name not in labels:
            known = ", ".join(predictor.classes)
            raise DataError(f"{predictor.target} must be one of {known:.200}, got {name!r:.40}")
        yield labels[name]


def _scaled_numbers(predictor: Predictor, targets: Sequence[Prediction]) -> Iterator[float]:
    scale = predictor.targets
    if scale is None:
        return map(float, targets)
    (mean,), (deviation,) = scale.means, scale.deviations
    return ((float(target) - mean) / deviation for target in targets)


def _labels(predictor: Predictor) -> dict[str, float]:
    """The label of each class, as the loss wants them: -1 and 1 for one score, else from 0 on."""
    single = output_count(predictor.configuration, predictor.classes) == 1
    numbers = (-1.0, 1.0) if single else range(len(predictor.classes))
    return {name: float(y) for name, y in zip(predictor.classes, numbers, strict=False)}


def score(
    predictor: Predictor, rows: Sequence[Sequence[float]], targets: Sequence[Prediction]
) -> Score:
    """Measure a predictor on examples whose targets are known.

    Args:
        predictor: A trained one.
        rows: The inputs, unscaled, in the order of `predictor.features`.
        targets: The name of its class for each row, or its number.

    Raises:
        DataError: If a class is none of the predictor's.

    >>> from microfp import experiments
    >>> from microfp.datasets import from_rows
    >>> pets = from_rows([[4.5, "cat"], [0.1, "bird"], [5.0, "cat"], [0.2, "bird"]] * 5)
    >>> trained = experiments.run(Configuration(steps=40), pets).unwrap().predictor
    >>> score(trained, [(4.0,), (0.3,)], ["cat", "cat"]).accuracy
    0.5
    """
    return measure(predictor, encode(predictor, rows, targets))


def measure(predictor: Predictor, encoded: Dataset) -> Score:
    """Measure a predictor on examples that `encode` has made.

    >>> from microfp import experiments
    >>> from microfp.datasets import from_rows
    >>> line = from_rows([[float(i), 2.0 * i] for i in range(20)])
    >>> trained = experiments.run(Configuration(hidden=(), steps=0), line).unwrap().predictor
    >>> measure(trained, encode(trained, [(1.0,)], [2.0])).examples
    1
    """
    check_kind("measure", "predictor", predictor, Predictor)
    check_kind("measure", "encoded", encoded, Dataset)
    return total_score(predictor, (tally(predictor, piece) for piece in in_pieces(encoded, PIECE)))


PIECE = 2_000
"""So many examples are measured at once: the scores of all of them would take much memory."""


class Tally(NamedTuple):
    """What a score is made of: a few numbers an example, so that examples may come in pieces.

    >>> Tally(targets=["cat"], predicted=["cat"], costs=[0.1], margins=[2.0]).predicted
    ['cat']
    """

    targets: Sequence[Prediction]
    """The class of each example, or its number in its own unit."""
    predicted: Sequence[Prediction]
    """What was predicted."""
    costs: Sequence[float]
    """The loss of each."""
    margins: Sequence[float]
    """Of classes, by how much the score of the second is larger than that of the first."""


def tally(predictor: Predictor, encoded: Dataset) -> Tally:
    """Find out what the score of some examples is made of; see `measure`.

    >>> from microfp import experiments
    >>> from microfp.datasets import from_rows
    >>> line = from_rows([[float(i), 2.0 * i] for i in range(20)])
    >>> trained = experiments.run(Configuration(hidden=(), steps=0), line).unwrap().predictor
    >>> list(tally(trained, encode(trained, [(1.0,)], [2.0])).targets)
    [2.0]
    """
    check_kind("tally", "predictor", predictor, Predictor)
    check_kind("tally", "encoded", encoded, Dataset)
    found = scores(predictor.model, encoded.xs)
    paid = array("d", costs(loss_of(predictor.configuration), found, encoded.ys))
    if not predictor.classes:
        own = array("d", _originals(predictor, encoded.ys))
        return Tally(own, array("d", _answers(predictor, [row[0] for row in found])), paid, ())
    names = {label: name for name, label in _labels(predictor).items()}
    targets = [names[y] for y in encoded.ys]
    answers = [predictor.classes[_best(row)] for row in found]
    return Tally(targets, answers, paid, array("d", map(_margin, found)))


def total_score(predictor: Predictor, tallies: Iterable[Tally]) -> Score:
    """Score what has come in pieces, as if it had come at once.

    Raises:
        DataError: If there is no example.

    >>> from microfp import experiments
    >>> from microfp.datasets import from_rows
    >>> line = from_rows([[float(i), 2.0 * i] for i in range(20)])
    >>> trained = experiments.run(Configuration(hidden=(), steps=0), line).unwrap().predictor
    >>> pieces = [tally(trained, encode(trained, [(x,)], [2.0 * x])) for x in (1.0, 2.0)]
    >>> total_score(trained, pieces).examples
    2
    """
    check_kind("total_score", "predictor", predictor, Predictor)
    check_several("total_score", "tallies", "a sequence of tallies", tallies)
    tallies = (check_kind("total_score", "each of tallies", it, Tally) for it in tallies)
    if predictor.classes:
        return _class_score(predictor, tallies)
    cost, targets, predicted = array("d"), array("d"), array("d")
    for piece in tallies:  # a plain loop: each piece may go when the next one comes
        cost.extend(piece.costs)
        targets.extend(map(float, piece.targets))
        predicted.extend(map(float, piece.predicted))
    _check_some(cost)
    return number_score(targets, predicted, loss=mean(cost))


def _class_score(predictor: Predictor, tallies: Iterable[Tally]) -> Score:
    cost, margins = array("d"), array("d")
    targets, predicted = list[str](), list[str]()
    for piece in tallies:  # a plain loop, as above
        cost.extend(piece.costs)
        margins.extend(piece.margins)
        targets.extend(map(str, piece.targets))
        predicted.extend(map(str, piece.predicted))
    _check_some(cost)
    return class_score(targets, predicted, predictor.classes, loss=mean(cost), margins=margins)


def _check_some(costs: Sequence[float]) -> None:
    if not costs:
        raise DataError("score: there must be an example whose target is known, got none")


def _originals(predictor: Predictor, numbers: Sequence[float]) -> list[float]:
    """Scaled numbers in their own unit."""
    scale = predictor.targets
    return [it if scale is None else it * scale.deviations[0] + scale.means[0] for it in numbers]


def _margin(row: Row) -> float:
    """By how much the score of the second class is larger than that of the first."""
    return row[0] if len(row) == 1 else row[1] - row[0]


def mean_cost(loss: Loss, found: Sequence[Row], encoded: Dataset) -> float:
    """The mean loss of scores that are known, without the penalty.

    >>> from microfp import losses
    >>> mean_cost(losses.mean_squared_error(), [(3.0,)], dataset([[0.0]], [1.0]))
    4.0
    """
    check_kind("mean_cost", "loss", loss, Loss)
    check_rows("mean_cost", "found", found)
    check_kind("mean_cost", "encoded", encoded, Dataset)
    return mean(costs(loss, found, encoded.ys))


# Files

FORMAT: Format[Predictor] = Format(
    "microfp predictor", 1, Predictor, (Configuration, Standardization, Split, *SCHEMA_RECORDS)
)
"""The file of a predictor.

>>> FORMAT.name, FORMAT.version
('microfp predictor', 1)
"""


def save_predictor(predictor: Predictor, path: str | PathLike[str]) -> IOResult[Path, FileError]:
    """Write a predictor into one readable JSON file, all of it or nothing; see `checkpoint.save`.

    >>> import pathlib, tempfile
    >>> from microfp import experiments
    >>> from microfp.datasets import from_rows
    >>> line = from_rows([[float(i), 2.0 * i] for i in range(20)])
    >>> trained = experiments.run(Configuration(steps=1), line).unwrap().predictor
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "model.json"
    >>> save_predictor(trained, path).bind(load_predictor).map(lambda it: it.features)
    <IOResult: <Success: ('0',)>>
    """
    check_kind("save_predictor", "predictor", predictor, Predictor)
    return save_record(predictor, check_path("save_predictor", "path", path), FORMAT)


def load_predictor(path: str | PathLike[str]) -> IOResult[Predictor, FileError]:
    """Read a predictor that `save_predictor` wrote.

    Returns:
        The predictor; or a CheckpointError that names the file, the place in it, what was
        expected and what stands there.

    >>> load_predictor("nowhere.json")
    <IOResult: <Failure: nowhere.json: must be a readable file: No such file or directory>>
    """
    return load_record(check_path("load_predictor", "path", path), FORMAT)
