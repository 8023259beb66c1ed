"""Looking inside: every loss that trains can be looked at, and what is no loss is named."""

from typing import Any

import pytest

from microfp import gpt, losses, native, nn, tree
from microfp.errors import TraceError

ANYTHING: Any = native


def test_a_loss_of_several_targets_can_be_explained() -> None:
    model = nn.mlp(2, [3], activation="tanh")
    stages = native.explain(losses.mean_squared_error(), model, 2, targets=3)
    assert stages.lowered.inputs == ("x0", "x1", "y0", "y1", "y2")
    assert "y2 in zip(rows, targets)" in stages.loop
    assert stages.code.program.inputs[:5] == stages.lowered.inputs


def test_a_model_in_the_place_of_the_loss_is_named() -> None:
    with pytest.raises(TypeError, match=r"explain: loss must be a Loss, got .*MLP"):
        ANYTHING.explain(nn.mlp(2, [1]), losses.max_margin(), 2)


def test_stages_read_on_a_line_and_nothing_is_compiled_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def compiled(*_arguments: object, **_options: object) -> None:
        raise AssertionError("somebody compiles")

    monkeypatch.setattr("microfp.compiler.explain.code_stages", compiled)
    stages = native.explain(losses.max_margin(), nn.mlp(2, [16, 16, 1]), 2)
    count = len(stages.adjoint.instructions)
    assert repr(stages).endswith(f"{count:,} with gradients; print shows them)")
    assert repr(stages.adjoint) == (
        f"Program(4 inputs, 337 parameters, {count:,} instructions, 339 outputs)"
    )


def test_stages_of_machine_code_read_on_a_line() -> None:
    code = native.explain(losses.max_margin(), nn.mlp(2, [16, 16, 1]), 2).code
    assert repr(code) == (
        f"CodeStages(way='code', {len(code.program.instructions):,} instructions, "
        f"{code.counts.nodes:,} nodes; print shows them)"
    )


def test_the_passes_that_ran_are_shown_in_their_order_with_what_each_left() -> None:
    stages = native.explain(losses.softmax_cross_entropy(), nn.mlp(2, [3]), 2)
    names = [name for name, _ in stages.passes]
    assert names == ["simplify_instructions", "share_subexpressions", "remove_dead_code"]
    counts = [len(program.instructions) for _, program in stages.passes]
    assert len(stages.traced.instructions) >= counts[0] >= counts[1] >= counts[2]
    assert stages.passes[-1][1] == stages.lowered
    shown = [line.split() for line in str(stages).splitlines()]
    places = [shown.index([name, str(count)]) for name, count in zip(names, counts, strict=True)]
    assert places == sorted(places)


def test_a_model_that_is_all_frozen_can_be_explained() -> None:
    stages = native.explain(losses.max_margin(), tree.freeze(nn.neuron(1)), 1)
    assert "    () = parameters\n    () = gradients\n" in stages.loop
    assert stages.lowered.parameters == ()


def test_a_model_of_sequences_has_its_stages_shown() -> None:
    model = gpt.gpt(3, embedding=4, heads=2, context=5)
    stages = native.explain_sequence(losses.next_token(), model, 5)
    assert stages.stages[0] == "n[4t + i] = select(x[t], p[i + 4s; s < 3])   t < 5, i < 4"
    assert sum("= dot(" in line and "i < 16" in line for line in stages.stages) == 1
    assert sum(" = exp(" in line and "j < t + 1" in line for line in stages.stages) == 1
    shown = str(stages)
    assert all(line in shown for line in (*stages.stages, "def program(", "define i64 @run("))


def test_a_loss_of_sequences_leads_to_what_shows_its_stages() -> None:
    model = gpt.gpt(3, embedding=4, heads=2, context=5)
    with pytest.raises(TraceError, match=r"see explain_sequence\(loss, model, 5\)"):
        native.explain(losses.next_token(), model, 5)
    with pytest.raises(TraceError, match="max_margin is no loss of sequences"):
        native.explain_sequence(losses.max_margin(), model, 5)
