"""Streams."""

from itertools import tee

from microfp import datasets, losses, nn, optim, parallel, streams, trainer
from microfp.toolbox import collect, pipe

model, data = nn.mlp(2, [4, 1]), datasets.moons(20)
loss, optimizer = losses.max_margin(), optim.sgd(0.1)
start = trainer.initial_state(model, optimizer)
states = trainer.train(model, data)
first = next(states)

streams.take("3")  # reject
streams.take(3, states)  # reject
streams.take(states)  # reject
streams.take(3)(3)  # reject
streams.take(3)(first)  # reject
streams.take(3)(states).metrics  # reject
streams.take(3)(states)[0]  # reject
streams.every()  # reject
streams.every("2")  # reject
streams.every(2, states)  # reject
streams.every(2)(first)  # reject
streams.until_converged(1e-3)  # reject
streams.until_converged(tolerance="1")  # reject
streams.until_converged(patience=1.5)  # reject
streams.until_converged(states)  # reject
streams.until_converged(min_delta=1.0)  # reject
streams.early_stopping(loss)  # reject
streams.early_stopping(data, loss)  # reject
streams.early_stopping(loss, data, 3)  # reject
streams.early_stopping(loss, data, patience="3")  # reject
streams.early_stopping(loss, data)(data)  # reject
streams.early_stopping(loss, data)([model])  # reject
streams.early_stopping(loss, data)(iter(()), 3)  # reject
streams.tee_to_csv()  # reject
streams.tee_to_csv(3)  # reject
streams.tee_to_csv("a.csv", True)  # reject
streams.tee_to_csv("a.csv", append="yes")  # reject
streams.tee_to_csv("a.csv")(data)  # reject
streams.tee_to_csv(states, "a.csv")  # reject
streams.tee_to_jsonl("a.csv")([first.metrics])  # reject
streams.with_progress("10")  # reject
streams.with_progress(10, "x")  # reject
streams.with_progress()([model])  # reject
streams.resume(model, data)  # reject
streams.resume(start)  # reject
streams.resume(data, start)  # reject
streams.resume(first, data, steps=3)  # reject
streams.resume(first, data, loss=optimizer)  # reject
next(streams.resume(start, data)).metrics.foo  # reject
streams.with_optimizer(start, "adam")  # reject
streams.with_optimizer(start)  # reject
streams.with_optimizer(optimizer, start)  # reject
streams.with_optimizer(model, optimizer)  # reject
streams.with_optimizer(start, optimizer).metrics.loss  # reject
streams.try_train(data, model)  # reject
next(streams.try_train(model, data)).unwrap().metrics.los  # reject
next(streams.try_train(model, data)).map(lambda state: state.los)  # reject
next(streams.try_train(model, data)).failure().stat  # reject
next(streams.try_train(model, data)).failure().state.metrics.loss  # reject
next(streams.try_train(model, data)).value_or(3).metrics  # reject
streams.try_resume(model, data)  # reject
pipe(streams.try_train(model, data), streams.until_converged())  # reject
pipe(streams.try_train(model, data), streams.tee_to_csv("a.csv"))  # reject
pipe(states, streams.every(2), streams.take(3), collect)[0].metrics.foo  # reject
pipe(states, streams.every, streams.take(3))  # reject
pipe(states, streams.take(3), collect).metrics  # reject
pipe(states, streams.early_stopping(loss, data), streams.take(3), collect).append(3)  # reject
pipe(states, streams.tee_to_csv("a.csv"), collect)[0].model.weights  # reject
pipe(states, streams.until_converged, collect)  # reject
pipe(first, streams.take(3))  # reject
pipe(data, streams.every(2))  # reject
pipe(states, losses.evaluate_with(loss, data))  # reject
pipe(states, next, trainer.fit)  # reject
left, right = tee(first)  # reject
streams.held_out_loss(loss, data)(model)  # reject
streams.held_out_loss(loss, model)  # reject
streams.held_out_loss(loss, data)(first).data  # reject
min(states, key=lambda state: state.los)  # reject
sum(state.metrics for state in states)  # reject
max(state.metrics.accuracy for state in states)  # reject
[state.metrics.losss for state in states]  # reject
{state.step: state.foo for state in states}  # reject

parallel.sweep([1, 2])  # reject
parallel.sweep(lambda n: n, [1, 2])  # reject
parallel.sweep(3, lambda n: n)  # reject
parallel.sweep([1, 2], lambda n: n + "x")  # reject
parallel.sweep([1, 2], lambda a, b: a)  # reject
parallel.sweep([1, 2], lambda n: n, 4)  # reject
parallel.sweep([1, 2], lambda n: n, workers=4)  # reject
next(parallel.sweep([1, 2], lambda n: str(n))).unwrap() + 1  # reject
next(parallel.sweep([1, 2], lambda n: n)).failure().config  # reject
parallel.gradient_map_reduce(model, loss, [data])  # reject
parallel.gradient_map_reduce(loss, model, data)  # reject
parallel.gradient_map_reduce(loss, model, [data]).map(lambda table: table["x"])  # reject
parallel.add_gradients({}, {})  # reject
