"""Steps and states: composed, folded, scanned, resumed."""

from functools import reduce
from itertools import accumulate, islice, takewhile

from microfp import datasets, losses, nn, optim, trainer
from microfp.toolbox import Piped, collect, iterate, last, pipe, sliding_window, take
from microfp.trainer import Metrics, Step, TrainState

model, data = nn.mlp(2, [4, 1]), datasets.moons(20)
loss, optimizer = losses.max_margin(), optim.sgd(0.1)
step = trainer.make_step(loss, optimizer, data)
start = trainer.initial_state(model, optimizer)
first = step(start)
run = trainer.fit(model, data, steps=2)

trainer.initial_state(optimizer, model)  # reject
trainer.initial_state(model, loss)  # reject
trainer.initial_state(model)  # reject
step(first, 2)  # reject
step(first).mode  # reject
step(first).model.layer  # reject
step(first).metrics.loss.data  # reject
step(step)  # reject
step(run)  # reject
step(first.metrics)  # reject
step([first])  # reject
first.step.foo  # reject
first.step = 3  # reject
first.metrics.loss = 3.0  # reject
first.metrics["loss"] + 1  # reject
first.loss  # reject
first.model.forward([1.0])  # reject
first.optimizer_state.count  # reject
pipe(start, step, step).metrics.lss  # reject
pipe(start, step, trainer.fit)  # reject
pipe(start, step(start))  # reject
pipe(start, step, step)(1)  # reject
a: TrainState[nn.Neuron] = pipe(start, step, step)  # reject
number: float = reduce(lambda state, _: step(state), range(3), first)  # reject
reduce(step, range(3), start)  # reject
reduce(lambda state, _: state.metrics, range(3), first).loss  # reject
iterate(step, model)  # reject
iterate(step)  # reject
take(step, iterate(step, first))  # reject
take(iterate(step, first), 3)  # reject
last(take(3, iterate(step, first))).metrics.foo  # reject
last(run)  # reject
collect(run)  # reject
collect(first)  # reject
trainer.fit(model, data).history.loss  # reject
trainer.fit(model, data).history[0].lss  # reject
trainer.fit(model, data).final_model(1.0)  # reject
trainer.fit(model, data, 100)  # reject
trainer.fit(model=model, data=data)  # reject
trainer.fit(model, data, steps="10")  # reject
trainer.fit(model, data, log_every=0.5)  # reject
trainer.fit(model, data, loss="max_margin")  # reject
trainer.fit(model, data, optimizer="sgd")  # reject
trainer.fit(model, data, optimizer=optim.sgd)  # reject
trainer.fit(model, data, loss=losses.max_margin)  # reject
trainer.fit(model, data, seed="1")  # reject
trainer.fit(model, data, backend="pythn")  # reject
trainer.fit(model, data, epochs=3)  # reject
trainer.fit(model, data.xs)  # reject
trainer.fit(model)  # reject
trainer.fit(nn.mlp, data)  # reject
trainer.fit(model, datasets.moons)  # reject
trainer.train(model, data)[0]  # reject
len(trainer.train(model, data))  # reject
trainer.train(model, data).metrics  # reject
next(trainer.train(model, data)).metrics.accuracy + 1.0  # reject
next(trainer.train(model, data)).loss  # reject
for state in trainer.train(model, data):
    state.metrics.los  # reject
    state.model.layers[0].weights  # reject
    state.model.layers["0"]  # reject
run.loss  # reject
run.final_loss()  # reject
run.history[0].gradient  # reject
run.model  # reject
run.final_loss = 2.0  # reject
Metrics(step=1, loss=1.0)  # reject
m: Metrics = start.metrics  # reject
s: Step = trainer.train  # reject
s2: Step = step(start)  # reject
trainer.make_step(loss, optimizer)  # reject
trainer.make_step(loss, optimizer, model)  # reject
trainer.make_step(loss, optimizer, data, batch_size=1.5)  # reject
trainer.make_step(model, loss, optimizer, data)  # reject
trainer.make_step(loss=loss, optimiser=optimizer, dataset=data)  # reject
trainer.advance(optimizer, model)  # reject
trainer.descend("0.1")  # reject
trainer.differentiate(model)  # reject
trainer.state_of(start, "AdamState")  # reject
trainer.state_of(start, optim.AdamState).cout  # reject
trainer.parameter_numbers(model)  # reject
trainer.chosen_backend(model, data) == "fast"  # reject
trainer.fastest_backend(model, data)  # reject
trainer.reduce_on_plateau(model, data, optimizer=optimizer)  # reject
trainer.reduce_on_plateau(model, data)  # reject
islice(start, 3)  # reject
takewhile(lambda state: state.metrics.loss > "1", trainer.train(model, data))  # reject
accumulate(range(5), step, initial=first)  # reject
sliding_window("2", run.history)  # reject
Piped(start).to(step).to(step).get().foo  # reject
Piped(start).to(loss)  # reject
Piped(start).to(step, step)  # reject
Piped(start).get(1)  # reject
Piped(model).to(step)  # reject
