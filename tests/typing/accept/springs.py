"""Mechanics by derivatives: forces, stiffness, rest, and how a chain of springs answers a push."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from microfp import Record, Value, attr, func, graph, hypot, sqrt, square, total, value
from microfp.debug import why_zero
from microfp.func import Estimate, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from microfp.toolbox import last
from microfp.values import Scalar

Point = tuple[float, float]
Place = tuple[Scalar, Scalar]


class Chain(Record):
    stiffness: Value = attr()
    length: Value = attr()
    mass: float = attr(default=1.0)


def stretched(distance: Value, rest: Scalar) -> Value:
    return square(distance - rest)


def single(x: Value) -> Value:
    return 0.5 * square(x - 1.0)


def energy(p: Place) -> Value:
    left, right = hypot(p[0] + 1.0, p[1]), hypot(p[0] - 1.0, p[1])
    return stretched(left, 0.5) + stretched(right, 0.5)


def potential(p: Point) -> Scalar:
    return energy(p)


def of_chain(chain: Chain) -> Value:
    gaps = [1.0, 1.2, 0.9]
    return total([chain.stiffness * square(gap - chain.length) for gap in gaps])


def force(p: Point) -> Point:
    x, y = grad(potential)(p)
    return -x, -y


def stiffness(p: Point) -> tuple[Point, Point]:
    return hessian(potential)(p)


def pushed(p: Point, push: Point) -> Point:
    return hvp(potential, (p,), (push,))


def climb(p: Point, along: Point) -> tuple[float, float]:
    return jvp(potential, (p,), (along,))


def at_rest(start: Point) -> Estimate[Point]:
    return last(func.until_converged(func.minimize(potential, start), tolerance=1e-8))


def root(f: Callable[[Value], Scalar], near: float) -> float:
    return last(islice(func.newton(f, near), 20)).x


def frequencies(p: Point) -> list[float]:
    (a, b), (c, d) = stiffness(p)
    middle, half = (a + d) / 2.0, (a - d) / 2.0
    spread = sqrt(half * half + b * c).data
    return [middle - spread, middle + spread]


def series(x: float, orders: int) -> list[float]:
    return list(islice(func.derivatives(single, x), orders))


def sensitivity(chain: Chain) -> tuple[float, Chain]:
    return value_and_grad(of_chain)(chain)


def directions(chain: Chain) -> Iterator[float]:
    for moved in (chain, chain.set(mass=2.0)):
        yield func.directional(of_chain, chain, moved)


def both(x: Value, y: Value) -> Value:
    return single(x) * single(y)


def along(numbers: Sequence[int]) -> list[float]:
    return [grad(both, number)(0.5, 2.0) for number in numbers]


def pulled(x: float, y: float) -> tuple[float, float]:
    _, pull = vjp(both, x, y)
    return pull(1.0)


def moved(p: Point) -> Sequence[Point]:
    return jacobian(lambda v: (v[0] * v[1], v[0] + v[1]))(p)


def main() -> None:
    chain = Chain(stiffness=value(3.0, label="k"), length=value(1.0, label="l"))
    rest = at_rest((0.1, 0.4))
    print(rest.x, rest.value, force(rest.x), frequencies(rest.x), pushed(rest.x, (1.0, 0.0)))
    print(climb((0.1, 0.2), (1.0, 0.0)), root(lambda x: x * x - 2.0, 1.0), series(0.5, 3))
    energy_of, slope = sensitivity(chain)
    print(energy_of, slope.stiffness.data, slope.length.data, list(directions(chain)))
    print(along([0, 1]), pulled(0.5, 2.0), moved((1.0, 2.0)))
    output = of_chain(chain)
    print(graph.to_latex(output), why_zero(chain.length, output).reason.name)


if __name__ == "__main__":
    main()
