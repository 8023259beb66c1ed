"""What is not of a type is found, with its place; what is of it is not."""

from collections.abc import Callable
from typing import Annotated, Any, Generic, Literal, Protocol, TypeVar

import pytest
from pyrsistent import PVector, pvector

from microfp.base.misfits import misfits

T = TypeVar("T")


class Box(Generic[T]):
    def __repr__(self) -> str:  # without an address: it is part of a test's name
        return "Box()"


class Sized(Protocol):
    size: int


FREE = (object, Any, T, Sized, int | object, "a name", Annotated[Any, "free"])
FITTING: tuple[tuple[object, object], ...] = (
    *((int, 1), (float, 1), (float, 0.5), (bool, True), (str, ""), (None, None)),
    *((int | None, None), (Literal["a", 1], 1), (Annotated[int, "steps"], 3)),
    *((tuple[int, ...], ()), (tuple[int, str], (1, "a")), (PVector[float], pvector([1, 2.0]))),
    *((Callable[[int], int], abs), (Box[int], Box()), (tuple, (1, "a")), (float | str, 1)),
)
UNFITTING: tuple[tuple[object, object, str], ...] = (
    (int, True, "x must be of type int"),
    (float, True, "x must be of type float"),
    (int, 0.5, "x must be of type int"),
    (str, None, "x must be of type str"),
    (int | None, "1", "x must be of type int | None"),
    (Literal["a", "b"], "c", "x must be one of 'a', 'b'"),
    (Annotated[str, "name"], 1, "x must be of type Annotated[str, 'name']"),
    (tuple[int, ...], (1, "2"), "x[1] must be of type int"),
    (tuple[int, str], (1,), "x must be a tuple of 2"),
    (PVector[float], [1.0], "x must be of type PVector[float]"),
    (PVector[tuple[int, int]], pvector([(1, 2), (1, "2")]), "x[1][1] must be of type int"),
    (Callable[[int], int], 1, "x must be of type Callable[[int], int]"),
    (float | str, True, "x must be of type float | str"),
)


@pytest.mark.parametrize("hint", FREE, ids=str)
def test_any_object_fits_a_hint_that_names_no_class(hint: object) -> None:
    assert not [*misfits(hint, 1, "x"), *misfits(hint, None, "x")]


@pytest.mark.parametrize(("hint", "found"), FITTING, ids=str)
def test_what_is_of_the_type_is_no_misfit(hint: object, found: object) -> None:
    assert not list(misfits(hint, found, "x"))


@pytest.mark.parametrize(("hint", "found", "message"), UNFITTING, ids=str)
def test_the_first_misfit_names_its_place_and_the_type(
    hint: object, found: object, message: str
) -> None:
    first = next(misfits(hint, found, "x"))
    assert f"{first.where} must be {first.expected}" == message
