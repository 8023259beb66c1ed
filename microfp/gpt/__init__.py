"""A GPT of scalars: every attention weight is a node, and the same `train` trains it.

>>> from microfp import trainer
>>> from microfp.losses import next_token
>>> start = prepared(["anna", "hanna", "nan"], embedding=4, heads=2, context=8)
>>> run = trainer.fit(
...     start.model,
...     start.dataset,
...     loss=next_token(),
...     optimizer=adam(steps=3),
...     steps=3,
...     batch_size=1,
...     seed=None,
...     backend="eager",
... )
>>> run.history[0].loss > run.final_loss > 0.0
True
>>> len(generate(run.final_model, start.tokeniser, seed=1)) <= 8
True
"""

from microfp.gpt.files import Learnt, load, save
from microfp.gpt.models import GPT, Heads, HeldOut, Seed, Start, adam, gpt, held_out, prepared
from microfp.gpt.onnx import to_onnx
from microfp.gpt.sampling import Token, fastest_to_draw, generate, probabilities, samples, tokens

__all__ = [
    "GPT",
    "Heads",
    "HeldOut",
    "Learnt",
    "Seed",
    "Start",
    "Token",
    "adam",
    "fastest_to_draw",
    "generate",
    "gpt",
    "held_out",
    "load",
    "prepared",
    "probabilities",
    "samples",
    "save",
    "to_onnx",
    "tokens",
]
