"""L-BFGS: steps by the curvature that past gradients show, for full batches.

Every backend runs it; the native one computes its gradients, and its updates run in Python.
"""

import math
from collections.abc import Sequence

from pyrsistent import PVector, pvector

from microfp.base.binding import bind
from microfp.base.checks import check_count, wrong_kind
from microfp.base.elsewhere.leading import names_home
from microfp.optim.rules import Numbers, Optimizer, check_vector
from microfp.record import Record, attr

__all__ = ["CurvatureState", "LineSearchState", "lbfgs", "scale_by_lbfgs"]

Pairs = tuple[tuple[Numbers, Numbers], ...]

ENOUGH, STEEP = 0.1, 0.9
"""How much less steep the end of a step must be, and how much less steep it may be at most.

The constants of the approximate Wolfe conditions, W. Hager and H. Zhang, 2005, equation 4.1.
"""

MOST_TRIALS = 30
"""How many lengths of a step are tried before the last one is taken as it is."""


class CurvatureState(Record):
    """What `scale_by_lbfgs` remembers.

    >>> from pyrsistent import pvector
    >>> type(scale_by_lbfgs().init(pvector([1.0]))).__name__
    'CurvatureState'
    """

    count: int = attr()
    """How many gradients it has been given."""
    parameters: PVector[float] = attr()
    """Where the last one was taken."""
    gradients: PVector[float] = attr()
    """The last one."""
    moves: tuple[PVector[float], ...] = attr()
    """The last differences of parameters, the oldest first."""
    changes: tuple[PVector[float], ...] = attr()
    """The differences of gradients along them."""


@names_home
def scale_by_lbfgs(*, memory: int = 10) -> Optimizer:
    """Multiply by an estimate of the inverse of the Hessian, in two loops over past differences.

    The first estimate is min(1, 1 / norm(gradient)); later ones begin with y·s / y·y of the last
    differences s of parameters and y of gradients.

    Args:
        memory: How many differences are kept, at least 1.

    Source: J. Nocedal and S. Wright, Numerical Optimization, 2006, algorithm 7.4.

    >>> from pyrsistent import pvector
    >>> scaled, p = scale_by_lbfgs(), pvector([1.0, 1.0])
    >>> scaled.update(pvector([3.0, 4.0]), scaled.init(p), p, 0)[0]
    pvector([0.6000000000000001, 0.8])
    """
    size = check_count("scale_by_lbfgs", "memory", memory, minimum=1)
    return Optimizer(
        name="scale_by_lbfgs", init=_no_curvature, update=bind(_scale_by_curvature, size)
    )


def _no_curvature(parameters: Numbers) -> object:
    zeros = pvector([0.0] * len(parameters))
    return CurvatureState(count=0, parameters=zeros, gradients=zeros, moves=(), changes=())


def _scale_by_curvature(
    size: int, gradients: Numbers, state: object, parameters: Numbers, step: int
) -> tuple[Numbers, object]:
    if not isinstance(state, CurvatureState):
        raise wrong_kind("scale_by_lbfgs", "the optimizer state", "a CurvatureState", state)
    held = "parameters of the optimizer state"
    check_vector("scale_by_lbfgs", held, state.parameters, len(parameters))
    known = _and_last(state, gradients, parameters)[-size:] if state.count else ()
    moves, changes = (tuple(column) for column in zip(*known, strict=True)) if known else ((), ())
    after = CurvatureState(
        count=state.count + 1,
        parameters=parameters,
        gradients=gradients,
        moves=moves,
        changes=changes,
    )
    return pvector(_newton_like(gradients, known)), after


def _and_last(state: CurvatureState, gradients: Numbers, parameters: Numbers) -> Pairs:
    last = _difference(parameters, state.parameters), _difference(gradients, state.gradients)
    return (*zip(state.moves, state.changes, strict=True), last)


def _newton_like(gradients: Sequence[float], known: Pairs) -> list[float]:
    """The two loops: from the newest difference to the oldest, and back."""
    direction, shares = list(gradients), []
    for move, change in reversed(known):
        share = _inverse(_dot(change, move)) * _dot(move, direction)
        direction = [d - share * c for d, c in zip(direction, change, strict=True)]
        shares.append(share)
    scale = _first_scale(gradients, known)
    direction = [scale * d for d in direction]
    for (move, change), share in zip(known, reversed(shares), strict=True):
        other = _inverse(_dot(change, move)) * _dot(change, direction)
        direction = [d + (share - other) * m for d, m in zip(direction, move, strict=True)]
    return direction


def _first_scale(gradients: Sequence[float], known: Pairs) -> float:
    if not known:
        return min(1.0, _inverse(math.sqrt(_dot(gradients, gradients))) or 1.0)
    move, change = known[-1]
    squares = _dot(change, change)
    return _dot(change, move) / squares if squares > 0.0 else 1.0


