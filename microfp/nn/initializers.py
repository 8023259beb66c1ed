"""How initial weights are drawn, by name or as a function."""

from collections.abc import Callable
from math import sqrt
from random import Random
from typing import Literal, TypeAlias

from microfp.base.checks import wrong_value

__all__ = ["INITIALIZERS", "Initializer", "InitializerName", "initializer_of"]

Initializer: TypeAlias = Callable[[Random, int, int], float]
"""What draws one weight: from random numbers, the neuron's inputs and its layer's outputs.

>>> small: Initializer = lambda random, n_in, n_out: random.uniform(-0.1, 0.1)
>>> from microfp.nn import neuron
>>> abs(neuron(1, init=small).weights[0].data) <= 0.1
True
"""


InitializerName: TypeAlias = Literal[
    "micrograd", "glorot", "he", "uniform", "glorot_normal", "he_normal", "normal", "zeros"
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
"""The initialisers that go by a name; all but the last draw from uniform(-a, a), or a normal one.

- `micrograd`: a = 1.
- `glorot`: a² = 6 / (n_in + n_out), for a variance of 2 / (n_in + n_out): for tanh and sigmoid.
  X. Glorot and Y. Bengio, Understanding the difficulty of training deep networks, 2010.
- `he`: a² = 6 / n_in, for a variance of 2 / n_in: for relu. K. He et al., Delving deep into
  rectifiers, 2015.
- `uniform`: a² = 1 / n_in. Y. LeCun et al., Efficient BackProp, 1998.
- `glorot_normal`, `he_normal`, `normal`: normal numbers of the variance of `glorot`, of `he`, and
  of 1 / n_in, for selu. G. Klambauer et al., Self-normalizing neural networks, 2017.
- `zeros`: every weight is 0.0.

>>> INITIALIZERS["zeros"](Random(1337), 2, 16)
0.0
"""


def _symmetric(random: Random, square: float) -> float:
    """A number from uniform(-a, a), given a²."""
    bound = sqrt(square)
    return random.uniform(-bound, bound)


def initializer_of(where: str, init: object) -> Initializer:
    """The function of an initialiser.

    Args:
        where: The function that was called.
        init: A name in `INITIALIZERS`, or a function.

    Raises:
        ValueError: If it is neither.

    >>> initializer_of("neuron", "zeros")(Random(1337), 2, 16)
    0.0
    """
    if isinstance(init, str) and init in INITIALIZERS:
        return INITIALIZERS[init]
    if not callable(init):
        from microfp.base.elsewhere.names import meant_choice

        expected = f"a function or one of {', '.join(INITIALIZERS)}"
        wrong = wrong_value(where, "init", expected, init)
        raise ValueError(f"{wrong}{meant_choice(init, INITIALIZERS)}")  # noqa: TRY004 - a name
    return init
