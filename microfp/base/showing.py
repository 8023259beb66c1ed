"""The registry of displays: what a notebook shows of a thing, said by whoever can draw it.

A notebook asks an object for its `_repr_mimebundle_`: forms of it by their media types. The objects
stand low in the package, and the drawings far above them, so the objects ask here, and the drawings
register here.

>>> mimebundle(2.0)
{'text/plain': '2.0'}
"""

from collections.abc import Collection
from functools import singledispatch

__all__ = ["mimebundle"]


@singledispatch
def mimebundle(
    shown: object,
    include: Collection[str] | None = None,  # noqa: ARG001 - for those who have more than text
    exclude: Collection[str] | None = None,  # noqa: ARG001
) -> dict[str, str]:
    """Return what a notebook can show of a thing: its text, unless a display is registered.

    Args:
        shown: The thing.
        include: The only media types that are asked for; None for all.
        exclude: Media types that are not.

    >>> class Circle: ...
    >>> _ = mimebundle.register(Circle, lambda *_: {"text/plain": "o"})
    >>> mimebundle(Circle())
    {'text/plain': 'o'}
    """
    return {"text/plain": repr(shown)}