def _inverse(number: float) -> float:
    return 1.0 / number if number else 0.0


def _dot(a: Sequence[float], b: Sequence[float]) -> float:
    return sum(map(float.__mul__, a, b))


def _difference(a: Sequence[float], b: Sequence[float]) -> Numbers:
    return pvector(map(float.__sub__, a, b))


class LineSearchState(Record):
    """What `lbfgs` remembers.

    >>> from pyrsistent import pvector
    >>> type(lbfgs().init(pvector([1.0]))).__name__
    'LineSearchState'
    """

    count: int = attr()
    """How many gradients it has been given."""
    base: PVector[float] = attr()
    """Where the step begins."""
    gradients: PVector[float] = attr()
    """The gradient there."""
    direction: PVector[float] = attr()
    """Where the step leads."""
    length: float = attr()
    """How far it goes in this trial."""
    shortest: float = attr()
    """A length that is too short; 0.0 is."""
    longest: float = attr()
    """A length that is too long, or inf."""
    trials: int = attr()
    """How many lengths have been tried."""
    moves: tuple[PVector[float], ...] = attr()
    """The last differences of parameters, the oldest first."""
    changes: tuple[PVector[float], ...] = attr()
    """The differences of gradients along them."""


@names_home
def lbfgs(*, memory: int = 10) -> Optimizer:
    """L-BFGS with a line search, for all examples at once; see `scale_by_lbfgs`.

    A step of a training is one trial of the line search. A length is taken if the slope along the
    direction has become (2 * 0.1 - 1) to 0.9 times what it was, the approximate Wolfe conditions,
    which ask for gradients alone; else it is doubled, or halved between those that are too short
    and too long.

    Args:
        memory: How many differences are kept, at least 1.

    Source: W. Hager and H. Zhang, A new conjugate gradient method with guaranteed descent and an
    efficient line search, 2005.

    >>> from microfp import datasets, losses, nn, trainer
    >>> line = datasets.dataset([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0])
    >>> run = trainer.fit(
    ...     nn.mlp(1, [1]), line, steps=20, loss=losses.mean_squared_error(), optimizer=lbfgs()
    ... )
    >>> run.final_loss < 1e-12
    True
    """
    size = check_count("lbfgs", "memory", memory, minimum=1)
    return Optimizer(name="lbfgs", init=_no_search, update=bind(_search, size))


def _no_search(parameters: Numbers) -> object:
    zeros = pvector([0.0] * len(parameters))
    return LineSearchState(
        count=0,
        base=parameters,
        gradients=zeros,
        direction=zeros,
        length=0.0,
        shortest=0.0,
        longest=math.inf,
        trials=0,
        moves=(),
        changes=(),
    )


def _search(
    size: int, gradients: Numbers, state: object, parameters: Numbers, step: int
) -> tuple[Numbers, object]:
    if not isinstance(state, LineSearchState):
        raise wrong_kind("lbfgs", "the optimizer state", "a LineSearchState", state)
    check_vector("lbfgs", "base of the optimizer state", state.base, len(parameters))
    before = _dot(state.gradients, state.direction)
    slope = _dot(gradients, state.direction)
    if state.count and state.trials < MOST_TRIALS:
        if not slope <= (2.0 * ENOUGH - 1.0) * before:  # a nan is too far as well
            return _tried(state.set(longest=state.length), parameters)
        if slope < STEEP * before:
            return _tried(state.set(shortest=state.length), parameters)
    return _turned(size, state, gradients, parameters)


def _tried(state: LineSearchState, parameters: Numbers) -> tuple[Numbers, object]:
    """Another length of the same step, between those that are too short and too long."""
    middle = (state.shortest + state.longest) / 2.0
    length = 2.0 * state.length if math.isinf(state.longest) else middle
    target = [b + length * d for b, d in zip(state.base, state.direction, strict=True)]
    after = state.set(length=length, trials=state.trials + 1, count=state.count + 1)
    return _difference(target, parameters), after


def _turned(
    size: int, state: LineSearchState, gradients: Numbers, parameters: Numbers
) -> tuple[Numbers, object]:
    """A new step from here; its direction knows of the one that has ended."""
    known = tuple(zip(state.moves, state.changes, strict=True))
    last = _difference(parameters, state.base), _difference(gradients, state.gradients)
    if state.count and _dot(*last) > 0.0:
        known = (*known, last)[-size:]
    direction = pvector([-d for d in _newton_like(gradients, known)])
    after = state.set(
        count=state.count + 1,
        base=parameters,
        gradients=gradients,
        direction=direction,
        length=1.0,
        shortest=0.0,
        longest=math.inf,
        trials=0,
        moves=tuple(move for move, _ in known),
        changes=tuple(change for _, change in known),
    )
    return direction, after
