"""Drawing as LLVM IR: a model of sequences reads token after token, and each next one is drawn.

A position is the turn of each stage that has it; what earlier positions gave is still in memory,
so that no key is computed twice. A token is drawn by a number between 0 and 1 that the caller has
drawn: the first one whose probability, with those of all before it, is more.

>>> from microfp import gpt
>>> from microfp.compiler.ir.stages import staged
>>> from microfp.compiler.trace.sequences import record
>>> plan = staged(record(None, gpt.gpt(3, embedding=4, heads=2, context=5), 5), 200)
>>> text = drawing_text(plan, 4)
>>> text.count("define i64 @read"), text.count("define i64 @draw")
(1, 1)
"""

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple

from microfp.compiler.ir.stages import Stage, Staged
from microfp.compiler.native.emit.kernels import FUNCTIONS, kernel_texts
from microfp.compiler.native.emit.stages import declarations, one_position
from microfp.compiler.native.emit.structs import Field, Integer, Pointer
from microfp.compiler.native.emit.turns import Scope, Turn, affine, first_lanes, read
from microfp.compiler.native.emit.writer import Writer

__all__ = ["DrawTable", "chance_room", "drawing_text"]


class DrawTable(NamedTuple, Generic[Field]):
    """What machine code is told of documents that are to be drawn."""

    parameters: Pointer[Field]
    """The numbers of the model."""
    nodes: Pointer[Field]
    """Room for what all stages give to one document."""
    chances: Pointer[Field]
    """Room for as many numbers as `chance_room` says: the chances, each with those before it."""
    tokens: Pointer[Field]
    """Room for the tokens of one document, and one more."""
    given: Pointer[Field]
    """How each document begins: tokens, and -1 where the next is to be drawn; one more than fit."""
    uniforms: Pointer[Field]
    """Numbers from 0 to below 1; enough for documents as long as can be."""
    warmth: Pointer[Field]
    """The temperature."""
    drawn: Pointer[Field]
    """Where the tokens go, one for each number that was used; -1 where a score was not finite."""
    lengths: Pointer[Field]
    """Where it goes how many of them each document has."""
    documents: Integer[Field]
    """How many documents there are to be."""
    boundary: Integer[Field]
    """The token that ends a document."""


