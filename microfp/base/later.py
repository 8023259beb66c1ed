"""Modules for annotations, which are imported when somebody asks what the annotations mean."""

from importlib import import_module

__all__ = ["Later"]


class Later:
    """A module that is imported when a type of it is asked for; without it, that is `object`.

    An annotation that is written as text costs nothing until a tool such as `beartype` resolves it,
    by the names of its module: there this stands in the place of an extra.

    >>> Later("fractions").Fraction.__name__, Later("no_such_extra").Chart.__name__
    ('Fraction', 'object')
    """

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> type:
        try:
            found: type = getattr(import_module(self._module), name)
        except ImportError:
            return object
        return found
