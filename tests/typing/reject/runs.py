"""Trainings, states, losses and optimisers as somebody gets them wrong."""

from collections.abc import Iterator

from microfp import checkpoint, datasets, losses, nn, optim, schedules, streams, trainer
from microfp.losses import Loss
from microfp.nn import MLP, Layer
from microfp.optim import AdamState, Optimizer
from microfp.toolbox import Piped, collect, last, pipe
from microfp.trainer import Metrics, Run, Stepped, TrainState

net = nn.mlp(2, [4, 1])
moons = datasets.moons(20)
start = trainer.initial_state(net, optim.adam(0.1))
step = trainer.make_step(losses.max_margin(), optim.adam(0.1), moons)
run = trainer.fit(net, moons, steps=3)

trainer.fit(moons, net)  # reject
trainer.fit(net, moons, 100)  # reject
trainer.fit(net, moons, step=100)  # reject
trainer.fit(net, moons, steps=1e3)  # reject
trainer.fit(net, moons, epochs=3)  # reject
trainer.fit(net, moons, loss="mse")  # reject
trainer.fit(net, moons, loss=losses.mean_squared_error)  # reject
trainer.fit(net, moons, loss=lambda s, y: (s - y) ** 2)  # reject
trainer.fit(net, moons, optimizer="adam")  # reject
trainer.fit(net, moons, optimizer=optim.adam)  # reject
trainer.fit(net, moons, optimizer=0.1)  # reject
trainer.fit(net, moons, learning_rate=0.1)  # reject
trainer.fit(net, moons, batch_size=0.5)  # reject
trainer.fit(net, moons, backend="cuda")  # reject
trainer.fit(net, moons, seed="1337")  # reject
trainer.fit(net, moons.xs, moons.ys)  # reject
trainer.fit(net, moons.xs)  # reject
trainer.fit(start, moons)  # reject
trainer.fit(nn.mlp, moons)  # reject
trainer.train(net, moons, steps=10)  # reject
trainer.train(net, [moons, moons])  # reject
trainer.train(net, moons).metrics  # reject
trainer.train(net, moons)[0]  # reject
next(trainer.train(net, moons)).loss  # reject
next(trainer.train(net, moons)).metrics.losses  # reject
next(trainer.train(net, moons)).metrics.loss.data  # reject
next(trainer.train(net, moons)).model.weights  # reject
start.metrics.loss  # reject
start.metrics + 1  # reject
start.optimizer_state.count  # reject
trainer.state_of(start, AdamState(count=1))  # reject
trainer.state_of(start, AdamState).velocity  # reject
trainer.state_of(AdamState, start)  # reject
trainer.initial_state(net)  # reject
trainer.initial_state(optim.adam(0.1), net)  # reject
trainer.initial_state(net, "adam")  # reject
step(net)  # reject
step(start).metrics.loss.data  # reject
step(start, moons)  # reject
trainer.make_step(optim.adam(0.1), losses.max_margin(), moons)  # reject
trainer.make_step(losses.max_margin(), optim.adam(0.1))  # reject
trainer.make_step(losses.max_margin(), optim.adam(0.1), moons, steps=3)  # reject
trainer.differentiate(net)  # reject
trainer.differentiate(losses.evaluate(losses.max_margin(), net, moons)).loss  # reject
trainer.descend(0.1)(net)  # reject
trainer.advance(optim.sgd(0.1))  # reject
run.model  # reject
run.history[0]["loss"] + 1.0  # reject
run.history.loss  # reject
run.final_loss.data  # reject
run.final_model.layers[0].bias  # reject
run.evaluate()  # reject
run.evaluate(net)  # reject
run.evaluate(moons).accuracy + 1.0  # reject
layer_run: Run[Layer] = run  # reject
fresh: Stepped[MLP] = start  # reject
numbers: TrainState[Layer] = start  # reject
measured: Metrics = start.metrics  # reject
states: Iterator[Stepped[Layer]] = trainer.train(net, moons)  # reject
losses.evaluate(net, losses.max_margin(), moons)  # reject
losses.evaluate(losses.max_margin, net, moons)  # reject
losses.evaluate(losses.max_margin(), net, moons).loss  # reject
losses.max_margin(0.1)  # reject
losses.max_margin(alpha="small")  # reject
losses.mean_squared_error(reduction="sum")  # reject
losses.binary_cross_entropy(label_smoothing=True, smoothing=0.1)  # reject
losses.huber(delta=None)  # reject
losses.quantile(quantile=0.5)  # reject
losses.focal(gama=2.0)  # reject
losses.own(lambda s, y: (s - y) ** 2)  # reject
losses.own("own", lambda s: s)  # reject
losses.own("own", lambda s, y: "much")  # reject
losses.weighted(0.5)  # reject
losses.r_squared(["a"], ["b"])  # reject
losses.accuracy(losses.max_margin(), moons, moons)  # reject
losses.confusion_rows([1.0], [1.0])[0]["counts"]  # reject
Loss(name="mine")  # reject
Loss("mine", lambda s, y: s[0])  # reject
optim.adam(lr=0.1)  # reject
optim.adam(0.1, beta1=0.9)  # reject
optim.adam(0.1, betas=0.9)  # reject
optim.adam(0.1, betas=(0.9, 0.99, 0.999))  # reject
optim.adam("0.1")  # reject
optim.adam(lambda: 0.1)  # reject
optim.sgd()  # reject
optim.sgd(0.1, 0.9)  # reject
optim.sgd(0.1, momentum=0.9)  # reject
optim.momentum(0.1, 0.9)  # reject
optim.chain([optim.clip(1.0), optim.sgd(0.1)])  # reject
optim.chain(optim.clip, optim.sgd(0.1))  # reject
optim.clip_by_global_norm(limit=1.0, max_norm=1.0)  # reject
optim.masked(optim.sgd(0.1), [True])  # reject
optim.lookahead(optim.sgd(0.1), k=5)  # reject
optim.multi_transform([optim.sgd(0.1)], ["a"])  # reject
optim.own("mine", lambda n: 0, lambda g, s, p, i: g + s)  # reject
optim.own("mine", lambda n: 0)  # reject
optim.Optimizer(name="mine")  # reject
optim.sgd(0.1).learning_rate + 1.0  # reject
optim.sgd(0.1).step()  # reject
optim.sgd(0.1).init(net)  # reject
mine: Optimizer = optim.adam  # reject
schedules.cosine(0.1)  # reject
schedules.cosine(0.1, steps=100.0)  # reject
schedules.cosine(steps=100, end=0.0)  # reject
schedules.warm_up(0.1, 10)  # reject
schedules.join(schedules.constant(0.1), [10])  # reject
schedules.step_decay(0.1, 10)  # reject
schedules.linear(0.1, 0.0, 10)("3")  # reject
schedules.plateau(0.1)(3)  # reject
streams.take(3, trainer.train(net, moons))  # reject
streams.take("3")  # reject
streams.every(0.5)  # reject
streams.early_stopping(moons, losses.max_margin())  # reject
streams.early_stopping(losses.max_margin(), moons, 5)  # reject
streams.until_converged(1e-6)  # reject
streams.until_converged()([start])  # reject
streams.tee_to_csv(3)  # reject
streams.with_optimizer(net, optim.sgd(0.1))  # reject
streams.resume(net, moons)  # reject
streams.held_out_loss(losses.max_margin(), moons)(net)  # reject
pipe(trainer.train(net, moons), streams.take(3), last).metric  # reject
pipe(trainer.train(net, moons), streams.take, list)  # reject
pipe(net, trainer.train, collect)  # reject
pipe(moons, streams.every(2), last)  # reject
Piped(net).to(len).to(streams.take(3))  # reject
Piped(start).get().metrics.loss  # reject
last(trainer.train(net, moons)).metrics.accuracy + 1.0  # reject
checkpoint.save("run.json", start)  # reject
checkpoint.load("run.json").model  # reject
checkpoint.load("run.json", model=net)  # reject
checkpoint.load("run.json", model=MLP).map(lambda state: state.model.neurons)  # reject
checkpoint.to_json(net)  # reject
checkpoint.from_json(start)  # reject
