"""Transforms: functions from functions to their derivatives, named as in JAX and `torch.func`.

>>> from microfp import sin
>>> grad(lambda x: x * x)(3.0)
6.0
>>> grad(grad(grad(sin)))(0.0)
-1.0

What is differentiated. Arguments and results are trees: a number or a `Value`, or tuples, named
tuples, PVectors, PMaps and Records of trees. Every number outside of records is an input, and so
is every `Value`, wherever it stands; a float inside of a record is a constant of that model. A
value that stands in several places of a record is one parameter (tied weights), as in
`tree.parameters`. A derivative has the shape of what it was taken along.

What comes back. Numbers in, numbers out: the derivative is computed on floats. For a model the
numbers are new leaves in a model of the same type. Where an input is a `Value` outside of a
record, or was computed from others, the result is a graph, as it is inside of other transforms:
it can be differentiated again. So it is in a model, a record that is called with inputs, where the
function that is differentiated has met a parameter; in a function or a method of your own, `along`
says what `backward` will be asked for.

A frozen value in a record is a constant: nothing is differentiated along it, and in a derivative a
frozen 0.0 stands in its place.

How nested transforms are kept apart, `duals` explains.
"""

from microfp.func.check_grads import Disagreement, GradientCheck, check_grads
from microfp.func.custom import custom_derivative, stop_gradient
from microfp.func.duals import along, check_constants
from microfp.func.gradients import grad, value_and_grad
from microfp.func.loops import scan
from microfp.func.mapping import vmap
from microfp.func.matrices import hessian, hvp, jacfwd, jacobian, jacrev
from microfp.func.solvers import (
    Estimate,
    fixed_point,
    halley,
    minimize,
    newton,
    until_converged,
)
from microfp.func.towers import derivatives, taylor
from microfp.func.transforms import directional, jvp, linearize, vjp

__all__ = [
    "Disagreement",
    "Estimate",
    "GradientCheck",
    "along",
    "check_constants",
    "check_grads",
    "custom_derivative",
    "derivatives",
    "directional",
    "fixed_point",
    "grad",
    "halley",
    "hessian",
    "hvp",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jvp",
    "linearize",
    "minimize",
    "newton",
    "scan",
    "stop_gradient",
    "taylor",
    "until_converged",
    "value_and_grad",
    "vjp",
    "vmap",
]
