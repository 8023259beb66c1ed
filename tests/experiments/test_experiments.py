"""An experiment splits, scales, trains, stops and measures as it says, and can go on."""

import math
from collections import Counter
from random import Random

import pytest
from returns.pipeline import is_successful
from sklearn.linear_model import LogisticRegression

from microfp import datasets, nn, optim, streams
from microfp.configurations import Configuration, loss_of, optimizer_of
from microfp.datasets import Dataset, dataset, iris
from microfp.errors import DataError
from microfp.experiments import conclude, extend, perform, predict, prepare, run, score, watch
from microfp.toolbox import last

SHORT = Configuration(hidden=(3,), steps=12, batch_size=8)
MOONS = datasets.moons(40)


def line(n: int = 40) -> Dataset:
    return dataset([[float(i), 1.0] for i in range(n)], [1e6 + 2e5 * i for i in range(n)])


# Before


@pytest.mark.parametrize("patience", [None, 2])
def test_each_class_has_its_share_in_every_part(patience: int | None) -> None:
    data = dataset([[float(i)] for i in range(100)], [0.0] * 60 + [1.0] * 40)
    experiment = prepare(Configuration(patience=patience), data)
    assert experiment.held_out is not None
    assert Counter(experiment.held_out.ys) == {-1.0: 15, 1.0: 10}
    assert Counter(experiment.training.ys)[1.0] == (30 if patience is None else 24)
    assert experiment.validation is None or Counter(experiment.validation.ys) == {-1.0: 9, 1.0: 6}


def test_the_penalty_follows_the_examples_that_are_trained_on() -> None:
    begun = prepare(SHORT.set(held_out=0.5), datasets.moons(800)).start.configuration
    assert begun.l2 == 2.0 / 400
    numbers = prepare(SHORT.set(held_out=0.5), line(800)).start.configuration
    assert numbers.l2 == 4.0 / 400  # as of the squares of deviations, not of their halves
    assert prepare(SHORT.set(l2=0.3), MOONS).start.configuration.l2 == 0.3


def test_the_split_depends_on_the_seed_alone() -> None:
    parts = [prepare(SHORT.set(seed=seed, standardize=False), MOONS).held_out for seed in (1, 1, 2)]
    assert parts[0] == parts[1] != parts[2]


@pytest.mark.parametrize(
    ("ys", "loss", "classes"),
    [
        ([-1.0, 1.0] * 10, "binary_cross_entropy", ("-1", "1")),
        ([0.0, 7.0] * 3, "binary_cross_entropy", ("0", "7")),
        ([1.0, 2.0, 3.0] * 10, "softmax_cross_entropy", ("1", "2", "3")),
        ([1.0, 2.0, 3.0] * 5, "mean_squared_error", ()),
        ([0.5, 1.0] * 10, "mean_squared_error", ()),
        ([float(i % 25) for i in range(500)], "mean_squared_error", ()),
        ([float(i) for i in range(30)], "mean_squared_error", ()),
    ],
)
def test_the_targets_choose_the_loss(ys: list[float], loss: str, classes: tuple[str, ...]) -> None:
    data = dataset([[float(i)] for i in range(len(ys))], ys)
    start = prepare(Configuration(), data).start
    assert (start.configuration.loss, start.classes) == (loss, classes)


def test_a_loss_that_is_asked_for_decides_what_targets_are() -> None:
    start = prepare(Configuration(loss="huber"), MOONS).start
    assert (start.classes, start.model.layers[-1].neurons[0].activation) == ((), "identity")
    start = prepare(Configuration(loss="softmax_cross_entropy"), MOONS).start
    assert (start.classes, len(start.model.layers[-1].neurons)) == (("-1", "1"), 2)


def test_the_scales_are_those_of_the_training_examples_alone() -> None:
    experiment = prepare(Configuration(patience=3), line(80))
    for column in zip(*experiment.training.xs, strict=True):
        assert math.fsum(column) == pytest.approx(0.0, abs=1e-9)
    assert math.fsum(experiment.training.ys) == pytest.approx(0.0, abs=1e-9)
    assert experiment.validation is not None
    assert experiment.held_out is not None
    assert abs(math.fsum(experiment.held_out.ys)) > 1e-3
    assert [len(experiment.training.ys), len(experiment.validation.ys)] == [48, 12]
    assert len(experiment.held_out.ys) == 20


