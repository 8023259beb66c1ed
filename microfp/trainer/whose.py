"""Which parameters of a model something is remembered of: a digest of their places.

>>> from microfp import nn
>>> places_of(nn.mlp(2, [1], seed=1)) == places_of(nn.mlp(2, [1], seed=2))
True
>>> places_of(nn.mlp(2, [1])) == places_of(nn.mlp(2, [2]))
False
"""

from collections.abc import Callable
from functools import partial
from hashlib import sha256
from typing import TypeAlias

from microfp.base.memo import remembering
from microfp.compiler.trace.structure import Places
from microfp.record import Deferred
from microfp.tree import parameters, runs

__all__ = ["Whose", "are_own", "places_of"]

Whose: TypeAlias = str | Deferred | None
"""Which parameters an optimiser remembers that of, perhaps not found out yet: that takes a tenth of
a second of a million, and is read where a state is kept, or comes from elsewhere.

>>> whose: Whose = None
"""


def _new_places_of(model: object) -> str:
    """The digest of the paths to a model's parameters, in order, whatever their numbers are."""
    places = Places(parameters(model))
    found = ((path, list(places.of(run))) for path, run in runs(model))
    lines = (f"{'.'.join(map(_key_text, path))}: {own}" for path, own in found if own != [None])
    return sha256("\n".join(lines).encode("utf-8", "backslashreplace")).hexdigest()[:16]


def _key_text(key: object) -> str:
    """A field, an index or a key, as it reads in every process."""
    return repr(key) if isinstance(key, str | int | float) else type(key).__name__


places_of: Callable[[object], str] = remembering(_new_places_of)
"""Which parameters a model has: the digest of their places."""


def are_own(make: object, model: object) -> bool:
    """Whether what finds out some places, when somebody asks, looks at this very model.

    >>> from microfp import nn
    >>> model = nn.mlp(2, [1])
    >>> are_own(partial(places_of, model), model), are_own(None, model)
    (True, False)
    """
    return isinstance(make, partial) and make.func is places_of and make.args[0] is model
