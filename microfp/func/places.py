"""The scalars of trees: where they stand, what they hold, and the same tree with others.

A scalar is a number or a `Value`. Arguments and results of the functions that are differentiated
are trees of them.

>>> places_in("grad", "argument", ((3.0, 4.0),))[1].content
4.0
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from numbers import Real
from operator import index
from typing import TypeVar

from pyrsistent import pmap

from microfp.base.checks import check_callable, wrong_kind, wrong_value
from microfp.errors import ShapeError
from microfp.func.duals import SCOPE, Dual, Scope
from microfp.ops import Operand
from microfp.tree import Path, Place, at_rest, check_depth, map_scalars, map_values, scalars, values
from microfp.values import LEAF, Scalar, Value, lift, value

__all__ = [
    "holds_node",
    "is_scalar",
    "match_places",
    "number_of",
    "one_per_value",
    "operand_at",
    "places_in",
    "places_of",
    "places_outside_records",
    "rebuild",
    "replaced",
    "rested",
    "spell_place",
    "values_of",
    "with_values",
]

A = TypeVar("A")


def places_in(
    where: str, name: str, trees: tuple[object, ...], numbers: Iterable[int] | None = None
) -> tuple[Place, ...]:
    """The scalars of several trees, after a check that they hold nothing else.

    Args:
        where: The transform, for messages.
        name: What the trees are, for messages.
        trees: Trees of numbers and values.
        numbers: How the trees are numbered in messages; from 0 if not given.

    Raises:
        TypeError: If a tree holds what is no scalar.
        ValueError: If they hold no scalar at all.

    >>> [place.content for place in places_in("grad", "argument", (3.0, (4.0, 5.0)))]
    [3.0, 4.0, 5.0]
    """
    names = [f"{name} {i}" for i in numbers or range(len(trees))]
    found = tuple(places_of(trees))
    for place in found:
        if not is_scalar(place.content):
            expected = "a number, a Value, or a tuple, list, dict, PVector, PMap or Record of them"
            raise wrong_kind(where, spell_place(names, place.path), expected, place.content)
    if not found:
        raise wrong_value(where, f"{name}s", "trees that hold a Value or a number", trees)
    return found


def places_outside_records(where: str, name: str, trees: tuple[object, ...]) -> tuple[Place, ...]:
    """The scalars of several trees, after a check that none of them is in a record.

    Raises:
        TypeError: If one is.

    >>> places_outside_records("jacrev", "output", ((3.0, 4.0),))[1].content
    4.0
    """
    places = places_in(where, name, trees)
    inside = next((place for place in places if place.in_record), None)
    if inside is not None:
        names = [f"{name} {i}" for i in range(len(trees))]
        expected = "outside of records, whose fields cannot hold a row of derivatives"
        raise wrong_kind(where, spell_place(names, inside.path), expected, inside.content)
    return places


def is_scalar(x: object) -> bool:
    """Whether something is a number or a value.

    >>> is_scalar(3), is_scalar(True), is_scalar((3,))
    (True, False, False)
    """
    return isinstance(x, Value | Real) and not isinstance(x, bool)


def spell_place(names: Sequence[str], path: Path) -> str:
    """A place in words.

    Args:
        names: What each of the trees is called.
        path: The way to the place, from the number of its tree on.

    >>> spell_place(["argument 0"], (0, "bias", 2))
    'argument 0.bias[2]'
    """
    first, *rest = path
    steps = (f".{key}" if isinstance(key, str) else f"[{key!r}]" for key in rest)
    return names[index(first)] + "".join(steps)  # type: ignore[arg-type]  # into the tuple of trees


def operand_at(place: Place, scope: Scope) -> Operand:
    """What a place holds; for a parameter of a model that nothing around made, its number.

    >>> [operand_at(place, Scope()) for place in places_in("grad", "argument", (3, 4.0))]
    [3.0, 4.0]
    """
    x = place.content
    if not isinstance(x, Value):
        return number_of(x)
    is_parameter = place.in_record and type(x) is Value and x.op == LEAF
    return x.data if is_parameter and x not in scope.variables else x


def number_of(x: object) -> Operand:
    """A scalar as an operand: a value is one, any number becomes a float.

    >>> number_of(3)
    3.0
    """
    if isinstance(x, Value):
        return x
    return float(x) if isinstance(x, float) else lift(x).data  # type: ignore[arg-type]  # checked


def check_transformed(where: str, f: Callable[..., object], argnums: object) -> None:
    """Check what a transform is given before anybody calls the function that it makes.

    Raises:
        TypeError: If `f` cannot be called, or `argnums` are no ints, as where the point was meant.
        ValueError: If `f` is known to have fewer arguments.

    >>> check_transformed("grad", lambda x: x * x, 3.0)
    Traceback (most recent call last):
    TypeError: grad: argnums must be an int, or a tuple or list of ints, got 3.0 (float); \
