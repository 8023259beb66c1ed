"""A rule, lifted over the parameters, computes what it computes alone, and says what it is."""

import pytest
from pyrsistent import pvector

from microfp import ops, optim, value
from microfp.optim import (
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
from microfp.values import Value
from tests.optim.steps import NAMED, ONE, PARTS, fed


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
