"""Where the workers of a training wait for each other, and what all of them write to.

>>> meeting_text(8, "x86_64").splitlines()[0]
'define i64 @meet(ptr %state, i64 %me, i64 %workers, ptr %yield) {'
"""

from microfp.compiler.native.emit.writer import Writer

__all__ = [
    "DRAWN",
    "LARGE",
    "LINE",
    "MET",
    "STOP",
    "TAKEN",
    "UNDONE",
    "meeting_text",
    "state_size",
    "write_meeting",
]

LINE = 8
"""How many numbers lie between two that different workers write: a line of the cache."""

MET, DRAWN, UNDONE, STOP, TAKEN, LARGE, OWN = range(0, 7 * LINE, LINE)
"""Where it stands in the state how often somebody has come to where all meet; how many pieces of
examples have been drawn; whether something was left undone; whether whoever waits wants to stop;
the cost of the examples, and how many were right; whether a number was too large; and for each
worker, how often it has come."""

SPINS = 1 << 9
"""How often a worker looks whether the others have come, before it lets other threads run."""

PAUSES = {"x86_64": "llvm.x86.sse2.pause()", "aarch64": "llvm.aarch64.hint(i32 1)"}
"""What tells a processor that somebody waits, by its architecture."""


def state_size(workers: int) -> int:
    """How many numbers of eight bytes the state of so many workers has.

    >>> state_size(2)
    64
    """
    return OWN + LINE * workers


def meeting_text(width: int, architecture: str) -> str:
    """Write `meet`, which each worker calls where all wait for all.

    Args:
        width: How many numbers a vector has.
        architecture: What LLVM calls that of the processor.
    """
    w, pause = Writer(width), PAUSES.get(architecture)
    arguments = ["ptr %state", "i64 %me", "i64 %workers", "ptr %yield"]
    w.function("meet", arguments, lambda: _write_meeting(w, pause))
    declared = [f"declare void @{pause.replace('i32 1', 'i32')}"] if pause else []
    return "\n".join([w.text(), *declared])


def write_meeting(w: Writer) -> None:
    """Call `meet`, in code that is given what it is given."""
    w.value("call i64 @meet(ptr %state, i64 %me, i64 %workers, ptr %yield)")


def _write_meeting(w: Writer, pause: str | None) -> None:
    """Count oneself, and wait until all are counted who are to come here for the last time."""
    own = w.address("i64", w.element("%state", w.value(f"mul i64 %me, {LINE}"), "i64"), OWN)
    often = w.value(f"add i64 {w.load(own, 'i64')}, 1")
    w.store(often, own, "i64")
    w.line(f"%all = mul i64 {often}, %workers")
    w.line("%before = atomicrmw add ptr %state, i64 1 acq_rel")
    w.line("br label %wait")
    w.label("wait")
    w.line("%turn = phi i64 [ 0, %entry ], [ %next, %again ], [ %next, %let ]")
    w.line("%next = add i64 %turn, 1")
    w.line("%met = load atomic i64, ptr %state acquire, align 8")
    w.line("%here = icmp uge i64 %met, %all")
    w.line("br i1 %here, label %done, label %rest")
    w.label("rest")
    if pause:
        w.line(f"call void @{pause}")
    w.line(f"%long = icmp ugt i64 %next, {SPINS}")
    w.line("%known = icmp ne ptr %yield, null")
    w.line("%lets = and i1 %long, %known")
    w.line("br i1 %lets, label %let, label %again")
    w.label("let")
    w.line("%answer = call i32 %yield()")
    w.line("br label %wait")
    w.label("again")
    w.line("br label %wait")
    w.label("done")
