"""The errors that microfp raises or returns.

Misuse raises at once: `TypeError` for a wrong kind, `ValueError` for a wrong value. What fails by
nature (a file, a diverging run) is returned as a `Failure` that holds one of these.
"""

from typing import TypeAlias

__all__ = [
    "CheckpointError",
    "CompileError",
    "DataError",
    "ExpressionError",
    "FileError",
    "MicrofpError",
    "ShapeError",
    "TraceError",
]


class MicrofpError(Exception):
    """The base of every error that is microfp's own.

    >>> issubclass(ShapeError, MicrofpError)
    True
    """


class ShapeError(MicrofpError, ValueError):
    """Two things that should fit together do not: inputs and weights, rows and targets.

    >>> raise ShapeError("expected 2 inputs, got 3")
    Traceback (most recent call last):
    microfp.errors.ShapeError: expected 2 inputs, got 3
    """


class DataError(MicrofpError, ValueError):
    """Data that cannot be learned from: empty, not finite, or with a label out of range.

    >>> isinstance(DataError("xs is empty"), ValueError)
    True
    """


class CheckpointError(MicrofpError, ValueError):
    """A state that cannot be saved, or a file that holds none; the message says where.

    >>> raise CheckpointError("run.json: version must be 1, got 2")
    Traceback (most recent call last):
    microfp.errors.CheckpointError: run.json: version must be 1, got 2
    """


class ExpressionError(MicrofpError, ValueError):
    """A text that is not an arithmetic expression of microfp's functions.

    >>> isinstance(ExpressionError("x +"), ValueError)
    True
    """


class CompileError(MicrofpError):
    """A computation that cannot be compiled; the message says what is in the way.

    >>> issubclass(TraceError, CompileError)
    True
    """


class TraceError(CompileError):
    """A function that reads the number in a value while only its graph is being traced.

    The message names the line; `where` makes a choice that a graph can hold.

    >>> from microfp import datasets, losses, nn, optim, trainer
    >>> peeking = losses.Loss(
    ...     name="peeking",
    ...     example=lambda scores, y: scores[0] if scores[0].data > 0 else -scores[0],
    ... )
    >>> step = trainer.make_step(peeking, optim.sgd(0.1), datasets.moons(4), backend="python")
    >>> try:
    ...     step(trainer.initial_state(nn.mlp(2, [1]), optim.sgd(0.1)))
    ... except TraceError as error:
    ...     print(str(error).partition(" in ")[0])
    `data` of a value cannot be known while its graph is traced
    """


FileError: TypeAlias = MicrofpError | OSError
"""What can go wrong with a file, whatever is read or written: what fails in a pipeline of them.

So `read_csv(path).bind_result(fit).bind(save)` is of one type; at run time each function gives the
error that it says, such as a `CheckpointError`.

>>> failures: list[FileError] = [DataError("flats.csv, line 3"), OSError("the disk is full")]
"""
