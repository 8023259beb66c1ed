"""Models as trees: any record that holds values is a model, and its leaves are its parameters.

A tree is a `Value`, or a `Record`, `PVector`, `PMap` or tuple of trees. Whatever else it holds
(numbers, names, functions) stays as it is. A list, dict or set of values is refused, as it could
change under a training that never sees it; so are other containers and objects that hold values,
which would silently not be trained.

>>> from microfp.record import Record, attr
>>> class Line(Record):
...     slope: Value = attr()
...     offset: Value = attr()
>>> line = Line(slope=value(2.0), offset=value(1.0))
>>> [p.data for p in parameters(line)]
[2.0, 1.0]
>>> with_parameters(line, [5.0, 6.0])
Line(slope=Value(data=5.0), offset=Value(data=6.0))
"""

from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from operator import attrgetter
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import NamedTuple, Protocol, TypeAlias, TypeGuard, TypeVar

from pyrsistent import PMap, PRecord, PVector, pmap, pvector

from microfp.base.checks import check_callable, wrong_kind
from microfp.base.collecting import uncollected
from microfp.base.memo import remembering, while_kept
from microfp.errors import ShapeError
from microfp.record import Record, unchecked_many
from microfp.values import LEAF, Scalar, Value, lift, stop_gradient, value

__all__ = [
    "freeze",
    "map_parameters",
    "map_scalars",
    "map_values",
    "mask",
    "parameter_count",
    "parameters",
    "unfreeze",
    "values",
    "with_parameters",
]

_M = TypeVar("_M")

CONTAINERS = (Record, PMap, PVector, tuple)
"""What a tree branches at.

>>> isinstance((1.0, 2.0), CONTAINERS)
True
"""

DEEPEST = 250
"""How deep records and containers may be nested: functions that recur go through a tree."""

PLAIN = frozenset({str, int, bool, float, type(None), FunctionType})
"""What certainly holds no values, for speed: the types of most of what a model holds besides."""

OPAQUE = (
    *(str, bytes, bytearray, memoryview, array, range, type, ModuleType),
    *(FunctionType, BuiltinFunctionType, MethodType, partial),
)
"""What is not looked into: a value that a function has closed over is a constant, and no part."""


class Place(NamedTuple):
    """One place of a tree: the path to it, what stands there, whether inside a record.

    >>> next(scalars((1.0, 2.0)))
    Place(path=(0,), content=1.0, in_record=False)
    """

    path: "Path"
    """From the root to the place."""
    content: object
    """What stands there."""
    in_record: bool
    """Whether a record is on the path."""


Path: TypeAlias = tuple[object, ...]
"""The path from the root of a tree to a place in it: field names, indices and keys.

>>> next(scalars(((), (5.0,)))).path
(1, 0)
"""


def scalars(tree: object, path: Path = (), *, in_record: bool = False) -> Iterator[Place]:
    """Yield every place of a tree where a function of it could be differentiated.

    These are the values, wherever they stand, and what stands outside of records: a float in a
    tuple is an input, a float in a record is a constant of the model. What stands outside of
    records and is no number at all is yielded too, so that the caller can refuse it. A frozen value
    in a record is a constant.

    >>> [(place.path, place.content) for place in scalars((1.0, (value(2.0), 3.0)))]
    [((0,), 1.0), ((1, 0), Value(data=2.0)), ((1, 1), 3.0)]
    """
    return (place for place in _places(tree, path, in_record) if not _is_constant(*place[1:]))


def _places(tree: object, path: Path, in_record: bool) -> Iterator[Place]:  # noqa: FBT001 - it recurs
    """The same, and the frozen values."""
    if isinstance(tree, CONTAINERS) and not isinstance(tree, Value):
        inside = in_record or isinstance(tree, Record)
        for key, branch in _shallow(tree, path):
            yield from _places(branch, (*path, key), inside)
    elif not in_record or isinstance(tree, Value):
        yield Place(path, tree, in_record)
    else:
        _check_holds_no_values(path, tree)


def _shallow(tree: object, path: Path) -> Iterator[tuple[object, object]]:
    """The branches of a container, if it does not stand too deep."""
    check_depth(len(path))
    return branches(tree)


def check_depth(depth: int) -> None:
    """Raise where a tree is nested deeper than one that can be walked by recursion.

    >>> check_depth(2)
    """
    if depth >= DEEPEST:
        raise ShapeError(f"tree: each branch must be nested at most {DEEPEST} deep, got more")


def _is_constant(content: object, in_record: bool) -> bool:  # noqa: FBT001 - half of a place
    return in_record and is_frozen(content)


def is_frozen(content: object) -> bool:
    """Whether something is a parameter that `freeze` has made a constant of.

    >>> is_frozen(stop_gradient(value(1.0))), is_frozen(value(1.0))
    (True, False)
    """
    return (
        isinstance(content, Value)
        and content.op == "stop_gradient"
        and len(content.parents) == 1
        and content.parents[0].op == LEAF
    )


