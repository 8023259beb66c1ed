"""Documents drawn from a model, token by token.

>>> from microfp.datasets import characters
>>> from microfp.gpt import gpt
>>> model, tokeniser = gpt(3, embedding=4, heads=2), characters(["ab"])
>>> drawn = "".join(it.text for it in tokens(model, tokeniser, seed=4))
>>> drawn == generate(model, tokeniser, seed=4)
True
"""

from array import array
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import repeat
from math import exp as exponential
from math import isfinite, nan
from numbers import Real
from random import Random
from reprlib import repr as short_repr
from typing import NamedTuple

from microfp.base.checks import (
    check_count,
    check_each,
    check_kind,
    check_like,
    check_positive,
    wrong_value,
)
from microfp.compiler.native.run.drawing import Drawer, drawer_of
from microfp.compiler.native.run.jit import bindings
from microfp.compiler.python.reader import Reader, reader_of
from microfp.datasets import Characters
from microfp.errors import CompileError, DataError, ShapeError
from microfp.gpt.models import GPT, Seed, generator
from microfp.trainer import Backend, check_backend
from microfp.tree import parameter_count, parameters

__all__ = ["Token", "fastest_to_draw", "generate", "probabilities", "samples", "tokens"]


class Token(NamedTuple):
    """A token that was drawn.

    >>> Token(0, "a", (0.75, 0.25)).text
    'a'
    """

    token: int
    """Its number."""
    text: str
    """Its character; empty at the end of a document."""
    probabilities: tuple[float, ...]
    """What it was drawn from, one for each token."""


def probabilities(scores: Sequence[float], temperature: float = 1.0) -> tuple[float, ...]:
    """The probabilities of tokens, from their scores: the softmax of score / temperature.

    Args:
        scores: One for each token.
        temperature: Above 0; a small one makes the likely more likely.

    >>> [round(p, 3) for p in probabilities([2.0, 1.0], temperature=0.5)]
    [0.881, 0.119]
    """
    warmth = check_positive("generate", "temperature", temperature)
    for score in check_each("probabilities", "scores", scores, object):
        check_like("probabilities", "each of scores", score, Real, "a number")
    scaled = [score / warmth for score in scores]
    weights = [exponential(score - max(scaled)) for score in scaled]
    whole = sum(weights)
    return tuple([weight / whole for weight in weights])


def _reader(model: GPT, backend: Backend) -> Reader:
    """A model that reads a document token by token, with what it remembers."""
    if backend == "native":
        return _drawer(model).read
    make = None if backend == "eager" else reader_of(model, model.context)
    if make is not None:
        return make([p.data for p in parameters(model)])
    past = model.nothing

    def read(token: int) -> Sequence[float]:
        nonlocal past
        scores, past = model.next_scores(float(token), past)
        return [score.data for score in scores]

    return read


def _drawer(model: GPT) -> Drawer:
    """Machine code that reads and draws."""
    make = drawer_of(model, model.context)
    if make is None:
        raise CompileError("backend 'native' cannot trace the model; backend 'eager' reads it")
    return make([p.data for p in parameters(model)])


def tokens(
    model: GPT,
    tokeniser: Characters,
    *,
    temperature: float = 0.5,
    seed: Seed = 42,
    prompt: str = "",
    backend: Backend = "auto",
) -> Iterator[Token]:
    """Draw a document token by token, lazily; each comes with what it was drawn from.

    Keys and contents of the tokens before are remembered, so that each position is computed once.

    Args:
        model: A GPT.
        tokeniser: Of as many tokens as the model knows.
        temperature: How much chance there is, above 0.
        seed: What the tokens are drawn with.
        prompt: How the document begins.
        backend: How a position is computed: `"eager"` makes its nodes; `"python"`, which `"auto"`
            is, runs Python written for the model; `"native"` runs machine code. The chances agree
            to 1e-12.

    Raises:
        CompileError: If the backend is native and llvmlite is not installed.
        DataError: If the tokeniser does not know a character of the prompt; or where a score is nan
            or infinite, so that no chance follows from it.
        ShapeError: If it is not that of the model.
        ValueError: If the temperature is not above 0.

    >>> from microfp.datasets import characters
    >>> from microfp.gpt import gpt
    >>> model, tokeniser = gpt(3, embedding=4, heads=2), characters(["ab"])
    >>> drawn = list(tokens(model, tokeniser, seed=1))
    >>> "".join(it.text for it in drawn) == generate(model, tokeniser, seed=1)
    True
    """
    asked = _asked(model, tokeniser, temperature, prompt, backend)
    return _tokens(asked, generator("generate", seed))


class _Asked(NamedTuple):
    """What is to be drawn, checked."""

    model: GPT
    tokeniser: Characters
    warmth: float
    given: tuple[int, ...]
    backend: Backend


def _asked(
    model: GPT, tokeniser: Characters, temperature: float, prompt: str, backend: Backend
) -> _Asked:
    given = _checked(model, tokeniser, prompt)
    warmth = check_positive("generate", "temperature", temperature)
    check_backend("generate", backend)
    if backend == "native":
        bindings()  # without llvmlite, say so now and not at the first token
    return _Asked(model, tokeniser, warmth, given, backend)


def _checked(model: GPT, tokeniser: Characters, prompt: str) -> tuple[int, ...]:
    """The tokens of a prompt, if they can be read."""
    _check_tokeniser(model, tokeniser)
    check_kind("generate", "prompt", prompt, str)
    try:
        given = tokeniser.encode(prompt)
    except DataError as error:
        raise DataError(f"generate: prompt: {str(error).removeprefix('encode: ')}") from None
    if len(given) >= model.context:
        expected = f"shorter than the context, {model.context}"
        raise wrong_value("generate", "prompt", expected, prompt)
    return given


