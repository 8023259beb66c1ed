"""What the commands share: how arguments are read, and how a command can end.

A reader is a function from the text of an argument to what it means. Where it means nothing, the
reader raises, and the message says what was expected.

>>> whole(1, 10)("7"), widths("16,16"), non_negative("0.5")
(7, (16, 16), 0.5)
"""

import argparse
import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from reprlib import repr as short_repr
from stat import S_ISREG
from typing import NoReturn, TypeAlias, TypeVar

from returns.io import IOResult
from returns.pipeline import is_successful
from returns.unsafe import unsafe_perform_io

from microfp.base.files import check_replaceable
from microfp.base.numbers import read_number, read_whole
from microfp.base.threads import Threads
from microfp.cli.hints import OPTIONS, OWNERS, meant, named_choice
from microfp.errors import FileError, MicrofpError
from microfp.experiments.configurations import MOST_PARAMETERS

T = TypeVar("T")

Lines: TypeAlias = Iterator[str]
"""What a command prints, line by line, while it runs."""

LARGEST_COUNT = 1_000_000


class UsageError(MicrofpError):
    """Arguments that are no command, or a file that is not what it should be: exit code 2."""


class CommandError(MicrofpError):
    """A command that began well and came to no good end: exit code 1."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, with a word on what it has interrupted: exit code 130."""


class Help(Exception):  # noqa: N818 - no error: it is what was asked for
    """A text that was asked for in place of any command: exit code 0."""


class ShowVersion(argparse._VersionAction):
    """The option that asks for the version."""

    def __call__(self, *_: object) -> NoReturn:
        """Raise the version, which `version` holds."""
        raise Help(self.version)


class Parser(argparse.ArgumentParser):
    """A parser whose help and whose complaints are for somebody else to print.

    argparse prints its help itself, and says nothing where that fails.
    """

    def print_help(self, file: object = None) -> NoReturn:  # noqa: ARG002
        """Raise the help."""
        raise Help(self.format_help())

    def parse_known_args(  # type: ignore[override]  # the one form of it that argparse calls
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Read the arguments; of what there is no place for, say what was meant."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            told = f"unrecognized arguments: {' '.join(unknown)}"
            raise UsageError(f"{told}{self._hint(args or (), unknown)}")
        return found, unknown

    def _hint(self, args: Sequence[str], unknown: Sequence[str]) -> str:
        """What the first of these may have meant, or where the options are listed."""
        first = next((it for it in unknown if it.startswith("-")), unknown[0])
        given, _, value = first.lstrip("-").partition("=")
        known = [it[2:] for it in self._option_string_actions if it.startswith("--")]
        name = meant(given, known, OPTIONS)
        if first.startswith("-") and given in ("data", "model", "input", "file", "csv"):
            return "; files stand without an option, as in model.json data.csv"
        if first.startswith("-") and name is not None:
            return f"; did you mean --{name}?"
        if first.startswith("--") and given in OWNERS:
            return f"; {OWNERS[given]} has --{given}"
        if value and name is not None:
            return f"; did you mean --{name} {value}?"
        return _after_an_option(args, first) or f"; see {self.prog} --help"

    def error(self, message: str) -> NoReturn:
        """Raise what is wrong with the arguments, and where it stands which there must be."""
        asks = ("arguments are required", "expected ", "ignored explicit argument", "not allowed")
        help = f"; see {self.prog} --help" if any(it in message for it in asks) else ""
        raise UsageError(f"{message}{help}")


def _after_an_option(args: Sequence[str], value: str) -> str:
    """What to say of a second value of an option that takes one, with commas in it."""
    places = [place for place, it in enumerate(args) if it == value]
    before = args[: places[-1]] if places else ()
    option = next((it for it in reversed(before) if it.startswith("--")), None)
    if option is None or not before[-1:] or before[-1] == option:
        return ""
    return f"; {option} takes one value, as in {option} {before[-1]},{value}"


# What `add_subparsers` returns has no public name.
Commands: TypeAlias = "argparse._SubParsersAction[Parser]"


def whole(smallest: int, largest: int = LARGEST_COUNT) -> Callable[[str], int]:
    """A reader of an int in a range.

    >>> whole(0)("12")
    12
    """

    def read(text: str) -> int:
        number = read_whole(text)
        if number is None or not smallest <= number <= largest:
            raise expected(f"an int from {smallest} to {largest}", text)
        return number

    return read


def real(meaning: str, is_right: Callable[[float], bool]) -> Callable[[str], float]:
    """A reader of a number with some property.

    >>> real("a number below 1", lambda x: x < 1)("0.5")
    0.5
    """

    def read(text: str) -> float:
        number = read_number(text)
        if number is None or not is_right(number):
            raise expected(meaning, text)
        return number

    return read


non_negative: Callable[[str], float] = real("a finite number >= 0", lambda x: 0.0 <= x < math.inf)
"""Reads a finite number that is not negative."""

positive: Callable[[str], float] = real("a finite number > 0", lambda x: 0.0 < x < math.inf)
"""Reads a finite number above zero."""

share: Callable[[str], float] = real("a share from 0 to below 1", lambda x: 0.0 <= x < 1.0)
"""Reads a share of a whole, which some has to be left of."""


def one_of(choices: Sequence[str]) -> Callable[[str], str]:
    """A reader of one of some words.

    >>> one_of(["sgd", "adam"])("adam")
    'adam'
    """

    def read(text: str) -> str:
        if text not in choices:
            raise expected(named_choice(text, choices), text)
        return text

    return read


def layers(text: str) -> tuple[int, ...]:
    """Read the widths of hidden layers, or that there are none.

    >>> layers("none"), layers("8")
    ((), (8,))
    """
    return () if text == "none" else widths(text)


def widths(text: str) -> tuple[int, ...]:
    """Read the widths of hidden layers, separated by commas.

    >>> widths("8,4")
    (8, 4)
    """
    try:
        found = tuple(map(whole(1), text.split(",")))
    except argparse.ArgumentTypeError:
        meaning = f"widths from 1 to {LARGEST_COUNT}, as in 16,16, or the word none"
        raise expected(meaning, text) from None
    count = sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise((2, *found, 1)))
    if count > MOST_PARAMETERS:
        raise argparse.ArgumentTypeError(
            f"must make at most {MOST_PARAMETERS} parameters, got {count} of {short_repr(text)}"
        )
    return found


