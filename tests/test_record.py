"""Records: declaration, types, order, immutability. Pyrsistent's behaviour: see the laws."""

import copy
import inspect
import pickle
import re
import sys
import weakref
from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Generic, Literal, Optional, Protocol, TypeVar

import numpy as np
import pytest
from pyrsistent import InvariantException, PRecord, PTypeError

from microfp.record import Record, attr, unchecked, unchecked_many, writers
from microfp.trainer import Metrics

T = TypeVar("T")


class Point(Record):
    x: float = attr()
    y: float = attr(default=0.0)


class Segment(Record):
    end: Point = attr()
    begin: Point = attr(default_factory=lambda: Point(x=0.0))
    name: str | None = attr(default=None)


class Box(Record, Generic[T]):
    item: T = attr()


class Empty(Record):
    """No fields."""


class Single(Record):
    only: int = 7


def test_a_record_is_a_record_of_pyrsistent() -> None:
    assert isinstance(Point(x=1.0), PRecord)


def test_a_record_without_fields_and_one_with_a_single_field_work() -> None:
    assert (repr(Empty()), dict(Empty()), Empty()) == ("Empty()", {}, Empty())
    assert (repr(Single()), dict(Single(only=8))) == ("Single(only=7)", {"only": 8})


# Types.


class Typed(Record):
    number: float = attr(default=0.0)
    optional: float | None = attr(default=None)
    old_optional: Optional[int] = attr(default=None)  # noqa: UP045 - both spellings are met
    either: int | float = attr(default=0)
    annotated: Annotated[int, "units"] = attr(default=0)
    literal: Literal["a", "b"] = attr(default="a")
    anything: object = attr(default=None)
    loose: Any = attr(default=None)
    nothing: None = attr(default=None)
    function: Callable[[int], int] = attr(default=abs)
    kind: type[int] = attr(default=bool)
    pair: tuple[int, ...] = attr(default=())
    quoted: "Typed | None" = attr(default=None)
    constant: ClassVar[int] = 3
    quoted_constant: "ClassVar[int]" = 4


class Shaped(Protocol):
    def area(self) -> float: ...


class Holder(Record):
    shaped: Shaped = attr()
    later: "Later" = attr()
    unknown: "Missing" = attr(default=0)  # type: ignore[name-defined]  # noqa: F821 - no such class


class Later(Record):
    n: int = attr()


ACCEPTED: list[tuple[str, object]] = [
    ("number", 1.5),
    ("optional", None),
    ("optional", 1.5),
    ("old_optional", 3),
    ("either", 1),
    ("either", 1.5),
    ("annotated", 2),
    ("literal", "b"),
    ("anything", [1]),
    ("loose", {1}),
    ("nothing", None),
    ("function", len),
    ("kind", int),
    ("pair", (1, 2)),
    ("quoted", Typed()),
]
REFUSED: list[tuple[str, object]] = [
    ("number", "1"),
    ("number", None),
    ("number", True),
    ("number", 1j),
    ("optional", "1"),
    ("optional", False),
    ("old_optional", 1.5),
    ("either", "1"),
    ("annotated", "1"),
    ("literal", 3),
    ("nothing", 0),
    ("function", 3),
    ("kind", 3),
    ("pair", [1, 2]),
    ("quoted", Point(x=1.0)),
]


@pytest.mark.parametrize(("name", "given"), ACCEPTED)
def test_a_field_takes_what_its_annotation_allows(name: str, given: object) -> None:
    assert Typed.create({name: given})[name] == given


@pytest.mark.parametrize(("name", "given"), REFUSED)
def test_a_field_refuses_what_its_annotation_excludes(name: str, given: object) -> None:
    came = f"got {type(given).__name__}"
    message = f"field Typed.{name}: expected .*{came}"
    with pytest.raises(PTypeError, match=message):
        Typed.create({name: given})
    with pytest.raises(PTypeError, match=message):
        Typed().set(name, given)