def test_unscaled_numbers_stay_as_they_are() -> None:
    data = line()
    experiment = prepare(Configuration(standardize=False, held_out=0.0), data)
    assert (experiment.training.xs, experiment.training.ys) == (data.xs, data.ys)
    assert (experiment.start.inputs, experiment.start.targets) == (None, None)


@pytest.mark.parametrize(
    ("configuration", "data", "message"),
    [
        (SHORT.set(loss="max_margin"), iris(), "max_margin: there must be 2 classes, got 3"),
        (SHORT.set(loss="huber"), iris(), "huber: the targets must be numbers, got names"),
        (
            SHORT.set(loss="binary_cross_entropy"),
            dataset([[1.0], [2.0]], [1.0, 1.0]),
            "there must be two classes or more, got 1",
        ),
        (
            SHORT.set(loss="softmax_cross_entropy"),
            dataset([[float(i)] for i in range(9)], [float(i) for i in range(9)]),
            "at least two examples a class on average, got 9 classes for 9 examples",
        ),
        (
            SHORT,
            dataset([[1e200], [2.0], [3.0], [4.0]], [1.0, 2.5, 3.0, 4.0]),
            "the numbers of 0 must be at most 1e+150, got 1e+200",
        ),
        (SHORT, dataset([[1.0], [2.0]], [[1.0, 2.0], [3.0, 4.0]]), "must have one target"),
        (SHORT.set(held_out=0.99), MOONS, "leaves some on both sides, got 0.99"),
        (SHORT.set(hidden=(1000, 1000)), MOONS, "at most 1000000 parameters, not 1005001"),
    ],
)
def test_what_cannot_be_trained_is_said_at_once(
    configuration: Configuration, data: Dataset, message: str
) -> None:
    with pytest.raises(ValueError, match="must") as caught:
        prepare(configuration, data)
    assert message in str(caught.value)


# Between


def test_watching_is_training_on_what_was_prepared() -> None:
    experiment = prepare(SHORT, MOONS)
    configuration = experiment.start.configuration
    expected = streams.try_train(
        experiment.start.model,
        experiment.training,
        loss=loss_of(configuration),
        optimizer=optimizer_of(configuration),
        batch_size=8,
        seed=configuration.seed,
    )
    for seen, state in zip(watch(experiment), expected, strict=False):
        assert seen.unwrap().state.metrics == state.unwrap().metrics


def test_patience_keeps_the_model_of_the_least_validation_loss_and_stops() -> None:
    configuration = SHORT.set(hidden=(16,), steps=4000, patience=4, learning_rate=0.3, l2=0.0)
    experiment = prepare(configuration, MOONS.set(ys=tuple(float(i % 2) for i in range(40))))
    epoch = math.ceil(len(experiment.training.ys) / 8)
    watched = [result.unwrap() for result in watch(experiment)]
    assert len(watched) < 4000
    assert experiment.validation is not None
    measure = streams.held_out_loss(loss_of(experiment.start.configuration), experiment.validation)
    losses = {it.state.step: measure(it.state) for it in watched if it.state.step % epoch == 0}
    best = min(losses, key=losses.__getitem__)
    assert watched[-1].kept.step == best
    assert watched[-1].loss == pytest.approx(losses[best], rel=1e-9)
    assert watched[-1].state.step == best + 4 * epoch
    assert conclude(experiment, watched[-1]).predictor.state.step == best


def test_patience_judges_within_long_epochs_and_at_the_end() -> None:
    """With fewer steps than an epoch has, the untrained model was kept."""
    many = dataset([[i / 400.0] for i in range(400)], [3.0 * i for i in range(400)])
    configuration = Configuration(hidden=(), steps=50, batch_size=2, patience=5, learning_rate=0.1)
    experiment = prepare(configuration, many)
    assert len(experiment.training.ys) / 2 > 50
    watched = [result.unwrap() for result in watch(experiment)]
    assert len({it.loss for it in watched}) >= 5
    assert watched[-1].kept.step > 0
    outcome = conclude(experiment, watched[-1])
    assert outcome.held_out is not None
    assert (outcome.held_out.r2 or 0.0) > 0.9
    few = prepare(configuration.set(steps=1), many)
    assert [it.unwrap().kept.step for it in watch(few)] == [1]


