"""The number debugger: where a nan was born, what a gradient is made of, why it is zero.

A graph is data, so a wrong number can be found by looking. Messages call a node by its label,
or else by the name that `graph.nodes` gives it.

>>> from microfp import log, relu, value
>>> w, x = value(-2.0, label="w"), value(3.0, label="x")
>>> print(first_non_finite(log(w * x) + 1.0).unwrap())
n3 = log(n2) gave nan, from -6.0
>>> print(why_zero(w, relu(w * x)))
dead relu: n3 = relu(n2) has slope 0.0 along n2, at -6.0
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from enum import Enum
from heapq import nlargest
from itertools import groupby
from typing import NamedTuple

from returns.maybe import Maybe

from microfp.base.checks import check_count, check_kind
from microfp.gradients import Gradients, backward, descendants, grad, local_derivatives
from microfp.graph import formula
from microfp.record import Record, attr, unchecked
from microfp.values import LEAF, Value, topological_order

__all__ = [
    "Cause",
    "Contribution",
    "NonFinite",
    "NonFiniteGradient",
    "Path",
    "Reason",
    "WhyZero",
    "contributions",
    "first_non_finite",
    "first_non_finite_gradient",
    "paths",
    "why_zero",
]


class NonFinite(Record):
    """A node that is nan or infinite although all of its parents are finite.

    >>> from microfp import value
    >>> print(first_non_finite(value(1.0) / value(0.0)).unwrap())
    n2 = n0 / n1 gave inf, from 1.0 and 0.0
    """

    node: Value = attr()
    """The node."""
    operands: tuple[float, ...] = attr()
    """The numbers of its parents, in order; empty for a leaf."""
    message: str = attr()
    """The same in a sentence, which `str` gives."""

    def __str__(self) -> str:
        """Return the message."""
        return self.message


class Contribution(Record):
    """One term of the sum that a gradient is: what came back along one use of a node.

    product = gradient * local_derivative

    >>> from microfp import value
    >>> x, y = value(3.0), value(4.0)
    >>> contributions(x, x * y)[0].local_derivative
    4.0
    """

    consumer: Value = attr()
    """The node that uses x."""
    operand: int = attr()
    """As which of its operands, from 0."""
    gradient: float = attr()
    """The derivative of the output along the consumer."""
    local_derivative: float = attr()
    """The derivative of the consumer along that operand."""
    product: float = attr()
    """The term."""


class NonFiniteGradient(Record):
    """The first term of the backward fold that made a gradient nan or infinite.

    >>> from microfp import sqrt, value
    >>> print(first_non_finite_gradient(sqrt(value(0.0, label="x"))).unwrap())
    the gradient of x became inf: 0.0 + 1.0 * inf, through n1 = sqrt(x) at 0.0
    """

    node: Value = attr()
    """The node whose gradient it is."""
    before: float = attr()
    """Its gradient without the term, a finite number."""
    contribution: Contribution = attr()
    """The term; the gradient that it was made from is finite too."""
    message: str = attr()
    """The same in a sentence, which `str` gives."""

    def __str__(self) -> str:
        """Return the message."""
        return self.message


class Path(Record):
    """One path along which an output depends on a node.

    >>> from microfp import value
    >>> x = value(3.0, label="x")
    >>> print(paths(x, x * 2.0 + 1.0)[0])
    x -> mul -> add: 2.0
    """

    nodes: tuple[Value, ...] = attr()
    """From the node to the output, both included."""
    local_derivatives: tuple[float, ...] = attr()
    """One per step, in the same order."""
    weight: float = attr()
    """Their product, taken from the output on, as the chain rule does."""

    def __str__(self) -> str:
        """Name the nodes by their labels, or else by their operations."""
        return f"{' -> '.join(node.label or node.op for node in self.nodes)}: {self.weight!r}"


class Reason(Enum):
    """Why a gradient is 0.

    >>> Reason.DEAD_RELU.value
    'dead relu'
    """

    NOT_ZERO = "not zero"
    NOT_REACHABLE = "not reachable"
    DEAD_RELU = "dead relu"
    ZERO_FACTOR = "zero factor"
    CANCELLATION = "cancellation"
    UNDERFLOW = "underflow"
    SEVERAL = "several causes"


class Cause(Record):
    """One place where a gradient was lost.

    >>> from microfp import value
    >>> x = value(3.0, label="x")
    >>> print(why_zero(x, x * 0.0).causes[0])
    zero factor: n2 = x * n1 has slope 0.0 along x, at 3.0 and 0.0
    """

    reason: Reason = attr()
    """`DEAD_RELU`, `ZERO_FACTOR`, `CANCELLATION` or `UNDERFLOW`."""
    node: Value = attr()
    """The node whose terms cancel; for the other reasons, the one that lets nothing
    through to its operand.
    """
    contributions: tuple[Contribution, ...] = attr()
    """The terms that cancel; for the other reasons, those that are 0."""
    message: str = attr()
    """The same in a sentence, which `str` gives."""

    def __str__(self) -> str:
        """Return the message."""
        return self.message


class WhyZero(Record):
    """What can be said of a gradient that is 0, or is not.

    >>> from microfp import value
    >>> print(why_zero(value(3.0, label="x"), value(4.0)))
    not reachable: the output was not computed from it
    """

    reason: Reason = attr()
    """The reason of all causes; `SEVERAL` where they differ."""
    gradient: float = attr()
    """The gradient."""
    causes: tuple[Cause, ...] = attr()
    """Every place where it was lost, the nearest to x on each path; empty where the
    gradient is not 0, or there is no path.
    """

    def __str__(self) -> str:
        """Give the messages of the causes, one a line; of many, the first."""
        if self.reason is Reason.NOT_ZERO:
            return f"not zero: the gradient is {self.gradient!r}"
        if self.reason is Reason.NOT_REACHABLE:
            return "not reachable: the output was not computed from it"
        messages = tuple(map(str, self.causes))
        return "\n".join(_shortened(messages, f"and {len(messages) - SHOWN + 1} more"))


def first_non_finite(output: Value) -> Maybe[NonFinite]:
    """Find where nan or inf was born: the first node in topological order that is not finite.

    All of its parents are finite, because they stand before it.

    Args:
        output: The graph.

    Returns:
        `Some`, or `Nothing` where every node is finite.

    Raises:
        TypeError: If the output is no node.

    >>> from microfp import exp, log, value
    >>> x = value(800.0, label="x")
    >>> print(first_non_finite(log(exp(x) - exp(x))).unwrap())
    n1 = exp(x) gave inf, from 800.0
    >>> first_non_finite(log(x))
    <Nothing>
    """
    order = topological_order(check_kind("first_non_finite", "output", output, Value))
    found = next((node for node in order if not math.isfinite(node.data)), None)
    return Maybe.from_optional(None if found is None else _non_finite(found, _names(order)))


def _non_finite(node: Value, names: dict[Value, str]) -> NonFinite:
    operands = tuple(parent.data for parent in node.parents)
    if node.op == LEAF:
        message = f"the leaf {names[node]} holds {node.data!r}"
    else:
        message = f"{_equation(node, names)} gave {node.data!r}, from {_numbers(operands)}"
    return NonFinite(node=node, operands=operands, message=message)


def _names(order: Iterable[Value]) -> dict[Value, str]:
    return {node: node.label or f"n{i}" for i, node in enumerate(order)}


def _equation(node: Value, names: dict[Value, str]) -> str:
    operands = tuple(names[parent] for parent in node.parents)
    return f"{names[node]} = {formula(node, _shortened(operands, '...'))}"


def _numbers(numbers: Iterable[float]) -> str:
    texts = tuple(map(repr, numbers))
    *most, last = _shortened(texts, f"{len(texts) - SHOWN + 1} more")
    return f"{', '.join(most)} and {last}" if most else last


SHOWN = 6
"""How many operands or terms a message shows."""


def _shortened(texts: tuple[str, ...], rest: str) -> tuple[str, ...]:
    return texts if len(texts) <= SHOWN else (*texts[: SHOWN - 1], rest)


def first_non_finite_gradient(output: Value) -> Maybe[NonFiniteGradient]:
    """Find the first term of the backward fold that made a gradient nan or infinite.

    A graph of finite numbers can have such gradients: the slope of `sqrt` at 0 is inf, and
    products of large slopes overflow.

    Args:
        output: The graph.

    Returns:
        `Some`, or `Nothing` where every gradient is finite.

    Raises:
        TypeError: If the output is no node.

    >>> from microfp import sqrt, value
    >>> x = value(0.0, label="x")
    >>> first_non_finite_gradient(sqrt(x * x) * 2.0).unwrap().contribution.local_derivative
    inf
    >>> first_non_finite_gradient(x * x)
    <Nothing>
    """
    check_kind("first_non_finite_gradient", "output", output, Value)
    sums: defaultdict[Value, float] = defaultdict(float)
    for node, term in _terms(output, backward(output)):
        before = sums[node]
        sums[node] = before + term.product
        if not math.isfinite(sums[node]):
            names = _names(topological_order(output))
            return Maybe.from_value(_non_finite_gradient(node, before, term, names))
    return Maybe.empty


def _non_finite_gradient(
    node: Value, before: float, term: Contribution, names: dict[Value, str]
) -> NonFiniteGradient:
    message = (
        f"the gradient of {names[node]} became {before + term.product!r}: "
        f"{before!r} + {term.gradient!r} * {term.local_derivative!r}, "
        f"through {_use(term, names)}"
    )
    return NonFiniteGradient(node=node, before=before, contribution=term, message=message)


def _use(term: Contribution, names: dict[Value, str]) -> str:
    operands = (parent.data for parent in term.consumer.parents)
    return f"{_equation(term.consumer, names)} at {_numbers(operands)}"


def _terms(output: Value, gradients: Gradients) -> Iterator[tuple[Value, Contribution]]:
    """Every term of the backward fold, with the node that it belongs to, in the fold's order."""
    table = dict(gradients)  # many look-ups, for which a dict is faster
    for node in reversed(topological_order(output)):
        if node.parents:
            slopes = zip(node.parents, local_derivatives(node), strict=True)
            for operand, (parent, slope) in enumerate(slopes):
                upstream = table[node]
                yield (
                    parent,
                    unchecked(Contribution, node, operand, upstream, slope, upstream * slope),
                )


