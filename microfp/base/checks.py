"""Checks of plain arguments: each returns the value in its plain type or says what is wrong.

Every check takes `where` (the function that was called), `name` (its argument) and the value that
came. A wrong kind raises `TypeError`, a wrong value `ValueError`, and the message always reads
`where: name must be ..., got ...`. A `bool` is never taken for a number.
"""

import math
from numbers import Real
from operator import index
from os import urandom
from pathlib import Path
from reprlib import repr as short_repr
from types import FunctionType, UnionType
from typing import SupportsIndex, TypeVar

__all__ = [
    "LARGEST_SEED",
    "LARGEST_SIZE",
    "check_callable",
    "check_count",
    "check_each",
    "check_finite",
    "check_flag",
    "check_kind",
    "check_like",
    "check_non_negative",
    "check_path",
    "check_positive",
    "check_seed",
    "check_size",
    "chosen_seed",
    "missing_extra",
    "wrong_kind",
    "wrong_value",
]

K = TypeVar("K")

LARGEST_SEED = 2**32 - 1
"""The largest seed: numpy's `RandomState` takes 32 bits."""


LARGEST_SIZE = 100_000_000
"""How many numbers are made and kept at most: more would only fill the memory until it is out."""


def wrong_kind(where: str, name: str, expected: str, value: object) -> TypeError:
    """The `TypeError` for a value of the wrong type, ready to be raised.

    Args:
        where: the function that was called.
        name: its argument.
        expected: what was expected, a noun with its article.
        value: what came; a long one is shortened.

    Returns:
        The exception, not raised.

    >>> wrong_kind("moons", "seed", "an int", "7")
    TypeError("moons: seed must be an int, got '7' (str)")
    """
    return TypeError(
        f"{where}: {name} must be {expected}, got {_shown(value)} ({type(value).__name__})"
    )


def _shown(value: object) -> str:
    """What came, in short; of a function its name, which helps more than its address."""
    return value.__qualname__ if isinstance(value, FunctionType) else short_repr(value)


def wrong_value(where: str, name: str, expected: str, value: object) -> ValueError:
    """The `ValueError` for a value out of range, ready to be raised.

    Args:
        where: the function that was called.
        name: its argument.
        expected: what was expected, a noun with its article.
        value: what came; a long one is shortened.

    Returns:
        The exception, not raised.

    >>> wrong_value("moons", "n", "an int >= 2", 1)
    ValueError('moons: n must be an int >= 2, got 1')
    """
    return ValueError(f"{where}: {name} must be {expected}, got {_shown(value)}")


def check_count(where: str, name: str, value: object, *, minimum: int = 0) -> int:
    """A whole number of things, at least `minimum`.

    Args:
        where: the function that was called.
        name: its argument.
        value: an int, or a numpy integer; not a bool and not a float.
        minimum: the smallest count allowed.

    Returns:
        The count as a plain int.

    Raises:
        TypeError: the value is not an integer.
        ValueError: it is below `minimum`.

    >>> check_count("moons", "n", 100, minimum=2)
    100
    >>> check_count("moons", "n", 1, minimum=2)
    Traceback (most recent call last):
    ValueError: moons: n must be an int >= 2, got 1
    """
    expected = f"an int >= {minimum}"
    count = _integer(where, name, expected, value)
    if count < minimum:
        raise wrong_value(where, name, expected, value)
    return count


def check_size(where: str, name: str, value: object, *, minimum: int = 0) -> int:
    """A count of numbers that are to be made and kept, all at once.

    Args:
        where: the function that was called.
        name: its argument, or what there would be so many of.
        value: an int, or a numpy integer; not a bool and not a float.
        minimum: the smallest count allowed.

    Returns:
        The count as a plain int.

    Raises:
        TypeError: the value is not an integer.
        ValueError: it is below `minimum`, or above `LARGEST_SIZE`.

    >>> check_size("moons", "n", 10**12, minimum=2)
    Traceback (most recent call last):
    ValueError: moons: n must be an int from 2 to 100000000, got 1000000000000
    """
    count = check_count(where, name, value, minimum=minimum)
    if count > LARGEST_SIZE:
        raise wrong_value(where, name, f"an int from {minimum} to {LARGEST_SIZE}", value)
    return count


