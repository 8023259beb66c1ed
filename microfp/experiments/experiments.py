"""Experiments: from a configuration and a dataset to a trained predictor and its scores.

It is all that the command `microfp train` does, as pure functions: split, scale, train, stop,
measure.

>>> from microfp import datasets
>>> outcome = run(Configuration(hidden=(8,), steps=100), datasets.moons(100)).unwrap()
>>> [score.examples for score in (outcome.training, outcome.held_out) if score]
[75, 25]
>>> outcome.held_out is not None and outcome.held_out.loss < 0.5
True
"""

import sys
from collections.abc import Mapping, Sequence
from functools import partial

from pyrsistent import PVector, pvector
from returns.result import Failure, Result, Success

from microfp.base.checks import check_count, check_kind, wrong_kind
from microfp.base.threads import Threads
from microfp.datasets import (
    Dataset,
    Examples,
    Matrix,
    Split,
    Standardization,
    as_dataset,
    columns_in,
    content_parts,
    dataset,
    schema_of,
    split,
    split_parts,
    standardize,
)
from microfp.errors import DataError
from microfp.experiments.configurations import (
    AUTO,
    CLASSIFICATION,
    REGRESSION,
    Configuration,
    LossName,
    l2_of,
    model_of,
    optimizer_of,
    rate_of,
    steps_of,
)
from microfp.experiments.predictors import (
    Prediction,
    Predictor,
    Score,
    class_name,
    encode,
    measure,
    output_count,
)
from microfp.experiments.watching import Experiment, Watched, watch
from microfp.nn import MLP
from microfp.record import Record, attr, check_several
from microfp.trainer import Metrics, initial_state
from microfp.trainer.streams import Diverged

__all__ = [
    "VALIDATION",
    "Experiment",
    "Outcome",
    "Watched",
    "again",
    "conclude",
    "extend",
    "perform",
    "prepare",
    "run",
    "watch",
]

VALIDATION = 0.2
"""The share of the training examples that is set aside where a run has patience.

>>> from microfp import datasets
>>> experiment = prepare(Configuration(patience=1, held_out=0.0), datasets.moons(100))
>>> experiment.validation is not None and len(experiment.validation.xs) == VALIDATION * 100
True
"""

MOST_CLASSES = 20
"""Whole numbers are taken for classes if they are no more than these, and ten times as common."""

LARGEST = 1e150
"""The largest number that can be standardized: its square has to be a float."""


class Outcome(Record):
    """A finished experiment.

    >>> from microfp import datasets
    >>> run(Configuration(steps=3), datasets.moons(40)).unwrap().steps
    3
    """

    predictor: Predictor = attr()
    """The trained one."""
    steps: int = attr()
    """How many steps were done; with patience, more than those of the model that was kept."""
    training: Score = attr()
    """How well it does on what it was trained on."""
    validation: Score | None = attr(default=None)
    """On what decided when to stop, if there was any."""
    held_out: Score | None = attr(default=None)
    """On examples that it has never seen, if there are any."""
    history: PVector[Metrics] = attr(default=pvector())
    """The metrics of the steps that were logged, each of the batch of its step."""


def run(
    configuration: Configuration, dataset: Examples, *, log_every: int = 1, threads: Threads = 1
) -> Result[Outcome, Diverged[MLP]]:
    """Prepare, train and measure.

    Args:
        configuration: What to train, and how.
        dataset: All examples, unscaled, with one target each.
        log_every: Keep the metrics of every so many steps.
        threads: How many threads compute a step, where the backend is native; see `watch`.

    Returns:
        The outcome, or where and why the numbers diverged.

    Raises:
        DataError, ShapeError, ValueError, TypeError: At once, for what cannot be trained.

    >>> from microfp import datasets
    >>> line = datasets.dataset([[float(i)] for i in range(40)], [2.0 * i + 1.0 for i in range(40)])
    >>> outcome = run(Configuration(hidden=(), l2=0.0), line).unwrap()
    >>> outcome.held_out is not None and round(outcome.held_out.r2 or 0.0, 3)
    1.0
    """
    return perform(prepare(configuration, dataset), log_every=log_every, threads=threads)


def perform(
    experiment: Experiment, *, log_every: int = 1, threads: Threads = 1
) -> Result[Outcome, Diverged[MLP]]:
    """Train and measure what has been prepared; see `run`.

    >>> from microfp import datasets
    >>> perform(prepare(Configuration(steps=2), datasets.moons(40))).unwrap().steps
    2
    """
    check_kind(
        "perform", "experiment", experiment, Experiment, example="prepare(configuration, dataset)"
    )
    every = check_count("perform", "log_every", log_every, minimum=1)
    last, history = None, list[Metrics]()
    for result in watch(experiment, threads=threads):  # a plain loop: it ends at the first failure
        if isinstance(result, Failure):
            return result
        last = result.unwrap()
        metrics = last.state.metrics
        if metrics is not None and metrics.step % every == 0:
            history.append(metrics)
    return Success(conclude(experiment, last, history))


