"""What a layer or a network returns: a tuple that says so where one output was meant.

>>> from microfp.nn.networks import mlp
>>> mlp(2, [3, 1])([1.0, 2.0]) - 1.0
Traceback (most recent call last):
TypeError: a network returns a tuple of outputs, which is no operand; nn.forward(model, inputs) is \
its one output
"""

from typing import TYPE_CHECKING

from microfp.values import Value

__all__ = ["Outputs"]

_ONE = "nn.forward(model, inputs) is its one output"


class Outputs(tuple[Value, ...]):
    """The outputs of a network; arithmetic with them is refused, but for joining two tuples.

    A plain tuple would be repeated by `outputs * 2`, and say of `outputs - y` only that it cannot.

    >>> Outputs([]) + (1.0,)
    (1.0,)
    """

    __slots__ = ()

    if not TYPE_CHECKING:  # to a checker it is a tuple

        def __getattr__(self, name):
            hint = "" if name.startswith("_") else f"; {_ONE}"
            raise AttributeError(f"a tuple of outputs has no attribute {name!r}{hint}")

        def _refuse(self, *_other):
            raise TypeError(f"a network returns a tuple of outputs, which is no operand; {_ONE}")

        __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _refuse
        __pow__ = __rpow__ = __mod__ = __rmod__ = __neg__ = __abs__ = __float__ = _refuse

        def __add__(self, other):
            return (*self, *other) if isinstance(other, tuple) else self._refuse()

        def __radd__(self, other):
            return (*other, *self) if isinstance(other, tuple) else self._refuse()

        def __lt__(self, other):
            return tuple(self) < other if isinstance(other, tuple) else self._refuse()

        def __gt__(self, other):
            return tuple(self) > other if isinstance(other, tuple) else self._refuse()
