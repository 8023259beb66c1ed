"""Points in patterns: the exclusive or, a checkerboard, rings of three classes, a noisy wave.

>>> xor().ys
(-1.0, 1.0, 1.0, -1.0)
"""

from math import cos, pi, sin
from random import Random
from typing import TypedDict

from microfp.base.checks import check_count, check_non_negative, check_size, chosen_seed
from microfp.base.elsewhere.leading import names_home
from microfp.datasets.examples import Dataset, dataset

__all__ = ["checkerboard", "rings", "waves", "xor"]


class _Made(TypedDict):
    """What is said of data besides its numbers."""

    name: str
    metadata: dict[str, object]


def _made(name: str, seed: int, **options: object) -> _Made:
    return _Made(name=name, metadata={**options, "seed": seed})


@names_home
def xor(n: int = 4, *, noise: float = 0.0, seed: int | None = 1337) -> Dataset:
    """The exclusive or of two bits: what no single neuron can learn.

    Args:
        n: How many points, 1 or more; the corners (0, 0), (0, 1), (1, 0), (1, 1) in turn.
        noise: The standard deviation of the Gaussian noise on each coordinate, 0 or more.
        seed: What the noise is drawn with; None for another each time.

    Returns:
        Labels are 1 where one bit is set, and -1 where none or both are.

    Source: M. Minsky and S. Papert, Perceptrons, 1969.

    >>> xor().xs
    ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))
    """
    count = check_size("xor", "n", n, minimum=1)
    size = check_non_negative("xor", "noise", noise)
    chosen = chosen_seed("xor", "seed", seed)
    draw = Random(chosen)
    corners = [(k // 2 % 2, k % 2) for k in range(count)]
    rows = [[bit + size * draw.gauss(0.0, 1.0) for bit in corner] for corner in corners]
    return dataset(
        rows, [1 if a != b else -1 for a, b in corners], **_made("xor", chosen, noise=size)
    )


@names_home
def checkerboard(
    n: int = 100, *, squares: int = 4, noise: float = 0.0, seed: int | None = 1337
) -> Dataset:
    """Points on a board from -1 to 1, labelled by the colour of their square.

    Args:
        n: How many points, 1 or more.
        squares: How many squares there are along a side, 1 or more.
        noise: The standard deviation of the Gaussian noise on each coordinate, 0 or more.
        seed: What the points are drawn with, evenly over the board; None for others each time.

    Returns:
        The square in the corner (-1, -1) is labelled 1, its neighbours -1.

    >>> checkerboard(50).metadata["name"]
    'checkerboard'
    """
    count = check_size("checkerboard", "n", n, minimum=1)
    along = check_count("checkerboard", "squares", squares, minimum=1)
    size = check_non_negative("checkerboard", "noise", noise)
    chosen = chosen_seed("checkerboard", "seed", seed)
    draw = Random(chosen)
    places = [(draw.random(), draw.random()) for _ in range(count)]
    labels = [1 if (int(u * along) + int(v * along)) % 2 == 0 else -1 for u, v in places]
    rows = [[2.0 * u - 1.0 + size * draw.gauss(0.0, 1.0) for u in place] for place in places]
    return dataset(rows, labels, **_made("checkerboard", chosen, noise=size, squares=along))


@names_home
def rings(
    n: int = 150, *, classes: int = 3, noise: float = 0.1, seed: int | None = 1337
) -> Dataset:
    """Rings around each other, a class each.

    Args:
        n: How many points, at least as many as classes; they go round the rings in turn.
        classes: How many rings, 1 or more; ring k has the radius k + 1.
        noise: The standard deviation of the Gaussian noise on each coordinate, 0 or more.
        seed: What angles and noise are drawn with; None for another each time.

    Returns:
        Labels are 0, 1, 2 ... from the innermost ring on, as `softmax_cross_entropy` has them.

    >>> rings(6).ys
    (0.0, 1.0, 2.0, 0.0, 1.0, 2.0)
    """
    kinds = check_count("rings", "classes", classes, minimum=1)
    count = check_size("rings", "n", n, minimum=kinds)
    size = check_non_negative("rings", "noise", noise)
    chosen = chosen_seed("rings", "seed", seed)
    draw = Random(chosen)
    rows = [_on_ring(draw, 1.0 + k % kinds, size) for k in range(count)]
    return dataset(rows, [k % kinds for k in range(count)], **_made("rings", chosen, noise=size))


def _on_ring(draw: Random, radius: float, noise: float) -> tuple[float, float]:
    angle = draw.uniform(0.0, 2.0 * pi)
    x, y = radius * cos(angle), radius * sin(angle)
    return x + noise * draw.gauss(0.0, 1.0), y + noise * draw.gauss(0.0, 1.0)


@names_home
def waves(n: int = 100, *, noise: float = 0.1, seed: int | None = 1337) -> Dataset:
    """A curve to fit: y = sin(3 x) + x / 2 and noise, for x from -2 to 2.

    Args:
        n: How many points, 1 or more, drawn evenly.
        noise: The standard deviation of the Gaussian noise on y, 0 or more.
        seed: What points and noise are drawn with; None for another each time.

    >>> waves(20)
    Dataset(name='waves', n=20, d=1)
    """
    count = check_size("waves", "n", n, minimum=1)
    size = check_non_negative("waves", "noise", noise)
    chosen = chosen_seed("waves", "seed", seed)
    draw = Random(chosen)
    xs = [draw.uniform(-2.0, 2.0) for _ in range(count)]
    ys = [sin(3.0 * x) + 0.5 * x + size * draw.gauss(0.0, 1.0) for x in xs]
    return dataset([[x] for x in xs], ys, **_made("waves", chosen, noise=size))
