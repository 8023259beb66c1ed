"""Derivatives of every kind: of energies, of models, of rules of one's own."""

import math
from collections.abc import Callable, Sequence
from itertools import islice
from typing import NamedTuple

from pyrsistent import PVector, pvector

from microfp import Record, Value, attr, backward, cos, exp, func, grad, native, sin, total, value
from microfp import graph as graphs
from microfp.func import Estimate
from microfp.toolbox import last
from microfp.tree import map_parameters, parameters
from microfp.values import Scalar


class Spring(Record):
    stiffness: Value = attr()
    length: Value = attr()
    damping: Value = attr(default_factory=lambda: value(0.1))

    def energy(self, stretch: Scalar) -> Value:
        return 0.5 * self.stiffness * (stretch - self.length) ** 2


class Lattice(Record):
    springs: PVector[Spring] = attr()

    def __call__(self, stretches: Sequence[Scalar]) -> Value:
        pairs = zip(self.springs, stretches, strict=True)
        return total(spring.energy(x) for spring, x in pairs)


class Point(NamedTuple):
    x: float
    slope: float


def wave(x: Scalar) -> Value:
    return sin(x) * exp(-0.1 * x)


def potential(x: Scalar, y: Scalar) -> Value:
    return cos(x) * y + sin(y) * x


def slopes(f: Callable[[Scalar], Value], places: Sequence[float]) -> list[Point]:
    slope = func.grad(f)
    return [Point(x, slope(x)) for x in places]


lattice = Lattice(
    springs=pvector(
        Spring(stiffness=value(float(k)), length=value(1.0, label=f"l{k}")) for k in (1, 2)
    )
)


def energy(model: Lattice) -> Value:
    return model([1.5, 0.5])


forces = func.grad(energy)(lattice)
stiffer = lattice.transform(["springs", 0, "stiffness"], value(9.0))
energies: list[float] = [energy(it).data for it in (lattice, stiffer)]
force: float = forces.springs[0].length.data
at, push = func.value_and_grad(energy)(lattice)
moved = map_parameters(lambda p: p.data * 0.5, lattice)
product = func.hvp(energy, lattice, moved)
curvature: float = product.springs[1].stiffness.data + at

table = backward(energy(lattice))
by_hand: dict[str, float] = {p.label or "?": grad(p, table) for p in parameters(lattice)}

points = slopes(wave, [0.0, 0.5, 1.0])
steepest = max(points, key=lambda point: abs(point.slope))
bent: float = func.grad(func.grad(wave))(steepest.x)
third: float = list(islice(func.derivatives(wave, 0.0), 4))[3]
along_y: float = func.grad(potential, argnums=1)(0.5, 2.0)
both: tuple[float, float] = func.grad(potential, argnums=(0, 1))(0.5, 2.0)
height, climbed = func.jvp(potential, (0.5, 2.0), (1.0, 0.0))
climb: float = climbed + height
many: tuple[Value, ...] = func.vmap(wave)([0.0, 0.1])

root: Estimate[float] = last(func.until_converged(func.newton(wave, 3.0), most=50))
roots = [round(root.x, 6), root.change]


def reciprocal_gamma(a: float) -> float:
    return 1.0 / math.gamma(a)


def partials(a: Scalar, y: Scalar) -> tuple[Scalar]:
    return (-y * a,)


special = func.custom_derivative(reciprocal_gamma, partials, name="reciprocal_gamma")
answer: float = special(2.0).data
checked = func.check_grads(wave, (0.3,), order=1)
worst = [it.place for it in checked.disagreements]

compiled = native.value_and_grad(energy, lattice)
number, slope = compiled(moved)
fast: float = number + slope.springs[0].length.data

formula: str = graphs.to_latex(potential(value(1.0, label="x"), 2.0))
rows = graphs.nodes(energy(lattice), table)
gradients: list[float] = [row["grad"] for row in rows]
labels: list[str] = [row["label"] or row["op"] for row in rows]
smaller = graphs.simplify(wave(value(0.0, label="x")))
program = native.lower(smaller, graphs.free_variables(smaller))
outputs: tuple[float, ...] = native.run(program, [0.25])
