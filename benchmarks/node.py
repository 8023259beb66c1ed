"""Making a node and reading a field, beside a class with the same fields in `__slots__`."""

from collections.abc import Callable
from itertools import repeat
from operator import attrgetter

from benchmarks.measure import Action, Goal, Row, Rows, per, side_by_side
from microfp import Value, value, values

COUNT = 20_000
REPETITIONS = 25


class Slots:
    """What a node would be as a plain class: the same five fields, nothing else."""

    __slots__ = ("data", "label", "op", "parameter", "parents")

    def __init__(
        self,
        data: float,
        op: str,
        parents: tuple["Slots", ...],
        label: str | None = None,
        parameter: float | None = None,
    ) -> None:
        self.data = data
        self.op = op
        self.parents = parents
        self.label = label
        self.parameter = parameter


def _add(a: Slots, b: Slots) -> Slots:
    return Slots(a.data + b.data, "add", (a, b))


def rows() -> Rows:
    """Measure every form of it: by the loop of the interpreter and by functions written in C."""
    node, plain = value(2.0), Slots(2.0, "leaf", ())
    yield _row("making a leaf", _made(values._node, "leaf"), _made(Slots, "leaf"), 3.0)
    yield _row("adding two nodes", _added(values._add, node), _added(_add, plain), 3.0)
    yield _row("reading a field, once a turn of a loop", _read(node, 1), _read(plain, 1), 1.5)
    yield _row("reading a field, ten times a turn", _read(node, 10), _read(plain, 10), 1.5)
    yield _row("reading a field, by attrgetter", _mapped(node), _mapped(plain), 1.5)


def _row(what: str, ours: Action, theirs: Action, bound: float) -> Row:
    timed = per(COUNT, side_by_side({"ours": ours, "theirs": theirs}, repetitions=REPETITIONS))
    return Row(what, timed["ours"], "__slots__ class", timed["theirs"], Goal("at most", bound))


def _made(make: Callable[..., object], op: str) -> Action:
    def action() -> None:
        for _ in repeat(None, COUNT):
            make(2.0, op, ())

    return action


def _added(add: Callable[..., object], node: Value | Slots) -> Action:
    def action() -> None:
        for _ in repeat(None, COUNT):
            add(node, node)

    return action


def _read(node: Value | Slots, reads: int) -> Action:
    """A loop with so many reads in its body: the more, the less the loop itself weighs.

    Each is compiled by itself, since the interpreter specialises bytecode by what it meets.
    """
    body = "; ".join(["node.data"] * reads)
    source = f"def action(node=node):\n    for _ in repeat(None, {COUNT // reads}): {body}\n"
    names: dict[str, object] = {"repeat": repeat, "node": node}
    exec(source, names)
    action = names["action"]
    assert callable(action)
    return action


def _mapped(node: Value | Slots) -> Action:
    data_of = attrgetter("data")

    def action() -> None:
        for _ in map(data_of, repeat(node, COUNT)):
            pass

    return action
