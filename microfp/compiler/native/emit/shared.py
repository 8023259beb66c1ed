"""Stages that are alike as LLVM IR: one function for all of them, told where its operands are.

The layers of a GPT do the same with other parameters. What differs from stage to stage is where
the operands begin; so a function is told that, and the code of a layer is compiled once.

>>> from microfp import gpt
>>> from microfp.compiler.ir.stages import staged
>>> from microfp.compiler.trace.sequences import record
>>> from microfp.losses import next_token
>>> model = gpt.gpt(3, layers=2, embedding=4, heads=2, context=5)
>>> plan = staged(record(next_token(), model, 5), 392)
>>> len(plan.stages), len(set(map(alike, plan.stages)))
(85, 39)
"""

from collections import Counter
from collections.abc import Callable, Iterator

from microfp.compiler.ir.stages import Place, Stage, Staged
from microfp.compiler.native.emit.turns import Scope

__all__ = ["alike", "repeated", "shared"]


def alike(stage: Stage) -> Stage:
    """A stage whose operands begin at 0 in spaces of their own: the same for all that are alike."""
    operands = [_moved(place, str(number)) for number, place in enumerate(stage.operands)]
    return stage._replace(operands=tuple(operands), out=_moved(stage.out, "out"))


def _moved(place: Place, name: str) -> Place:
    """A place in a space of its own; constants, look-ups and targets stay what they are."""
    return place if place.space == "c" else place._replace(space=place.space + name, first=0)


def repeated(plan: Staged) -> frozenset[Stage]:
    """What several stages of a plan are alike as."""
    counts = Counter(map(alike, plan.stages))
    return frozenset([stage for stage, count in counts.items() if count > 1])


def shared(
    scope: Scope, stage: Stage, several: frozenset[Stage], write: Callable[[Scope, Stage], None]
) -> None:
    """Write a stage here; or call the function of all those that are alike, if there are several.

    Args:
        scope: The document.
        stage: The stage.
        several: What several stages are alike as; see `repeated`.
        write: Writes the code of a stage.
    """
    w, common = scope.w, alike(stage)
    if common not in several:
        write(scope, stage)
        return
    pairs = list(_pairs(stage, common))
    spaces = {own.space: f"%{own.space}" for _, own in pairs}
    slopes = {own.space: f"%d{own.space}" for place, own in pairs if place.space in scope.slopes}

    def function(name: str) -> str:
        inner = w.another()
        arguments = [f"ptr {register}" for register in (*spaces.values(), *slopes.values())]
        own = Scope(inner, scope.plan, spaces, slopes, "%length")
        inner.function(name, [*arguments, "i64 %length"], lambda: write(own, common))
        return inner.text()

    name = w.beside((write, common), function)
    given = [
        f"ptr {w.address('double', where[place.space], int(place.first))}"
        for where in (scope.spaces, scope.slopes)
        for place, _ in pairs
        if place.space in where
    ]
    w.value(f"call i64 @{name}({', '.join(given)}, i64 {scope.length})")


def _pairs(stage: Stage, common: Stage) -> Iterator[tuple[Place, Place]]:
    """The places of a stage, constants aside, each with that of all stages that are alike."""
    both = zip((*stage.operands, stage.out), (*common.operands, common.out), strict=True)
    return ((place, own) for place, own in both if place.space != "c")
