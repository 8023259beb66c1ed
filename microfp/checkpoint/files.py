"""Checkpoints in files and as text: what is written whole or not at all, and read with care."""

from collections.abc import Sequence
from errno import EFBIG
from os import PathLike
from pathlib import Path
from typing import TypeVar, overload

from returns.io import IOFailure, IOResult, IOSuccess

from microfp.base.binding import bind
from microfp.base.checks import check_kind, check_path, wrong_kind
from microfp.base.elsewhere.leading import names_home
from microfp.base.files import read_regular, reason, replace
from microfp.checkpoint.checks import check_density, wrong
from microfp.checkpoint.decode import decoded, known_names, parsed
from microfp.checkpoint.encode import encoded, laid_out
from microfp.checkpoint.formats import OWN, Format, Function
from microfp.errors import CheckpointError, FileError
from microfp.nn import Model
from microfp.record import Record, check_several
from microfp.trainer import TrainState

__all__ = [
    "FORMAT",
    "LARGEST_FILE",
    "VERSION",
    "from_data",
    "from_json",
    "load",
    "load_record",
    "save",
    "save_record",
    "to_data",
    "to_json",
]

M = TypeVar("M", bound=Model)
R = TypeVar("R", bound=Record)

FORMAT = "microfp checkpoint"
"""What the field `format` of a checkpoint says.

>>> FORMAT
'microfp checkpoint'
"""

VERSION = 1
"""The version of the form of checkpoints that is written, and that can be read.

>>> VERSION
1
"""

LARGEST_FILE = 2**28
"""The most bytes that are read: about three million parameters under adam.

>>> LARGEST_FILE
268435456
"""


@names_home
def save(state: TrainState[M], path: str | PathLike[str]) -> IOResult[Path, FileError]:
    """Write the state of a training into a file, all of it or nothing.

    The text is written beside the file, flushed to the disk and renamed, so a crash at any moment
    leaves the file as it was, or new; never torn. A save that was killed may leave its part,
    `.microfp-*.part`, beside the file.

    Args:
        state: A state, as `train` gives them.
        path: Where; a file that stands there is replaced.

    Returns:
        The path; or a CheckpointError that says what in the state cannot be saved (an anonymous
        function, an object that is no data), or why the file cannot be written.

    Raises:
        TypeError: If the state is no TrainState, or the path no path.

    >>> import pathlib, tempfile
    >>> from microfp import nn, optim, trainer
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "start.json"
    >>> start = trainer.initial_state(nn.mlp(2, [1]), optim.sgd(0.1))
    >>> save(start, path).map(lambda written: written.name)
    <IOResult: <Success: start.json>>
    >>> save(start, path / "below").alt(lambda error: str(error).rpartition(": ")[2])
    <IOResult: <Failure: Not a directory>>
    """
    if not isinstance(state, TrainState):
        wrong = wrong_kind("save", "state", "a TrainState", state)
        raise TypeError(f"{wrong}; export.to_safetensors(model, path) writes a model alone")
    return save_record(state, check_path("save", "path", path), Format(FORMAT, VERSION, TrainState))


def save_record(
    record: R, path: str | PathLike[str], format: Format[R]
) -> IOResult[Path, FileError]:
    """Write a record into a file of its own format, as `save` writes a state.

    Args:
        record: Any record that holds what a state can hold: a state among other things, say.
        path: Where; a file that stands there is replaced.
        format: What the file calls itself, and the type of the record.

    Returns:
        The path; or a CheckpointError that says what cannot be saved, or why it cannot be written.

    Raises:
        TypeError: If the record is not of the format's type, or the path no path.

    >>> import pathlib, tempfile
    >>> from microfp import Record, attr
    >>> class Note(Record):
    ...     text: str = attr()
    >>> notes, path = Format("note", 1, Note), pathlib.Path(tempfile.mkdtemp()) / "note.json"
    >>> save_record(Note(text="hello"), path, notes).bind(lambda p: load_record(p, notes))
    <IOResult: <Success: Note(text='hello')>>
    """
    target = check_path("save_record", "path", path)
    check_kind("save_record", "format", format, Format)
    try:
        replace(target, _text(encoded(record, format)).encode())
    except CheckpointError as error:
        return IOFailure(CheckpointError(f"{target}: {error}"))
    except (OSError, ValueError) as error:
        return IOFailure(CheckpointError(f"{target}: cannot be written: {_reason(error)}"))
    return IOSuccess(target)


@overload
def load(
    path: str | PathLike[str], *, known: Sequence[Function] = ...
) -> IOResult[TrainState[Model], FileError]: ...
@overload
def load(
    path: str | PathLike[str], *, model: type[M], known: Sequence[Function] = ...
) -> IOResult[TrainState[M], FileError]: ...
@names_home
def load(
    path: str | PathLike[str], *, model: type[Model] | None = None, known: Sequence[Function] = ()
) -> IOResult[TrainState[Model], FileError]:
    """Read the state of a training that `save` wrote.

    Args:
        path: The file.
        model: The type that the model has to be of: the state is one of such a model then, to
            a type checker too. The file may name it, as if it were known.
        known: What the file may name besides microfp's own: classes of records and of named
            tuples, and functions, such as activations. They are found by their `__name__`.

    Returns:
        The state; or a CheckpointError that names the file, the place in it, what was expected
        and what stands there.

    Raises:
        TypeError: If something known is neither such a class nor a function, or the path no path.
        ValueError: If two things known have one name, or one of microfp's names.

    >>> load("nowhere.json")
    <IOResult: <Failure: nowhere.json: must be a readable file: No such file or directory>>
    """
    source = check_path("load", "path", path)
    check_several("load", "known", "a sequence of classes and functions", known)
    asked: tuple[Function, ...] = () if model is None or model in OWN.values() else (model,)
    format: Format[TrainState[Model]] = Format(FORMAT, VERSION, TrainState, (*known, *asked))
    return load_record(source, format).bind(bind(_of_model, source, model))


