"""What a GPT has learnt, as one readable file: to draw from, and to go on with."""

from os import PathLike
from pathlib import Path

from returns.io import IOFailure, IOResult, IOSuccess

from microfp.base.checks import check_kind, check_path
from microfp.checkpoint import Format, load_record, save_record
from microfp.datasets import Characters
from microfp.errors import CheckpointError, FileError
from microfp.gpt.models import GPT
from microfp.nn import Block
from microfp.record import Record, attr
from microfp.trainer import TrainState

__all__ = ["Learnt", "load", "save"]


class Learnt(Record):
    """A training of a GPT, as far as it has come.

    >>> from microfp.gpt import adam, prepared
    >>> from microfp.trainer import initial_state
    >>> start = prepared(["ann", "bob"], embedding=4, heads=1)
    >>> state = initial_state(start.model, adam(steps=10))
    >>> Learnt(state=state, tokeniser=start.tokeniser, steps=10, batch_size=1, seed=42).steps
    10
    """

    state: TrainState[GPT] = attr()
    """Where the training is."""
    tokeniser: Characters = attr()
    """Of the documents."""
    steps: int = attr()
    """How many steps were meant; the learning rate falls to 0 over so many."""
    batch_size: int = attr()
    """How many documents a step sees."""
    seed: int = attr()
    """What the documents were shuffled and the first weights drawn with."""


_FORMAT = Format("microfp-gpt", 1, Learnt, (GPT, Block, Characters))


def save(learnt: Learnt, path: str | PathLike[str]) -> IOResult[Path, FileError]:
    """Write a training into a file, all of it or nothing.

    Args:
        learnt: The training.
        path: Where; a file that stands there is replaced.

    >>> save.__name__
    'save'
    """
    check_kind("save", "learnt", learnt, Learnt)
    return save_record(learnt, check_path("save", "path", path), _FORMAT)


def load(path: str | PathLike[str]) -> IOResult[Learnt, FileError]:
    """Read a training that `save` wrote.

    Returns:
        The training; or a CheckpointError that says what is wrong in the file.

    >>> load("nowhere.json")
    <IOResult: <Failure: nowhere.json: must be a readable file: No such file or directory>>
    """
    source = check_path("load", "path", path)
    return load_record(source, _FORMAT).bind(lambda learnt: _fitting(source, learnt))


def _fitting(path: Path, learnt: Learnt) -> IOResult[Learnt, FileError]:
    wrong = _misfit(learnt)
    return IOSuccess(learnt) if wrong is None else IOFailure(CheckpointError(f"{path}: {wrong}"))


def _misfit(learnt: Learnt) -> str | None:
    """What does not fit together in a file, if anything; each matrix has rows of one length."""
    model = learnt.state.model
    if not isinstance(model, GPT):
        return f"the model must be a GPT, got {type(model).__name__}"
    if model.vocabulary != learnt.tokeniser.vocabulary:
        known = learnt.tokeniser.vocabulary
        return f"the tokeniser must have {model.vocabulary} tokens, as the model, got {known}"
    if not model.positions or not model.blocks or not model.tokens[0]:
        return "the model must have a token, a position and a block"
    size = len(model.tokens[0])
    expected = [(model.tokens, model.vocabulary, size), (model.head, model.vocabulary, size)]
    expected += [(model.positions, model.context, size)]
    for block in model.blocks:
        square = (block.query, block.key, block.content, block.output)
        expected += [(matrix, size, size) for matrix in square]
        expected += [(block.widen, 4 * size, size), (block.narrow, size, 4 * size)]
        if block.heads < 1 or size % block.heads:
            return f"the heads must divide the embedding, {size}, got {block.heads}"
    for matrix, rows, columns in expected:
        if len(matrix) != rows or any(len(row) != columns for row in matrix):
            return f"each matrix must fit an embedding of {size}, got one of {len(matrix)} rows"
    return None
