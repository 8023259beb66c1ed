"""Old names and orders of arguments give what the new ones give, and say so."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, get_overloads

import pytest
from pyrsistent import pvector

from microfp import datasets, experiments, export, losses, native, nn, optim, trainer
from microfp.base.renaming import renamed
from microfp.losses import max_margin
from microfp.optim import EmptyState

DATA = datasets.moons(10)
MODEL = nn.mlp(2, [1], seed=1)
SETTINGS = experiments.Configuration(hidden=(3,))
SGD = optim.sgd(0.1)
STATE = trainer.initial_state(MODEL, SGD)


class Old(NamedTuple):
    """A function with what it is given besides, and an argument by its old and its new name."""

    function: Callable[..., object]
    given: tuple[object, ...]
    rest: dict[str, object]
    old: dict[str, object]
    new: dict[str, object]


RENAMED = [
    Old(datasets.batch, (DATA,), {"seed": 1, "step": 2}, {"size": 3}, {"batch_size": 3}),
    Old(datasets.batch_numbers, (9,), {"seed": 1, "step": 2}, {"size": 3}, {"batch_size": 3}),
    Old(datasets.batches, (DATA,), {}, {"size": 3}, {"batch_size": 3}),
    Old(
        experiments.model_of,
        (SETTINGS,),
        {},
        {"inputs": 2, "outputs": 1},
        {"n_in": 2, "n_out": 1},
    ),
    Old(native.explain, (losses.max_margin(), MODEL), {}, {"width": 2}, {"n_in": 2}),
    Old(optim.clip, (), {}, {"limit": 0.5}, {"max_delta": 0.5}),
    Old(optim.rmsprop, (0.1,), {}, {"alpha": 0.5}, {"decay": 0.5}),
]


def shown(thing: object) -> str:
    """What two results that mean the same have in common."""
    if not isinstance(thing, optim.Optimizer):
        return f"{thing!r} {thing}"
    numbers = pvector([1.0, -2.0])
    state = thing.init(numbers)
    return repr(thing.update(numbers, state, numbers, 0))


@pytest.mark.parametrize("it", RENAMED, ids=lambda it: it.function.__name__)
def test_an_old_name_gives_what_the_new_one_gives_and_says_so(it: Old) -> None:
    with pytest.warns(DeprecationWarning, match="is deprecated, write") as told:
        made = it.function(*it.given, **it.rest, **it.old)
    words = [str(warning.message) for warning in told]
    pairs = zip(it.old, it.new, strict=True)
    name = it.function.__name__
    assert sorted(words) == [f"{name}: `{old}` is deprecated, write `{new}`" for old, new in pairs]
    assert {warning.filename for warning in told} == {__file__}
    assert shown(made) == shown(it.function(*it.given, **it.rest, **it.new))


@pytest.mark.parametrize("it", RENAMED, ids=lambda it: it.function.__name__)
def test_a_signature_shows_the_new_names(it: Old) -> None:
    names = inspect.signature(it.function).parameters
    assert set(it.new) <= set(names)
    assert not set(it.old) & set(names)


@pytest.mark.parametrize("it", RENAMED, ids=lambda it: it.function.__name__)
def test_type_checkers_and_editors_are_told_of_the_old_name(it: Old) -> None:
    new, old = get_overloads(it.function)
    assert set(it.new) <= set(inspect.signature(new).parameters)
    assert set(it.old) <= set(inspect.signature(old).parameters)
    assert not hasattr(new, "__deprecated__")
    assert all(f"`{name}`" in getattr(old, "__deprecated__", "") for name in it.new)


def test_the_inputs_of_an_onnx_file_have_an_old_name(tmp_path: Path) -> None:
    write: Callable[..., object] = export.to_onnx
    with pytest.warns(DeprecationWarning, match="to_onnx: `columns` is deprecated, write `n_in`"):
        write(MODEL, tmp_path / "old", columns=2)
    write(MODEL, tmp_path / "new", n_in=2)
    assert (tmp_path / "old").read_bytes() == (tmp_path / "new").read_bytes()


def test_an_argument_by_both_of_its_names_is_refused() -> None:
    @renamed(limit="max_delta")
    def clip(max_delta: float) -> float:
        return max_delta

    with (
        pytest.warns(DeprecationWarning, match="limit"),
        pytest.raises(TypeError, match="clip: `limit` and `max_delta` are one argument, got both"),
    ):
        clip(limit=1.0, max_delta=2.0)


def test_the_state_comes_before_its_optimiser() -> None:
    found = trainer.differentiate(losses.evaluate(max_margin(), MODEL, DATA))
    advance: Callable[..., Callable[..., object]] = trainer.advance
    with pytest.warns(DeprecationWarning, match=r"write `advance\(state, optimizer\)`"):
        before = advance(SGD, STATE)(found)
    assert repr(before) == repr(trainer.advance(STATE, SGD)(found))
    with pytest.raises(TypeError, match="advance: optimizer must be an Optimizer, got 3"):
        advance(STATE, 3)


def test_a_penalty_of_squares_is_l2_everywhere_and_alpha_in_micrograd() -> None:
    assert max_margin(l2=0.5) == max_margin(alpha=0.5)
    assert max_margin(l2=1e-4) == max_margin()
    untyped: Callable[..., object] = max_margin
    with pytest.raises(TypeError, match="max_margin: `alpha` and `l2` are one argument, got both"):
        untyped(alpha=0.5, l2=0.5)
    with pytest.raises(ValueError, match="max_margin: l2 must be"):
        max_margin(l2=-1.0)


def test_a_clipped_gradient_is_at_most_as_long_as_asked() -> None:
    moved, _ = optim.clip(0.5).update(pvector([2.0]), EmptyState(), pvector([0.0]), 0)
    assert moved == pvector([0.5])
