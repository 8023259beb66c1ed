"""What a class body annotates, and which classes a type hint stands for when the program runs.

Annotations are objects, or strings under `from __future__ import annotations`; from Python 3.14
on they are evaluated when somebody asks, and a name may have no meaning yet.
"""

import sys
import types
import typing
from collections.abc import Mapping, Sequence

if sys.version_info >= (3, 14):
    from annotationlib import (
        Format,
        ForwardRef,
        call_annotate_function,
        get_annotate_from_class_namespace,
        get_annotations,
    )

    def body_annotations(body: Mapping[str, object]) -> Mapping[str, object]:
        """Return what a class body annotates; what has no meaning yet is a `ForwardRef`.

        >>> body_annotations({"__annotations__": {"x": int}})
        {'x': <class 'int'>}
        """
        annotate = get_annotate_from_class_namespace(body)
        if annotate is None:  # there are none, or the module asked for strings
            return _stored_annotations(body)
        return call_annotate_function(annotate, Format.FORWARDREF)

    def class_annotations(cls: type) -> Mapping[str, object]:
        """Return what the body of this class annotated, evaluated as far as can be now.

        >>> class Point:
        ...     x: int
        >>> class_annotations(Point)
        {'x': <class 'int'>}
        """
        return get_annotations(cls, format=Format.FORWARDREF)

else:
    from inspect import get_annotations
    from typing import ForwardRef

    def body_annotations(body: Mapping[str, object]) -> Mapping[str, object]:
        """Return what a class body annotates.

        >>> body_annotations({"__annotations__": {"x": int}})
        {'x': <class 'int'>}
        """
        return _stored_annotations(body)

    def class_annotations(cls: type) -> Mapping[str, object]:
        """Return what the body of this class annotated.

        >>> class Point:
        ...     x: int
        >>> class_annotations(Point)
        {'x': <class 'int'>}
        """
        return get_annotations(cls)


def _stored_annotations(body: Mapping[str, object]) -> Mapping[str, object]:
    stored = body.get("__annotations__")
    return stored if isinstance(stored, dict) else {}


def is_class_variable(annotation: object) -> bool:
    """Return whether it says `ClassVar`, as an object or as a string.

    >>> is_class_variable(typing.ClassVar[int]), is_class_variable("ClassVar[int]")
    (True, True)
    >>> is_class_variable(int)
    False
    """
    written = annotation.__forward_arg__ if isinstance(annotation, ForwardRef) else annotation
    return str(written).startswith(("ClassVar", "typing.ClassVar"))


def check_annotated(where: str, declared: Sequence[str], annotated: Sequence[str]) -> None:
    """Check that each declared field of a class has a type.

    Args:
        where: The name of the class.
        declared: The names of its fields, with a type or without.
        annotated: The names that its body annotates.

    Raises:
        TypeError: If one has none: a checker would not see that it is a field.

    >>> check_annotated("Line", ["slope"], [])
    Traceback (most recent call last):
    TypeError: Line: slope must have a type to be a field, as in `slope: float = attr()`
    """
    bare = next((name for name in declared if name not in annotated), None)
    if bare is not None:
        example = f"as in `{bare}: float = attr()`"
        raise TypeError(f"{where}: {bare} must have a type to be a field, {example}")


def declared_hint(cls: type, name: str) -> object:
    """Return the type hint of an attribute, from the class nearest to `cls` that annotates it.

    Returns:
        An object, `object` itself where the annotation has no meaning.

    Raises:
        StopIteration: If no class annotates it.

    >>> class Pair:
    ...     first: "int"
    ...     second: "Nowhere"
    >>> declared_hint(Pair, "first"), declared_hint(Pair, "second")
    (<class 'int'>, <class 'object'>)
    """
    owner, annotation = next(
        (c, annotations[name]) for c in cls.__mro__ if name in (annotations := class_annotations(c))
    )
    if not isinstance(annotation, str):
        return annotation
    parameters = {p.__name__: p for p in getattr(owner, "__type_params__", ())}
    names = {**vars(sys.modules[owner.__module__]), **parameters, owner.__name__: owner}
    try:
        meaning: object = eval(annotation, names)
    except NameError:
        return object
    return meaning


def kinds(hint: object) -> tuple[type, ...]:
    """Return the classes that a type hint stands for; none where any object will do.

    >>> kinds(int | None)
    (<class 'int'>, <class 'NoneType'>)
    >>> kinds(typing.Literal["a", "b"]), kinds(tuple[int, ...]), kinds(object)
    ((<class 'str'>,), (<class 'tuple'>,), ())
    """
    origin = typing.get_origin(hint)
    parts = typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        each = [kinds(part) for part in parts]
        return () if () in each else tuple(kind for several in each for kind in several)
    if origin is typing.Annotated:
        return kinds(parts[0])
    if origin is typing.Literal:
        return tuple({type(literal) for literal in parts})
    if hint is None:
        return (type(None),)
    kind = origin or hint
    unchecked = kind in (object, typing.Any) or getattr(kind, "_is_protocol", False)
    return (kind,) if isinstance(kind, type) and not unchecked else ()