# Before


def prepare(configuration: Configuration, dataset: Examples) -> Experiment:
    """Choose a loss by the targets, split the examples, fit the scales, make the model.

    Targets are classes if the loss says so; for "auto", if the data name their classes, or if they
    are whole numbers, two different ones or few in comparison with the examples.

    Args:
        configuration: What to train, and how.
        dataset: All examples, unscaled, with one target each. Its metadata may name "columns",
            "target" and "classes".

    Raises:
        DataError: If the examples do not suit the configuration.
        ValueError: If the model would be too large, or a part of the split empty.

    >>> from microfp import datasets
    >>> experiment = prepare(Configuration(), datasets.moons(100))
    >>> experiment.start.configuration.loss, experiment.start.classes
    ('binary_cross_entropy', ('-1', '1'))
    """
    check_kind("prepare", "configuration", configuration, Configuration)
    dataset = as_dataset("prepare", dataset)
    _check_targets(dataset)
    chosen = configuration.set(
        loss=_chosen_loss(configuration, dataset), learning_rate=rate_of(configuration)
    )
    names = _class_names(dataset) if chosen.loss in CLASSIFICATION else {}
    split, parts = _split(chosen, dataset, names)
    training = parts["training"]
    counted = _counted(chosen, len(training.ys))
    return _experiment(_start(counted, dataset, training, split), parts, names)


def _counted(configuration: Configuration, examples: int) -> Configuration:
    """The configuration with all that depends on the number of examples to train on."""
    return configuration.set(
        steps=steps_of(configuration, examples),
        epochs=None,
        l2=l2_of(configuration, examples),
    )


def again(experiment: Experiment, configuration: Configuration) -> Experiment:
    """Prepare the examples of an experiment for another configuration, without a copy of them.

    Args:
        experiment: One that no step was made of.
        configuration: Another one, of the same loss, seed, share held out and scaling, and with
            patience if that one has any: what decides how examples are split and scaled.

    >>> from microfp import datasets
    >>> first = prepare(Configuration(), datasets.moons(100))
    >>> second = again(first, Configuration(hidden=(4,)))
    >>> second.start.configuration.hidden, second.training is first.training
    ((4,), True)
    """
    check_kind("again", "experiment", experiment, Experiment)
    check_kind("again", "configuration", configuration, Configuration)
    start = experiment.start
    chosen = configuration.set(loss=start.configuration.loss, learning_rate=rate_of(configuration))
    counted = _counted(chosen, len(experiment.training.ys))
    model = model_of(counted, len(start.features), output_count(counted, start.classes))
    state = initial_state(model, optimizer_of(counted))
    return experiment.set(start=start.set(configuration=counted, state=state))


def extend(
    predictor: Predictor, dataset: Examples, *, steps: int | None = None, epochs: int | None = None
) -> Experiment:
    """Go on with the training of a predictor, in the way in which it was begun.

    The schedule is that of a training of all steps, so with a constant rate it is the training
    that was never interrupted, bit for bit.

    Args:
        predictor: One that was trained before, on examples of the same columns and classes.
        dataset: All examples, unscaled: those of before, with others or without. Those that were
            held out are again; of others, about the same share. Where `predictor.split` is None,
            the places in the file decide, so that it has to be the same one.
        steps: How many more steps; None for `epochs`.
        epochs: How many more epochs instead; None for as many as `steps_of` says.

    Raises:
        DataError: If the examples do not suit the predictor.
        ValueError: If steps or epochs are below 0, or both are given.

    >>> from microfp import datasets
    >>> short = Configuration(steps=10, schedule="constant")
    >>> begun = run(short, datasets.moons(40)).unwrap().predictor
    >>> extend(begun, datasets.moons(40), steps=5).start.configuration.steps
    15
    """
    check_kind("extend", "predictor", predictor, Predictor)
    more = predictor.configuration.set(steps=steps, epochs=epochs)
    dataset = as_dataset("extend", dataset)
    _check_targets(dataset)
    _check_columns(predictor, dataset)
    _check_memory(predictor)
    names = _class_names(dataset) if predictor.classes else {}
    parts = (
        _parts_by_place(more, dataset, stratified=bool(names))
        if predictor.split is None
        else split_parts(predictor.split, dataset, _targets(dataset, names))
    )
    end = predictor.state.step + steps_of(more, len(parts["training"].ys))
    begun = _widened(predictor, parts["training"].ys)
    return _experiment(begun.set(configuration=more.set(steps=end, epochs=None)), parts, names)