def check_seed(where: str, name: str, value: object) -> int:
    """A seed: an int from 0 to 2**32 - 1.

    Args:
        where: the function that was called.
        name: its argument.
        value: an int, or a numpy integer; not a bool.

    Returns:
        The seed as a plain int.

    Raises:
        TypeError: the value is not an integer.
        ValueError: it does not fit into 32 bits.

    >>> check_seed("moons", "seed", 1337)
    1337
    >>> check_seed("moons", "seed", -1)
    Traceback (most recent call last):
    ValueError: moons: seed must be an int from 0 to 4294967295, got -1
    """
    expected = f"an int from 0 to {LARGEST_SEED}"
    seed = _integer(where, name, expected, value)
    if not 0 <= seed <= LARGEST_SEED:
        raise wrong_value(where, name, expected, value)
    return seed


def chosen_seed(where: str, name: str, value: object) -> int:
    """A seed, or one that the system draws where None is asked for.

    The result says what was drawn, where it keeps its seed: in the metadata of a dataset, in the
    options of a run.

    Args:
        where: the function that was called.
        name: its argument.
        value: as for `check_seed`, or None.

    Raises:
        TypeError, ValueError: as `check_seed` does.

    >>> chosen_seed("mlp", "seed", 1337)
    1337
    >>> 0 <= chosen_seed("mlp", "seed", None) <= LARGEST_SEED
    True
    """
    if value is None:
        return int.from_bytes(urandom(4), "little")
    return check_seed(where, name, value)


def check_flag(where: str, name: str, value: object) -> bool:
    """A bool, and nothing that is merely true or false.

    Args:
        where: the function that was called.
        name: its argument.
        value: True or False.

    Returns:
        The bool.

    Raises:
        TypeError: the value is not a bool.

    >>> check_flag("moons", "shuffle", True)
    True
    >>> check_flag("moons", "shuffle", "no")
    Traceback (most recent call last):
    TypeError: moons: shuffle must be True or False, got 'no' (str)
    """
    if not isinstance(value, bool):
        raise wrong_kind(where, name, "True or False", value)
    return value


def check_kind(where: str, name: str, value: object, kind: type[K], *, example: str = "") -> K:
    """An instance of a class.

    Args:
        where: the function that was called.
        name: its argument.
        value: what came.
        kind: the class that it must be of.
        example: how to come by one, for the message.

    Returns:
        The value as it is.

    Raises:
        TypeError: the value is of another class.

    >>> check_kind("moons", "name", "two moons", str)
    'two moons'
    >>> check_kind("moons", "name", 2, str)
    Traceback (most recent call last):
    TypeError: moons: name must be a str, got 2 (int)
    """
    if not isinstance(value, kind):
        article = "an" if kind.__name__[0] in "AEIOUaeiou" else "a"
        such = f", such as {example}" if example else ""
        raise wrong_kind(where, name, f"{article} {kind.__name__}{such}", value)
    return value


def check_like(where: str, name: str, value: object, kind: type | UnionType, expected: str) -> None:
    """Check that something can be used as what a class of `collections.abc` describes.

    Args:
        where: the function that was called.
        name: its argument.
        value: what came.
        kind: the class, which has no instances of its own.
        expected: what was expected, a noun with its article.

    Raises:
        TypeError: the value cannot.

    >>> from collections.abc import Mapping
    >>> check_like("subset", "options", [1], Mapping, "a mapping")
    Traceback (most recent call last):
    TypeError: subset: options must be a mapping, got [1] (list)
    """
    if not isinstance(value, kind):
        raise wrong_kind(where, name, expected, value)


def check_path(where: str, name: str, value: object) -> Path:
    """The name of a file.

    Args:
        where: the function that was called.
        name: its argument.
        value: a str, or what stands for one, such as a `pathlib.Path`.

    Returns:
        The path.

    Raises:
        TypeError: the value is none.

    >>> check_path("load", "path", "run.json").name
    'run.json'
    >>> check_path("load", "path", None)
    Traceback (most recent call last):
    TypeError: load: path must be the path of a file, such as 'run.json', got None (NoneType)
    """
    try:
        return Path(value)  # type: ignore[arg-type]  # that is the question
    except TypeError:
        raise wrong_kind(where, name, "the path of a file, such as 'run.json'", value) from None


def check_each(where: str, name: str, value: object, kind: type[K]) -> list[K]:
    """Several things to go through, each of one class.

    Args:
        where: the function that was called.
        name: its argument.
        value: what came.
        kind: the class.

    Returns:
        All of them: what can be gone through once was.

    Raises:
        TypeError: the value holds no things to go through, or one of another class.

    >>> check_each("collect", "words", ("a", "b"), str)
    ['a', 'b']
    >>> check_each("collect", "words", ["a", 2], str)
    Traceback (most recent call last):
    TypeError: collect: words[1] must be a str, got 2 (int)
    """
    try:
        items: list[object] = list(value)  # type: ignore[call-overload]  # that is the question
    except TypeError:
        raise wrong_kind(where, name, f"a sequence, each a {kind.__name__}", value) from None
    return [check_kind(where, f"{name}[{i}]", it, kind) for i, it in enumerate(items)]


