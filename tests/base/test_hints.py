"""What annotations say of the kinds of things at run time."""

from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Literal, Optional, Protocol, TypeVar

import pytest

from microfp.base.hints import body_annotations, class_annotations, declared_hint, kinds
from microfp.base.hints import is_class_variable as says_class_variable

T = TypeVar("T")


class Shaped(Protocol):
    def area(self) -> float: ...


@pytest.mark.parametrize(
    ("hint", "expected"),
    [
        (int, {int}),
        (None, {type(None)}),
        (int | None, {int, type(None)}),
        (Optional[float], {float, type(None)}),  # noqa: UP045 - both spellings are met
        (Annotated[int | str, "units"], {int, str}),
        (Literal["a", 1, "b"], {str, int}),
        (tuple[int, ...], {tuple}),
        (Callable[[int], int], {Callable}),
        (type[int], {type}),
        (int | object, set()),
        (object, set()),
        (Any, set()),
        (T, set()),
        (Shaped, set()),
        (list[Shaped] | Shaped, set()),
    ],
)
def test_a_hint_stands_for_the_classes_that_isinstance_can_be_asked(
    hint: object, expected: set[object]
) -> None:
    assert set(kinds(hint)) == expected


@pytest.mark.parametrize("written", [ClassVar[int], ClassVar, "ClassVar[int]", "typing.ClassVar"])
def test_a_class_variable_is_told_from_a_field(written: object) -> None:
    assert says_class_variable(written)
    assert not says_class_variable(int)
    assert not says_class_variable("int | ClassVar")


class Base:
    a: int
    b: "Base"
    c: "Nowhere"  # type: ignore[name-defined]  # noqa: F821 - no such class


class Derived(Base):
    a: bool


def test_the_nearest_class_that_annotates_a_name_says_what_it_is() -> None:
    assert (declared_hint(Derived, "a"), declared_hint(Base, "a")) == (bool, int)
    assert declared_hint(Derived, "b") is Base
    assert declared_hint(Derived, "c") is object


def test_the_annotations_of_a_class_are_its_own() -> None:
    assert list(class_annotations(Derived)) == ["a"]
    assert dict(class_annotations(int)) == {}


def test_the_annotations_of_a_body_are_read_before_there_is_a_class() -> None:
    bodies = []

    class Meta(type):
        def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, object]) -> "Meta":
            bodies.append(body_annotations(body))
            return type.__new__(mcs, name, bases, body)

    class Noted(metaclass=Meta):
        n: int
        same: "Noted"

    class Plain(metaclass=Meta):
        pass

    assert bodies == [{"n": int, "same": "Noted"}, {}]