def _check_targets(dataset: Dataset) -> None:
    if dataset.further_ys:
        raise DataError("prepare: each example must have one target, got several")


def _check_columns(predictor: Predictor, dataset: Dataset) -> None:
    expected, got = predictor.features, _columns(dataset)
    if expected != got:
        raise DataError(
            f"extend: the inputs must be {', '.join(expected):.100}, got {', '.join(got):.100}"
        )


def _check_memory(predictor: Predictor) -> None:
    """Check that the state is one of the optimiser and of the model that it belongs to."""
    fresh = initial_state(predictor.model, optimizer_of(predictor.configuration))
    if _shape(fresh.optimizer_state) != _shape(predictor.state.optimizer_state):
        expected = f"that of {predictor.configuration.optimizer} for this model"
        raise wrong_kind("extend", "the optimizer state", expected, "another")


def _shape(state: object) -> object:
    if isinstance(state, PVector):
        return len(state)
    if isinstance(state, tuple):
        return tuple(_shape(item) for item in state)
    if isinstance(state, Record):
        return type(state).__name__, tuple(_shape(field) for field in state.values())
    return type(state).__name__


def _chosen_loss(configuration: Configuration, dataset: Dataset) -> LossName:
    if configuration.loss in REGRESSION and "classes" in dataset.metadata:
        classes = "; for classes there are auto, binary_cross_entropy and softmax_cross_entropy"
        raise DataError(
            f"{configuration.loss}: the targets must be numbers, got names of classes{classes}"
        )
    if configuration.loss != AUTO:
        return configuration.loss
    labels = set(dataset.ys)
    if not _look_like_classes(dataset, labels):
        return "mean_squared_error"
    return "binary_cross_entropy" if len(labels) == 2 else "softmax_cross_entropy"


