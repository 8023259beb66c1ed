"""The backend that is done first is found before a training begins."""

import pytest

from microfp import datasets, losses, nn
from microfp.losses import Loss
from microfp.ops import primitive
from microfp.trainer import Backend, fastest_backend
from microfp.values import lift


@pytest.mark.parametrize(
    ("steps", "batch_size", "expected"),
    [(100, None, "python"), (1000, None, "native"), (500, 10, "python"), (0, None, "python")],
)
def test_machine_code_is_chosen_where_the_demo_is_long(
    steps: int, batch_size: int | None, expected: Backend
) -> None:
    model, examples = nn.mlp(2, [16, 16, 1]), datasets.moons(100)
    assert fastest_backend(model, examples, steps=steps, batch_size=batch_size) == expected


@pytest.mark.parametrize(("steps", "expected"), [(1, "python"), (2000, "native")])
def test_more_parameters_take_python_longer_to_begin(steps: int, expected: Backend) -> None:
    model = nn.mlp(32, [32, 4])
    examples = datasets.dataset([[0.1] * 32] * 4, [0.0, 1.0, 2.0, 3.0])
    loss = losses.softmax_cross_entropy()
    assert fastest_backend(model, examples, steps=steps, loss=loss) == expected
    assert fastest_backend(nn.mlp(32, [512, 4]), examples, steps=1, loss=loss) == "native"


def test_a_large_network_is_compiled_and_never_walked_node_by_node() -> None:
    model = nn.mlp(200, [600, 10])
    examples = datasets.dataset([[0.1] * 200] * 2, [0.0, 1.0])
    loss = losses.softmax_cross_entropy()
    assert fastest_backend(model, examples, steps=10, loss=loss) == "native"


def test_what_cannot_be_traced_or_compiled_is_left_to_the_other_backends() -> None:
    model, examples = nn.mlp(2, [2, 1]), datasets.moons(20)
    peeking = Loss(name="peeking", example=lambda s, y: s[0] if s[0].data > y else -s[0])
    cube = primitive("cube", lambda a: a * a * a, lambda a, y: (3.0 * a * a,), "{0}^3")
    own = Loss(name="own", example=lambda s, y: lift(cube(s[0] - y)))
    assert fastest_backend(model, examples, steps=10**9, loss=peeking) == "eager"
    assert fastest_backend(model, examples, steps=10**9, loss=own) == "python"
