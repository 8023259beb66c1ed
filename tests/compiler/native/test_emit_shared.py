"""Layers that do the same share their code; what differs is told to it."""

from microfp.compiler.ir.stages import Staged, staged
from microfp.compiler.native.emit.shared import alike, repeated
from microfp.compiler.native.emit.stages import stages_text
from microfp.compiler.trace.sequences import record
from microfp.gpt import gpt
from microfp.losses import next_token
from microfp.tree import parameters


def plan_of(layers: int) -> Staged:
    model = gpt(3, layers=layers, embedding=4, heads=2, context=5)
    return staged(record(next_token(), model, 5), len(parameters(model)))


def test_a_layer_more_adds_calls_and_no_functions() -> None:
    texts = [stages_text(plan_of(layers), 4) for layers in (2, 3, 4)]
    functions = [text.count("\ndefine ") for text in texts]
    assert functions[0] == functions[1] == functions[2]
    lengths = list(map(len, texts))
    assert lengths[2] - lengths[1] < 0.2 * lengths[0]


def test_stages_are_alike_that_differ_in_where_their_operands_begin_alone() -> None:
    stages = plan_of(2).stages
    shared = repeated(plan_of(2))
    first, *others = [it for it in stages if alike(it) in shared and it.op == "relu"]
    assert others
    assert all(it != first and alike(it) == alike(first) for it in others)
    (operand,) = first.operands
    longer = first._replace(operands=(operand._replace(time=operand.time + 1),))
    assert alike(longer) != alike(first)