def test_an_int_given_for_a_float_is_stored_as_a_float() -> None:
    for record in (Point(x=1), Point(x=0.0).set(x=1), Point(x=0.0).set("x", 1)):
        assert type(record.x) is float
    assert type(Typed(optional=2).optional) is float
    assert type(Typed(either=2).either) is int


def test_class_variables_are_no_fields() -> None:
    assert (Typed.constant, Typed.quoted_constant) == (3, 4)
    assert not {"constant", "quoted_constant"} & set(Typed.field_names())


def test_an_annotation_may_name_a_class_that_stands_further_down() -> None:
    class Square:
        def area(self) -> float:
            return 1.0

    assert Holder(shaped=Square(), later=Later(n=1)).later.n == 1
    with pytest.raises(PTypeError, match="expected Later, got int 3"):
        Holder.create({"shaped": Square(), "later": 3})


def test_an_annotation_in_a_function_may_name_the_class_itself() -> None:
    class Chain(Record):
        next: "Chain | None" = attr(default=None)
        rest: "tuple[Chain, ...]" = attr(default=())

    assert Chain(next=Chain(), rest=(Chain(),)).rest == (Chain(),)
    with pytest.raises(PTypeError, match=r"Chain\.next: expected Chain or NoneType, got int 3"):
        Chain.create({"next": 3})


def test_an_unknown_field_is_named() -> None:
    message = "'z' is not among the specified fields for Point"
    with pytest.raises(AttributeError, match=message):
        Point.create({"x": 1.0, "z": 2.0})
    with pytest.raises(AttributeError, match=message):
        Point(x=1.0).set("z", 2.0)


def test_every_missing_field_is_named() -> None:
    with pytest.raises(InvariantException) as caught:
        Segment.create({"begin": {}})
    assert set(caught.value.missing_fields) == {"Point.x", "Segment.begin", "Segment.end"}


# Defaults.


def test_a_default_that_is_a_function_is_kept_and_not_called() -> None:
    assert Typed().function is abs
    assert Typed().kind is bool


def test_a_default_factory_is_called_for_every_record() -> None:
    class Fresh(Record):
        token: object = attr(default_factory=object)

    assert Fresh().token is not Fresh().token
    assert Fresh(token=1).token == 1


def test_the_declaration_of_a_field_refuses_options_it_does_not_know() -> None:
    declare: Callable[..., object] = attr
    with pytest.raises(TypeError, match="unknown option 'initial'"):
        declare(initial=3)
    with pytest.raises(TypeError, match="default or default_factory, not both"):
        declare(default=3, default_factory=int)


@pytest.mark.parametrize(
    "name", ["keys", "values", "items", "set", "update", "get", "evolver", "transform"]
)
def test_a_field_name_that_would_hide_a_method_is_refused(name: str) -> None:
    metaclass: Callable[..., object] = type(Record)
    message = f"^Wrong: a field cannot be named '{name}', a name that PMap uses$"
    with pytest.raises(TypeError, match=message):
        metaclass("Wrong", (Record,), {"__annotations__": {name: int}})


def test_a_private_field_name_is_refused() -> None:
    metaclass: Callable[..., object] = type(Record)
    with pytest.raises(TypeError, match=r"^Wrong: a field cannot be named '_x', a private name$"):
        metaclass("Wrong", (Record,), {"__annotations__": {"_x": int}})


# Nesting.


def test_nested_records_are_built_from_mappings_on_every_way_in() -> None:
    expected = Segment(end=Point(x=1.0))
    assert Segment.create({"end": {"x": 1}}) == expected
    assert Segment(end=Point(x=9.0)).set("end", {"x": 1}) == expected
    assert Segment(end=Point(x=9.0)).update({"end": {"x": 1}}) == expected
    assert Segment.create(expected.serialize()) == expected


def test_a_record_of_another_class_is_not_taken_for_the_nested_one() -> None:
    with pytest.raises(PTypeError, match="expected Point, got Single"):
        Segment.create({"end": Single()})


# Order.


