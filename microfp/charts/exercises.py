"""Exercises that check themselves: the first case that an answer gets wrong, in words.

An exercise is data: the answer, which is a function that a learner writes, and cases, each of them
arguments and the result that is wanted. A notebook shows the verdict, with a hint and a solution to
unfold. An answer that raises, or that does not come to an end, is told so, and nothing hangs.

>>> exercise(lambda x: 2.0, [case("x = 3", 3.0, wanted=1.0)])
Not yet: for x = 3 you said 2, it is 1.
"""

import math
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from inspect import cleandoc
from types import FrameType
from typing import TYPE_CHECKING, NamedTuple, TypeGuard, TypeVar

from microfp.base.checks import check_each, check_kind
from microfp.record import Record, attr, check_several

if TYPE_CHECKING:
    from _typeshed import TraceFunction

__all__ = ["Case", "Exercise", "case", "endless", "exercise", "first_wrong"]

T = TypeVar("T")

MOST_LINES = 200_000
"""After so many lines of the answer's own it is taken not to come to an end."""

MOST_LETTERS = 60
"""Of a long answer so much is told."""

PRECISION = 1e-6
"""Two numbers are the same answer if they differ by no more, relatively or absolutely."""


class Case(NamedTuple):
    """One question to an answer: what it is given, and what it has to say.

    >>> case("two and three", 2, 3, wanted=5).arguments
    (2, 3)
    """

    words: str
    """The question in words, such as `"x = 3"`."""
    arguments: tuple[object, ...]
    """What the answer is called with."""
    wanted: object
    """What it has to return; numbers may differ by a millionth."""
    read: Callable[..., object]
    """What is looked at of that which it returns."""


class _Endless(BaseException):
    """An answer that was stopped; no `except Exception` of its own may swallow it."""


def case(
    words: str,
    *arguments: object,
    wanted: object,
    read: Callable[..., object] = lambda said: said,
) -> Case:
    """One question to an answer.

    Args:
        words: The question in words, to follow "for".
        arguments: What the answer is called with.
        wanted: What it has to return; numbers may differ by a millionth.
        read: What is looked at of that which it returns; all of it by default.

    >>> first_wrong(divmod, [case("the rest of 7 / 2", 7, 2, wanted=1, read=lambda it: it[1])])
    """
    return Case(words, arguments, wanted, read)


class Exercise(Record):
    """What a notebook shows of an answer: a verdict, and a hint and a solution to unfold.

    >>> exercise(len, [case("no letters", "", wanted=0)]).is_right
    True
    """

    trouble: str | None = attr(default=None)
    """The first thing that is wrong, as a sentence; None where the answer is right."""
    hint: str = attr(default="")
    """A sentence that helps; empty for none."""
    solution: str = attr(default="")
    """Code that is a right answer; empty for none."""

    @property
    def is_right(self) -> bool:
        """Whether nothing was wrong."""
        return self.trouble is None

    def __repr__(self) -> str:
        return "Right!" if self.trouble is None else f"Not yet: {self.trouble}"

    def _repr_mimebundle_(self, **_asked: object) -> dict[str, str]:
        return {"text/html": _page(self), "text/plain": repr(self)}


def exercise(
    answer: Callable[..., object], cases: Iterable[Case], *, hint: str = "", solution: str = ""
) -> Exercise:
    """Put an answer to the test, and say what is wrong first.

    Args:
        answer: The function that a learner has written.
        cases: The questions, easy ones first: only the first that fails is told.
        hint: A sentence to unfold.
        solution: Code to unfold; it may be indented.

    Returns:
        An `Exercise`, which notebooks show.

    >>> exercise(abs, [case("-2", -2, wanted=2)])
    Right!
    >>> exercise(lambda xs: xs[0], [case("an empty list", [], wanted=0)])
    Not yet: for an empty list it ended in IndexError: list index out of range.
    """
    checked = check_each("exercise", "cases", cases, Case)
    check_kind("exercise", "hint", hint, str)
    check_kind("exercise", "solution", solution, str)
    return Exercise(trouble=first_wrong(answer, checked), hint=hint, solution=cleandoc(solution))


def first_wrong(answer: Callable[..., object], cases: Iterable[Case]) -> str | None:
    """Return the first thing that is wrong with an answer, in words, and None for nothing.

    Args:
        answer: The function that a learner has written.
        cases: The questions to it.

    >>> first_wrong(len, [case("an empty list", [], wanted=0), case("one word", ["a"], wanted=2)])
    'for one word you said 1, it is 2.'
    """
    checked = check_each("first_wrong", "cases", cases, Case)
    return next((trouble for it in checked if (trouble := _trouble(answer, it))), None)


