"""Names for what has none: numbered, without those that are taken."""

from collections.abc import Iterable, Iterator
from itertools import count

__all__ = ["fresh_names"]


def fresh_names(pattern: str, start: int, taken: Iterable[str]) -> Iterator[str]:
    """Yield the names of a pattern, numbered, without end and without those that are taken.

    >>> names = fresh_names("v{}", 0, ["v1"])
    >>> next(names), next(names)
    ('v0', 'v2')
    """
    used = frozenset(taken)
    return (name for i in count(start) if (name := pattern.format(i)) not in used)