def _check_tokeniser(model: GPT, tokeniser: Characters) -> None:
    check_kind("generate", "model", model, GPT)
    check_kind("generate", "tokeniser", tokeniser, Characters)
    if tokeniser.vocabulary != model.vocabulary:
        raise ShapeError(
            f"generate: the tokeniser must have {model.vocabulary} tokens, as the model, "
            f"got {tokeniser.vocabulary}; take that of the documents it was trained on"
        )


def _tokens(asked: _Asked, random: Random) -> Iterator[Token]:
    model, tokeniser, warmth, given, backend = asked
    read, token = _reader(model, backend), tokeniser.boundary
    for following in given:  # a loop: what is given is read, and not drawn
        read(token)
        token = following
    for _ in range(model.context - len(given)):  # a loop: each token depends on those before
        chances = _finite(probabilities(read(token), warmth))
        (token,) = random.choices(range(model.vocabulary), weights=chances)
        is_end = token == tokeniser.boundary
        yield Token(token, "" if is_end else tokeniser.characters[token], chances)
        if is_end:
            return


def _finite(chances: tuple[float, ...]) -> tuple[float, ...]:
    if all(map(isfinite, chances)):
        return chances
    raise DataError(
        f"generate: the model must give finite scores, got the chances {short_repr(chances)}; "
        "its training has diverged, or the temperature is too small"
    )


def generate(
    model: GPT,
    tokeniser: Characters,
    *,
    temperature: float = 0.5,
    seed: Seed = 42,
    prompt: str = "",
    backend: Backend = "auto",
) -> str:
    """Draw one document: the same for the same arguments.

    Args:
        model: A GPT.
        tokeniser: Of as many tokens as the model knows.
        temperature: How much chance there is, above 0.
        seed: What the tokens are drawn with.
        prompt: How the document begins.
        backend: As in `tokens`; natively, the whole document is drawn in machine code.

    Returns:
        The prompt and what follows it, as long as the context at most.

    >>> from microfp.datasets import characters
    >>> from microfp.gpt import gpt
    >>> generate(gpt(3, embedding=4, heads=2), characters(["ab"]), seed=3, prompt="ab")[:2]
    'ab'
    """
    endless = samples(
        model, tokeniser, temperature=temperature, seed=seed, prompt=prompt, backend=backend
    )
    return next(endless)


def samples(
    model: GPT,
    tokeniser: Characters,
    *,
    temperature: float = 0.5,
    seed: Seed = 42,
    prompt: str = "",
    backend: Backend = "auto",
) -> Iterator[str]:
    """Draw documents one after another by one generator, without end.

    Each goes on with the random numbers that the one before has left, so that none can be drawn
    before that, by another thread.

    >>> from microfp.datasets import characters
    >>> from microfp.gpt import gpt
    >>> model, tokeniser = gpt(3, embedding=4, heads=2), characters(["ab"])
    >>> next(samples(model, tokeniser, seed=1)) == generate(model, tokeniser, seed=1)
    True
    """
    asked = _asked(model, tokeniser, temperature, prompt, backend)
    random = generator("generate", seed)
    if backend == "native":
        return (prompt + text for text in _natively(asked, random))
    draw = partial(_tokens, asked, random)
    return (prompt + "".join([token.text for token in draw()]) for _ in repeat(None))


WORTH_COMPILING = 3_000_000
"""From how much work on documents are drawn sooner by machine code: positions times parameters.

Python takes 60 to 110 ns for each; loading llvmlite and compiling what draws take 0.2 to 0.5 s.

>>> WORTH_COMPILING
3000000
"""


def fastest_to_draw(model: GPT, *, count: int) -> Backend:
    """Say which backend has drawn so many documents first, compiling included.

    >>> from microfp.gpt import gpt
    >>> fastest_to_draw(gpt(27), count=20)
    'python'
    """
    check_kind("fastest_to_draw", "model", model, GPT)
    check_count("fastest_to_draw", "count", count)
    work = count * model.context * parameter_count(model)
    if work < WORTH_COMPILING:
        return "python"
    try:
        bindings()
    except CompileError:
        return "python"
    return "native"


MOST_AT_ONCE = 64
"""How many documents machine code draws in a call, at most; the first call draws one."""


def _natively(asked: _Asked, random: Random) -> Iterator[str]:
    """What follows the prompt in one document after another, drawn some documents ahead.

    A token takes one random number, so that the documents are those of `_tokens`.
    """
    model, tokeniser, warmth, given, _ = asked
    drawer, texts = _drawer(model), (*tokeniser.characters, "")
    count, uniforms = 1, array("d")
    while True:
        missing = count * model.context - len(uniforms)
        uniforms.extend([random.random() for _ in range(missing)])
        drawn = drawer.documents(
            uniforms,
            (tokeniser.boundary, *given),
            boundary=tokeniser.boundary,
            temperature=warmth,
            count=count,
        )
        for row in drawn.rows if drawn.is_finite else drawn.rows[:-1]:
            yield "".join([texts[token] for token in row])
        if not drawn.is_finite:
            _finite((nan,) * model.vocabulary)
        uniforms = uniforms[sum(map(len, drawn.rows)) :]
        count = min(4 * count, MOST_AT_ONCE)
