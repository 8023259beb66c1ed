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
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from keyword import iskeyword
from typing import NamedTuple, TypeAlias

from microfp.native.program import CONSTANT, Instruction, Program, primitive_of
from microfp.ops import PRIMITIVES, Primitive

__all__ = [
    "compiled",
    "function_source",
    "functions_of",
    "loop_source",
    "penalty_source",
]

DEEPEST = 60
"""How deep an expression may nest: Python's own compiler is recursive."""

IN_A_ROW = 12
"""How many names stand on one line."""

INDENT = "    "


class Draft(NamedTuple):
    """What the writing of a program's source needs to know about each slot.

    Attributes:
        program: The program.
        names: What each slot is called in the source: a variable, or a literal.
        inlined: Whether a slot is written where it is used, instead of into a variable.
    """

    program: Program
    names: tuple[str, ...]
    inlined: tuple[bool, ...]


class Text(NamedTuple):
    """A piece of an expression, and how tightly it binds.

    >>> Text("a + b", SUM)
    Text(code='a + b', binding=1)
    """

    code: str
    binding: int


CHOICE, SUM, PRODUCT, ATOM = 0, 1, 2, 3


def drafted(program: Program, carried: int = 0, *, gated: bool = False) -> Draft:
    """Choose a name for each slot, and which slots need no variable.

    Args:
        program: The program.
        carried: How many of the last inputs are running sums: what is added to one of them is
            written back into its variable.
        gated: Whether products with a derivative of relu get variables, to be gates.
    """
    uses = Counter(slot for it in program.instructions for slot in it.operands)
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
    return Draft(program, tuple(names), _inlined(program, uses, sums, gated=gated))


def _inlined(
    program: Program, uses: Mapping[int, int], sums: set[int], *, gated: bool
) -> tuple[bool, ...]:
    inlined = [False] * program.leaf_count
    depths = [0] * program.leaf_count
    named = _named(program, gated=gated)
    for slot, it in enumerate(program.instructions, program.leaf_count):
        depth = _depth(it, [depths[operand] for operand in it.operands])
        constant = it.op == CONSTANT
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
    twice = {it.operands[0] for it in program.instructions if it.op == "relu"}
    if not gated:
        return twice
    steps = {
        slot: it.operands[0]
        for slot, it in enumerate(program.instructions, program.leaf_count)
        if it.op == "positive"
    }
    products = {
        slot
        for slot, it in enumerate(program.instructions, program.leaf_count)
        if it.op == "mul" and not steps.keys().isdisjoint(it.operands)
    }
    return twice | products | set(steps.values())


_RESERVED = {"inf", "nan", "abs", "zip", "program", "costs", "scores", "rows", "targets"} | {
    *PRIMITIVES,
    "parameters",
    "gradients",
}


def _leaf_names(program: Program) -> tuple[str, ...]:
    """The names of inputs and parameters, or numbered ones where those would not do."""
    names = (*program.inputs, *program.parameters)
    clash = any(
        iskeyword(name)
        or not name.isidentifier()
        or name in _RESERVED
        or re.fullmatch(r"[vf]\d+", name)
        for name in names
    )
    if not clash and len(set(names)) == len(names):
        return names
    return (
        *(f"x{i}" for i in range(len(program.inputs))),
        *(f"p{i}" for i in range(len(program.parameters))),
    )


def _literal(number: float) -> str:
    return f"({number!r})" if math.copysign(1.0, number) < 0.0 else repr(number)


def _text(slot: int, draft: Draft) -> Text:
    """The expression that stands for a slot: its name, or how it is computed."""
    if not draft.inlined[slot]:
        return Text(draft.names[slot], ATOM)
    return _formula(slot, draft)


def _formula(slot: int, draft: Draft) -> Text:
    instruction = draft.program.instructions[slot - draft.program.leaf_count]
    operands = [_text(operand, draft) for operand in instruction.operands]
    write = _NOTATIONS.get(instruction.op)
    if write is None or isinstance(instruction.parameter, Primitive):
        return _call(_function_name(slot, instruction), operands, instruction.parameter)
    return write(operands)