def test_repr_and_iteration_follow_the_declared_order_however_a_record_was_made() -> None:
    made = [
        Segment(name="s", begin=Point(x=0.0), end=Point(x=1.0)),
        Segment(end=Point(x=2.0)).set(name="s").set("end", {"x": 1}),
        unchecked(Segment, Point(x=1.0), Point(x=0.0), "s"),
        pickle.loads(pickle.dumps(Segment(end=Point(x=1.0), name="s"))),
    ]
    for record in made:
        assert tuple(record) == tuple(dict(record)) == ("end", "begin", "name")
        assert repr(record) == (
            "Segment(end=Point(x=1.0, y=0.0), begin=Point(x=0.0, y=0.0), name='s')"
        )


def test_inherited_fields_come_first_and_may_be_declared_anew() -> None:
    class Base(Record):
        a: int = attr(default=1)
        b: int = attr()

    class Derived(Base):
        c: int = attr(default=3)
        b: int = attr(default=2)

    assert Derived.field_names() == ("a", "b", "c")
    assert repr(Derived()) == "Derived(a=1, b=2, c=3)"
    with pytest.raises(InvariantException):
        Base.create({})


def test_invariants_are_inherited() -> None:
    class Positive(Record):
        n: int = attr(invariant=lambda n: (n > 0, "n must be > 0"))
        __invariant__ = staticmethod(lambda record: (record["n"] != 13, "unlucky"))

    class Named(Positive):
        name: str = attr(default="")

    class Renamed(Named):
        pass

    for kind in (Named, Renamed):
        with pytest.raises(InvariantException, match="n must be > 0"):
            kind(n=0)
        with pytest.raises(InvariantException, match="unlucky"):
            kind(n=1).set(n=13)


def test_a_generic_record_can_be_made_with_and_without_its_parameter() -> None:
    assert Box[int](item=3) == Box(item=3)
    assert Box(item="x").set(item="y").item == "y"


# Immutability.


@pytest.mark.parametrize("name", ["x", "y", "new", "_size", "_buckets"])
def test_nothing_on_a_record_can_be_assigned_or_deleted(name: str) -> None:
    point = Point(x=1.0)
    with pytest.raises(AttributeError, match=r"^Point is immutable"):
        setattr(point, name, 2.0)
    with pytest.raises(AttributeError, match=f"Point is immutable: {name} cannot be deleted"):
        delattr(point, name)
    assert point == Point(x=1.0)


def test_a_record_has_no_dictionary_of_its_own() -> None:
    assert not hasattr(Point(x=1.0), "__dict__")


def test_setting_a_field_to_what_it_holds_returns_the_record_itself() -> None:
    point = Point(x=1.0)
    assert point.set(x=point.x) is point
    assert point.set() is point
    assert point.set(x=2.0) is not point


def test_a_record_is_replaced_as_the_standard_library_asks() -> None:
    point = Point(x=1.0)
    assert point.__replace__(y=3) == Point(x=1.0, y=3.0)
    assert point.__replace__() is point
    with pytest.raises(PTypeError, match=r"Point\.x: expected float, got str"):
        point.__replace__(x="1")


if sys.version_info >= (3, 13):

    def test_copy_replace_gives_a_changed_copy() -> None:
        segment = Segment(end=Point(x=1.0))
        assert copy.replace(segment, name="s") == segment.set(name="s")


# The rest.


def test_records_built_from_columns_equal_those_built_one_by_one() -> None:
    xs, ys = [1.0, 2.0, 3.0], [4.0, 5.0, 6.0]
    expected = [unchecked(Point, x, y) for x, y in zip(xs, ys, strict=True)]
    assert unchecked_many(Point, xs, ys) == expected
    assert unchecked_many(Point, [], []) == []
    assert unchecked_many(Empty) == []


@pytest.mark.parametrize("columns", [([1.0, 2.0], [1.0]), ([1.0],), ([1.0], [1.0], [1.0])])
def test_columns_of_other_lengths_or_numbers_are_refused(columns: tuple[list[float], ...]) -> None:
    with pytest.raises(ValueError, match=r"Point: columns|argument"):
        unchecked_many(Point, *columns)


