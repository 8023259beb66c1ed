"""Structs: machine code finds in each field what Python has put there."""

from ctypes import c_void_p
from typing import Any

import pytest

from microfp.compiler.native.emit.bytecode import BytecodeTable
from microfp.compiler.native.emit.steps import Gathering, Reduction, StepsTable
from microfp.compiler.native.emit.structs import Arguments, kinds_of, packed
from microfp.compiler.native.emit.writer import Writer
from microfp.compiler.native.run import jit
from microfp.compiler.native.run.memory import address_of

STRUCTS = (Arguments, BytecodeTable, Gathering, Reduction, StepsTable)


def field_text(struct: Any, name: str) -> str:
    """A function that returns one field of a struct."""
    w = Writer(2)

    def body() -> None:
        register, kind = getattr(w.struct("%table", struct[str]), name), ""
        kind = kinds_of(struct)[struct._fields.index(name)]
        number = w.value(f"ptrtoint ptr {register} to i64") if kind == "ptr" else register
        w.return_if("true", number)

    w.function("field", ["ptr %table"], body)
    return w.text()


@pytest.mark.parametrize("struct", STRUCTS, ids=lambda struct: struct.__name__)
def test_every_field_is_read_where_it_is_packed(struct: Any) -> None:
    table = packed(struct(*range(1000, 1000 + len(struct._fields))))
    for place, name in enumerate(struct._fields):
        field = jit.compiled(field_text(struct, name), ("field",)).functions["field"]
        assert field(c_void_p(address_of(table))) == 1000 + place


@pytest.mark.parametrize("struct", STRUCTS, ids=lambda struct: struct.__name__)
def test_every_field_has_a_type_of_eight_bytes(struct: Any) -> None:
    assert len(kinds_of(struct)) == len(struct._fields)
    assert set(kinds_of(struct)) <= {"ptr", "i64"}
