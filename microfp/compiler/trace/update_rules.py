"""The rules of an optimiser as a graph: what they do to one parameter, and to each alike.

>>> from microfp import optim
>>> rules = rules_of(optim.momentum(0.5, momentum=0.9))
>>> update = trace_update(rules, traced_leaf("g"), traced_leaf("p"), {})
>>> len(update.remembered), len(update.scalars)
(1, 1)
"""

from collections.abc import Iterator, Mapping
from functools import partial, reduce
from typing import NamedTuple, TypeAlias

from microfp.compiler.trace.stand_ins import traced_leaf
from microfp.optim import AccumulationState, Optimizer, RuleUse, applied_rules
from microfp.values import Value, lift, value, where

__all__ = ["Rules", "TracedUpdate", "rules_of", "scalars_of", "trace_update", "use_count"]

Mask: TypeAlias = tuple[bool, ...]
"""For each parameter whether it is meant."""


class Rules(NamedTuple):
    """The rules of an optimiser."""

    uses: tuple[RuleUse, ...]
    """The rules, one after another, and which parameters and steps each is for."""
    counts: tuple[int, ...]
    """How many numbers that depend on the time each is given."""

    @property
    def masks(self) -> tuple[Mask, ...]:
        """What tells the parameters that a rule is for from the others, each once."""
        return tuple(dict.fromkeys(use.where for use in self.uses if use.where is not None))

    @property
    def scalar_count(self) -> int:
        """How many numbers change from step to step: a rule is also told whether it is its step."""
        return sum(self.counts) + sum(use.every > 1 for use in self.uses)

    @property
    def state_count(self) -> int:
        """How many numbers are kept for each parameter: what is remembered, and the masks."""
        return sum(len(use.rule.initial) for use in self.uses) + len(self.masks)


def rules_of(optimizer: Optimizer) -> Rules | None:
    """Find the rules of an optimiser; None where it is more.

    >>> from microfp import optim
    >>> rules_of(optim.adam(0.1)).counts
    (2, 1)
    """
    uses = applied_rules(optimizer)
    if uses is None:
        return None
    try:
        return Rules(uses, tuple(len(use.rule.coefficients(0)) for use in uses))
    except Exception:  # noqa: BLE001 - a schedule of the user's; it is asked again in its step
        return None


class TracedUpdate(NamedTuple):
    """What rules do to one parameter."""

    update: Value
    """What is added to it."""
    remembered: tuple[Value, ...] = ()
    """The leaves of what is remembered."""
    after: tuple[Value, ...] = ()
    """What is remembered next."""
    scalars: tuple[Value, ...] = ()
    """The leaves of what depends on the time."""
    terms: tuple[Value, ...] = ()
    """What the parameter adds to each reduction."""
    totals: tuple[Value, ...] = ()
    """The leaves of the sums of those terms."""

    def then(self, other: "TracedUpdate") -> "TracedUpdate":
        """Another one after it: its update counts, and the leaves of both."""
        return TracedUpdate(
            other.update, *(mine + its for mine, its in zip(self[1:], other[1:], strict=True))
        )


def trace_update(
    rules: Rules, gradient: Value, parameter: Value, masks: Mapping[Mask, Value]
) -> TracedUpdate:
    """Apply rules to nodes, one after another.

    Args:
        rules: The rules.
        gradient: The whole gradient of one parameter.
        parameter: The parameter.
        masks: From each mask of the rules to the node that says whether the parameter is in it.
    """
    return reduce(
        partial(_trace_rule, parameter, masks),
        zip(*rules, strict=True),
        TracedUpdate(gradient),
    )


def _trace_rule(
    parameter: Value,
    masks: Mapping[Mask, Value],
    before: TracedUpdate,
    given: tuple[RuleUse, int],
) -> TracedUpdate:
    """Apply one more rule, which is given so many numbers that depend on the time."""
    (rule, mask, every), count = given
    leaves = _leaves(before, given)
    pairs = zip(rule.reductions, leaves.totals, strict=True)
    totals = [reduction.result(total) for reduction, total in pairs]
    numbers = (*leaves.scalars[:count], *totals)
    update, after = rule.function(before.update, leaves.remembered, parameter, numbers)
    changed: Changed = lift(update), tuple(map(lift, after))
    terms = [
        lift(reduction.term(parameter if reduction.of_parameters else before.update))
        for reduction in rule.reductions
    ]
    if every > 1:
        changed = _chosen(leaves.scalars[-1], changed, (value(0.0), leaves.remembered))
    if mask is not None:
        changed = _chosen(masks[mask], changed, (before.update, leaves.remembered))
        terms = [where(masks[mask], term, 0.0) for term in terms]
    leaves = leaves._replace(update=changed[0], after=changed[1], terms=tuple(terms))
    return before.then(leaves)


def _leaves(before: TracedUpdate, given: tuple[RuleUse, int]) -> TracedUpdate:
    """The leaves that one more rule brings, numbered on from those before."""
    (rule, _, every), count = given
    return before._replace(
        remembered=_numbered("m", before.remembered, len(rule.initial)),
        after=(),
        scalars=_numbered("k", before.scalars, count + (every > 1)),
        terms=(),
        totals=_numbered("r", before.totals, len(rule.reductions)),
    )


def _numbered(name: str, before: tuple[Value, ...], count: int) -> tuple[Value, ...]:
    """So many leaves of one name more."""
    return tuple(traced_leaf(f"{name}{len(before) + i}") for i in range(count))


Changed: TypeAlias = tuple[Value, tuple[Value, ...]]
"""An update, and what is remembered next."""


def _chosen(condition: Value, met: Changed, unmet: Changed) -> Changed:
    slots = zip(met[1], unmet[1], strict=True)
    return where(condition, met[0], unmet[0]), tuple(where(condition, *pair) for pair in slots)


def scalars_of(
    rules: Rules, step: int, counts: tuple[int | None, ...], done: int
) -> Iterator[float]:
    """The scalars of one step, `done` steps after those that were counted.

    Args:
        rules: The rules.
        step: The step.
        counts: How often each rule had been applied, where its state counts that.
        done: How many steps ago that was.
    """
    gathered = 0
    for use, length, count in zip(*rules, counts, strict=True):  # a loop: one rule gathers
        if use.rule.state is AccumulationState:  # for those that follow it
            gathered = count or 0
        is_its_step = (gathered + done + 1) % use.every == 0
        time = step // use.every if count is None else count + use_count(use, gathered, done)
        yield from use.rule.coefficients(time) if is_its_step else [0.0] * length
        if use.every > 1:
            yield float(is_its_step)


def use_count(use: RuleUse, gathered: int, steps: int) -> int:
    """How often a rule is applied in so many steps, where so many gradients came before them."""
    return (gathered + steps) // use.every - gathered // use.every
