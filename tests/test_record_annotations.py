"""Annotations of records that the module keeps as strings: a record reads them all the same."""

from __future__ import annotations

import sys
import types
from typing import ClassVar, Generic, TypeVar

import pytest
from pyrsistent import PTypeError

from microfp.record import Record, attr

T = TypeVar("T")


class Branch(Record):
    length: float = attr()
    leaves: tuple[Leaf, ...] = attr(default=())
    first: Leaf | None = attr(default=None)
    parent: Branch | None = attr(default=None)
    unit: ClassVar[str] = "m"


class Leaf(Record):
    colour: str = attr(default="green")


class Bough(Branch):
    bark: str = attr(default="grey")
    length: int = attr(default=3)


class Labelled(Record, Generic[T]):
    item: T = attr()
    label: str = attr(default="")


def test_the_fields_are_those_that_are_annotated_and_no_class_variables() -> None:
    assert Branch.field_names() == ("length", "leaves", "first", "parent")
    assert Bough.field_names() == (*Branch.field_names(), "bark")


def test_a_field_is_checked_against_a_class_that_stands_further_down() -> None:
    assert Branch(length=1, first=Leaf()).first == Leaf()
    with pytest.raises(PTypeError, match=r"Branch\.first: expected Leaf or NoneType, got int 3"):
        Branch.create({"length": 1.0, "first": 3})


def test_a_field_is_checked_against_its_own_class() -> None:
    assert Branch(length=2.0, parent=Bough()).parent == Bough()
    with pytest.raises(PTypeError, match=r"Branch\.parent: expected Branch or NoneType"):
        Branch.create({"length": 1.0, "parent": Leaf()})


def test_an_inherited_field_keeps_its_type_until_it_is_declared_anew() -> None:
    with pytest.raises(PTypeError, match=r"Bough\.leaves: expected tuple, got list"):
        Bough.create({"leaves": []})
    with pytest.raises(PTypeError, match=r"Bough\.length: expected int, got float"):
        Bough.create({"length": 1.5})


def test_a_field_of_the_type_of_a_parameter_takes_everything() -> None:
    assert Labelled[int](item=3).set(label="three") == Labelled(item=3, label="three")
    with pytest.raises(PTypeError, match=r"Labelled\.label: expected str, got int"):
        Labelled(item=3).set("label", 3)


def test_a_record_inside_a_function_may_name_itself_and_what_only_the_function_knows() -> None:
    class Local(Record):
        n: int = attr(default=0)
        next: Local | None = attr(default=None)
        other: Other | None = attr(default=None)

    class Other(Record):
        pass

    assert Local(n=1, next=Local(), other=Other()).next == Local()
    with pytest.raises(PTypeError, match=r"Local\.next: expected Local or NoneType, got int 3"):
        Local.create({"next": 3})


def _module(source: str) -> types.ModuleType:
    """A module of this source; as text, since older versions could not read its syntax."""
    module = types.ModuleType("tests.written")
    sys.modules[module.__name__] = module
    exec(compile(source, module.__name__, "exec", dont_inherit=True), vars(module))
    return module


WAITING = """
from microfp import Record, attr

class Tree(Record):
    leaf: Leaf = attr()
    trees: tuple[Tree, ...] = attr(default=())
    either: Nowhere | None = attr(default=None)

class Leaf(Record):
    n: int = attr(default=0)
"""

PARAMETRIC = """
from microfp import Record, attr

class Row[T](Record):
    first: T = attr()
    rest: tuple[T, ...] = attr(default=())
"""

if sys.version_info >= (3, 14):

    def test_an_annotation_without_quotes_may_name_what_stands_further_down_or_nowhere() -> None:
        module = _module(WAITING)
        tree = module.Tree(leaf={"n": 1}, either=3)
        assert tree.set(trees=(tree,)).leaf == module.Leaf(n=1)
        with pytest.raises(PTypeError, match=r"Tree\.leaf: expected Leaf, got Tree"):
            tree.set(leaf=tree)
        with pytest.raises(PTypeError, match=r"Tree\.trees: expected tuple, got list"):
            tree.set(trees=[])


if sys.version_info >= (3, 12):

    @pytest.mark.parametrize("head", ["", "from __future__ import annotations"])
    def test_a_parameter_in_the_brackets_of_a_class_means_everything(head: str) -> None:
        row = _module(head + PARAMETRIC).Row(first="x")
        assert row.set(rest=(1, 2)).rest == (1, 2)
        with pytest.raises(PTypeError, match=r"Row\.rest: expected tuple, got list"):
            row.set(rest=[])
