"""Updates: what an optimiser does to one parameter, as a program.

>>> from microfp import optim
>>> from microfp.compiler.trace.update_rules import rules_of
>>> rules = rules_of(optim.sgd(0.5))
>>> print(update_program(rules) if rules else None)
inputs      p g k0
parameters
%3 = mul g g
%4 = mul k0 g
%5 = add p %4
outputs     %3 %5
"""

from microfp.compiler.ir.passes import lower
from microfp.compiler.ir.program import Program
from microfp.compiler.trace.stand_ins import traced_leaf
from microfp.compiler.trace.update_rules import Rules, trace_update
from microfp.optim import RuleUse

__all__ = ["is_plain", "update_program"]


def is_plain(use: RuleUse) -> bool:
    """Whether a rule looks at one parameter alone, and at every one in every step.

    >>> from microfp import optim
    >>> [is_plain(use) for use in optim.applied_rules(optim.clip_by_global_norm(1.0)) or ()]
    [False]
    """
    return not use.rule.reductions and use.where is None and use.every == 1


def update_program(rules: Rules) -> Program:
    """Lower plain rules, one after another.

    Its inputs are the parameter, its gradient, what is remembered of it, and the scalars; its
    outputs the square of the gradient, the parameter afterwards, and what is remembered then.
    """
    p, g = traced_leaf("p"), traced_leaf("g")
    it = trace_update(rules, g, p, {})
    return lower((g * g, p + it.update, *it.after), (p, g, *it.remembered, *it.scalars))
