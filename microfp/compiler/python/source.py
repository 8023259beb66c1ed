"""Python source: a program as straight-line code, to be read and to be run.

Every operation is written as Python's own where Python follows IEEE 754, and as a call of the
primitive where it does not, in the program's order: the code gives the program's bits.

>>> from microfp import native, relu, value
>>> x, w = value(2.0, label="x"), value(3.0, label="w")
>>> y = x * w
>>> print(function_source(native.lower([relu(y + 1.0), y], inputs=[x], parameters=[w])))
def program(x, w):
    v2 = x * w
    v4 = v2 + 1.0
    return (0.0 if v4 <= 0.0 else v4), v2
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import FunctionType
from typing import NamedTuple, TypeAlias

from microfp.base.checks import check_kind
from microfp.base.memo import by_key
from microfp.base.python_text import (
    ATOM,
    NOTATIONS,
    SUM,
    Text,
    in_parentheses,
    indented,
    is_variable_name,
    sum_in_lines,
    written,
)
from microfp.compiler.ir.program import CONSTANT, Instruction, Program, primitive_of
from microfp.ops import PRIMITIVES, Primitive

__all__ = [
    "compiled",
    "function_source",
    "functions_of",
    "penalty_source",
    "update_source",
]

DEEPEST = 60
"""How deep an expression may nest: Python's own compiler is recursive."""


class Draft(NamedTuple):
    """What the writing of a program's source needs to know about each slot."""

    program: Program
    """The program."""
    names: tuple[str, ...]
    """What each slot is called in the source: a variable, or a literal."""
    inlined: tuple[bool, ...]
    """Whether a slot is written where it is used, instead of into a variable."""
    gated: bool = False
    """Whether products with a derivative of relu have variables."""
    positive: frozenset[int] = frozenset()
    """The slots that are known to be above zero: relu of them is themselves."""

    def definition(self, slot: int) -> Instruction | None:
        """The instruction of a slot; None for a leaf."""
        program = self.program
        place = slot - len(program.inputs) - len(program.parameters)
        return program.instructions[place] if place >= 0 else None

    def operands(self, slot: int) -> tuple[int, ...]:
        """The operands of the instruction of a slot; none for a leaf."""
        definition = self.definition(slot)
        return definition.operands if definition is not None else ()

    def variable(self, slot: int) -> int:
        """The slot whose variable holds a slot that is not inlined."""
        definition = self.definition(slot) if self.positive else None
        if definition is None or definition.op != "relu":
            return slot
        (operand,) = definition.operands
        return operand if operand in self.positive else slot


def drafted(program: Program, carried: int = 0, *, gated: bool = False) -> Draft:
    """Choose a name for each slot, and which slots need no variable.

    Args:
        program: The program.
        carried: How many of the last inputs are running sums: what is added to one of them is
            written back into its variable.
        gated: Whether products with a derivative of relu get variables, to be gates.
    """
    uses = Counter(slot for instruction in program.instructions for slot in instruction.operands)
    uses.update(program.outputs)
    names = list(_leaf_names(program))
    sums = set(range(len(program.inputs) - carried, len(program.inputs)))
    for slot, (op, operands, parameter) in enumerate(program.instructions, program.leaf_count):
        if op == CONSTANT and isinstance(parameter, float):
            names.append(_literal(parameter))
        elif op == "add" and operands[0] in sums and uses[operands[0]] == 1:
            names.append(names[operands[0]])
            sums.add(slot)
        else:
            names.append(f"v{slot}")
    return Draft(program, tuple(names), _inlined(program, uses, sums, gated=gated), gated)


def _inlined(
    program: Program, uses: Mapping[int, int], sums: set[int], *, gated: bool
) -> tuple[bool, ...]:
    inlined = [False] * program.leaf_count
    depths = [0] * program.leaf_count
    named = _named(program, gated=gated)
    for slot, instruction in enumerate(program.instructions, program.leaf_count):
        depth = _depth(instruction, [depths[operand] for operand in instruction.operands])
        constant = instruction.op == CONSTANT
        inline = uses[slot] == 1 and slot not in sums and slot not in named and depth < DEEPEST
        inlined.append(inline and not constant)
        depths.append(depth if inline else 0)
    return tuple(inlined)


def _depth(instruction: Instruction, operands: Sequence[int]) -> int:
    """How deep an expression nests: a sum of many terms is parsed as one level a term."""
    if instruction.op == "total":
        return max((depth + len(operands) - i for i, depth in enumerate(operands)), default=0)
    return max(operands, default=0) + 1