def _function_name(slot: int, instruction: Instruction) -> str:
    return f"f{slot}" if isinstance(instruction.parameter, Primitive) else instruction.op


def _call(name: str, operands: Sequence[Text], parameter: object) -> Text:
    exponent = [repr(parameter)] if isinstance(parameter, float) else []
    return Text(f"{name}({', '.join([*(it.code for it in operands), *exponent])})", ATOM)


def _bound(text: Text, at_least: int) -> str:
    return text.code if text.binding >= at_least else f"({text.code})"


def _sum(operands: Sequence[Text]) -> Text:
    if not operands:
        return Text("0.0", ATOM)
    first, *others = operands
    terms = [_bound(first, SUM), *(_bound(it, PRODUCT) for it in others)]
    return Text(" + ".join(terms), SUM)


def _difference(operands: Sequence[Text]) -> Text:
    a, b = operands
    return Text(f"{_bound(a, SUM)} - {_bound(b, PRODUCT)}", SUM)


def _product(operands: Sequence[Text]) -> Text:
    a, b = operands
    return Text(f"{_bound(a, PRODUCT)} * {_bound(b, ATOM)}", PRODUCT)


def _negation(operands: Sequence[Text]) -> Text:
    return Text(f"-{_bound(operands[0], ATOM)}", PRODUCT)


def _rectified(operands: Sequence[Text]) -> Text:
    return Text(f"0.0 if {operands[0].code} <= 0.0 else {operands[0].code}", CHOICE)


def _step(operands: Sequence[Text]) -> Text:
    return Text(f"1.0 if {_bound(operands[0], SUM)} > 0.0 else 0.0", CHOICE)


def _absolute(operands: Sequence[Text]) -> Text:
    return Text(f"abs({operands[0].code})", ATOM)


_NOTATIONS: dict[str, Callable[[Sequence[Text]], Text]] = {
    "add": _sum,
    "total": _sum,
    "sub": _difference,
    "mul": _product,
    "neg": _negation,
    "relu": _rectified,
    "positive": _step,
    "absolute": _absolute,
}


def _statement(slot: int, draft: Draft) -> list[str]:
    """The lines that compute a slot into its variable."""
    instruction = draft.program.instructions[slot - draft.program.leaf_count]
    name, operands = draft.names[slot], instruction.operands
    if instruction.op == "add" and draft.names[operands[0]] == name:
        return [f"{name} += {_text(operands[1], draft).code}"]
    if instruction.op == "total" and len(operands) > DEEPEST:
        return _long_sum(name, [_text(operand, draft) for operand in operands])
    return [f"{name} = {_formula(slot, draft).code}"]


def _long_sum(name: str, terms: Sequence[Text]) -> list[str]:
    starts = range(DEEPEST, len(terms), DEEPEST)
    return [
        f"{name} = {_sum(terms[:DEEPEST]).code}",
        *(
            f"{name} = {_sum([Text(name, ATOM), *terms[start : start + DEEPEST]]).code}"
            for start in starts
        ),
    ]


def _variables(draft: Draft) -> list[int]:
    """The slots that are computed into variables, in order."""
    program = draft.program
    return [
        slot
        for slot, instruction in enumerate(program.instructions, program.leaf_count)
        if instruction.op != CONSTANT and not draft.inlined[slot]
    ]


def _straight(draft: Draft) -> list[str]:
    return [line for slot in _variables(draft) for line in _statement(slot, draft)]


def function_source(program: Program) -> str:
    """Write a program as a function from its inputs and parameters to its outputs.

    >>> from microfp import exp, native, value
    >>> x = value(1.0, label="x")
    >>> print(function_source(native.lower(exp(-x), inputs=[x])))
    def program(x):
        return exp(-x),
    """
    draft = drafted(program)
    arguments = ", ".join(draft.names[: program.leaf_count])
    outputs = [_bound(_text(slot, draft), SUM) for slot in program.outputs]
    lines = [*_straight(draft), "return " + _tuple(outputs)]
    return "\n".join([f"def program({arguments}):", *_indented(lines)])


