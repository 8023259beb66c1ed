"""Sums of products as LLVM IR: lanes along the terms, or along results that lie side by side.

In the gradients of a linear map, what all its rows add to is kept in registers.
"""

from collections.abc import Sequence

from microfp.compiler.ir.stages import Extent, Place, Stage
from microfp.compiler.native.emit.turns import (
    Taken,
    Turn,
    add_to,
    affine,
    each_lanes,
    each_outer,
    first_lanes,
    over_terms,
    read,
    term_address,
    write,
)

__all__ = ["dot", "dot_backward"]


def dot(turn: Turn) -> None:
    """Sums of products, with lanes along the results or along the terms."""
    stage = turn.stage
    if _along_results(stage, turn.w.width):
        each_outer(turn, stage.shape[:-1], _dot_results)
    elif stage.shape and not stage.shape[-1].slope:
        each_outer(turn, stage.shape[:-1], _dot_rows)
    else:
        each_outer(turn, stage.shape, _dot_single)


def _along_results(stage: Stage, width: int) -> bool:
    """Whether the results lie side by side, and so do the terms of each step, or these are few."""
    if not stage.shape or stage.out.strides[-1] != 1:
        return False
    strides = {place.strides[-1] for place in stage.operands}
    length = stage.operands[0].length
    is_short = length is not None and not length.slope and length.base < width
    return strides <= {0, 1} or (is_short and 0 in strides)


def _dot_results(turn: Turn) -> None:
    w, stage = turn.w, turn.stage
    a, b = stage.operands
    assert a.length is not None
    count = turn.turns(a.length)

    def row(lanes: Taken) -> None:
        inner = turn._replace(loops=(*turn.loops, lanes.first))

        def term(s: str, carried: Sequence[str]) -> Sequence[str]:
            factors = [_result_term(inner, place, s, lanes) for place in (a, b)]
            return [w.fused(factors[0], factors[1], carried[0])]

        (vector,) = w.loop("0", count, 1, term, [w.constant(0.0)])
        write(w, vector, inner.address(stage.out), 1, lanes.mask)

    each_lanes(turn, stage.shape[-1], row)


def _result_term(turn: Turn, place: Place, s: str, lanes: Taken) -> str:
    more = affine(turn.w, 0, [(place.along, s)])
    return read(turn.w, turn.address(place, more=more), place.strides[-1], lanes.mask)


