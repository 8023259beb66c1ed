"""What Python hands to machine code, declared once for both: fields, their order, their types.

A struct is a named tuple whose fields hold numbers in Python, where it is packed, and registers
in a writer, which reads it.

>>> class Pair(NamedTuple, Generic[Field]):
...     place: Pointer[Field]
...     size: Integer[Field]
>>> kinds_of(Pair[str])
('ptr', 'i64')
>>> packed(Pair(place=4096, size=2)).tolist()
[4096, 2]
"""

from array import array
from collections.abc import Sequence
from itertools import chain
from typing import Annotated, Generic, NamedTuple, TypeAlias, TypeVar, get_origin, get_type_hints

__all__ = [
    "AT_ALL",
    "AT_INPUTS",
    "AT_NOTHING",
    "GIVEN",
    "Arguments",
    "Context",
    "Field",
    "Integer",
    "Pointer",
    "kinds_of",
    "packed",
    "signature",
]

Field = TypeVar("Field")
"""A field of a struct: an int in Python, the name of a register in a writer."""

Pointer: TypeAlias = Annotated[Field, "ptr"]
"""The address of something."""

Integer: TypeAlias = Annotated[Field, "i64"]
"""A whole number."""


def kinds_of(struct: object) -> tuple[str, ...]:
    """What LLVM calls the types of the fields of a struct, in order; each takes eight bytes."""
    hints = get_type_hints(get_origin(struct) or struct, include_extras=True)
    return tuple(hint.__metadata__[0] for hint in hints.values())


def packed(*structs: Sequence[int]) -> "array[int]":
    """Lay structs out in memory, one after another."""
    return array("q", chain.from_iterable(structs))


class Arguments(NamedTuple, Generic[Field]):
    """What the code of a program is called with; it returns 1 where it left its work undone."""

    context: Pointer[Field]
    """What the code is told of itself: see `Executable.context`."""
    parameters: Pointer[Field]
    """The numbers that all examples of a training share."""
    shared: Pointer[Field]
    """The inputs that are the same for all examples."""
    inputs: Pointer[Field]
    """The other inputs, in blocks of lanes or column by column."""
    example_count: Integer[Field]
    """How many examples there are."""
    nodes: Pointer[Field]
    """Memory for what is computed on the way."""
    sums: Pointer[Field]
    """Where the sums over the examples go."""
    outputs: Pointer[Field]
    """Where the outputs of each example go."""


AT_NOTHING, AT_INPUTS, AT_ALL = range(3)
"""At the sizes of which numbers code looks that would compute large ones wrongly: what its caller
knows to be small is left out.
"""


class Context(NamedTuple, Generic[Field]):
    """What the code of loops is told of itself, where numbers may be too large for it.

    Three of them lie one behind the other: for callers who know nothing; for those who know that
    no parameter is large, since the update of a training sees each as it makes it; and for those
    whose inputs have been looked at as well, in a step before. Once there is something to leave the
    work to, nobody can tell whether it was left, and the last of them looks at the inputs again.
    """

    another: Pointer[Field]
    """What the code leaves its work to; null until it is there."""
    looks: Integer[Field]
    """At the sizes of which numbers the code looks: `AT_NOTHING`, `AT_INPUTS` or `AT_ALL`."""


GIVEN = Arguments("%t", "%p", "%u", "%x", "%count", "%n", "%s", "%o")
"""What the arguments are called in the code of a program."""


def signature(*unaliased: str) -> list[str]:
    """The arguments as a function declares them; what some point at is reached by them alone."""
    return [
        f"{kind} noalias {name}" if name in unaliased else f"{kind} {name}"
        for kind, name in zip(kinds_of(Arguments), GIVEN, strict=True)
    ]
