"""Readers: the scores after each token are those of the whole model for all tokens up to it."""

from collections.abc import Sequence
from typing import Any

import pytest

from microfp import exp, func, gpt, nn, value
from microfp.compiler.python.reader import Reader, reader_of
from microfp.nn import Model
from microfp.record import Record, attr
from microfp.tree import parameters
from microfp.values import Value


def reading(model: Model, width: int) -> Reader:
    make = reader_of(model, width)
    assert make is not None
    return make([p.data for p in parameters(model)])


MODELS = {
    "one head": gpt.gpt(3, embedding=4, heads=1, context=6),
    "two blocks": gpt.gpt(3, embedding=4, heads=2, layers=2, context=6, seed=5),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_reader_gives_after_each_token_what_the_model_gives_for_all(name: str) -> None:
    tokens = [2, 0, 1, 1, 2, 0]
    read = reading(MODELS[name], len(tokens))
    for count, token in enumerate(tokens, start=1):
        whole = MODELS[name]([float(it) for it in tokens[:count]])
        assert list(read(token)) == pytest.approx([it.data for it in whole[-3:]], rel=1e-13)


def test_readers_of_one_model_remember_each_its_own_tokens() -> None:
    model = MODELS["one head"]
    first, second = reading(model, 6), reading(model, 6)
    alone = list(first(1))
    first(0)
    assert list(second(1)) == alone


class Opposite(Record):
    """No model of sequences: it asks what its input is."""

    weight: Value = attr()

    def __call__(self, inputs: Sequence[Any]) -> Value:
        return self.weight if inputs[0] > 0.0 else -self.weight


class Folded(Record):
    """A model of sequences that is no row of stages."""

    weight: Value = attr()

    def __call__(self, inputs: Sequence[Any]) -> Value:
        state: Value = func.scan(lambda s, x: (exp(s * self.weight) + x, s), 0.0, inputs)[0]
        return state


@pytest.mark.parametrize(
    "model", [nn.mlp(2, [3, 1]), Opposite(weight=value(1.0)), Folded(weight=value(0.5))]
)
def test_what_is_not_traced_as_a_sequence_has_no_reader(model: Model) -> None:
    assert reader_of(model, 2) is None
