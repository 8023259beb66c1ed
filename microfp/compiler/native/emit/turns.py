"""Turns of the loops of a stage: where its operands are, and vectors of them, read and written."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from microfp.compiler.ir.stages import Extent, Place, Stage, Staged
from microfp.compiler.native.emit.writer import Writer

__all__ = [
    "Scope",
    "Taken",
    "Turn",
    "add_one",
    "add_to",
    "affine",
    "each_lanes",
    "each_outer",
    "first_lanes",
    "lanes_below",
    "over_terms",
    "read",
    "term_address",
    "write",
]


class Scope(NamedTuple):
    """Where a document is computed."""

    w: Writer
    """What writes."""
    plan: Staged
    """The stages."""
    spaces: dict[str, str]
    """Where numbers are found."""
    slopes: dict[str, str]
    """Where their gradients are."""
    length: str
    """How many positions the document has."""


def add_one(w: Writer, address: str, term: str) -> None:
    """Add to one number in memory."""
    before = w.load(address, "double")
    w.store(w.value(f"fadd double {before}, {term}"), address, "double")


def affine(w: Writer, first: int, terms: Sequence[tuple[int, str]]) -> str:
    """A constant plus registers, each times a number."""
    whole = str(first)
    for factor, register in terms:
        if factor and register != "0":
            moved = register if factor == 1 else w.value(f"mul i64 {register}, {factor}")
            whole = moved if whole == "0" else w.value(f"add i64 {moved}, {whole}")
    return whole


class Turn(NamedTuple):
    """Where in the loops of a stage we are."""

    scope: Scope
    """The document."""
    stage: Stage
    """The stage."""
    t: str
    """The position."""
    loops: tuple[str, ...] = ()
    """The registers of the loops inside that are open."""

    @property
    def w(self) -> Writer:
        """What writes."""
        return self.scope.w

    def turns(self, extent: Extent) -> str:
        """How many turns a loop has, or terms a vector."""
        return affine(self.w, extent.base, [(extent.slope, self.t)])

    def address(self, place: Place, *, slopes: bool = False, more: str = "0") -> str:
        """Where an operand is in this turn."""
        strides = zip(place.strides, self.loops, strict=False)
        at = affine(self.w, int(place.first), [(place.time, self.t), *strides, (1, more)])
        base = (self.scope.slopes if slopes else self.scope.spaces)[place.space]
        return self.w.element(base, at, "double")


class Taken(NamedTuple):
    """Which turns of the innermost loop fill the lanes."""

    first: str
    """The first of them."""
    mask: str | None
    """Which lanes there are; None for all."""


def lanes_below(w: Writer, count: str) -> str:
    """So many lanes, at most all."""
    numbers = ", ".join(f"i64 {lane}" for lane in range(w.width))
    many = w.broadcast(count, "i64")
    return w.value(f"icmp sgt <{w.width} x i64> {many}, <{numbers}>")


def first_lanes(w: Writer, count: int) -> str:
    """The first lanes, so many."""
    return "<" + ", ".join(f"i1 {int(lane < count)}" for lane in range(w.width)) + ">"


def each_lanes(turn: Turn, extent: Extent, body: Callable[[Taken], None]) -> None:
    """Cut a loop into vectors."""
    w = turn.w
    if extent.slope:
        count = turn.turns(extent)

        def chunk(first: str, _: Sequence[str]) -> Sequence[str]:
            body(Taken(first, lanes_below(w, w.value(f"sub i64 {count}, {first}"))))
            return ()

        w.loop("0", count, w.width, chunk)
        return
    whole, rest = divmod(extent.base, w.width)
    if whole > MOST_UNROLLED:
        w.each(str(whole * w.width), lambda first: body(Taken(first, None)), step=w.width)
    else:
        for first in range(0, whole * w.width, w.width):
            body(Taken(str(first), None))
    if rest:
        body(Taken(str(whole * w.width), first_lanes(w, rest)))


MOST_UNROLLED = 8
"""How many vectors are written one after another; more of them are a loop."""


def each_outer(turn: Turn, shape: Sequence[Extent], body: Callable[[Turn], None]) -> None:
    """Write the loops around the innermost one."""
    if not shape:
        body(turn)
        return
    extent, *inner = shape
    w = turn.w
    w.each(
        turn.turns(extent),
        lambda i: each_outer(turn._replace(loops=(*turn.loops, i)), inner, body),
    )


def read(w: Writer, address: str, stride: int, mask: str | None, otherwise: float = 0.0) -> str:
    """Read a vector whose numbers are a stride apart."""
    if stride == 0:
        return w.broadcast(w.load(address, "double"), "double")
    if stride == 1 and mask is None:
        return w.value(f"load {w.type}, ptr {address}, align 8")
    kind, lanes = f"v{w.width}f64", f"<{w.width} x i1> {mask or first_lanes(w, w.width)}"
    rest = f"{w.type} {w.constant(otherwise)}"
    if stride == 1:
        call = f"@llvm.masked.load.{kind}.p0(ptr {address}, i32 8, {lanes}, {rest})"
    else:
        at = f"<{w.width} x ptr> {addresses(w, address, stride)}"
        call = f"@llvm.masked.gather.{kind}.v{w.width}p0({at}, i32 8, {lanes}, {rest})"
    return w.value(f"call {w.type} {call}")


def write(w: Writer, vector: str, address: str, stride: int, mask: str | None) -> None:
    """Write a vector whose numbers are a stride apart."""
    kind, lanes = f"v{w.width}f64", f"<{w.width} x i1> {mask or first_lanes(w, w.width)}"
    if stride == 1 and mask is None:
        w.line(f"store {w.type} {vector}, ptr {address}, align 8")
    elif stride == 1:
        w.line(
            f"call void @llvm.masked.store.{kind}.p0({w.type} {vector}, "
            f"ptr {address}, i32 8, {lanes})"
        )
    else:
        at = f"<{w.width} x ptr> {addresses(w, address, stride)}"
        w.line(
            f"call void @llvm.masked.scatter.{kind}.v{w.width}p0({w.type} {vector}, "
            f"{at}, i32 8, {lanes})"
        )


def addresses(w: Writer, address: str, stride: int) -> str:
    """Where the number of each lane stands, so many numbers apart."""
    places = ", ".join(f"i64 {lane * stride}" for lane in range(w.width))
    return w.value(f"getelementptr double, ptr {address}, <{w.width} x i64> <{places}>")


def add_to(w: Writer, address: str, stride: int, mask: str | None, term: str) -> None:
    """Add a vector to numbers in memory; all lanes to one number where the stride is 0."""
    if stride == 0:
        add_one(w, address, w.across(masked(w, mask, term)))
        return
    before = read(w, address, stride, mask)
    write(w, w.value(f"fadd {w.type} {before}, {term}"), address, stride, mask)


def masked(w: Writer, mask: str | None, vector: str) -> str:
    """A vector with zeros where a mask, if there is one, does not hold."""
    return vector if mask is None else w.where(mask, vector)


def over_terms(turn: Turn, extent: Extent, begin: str, body: Callable[[Taken, str], str]) -> str:
    """Carry a vector along the terms of a sum, a vector of them at a time."""
    w = turn.w
    if extent.slope:
        count = turn.turns(extent)

        def chunk(first: str, carried: Sequence[str]) -> Sequence[str]:
            mask = lanes_below(w, w.value(f"sub i64 {count}, {first}"))
            return [body(Taken(first, mask), carried[0])]

        return w.loop("0", count, w.width, chunk, [begin])[0]
    for first in range(0, extent.base, w.width):
        left = extent.base - first
        mask = None if left >= w.width else first_lanes(w, left)
        begin = body(Taken(str(first), mask), begin)
    return begin


def term_address(turn: Turn, place: Place, lanes: Taken, *, slopes: bool = False) -> str:
    """Where the first of some terms of a vector is found."""
    more = turn.w.value(f"mul i64 {lanes.first}, {place.along}") if place.along > 1 else lanes.first
    return turn.address(place, slopes=slopes, more=more)