def check_callable(where: str, name: str, value: object, expected: str = "a function") -> None:
    """Check that something can be called.

    Args:
        where: the function that was called.
        name: its argument.
        value: what came.
        expected: what was expected, a noun with its article.

    Raises:
        TypeError: the value cannot be called.

    >>> check_callable("grad", "f", 3.0)
    Traceback (most recent call last):
    TypeError: grad: f must be a function, got 3.0 (float)
    """
    if not callable(value):
        raise wrong_kind(where, name, expected, value)


def check_finite(where: str, name: str, value: object) -> float:
    """A finite number.

    Args:
        where: the function that was called.
        name: its argument.
        value: an int, a float or a numpy scalar; not a bool.

    Returns:
        The number as a plain float.

    Raises:
        TypeError: the value is not a real number.
        ValueError: it is nan or infinite, or too large for a float.

    >>> check_finite("spiral", "turns", 2)
    2.0
    >>> check_finite("spiral", "turns", float("inf"))
    Traceback (most recent call last):
    ValueError: spiral: turns must be a finite number, got inf
    """
    return _number(where, name, "a finite number", value)


def check_non_negative(where: str, name: str, value: object) -> float:
    """A finite number that is zero or more.

    Args:
        where: the function that was called.
        name: its argument.
        value: an int, a float or a numpy scalar; not a bool.

    Returns:
        The number as a plain float.

    Raises:
        TypeError: the value is not a real number.
        ValueError: it is negative, nan or infinite.

    >>> check_non_negative("moons", "noise", 0)
    0.0
    >>> check_non_negative("moons", "noise", -0.1)
    Traceback (most recent call last):
    ValueError: moons: noise must be a finite number >= 0, got -0.1
    """
    expected = "a finite number >= 0"
    number = _number(where, name, expected, value)
    if number < 0.0:
        raise wrong_value(where, name, expected, value)
    return number


def check_positive(where: str, name: str, value: object) -> float:
    """A finite number above zero.

    Args:
        where: the function that was called.
        name: its argument.
        value: an int, a float or a numpy scalar; not a bool.

    Returns:
        The number as a plain float.

    Raises:
        TypeError: the value is not a real number.
        ValueError: it is zero, negative, nan or infinite.

    >>> check_positive("spiral", "turns", 1.5)
    1.5
    >>> check_positive("spiral", "turns", 0)
    Traceback (most recent call last):
    ValueError: spiral: turns must be a finite number > 0, got 0
    """
    expected = "a finite number > 0"
    number = _number(where, name, expected, value)
    if number <= 0.0:
        raise wrong_value(where, name, expected, value)
    return number


def _integer(where: str, name: str, expected: str, value: object) -> int:
    """`value` as a plain int, by `__index__`, so that numpy's integers count as ints."""
    if type(value) is int:
        return value  # the common case, and the protocol is slow to ask
    if isinstance(value, bool) or not isinstance(value, SupportsIndex):
        raise wrong_kind(where, name, expected, value)
    try:
        return index(value)
    except TypeError:  # numpy arrays have `__index__` and then refuse it
        raise wrong_kind(where, name, expected, value) from None


def _number(where: str, name: str, expected: str, value: object) -> float:
    """`value` as a plain float that is neither nan nor infinite."""
    if type(value) is float and math.isfinite(value):
        return value  # the common case
    if isinstance(value, bool) or not isinstance(value, Real):
        raise wrong_kind(where, name, expected, value)
    try:
        number = float(value)
    except OverflowError:
        raise wrong_value(where, name, expected, value) from None
    if not math.isfinite(number):
        raise wrong_value(where, name, expected, value)
    return number


def missing_extra(where: str, package: str, extra: str) -> ImportError:
    """The `ImportError` for a package that an extra brings, ready to be raised.

    Args:
        where: the function that was called.
        package: what could not be imported.
        extra: which extra of microfp brings it.

    Returns:
        The exception, not raised.

    >>> missing_extra("iris", "scikit-learn", "data")
    ImportError("iris: scikit-learn is missing; pip install 'microfp[data]'")
    """
    return ImportError(f"{where}: {package} is missing; pip install 'microfp[{extra}]'")