def _named(program: Program, *, gated: bool) -> set[int]:
    """The slots that need variables: what is written twice by a single use, and gates."""
    twice = {
        instruction.operands[0] for instruction in program.instructions if instruction.op == "relu"
    }
    if not gated:
        return twice
    steps = {
        slot: instruction.operands[0]
        for slot, instruction in enumerate(program.instructions, program.leaf_count)
        if instruction.op == "positive"
    }
    products = {
        slot
        for slot, instruction in enumerate(program.instructions, program.leaf_count)
        if instruction.op == "mul" and not steps.keys().isdisjoint(instruction.operands)
    }
    return twice | products | set(steps.values())


_RESERVED = {
    *PRIMITIVES,
    *("inf", "nan", "abs", "zip", "program"),
    *("rows", "targets", "parameters", "gradients"),
    *("starts", "costs", "scores"),
}


def _leaf_names(program: Program) -> tuple[str, ...]:
    """The names of inputs and parameters, or numbered ones where those would not do.

    Those of the parameters give way first: a loop over examples names its inputs itself.
    """
    inputs, parameters = program.inputs, program.parameters
    numbered = tuple(f"p{i}" for i in range(len(parameters)))
    choices = ((*inputs, *parameters), (*inputs, *numbered))
    return next(filter(_are_usable, choices), (*(f"x{i}" for i in range(len(inputs))), *numbered))


def _are_usable(names: Sequence[str]) -> bool:
    """Whether Python takes names for different variables, none of which the source has itself."""
    return len(set(names)) == len(names) and all(map(_is_usable, names))


def _is_usable(name: str) -> bool:
    """Whether a name can be that of a leaf."""
    is_free = name not in _RESERVED and not re.fullmatch(r"[vf]\d+", name)
    return is_free and is_variable_name(name)


def _literal(number: float) -> str:
    return f"({number!r})" if math.copysign(1.0, number) < 0.0 else repr(number)


def text_of(slot: int, draft: Draft) -> Text:
    """The expression that stands for a slot: its name, or how it is computed."""
    if not draft.inlined[slot]:
        return Text(draft.names[draft.variable(slot)], ATOM)
    return formula(slot, draft)


def formula(slot: int, draft: Draft) -> Text:
    """The expression in Python that gives what an instruction makes."""
    instruction = draft.program.instructions[slot - draft.program.leaf_count]
    operands = [text_of(operand, draft) for operand in instruction.operands]
    function = _function_name(slot, instruction)
    return written(instruction.op, operands, instruction.parameter, function=function)


def _function_name(slot: int, instruction: Instruction) -> str:
    return f"f{slot}" if isinstance(instruction.parameter, Primitive) else instruction.op


def statement(slot: int, draft: Draft) -> list[str]:
    """The lines that compute a slot into its variable."""
    instruction = draft.program.instructions[slot - draft.program.leaf_count]
    name, operands = draft.names[slot], instruction.operands
    if instruction.op == "total" and len(operands) > DEEPEST:
        return sum_in_lines(name, [text_of(operand, draft) for operand in operands], DEEPEST)
    return [f"{name} = {formula(slot, draft).code}"]


def variables(draft: Draft) -> list[int]:
    """The slots that are computed into variables, in order."""
    program = draft.program
    return [
        slot
        for slot, instruction in enumerate(program.instructions, program.leaf_count)
        if instruction.op != CONSTANT and not draft.inlined[slot]
    ]


def straight(draft: Draft) -> list[str]:
    """The lines that compute all variables, in order."""
    return [line for slot in variables(draft) for line in statement(slot, draft)]


def function_source(program: Program) -> str:
    """Write a program as a function from its inputs and parameters to its outputs.

    >>> from microfp import exp, native, value
    >>> x = value(1.0, label="x")
    >>> print(function_source(native.lower(exp(-x), inputs=[x])))
    def program(x):
        return exp(-x),
    """
    check_kind(
        "function_source", "program", program, Program, example="native.lower(output, inputs)"
    )
    draft = drafted(program)
    arguments = ", ".join(draft.names[: program.leaf_count])
    outputs = [in_parentheses(text_of(slot, draft), SUM) for slot in program.outputs]
    lines = [*straight(draft), "return " + joined(outputs)]
    return "\n".join([f"def program({arguments}):", *indented(lines)])


def joined(items: Sequence[str]) -> str:
    """The items between the parentheses of a tuple; no items are an empty tuple."""
    return ", ".join(items) + ("," if len(items) == 1 else "") if items else "()"