def test_an_unchecked_record_equals_the_checked_one() -> None:
    assert unchecked(Point, 1.0, 2.0) == Point(x=1.0, y=2.0)


@pytest.mark.parametrize("fields", [(), (1.0,), (1.0, 2.0, 3.0)])
def test_an_unchecked_record_still_counts_its_fields(fields: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="zip"):
        unchecked(Point, *fields)


def test_writers_write_the_fields_in_declared_order() -> None:
    point = object.__new__(Point)
    for write, number in zip(writers(Point), (3.0, 4.0), strict=True):
        write(point, number)
    assert point == Point(x=3.0, y=4.0)


def test_records_can_be_copied_hashed_and_referred_to_weakly() -> None:
    segment = Segment(end=Point(x=1.0))
    assert copy.deepcopy(segment) == copy.copy(segment) == segment
    assert {segment: 1}[Segment(end=Point(x=1.0))] == 1
    assert weakref.ref(segment)() is segment


def test_a_record_that_holds_a_list_has_no_hash() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(Box(item=[1]))


def test_a_record_is_unequal_to_what_is_no_mapping() -> None:
    others: list[object] = [(1.0, 0.0), None, 1.0, [("x", 1.0), ("y", 0.0)]]
    assert all(Point(x=1.0) != other for other in others)


def test_only_a_field_is_said_to_be_changed_by_set() -> None:
    with pytest.raises(AttributeError, match=r"^Point is immutable: .set\(x=...\) gives"):
        setattr(Point(x=1.0), "x", 2.0)  # noqa: B010 - a type checker would refuse the plain form
    with pytest.raises(
        AttributeError, match=r"^Point is immutable and has no field 'z'; it has x, y$"
    ):
        setattr(Point(x=1.0), "z", 2.0)  # noqa: B010 - see above


def test_fields_that_are_given_by_place_are_refused_with_their_names() -> None:
    build: Callable[..., object] = Point
    message = r"^Point\(x=..., y=...\) takes its fields by name, got 1.0$"
    with pytest.raises(TypeError, match=message):
        build(1.0)
    with pytest.raises(TypeError, match=message):
        build(1.0, y=2.0)


class Square(Record):
    side: float = attr()

    _elsewhere: ClassVar[dict[str, str]] = {"width": "see side"}

    @property
    def area(self) -> float:
        return self.side**2

    @property
    def _hidden(self) -> float:
        return 0.0


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("colour", "Square has no attribute 'colour'; it has side, area"),
        ("width", "Square has no attribute 'width': see side"),
        ("__len_hint__", "Square has no attribute '__len_hint__'"),
    ],
)
def test_what_a_record_has_instead_is_named_to_people_and_not_to_programs(
    name: str, message: str
) -> None:
    with pytest.raises(AttributeError, match=f"^{re.escape(message)}$") as caught:
        getattr(Square(side=2.0), name)
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_numpy_makes_no_array_of_a_record() -> None:
    with pytest.raises(TypeError, match=r"^Square is no array of numbers; it has side, area$"):
        np.array(Square(side=2.0))


def test_a_refused_value_is_shown_in_short() -> None:
    with pytest.raises(PTypeError) as caught:
        Typed.create({"pair": [1.0] * 10_000})
    assert len(str(caught.value)) < 200


def test_reading_a_field_that_is_not_there_names_it() -> None:
    point = Point(x=1.0)
    with pytest.raises(KeyError, match="z"):
        point["z"]
    with pytest.raises(AttributeError, match="Point has no attribute 'z'"):
        getattr(point, "z")  # noqa: B009 - a type checker would refuse the plain form
    assert "set" not in point


def test_the_signature_of_a_record_tells_its_fields() -> None:
    found = inspect.signature(Single)
    assert str(found) == "(*, only: int = 7)"
    assert list(inspect.signature(Metrics).parameters) == list(Metrics.field_names())
    assert inspect.signature(Point).parameters["x"].annotation is float