def values(tree: object) -> Iterator[Value]:
    """Yield every value in a tree: fields in declared order, items in sequence, maps by key.

    >>> [v.data for v in values((value(1.0), "and", (value(2.0),)))]
    [1.0, 2.0]
    """
    return chain.from_iterable(run for _, run in runs(tree))


def runs(tree: object, path: Path = ()) -> Iterator[tuple[Path, Sequence[Value]]]:
    """Yield the values of a tree in runs, each with its path: one value, or a sequence of leaves.

    >>> [(path, len(run)) for path, run in runs((value(1.0), (value(2.0), value(3.0))))]
    [((0,), 1), ((1,), 2)]
    """
    if isinstance(tree, Value):
        yield path, (tree,)
    elif holds_leaves_only(tree) and len(path) < DEEPEST:
        yield path, tree
    elif isinstance(tree, CONTAINERS):
        for key, branch in _shallow(tree, path):
            yield from runs(branch, (*path, key))
    else:
        _check_holds_no_values(path, tree)


def holds_leaves_only(tree: object) -> TypeGuard["PVector[Value] | tuple[Value, ...]"]:
    """Say whether a tree is a plain sequence of leaves, at least one: it is read at once.

    >>> holds_leaves_only((value(1.0), value(2.0))), holds_leaves_only((value(1.0), "and"))
    (True, False)
    """
    return (type(tree) is tuple or isinstance(tree, PVector)) and _are_leaves(tree)


_op_of: Callable[[object], str] = attrgetter("op")

_are_leaves: Callable[[Iterable[object]], bool] = while_kept(
    lambda items: set(map(type, items)) == {Value} and set(map(_op_of, items)) == {LEAF}
)
"""Remembered, as several walks through a model ask it of the weights of each neuron."""


def _check_holds_no_values(path: Path, content: object) -> None:
    """Refuse what holds values and is none of a tree's containers: they would not be trained."""
    if type(content) not in PLAIN and _holds_values(content, set()):
        where = ".".join(map(str, path)) or "the root"
        expected = (
            "a PMap"
            if isinstance(content, Mapping)
            else "a tuple or a PVector"
            if isinstance(content, Collection)
            else "a Record"
        )
        raise wrong_kind("tree", where, f"{expected}, as it holds values", content)


def _holds_values(content: object, seen: set[int]) -> bool:
    if isinstance(content, Value):
        return True
    if type(content) in PLAIN or id(content) in seen:
        return False
    seen.add(id(content))
    return any(_holds_values(part, seen) for part in _parts(content))


def _parts(content: object) -> Iterable[object]:
    """What something holds: items, fields, attributes."""
    if isinstance(content, OPAQUE):
        return ()
    if isinstance(content, Record):
        return content.values()
    if isinstance(content, Mapping):
        return chain.from_iterable(content.items())
    dtype = getattr(content, "dtype", None)  # numpy's arrays, which are of numbers or of objects
    if dtype is not None:
        objects: object = content.tolist() if getattr(dtype, "hasobject", False) else ()  # type: ignore[attr-defined]  # an array has it
        return (objects,)
    if isinstance(content, Collection):
        return content
    attributes: Mapping[str, object] = getattr(content, "__dict__", {})
    names = (*_slots(type(content)), *getattr(type(content), "_pclass_fields", ()))
    return [*attributes.values(), *(getattr(content, name, None) for name in names)]


def _slots(kind: type) -> Iterator[str]:
    """The names of all slots of a class, inherited ones too, as attributes are found by them."""
    for each in kind.__mro__:
        slots: str | Iterable[str] = each.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            is_private = name.startswith("__") and not name.endswith("__")
            yield f"_{each.__name__.lstrip('_')}{name}" if is_private else name


def branches(tree: object) -> Iterator[tuple[object, object]]:
    """Yield what a container holds directly, each with its field name, key or index.

    >>> list(branches((1.0, "and", (2.0,))))
    [(0, 1.0), (1, 'and'), (2, (2.0,))]
    """
    if isinstance(tree, Record):
        return iter(tree.items())
    if isinstance(tree, PMap):
        return iter(_sorted_items(tree))
    return enumerate(tree)  # type: ignore[arg-type]  # a tuple or a PVector


def _sorted_items(tree: PMap[object, object]) -> list[tuple[object, object]]:
    # By type as well, since the keys 1 and "1" read the same. Items and not keys, each of which
    # would have to be found again, and whoever wrote a file could have made that slow.
    return sorted(tree.items(), key=lambda item: (str(item[0]), type(item[0]).__name__))