def contributions(x: Value, output: Value) -> tuple[Contribution, ...]:
    """List the terms of the chain rule that were added up to the gradient of x.

    Added from 0.0 in this order, the products are `grad(x, backward(output))` bit for bit.

    Args:
        x: A node.
        output: The output that is differentiated.

    Returns:
        One term per use of x, in the order of the backward fold; none where the output does not
        depend on x. The output itself has the one term 1.0, as its own consumer.

    Raises:
        TypeError: If one of them is no node.

    >>> from microfp import value
    >>> x, y = value(3.0), value(4.0)
    >>> [term.product for term in contributions(x, x * y + x * x)]
    [3.0, 3.0, 4.0]
    """
    check_kind("contributions", "x", x, Value)
    check_kind("contributions", "output", output, Value)
    if x is output:
        return (unchecked(Contribution, output, 0, 1.0, 1.0, 1.0),)
    return tuple(term for node, term in _terms(output, backward(output)) if node is x)


class _Trail(NamedTuple):
    """A path under construction: from a node to the output, the last part shared with others."""

    weight: float
    node: Value
    slope: float
    rest: "_Trail | None"


def paths(x: Value, output: Value, *, top: int = 3) -> tuple[Path, ...]:
    """Find the paths that carry most of a gradient: the k with the largest absolute weights.

    The gradient is the sum of the weights of all paths. Their number can grow exponentially with
    the graph, so they are not enumerated: the best k from x are among the best k from each of
    its consumers, one step longer.

    Args:
        x: Where the paths begin.
        output: Where they end.
        top: How many paths, k, at least 1.

    Returns:
        At most k paths, by falling absolute weight; nan counts as infinite. Of equal ones, that
        through the consumer that the backward fold meets first comes first. A path that ends
        where it begins has the weight 1.0.

    Raises:
        TypeError: If x or the output is no node, or k no whole number.
        ValueError: If k is below 1.

    Source: the k shortest paths of an acyclic graph, with products for sums.

    >>> from microfp import tanh, value
    >>> x = value(0.5, label="x")
    >>> for path in paths(x, tanh(x) + 3.0 * x, top=2):
    ...     print(path)
    x -> mul -> add: 3.0
    x -> tanh -> add: 0.7864477329659274
    """
    check_kind("paths", "x", x, Value)
    order = topological_order(check_kind("paths", "output", output, Value))
    k = check_count("paths", "top", top, minimum=1)
    between = descendants(order, (x,))
    best: dict[Value, list[_Trail]] = {output: [_Trail(1.0, output, 1.0, None)]}
    for node in reversed(order):  # a plain loop: each step needs the lists of those before
        if node in between and node is not x:
            for parent, found in _extended(node, best.pop(node)):
                if parent in between:
                    best[parent] = nlargest(k, [*best.get(parent, ()), *found], key=_size)
    return tuple(map(_path, best.get(x, ())))


