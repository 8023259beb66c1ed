"""How initial weights are drawn, by name or as a function."""

from collections.abc import Callable
from functools import reduce
from math import sqrt
from operator import add
from random import Random
from typing import Literal, TypeAlias

from microfp.base.checks import LARGEST_SEED, check_size, chosen_seed, wrong_value

__all__ = ["INITIALIZERS", "Initializer", "InitializerName", "drawing_of", "seeds"]

Initializer: TypeAlias = Callable[[Random, int, int], float]
"""What draws one weight: from random numbers, the neuron's inputs and its layer's outputs.

>>> small: Initializer = lambda random, n_in, n_out: random.uniform(-0.1, 0.1)
>>> from microfp.nn import neuron
>>> abs(neuron(1, init=small).weights[0].data) <= 0.1
True
"""


InitializerName: TypeAlias = Literal[
    "micrograd",
    "glorot",
    "he",
    "uniform",
    "glorot_normal",
    "he_normal",
    "normal",
    "orthogonal",
    "zeros",
]
"""The name of an initialiser.

>>> names: list[InitializerName] = ["he", "zeros"]
"""


INITIALIZERS: dict[InitializerName, Initializer] = {
    "micrograd": lambda random, n_in, n_out: random.uniform(-1.0, 1.0),
    "glorot": lambda random, n_in, n_out: _symmetric(random, 6.0 / (n_in + n_out)),
    "he": lambda random, n_in, n_out: _symmetric(random, 6.0 / n_in),
    "uniform": lambda random, n_in, n_out: _symmetric(random, 1.0 / n_in),
    "glorot_normal": lambda random, n_in, n_out: random.gauss(0.0, sqrt(2.0 / (n_in + n_out))),
    "he_normal": lambda random, n_in, n_out: random.gauss(0.0, sqrt(2.0 / n_in)),
    "normal": lambda random, n_in, n_out: random.gauss(0.0, sqrt(1.0 / n_in)),
    "zeros": lambda random, n_in, n_out: 0.0,
}
"""The initialisers of single weights that go by a name: from uniform(-a, a), or a normal one.

- `micrograd`: a = 1.
- `glorot`: a² = 6 / (n_in + n_out), for a variance of 2 / (n_in + n_out): for tanh and sigmoid.
  X. Glorot and Y. Bengio, Understanding the difficulty of training deep networks, 2010.
- `he`: a² = 6 / n_in, for a variance of 2 / n_in: for relu. K. He et al., Delving deep into
  rectifiers, 2015.
- `uniform`: a² = 1 / n_in. Y. LeCun et al., Efficient BackProp, 1998.
- `glorot_normal`, `he_normal`, `normal`: normal numbers of the variance of `glorot`, of `he`, and
  of 1 / n_in, for selu. G. Klambauer et al., Self-normalizing neural networks, 2017.
- `zeros`: every weight is 0.0.

`init="orthogonal"` draws a whole layer at once: see `drawing_of`.

>>> INITIALIZERS["zeros"](Random(1337), 2, 16)
0.0
"""


def _symmetric(random: Random, square: float) -> float:
    """A number from uniform(-a, a), given a²."""
    bound = sqrt(square)
    return random.uniform(-bound, bound)


Rows = list[list[float]]

Drawing = Callable[[Random, int, int], Rows]
"""What draws the weights of a layer, a row a neuron."""


def drawing_of(where: str, init: object) -> Drawing:
    """What draws the weights of a layer by an initialiser.

    `"orthogonal"` draws rows of length 1 that are at right angles to each other; where there are
    more neurons than inputs, these are the columns. So a layer keeps lengths, or shrinks them.
    A. Saxe et al., Exact solutions to the nonlinear dynamics of learning in deep linear neural
    networks, 2014.

    Args:
        where: The function that was called.
        init: A name, or a function that draws one weight.

    Raises:
        ValueError: If it is neither.

    >>> drawing_of("neuron", "zeros")(Random(1337), 2, 1)
    [[0.0, 0.0]]
    >>> (a, b), (c, d) = drawing_of("layer", "orthogonal")(Random(1337), 2, 2)
    >>> round(a * a + b * b, 12), round(abs(a * c + b * d), 12)
    (1.0, 0.0)
    """
    if isinstance(init, str) and init == "orthogonal":
        return _orthogonal
    draw = INITIALIZERS.get(init) if isinstance(init, str) else init  # type: ignore[call-overload]  # any text
    if not callable(draw):
        from microfp.base.elsewhere.names import meant_choice

        names = [*INITIALIZERS, "orthogonal"]
        wrong = wrong_value(where, "init", f"a function or one of {', '.join(names)}", init)
        raise ValueError(f"{wrong}{meant_choice(init, names)}")  # noqa: TRY004 - a name
    return lambda random, n_in, n_out: [
        [draw(random, n_in, n_out) for _ in range(n_in)] for _ in range(n_out)
    ]


def _orthogonal(random: Random, n_in: int, n_out: int) -> Rows:
    """Normal rows, each less what it has of those before it, and cut to length 1."""
    short, long = sorted((n_in, n_out))
    drawn = ([random.gauss(0.0, 1.0) for _ in range(long)] for _ in range(short))
    rows: Rows = reduce(lambda rows, row: [*rows, _at_right_angles(rows, row)], drawn, [])
    return rows if n_out <= n_in else [list(column) for column in zip(*rows, strict=True)]


def _at_right_angles(rows: Rows, row: list[float]) -> list[float]:
    """What a row has that lies in none of the others, as a row of length 1.

    Twice, since what rounding leaves the first time is lost the second time.
    """
    for other in rows + rows:  # a plain loop: each takes something off
        along = _dot(row, other)
        row = [x - along * y for x, y in zip(row, other, strict=True)]
    length = sqrt(_dot(row, row))
    return [x / length for x in row]


def _dot(a: list[float], b: list[float]) -> float:
    return reduce(add, (x * y for x, y in zip(a, b, strict=True)))


def seeds(seed: int | None = 1337, count: int = 2) -> tuple[int, ...]:
    """Draw seeds that all differ, for the parts of a model that is put together by hand.

    Two calls of `layer(8, 8)` draw the same weights, since both have the same seed. The first of
    many seeds are those that a few would be, so that a model can grow.

    Args:
        seed: What they are drawn with; None for another each time.
        count: How many, at least 1.

    Raises:
        TypeError, ValueError: If seed or count is no such number.

    >>> from microfp.nn import layer
    >>> first, second = (layer(8, 8, seed=seed) for seed in seeds(1337, 2))
    >>> first.neurons[0].weights[0].data == second.neurons[0].weights[0].data
    False
    """
    random = Random(chosen_seed("seeds", "seed", seed))
    many = check_size("seeds", "count", count, minimum=1)
    return tuple(random.randrange(LARGEST_SEED + 1) for _ in range(many))
