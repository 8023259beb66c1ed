"""A wrong piece of a training is refused where it is handed over."""

from functools import reduce

from microfp import datasets, losses, nn, optim, plot_data, streams, trainer, value
from microfp.schedules import constant, micrograd_decay
from microfp.toolbox import pipe

model, data = nn.mlp(2, [4, 1]), datasets.moons(20)
loss, optimizer = losses.max_margin(), optim.sgd(micrograd_decay)
step = trainer.make_step(loss, optimizer, data)
start = trainer.initial_state(model, optimizer)
run = trainer.fit(model, data, steps=1)

nn.mlp("2", [1])  # reject
nn.mlp(2, 16)  # reject
nn.mlp(2, [16, "1"])  # reject
nn.mlp(2, [1], 1337)  # reject
nn.mlp(2, [1], seed="a")  # reject
nn.mlp(2, [1], activation=3)  # reject
nn.neuron(2, weights=["1"])  # reject
nn.layer(2)  # reject
model.layer  # reject
model.layers = model.layers  # reject
model.layers[0] = model.layers[0]  # reject

losses.max_margin(1e-4)  # reject
losses.max_margin(alpha="1e-4")  # reject
losses.Loss(name="none")  # reject
losses.Loss(name="half", example=lambda scores: scores[0])  # reject
losses.Loss(name="text", example=lambda scores, y: "3")  # reject
losses.evaluate(model, loss, data)  # reject
losses.evaluate(loss, model, data.xs)  # reject
losses.evaluate(loss, model, data).totl  # reject

optim.sgd("0.1")  # reject
optim.sgd(lambda step: "0.1")  # reject
optim.chain(loss)  # reject
optim.chain([optimizer])  # reject
constant("0.1")  # reject
micrograd_decay(0.5)  # reject

trainer.make_step(optimizer, loss, data)  # reject
trainer.make_step(loss, loss, data)  # reject
trainer.make_step(loss, optimizer, data, backend="fast")  # reject
trainer.make_step(loss, optimizer, data, 10)  # reject
trainer.train(model, data, optimizer=loss)  # reject
trainer.train(model, data, loss=optimizer)  # reject
trainer.train(data, model)  # reject
trainer.train(model, data, steps=10)  # reject
trainer.fit(model, data, batch_size="10")  # reject
trainer.fit(model, data, steps=1.5)  # reject
trainer.fit(model, data, learning_rate=0.1)  # reject
trainer.fit(model, data).final_lost  # reject
step(model)  # reject
pipe(run, streams.take(3), list)  # reject
list(run)  # reject
start.metrics.loss  # reject
step(start).metrics.los  # reject
trainer.TrainState(step=0, model=model, optimizer_state=(), metrics=None).metrics.loss  # reject
trainer.Stepped(step=0, model=model, optimizer_state=(), metrics=None)  # reject
streams.until_converged()([start])  # reject
streams.tee_to_csv("run.csv")(iter([start]))  # reject
streams.every(2)(data)  # reject
streams.every(2)([model])  # reject
pipe([start], streams.with_progress())  # reject
streams.try_train(model, data).metrics  # reject
next(streams.try_train(model, data)).metrics  # reject
stage: streams.AnyStage = streams.until_converged()  # reject
stepped_at_once: trainer.Stepped[nn.MLP] = start  # reject
run.history.append(3.0)  # reject
run.history[0].accuracy + 1.0  # reject
kept: nn.Neuron = run.final_model  # reject
stepped: trainer.TrainState[nn.Neuron] = step(start)  # reject

reduce(lambda state, _: step(state), range(3), model)  # reject
pipe(model, trainer.differentiate)  # reject
pipe(model, losses.evaluate_with(loss, data), trainer.descend(0.1))  # reject
pipe(value(1.0), losses.evaluate_with(loss, data))  # reject

plot_data.loss_history(run.history)  # reject
plot_data.decision_boundary(data, model)  # reject
plot_data.decision_boundary(model, data, h="0.1")  # reject
datasets.moons("100")  # reject
datasets.moons(100, 0.1)  # reject
datasets.dataset([["0"]], [1.0])  # reject
data.ys = (1.0,)  # reject
