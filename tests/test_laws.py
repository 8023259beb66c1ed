"""What the library offers keeps its laws, and what is broken on purpose is caught."""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from pyrsistent import pvector

from microfp import Record, attr, laws, losses, nn, ops, optim, schedules
from microfp.func import custom_derivative
from microfp.laws import LAWS, Case, LawBroken
from microfp.losses import Loss
from microfp.optim import Numbers, Optimizer, Rule, from_rule
from microfp.values import Scalar, Value, absolute, relu, value

OWN: Mapping[str, object] = {
    **{name: make(0.01) for name, make in losses.CLASSIFICATION.items()},
    **{name: make(0.01) for name, make in losses.REGRESSION.items()},
    "poisson": losses.poisson(),
    "gaussian": losses.gaussian(l1=0.1),
    "kl_divergence": losses.kl_divergence(),
    "weighted": losses.weighted(losses.huber()),
    "smoothed": losses.softmax_cross_entropy(label_smoothing=0.1),
    **{f"optim.{name}": make(schedules.constant(0.1)) for name, make in optim.OPTIMIZERS.items()},
    "lookahead": optim.lookahead(optim.adam(0.1), every=2),
    "schedule_free": optim.schedule_free(optim.sgd(0.1)),
    "sam": optim.sam(optim.sgd(0.1)),
    "lbfgs": optim.lbfgs(),
    **{f"schedules.{name}": make(0.5, 90) for name, make in schedules.SCHEDULES.items()},
    "micrograd_decay": schedules.micrograd_decay,
    "cyclic": schedules.cyclic(0.1, 0.5, 7, shrink=0.5),
    **{
        f"ops.{name}": primitive
        for name, primitive in ops.PRIMITIVES.items()
        # Of `constant_power` an operand is a constant; the next one has no slope, on purpose.
        if name not in ("constant_power", "stop_gradient")
    },
    "mlp": nn.mlp(2, [3, 2], activation="tanh"),
    "neuron": nn.neuron(3),
}

CASES = [
    pytest.param(case, id=f"{name}: {case}")
    for name, thing in OWN.items()
    for case in laws.of(thing)
]


@pytest.mark.parametrize("case", CASES)
def test_what_the_library_offers_keeps_its_laws(case: Case) -> None:
    case.check(examples=20)


def loss_of(example: Callable[[tuple[Value, ...], float], Value], **others: Any) -> Loss:
    return Loss(name="broken", example=example, **others)


wrong_square = custom_derivative(lambda a: a * a, lambda a, y: (3.0 * a,), name="wrong_square")
drawn = itertools.count(1)


def branching(scores: tuple[Value, ...], y: float) -> Value:
    return scores[0] if scores[0].data > y else -scores[0]


def growing(scores: tuple[Value, ...], y: float) -> Value:
    return scores[0] * float(next(drawn))


class Broken(Record):
    """A model that does what it should not, by name."""

    w: Value = attr()
    how: str = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        if self.how == "counts":
            return self.w * inputs[0] * float(next(drawn))
        if self.how == "branches":
            return self.w * inputs[0] if self.w.data > 0.0 else self.w * 2.0
        return wrong_square(self.w * inputs[0])


def unmatched(gradients: Numbers, state: object, parameters: Numbers, step: int) -> Any:
    return pvector([gradients[0]]), state


def counting(gradients: Numbers, state: object, parameters: Numbers, step: int) -> Any:
    return pvector([g * next(drawn) for g in gradients]), state


def wrong_sum(f: Callable[..., Any], **others: Any) -> ops.Primitive:
    fields: dict[str, Any] = {
        "name": "broken",
        "arity": 2,
        "forward": lambda a, b: a + b,
        "partials": f,
        "notation": "{0} + {1}",
    }
    return ops.Primitive(**{**fields, **others})


BROKEN: list[tuple[object, str]] = [
    (loss_of(growing), "a loss is a function"),
    (loss_of(lambda s, y: wrong_square(s[0])), "the gradient of a loss is its slope"),
    (loss_of(branching), "a loss reads no number"),
    (
        loss_of(lambda s, y: s[0] * s[0], penalty=wrong_square),
        "the gradient of a penalty is its slope",
    ),
    (Broken(w=value(0.5), how="counts"), "a model is a function"),
    (Broken(w=value(0.5), how="slopes"), "the gradient of a model is its slope"),
    (Broken(w=value(0.5), how="branches"), "a model reads no number"),
    (
        optim.sgd(0.1)._replace(name="broken", update=unmatched, rules=None),
        "there is a finite update for each parameter",
    ),
    (
        optim.sgd(0.1)._replace(name="broken", update=counting, rules=None),
        "an optimiser is a function",
    ),
    (lambda step: 1.0 - step, "a rate is a finite number >= 0"),
    (lambda step: math.inf, "a rate is a finite number >= 0"),
    (lambda step: 1.0 / next(drawn), "a schedule is a function"),
    (wrong_sum(lambda a, b, y: (1.0, 2.0)), "the partials are the slopes"),
    (wrong_sum(lambda a, b, y: (1.0,)), "the partials are the slopes"),
    (
        wrong_sum(
            lambda a, b, y: (float(getattr(b, "data", b) or 0.0), a), forward=lambda a, b: a * b
        ),
        "the partials can be differentiated",
    ),
]


@pytest.mark.parametrize(("thing", "law"), BROKEN, ids=lambda it: it if isinstance(it, str) else "")
def test_what_is_broken_is_caught(thing: object, law: str) -> None:
    with pytest.raises(LawBroken, match=f"^{law}: .* does not hold; "):
        laws.check(thing)


def test_a_counterexample_is_as_small_as_it_can_be() -> None:
    def kinked(scores: tuple[Value, ...], y: float) -> Value:
        return wrong_square(relu(absolute(scores[0]) - 2.0))

    with pytest.raises(LawBroken) as caught:
        laws.check(loss_of(kinked))
    (number,) = (
        float(it) for it in str(caught.value).partition("at [")[2].partition("]")[0].split(",")
    )
    assert 2.0 < abs(number) <= 3.0
    assert number == 3.0 or math.isclose(number * 8, round(number * 8))


def test_a_kink_is_no_counterexample() -> None:
    laws.check(loss_of(lambda s, y: absolute(s[0] - 0.5)))


def test_each_law_has_an_equation_and_a_name_of_its_own() -> None:
    assert len({law.name for law in LAWS}) == len(LAWS)
    assert all(law.equation and law.kind for law in LAWS)


def test_the_page_of_laws_lists_each_of_them_with_its_equation() -> None:
    page = (Path(__file__).parents[1] / "docs" / "laws.md").read_text(encoding="utf-8")
    listed = [line for line in page.splitlines() if line.startswith("| ")][1:]
    assert listed == [f"| {law.kind} | {law.name} | `{law.equation}` |" for law in LAWS]


def test_what_has_no_laws_is_refused() -> None:
    with pytest.raises(TypeError, match="laws: thing must be a loss, an optimiser"):
        laws.check(3.0)
    with pytest.raises(TypeError, match="a loss of 1 to 3 scores"):
        laws.check(loss_of(lambda s, y: s[7]))
    with pytest.raises(TypeError, match="a model of 1 to 64 inputs"):
        laws.check(nn.neuron(65))
    still: Optimizer = from_rule("still", Rule(function=lambda g, slots, p, _: (0.0, slots)))
    laws.check(still)
