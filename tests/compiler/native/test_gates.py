"""Gates: what is said to be zero behind one is zero, and nobody else reads it."""

import pytest

from microfp.compiler.native.gates import Gate, find_gate
from microfp.compiler.native.loops import (
    Apply,
    Expression,
    Load,
    Nest,
    Number,
    Rolled,
    Segment,
    Total,
)
from microfp.record import unchecked

TOTAL = Total()
GATE = Apply("positive", (Load("x", 0),))


def node(place: int, *terms: Expression | Segment, result: Expression = TOTAL) -> Nest:
    segments = tuple(t if isinstance(t, Segment) else unchecked(Segment, 1, t) for t in terms)
    return Nest((), segments, Load("n", place), result)


def summed(place: int, term: Expression) -> Nest:
    return node(0, term)._replace(target=Load("s", place))


def product(a: Expression, b: Expression) -> Expression:
    return Apply("mul", (a, b))


N0, N1, N2, X1 = Load("n", 0), Load("n", 1), Load("n", 2), Load("x", 1)
BEHIND = product(N0, X1)


def rolled(*nests: Nest, sums: tuple[Nest, ...], outputs: tuple[Load, ...] = ()) -> Rolled:
    return Rolled(
        input_count=2,
        parameter_count=0,
        node_count=len(nests),
        nests=nests,
        sums=sums,
        sum_count=len(sums),
        outputs=outputs,
    )


def with_nest(nest: Nest) -> Gate | None:
    """The gate of a program in which node 2 is such a nest, and all of it is summed."""
    sums = (summed(0, N1), summed(1, N2))
    return find_gate(rolled(node(0, GATE), node(1, BEHIND), nest, sums=sums))


ZERO = {
    "a product of a node behind": node(2, product(X1, N1)),
    "a sum of nodes behind": node(2, N1, product(N0, N0)),
    "an expression of a sum of nodes behind": node(2, N1, N0, result=product(Total(), X1)),
    "a product with a sum of whatever": node(2, X1, Number(3.0), result=product(Total(), N0)),
    "a negation": node(2, Apply("neg", (N1,))),
    "a difference with zero": node(2, Apply("sub", (N1, Number(0.0)))),
    "a run of nodes behind": node(2, unchecked(Segment, 2, Load("n", 0, (), 1))),
}


@pytest.mark.parametrize("name", ZERO)
def test_what_is_zero_where_the_gate_is_stands_behind_it(name: str) -> None:
    gate = with_nest(ZERO[name])
    assert gate is not None
    assert gate.behind[-1] == ZERO[name]


OTHER = {
    "a sum with one node that is not behind": node(2, N0, X1),
    "an addition of a node that is not behind": node(2, product(Apply("add", (N0, X1)), X1)),
    "a constant beside a node behind": node(2, Apply("add", (N0, Number(1.0)))),
    "an expression of a sum beside something": node(2, N0, result=Apply("sub", (X1, Total()))),
    "a quotient": node(2, Apply("divide", (X1, N0))),
    "a choice": node(2, Apply("where", (N0, X1, Number(1.0)))),
    "a run that leaves what is behind": node(2, unchecked(Segment, 2, Load("n", 0, (), 9))),
}


@pytest.mark.parametrize("name", OTHER)
def test_what_may_be_something_else_is_always_computed(name: str) -> None:
    gate = with_nest(OTHER[name])
    assert gate is not None
    assert OTHER[name] in gate.before
    assert gate.always == (summed(1, N2),)


def test_there_is_no_gate_where_something_else_reads_behind_it() -> None:
    nests = node(0, GATE), node(1, BEHIND)
    shown, gated = Apply("add", (N1, X1)), (summed(0, N1),)
    assert find_gate(rolled(*nests, sums=gated)) is not None
    assert find_gate(rolled(*nests, sums=gated, outputs=(N1,))) is None
    assert find_gate(rolled(*nests, sums=(*gated, summed(1, shown)))) is None
    assert find_gate(rolled(*nests, node(2, shown), sums=(*gated, summed(1, N2)))) is None
