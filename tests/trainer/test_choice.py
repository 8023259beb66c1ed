"""The backend that is done first is found before a training begins."""

import pytest

from microfp import datasets, nn
from microfp.losses import Loss
from microfp.ops import primitive
from microfp.trainer import Backend, fastest_backend
from microfp.values import lift


@pytest.mark.parametrize(
    ("steps", "batch_size", "expected"),
    [(100, None, "python"), (1000, None, "native"), (1000, 10, "python"), (0, None, "python")],
)
def test_machine_code_is_chosen_where_the_demo_is_long(
    steps: int, batch_size: int | None, expected: Backend
) -> None:
    model, examples = nn.mlp(2, [16, 16, 1]), datasets.moons(100)
    assert fastest_backend(model, examples, steps=steps, batch_size=batch_size) == expected


def test_what_cannot_be_traced_or_compiled_is_left_to_the_other_backends() -> None:
    model, examples = nn.mlp(2, [2, 1]), datasets.moons(20)
    peeking = Loss(name="peeking", example=lambda s, y: s[0] if s[0].data > y else -s[0])
    cube = primitive("cube", lambda a: a * a * a, lambda a, y: (3.0 * a * a,), "{0}^3")
    own = Loss(name="own", example=lambda s, y: lift(cube(s[0] - y)))
    assert fastest_backend(model, examples, steps=10**9, loss=peeking) == "eager"
    assert fastest_backend(model, examples, steps=10**9, loss=own) == "python"
