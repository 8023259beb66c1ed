"""Formulas as texts: what they compute lane by lane, and what they refuse."""

import pytest

from microfp.compiler.native.emit import kernels
from microfp.compiler.native.emit.lanes import Lanes, read
from microfp.compiler.native.emit.writer import Writer
from microfp.ops import PRIMITIVES

WIDTH = 4


def written(text: str, **functions: kernels.Kernel) -> str:
    """The code of a formula of a, b and c."""
    w = Writer(WIDTH)
    read(text, [Lanes(w, f"%{name}") for name in "abc"], functions)
    return w.text()


def instructions(text: str) -> list[str]:
    """The instructions of a formula, without their operands."""
    return [line.split("= ")[1].split(" <")[0] for line in written(text).splitlines()]


def test_a_formula_is_written_as_python_reads_it() -> None:
    assert instructions("a + b * -c") == ["fneg", "fmul", "fadd"]
    assert instructions("a if (a > b) | (a != a) else c") == [
        "fcmp ogt",
        "fcmp une",
        "or",
        "select",
    ]


def test_a_choice_is_turned_round_where_no_operand_is_nan() -> None:
    w, text = Writer(WIDTH), "0.0 if a <= 0.0 else a"
    read(text, [Lanes(w, "%a")], {}, ordered=True)
    assert w.text() == written("a if a > 0.0 else 0.0")
    assert w.text() != written(text)


def test_lines_name_what_the_last_one_uses() -> None:
    text = """
        z = a * a
        near = z < 1.0
        z if near else z + b
    """
    assert instructions(text) == ["fmul", "fcmp olt", "fadd", "select"]


def test_numbers_among_themselves_are_computed_at_once() -> None:
    assert written("a * (1 / 4)") == written("a * 0.25")


def test_a_polynomial_is_horners_rule() -> None:
    assert instructions("polynomial(a, 1.0, 2.0, 3.0)") == ["call"] * 2


def test_a_function_of_the_table_is_called_by_its_name() -> None:
    assert written("twice(a)", twice=lambda a: a + a) == written("a + a")


@pytest.mark.parametrize(
    "text",
    ["a ** b", "a and b", "d", "a < b", "1.0 if a else b", "erf(a)", "sqrt(a, b)", "a[0]", "[a]"],
)
def test_what_has_no_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="kernels: "):
        written(text)


@pytest.mark.parametrize("text", ["a = b", "import math\na", "x = y = a\nx"])
def test_a_text_is_names_and_a_formula_at_the_end(text: str) -> None:
    with pytest.raises(ValueError, match="kernels: "):
        written(text)


def test_cheap_rows_are_written_in_place_and_costly_ones_called() -> None:
    for name, row in PRIMITIVES.items():
        if row.arity is not None and name in kernels.FUNCTIONS and name != "constant_power":
            w = Writer(WIDTH)
            kernels.FUNCTIONS[name](w, *(f"%{operand}" for operand in "abc"[: row.arity]))
            assert (f"@microfp.{name}(" in w.text()) is row.costly