def _tuple(items: Sequence[str]) -> str:
    return ", ".join(items) + ("," if len(items) == 1 else "") if items else "()"


def _indented(lines: Iterable[str], levels: int = 1) -> list[str]:
    return [INDENT * levels + line for line in lines]


def penalty_source(program: Program) -> str:
    """Write a program of one parameter, with a cost and a gradient, as a loop over parameters.

    >>> from microfp import losses
    >>> from microfp.native.adjoint import penalty_program
    >>> from microfp.native.tracing import trace_penalty
    >>> graph = trace_penalty(losses.max_margin(alpha=0.5))
    >>> print(penalty_source(penalty_program(graph)) if graph else None)
    def program(parameters):
        costs = []
        gradients = []
        for p in parameters:
            v5 = 0.5 * p
            costs.append(0.5 * (p * p))
            gradients.append(0.0 + v5 + v5)
        return costs, gradients
    """
    draft = drafted(program)
    cost, gradient = (_text(slot, draft).code for slot in program.outputs)
    (parameter,) = draft.names[: program.leaf_count]
    body = [*_straight(draft), f"costs.append({cost})", f"gradients.append({gradient})"]
    return "\n".join(
        [
            "def program(parameters):",
            *_indented(["costs = []", "gradients = []", f"for {parameter} in parameters:"]),
            *_indented(body, 2),
            *_indented(["return costs, gradients"]),
        ]
    )


def loop_source(program: Program, *, carried: int, gated: bool) -> str:
    """Write a program of one example as a loop over examples that carries the gradients along.

    Args:
        program: Its inputs are the columns, the target, the seed and the gradients so far; its
            outputs the cost, the scores and the gradients.
        carried: How many gradients there are.
        gated: Whether to skip what is multiplied by a derivative of relu that is zero; the bits
            stay the same where every number is finite, which `bounds` can prove.

    >>> from microfp import losses, nn
    >>> from microfp.native.adjoint import carried_program
    >>> from microfp.native.tracing import trace_example
    >>> program = carried_program(trace_example(losses.max_margin(), nn.neuron(1), 1))
    >>> print(loop_source(program, carried=2, gated=True))
    def program(rows, targets, seed, parameters, gradients):
        (p0, p1,) = parameters
        (g0, g1,) = gradients
        costs = []
        scores = []
        for (x0,), y in zip(rows, targets):
            v9 = p1 + p0 * x0
            v10 = 0.0 if v9 <= 0.0 else v9
            v12 = 1.0 - y * v10
            costs.append(0.0 if v12 <= 0.0 else v12)
            scores.append((v10,))
            if v12 > 0.0:
                v15 = seed
                if v9 > 0.0:
                    v19 = -v15 * y
                    g0 += v19 * x0
                    g1 += v19
        return costs, scores, (g0, g1,)
    """
    draft = drafted(program, carried, gated=gated)
    inputs = draft.names[: len(program.inputs)]
    columns, target = inputs[: -carried - 2], inputs[-carried - 2]
    parameters = draft.names[len(program.inputs) : program.leaf_count]
    scores = [_text(slot, draft).code for slot in program.outputs[1:-carried]]
    forward, backward = _parts(draft, carried, gated=gated)
    gradients = [draft.names[slot] for slot in program.outputs[-carried:]]
    head = [
        *_tuple_lines("", parameters, " = parameters"),
        *_tuple_lines("", inputs[-carried:], " = gradients"),
        "costs = []",
        "scores = []",
        f"for ({_targets(columns)}), {target} in zip(rows, targets):",
    ]
    body = [
        *forward,
        f"costs.append({_text(program.outputs[0], draft).code})",
        f"scores.append(({_targets(scores)}))",
        *backward,
    ]
    return "\n".join(
        [
            "def program(rows, targets, seed, parameters, gradients):",
            *_indented(head),
            *_indented(body, 2),
            *_indented(_tuple_lines("return costs, scores, ", gradients, "")),
        ]
    )


def _targets(names: Sequence[str]) -> str:
    return "".join(f"{name}, " for name in names).rstrip()


