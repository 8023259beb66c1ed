"""A rule, lifted over the parameters, computes what it computes alone, and says what it is."""

import pytest
from pyrsistent import pvector

from microfp import datasets, nn, ops, optim, trainer, value
from microfp.optim import (
    Numbers,
    Optimizer,
    Rule,
    accumulate_gradients,
    adam,
    adamw,
    chain,
    clip,
    from_rule,
    momentum,
    scale,
    sgd,
)
from microfp.record import Record, attr
from microfp.schedules import linear
from microfp.toolbox import last, take
from microfp.values import Value
from tests.optim.steps import NAMED, ONE, PARTS, fed


class Seen(Record):
    steps: int = attr()


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_an_update_changes_no_argument_and_gives_the_same_twice(part: Optimizer) -> None:
    p, g = pvector([1.0, 2.0, 3.0]), pvector([0.1, 0.2, 0.3])
    state = part.init(p)
    before = repr(state)
    assert part.update(g, state, p, 0) == part.update(g, state, p, 0)
    assert repr(state) == before


class CountState(Record):
    """What a rule remembers that looks at nothing but the time."""

    count: int = attr()


def test_a_rule_that_remembers_nothing_else_still_counts_its_uses() -> None:
    slower = Rule(
        function=lambda g, slots, p, coefficients: (coefficients[0] * g, slots),
        state=CountState,
        coefficients=lambda count: (1.0 / (count + 1),),
    )
    assert fed(from_rule("slower", slower), [[6.0]] * 3) == [[6.0], [3.0], [2.0]]


@pytest.mark.parametrize("optimizer", NAMED, ids=lambda optimizer: optimizer.name)
def test_the_rules_alone_compute_the_update(optimizer: Optimizer) -> None:
    """As traced on nodes of a graph: the same bounded as the lifted rules give on floats."""
    assert optimizer.rules is not None
    rules = [use.rule for use in optimizer.rules]
    slots = [tuple(map(value, rule.initial)) for rule in rules]
    x, expected = value(1.0), fed(optimizer, [[2.0], [-0.5], [0.25]])
    for step, slope in enumerate((2.0, -0.5, 0.25)):
        update: ops.Operand = value(slope)
        for i, rule in enumerate(rules):
            totals = (r.result(r.term(x if r.of_parameters else update)) for r in rule.reductions)
            coefficients = (*map(value, rule.coefficients(step)), *totals)
            update, slots[i] = rule.function(  # type: ignore[assignment]  # slots of values
                update, slots[i], x, coefficients
            )
        assert isinstance(update, Value)
        assert update.data == expected[step][0]
        x = x + update


def test_the_records_of_a_state_are_those_of_the_rules() -> None:
    def records(state: object) -> list[type]:
        if isinstance(state, tuple):
            return [kind for part in state for kind in records(part)]
        return [type(state)]

    for optimizer in NAMED:
        nested = chain(clip(1.0), chain(optimizer), scale(2.0))
        state = nested.init(pvector([1.0]))
        assert records(state) == [use.rule.state for use in nested.rules or ()]


def test_a_rate_is_checked_when_it_is_used() -> None:
    with pytest.raises(ValueError, match=r"the rate at step 3 must be a finite number >= 0"):
        fed(sgd(lambda step: 0.1 if step < 3 else -0.1), [[1.0]] * 4)


def test_the_state_of_another_optimiser_is_refused() -> None:
    p = pvector([1.0])
    foreign = adam(0.1).init(p)
    with pytest.raises(TypeError, match="chain: the optimizer state must be 3 states"):
        adamw(0.1).update(p, foreign, p, 0)
    with pytest.raises(TypeError, match="trace: the optimizer state must be a TraceState"):
        momentum(0.1).update(p, foreign, p, 0)
    with pytest.raises(TypeError, match="must be an AccumulationState"):
        accumulate_gradients(every=2).update(p, foreign, p, 0)


@pytest.mark.parametrize("rate", [-1.0, float("nan"), float("inf")])
def test_a_schedule_is_found_out_at_the_step_where_it_goes_wrong(rate: float) -> None:
    optimizer = sgd(lambda step: 0.1 if step < 3 else rate)
    optimizer.update(ONE, (), ONE, 2)
    with pytest.raises(ValueError, match=r"the rate at step 3 must be a finite number >= 0, got"):
        optimizer.update(ONE, (), ONE, 3)


def halved(step: int) -> float:
    return 0.5**step


@pytest.mark.parametrize(
    ("optimizer", "line"),
    [
        (optim.adam(0.1), "Optimizer(name='adam', learning_rate=constant(0.1, ...))"),
        (sgd(linear(1.0, 0.5, 9)), "Optimizer(name='sgd', learning_rate=linear(1.0, 0.5, 9, ...))"),
        (sgd(halved), "Optimizer(name='sgd', learning_rate=halved)"),
        (sgd(0.1)._replace(learning_rate=halved), "Optimizer(name='sgd', learning_rate=halved)"),
        (chain(), "Optimizer(name='')"),
    ],
)
def test_the_repr_of_an_optimiser_is_its_name_and_the_rate_that_was_given(
    optimizer: Optimizer, line: str
) -> None:
    assert repr(optimizer) == line


def test_an_optimiser_with_a_state_of_its_own_trains_and_its_state_is_found() -> None:
    def init(parameters: Numbers) -> Seen:
        return Seen(steps=0)

    def update(
        gradients: Numbers, state: Seen, parameters: Numbers, step: int
    ) -> tuple[Numbers, Seen]:
        return pvector([-0.25 * g for g in gradients]), state.set(steps=state.steps + 1)

    counted = optim.own("counted", init, update, learning_rate=lambda step: 0.25)
    model, data = nn.mlp(2, [2, 1]), datasets.moons(8)
    third = last(take(3, trainer.train(model, data, optimizer=counted)))
    plain = last(take(3, trainer.train(model, data, optimizer=sgd(0.25))))
    assert trainer.state_of(third, Seen) == Seen(steps=3)
    assert trainer.parameter_numbers(third) == trainer.parameter_numbers(plain)
    assert third.metrics == plain.metrics


def test_the_state_of_a_part_is_found_in_a_chain_and_no_other_type() -> None:
    chained = optim.chain(optim.clip(1.0), optim.adam(0.1))
    state = trainer.initial_state(nn.mlp(2, [1]), chained)
    assert trainer.state_of(state, optim.AdamState).count == 0
    with pytest.raises(TypeError, match="state_of: the optimizer state must be one that holds a T"):
        trainer.state_of(state, optim.TraceState)