def penalty_source(program: Program) -> str:
    """Write a program of one parameter, with a cost and a gradient, as a loop over parameters.

    The sum of the costs starts at -0.0, to which every number adds as itself.

    >>> from microfp import losses
    >>> from microfp.compiler.ir.adjoint import penalty_program
    >>> from microfp.compiler.trace.calls import trace_penalty
    >>> graph = trace_penalty(losses.max_margin(alpha=0.5))
    >>> print(penalty_source(penalty_program(graph)) if graph else None)
    def program(parameters):
        penalty = -0.0
        gradients = []
        for p in parameters:
            v5 = 0.5 * p
            penalty += 0.5 * (p * p)
            gradients.append(0.0 + v5 + v5)
        return penalty, gradients
    """
    draft = drafted(program)
    cost, gradient = (text_of(slot, draft).code for slot in program.outputs)
    (parameter,) = draft.names[: program.leaf_count]
    body = [*straight(draft), f"penalty += {cost}", f"gradients.append({gradient})"]
    return "\n".join(
        [
            "def program(parameters):",
            *indented(["penalty = -0.0", "gradients = []", f"for {parameter} in parameters:"]),
            *indented(body, 2),
            *indented(["return penalty, gradients"]),
        ]
    )


def update_source(program: Program, *, scalars: int) -> str:
    """Write a program of one parameter and its update as a loop over parameters.

    Args:
        program: Its inputs are the parameter, its gradient, what is remembered of it, and the
            scalars; its outputs the square of the gradient, the parameter afterwards, and what is
            remembered then.
        scalars: How many scalars there are.

    >>> from microfp import native, value
    >>> p, g, k = (value(1.0, label=name) for name in "pgk")
    >>> program = native.lower([g * g, p + k * g], inputs=[p, g, k])
    >>> print(update_source(program, scalars=1))
    def program(parameters, gradients, columns, scalars):
        squares = 0.0
        after = []
        (k,) = scalars
        for (p, g,) in zip(parameters, gradients, *columns):
            squares += g * g
            after.append(p + k * g)
        return squares, after, []
    """
    draft = drafted(program)
    names = draft.names[: program.leaf_count]
    own, given = names[: len(names) - scalars], names[len(names) - scalars :]
    square, moved, *kept = (text_of(slot, draft).code for slot in program.outputs)
    lists = [f"after{i}" for i in range(len(kept))]
    return "\n".join(
        [
            "def program(parameters, gradients, columns, scalars):",
            *indented(["squares = 0.0", "after = []", *(f"{name} = []" for name in lists)]),
            *indented([f"({targets(given)}) = scalars"] if given else []),
            *indented([f"for ({targets(own)}) in zip(parameters, gradients, *columns):"]),
            *indented([*straight(draft), f"squares += {square}", f"after.append({moved})"], 2),
            *indented([f"{n}.append({code})" for n, code in zip(lists, kept, strict=True)], 2),
            *indented([f"return squares, after, [{', '.join(lists)}]"]),
        ]
    )


def targets(names: Sequence[str]) -> str:
    """Write names as the inside of a tuple, with a comma after each."""
    return "".join(f"{name}, " for name in names).rstrip()


def functions_of(program: Program) -> dict[str, Callable[..., float]]:
    """The functions that a program's source calls, by the names that it uses.

    >>> from microfp import exp, native, value
    >>> x = value(1.0)
    >>> sorted(functions_of(native.lower(exp(x), inputs=[x])))
    ['exp']
    """
    return {
        _function_name(slot, instruction): primitive_of(instruction).forward
        for slot, instruction in enumerate(program.instructions, program.leaf_count)
        if instruction.op != CONSTANT
        and (instruction.op not in NOTATIONS or isinstance(instruction.parameter, Primitive))
    }


Namespace: TypeAlias = tuple[tuple[str, Callable[..., float]], ...]


def _bytes(found: object) -> int:
    """About what a function takes: its code, its lines, and its source, by which it is found."""
    return 9 * len(found.__code__.co_code) if isinstance(found, FunctionType) else 0


@by_key(64, _bytes)
def compiled(source: str, functions: Namespace) -> Callable[..., object]:
    r"""Compile the source of a function that is called `program`; the same source only once.

    Args:
        source: As this module writes it.
        functions: What it calls, by name.

    >>> compiled("def program(x):\n    return exp(x)", (("exp", math.exp),))(0.0)
    1.0
    """
    namespace: dict[str, object] = {**dict(functions), "inf": math.inf, "nan": math.nan}
    exec(compile(source, "<microfp program>", "exec"), namespace)  # of this module's own making
    function = namespace["program"]
    assert callable(function)
    return function
