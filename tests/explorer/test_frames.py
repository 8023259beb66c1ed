"""The frames are the states of the fold: the tables of `backward_steps`, and the terms between."""

from hypothesis import given

from microfp import backward, backward_steps, explorer, graph, nn, relu, value
from microfp.values import Value
from tests.expressions import VALUES, Expression, evaluate, expressions, microfp_leaves


def graph_of(expression: Expression) -> Value:
    return evaluate(expression.steps, microfp_leaves(expression), VALUES)


def neuron() -> Value:
    x, w, b = value(2.0, label="x"), value(-3.0, label="w"), value(7.0, label="b")
    return relu(x * w + b)


@given(expressions())
def test_the_tables_of_the_frames_are_those_of_backward_steps(expression: Expression) -> None:
    output = graph_of(expression)
    tables = [frame.gradients for frame in explorer.frames(output) if frame.phase != "forward"]
    assert tables == list(backward_steps(output))


@given(expressions())
def test_the_terms_add_up_to_the_next_table(expression: Expression) -> None:
    output = graph_of(expression)
    table = {output: 1.0}
    for frame in explorer.frames(output):
        for term in frame.terms:
            assert frame.upstream is not None
            assert term.before == table.get(term.parent, 0.0)
            assert term.after == term.before + frame.upstream * term.local
            table[term.parent] = term.after
        if frame.phase != "forward":
            assert dict(frame.gradients) == table


def test_a_frame_is_a_node_of_a_pass() -> None:
    output = neuron()
    order = graph.topological_order(output)
    shown = explorer.frames(output)
    assert [frame.node for frame in shown] == [*order, output, *reversed(order)]
    assert [f.phase for f in shown] == ["forward"] * 6 + ["seed"] + ["backward"] * 6
    assert [frame.upstream for frame in shown[7:]] == [1.0, 1.0, 1.0, 1.0, 2.0, -3.0]


def test_a_parent_that_comes_twice_gets_two_terms() -> None:
    x = value(3.0)
    (first, second) = explorer.frames(x * x)[3].terms
    assert (first.before, first.after, second.before, second.after) == (0.0, 3.0, 3.0, 6.0)


def test_a_cut_keeps_the_gradients_of_the_whole_graph() -> None:
    output = nn.forward(nn.mlp(2, [4, 1], seed=1), [1.0, -2.0])
    whole = backward(output)
    shown = explorer.frames(output, limit=7)
    assert len(shown) == 15
    for frame in shown[8:]:
        assert frame.upstream == whole[frame.node]
