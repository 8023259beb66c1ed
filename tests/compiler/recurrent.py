"""Models with scans, each of which does something else with one; and how they are traced."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from pyrsistent import pmap

from microfp import Value, exp, func, greater, relu, sigmoid, tanh, total, value, where
from microfp.record import Record, attr

Numbers = Sequence[Any]


class Three(Record):
    """A model of three parameters that computes what a function says."""

    a: Value = attr()
    b: Value = attr()
    c: Value = attr()
    formula: "Callable[[Three, Numbers], Any]" = attr()

    def __call__(self, inputs: Numbers) -> Any:
        return self.formula(self, inputs)


def three(formula: "Callable[[Three, Numbers], Any]") -> Three:
    return Three(a=value(0.3), b=value(-0.4), c=value(0.7), formula=formula)


class State(NamedTuple):
    h: Any
    c: Any
    n: Any


def average(m: Three, xs: Numbers) -> Any:
    rate = sigmoid(m.a)
    return func.scan(lambda s, x: (s + rate * (x - s),) * 2, xs[0], xs)[1]


def average_at_the_end(m: Three, xs: Numbers) -> Any:
    rate = sigmoid(m.a)
    return func.scan(lambda s, x: (s + rate * (x - s),) * 2, 0.0, xs)[1][-1] * m.b + m.c


def some_of_the_steps(m: Three, xs: Numbers) -> Any:
    _, ys = func.scan(lambda s, x: (tanh(s * m.a + x), s * x), m.b, xs)
    return ys[1] + ys[5] * ys[3]


def gated_memory(m: Three, xs: Numbers) -> Any:
    def step(s: State, x: Any) -> tuple[State, dict[str, Any]]:
        forget = sigmoid(m.a * s.h + x)
        c = forget * s.c + tanh(m.b * x)
        return State(sigmoid(m.c + x) * tanh(c), c, s.n + 1.0), {"h": c}

    s, ys = func.scan(step, State(0.0, 0.0, 0.0), xs)
    return s.h + ys[2]["h"] * s.n


def one_after_the_other(m: Three, xs: Numbers) -> Any:
    _, hs = func.scan(lambda s, x: (tanh(m.a * s + x),) * 2, 0.0, xs)
    return func.scan(lambda s, x: (tanh(m.b * s + m.c * x), None), 0.1, hs)[0]


def encoder_and_decoder(m: Three, xs: Numbers) -> Any:
    h, _ = func.scan(lambda s, x: (tanh(m.a * s + x), None), 0.0, xs)
    key = h * m.b
    g, ys = func.scan(lambda s, _: (tanh(m.b * s + key), s * key), h, length=7)
    return g + key * total(ys)


def pairs(m: Three, xs: Numbers) -> Any:
    def step(s: tuple[Any, Any], p: tuple[Any, Any]) -> Any:
        return (s[1] + p[0] * m.a, s[0] * m.b - p[1]), None

    end, _ = func.scan(step, (m.c, 1.0), list(zip(xs, xs[::-1], strict=True)))
    return end[0] * end[1]


def power(m: Three, xs: Numbers) -> Any:
    return func.scan(lambda y, _: (y * m.a, None), xs[0] * 1.0, length=9)[0] + m.b


def carries_a_constant(m: Three, xs: Numbers) -> Any:
    end, ys = func.scan(lambda s, x: (0.0, s + x * m.a), m.b, xs)
    return total(ys) * m.c + end


def carries_a_parameter(m: Three, xs: Numbers) -> Any:
    end, ys = func.scan(lambda s, x: (m.a, s * x), m.b, xs)
    return total(ys) * m.c + end


def one_in_the_other(m: Three, xs: Numbers) -> Any:
    def step(s: Any, x: Any) -> tuple[Any, Any]:
        inner: Any
        inner, _ = func.scan(lambda q, _: (q * m.a + s, None), x, length=3)
        return tanh(inner * m.b), inner

    end, ys = func.scan(step, 0.5, xs)
    return end + ys[0]


def relus(m: Three, xs: Numbers) -> Any:
    return func.scan(lambda s, x: (relu(s * m.a + x) - relu(m.b * x) * m.c, None), 0.2, xs)[0]


def choices(m: Three, xs: Numbers) -> Any:
    def step(s: Any, x: Any) -> tuple[Any, None]:
        return where(greater(s, 0.1), s * m.a, s + m.b * x), None

    return func.scan(step, 0.2, xs)[0] * m.c


def items_of_its_own(m: Three, xs: Numbers) -> Any:
    items = [0.1 * i for i in range(40)]
    return func.scan(lambda s, x: (tanh(s * m.a + x * m.b), None), xs[0], items)[0] * m.c


def items_of_all_kinds(m: Three, xs: Numbers) -> Any:
    items = [m.a, 0.5, xs[1], m.c * xs[0], m.b]
    return func.scan(lambda s, x: (tanh(s * x + m.b), s), xs[0], items)[0] * m.c


def maps(m: Three, xs: Numbers) -> Any:
    def step(s: Any, x: Any) -> tuple[Any, None]:
        return pmap({"u": s["u"] * m.a + x, "v": s["u"]}), None

    end, _ = func.scan(step, pmap({"u": 0.0, "v": m.b}), xs)
    return end["u"] * end["v"]


def itself(m: Three, xs: Numbers) -> Any:
    end, _ = func.scan(lambda s, x: (s.set(a=s.a * m.b + x, b=s.a), None), m, xs)
    return end.a + end.b * end.c


def quotients(m: Three, xs: Numbers) -> Any:
    return func.scan(lambda s, x: (s / (2.0 + x * x) + m.a / (1.5 + s * s), None), m.b, xs)[0]


def unread(m: Three, xs: Numbers) -> Any:
    func.scan(lambda s, x: (s * m.b + x, None), m.b, xs)
    return func.scan(lambda s, x: (s * m.a + x, s), m.c, xs)[0]


def gives_what_it_was_given(m: Three, xs: Numbers) -> Any:
    _, ys = func.scan(lambda s, x: (x, s), 0.0, xs)
    return total([y * m.a for y in ys]) + m.b * m.c


def computes_before(m: Three, xs: Numbers) -> Any:
    return func.scan(lambda s, x: (tanh(s * exp(m.a) * 2.0 + x), None), 0.0, xs)[0] * m.b + m.c


def lags(m: Three, xs: Numbers) -> Any:
    end, _ = func.scan(lambda s, x: ((x, *s[:-1]), None), (0.0,) * 4, xs)
    return total([s * m.a for s in end]) + m.b


def names(m: Three, xs: Numbers) -> Any:
    return func.scan(lambda s, x: (("tag", s[1] * m.a + x), None), ("tag", 0.0), xs)[0][1]


def exchanges(m: Three, xs: Numbers) -> Any:
    end, _ = func.scan(lambda s, x: ((s[1], s[0] * m.a + x), None), (m.b, m.c), xs)
    return end[0] - end[1]


LOOPS: tuple[Callable[[Three, Numbers], Any], ...] = (
    average,
    average_at_the_end,
    some_of_the_steps,
    gated_memory,
    one_after_the_other,
    encoder_and_decoder,
    pairs,
    power,
    carries_a_constant,
    carries_a_parameter,
    one_in_the_other,
    relus,
    choices,
    items_of_its_own,
    items_of_all_kinds,
    maps,
    itself,
    quotients,
    unread,
    gives_what_it_was_given,
    computes_before,
    lags,
    names,
    exchanges,
)
"""Formulas whose scans are loops."""


def branches(m: Three, xs: Numbers) -> Any:
    def step(s: Any, t: int) -> tuple[Any, None]:
        return (s * m.a + xs[t] if t % 2 else s - m.b * xs[t]), None

    return func.scan(step, 0.0, range(len(xs)))[0] * m.c


def leaves_things_behind(m: Three, xs: Numbers) -> Any:
    seen = []

    def step(s: Any, x: Any) -> tuple[Any, None]:
        seen.append(tanh(s * m.a + x))
        return seen[-1], None

    func.scan(step, 0.0, xs)
    return seen[-1] + seen[2] * m.b


def counts(m: Three, xs: Numbers) -> Any:
    numbers = itertools.count(1)
    step = lambda s, x: (tanh(s * m.a + x * float(next(numbers))), None)  # noqa: E731 - as users write it
    return func.scan(step, 0.0, xs)[0] * m.b + m.c


def grows(m: Three, xs: Numbers) -> Any:
    end, _ = func.scan(lambda s, x: ((*s, x * m.a), None), (), xs)
    return total(end) * m.b + m.c


def unlike_items(m: Three, xs: Numbers) -> Any:
    items = [(x,) if place % 2 else (x, m.b) for place, x in enumerate(xs)]
    return func.scan(lambda s, x: (s * m.a + x[0] * x[-1], None), 0.0, items)[0] + m.c


UNROLLED: tuple[Callable[[Three, Numbers], Any], ...] = (
    branches,
    leaves_things_behind,
    counts,
    grows,
    unlike_items,
)
"""Formulas whose scans are no loops, and are unrolled."""