def _tuple_lines(before: str, names: Sequence[str], after: str) -> list[str]:
    """A tuple of names between two pieces of a statement, on several lines where it is long."""
    if len(names) <= IN_A_ROW:
        return [f"{before}({_targets(names)}){after}"]
    rows = [names[i : i + IN_A_ROW] for i in range(0, len(names), IN_A_ROW)]
    return [f"{before}(", *_indented(_targets(row) for row in rows), f"){after}"]


class Gate(NamedTuple):
    """A product with the derivative of relu: where that is zero, so is all that is made from it.

    Attributes:
        slot: The product, upstream times derivative.
        condition: What has to be above zero for the product not to be zero.
        upstream: The other factor.
        additions: The slots that add a multiple of the product to a running sum.
        is_read: Whether anything else reads the product.
    """

    slot: int
    condition: int
    upstream: int
    additions: tuple[int, ...]
    is_read: bool


def _parts(draft: Draft, carried: int, *, gated: bool) -> tuple[list[str], list[str]]:
    """The lines that costs and scores need, and the lines that gradients need besides."""
    live = _needed(draft.program, draft.program.outputs[:-carried])
    variables = _variables(draft)
    forward = [slot for slot in variables if live[slot]]
    backward = [slot for slot in variables if not live[slot]]
    gates = _gates(draft, backward) if gated else {}
    lines = [line for slot in forward for line in _statement(slot, draft)]
    root = next((gate for gate in gates.values() if _rules_all(gate, draft, backward)), None)
    if root is None:
        return lines, _with_gates(draft, backward, gates, set(forward))
    others = {slot: gate for slot, gate in gates.items() if gate is not root}
    rest = [slot for slot in backward if slot != root.slot]
    inner = _with_gates(draft, rest, others, {*forward, root.slot})
    return lines, [
        f"if {draft.names[root.condition]} > 0.0:",
        *_indented([_passed(root, draft), *inner]),
    ]


def _needed(program: Program, outputs: Sequence[int]) -> list[bool]:
    """Whether each slot is one of the outputs or needed for them."""
    needed = [False] * (program.leaf_count + len(program.instructions))
    for slot in outputs:
        needed[slot] = True
    for slot in reversed(range(program.leaf_count, len(needed))):
        if needed[slot]:
            for operand in program.instructions[slot - program.leaf_count].operands:
                needed[operand] = True
    return needed


def _gates(draft: Draft, slots: Sequence[int]) -> dict[int, Gate]:
    program = draft.program
    readers: dict[int, list[int]] = {}
    for slot, instruction in enumerate(program.instructions, program.leaf_count):
        for operand in instruction.operands:
            readers.setdefault(operand, []).append(slot)
    found = (_gate(slot, draft, readers) for slot in slots)
    return {gate.slot: gate for gate in found if gate is not None}


def _gate(slot: int, draft: Draft, readers: Mapping[int, Sequence[int]]) -> Gate | None:
    instruction = _definition(slot, draft)
    if instruction is None or instruction.op != "mul":
        return None
    for derivative, upstream in (instruction.operands, instruction.operands[::-1]):
        step = _definition(derivative, draft)
        if step is not None and step.op == "positive" and not draft.inlined[step.operands[0]]:
            ends = [_addition(slot, reader, draft, readers) for reader in readers[slot]]
            additions = tuple(end for end in ends if end is not None)
            return Gate(slot, step.operands[0], upstream, additions, len(additions) < len(ends))
    return None


def _addition(
    slot: int, reader: int, draft: Draft, readers: Mapping[int, Sequence[int]]
) -> int | None:
    """The running sum to which a reader of a product adds it, or a multiple of it."""
    term = slot
    if draft.inlined[reader] and _op(reader, draft) == "mul":
        term, (reader,) = reader, readers[reader]
    return reader if _adds(reader, term, draft) else None


def _definition(slot: int, draft: Draft) -> Instruction | None:
    place = slot - draft.program.leaf_count
    return draft.program.instructions[place] if place >= 0 else None