def _product(turn: Turn, begin: str, known: dict[int, list[str]]) -> str:
    """A vector whose lanes add up to a sum of products; some operands may be known already."""
    w = turn.w
    a, b = turn.stage.operands
    assert a.length is not None

    def more(lanes: Taken, carried: str) -> str:
        factors = [
            known[which][int(lanes.first) // w.width]
            if which in known
            else read(w, term_address(turn, place, lanes), place.along or 1, lanes.mask)
            for which, place in enumerate((a, b))
        ]
        return w.fused(factors[0], factors[1], carried)

    return over_terms(turn, a.length, begin, more)


def _dot_single(turn: Turn) -> None:
    w = turn.w
    result = w.across(_product(turn, w.constant(0.0), {}))
    w.store(result, turn.address(turn.stage.out), "double")


def _dot_rows(turn: Turn) -> None:
    """Rows of a linear map, as many at a time as there are lanes."""
    w, stage = turn.w, turn.stage
    rows, zero = stage.shape[-1].base, w.constant(0.0)
    inner = turn._replace(loops=(*turn.loops, "0"))
    known = {
        which: _loaded(inner, place)
        for which, place in enumerate(stage.operands)
        if place.strides[-1] == 0 and _is_short(place, w.width)
    }

    def block(first: str, count: int) -> None:
        vectors = [
            _product(turn._replace(loops=(*turn.loops, affine(w, lane, [(1, first)]))), zero, known)
            for lane in range(count)
        ]
        together = w.across_each(vectors + [zero] * (w.width - count))
        mask = None if count == w.width else first_lanes(w, count)
        at = turn._replace(loops=(*turn.loops, first)).address(stage.out)
        write(w, together, at, stage.out.strides[-1], mask)

    whole = rows // w.width * w.width
    if whole:
        w.each(str(whole), lambda first: block(first, w.width), step=w.width)
    if rows % w.width:
        block(str(whole), rows % w.width)


def _is_short(place: Place, width: int) -> bool:
    """Whether a vector fits into a few registers."""
    return place.length is not None and not place.length.slope and place.length.base <= 8 * width


def _loaded(turn: Turn, place: Place, *, slopes: bool = False) -> list[str]:
    """All vectors of an operand."""
    assert place.length is not None
    found = list[str]()

    def one(lanes: Taken, carried: str) -> str:
        at = term_address(turn, place, lanes, slopes=slopes)
        found.append(read(turn.w, at, place.along or 1, lanes.mask))
        return carried

    over_terms(turn, place.length, "", one)
    return found


def dot_backward(turn: Turn) -> None:
    """The gradients of sums of products: each factor gets the other, times the seed."""
    stage = turn.stage
    short = all(_is_short(place, turn.w.width) for place in stage.operands)
    if (
        short
        and stage.shape
        and {place.strides[-1] == 0 for place in stage.operands} == {True, False}
    ):
        each_outer(turn, stage.shape[:-1], _dot_rows_backward)
    elif stage.shape and _along_results(stage, turn.w.width):
        each_outer(turn, stage.shape[:-1], _dot_results_backward)
    else:
        each_outer(turn, stage.shape, _dot_single_backward)


def _dot_rows_backward(turn: Turn) -> None:
    """The rows of a linear map: what is common to them is read once, its gradients added once."""
    w, stage = turn.w, turn.stage
    common, own = sorted(stage.operands, key=lambda place: place.strides[-1] != 0)
    assert common.length is not None
    first = turn._replace(loops=(*turn.loops, "0"))
    known = _loaded(first, common)

    def row(i: str, carried: Sequence[str]) -> Sequence[str]:
        inner = turn._replace(loops=(*turn.loops, i))
        seed = read(w, inner.address(stage.out, slopes=True), 0, None)
        factors, after = _loaded(inner, own), list[str]()

        def term(lanes: Taken, unused: str) -> str:
            place = int(lanes.first) // w.width
            after.append(w.fused(seed, factors[place], carried[place]))
            at = term_address(inner, own, lanes, slopes=True)
            before = read(w, at, own.along or 1, lanes.mask)
            write(w, w.fused(seed, known[place], before), at, own.along or 1, lanes.mask)
            return unused

        over_terms(inner, common.length or Extent(0), "", term)
        return after

    begin = [w.constant(0.0)] * len(known)
    sums = w.loop("0", turn.turns(stage.shape[-1]), 1, row, begin)

    def add(lanes: Taken, unused: str) -> str:
        at = term_address(first, common, lanes, slopes=True)
        add_to(w, at, common.along or 1, lanes.mask, sums[int(lanes.first) // w.width])
        return unused

    over_terms(first, common.length, "", add)


def _dot_results_backward(turn: Turn) -> None:
    """Results side by side: a seed in each lane."""
    w, stage = turn.w, turn.stage
    a, b = stage.operands
    assert a.length is not None
    count = turn.turns(a.length)

    def row(lanes: Taken) -> None:
        inner = turn._replace(loops=(*turn.loops, lanes.first))
        seed = read(w, inner.address(stage.out, slopes=True), 1, lanes.mask)

        def term(s: str) -> None:
            for own, other in ((a, b), (b, a)):
                factor = _result_term(inner, other, s, lanes)
                product = w.value(f"fmul {w.type} {seed}, {factor}")
                at = inner.address(own, slopes=True, more=affine(w, 0, [(own.along, s)]))
                add_to(w, at, own.strides[-1], lanes.mask, product)

        w.each(count, term)

    each_lanes(turn, stage.shape[-1], row)


def _dot_single_backward(turn: Turn) -> None:
    w, stage = turn.w, turn.stage
    seed = read(w, turn.address(stage.out, slopes=True), 0, None)
    for own, other in (stage.operands, stage.operands[::-1]):
        assert own.length is not None

        def term(lanes: Taken, unused: str, own: Place = own, other: Place = other) -> str:
            factor = read(w, term_address(turn, other, lanes), other.along or 1, lanes.mask)
            at = term_address(turn, own, lanes, slopes=True)
            product = w.value(f"fmul {w.type} {seed}, {factor}")
            add_to(w, at, own.along or 1, lanes.mask, product)
            return unused

        over_terms(turn, own.length, w.constant(0.0), term)
