"""The notebook of the GPT trains what it says, and shows what the model computes."""

import pytest

from microfp import gpt
from microfp.trainer import Run
from tests.notebooks.notebooks import definitions


def test_the_training_learns() -> None:
    run = definitions("gpt")["run"]
    assert isinstance(run, Run)
    assert run.history[0].loss == pytest.approx(3.3, abs=0.2)
    known = definitions("gpt")["known"]
    assert isinstance(known, gpt.HeldOut)
    assert known.nats < 2.6


def test_names_are_drawn_by_the_generator_that_drew_the_weights() -> None:
    found = definitions("gpt")
    start, model = found["start"], found["model"]
    assert isinstance(start, gpt.Start)
    assert isinstance(model, gpt.GPT)
    drawn = gpt.samples(model, start.tokeniser, seed=start.seed)
    assert found["names_drawn"] == [next(drawn) for _ in range(20)]