def target(text: str, suffix: str = "") -> Path:
    """Read where a file is to be written; `-` is standard output.

    >>> target("page.html", ".html").name
    'page.html'
    """
    path = Path(text)
    if text == "-":
        return path
    if path.suffix != suffix and suffix:
        raise argparse.ArgumentTypeError(f"must end in {suffix}, got {short_repr(text)}")
    if not _can_be_written(path):
        raise expected("a file in a folder that exists", text)
    return path


def page(text: str) -> Path:
    """Read where a page is to be written.

    >>> page("run.html").name
    'run.html'
    """
    return target(text, ".html")


def _can_be_written(path: Path) -> bool:
    try:
        return bool(path.name) and path.parent.is_dir() and S_ISREG(path.stat().st_mode)
    except FileNotFoundError:  # it will be made
        return True
    except OSError:  # such as a name that is too long, which `exists` need not say
        return False


def add_json(command: argparse.ArgumentParser) -> None:
    """Add the option to answer in JSON."""
    command.add_argument("--json", action="store_true", help="print one JSON object instead")


def cores(text: str) -> Threads:
    """Read a number of threads, or that all are meant.

    >>> cores("2"), cores("all")
    (2, 'all')
    """
    if text == "all":
        return "all"
    number = read_whole(text)
    if number is None or not 1 <= number <= LARGEST_COUNT:
        raise expected(f"all, or an int from 1 to {LARGEST_COUNT}", text)
    return number


def add_threads(command: argparse.ArgumentParser, more: str = "") -> None:
    """Add the option of how many threads compute a step, and what else is to be said of it."""
    command.add_argument(
        "--threads",
        type=cores,
        default=1,
        metavar="THREADS",
        help="how many threads compute a step of the backend native, which more than one choose; "
        f"all for as many as there are cores{more}; they change no bit; default: 1",
    )


def check_has_threads(backend: str, threads: Threads) -> None:
    """Check that a backend that was asked for has so many threads, or may be chosen to have them.

    >>> check_has_threads("auto", 2)
    >>> check_has_threads("python", 2)
    Traceback (most recent call last):
    microfp.cli.arguments.UsageError: --threads: needs --backend native, got python
    """
    if threads != 1 and backend not in ("auto", "native"):
        raise UsageError(f"--threads: needs --backend native, got {backend}")


def by_threads(backend: str, threads: Threads) -> str:
    """A backend as it is told, with its threads where it has several.

    >>> by_threads("native", 1), by_threads("native", "all")
    ('native', 'native, all threads')
    """
    return backend if threads == 1 else f"{backend}, {threads} threads"


def check_writable(option: str, path: Path, *sources: Path) -> None:
    """Find out before a long work whether its result can be written, and overwrites no source.

    >>> check_writable("--save", Path("/proc/model.json"))
    Traceback (most recent call last):
    microfp.cli.arguments.UsageError: --save: cannot write '/proc/model.json': \
No such file or directory
    """
    shown = short_repr(str(path))
    if path == Path("-"):
        return
    if path.exists() and any(source.exists() and path.samefile(source) for source in sources):
        raise UsageError(f"{option}: must be another file than what is read, got {shown}")
    try:
        check_replaceable(path)
    except OSError as error:
        raise UsageError(f"{option}: cannot write {shown}: {error.strerror}") from None


def expected(meaning: str, text: str) -> argparse.ArgumentTypeError:
    """The error for an argument that is something else, ready to be raised.

    >>> str(expected("a number", "seven"))
    "must be a number, got 'seven'"
    """
    return argparse.ArgumentTypeError(f"must be {meaning}, got {short_repr(text)}")


def taken(result: IOResult[T, FileError]) -> T:
    """Take out what the outside world gave, or raise what was wrong with it.

    >>> from returns.io import IOSuccess
    >>> taken(IOSuccess(3))
    3
    """
    if not is_successful(result):
        raise unsafe_perform_io(result.failure())
    return unsafe_perform_io(result.unwrap())