def _op(slot: int, draft: Draft) -> str:
    definition = _definition(slot, draft)
    return "" if definition is None else definition.op


def _is_running(slot: int, draft: Draft) -> bool:
    """Whether a slot is a running sum with one more term."""
    definition = _definition(slot, draft)
    return (
        definition is not None
        and definition.op == "add"
        and draft.names[definition.operands[0]] == draft.names[slot]
    )


def _adds(slot: int, term: int, draft: Draft) -> bool:
    definition = _definition(slot, draft)
    return definition is not None and _is_running(slot, draft) and definition.operands[1] == term


def _rules_all(gate: Gate, draft: Draft, slots: Sequence[int]) -> bool:
    """Whether every term of every running sum is zero where the product of the gate is."""
    if gate.upstream >= draft.program.leaf_count:
        return False
    zero = _zeros(gate.slot, draft)
    definitions = [_definition(slot, draft) for slot in slots if _is_running(slot, draft)]
    return all(it is not None and zero[it.operands[1]] for it in definitions)


def _zeros(slot: int, draft: Draft) -> list[bool]:
    """Which slots are zero where the given one is, as long as every slot is finite."""
    program = draft.program
    zero = [False] * (program.leaf_count + len(program.instructions))
    zero[slot] = True
    for later in range(slot + 1, len(zero)):
        op, operands, _ = program.instructions[later - program.leaf_count]
        if op == "mul":
            zero[later] = zero[operands[0]] or zero[operands[1]]
        elif op in ("add", "sub", "neg", "total"):
            zero[later] = all(zero[operand] for operand in operands)
    return zero


def _with_gates(
    draft: Draft, slots: Sequence[int], gates: Mapping[int, Gate], written: set[int]
) -> list[str]:
    """The lines of some slots, those behind a gate in its block.

    Running sums move up into the block where all that they read is there; a sum reads itself, so
    its terms keep their order.
    """
    lines: list[str] = []
    ready = set(written) | set(range(draft.program.leaf_count))
    for slot in slots:  # a loop: what is ready depends on what was written
        if slot in ready:
            continue
        ready.add(slot)
        gate = gates.get(slot)
        if gate is None:
            lines += _statement(slot, draft)
            continue
        inside = [_passed(gate, draft)]
        for addition in sorted(gate.additions):
            if _reads(addition, draft) <= ready:
                ready.add(addition)
                inside += _statement(addition, draft)
        late = any(addition not in ready for addition in gate.additions)
        lines += [f"if {draft.names[gate.condition]} > 0.0:", *_indented(inside)]
        lines += ["else:", f"{INDENT}{draft.names[slot]} = 0.0"] if gate.is_read or late else []
    return lines


def _passed(gate: Gate, draft: Draft) -> str:
    """The product where its gate is open: the upstream itself."""
    return f"{draft.names[gate.slot]} = {_text(gate.upstream, draft).code}"


def _reads(slot: int, draft: Draft) -> set[int]:
    """The variables that the statement of a slot reads."""
    found: set[int] = set()
    waiting = list(draft.program.instructions[slot - draft.program.leaf_count].operands)
    while waiting:
        operand = waiting.pop()
        definition = _definition(operand, draft)
        if definition is None or definition.op == CONSTANT:
            continue
        if draft.inlined[operand]:
            waiting += definition.operands
        else:
            found.add(operand)
    return found


def functions_of(program: Program) -> dict[str, Callable[..., float]]:
    """The functions that a program's source calls, by the names that it uses.

    >>> from microfp import exp, native, value
    >>> x = value(1.0)
    >>> sorted(functions_of(native.lower(exp(x), inputs=[x])))
    ['exp']
    """
    return {
        _function_name(slot, it): primitive_of(it).forward
        for slot, it in enumerate(program.instructions, program.leaf_count)
        if it.op != CONSTANT and (it.op not in _NOTATIONS or isinstance(it.parameter, Primitive))
    }


Namespace: TypeAlias = tuple[tuple[str, Callable[..., float]], ...]


@lru_cache(maxsize=64)
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
