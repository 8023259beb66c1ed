"""Steps are plain functions: they compose with reduce, with pipe and with containers."""

from functools import reduce
from typing import assert_type

from pyrsistent import PMap
from returns.maybe import Maybe, Some
from returns.result import Failure, Result, Success

from microfp import Value, backward, curried, datasets, find_grad, losses, nn, optim, trainer, value
from microfp.schedules import Schedule, constant, micrograd_decay
from microfp.toolbox import accumulate, iterate, last, pipe, take

y = pipe(value(2.0), curried.mul(3), curried.add(1), curried.relu)
assert_type(y, Value)
assert_type(pipe(y, curried.sub(1.0), curried.pow(2), backward), PMap[Value, float])
assert_type(pipe(2.0, curried.divide(4.0), curried.maximum(value(0.0)), curried.tanh), Value)
assert_type(pipe([3, 1, 2], sorted, tuple), tuple[int, ...])

model, data = nn.mlp(2, [4, 1]), datasets.moons(20)
loss = losses.max_margin(alpha=1e-4)


def descended(current: nn.MLP, rate: float) -> nn.MLP:
    return pipe(
        current,
        losses.evaluate_with(loss, data),
        trainer.differentiate,
        trainer.descend(rate),
    )


assert_type(reduce(descended, [1.0, 0.5, 0.25], model), nn.MLP)
assert_type(list(accumulate(descended, [0.1], model)), list[nn.MLP])

rate: Schedule = micrograd_decay
optimizer = optim.chain(optim.identity(), optim.sgd(rate), optim.scale_by_schedule(constant(2.0)))
step = trainer.make_step(loss, optimizer, data, batch_size=5)
start = trainer.initial_state(model, optimizer)
assert_type(start, trainer.TrainState[nn.MLP])
assert_type(step(start), trainer.Stepped[nn.MLP])
assert_type(step(start).metrics.loss, float)
assert_type(step(step(start)).set(step=3), trainer.Stepped[nn.MLP])


def again(state: trainer.TrainState[nn.MLP], _: int) -> trainer.TrainState[nn.MLP]:
    return step(state)


final = reduce(again, range(3), start)
assert_type(final.model, nn.MLP)
by_lambda = reduce(lambda state, _: step(state), range(3), start)
assert_type(by_lambda.model.layers[0].neurons[0].bias, Value)
assert_type(last(take(3, iterate(step, start))).model, nn.MLP)
assert_type(pipe(start, step, step), trainer.Stepped[nn.MLP])
assert_type(pipe(start, lambda state: state.model), nn.MLP)
assert_type(
    pipe(
        start.model,
        losses.evaluate_with(loss, data),
        trainer.differentiate,
        trainer.advance(start, optimizer),
    ),
    trainer.Stepped[nn.MLP],
)

slope: Maybe[float] = find_grad(y, backward(y))
match slope:
    case Some(number):
        text = f"{number}"
    case _:
        text = "none"


def improved(state: trainer.TrainState[nn.MLP]) -> Result[float, str]:
    metrics = state.metrics
    return Failure("no step yet") if metrics is None else Success(metrics.loss)


outcome = improved(final).map(lambda number: round(number, 3))
assert_type(outcome, Result[float, str])
assert_type(outcome.value_or(None), float | None)
