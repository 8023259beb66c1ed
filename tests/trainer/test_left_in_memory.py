"""Native trainings that go on from what the last run has left in memory, whoever reads of it."""

from functools import reduce
from itertools import islice

import pytest

from microfp import datasets, losses, nn, optim, trainer
from microfp.compiler.native.run import ahead

DATA = datasets.moons(20, seed=3)
MODEL = nn.mlp(2, [4, 1], seed=3)
OPTIMIZERS = {
    "sgd": optim.sgd(0.1),
    "momentum": optim.momentum(0.1),
    "adam": optim.adam(0.05),
    "lookahead": optim.lookahead(optim.adam(0.05), every=2),
    "accumulated": optim.accumulate_gradients(optim.adam(0.05), every=3),
}
STEPS = 7


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("most", [1, 1 << 24], ids=["a step a run", "many steps a run"])
def test_each_state_is_that_of_steps_one_by_one_also_when_it_is_read_last(
    name: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "LARGEST_BYTES", most)
    optimizer, loss = OPTIMIZERS[name], losses.max_margin()
    step = trainer.make_step(loss, optimizer, DATA, batch_size=8, backend="native")
    start = trainer.initial_state(MODEL, optimizer)
    stream = trainer.train(
        MODEL, DATA, loss=loss, optimizer=optimizer, batch_size=8, backend="native"
    )
    states = list(islice(stream, STEPS))
    for count, state in reversed(list(enumerate(states, 1))):
        alone = reduce(lambda it, _: step(it), range(count), start)
        assert [p.data for p in nn.parameters(state.model)] == [
            p.data for p in nn.parameters(alone.model)
        ]
        assert state.optimizer_state == alone.optimizer_state
        assert state.metrics == alone.metrics