def _of_model(
    path: Path, model: type[Model] | None, state: TrainState[Model]
) -> IOResult[TrainState[Model], FileError]:
    """The state, if its model is of the type that was asked for."""
    if model is None or isinstance(state.model, model):
        return IOSuccess(state)
    expected = f"of type {model.__name__}"
    return IOFailure(CheckpointError(f"{path}: {wrong('state.model', expected, state.model)}"))


def load_record(path: str | PathLike[str], format: Format[R]) -> IOResult[R, FileError]:
    """Read the record that `save_record` wrote.

    Args:
        path: The file.
        format: What the file has to call itself, and the type of the record.

    Returns:
        The record; or a CheckpointError, as `load` gives it.

    Raises:
        TypeError, ValueError: If something that the format knows cannot be known.

    >>> from microfp.trainer import Metrics
    >>> load_record("nowhere.json", Format("metrics", 1, Metrics))
    <IOResult: <Failure: nowhere.json: must be a readable file: No such file or directory>>
    """
    source = check_path("load_record", "path", path)
    named = known_names(check_kind("load_record", "format", format, Format))
    try:
        return IOSuccess(decoded(parsed(_text_of(source)), format, named))
    except CheckpointError as error:
        return IOFailure(CheckpointError(f"{source}: {error}"))
    except (OSError, ValueError) as error:
        return IOFailure(CheckpointError(f"{source}: must be a readable file: {_reason(error)}"))


def to_data(state: TrainState[M]) -> dict[str, object]:
    """Turn a state into data that JSON can hold: dicts, lists, texts, finite numbers.

    Raises:
        CheckpointError: If something in the state cannot be saved; the message says where.
        TypeError: If the state is no TrainState.

    >>> from microfp import nn, optim, trainer
    >>> start = trainer.initial_state(nn.neuron(1, weights=[0.5]), optim.sgd(0.1))
    >>> to_data(start)["state"]
    {'TrainState': {'step': 0, 'model': {'Neuron': {'weights': [{'value': 0.5}], 'bias': \
{'value': 0.0}, 'activation': 'relu'}}, 'optimizer_state': {'EmptyState': {}}, 'metrics': None}}
    """
    if not isinstance(state, TrainState):
        wrong = wrong_kind("save", "state", "a TrainState", state)
        raise TypeError(f"{wrong}; export.to_safetensors(model, path) writes a model alone")
    return encoded(state, Format(FORMAT, VERSION, TrainState))


def from_data(data: object, known: Sequence[Function] = ()) -> TrainState[Model]:
    """Turn data that `to_data` made back into the state.

    Args:
        data: What `to_data` gave, or what JSON made of it.
        known: As in `load`.

    Raises:
        CheckpointError: If the data are no state; the message says where and why.
        TypeError, ValueError: If something known cannot be.

    >>> from microfp import nn, optim, trainer
    >>> start = trainer.initial_state(nn.neuron(1, weights=[0.5]), optim.sgd(0.1))
    >>> from_data(to_data(start)).model
    Neuron(1 -> 1 relu, 2 parameters)
    >>> from_data({"format": "another"})
    Traceback (most recent call last):
    microfp.errors.CheckpointError: format must be 'microfp checkpoint', got 'another'
    """
    check_several("from_data", "known", "a sequence of classes and functions", known)
    format: Format[TrainState[Model]] = Format(FORMAT, VERSION, TrainState, tuple(known))
    return decoded(data, format, known_names(format))


def to_json(state: TrainState[M]) -> str:
    """Write a state as the text of a checkpoint.

    Raises:
        CheckpointError: If something in the state cannot be saved; the message says where.

    >>> from microfp import nn, optim, trainer
    >>> text = to_json(trainer.initial_state(nn.mlp(2, [1]), optim.sgd(0.1)))
    >>> text.splitlines()[1]
    ' "format": "microfp checkpoint",'
    """
    return _text(to_data(state))


def from_json(text: str, known: Sequence[Function] = ()) -> TrainState[Model]:
    """Read back a state that `to_json` wrote.

    Args:
        text: The text of a checkpoint.
        known: As in `load`.

    Raises:
        CheckpointError: If the text holds no state; the message says where and why.

    >>> from_json("{")
    Traceback (most recent call last):
    microfp.errors.CheckpointError: line 1, column 2: must be JSON, got 'Expecting property name \
enclosed in double quotes', as if the file had been cut off
    """
    check_kind("from_json", "text", text, str)
    check_several("from_json", "known", "a sequence of classes and functions", known)
    return from_data(parsed(text), known)


def _text(data: dict[str, object]) -> str:
    """Write data as text, of the kind that is read again."""
    text = f"{laid_out(data)}\n"
    check_density(text)
    return text


def _reason(error: OSError | ValueError) -> str:
    if getattr(error, "errno", None) == EFBIG:
        return f"it is larger than {LARGEST_FILE} bytes"
    return reason(error)


def _text_of(source: Path) -> str:
    try:
        return read_regular(source, most=LARGEST_FILE).decode()
    except UnicodeDecodeError as error:
        raise CheckpointError(
            f"byte {error.start}: must be UTF-8 text, got {error.object[error.start]:#04x}"
        ) from None
