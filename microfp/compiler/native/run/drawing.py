"""Documents drawn by machine code: a model of sequences, its numbers, and chance from outside.

>>> from array import array
>>> from microfp import gpt
>>> from microfp.tree import parameters
>>> model = gpt.gpt(3, embedding=4, heads=2, context=5)
>>> make = drawer_of(model, 5)
>>> drawer = make([p.data for p in parameters(model)]) if make else None
>>> half = array("d", [0.5] * 10)
>>> drawer.documents(half, (2,), boundary=2, temperature=1.0, count=2).rows if drawer else None
[(1, 1, 1, 1, 1), (1, 1, 1, 1, 1)]
"""

from array import array
from collections.abc import Callable, Sequence
from ctypes import c_int64, c_void_p
from itertools import accumulate, pairwise
from typing import NamedTuple

from microfp.base.memo import by_key
from microfp.compiler.ir.stages import Staged, called_by, staged
from microfp.compiler.native.emit.drawing import DrawTable, chance_room, drawing_text
from microfp.compiler.native.emit.kernels import FUNCTIONS
from microfp.compiler.native.emit.stages import room
from microfp.compiler.native.emit.structs import packed
from microfp.compiler.native.run import jit
from microfp.compiler.native.run.memory import address_of, buffer
from microfp.compiler.trace.sequences import record
from microfp.compiler.trace.structure import Template, template
from microfp.errors import CompileError, TraceError
from microfp.nn import Model
from microfp.tree import parameters

__all__ = ["Drawer", "Drawn", "drawer_of"]


class Drawn(NamedTuple):
    """Documents that were drawn."""

    rows: list[tuple[int, ...]]
    """The tokens of each, without what was given."""
    is_finite: bool
    """Whether all scores were; else the last token of the last document is -1."""


class Drawer:
    """Memory of its own for one who draws; nothing of a document is left in the next."""

    def __init__(self, plan: Staged, code: jit.Code, numbers: Sequence[float]) -> None:
        """Copy the numbers, and make room."""
        width = jit.host().width
        self._plan, self._code, self._numbers = plan, code, array("d", numbers)
        self._nodes, self._tokens = buffer(room(plan, width)), array("d", [0.0] * (plan.width + 1))
        self._chances, self._length = buffer(chance_room(plan, width)), 0

    def read(self, token: int) -> Sequence[float]:
        """Read one token more of a document; return the scores of what comes next."""
        place, self._length = self._length, self._length + 1
        self._tokens[place] = token
        addresses = (address_of(self._numbers), self._nodes.address, address_of(self._tokens))
        self._code.functions["read"](*map(c_void_p, addresses), c_int64(place))
        start = int(self._plan.scores.first) + self._plan.scores.time * place
        scores: list[float] = self._nodes.view[start : start + self._plan.score_count].tolist()  # type: ignore[assignment]  # its stub knows bytes only
        return scores

    def documents(
        self,
        uniforms: "array[float]",
        given: Sequence[int],
        *,
        boundary: int,
        temperature: float,
        count: int,
    ) -> Drawn:
        """Draw documents.

        Args:
            uniforms: Numbers from 0 to below 1, for each document as many as it can have tokens;
                they are used one after another, a token each.
            given: How each document begins: at least one token.
            boundary: The token that ends a document.
            temperature: How much chance there is.
            count: How many documents, at least 1.
        """
        begin = array("q", given)
        begin.extend([-1] * (self._plan.width + 1 - len(given)))
        drawn, lengths = array("q", bytes(8 * len(uniforms))), array("q", bytes(8 * count))
        warmth = array("d", [temperature])
        table = packed(
            DrawTable(
                parameters=address_of(self._numbers),
                nodes=self._nodes.address,
                chances=self._chances.address,
                tokens=address_of(self._tokens),
                given=address_of(begin),
                uniforms=address_of(uniforms),
                warmth=address_of(warmth),
                drawn=address_of(drawn),
                lengths=address_of(lengths),
                documents=count,
                boundary=boundary,
            )
        )
        failed = self._code.functions["draw"](c_void_p(address_of(table)))
        ends = list(accumulate(filter(None, lengths), initial=0))
        return Drawn([tuple(drawn[a:b]) for a, b in pairwise(ends)], not failed)


def drawer_of(model: Model, width: int) -> Callable[[Sequence[float]], Drawer] | None:
    """What makes drawers of a model from its numbers; None where it is not traced as a sequence.

    Args:
        model: Any model of sequences.
        width: How many tokens it reads at most.

    Raises:
        CompileError: If llvmlite is not installed, or a primitive has no native form.
    """
    try:
        found = _drawing(template(model), width)
    except TraceError:
        return None
    if isinstance(found, TraceError):
        return None
    plan, code = found
    return lambda numbers: Drawer(plan, code, numbers)


@by_key(16)
def _drawing(model: Template, width: int) -> tuple[Staged, jit.Code] | TraceError:
    try:
        recorded = record(None, model.model, width)  # type: ignore[arg-type]  # any record
        plan = staged(recorded, len(parameters(model.model)))
    except TraceError as error:
        return error.with_traceback(None)
    for op in called_by(plan) - set(FUNCTIONS) - {"stop_gradient", "total"}:
        raise CompileError(f"native: {op} has no native form; backend 'python' runs it")
    return plan, jit.compiled(drawing_text(plan, jit.host().width), ("read", "draw"))
