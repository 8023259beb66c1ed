"""Functions of several values: sums, means, lengths, and the softmax."""

from collections.abc import Iterable
from functools import reduce
from math import inf

from microfp import ops
from microfp.base.checks import wrong_value
from microfp.base.elsewhere.leading import names_home
from microfp.record import check_several
from microfp.values.arithmetic import absolute, divide, hypot
from microfp.values.choice import equal, maximum, stop_gradient, where
from microfp.values.exponential import exp, log
from microfp.values.node import Scalar, Value, apply, make_node

__all__ = ["log_softmax", "logsumexp", "mean", "norm", "softmax", "total"]


@names_home
def total(terms: Iterable[Scalar]) -> Value:
    """Add up terms from left to right, as `((t0 + t1) + t2) + ...`; 0.0 where there are none.

    Raises:
        TypeError: If there are no terms to go through, as in one Value.

    >>> total([1.0, 2.0, 3.0]).data
    6.0
    """
    check_several("total", "terms", "a sequence of numbers or Values", terms)
    found = tuple(terms)
    nodes = tuple([term for term in found if type(term) is Value])  # a list: it is faster
    if len(nodes) == len(found):
        return make_node(ops.total.forward(*[node.data for node in nodes]), "total", nodes)
    return apply(ops.total, *found)


def _several(where_: str, terms: Iterable[Scalar]) -> tuple[Scalar, ...]:
    check_several(where_, "terms", "a sequence of numbers or Values", terms)
    found = tuple(terms)
    if not found:
        raise wrong_value(where_, "terms", "at least one", found)
    return found


@names_home
def mean(terms: Iterable[Scalar]) -> Value:
    """The arithmetic mean: the sum over how many there are.

    Raises:
        TypeError: If there are no terms to go through, as in one Value.
        ValueError: If there are none at all.

    >>> mean([1.0, 2.0, 6.0]).data
    3.0
    """
    found = _several("mean", terms)
    return divide(total(found), float(len(found)))


def norm(terms: Iterable[Scalar]) -> Value:
    """The length of a vector, sqrt(t0**2 + t1**2 + ...), without overflow; its slope at 0 is 0.

    Raises:
        TypeError: If there are no terms to go through, as in one Value.
        ValueError: If there are none at all.

    >>> norm([2.0, 3.0, 6.0]).data
    7.0
    """
    found = _several("norm", terms)
    return reduce(hypot, found[1:], absolute(found[0]))


def logsumexp(terms: Iterable[Scalar]) -> Value:
    """log(exp(t0) + exp(t1) + ...), without overflow; a term of -inf is one that is not there.

    Raises:
        TypeError: If there are no terms to go through, as in one Value.
        ValueError: If there are none at all.

    >>> logsumexp([1000.0, 1000.0, float("-inf")]).data
    1000.6931471805599
    """
    found = _several("logsumexp", terms)
    largest = _largest(found)
    return largest + log(total(exp(term - largest) for term in found))


def softmax(terms: Iterable[Scalar]) -> tuple[Value, ...]:
    """The probabilities exp(t) / (exp(t0) + exp(t1) + ...), without overflow.

    A term of -inf is a class that is masked: its probability is 0.

    Raises:
        TypeError: If there are no terms to go through, as in one Value.
        ValueError: If there are none at all.

    >>> [p.data for p in softmax([1000.0, 1000.0, float("-inf")])]
    [0.5, 0.5, 0.0]
    """
    found = _several("softmax", terms)
    largest = _largest(found)
    weights = [exp(term - largest) for term in found]
    whole = total(weights)
    return tuple(weight / whole for weight in weights)


def log_softmax(terms: Iterable[Scalar]) -> tuple[Value, ...]:
    """The logarithms of the probabilities of `softmax`, exact also where those are tiny.

    Raises:
        TypeError: If there are no terms to go through, as in one Value.
        ValueError: If there are none at all.

    >>> [p.data for p in log_softmax([1000.0, 0.0, float("-inf")])]
    [0.0, -1000.0, -inf]
    """
    found = _several("log_softmax", terms)
    largest = _largest(found)
    whole = log(total(exp(term - largest) for term in found))
    return tuple((term - largest) - whole for term in found)


def _largest(terms: tuple[Scalar, ...]) -> Value:
    """The largest term as a constant; 0 where all are masked, or one is infinite."""
    own = getattr(type(terms[0]), "__largest__", None)  # of a stand-in, while a graph is traced
    largest = stop_gradient(reduce(maximum, terms) if own is None else own(terms))
    return where(equal(absolute(largest), inf), 0.0, largest)