def parameters(model: object) -> tuple[Value, ...]:
    """List the parameters of a model: its leaf values, each once, in declared order.

    A value that stands in two places is one parameter (tied weights). A value that was computed
    from others is none.

    >>> from microfp.nn import mlp
    >>> len(parameters(mlp(2, [16, 16, 1])))
    337
    """
    return _leaves(model)


def leaves_of(model: object) -> tuple[Value, ...]:
    """List the parameters of a model, as `parameters` does, which remembers them.

    >>> len(leaves_of((value(1.0), value(2.0))))
    2
    """
    found = (run for _, run in runs(model) if len(run) > 1 or run[0].op == LEAF)
    leaves = tuple(chain.from_iterable(found))
    # A set is made in half the time of a dict, and mostly says that no leaf stands in two places.
    return leaves if len(set(leaves)) == len(leaves) else tuple(dict.fromkeys(leaves))


_leaves: Callable[[object], tuple[Value, ...]] = remembering(leaves_of)


def parameter_count(model: object) -> int:
    """Count the parameters of a model.

    >>> parameter_count((value(1.0), value(2.0)))
    2
    """
    return len(parameters(model))


variables: Callable[[object], frozenset[Value]] = remembering(
    lambda model: frozenset(p for p in parameters(model) if type(p) is Value)
)
"""What `backward` can differentiate what a model gives along: none while the model is traced.

>>> len(variables((value(1.0), 2.0)))
1
"""


def map_values(f: Callable[[Value], Value], tree: _M) -> _M:
    """Replace every value in a tree, and keep the rest, and the types.

    >>> map_values(lambda v: v * 2.0, (value(1.0), "and"))
    (Value(data=2.0, op='mul'), 'and')
    """

    def mapped(content: object, /, *, in_record: bool) -> object:  # noqa: ARG001 - all the same
        return f(content) if isinstance(content, Value) else content

    return _mapped(mapped, tree, in_record=False)  # type: ignore[return-value]  # each branch keeps it


def map_scalars(f: Callable[[object], object], tree: _M) -> _M:
    """Replace the content of every place that `scalars` yields, in that order.

    >>> map_scalars(str, (1.0, (2.0, 3.0)))
    ('1.0', ('2.0', '3.0'))
    """
    check_callable("map_scalars", "f", f)

    def mapped(content: object, /, *, in_record: bool) -> object:
        return content if _is_constant(content, in_record) else f(content)

    return _mapped(mapped, tree, in_record=False)  # type: ignore[return-value]  # each branch keeps it


class _Map(Protocol):
    """What becomes of the content of a place, where it matters whether that is in a record."""

    def __call__(self, content: object, /, *, in_record: bool) -> object: ...


def _mapped(f: _Map, tree: object, *, in_record: bool) -> object:
    if isinstance(tree, Value):
        return f(tree, in_record=in_record)
    if isinstance(tree, Record | PRecord):
        inside = in_record or isinstance(tree, Record)
        branches = {name: _mapped(f, branch, in_record=inside) for name, branch in tree.items()}
        return tree.set(**branches)
    if isinstance(tree, PMap):
        items = _sorted_items(tree)
        return pmap({key: _mapped(f, item, in_record=in_record) for key, item in items})
    if isinstance(tree, PVector):
        return pvector([_mapped(f, branch, in_record=in_record) for branch in tree])
    if isinstance(tree, tuple):
        made_from = getattr(tree, "_make", tuple)  # a named tuple stays one
        return made_from([_mapped(f, branch, in_record=in_record) for branch in tree])
    return tree if in_record else f(tree, in_record=False)


def map_parameters(f: Callable[[Value], Scalar], model: _M) -> _M:
    """Replace every parameter of a model by what a function makes of it.

    A number becomes a leaf with the label of the parameter that it replaces.

    >>> map_parameters(lambda p: -p.data, (value(1.0, label="w"),))
    (Value(data=-1.0, label='w'),)
    """
    check_callable("map_parameters", "f", f)
    replaced = {p: _relabelled(f(p), p) for p in parameters(model)}
    return map_values(lambda v: replaced.get(v, v), model)


def _relabelled(new: Scalar, old: Value) -> Value:
    return lift(new) if isinstance(new, Value) else value(new, label=old.label)


def without_parameters(where: str, model: object) -> ShapeError:
    """The `ShapeError` for a model that has nothing to train, ready to be raised.

    >>> print(without_parameters("train", 3.0))
    train: the model must have parameters, Values in fields of a Record, got 3.0
    """
    expected = "parameters, Values in fields of a Record"
    return ShapeError(f"{where}: the model must have {expected}, got {model!r:.80}")