to differentiate at a point, write grad(f)(point)
    """
    if isinstance(f, Value):
        raise wrong_kind(where, "f", "a function; of a node, `backward` gives the gradients", f)
    check_callable(where, "f", f)
    numbers = tuple(argnums) if isinstance(argnums, tuple | list) else (argnums,)
    is_point = not isinstance(argnums, str)
    point = f"; to differentiate at a point, write {where}(f)(point)" if is_point else ""
    if any(not isinstance(number, int) or isinstance(number, bool) for number in numbers):
        expected = "an int, or a tuple or list of ints"
        raise TypeError(f"{wrong_kind(where, 'argnums', expected, argnums)}{point}")
    count = None if numbers == (0,) else _positional(f)  # the usual one, without the slow look
    if count is not None and not all(-count <= number < count for number in numbers):
        expected = f"within the {count} positional arguments"
        raise ValueError(f"{wrong_value(where, 'argnums', expected, argnums)}{point}")


def _positional(f: Callable[..., object]) -> int | None:
    """How many positional arguments a function takes; None where it does not say, or any number."""
    from inspect import signature  # slow to load, and rarely asked

    try:
        kinds = [parameter.kind.name for parameter in signature(f).parameters.values()]
    except (TypeError, ValueError):
        return None
    return None if "VAR_POSITIONAL" in kinds else sum("POSITIONAL" in kind for kind in kinds)


def data_of(x: Scalar) -> float:
    """The number of a scalar: of a value its data.

    >>> from microfp import value
    >>> data_of(3), data_of(value(2.0))
    (3.0, 2.0)
    """
    return x.data if isinstance(x, Value) else float(x)


def holds_node(x: Operand) -> bool:
    """Whether an operand is a node, or a dual that holds one.

    >>> holds_node(value(3.0)), holds_node(3.0)
    (True, False)
    """
    if isinstance(x, Dual):
        return holds_node(x.primal) or holds_node(x.tangent)
    return isinstance(x, Value)


def rebuild(tree: A, contents: Iterable[object]) -> A:
    """The tree with other scalars; a record keeps values, whatever it is given.

    >>> rebuild((3.0, (4.0,)), [1.0, 2.0])
    (1.0, (2.0,))
    """
    tied: dict[tuple[object, str], Value] = {}

    def fitted(place: Place, x: object) -> object:
        if not (isinstance(x, float) and place.in_record and isinstance(place.content, Value)):
            return x
        made = value(x, label=place.content.label)
        return tied.setdefault((place.content, x.hex()), made)  # one value stays one

    fitting = map(fitted, places_of(tree), contents)
    return replaced(lambda _: next(fitting), tree)


# Lists and dicts are arguments and results, though no parts of models: each is read as the tuple or
# the PMap of what it holds, and made anew as what it was.


def places_of(tree: object) -> Iterator[Place]:
    """The places of a tree, of lists and dicts outside of records too.

    >>> [place.path for place in places_of({"w": [1.0, 2.0]})]
    [('w', 0), ('w', 1)]
    """
    return scalars(_persistent(tree))


def replaced(f: Callable[[object], object], tree: A) -> A:
    """A tree with what a function makes of each of its scalars.

    >>> replaced(str, [1.0, 2.0])
    ['1.0', '2.0']
    """
    return _as_it_was(tree, map_scalars(f, _persistent(tree)))  # type: ignore[return-value]  # of its kind


def _persistent(tree: object, depth: int = 0) -> object:
    """The same tree with tuples for lists and PMaps for dicts, wherever no record is around."""
    if not isinstance(tree, dict | list | tuple):
        return tree
    check_depth(depth)
    if isinstance(tree, dict):
        return pmap({key: _persistent(branch, depth + 1) for key, branch in tree.items()})
    made_from = getattr(tree, "_make", tuple)
    return made_from([_persistent(branch, depth + 1) for branch in tree])


def _as_it_was(tree: object, made: object) -> object:
    """A tree that was made of a persistent one, with lists and dicts where those had been."""
    if isinstance(tree, dict) and isinstance(made, Mapping):
        return {key: _as_it_was(branch, made[key]) for key, branch in tree.items()}
    if isinstance(tree, list) and isinstance(made, tuple):
        return [_as_it_was(*pair) for pair in zip(tree, made, strict=True)]
    if isinstance(tree, tuple) and isinstance(made, tuple):
        made_from = getattr(tree, "_make", tuple)
        return made_from([_as_it_was(*pair) for pair in zip(tree, made, strict=True)])
    return made


def values_of(tree: object) -> Iterator[Value]:
    """The values of any tree, of lists and dicts too; what else it holds is passed over.

    >>> [v.data for v in values_of({"w": [value(1.0), "and", None]})]
    [1.0]
    """
    return values(_persistent(tree))


def with_values(f: Callable[[Value], Value], tree: A) -> A:
    """A tree with what a function makes of each of its values, and the rest as it was.

    >>> with_values(lambda v: v * 2.0, {"w": [value(1.0), "and"]})
    {'w': [Value(data=2.0, op='mul'), 'and']}
    """
    return _as_it_was(tree, map_values(f, _persistent(tree)))  # type: ignore[return-value]  # of its kind


def one_per_value(places: Iterable[Place], contents: Iterable[A]) -> list[A]:
    """Of what belongs to places, one thing for one value of a record, wherever that stands.

    >>> tied = Place(("w",), value(1.0), in_record=True)
    >>> one_per_value([tied, tied], ["first", "second"])
    ['first', 'first']
    """
    tied: dict[object, A] = {}
    return [
        tied.setdefault(place.content, x) if place.in_record else x
        for place, x in zip(places, contents, strict=True)
    ]


def rested(tree: A) -> A:
    """A tree of derivatives in which what is frozen rests; see `tree.at_rest`.

    >>> rested({"w": [1.0]})
    {'w': [1.0]}
    """
    return _as_it_was(tree, at_rest(_persistent(tree)))  # type: ignore[return-value]  # of its kind


def match_places(
    where: str, name: str, trees: tuple[object, ...], like: tuple[Place, ...]
) -> list[Operand]:
    """The scalars of trees that have to be shaped like others.

    Args:
        where: The transform, for messages.
        name: What the trees are, for messages.
        trees: The trees.
        like: The places of the others.

    Raises:
        ShapeError: If the trees have another shape.
        TypeError: If they hold what is no scalar.

    >>> match_places("jvp", "tangent", ((1.0, 0.0),), places_in("jvp", "primal", ((3.0, 4.0),)))
    [1.0, 0.0]
    """
    places = places_in(where, name, trees) if trees else ()
    here, there = [place.path for place in places], [place.path for place in like]
    if here != there:
        extra = [path for path in here if path not in there]
        missing = [path for path in there if path not in here]
        names = [f"{name} {i}" for i in range(1 + max(len(trees), len(like)))]
        came = f"{'an extra' if extra else 'no'} {spell_place(names, (extra or missing)[0])}"
        raise ShapeError(f"{where}: {name}s must be shaped like what they belong to, got {came}")
    scope = SCOPE.get()
    return [operand_at(place, scope) for place in places]
