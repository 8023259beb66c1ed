"""A check of derivatives: forward mode, reverse mode and central differences have to agree."""

from collections.abc import Callable, Iterator
from random import Random
from typing import TypeAlias

from microfp import ops, values
from microfp.base.checks import check_callable, check_count, check_positive, check_seed
from microfp.func.duals import SCOPE
from microfp.func.gradients import grad
from microfp.func.matrices import unit_direction
from microfp.func.places import data_of, number_of, operand_at, places_in, rebuild, spell_place
from microfp.func.transforms import arguments_of, directional
from microfp.ops import Operand
from microfp.record import Record, attr
from microfp.values import Scalar, lift

__all__ = ["Disagreement", "GradientCheck", "check_grads"]


class Disagreement(Record):
    """One derivative that does not come out alike in three ways.

    >>> Disagreement(order=1, place="primal 0", forward=1.0, reverse=1.0, central=2.0).central
    2.0
    """

    order: int = attr()
    """1 for a first derivative."""
    place: str = attr()
    """The number that it was taken along, as in `primal 0.bias`."""
    forward: float = attr()
    """By forward mode."""
    reverse: float = attr()
    """By reverse mode."""
    central: float = attr()
    """By central differences of the derivative of the order before."""


class GradientCheck(Record):
    """What `check_grads` found; it is true where all derivatives agree.

    >>> bool(GradientCheck(compared=1, disagreements=()))
    True
    """

    compared: int = attr()
    """How many derivatives were compared."""
    disagreements: tuple[Disagreement, ...] = attr()
    """Those that part, in the order in which they were compared."""

    def __bool__(self) -> bool:
        return not self.disagreements


def check_grads(
    f: Callable[..., object],
    primals: object,
    *,
    order: int = 2,
    tolerance: float = 1e-6,
    step: float = 6e-6,
    seed: int = 0,
) -> GradientCheck:
    """Compare forward mode, reverse mode and central differences, order by order.

    Order 1 is compared along every number of the arguments. For order k + 1 the function is
    replaced by its derivative of order k along a random direction. Several outputs are added up
    with random weights.

    Args:
        f: A function of trees.
        primals: The arguments, as a tuple; what is no plain tuple is the only argument.
        order: Up to which order, at least 1.
        tolerance: The largest difference allowed, relative to numbers above 1.
        step: The step of the central differences; their error is about its square.
        seed: What directions and weights are drawn with.

    Raises:
        TypeError: If arguments or results are no trees of numbers.

    >>> bool(check_grads(lambda x, y: x * x * y, (2.0, 5.0), order=3))
    True
    >>> from microfp.func import custom_derivative
    >>> wrong = custom_derivative(lambda a: a * a, lambda a, y: (3.0 * a,), name="square")
    >>> found = check_grads(wrong, 1.0, order=1).disagreements[0]
    >>> found.forward, found.reverse, round(found.central, 6)
    (3.0, 3.0, 2.0)
    """
    check_count("check_grads", "order", order, minimum=1)
    check_positive("check_grads", "tolerance", tolerance)
    check_positive("check_grads", "step", step)
    check_seed("check_grads", "seed", seed)
    check_callable("check_grads", "f", f)
    rows = list(_compare(f, arguments_of(primals), order, step, Random(seed)))
    parting = tuple(row for row in rows if not _agree(row, tolerance))
    return GradientCheck(compared=len(rows), disagreements=parting)


Flat: TypeAlias = Callable[[tuple[Scalar, ...]], Scalar]
"""A function of the numbers of its arguments."""


def _compare(
    f: Callable[..., object],
    arguments: tuple[object, ...],
    order: int,
    step: float,
    draws: Random,
) -> Iterator[Disagreement]:
    """Every derivative three ways, whether they agree or not."""
    places = places_in("check_grads", "primal", arguments)
    names = [spell_place([f"primal {i}" for i in range(len(arguments))], p.path) for p in places]
    point = tuple(_data_of(operand_at(place, SCOPE.get())) for place in places)
    forward = reverse = _flat(f, arguments, draws)
    for k in range(1, order + 1):
        found = _three_ways(forward, reverse, point, step)
        for name, (a, b, c) in zip(names, found, strict=True):
            yield Disagreement(order=k, place=name, forward=a, reverse=b, central=c)
        direction = tuple(draws.uniform(-1.0, 1.0) for _ in point)
        forward = _derivative_along(forward, direction)
        reverse = _gradient_along(reverse, direction)


def _data_of(x: Operand) -> float:
    return lift(x).data


def _flat(f: Callable[..., object], arguments: tuple[object, ...], draws: Random) -> Flat:
    """The function as one of a tuple of scalars to one scalar."""
    seed = draws.random()

    def flat(xs: tuple[Scalar, ...]) -> Scalar:
        output = f(*rebuild(arguments, xs))
        contents = [number_of(p.content) for p in places_in("check_grads", "output", (output,))]
        weights = Random(seed)
        terms = [ops.mul(x, 1.0 + i * weights.random()) for i, x in enumerate(contents)]
        return values.total(lift(term) for term in terms)

    return flat


def _derivative_along(f: Flat, direction: tuple[float, ...]) -> Flat:
    return lambda xs: directional(f, (xs,), (direction,))


def _gradient_along(f: Flat, direction: tuple[float, ...]) -> Flat:
    return lambda xs: values.total(map(values.mul, grad(f)(xs), direction))


def _three_ways(
    forward: Flat, reverse: Flat, point: tuple[float, ...], step: float
) -> list[tuple[float, float, float]]:
    """Every first derivative: by forward mode, by reverse mode, by central differences."""
    n = len(point)
    ahead = (data_of(directional(forward, (point,), (unit_direction(i, n),))) for i in range(n))
    behind = (data_of(slope) for slope in grad(reverse)(point))
    central = (_central_difference(forward, point, i, step) for i in range(n))
    return list(zip(ahead, behind, central, strict=True))


def _central_difference(f: Flat, point: tuple[float, ...], i: int, step: float) -> float:
    def at(shift: float) -> float:
        return data_of(f(tuple(x + shift if j == i else x for j, x in enumerate(point))))

    return (at(step) - at(-step)) / (2.0 * step)


def _agree(row: Disagreement, tolerance: float) -> bool:
    ways = (row.forward, row.reverse, row.central)
    allowed = tolerance * max(1.0, *map(abs, ways))
    return all(a == b or abs(a - b) <= allowed for a in ways for b in ways)