def endless(items: Iterable[T], most: int = 1000) -> Iterator[T]:
    """A stream without an end, as far as an answer may follow it: then it is stopped.

    Args:
        items: The stream.
        most: How many of its items an answer may ask for.

    >>> from itertools import count
    >>> first_wrong(lambda xs: len(list(xs)), [case("a stream", endless(count(), 9), wanted=1)])
    'for a stream it did not come to an end: it asked for more than 9 items.'
    """
    check_several("endless", "items", "what can be gone through", items)
    for i, item in enumerate(items):
        if i == most:
            raise _Endless(f"it asked for more than {most:,} items")
        yield item


def _trouble(answer: Callable[..., object], asked: Case) -> str:
    """What is wrong with an answer to one question; empty for nothing."""
    try:
        given = _within(MOST_LINES, answer, asked.arguments)
    except _Endless as stop:
        return f"for {asked.words} it did not come to an end: {stop}."
    except Exception as error:  # noqa: BLE001 # whatever a learner's code may raise is told
        return f"for {asked.words} it ended in {type(error).__name__}: {error}."
    try:
        said = asked.read(given)
        right = _is_same(said, asked.wanted)
    except _Endless as stop:
        return f"for {asked.words} it did not come to an end: {stop}."
    except Exception as error:  # noqa: BLE001 # so is what cannot be made of its answer
        return f"for {asked.words} it gave {_given(given, error)}."
    if right:
        return ""
    return f"for {asked.words} you said {_shown(said)}, it is {_shown(asked.wanted)}."


def _given(given: object, error: Exception) -> str:
    """What an answer gave that is of another kind than what was wanted."""
    if given is None:
        return "nothing, None: what it gives stands behind `return`"
    return f"{_shown(given)}, which is not what was asked for: {error}"


def _within(most: int, answer: Callable[..., object], arguments: Sequence[object]) -> object:
    """The answer to arguments; stopped after so many lines of the file that it stands in.

    A trace function counts them, which works in every thread and in a browser, where no alarm does.
    """
    lines = iter(range(most))
    file = getattr(getattr(answer, "__code__", None), "co_filename", None)

    def within(frame: FrameType, event: str, _: object) -> "TraceFunction | None":
        if frame.f_code.co_filename != file:
            return None
        if event == "line" and next(lines, None) is None:
            raise _Endless(f"after {most:,} lines it was still running")
        return within

    before = sys.gettrace()
    sys.settrace(within)
    try:
        return answer(*arguments)
    finally:
        sys.settrace(before)


def _is_same(said: object, wanted: object) -> bool:
    """Whether two answers are the same: numbers nearly, all else exactly."""
    if isinstance(wanted, bool) or wanted is None:
        return said is wanted
    if isinstance(wanted, int | float):
        return _is_number(said) and _is_near(said, wanted)
    if isinstance(wanted, list | tuple) and isinstance(said, list | tuple):
        return len(said) == len(wanted) and all(map(_is_same, said, wanted))
    return bool(said == wanted)


def _is_number(said: object) -> TypeGuard[float]:
    return isinstance(said, int | float) and not isinstance(said, bool)


def _is_near(said: float, wanted: float) -> bool:
    return math.isclose(said, wanted, rel_tol=PRECISION, abs_tol=PRECISION)


def _shown(it: object) -> str:
    """A thing in a sentence: numbers short, the rest as Python writes it, but not at length."""
    if _is_number(it):
        return f"{it:.6g}"
    if it is ...:
        return "nothing yet"
    words = repr(it)
    return words if len(words) <= MOST_LETTERS else f"{words[:MOST_LETTERS]} and so on"


def _page(shown: Exercise) -> str:
    """The verdict as HTML; a hint and a solution are folded."""
    verdict = "<strong>Right!</strong>"
    if shown.trouble is not None:
        verdict = f"<em>Not yet:</em> {escape(shown.trouble)}"
    hint = _folded("Hint", f"<p>{escape(shown.hint)}</p>") if shown.hint else ""
    code = f"<pre><code>{escape(shown.solution)}</code></pre>"
    solution = _folded("Solution", code) if shown.solution else ""
    return f'<div class="exercise"><p>{verdict}</p>{hint}{solution}</div>'


def _folded(title: str, content: str) -> str:
    return f"<details><summary>{title}</summary>{content}</details>"