def test_a_training_that_goes_on_keeps_the_model_it_came_with_if_no_other_is_better() -> None:
    configuration = SHORT.set(steps=200, patience=50, schedule="constant")
    begun = run(configuration, line(80)).unwrap().predictor
    wild = begun.set(configuration=begun.configuration.set(learning_rate=50.0))
    experiment = extend(wild, line(80), steps=20)
    watched = [result.unwrap() for result in watch(experiment)]
    assert watched[-1].kept.step == begun.state.step
    assert conclude(experiment, watched[-1]).predictor.model == begun.model


def test_numbers_that_diverge_end_the_stream_and_the_run() -> None:
    wild = SHORT.set(optimizer="sgd", learning_rate=1e300)
    *good, bad = watch(prepare(wild, MOONS))
    assert all(map(is_successful, good))
    assert str(bad.failure()).startswith("train: step ")
    assert str(run(wild, MOONS).failure()) == str(bad.failure())


# After


def test_a_line_of_large_numbers_is_learnt_without_a_thought() -> None:
    outcome = run(Configuration(hidden=(), l2=0.0), line()).unwrap()
    assert outcome.held_out is not None
    assert outcome.held_out.r2 is not None
    assert outcome.held_out.r2 > 0.999


def test_a_network_stays_near_the_numbers_that_it_was_trained_on() -> None:
    data = dataset([[i / 80] for i in range(81)], [min(i / 80, 0.5) for i in range(81)])
    configuration = Configuration(steps=200, held_out=0.0)
    for bounded, hidden, stays in (
        (True, (8,), True),
        (False, (8,), False),
        (True, (), False),
    ):
        chosen = configuration.set(bounded=bounded, hidden=hidden)
        predictor = run(chosen, data).unwrap().predictor
        assert predictor.bounds == pytest.approx((-0.05, 0.55))
        assert predictor.limits == (predictor.bounds if stays else None)
        (answer,) = predict(predictor, [(-100.0,)])
        assert (answer == -0.05) == stays
        measured = score(predictor, [(-100.0,), (0.1,)], [-0.05, 0.1])
        assert ((measured.r2 or 0.0) > 0.5) == stays


def test_a_training_that_goes_on_may_predict_what_it_has_seen_since() -> None:
    begun = run(Configuration(steps=5), line(40)).unwrap().predictor
    grown = extend(begun, line(80), steps=5).start
    same = extend(begun, line(40), steps=5).start
    assert begun.bounds is not None
    assert grown.bounds is not None
    assert same.bounds == begun.bounds
    assert grown.bounds[0] <= begun.bounds[0] < begun.bounds[1] < grown.bounds[1]


def test_groups_of_a_few_rows_each_are_told_apart() -> None:
    draw = Random(1)
    levels = [draw.gauss(0.0, 1.0) for _ in range(60)]
    named = [(f"group {i % 60}", y + 0.1 * draw.gauss(0.0, 1.0)) for i, y in enumerate(levels * 6)]
    held_out = run(Configuration(backend="native"), datasets.from_rows(named)).unwrap().held_out
    assert held_out is not None
    assert held_out.r2 is not None
    assert held_out.r2 > 0.9  # the levels are 0.99 of the variance


def test_irises_are_told_apart_as_scikit_learn_does_by_default() -> None:
    """Over five splits, by at most a flower less in two of them."""
    found, expected = 0.0, 0.0
    for seed in (1337, 2, 3, 4, 5):
        experiment = prepare(Configuration(seed=seed), iris())
        training, held_out = experiment.training, experiment.held_out
        score = perform(experiment).unwrap().held_out
        assert held_out is not None
        assert score is not None
        found += score.accuracy or 0.0
        regression = LogisticRegression().fit(training.xs, training.ys)
        expected += regression.score(held_out.xs, held_out.ys)
    assert found >= expected - 2.0 / 38.0 - 1e-9
    assert found / 5.0 >= 0.93


