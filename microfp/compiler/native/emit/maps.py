"""Linear maps of all positions of a document as LLVM IR: a product of matrices, in tiles.

A stage that multiplies the same matrix with a vector of each position is a product of two matrices.
Read position by position, the matrix and its gradients go through the caches once a position; in
tiles of several positions, what is read once is used several times, from registers.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from microfp.compiler.ir.stages import Place, Stage
from microfp.compiler.native.emit.turns import (
    Scope,
    add_to,
    affine,
    first_lanes,
    read,
    write,
)
from microfp.compiler.native.emit.writer import Writer

__all__ = ["linear_map", "map_backward", "map_forward"]

FORWARD_POSITIONS = 2
"""How many positions a tile has forward, besides as many rows as there are lanes."""

TILE = 4
"""How many positions, or rows, and how many vectors of terms a tile of gradients has."""


class LinearMap(NamedTuple):
    """A stage that multiplies a matrix with a vector of each position."""

    stage: Stage
    """The stage."""
    matrix: Place
    """The rows, one after another."""
    signal: Place
    """The vectors."""
    rows: int
    """How many rows there are."""
    terms: int
    """How long a row is."""


def linear_map(stage: Stage) -> LinearMap | None:
    """The linear map that a stage is, if it is one of the signals of all positions.

    >>> linear_map(Stage("add", None, (), Place("n", 0), (), 0, 4, active=True)) is None
    True
    """
    if stage.op != "dot" or stage.start or len(stage.shape) != 1 or stage.shape[0].slope:
        return None
    matrix, signal = sorted(stage.operands, key=lambda place: place.space[0] != "p")
    length = matrix.length
    fits = (
        (matrix.space[0], signal.space[0]) == ("p", "n")
        and (matrix.time, matrix.along, signal.along) == (0, 1, 1)
        and (signal.strides, stage.out.strides) == ((0,), (1,))
        and length is not None
        and length == signal.length
        and not length.slope
    )
    if not fits or length is None:
        return None
    return LinearMap(stage, matrix, signal, stage.shape[0].base, length.base)


def map_forward(scope: Scope, it: LinearMap) -> None:
    """Multiply: rows as many at a time as there are lanes, with a few positions."""
    w = scope.w

    def rows(first: str, count: int) -> None:
        def tile(t: str, positions: int) -> None:
            _forward_tile(scope, it, (first, count), (t, positions))

        _tiles(w, scope.length, FORWARD_POSITIONS, tile)

    _cut(w, it.rows, w.width, rows)


def _forward_tile(
    scope: Scope, it: LinearMap, rows: tuple[str, int], positions: tuple[str, int]
) -> None:
    """Some rows times the vectors of some positions."""
    w, (i, count), (t, several) = scope.w, rows, positions

    def term(s: str, sums: Sequence[str], mask: str | None = None) -> list[str]:
        signals = [_read(scope, it.signal, (t, k), ("0", 0), s, mask) for k in range(several)]
        factors = [_read(scope, it.matrix, ("0", 0), (i, row), s, mask) for row in range(count)]
        pairs = [(factor, signal) for signal in signals for factor in factors]
        return [w.fused(*pair, so_far) for pair, so_far in zip(pairs, sums, strict=True)]

    zero = w.constant(0.0)
    sums, whole = [zero] * (several * count), it.terms // w.width * w.width
    if whole:
        sums = w.loop("0", str(whole), w.width, term, sums)
    if whole < it.terms:
        sums = term(str(whole), sums, first_lanes(w, it.terms - whole))
    mask = None if count == w.width else first_lanes(w, count)
    for k in range(several):
        own = sums[k * count : (k + 1) * count]
        together = w.across_each([*own, *[zero] * (w.width - count)])
        write(w, together, _address(scope, it.stage.out, (t, k), (i, 0)), 1, mask)


def map_backward(scope: Scope, it: LinearMap) -> None:
    """Pass gradients on: to the vectors of the positions, and to the matrix."""
    w = scope.w

    def columns(first: str, masks: Sequence[str | None]) -> None:
        _tiles(w, scope.length, TILE, lambda t, n: _signal_tile(scope, it, first, masks, (t, n)))
        _cut(w, it.rows, TILE, lambda i, n: _matrix_tile(scope, it, first, masks, (i, n)))

    whole, rest = divmod(it.terms, w.width)
    many = whole // TILE * TILE
    if many:
        w.each(str(many), lambda first: columns(first, [None] * TILE), step=TILE)
    last: list[str | None] = [None] * (whole - many) + [first_lanes(w, rest)] * bool(rest)
    if last:
        columns(str(many), last)


def _signal_tile(
    scope: Scope,
    it: LinearMap,
    first: str,
    masks: Sequence[str | None],
    positions: tuple[str, int],
) -> None:
    """The gradients of some terms at some positions: seeds times rows, added up over all rows."""
    w, (t, several) = scope.w, positions
    columns = _columns(w, first, len(masks))

    def row(i: str, sums: Sequence[str]) -> list[str]:
        factors = [
            _read(scope, it.matrix, ("0", 0), (i, 0), s, mask)
            for s, mask in zip(columns, masks, strict=True)
        ]
        seeds = [_seed(scope, it, (t, k), (i, 0)) for k in range(several)]
        pairs = [(seed, factor) for seed in seeds for factor in factors]
        return [w.fused(*pair, so_far) for pair, so_far in zip(pairs, sums, strict=True)]

    begin = [w.constant(0.0)] * (several * len(masks))
    sums = iter(w.loop("0", str(it.rows), 1, row, begin))
    for k in range(several):
        for s, mask in zip(columns, masks, strict=True):
            at = _address(scope, it.signal, (t, k), ("0", 0), s, slopes=True)
            add_to(w, at, 1, mask, next(sums))


def _matrix_tile(
    scope: Scope, it: LinearMap, first: str, masks: Sequence[str | None], rows: tuple[str, int]
) -> None:
    """The gradients of some terms of some rows: seeds times vectors, added up over positions."""
    w, (i, count) = scope.w, rows
    columns = _columns(w, first, len(masks))
    places = [
        (_address(scope, it.matrix, ("0", 0), (i, row), s, slopes=True), mask)
        for row in range(count)
        for s, mask in zip(columns, masks, strict=True)
    ]

    def position(t: str, sums: Sequence[str]) -> list[str]:
        signals = [
            _read(scope, it.signal, (t, 0), ("0", 0), s, mask)
            for s, mask in zip(columns, masks, strict=True)
        ]
        seeds = [_seed(scope, it, (t, 0), (i, row)) for row in range(count)]
        pairs = [(seed, signal) for seed in seeds for signal in signals]
        return [w.fused(*pair, so_far) for pair, so_far in zip(pairs, sums, strict=True)]

    begin = [read(w, at, 1, mask) for at, mask in places]
    sums = w.loop("0", scope.length, 1, position, begin)
    for (at, mask), whole in zip(places, sums, strict=True):
        write(w, whole, at, 1, mask)


def _columns(w: Writer, first: str, count: int) -> list[str]:
    """Where so many vectors of terms begin, from a vector on."""
    return [affine(w, vector * w.width, [(w.width, first)]) for vector in range(count)]


def _seed(scope: Scope, it: LinearMap, position: tuple[str, int], row: tuple[str, int]) -> str:
    return read(scope.w, _address(scope, it.stage.out, position, row, slopes=True), 0, None)


def _read(
    scope: Scope,
    place: Place,
    position: tuple[str, int],
    row: tuple[str, int],
    term: str,
    mask: str | None,
) -> str:
    return read(scope.w, _address(scope, place, position, row, term), 1, mask)


def _address(
    scope: Scope,
    place: Place,
    position: tuple[str, int],
    row: tuple[str, int],
    term: str = "0",
    *,
    slopes: bool = False,
) -> str:
    """Where a term of a row is at a position; each is a register and how far behind it."""
    (t, later), (i, below), (stride,) = position, row, place.strides
    first = int(place.first) + place.time * later + stride * below
    at = affine(scope.w, first, [(place.time, t), (stride, i), (1, term)])
    return scope.w.element((scope.slopes if slopes else scope.spaces)[place.space], at, "double")


def _cut(w: Writer, count: int, size: int, body: Callable[[str, int], None]) -> None:
    """Cut so many into parts of a size, and a smaller one at the end."""
    whole = count // size * size
    if whole:
        w.each(str(whole), lambda first: body(first, size), step=size)
    if whole < count:
        body(str(whole), count - whole)


def _tiles(w: Writer, count: str, size: int, body: Callable[[str, int], None]) -> None:
    """The same where the count is a register: what is left over comes one by one."""

    def some(start: str, stop: str, step: int) -> None:
        def turn(first: str, _: Sequence[str]) -> Sequence[str]:
            body(first, step)
            return ()

        def loop() -> None:
            w.loop(start, stop, step, turn)

        w.if_then(w.value(f"icmp ult i64 {start}, {stop}"), loop)

    whole = w.value(f"and i64 {count}, {-size}")
    some("0", whole, size)
    some(whole, count, 1)