def _extended(node: Value, trails: list[_Trail]) -> Iterator[tuple[Value, list[_Trail]]]:
    for parent, slope in zip(node.parents, local_derivatives(node), strict=True):
        yield parent, [_Trail(rest.weight * slope, parent, slope, rest) for rest in trails]


def _size(trail: _Trail) -> float:
    return math.inf if math.isnan(trail.weight) else abs(trail.weight)


def _path(trail: _Trail) -> Path:
    steps = tuple(_steps(trail))
    return Path(
        nodes=tuple(step.node for step in steps),
        local_derivatives=tuple(step.slope for step in steps[:-1]),
        weight=trail.weight,
    )


def _steps(trail: _Trail | None) -> Iterator[_Trail]:
    while trail is not None:
        yield trail
        trail = trail.rest


def why_zero(x: Value, output: Value) -> WhyZero:
    """Say why a gradient is 0: on each path, the first thing from x on that stops it.

    Either the output was not computed from x; or each use of x is stopped, by a dead relu, by
    another slope of 0 (a zero factor, a saturated sigmoid), by products too small for a float;
    or terms that are not 0 cancel each other, in x or in a node computed from it.

    Args:
        x: A node.
        output: The output that is differentiated.

    Returns:
        The reason and the causes; the reason is `NOT_ZERO` where the gradient is not 0.

    Raises:
        TypeError: If one of them is no node.

    >>> from microfp import relu, value
    >>> x, y = value(3.0, label="x"), value(-4.0, label="y")
    >>> print(why_zero(x, relu(x * y) + x * 0.0))
    zero factor: n5 = x * n4 has slope 0.0 along x, at 3.0 and 0.0
    dead relu: n3 = relu(n2) has slope 0.0 along n2, at -12.0
    >>> print(why_zero(x, x * y - y * x))
    cancellation: the gradient of x is 4.0 + -4.0, along n3 = y * x and n2 = x * y
    """
    check_kind("why_zero", "x", x, Value)
    order = topological_order(check_kind("why_zero", "output", output, Value))
    gradients = backward(output)
    gradient = grad(x, gradients)
    if gradient != 0.0:
        return WhyZero(reason=Reason.NOT_ZERO, gradient=gradient, causes=())
    if x not in gradients:
        return WhyZero(reason=Reason.NOT_REACHABLE, gradient=gradient, causes=())
    uses: defaultdict[Value, list[Contribution]] = defaultdict(list)
    for node, term in _terms(output, gradients):
        uses[node].append(term)
    causes = tuple(_causes(x, uses, _names(order)))
    reasons = {cause.reason for cause in causes}
    reason = causes[0].reason if len(reasons) == 1 else Reason.SEVERAL
    return WhyZero(reason=reason, gradient=gradient, causes=causes)