@uncollected
def with_parameters(model: _M, numbers: Sequence[Scalar]) -> _M:
    """Return the model with other numbers for its parameters; the labels stay.

    Args:
        model: Any model.
        numbers: As many as `parameters(model)`, in that order; a `Value` is put in as it is.

    Raises:
        ShapeError: If there are more or fewer numbers than parameters.
        TypeError: If `numbers` is no sequence of numbers.

    >>> with_parameters((value(1.0), value(2.0)), [3.0, 4.0])
    (Value(data=3.0), Value(data=4.0))
    """
    old = parameters(model)
    if not isinstance(numbers, Collection):  # numpy's arrays are no sequences, but will do
        raise wrong_kind("with_parameters", "numbers", "a sequence of numbers", numbers)
    if len(numbers) != len(old):
        raise ShapeError(
            f"with_parameters: numbers must be as many as the model's parameters, "
            f"{len(old)}, got {len(numbers)}"
        )
    replaced = dict(zip(old, _in_place_of(old, tuple(numbers)), strict=True))
    return map_values(lambda v: replaced.get(v, v), model)


def _in_place_of(old: Sequence[Value], numbers: tuple[Scalar, ...]) -> list[Value]:
    """The nodes that replace parameters; of floats they are made all at once, for speed."""
    if set(map(type, numbers)) != {float}:
        return [_relabelled(new, p) for new, p in zip(numbers, old, strict=True)]
    return leaves(numbers, [p.label for p in old])  # type: ignore[arg-type]  # floats


def leaves(numbers: Sequence[float], labels: Sequence[str | None] | None = None) -> list[Value]:
    """Make leaves of floats, as `value` does of each, but all at once, for speed.

    Args:
        numbers: Floats, and no others; nobody looks.
        labels: The label of each, if there are any.

    >>> leaves([1.0, 2.0])
    [Value(data=1.0), Value(data=2.0)]
    """
    count = len(numbers)
    unnamed = [None] * count
    return unchecked_many(Value, numbers, [LEAF] * count, [()] * count, labels or unnamed, unnamed)


def mask(model: _M, where: Callable[[_M], object]) -> tuple[bool, ...]:
    """Say of each parameter of a model whether it is one of those that `where` points at.

    Args:
        model: Any model.
        where: From the model to the part that is meant: a tree that holds some of its values.

    Returns:
        One bool per parameter, in parameter order.

    Raises:
        ShapeError: If `where` points at no value, or at one that the model does not hold.

    >>> from microfp.nn import layer
    >>> mask(layer(2, 2), lambda m: tuple(n.bias for n in m.neurons))
    (False, False, True, False, False, True)
    """
    chosen = _chosen("mask", model, where)
    return tuple(p in chosen for p in parameters(model))


def freeze(model: _M, where: Callable[[_M], object] = lambda model: model) -> _M:
    """Take some parameters of a model for constants: they keep their numbers in training.

    A frozen parameter becomes the node `stop_gradient(parameter)`. It was computed, so that it
    is no parameter of the new model, and no gradient passes it. `unfreeze` is the inverse.

    Args:
        model: Any model; it stays as it was.
        where: From the model to the part that is to be frozen; all of it if not given.

    Raises:
        ShapeError: If `where` points at no value, or at one that the model does not hold.

    >>> from microfp.nn import mlp
    >>> parameter_count(freeze(mlp(2, [16, 16, 1]), lambda m: m.layers[0]))
    289
    """
    chosen = _chosen("freeze", model, where)
    return map_parameters(lambda p: stop_gradient(p) if p in chosen else p, model)


def unfreeze(model: _M, where: Callable[[_M], object] = lambda model: model) -> _M:
    """Make parameters of frozen ones again: those that `where` points at, or all of them.

    >>> from microfp.nn import mlp
    >>> parameter_count(unfreeze(freeze(mlp(2, [16, 16, 1]))))
    337
    """
    chosen = _chosen("unfreeze", model, where)
    return map_values(
        lambda v: v.parents[0] if v.op == "stop_gradient" and v in chosen else v, model
    )


def at_rest(tree: _M) -> _M:
    """A tree of derivatives, in which frozen values, which do not move, are a frozen 0.0.

    >>> (still,) = at_rest((freeze(value(3.0)),))
    >>> still
    Value(data=0.0, op='stop_gradient')
    """

    def still(x: Value) -> Value:
        return stop_gradient(value(0.0, label=x.parents[0].label)) if is_frozen(x) else x

    return map_values(still, tree) if any(map(is_frozen, values(tree))) else tree


def _chosen(name: str, model: _M, where: Callable[[_M], object]) -> frozenset[Value]:
    """The values that `where` points at, which must be some of the model's."""
    check_callable(name, "where", where, "a function from the model to a part of it")
    chosen = frozenset(values(where(model)))
    if not chosen or not chosen <= frozenset(values(model)):
        got = "none" if not chosen else "others"
        raise ShapeError(f"{name}: where must point at values of the model, got {got}")
    return chosen