def _look_like_classes(dataset: Dataset, labels: set[float]) -> bool:
    few = len(labels) == 2 or len(labels) <= min(MOST_CLASSES, len(dataset.ys) // 10)
    whole = all(label.is_integer() for label in labels)
    return len(labels) > 1 and ("classes" in dataset.metadata or (few and whole))


def _class_names(dataset: Dataset) -> dict[float, str]:
    """The name of each label, in the order of the labels."""
    labels = sorted(set(dataset.ys))
    if len(labels) < 2:
        raise DataError(f"prepare: there must be two classes or more, got {len(labels)}")
    given = dataset.metadata.get("classes")
    if 2 * len(labels) > len(dataset.ys) > 4:
        named = "another column is predicted with target, --target"
        cure = named if given else "numbers to predict want the loss mean_squared_error"
        target = "".join(_texts(dataset, "target", 1))
        where = f" of {target:.40}" if target else ""
        raise DataError(
            f"prepare: there must be at least two examples a class{where} on average, "
            f"got {len(labels)} classes for {len(dataset.ys)} examples; {cure}"
        )
    known = given if isinstance(given, tuple) and len(given) == len(labels) else None
    return dict(zip(labels, known or map(class_name, labels), strict=True))


def _split(
    configuration: Configuration, dataset: Dataset, names: Mapping[float, str]
) -> tuple[Split, Mapping[str, Dataset]]:
    return content_parts(
        dataset,
        _targets(dataset, names),
        classes=tuple(names.values()),
        held_out=configuration.held_out,
        validation=0.0 if configuration.patience is None else VALIDATION,
        seed=configuration.seed,
    )


def _parts_by_place(
    configuration: Configuration, dataset: Dataset, *, stratified: bool
) -> dict[str, Dataset]:
    """The parts of a training that was begun before splits followed what examples hold."""
    seed, share = configuration.seed, configuration.held_out
    cut = partial(split, seed=seed, stratified=stratified)
    rest, held_out = cut(dataset, held_out=share) if share else (dataset, None)
    patient = configuration.patience is not None
    rest, validation = cut(rest, held_out=VALIDATION) if patient else (rest, None)
    parts = {"training": rest, "validation": validation, "held_out": held_out}
    return {name: part for name, part in parts.items() if part is not None}


def _start(
    configuration: Configuration, whole: Dataset, training: Dataset, split: Split
) -> Predictor:
    """The predictor before its training."""
    classes = split.classes
    columns, scaled = _columns(whole), configuration.standardize
    model = model_of(configuration, len(columns), output_count(configuration, classes))
    numbers = dataset(Matrix([training.ys]), training.ys)
    (target,) = _texts(whole, "target", 1) or ("target",)
    return Predictor(
        features=columns,
        target=target,
        classes=classes,
        inputs=_scales(training, columns) if scaled else None,
        targets=_fitted(numbers, (target,)) if scaled and not classes else None,
        bounds=None if classes else _bounds(training.ys),
        configuration=configuration,
        state=initial_state(model, optimizer_of(configuration)),
        schema=schema_of(whole),
        split=split,
    )


MARGIN = 0.1
"""By this share of their range, predictions may leave the numbers that were trained on."""


def _bounds(numbers: Sequence[float]) -> tuple[float, float]:
    """How far a network may go outside of the numbers that it was trained on."""
    low, high = min(numbers), max(numbers)
    margin, largest = MARGIN * (high - low), sys.float_info.max
    return max(low - margin, -largest), min(high + margin, largest)


def _widened(predictor: Predictor, numbers: Sequence[float]) -> Predictor:
    """The predictor whose bounds hold further examples too."""
    if predictor.bounds is None:
        return predictor
    lows, highs = zip(predictor.bounds, _bounds(numbers), strict=True)
    return predictor.set(bounds=(min(lows), max(highs)))


def _scales(training: Dataset, columns: Sequence[str]) -> Standardization:
    """The scale of each input; of a table, what is 0 or 1 alone stays so.

    Divided by its deviation, a category that is rare would be larger than all other inputs.
    """
    fitted = _fitted(training, columns)
    if schema_of(training) is None:
        return fitted
    binary = [all(map((0.0, 1.0).__contains__, column)) for column in columns_in(training.xs)]
    means = zip(fitted.means, binary, strict=True)
    deviations = zip(fitted.deviations, binary, strict=True)
    return Standardization(
        means=tuple(0.0 if stays else mean for mean, stays in means),
        deviations=tuple(1.0 if stays else deviation for deviation, stays in deviations),
    )


def _fitted(training: Dataset, columns: Sequence[str]) -> Standardization:
    for name, cells in zip(columns, columns_in(training.xs), strict=True):
        if max(map(abs, cells)) > LARGEST:
            raise DataError(
                f"prepare: the numbers of {name:.40} must be at most {LARGEST:g}, "
                f"got {max(cells, key=abs):g}; leave it out, by --drop"
            )
    return standardize(training)


def _columns(dataset: Dataset) -> tuple[str, ...]:
    """The names of the inputs; their places where they have none."""
    width = len(dataset.xs[0])
    return _texts(dataset, "columns", width) or tuple(map(str, range(width)))


def _texts(dataset: Dataset, name: str, count: int) -> tuple[str, ...]:
    """So many texts of the metadata; none where they are not there."""
    texts = dataset.metadata.get(name)
    found = isinstance(texts, tuple) and len(texts) == count == len(set(texts))
    return tuple(map(str, texts)) if found and isinstance(texts, tuple) else ()


def _experiment(
    start: Predictor, parts: Mapping[str, Dataset], names: Mapping[float, str]
) -> Experiment:
    encoded = {part: encode(start, data.xs, _targets(data, names)) for part, data in parts.items()}
    return Experiment(start=start, **encoded)


def _targets(dataset: Dataset, names: Mapping[float, str]) -> Sequence[Prediction]:
    return [names[y] for y in dataset.ys] if names else dataset.ys


# After


def conclude(
    experiment: Experiment, last: Watched | None, history: Sequence[Metrics] = ()
) -> Outcome:
    """Measure what a training has come to.

    Args:
        experiment: What was trained.
        last: The last item of its stream; None where there was no step.
        history: The metrics that are worth keeping.

    >>> from microfp import datasets
    >>> conclude(prepare(Configuration(), datasets.moons(40)), None).steps
    0
    """
    check_kind("conclude", "experiment", experiment, Experiment)
    if last is not None:
        check_kind("conclude", "last", last, Watched)
    check_several("conclude", "history", "a sequence of metrics", history)
    kept = experiment.start.state if last is None else last.kept
    predictor = experiment.start.set(state=kept)
    validation, held_out = experiment.validation, experiment.held_out
    return Outcome(
        predictor=predictor,
        steps=kept.step if last is None else last.state.step,
        training=measure(predictor, experiment.training),
        validation=None if validation is None else measure(predictor, validation),
        held_out=None if held_out is None else measure(predictor, held_out),
        history=pvector(history),
    )