def chance_room(plan: Staged, width: int) -> int:
    """How many numbers the chances of a position need room for: whole vectors."""
    return -(-plan.score_count // width) * width


def drawing_text(plan: Staged, width: int) -> str:
    """Write a module: `read` computes a position of a document, `draw` draws documents.

    Args:
        plan: The stages of a model, without a loss.
        width: How many numbers a vector has.
    """
    w = Writer(width)
    arguments = ("ptr noalias %p", "ptr noalias %n", "ptr noalias %x", "i64 %t")
    w.function("read", arguments, lambda: _write_position(w, plan))
    w.function("draw", ("ptr noalias %table",), lambda: _write_drawing(w, plan))
    body = w.text()
    return "\n".join([*declarations(width), *kernel_texts(body, width), body])


def _write_position(w: Writer, plan: Staged) -> None:
    """The turn of a position in each stage that has one."""
    after = w.value("add i64 %t, 1")
    scope = Scope(w, plan, {"p": "%p", "n": "%n", "x": "%x"}, {}, after)
    for stage in plan.stages:  # a loop: code after code
        _where_it_is(w, plan, stage, scope)


def _where_it_is(w: Writer, plan: Staged, stage: Stage, scope: Scope) -> None:
    def turn() -> None:
        one_position(Turn(scope, stage, "%t"))

    if stage.start:
        begun = w.value(f"icmp uge i64 %t, {stage.start}")
        w.if_then(begun, lambda: _before_it_ends(w, plan, stage, turn))
    else:
        _before_it_ends(w, plan, stage, turn)


def _before_it_ends(w: Writer, plan: Staged, stage: Stage, turn: Callable[[], None]) -> None:
    if stage.stop < plan.width:
        w.if_then(w.value(f"icmp ult i64 %t, {stage.stop}"), turn)
    else:
        turn()


def _write_drawing(w: Writer, plan: Staged) -> None:
    """One document after another; returns 1 where a score was not finite."""
    table = w.struct("%table", DrawTable[str])

    def document(number: str, used: Sequence[str]) -> list[str]:
        after, token = _write_document(w, plan, table, used[0])
        length = w.value(f"sub i64 {after}, {used[0]}")
        w.store(length, w.element(table.lengths, number, "i64"), "i64")
        w.return_if(w.value(f"icmp slt i64 {token}, 0"), "1")
        return [after]

    w.loop("0", table.documents, 1, document, ["0"], kind="i64")


def _write_document(w: Writer, plan: Staged, table: DrawTable[str], used: str) -> tuple[str, str]:
    """Read and draw until a document ends; how many numbers were used then, and the last token."""
    first = w.load(table.given, "i64")
    _write_token(w, table, "0", first)
    stop = f"%stop{w.name()}"  # each turn says whether there is another

    def position(t: str, carried: Sequence[str]) -> list[str]:
        memory = f"ptr {table.parameters}, ptr {table.nodes}, ptr {table.tokens}"
        w.value(f"call i64 @read({memory}, i64 {t})")
        following = w.value(f"add i64 {t}, 1")
        given = w.load(w.element(table.given, following, "i64"), "i64")
        is_drawn = w.value(f"icmp slt i64 {given}, 0")
        token = w.if_else(
            is_drawn, lambda: _drawn(w, plan, table, t, carried[0]), lambda: given, kind="i64"
        )
        _write_token(w, table, following, token)
        ended = w.value(f"icmp eq i64 {token}, {table.boundary}")
        failed = w.value(f"icmp slt i64 {token}, 0")
        over = w.value(f"or i1 {w.value(f'and i1 {is_drawn}, {ended}')}, {failed}")
        w.line(f"{stop} = select i1 {over}, i64 0, i64 {plan.width}")
        more = w.value(f"zext i1 {is_drawn} to i64")
        return [w.value(f"add i64 {carried[0]}, {more}"), token]

    after, token = w.loop("0", stop, 1, position, [used, first], kind="i64")
    return after, token


def _write_token(w: Writer, table: DrawTable[str], place: str, token: str) -> None:
    at = w.element(table.tokens, place, "double")
    w.store(w.value(f"sitofp i64 {token} to double"), at, "double")


def _drawn(w: Writer, plan: Staged, table: DrawTable[str], t: str, used: str) -> str:
    """Draw the token behind a position, and write it down."""
    whole = _write_chances(w, plan, table, t)
    uniform = w.load(w.element(table.uniforms, used, "double"), "double")
    limit = w.broadcast(w.value(f"fmul double {uniform}, {whole}"), "double")
    count = "0"
    for first in range(0, plan.score_count - 1, w.width):  # a loop: the last is never passed by
        sums = w.load(w.address("double", table.chances, first))
        passed = w.value(f"fcmp ole {w.type} {sums}, {limit}")
        there = first_lanes(w, min(plan.score_count - 1 - first, w.width))
        kept = w.value(f"and <{w.width} x i1> {passed}, {there}")
        found = w.value(f"bitcast <{w.width} x i1> {kept} to i{w.width}")
        bits = w.value(f"zext i{w.width} {found} to i64")
        many = w.value(f"call i64 @llvm.ctpop.i64(i64 {bits})")
        count = w.value(f"add i64 {count}, {many}")
    is_no_number = w.value(f"fcmp uno double {whole}, 0.0")
    token = w.value(f"select i1 {is_no_number}, i64 -1, i64 {count}")
    w.store(token, w.element(table.drawn, used, "i64"), "i64")
    return token


def _write_chances(w: Writer, plan: Staged, table: DrawTable[str], t: str) -> str:
    """Write the chances of a position, each with those before it; return the sum of all.

    exp(score / temperature), without overflow: nan where a score is not finite.
    """
    place = affine(w, int(plan.scores.first), [(plan.scores.time, t)])
    scores = w.element(table.nodes, place, "double")
    warmth = w.broadcast(w.load(table.warmth, "double"), "double")
    scaled = list[tuple[int, str]]()
    largest = w.constant(float("-inf"))
    for first in range(0, plan.score_count, w.width):  # a loop: vector after vector
        count = min(plan.score_count - first, w.width)
        mask = None if count == w.width else first_lanes(w, count)
        vector = read(w, w.address("double", scores, first), 1, mask, float("-inf"))
        cooled = w.value(f"fdiv {w.type} {vector}, {warmth}")
        scaled.append((first, cooled))
        largest = FUNCTIONS["maximum"](w, largest, cooled)
    most = w.value(f"call double @llvm.vector.reduce.fmax.v{w.width}f64({w.type} {largest})")
    for first, vector in scaled:  # a loop: vector after vector
        below = w.value(f"fsub {w.type} {vector}, {w.broadcast(most, 'double')}")
        w.store(FUNCTIONS["exp"](w, below), w.address("double", table.chances, first))
    return _write_sums(w, table.chances, plan.score_count)


def _write_sums(w: Writer, numbers: str, count: int) -> str:
    """Add to each number those before it, from the first to the last; return the last."""

    def one(place: str, so_far: Sequence[str]) -> list[str]:
        at = w.element(numbers, place, "double")
        whole = w.value(f"fadd double {so_far[0]}, {w.load(at, 'double')}")
        w.store(whole, at, "double")
        return [whole]

    (whole,) = w.loop("0", str(count), 1, one, ["0.0"], kind="double")
    return whole