def test_the_same_configuration_gives_the_same_outcome() -> None:
    first, second = run(SHORT, MOONS).unwrap(), run(SHORT, MOONS).unwrap()
    assert (first.history, first.held_out) == (second.history, second.held_out)
    other = run(SHORT.set(seed=1), MOONS).unwrap()
    assert other.history != first.history


def test_metrics_are_kept_as_often_as_asked() -> None:
    history = run(SHORT, MOONS, log_every=5).unwrap().history
    assert [metrics.step for metrics in history] == [0, 5, 10]


# Further


def test_a_run_that_goes_on_is_the_one_that_was_never_interrupted() -> None:
    constant = SHORT.set(schedule="constant")
    whole = run(constant, MOONS).unwrap()
    part = run(constant.set(steps=7), MOONS).unwrap()
    rest = perform(extend(part.predictor, MOONS, steps=5)).unwrap()
    assert part.history.extend(rest.history) == whole.history
    assert rest.held_out == whole.held_out
    numbers = [[p.data for p in nn.parameters(it.predictor.model)] for it in (rest, whole)]
    assert numbers[0] == numbers[1]


@pytest.mark.parametrize("patience", [None, 20])
def test_in_data_that_grew_what_was_held_out_still_is(patience: int | None) -> None:
    """Where the count decided, nearly half of the held-out rows had been trained on."""
    many = datasets.moons(150, noise=0.2)
    first = MOONS.set(xs=many.xs[:110], ys=many.ys[:110])
    before = prepare(SHORT.set(patience=patience), first)
    begun = perform(before).unwrap().predictor
    turned = many.set(xs=many.xs[::-1], ys=many.ys[::-1])
    after = extend(begun, turned, steps=1)
    assert (before.validation is None) == (after.validation is None) == (patience is None)
    for old, new in (
        (before.training, after.training),
        (before.validation, after.validation),
        (before.held_out, after.held_out),
    ):
        if old is not None and new is not None:
            assert set(old.xs) < set(new.xs)
    assert after.held_out is not None
    assert 0.15 < len(after.held_out.ys) / 150 < 0.35


def test_a_predictor_of_before_goes_by_the_places_in_the_file() -> None:
    old = run(SHORT, MOONS).unwrap().predictor.set(split=None)
    experiment = extend(old, MOONS, steps=1)
    training, held_out = datasets.split(MOONS, seed=SHORT.seed, stratified=True)
    assert experiment.held_out is not None
    assert old.inputs is not None
    assert experiment.held_out.xs == tuple(map(old.inputs.row, held_out.xs))
    assert experiment.training.xs == tuple(map(old.inputs.row, training.xs))


def test_more_steps_are_said_in_epochs_too() -> None:
    begun = run(SHORT, MOONS).unwrap().predictor
    assert extend(begun, MOONS, epochs=3).start.configuration.steps == 12 + 3 * 4
    assert extend(begun, MOONS).start.configuration.steps == 12 + 500
    with pytest.raises(ValueError, match="epochs must be None where steps are given"):
        extend(begun, MOONS, steps=1, epochs=1)


def test_only_what_fits_can_go_on() -> None:
    begun = run(SHORT, MOONS).unwrap().predictor
    with pytest.raises(DataError, match="the inputs must be 0, 1, got 0"):
        extend(begun, line().set(xs=tuple((x,) for x, _ in line().xs)), steps=1)
    with pytest.raises(DataError, match="must be one of -1, 1, got '3'"):
        extend(begun, MOONS.set(ys=(1.0, 3.0) * 20), steps=1)
    sgd = optim.sgd(0.1)
    foreign = begun.set(state=streams.with_optimizer(begun.state, sgd))
    with pytest.raises(TypeError, match="the optimizer state must be that of adam"):
        extend(foreign, MOONS, steps=1)
    with pytest.raises(ValueError, match="steps must be an int >= 0"):
        extend(begun, MOONS, steps=-1)


def test_the_last_of_the_stream_is_what_the_outcome_is_measured_on() -> None:
    experiment = prepare(SHORT, MOONS)
    end = last(watch(experiment)).unwrap()
    assert conclude(experiment, end).held_out == perform(experiment).unwrap().held_out
