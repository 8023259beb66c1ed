"""Old names of parameters, which stay for one version and say what they are called now."""

import warnings
from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    # Type checkers bring it with them; at run time it would be one more thing to install.
    import typing_extensions

    deprecated = typing_extensions.deprecated
    """How type checkers and editors know that something is deprecated (PEP 702)."""

__all__ = ["by_new_names", "deprecated", "renamed", "warn_renamed"]

R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., object])


def _deprecated(message: str) -> Callable[[F], F]:
    """Mark an overload as deprecated, for type checkers and editors (PEP 702).

    Args:
        message: What to write in its place.

    >>> @deprecated("write `twice`")
    ... def double(x: float) -> float:
    ...     return 2 * x
    >>> double.__deprecated__
    'write `twice`'
    """

    def marked(f: F) -> F:
        f.__deprecated__ = message  # type: ignore[attr-defined]  # that is what marks it
        return f

    return marked


if not TYPE_CHECKING:
    deprecated = _deprecated


def warn_renamed(where: str, old: str, new: str, *, above: int = 0) -> None:
    """Warn of an old spelling, at the line of whoever called the function that calls this.

    Args:
        where: What was called.
        old: What was written.
        new: What is to be written.
        above: How many callers more there are between the two.

    >>> with warnings.catch_warnings(record=True, action="always") as told:
    ...     warn_renamed("clip", "limit", "max_delta")
    >>> str(told[0].message)
    'clip: `limit` is deprecated, write `max_delta`'
    """
    message = f"{where}: `{old}` is deprecated, write `{new}`"
    warnings.warn(message, DeprecationWarning, stacklevel=3 + above)


def renamed(**names: str) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Let a function take keywords by their old names too, with a warning.

    Args:
        names: For each old name the new one.

    Returns:
        A decorator. The signature that it shows has the new names; overloads tell type checkers of
        the old ones.

    >>> @renamed(limit="max_delta")
    ... def clip(max_delta: float) -> float:
    ...     return max_delta
    >>> with warnings.catch_warnings(record=True, action="always") as told:
    ...     clip(limit=2.0)
    2.0
    """

    def taking_both(f: Callable[..., R]) -> Callable[..., R]:
        @wraps(f)
        def called(*args: object, **kwargs: object) -> R:
            return f(*args, **by_new_names(f.__name__, kwargs, names))

        return called

    return taking_both


def by_new_names(
    where: str, given: dict[str, object], names: Mapping[str, str]
) -> dict[str, object]:
    """Keywords by their new names, with a warning of each that was given by its old one.

    The warning is for the line of whoever called the function that calls this.

    Args:
        where: What was called.
        given: The keywords.
        names: For each old name the new one.

    Raises:
        TypeError: If one argument was given by both of its names.

    >>> by_new_names("clip", {"max_delta": 2.0}, {"limit": "max_delta"})
    {'max_delta': 2.0}
    """
    for old, new in names.items():
        if old in given:
            warn_renamed(where, old, new, above=1)
            given = _with_new_name(where, given, old, new)
    return given


def _with_new_name(where: str, kwargs: dict[str, object], old: str, new: str) -> dict[str, object]:
    if new in kwargs:
        raise TypeError(f"{where}: `{old}` and `{new}` are one argument, got both")
    return {new if name == old else name: given for name, given in kwargs.items()}