def _causes(
    x: Value, uses: dict[Value, list[Contribution]], names: dict[Value, str]
) -> Iterator[Cause]:
    waiting = [x]
    seen = {x}
    for node in waiting:  # it grows while it is walked
        live = tuple(term for term in uses[node] if term.product != 0.0)
        if live:
            yield _cancellation(node, live, names)
            continue
        stopped = (term for term in uses[node] if _is_stop(term))
        for _, terms in groupby(stopped, key=lambda term: term.consumer):
            yield _stop(tuple(terms), names)
        onward = (term.consumer for term in uses[node] if not _is_stop(term))
        unseen = [consumer for consumer in dict.fromkeys(onward) if consumer not in seen]
        waiting.extend(unseen)
        seen.update(unseen)


def _is_stop(term: Contribution) -> bool:
    """Whether a term that is 0 is so by itself, and not because nothing came back."""
    return term.local_derivative == 0.0 or term.gradient != 0.0


def _cancellation(node: Value, live: tuple[Contribution, ...], names: dict[Value, str]) -> Cause:
    products = tuple(repr(term.product) for term in live)
    consumers = tuple(_equation(term.consumer, names) for term in live)
    reason = Reason.CANCELLATION
    message = (
        f"{reason.value}: the gradient of {names[node]} is "
        f"{' + '.join(_shortened(products, '...'))}, "
        f"along {' and '.join(_shortened(consumers, '...'))}"
    )
    return Cause(reason=reason, node=node, contributions=live, message=message)


def _stop(terms: tuple[Contribution, ...], names: dict[Value, str]) -> Cause:
    """The cause that one consumer is, to which x is one operand or more."""
    term = terms[0]
    reason = _reason(term)
    operand = names[term.consumer.parents[term.operand]]
    operands = _numbers(parent.data for parent in term.consumer.parents)
    message = (
        f"{reason.value}: {_equation(term.consumer, names)} has slope {term.local_derivative!r} "
        f"along {operand}, at {operands}"
    )
    if reason is Reason.UNDERFLOW:
        message += f", and {term.gradient!r} comes back"
    return Cause(reason=reason, node=term.consumer, contributions=terms, message=message)


def _reason(term: Contribution) -> Reason:
    if term.local_derivative != 0.0:
        return Reason.UNDERFLOW
    return Reason.DEAD_RELU if term.consumer.op == "relu" else Reason.ZERO_FACTOR
