"""The errors that microfp raises or returns.

Misuse raises at once: `TypeError` for a wrong kind, `ValueError` for a wrong value. What fails by
nature (a file, a diverging run) is returned as a `Failure` that holds one of these.
"""


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


class ExpressionError(MicrofpError, ValueError):
    """A text that is not an arithmetic expression of microfp's functions.

    >>> isinstance(ExpressionError("x +"), ValueError)
    True
    """
