"""All rooms, and what ties them, as somebody in a hurry gets them wrong."""

from collections.abc import Iterator
from pathlib import Path

from returns.io import IOResult

import microfp
from microfp import (
    Record,
    Value,
    attr,
    backward,
    charts,
    checkpoint,
    curried,
    datasets,
    debug,
    experiments,
    explorer,
    export,
    func,
    gpt,
    grad,
    graph,
    losses,
    native,
    nn,
    optim,
    parallel,
    relu,
    schedules,
    streams,
    tanh,
    toolbox,
    trainer,
    tree,
    value,
)
from microfp.datasets import Choices, DateColumn, Form, Marks, NumericColumn, Schema
from microfp.experiments import Configuration, Outcome
from microfp.gpt import GPT, Learnt
from microfp.nn import MLP
from microfp.sklearn import MLPClassifier, MLPRegressor, TableEncoder
from microfp.toolbox import Piped, collect, last, pipe
from microfp.trainer import Metrics, Run, Stepped, TrainState

net = nn.mlp(2, [4, 1])
moons = datasets.moons(20)
x, y = value(1.0), value(2.0)
names = datasets.names()
letters = datasets.characters(names)
model = gpt.gpt(27)
begun = gpt.prepared(names[:10])
docs = datasets.documents("n.txt")
table = datasets.bikes_table()
schema = datasets.infer(table, "b")
start = trainer.initial_state(net, optim.sgd(0.1))
stepped = last(streams.take(3)(trainer.train(net, moons)))
run = trainer.fit(net, moons)
plan = Configuration(hidden=(4,))
done = experiments.run(plan, moons).unwrap()
table_of_gradients = backward(x * y)


class Line(Record):
    slope: Value = attr()
    name: str = attr(default="line")

    def __call__(self, inputs: list[float]) -> Value:
        return self.slope * inputs[0]


line = Line(slope=x)


def cell(carry: Value, item: float) -> tuple[Value, Value]:
    return relu(carry + item), carry


def square(a: Value) -> Value:
    return a * a


def product(a: Value, b: Value) -> Value:
    return a * b


# States and metrics.
start.metrics.loss  # reject
stepped.metrics.losses  # reject
stepped.metrics.loss.data  # reject
stepped.learning_rate  # reject
run.history.loss  # reject
run.history["loss"]  # reject
run.final_accuracy.upper()  # reject
run.final_state  # reject
s_one: Stepped[GPT] = stepped  # reject
s_two: Stepped[MLP] = start  # reject
s_three: TrainState[Line] = stepped  # reject
s_four: Iterator[Stepped[MLP]] = streams.take(2)  # reject
for state in trainer.train(net, moons):
    state.metrics.accuracy + 1.0  # reject
    state.model.layers[0].weights  # reject
    state.step.real.loss  # reject
# Set, replace, update.
line.set("slope")  # reject
Line(slope=1.0)  # reject
Line(x)  # reject
Line()  # reject
Line(slope=x, nam="a")  # reject
line.slope = y  # reject
line.name.append("a")  # reject
# Records are no sequences.
len(stepped)  # reject
len(plan)  # reject
for piece in moons:  # reject
    pass
list(net)  # reject
moons[0]  # reject
net.layers.neurons  # reject
max(stepped)  # reject
value(2.0) == 2.0  # reject
value(2.0) == "2"  # reject
x < "1"  # reject
x + "1"  # reject
x @ y  # reject
if_x: bool = x  # reject
float_x: float = x  # reject
int_x: int = x.data  # reject
# Returns.
read = datasets.read_csv("a.csv")
read.map(datasets.standardize).xs  # reject
read.bind(datasets.standardize)  # reject
read.map(lambda found: found.train)  # reject
read.unwrap().rows  # reject
checkpoint.load("a.json", model=GPT).map(lambda found: found.model.layers)  # reject
checkpoint.load("a.json", model=net)  # reject
checkpoint.load("a.json", MLP).unwrap().metrics.loss  # reject
checkpoint.save("a.json", stepped)  # reject
checkpoint.save(net, "a.json")  # reject
checkpoint.to_json(net)  # reject
checkpoint.from_json(Path("a.json"))  # reject
saved: IOResult[Path, str] = checkpoint.save(stepped, "a.json")  # reject
toolbox.or_raise(net)  # reject
toolbox.or_raise(read).x  # reject
toolbox.known(None, 3)  # reject
toolbox.bind(3)  # reject
# Optimisers, losses.
optim.own("mine", lambda parameters: 0)  # reject
optim.own("mine", 0, 1)  # reject
optim.chain([optim.sgd(0.1)])  # reject
optim.chain(optim.sgd)  # reject
optim.sgd("0.1")  # reject
optim.adam(lr=0.1)  # reject
optim.adam(betas=0.9)  # reject
optim.adam(betas=(0.9,))  # reject
optim.clip_by_global_norm(limit=1.0)  # reject
optim.clip_by_global_norm(1.0).update([1.0])  # reject
optim.ema(0.99)(net)  # reject
optim.sam(rho=optim.sgd(0.1))  # reject
optim.multi_transform({"a": optim.sgd}, lambda path: "a")  # reject
optim.masked(optim.sgd(0.1))  # reject
optim.lookahead(optim.sgd(0.1), every="5")  # reject
optim.Rule(function=square)  # reject
optim.from_rule(square)  # reject
optim.scale_by_schedule(schedules.cosine)  # reject
optim.averaged_parameters(stepped)  # reject
losses.own("mine", lambda scores: scores[0])  # reject
losses.own(lambda scores, target: scores[0], "mine")  # reject
losses.huber("1")  # reject
losses.huber(detla=1.0)  # reject
losses.max_margin(l2="no")  # reject
losses.class_weighted(losses.max_margin(), {"a": 1.0})  # reject
losses.class_weighted([1.0, 2.0], losses.max_margin())  # reject
losses.evaluate(net, losses.max_margin(), moons)  # reject
losses.evaluate(losses.max_margin(), net, moons).loss  # reject
losses.evaluate(losses.max_margin(), net, moons.xs)  # reject
losses.weighted(losses.max_margin)  # reject
losses.confusion_rows([1.0], [1.0])[0]["tp"].x  # reject
losses.r_squared([1.0])  # reject
losses.accuracy_interval(0.5, 10).lower  # reject
schedules.cosine(0.1)  # reject
schedules.cosine(0.1, steps="100")  # reject
schedules.join(schedules.constant(0.1), [10])  # reject
schedules.warm_up(0.1, 10)  # reject
schedules.constant(0.1)(3).data  # reject
schedules.plateau(0.1).learning_rate  # reject
trainer.state_of(stepped, "adam")  # reject
trainer.state_of(stepped, optim.AdamState).momenta  # reject
trainer.state_of(net, optim.AdamState)  # reject
# Names.
nn.mlp(2, [4, 1], activation="tahn")  # reject
nn.mlp(2, [4, 1], init="xaver")  # reject
nn.mlp(2, 4)  # reject
nn.mlp([2, 4, 1])  # reject
nn.mlp(2, [4.0, 1])  # reject
nn.mlp(inputs=2, widths=[4])  # reject
nn.layer(2)  # reject
nn.neuron(2, weights=1.0)  # reject
nn.forward(net, ["a"])  # reject
nn.forward([1.0, 2.0], net)  # reject
nn.dropout([x], 0.5)  # reject
nn.attention([x], [x], [x])  # reject
nn.embedding(3, [[x]])  # reject
nn.layer_norm(x)  # reject
nn.softmax(x)  # reject
nn.block("16")  # reject
nn.seeds(count="2")  # reject
net([1.0, 2.0]).data.real.loss  # reject
net("ab")  # reject
trainer.fit(moons, net)  # reject
trainer.fit(net, moons, 100, 1, losses.max_margin())  # reject
trainer.fit(net, moons, backend="gpu")  # reject
trainer.fit(net, moons, loss="mse")  # reject
trainer.fit(net, moons, optimizer="adam")  # reject
trainer.fit(net, moons, epochs=3)  # reject
trainer.fit(net, moons).model  # reject
trainer.train(net, moons, steps=10)  # reject
trainer.train(net, moons).loss  # reject
trainer.make_step(losses.max_margin(), moons, optim.sgd(0.1))  # reject
trainer.make_step(losses.max_margin(), optim.sgd(0.1), moons)(net)  # reject
trainer.chosen_backend(net)  # reject
trainer.initial_state(net)  # reject
trainer.train_on(net, moons)  # reject
trainer.reduce_on_plateau(net, moons, plateau=0.1)  # reject
# Pipelines.
pipe(net, 3)  # reject
pipe(3.0, tanh, len)  # reject
pipe(moons, curried.split(held_out="a"))  # reject
pipe(moons, curried.shuffle(seed=1), curried.fit(net)).loss  # reject
pipe(net, curried.train(moons), streams.take("3"))  # reject
pipe(net, curried.train(moons), streams.take(3), collect).metrics  # reject
pipe(net, curried.train(moons), streams.take(3), last).losses  # reject
pipe(3.0, lambda a: a + 1.0, lambda a: a.loss)  # reject
Piped(3.0).to(len)  # reject
Piped(moons).to(curried.split()).get().train  # reject
collect(3)  # reject
last(net)  # reject
toolbox.take("3", [1, 2])  # reject
toolbox.sliding_window([1, 2], 2)  # reject
toolbox.iterate(3, lambda a: a)  # reject
toolbox.accumulate(0.0, [1.0], max)  # reject
streams.every(2.5)  # reject
streams.take(3)(net)  # reject
streams.take(3)(moons)  # reject
streams.tee_to_csv(3)  # reject
streams.early_stopping(moons, losses.max_margin())  # reject
streams.with_progress("training")  # reject
streams.until_converged(tol=1e-3)  # reject
streams.try_train(net, moons).unwrap()  # reject
next(streams.try_train(net, moons)).metrics  # reject
streams.resume(net, moons)  # reject
streams.with_optimizer(optim.sgd(0.1), stepped)  # reject
streams.Diverged(message="a", state=3, cause="c")  # reject
# Func and scan.
func.scan(cell, 0.0, "abc")  # reject
func.scan(square, value(0.0), [1.0])  # reject
func.scan(cell, value(0.0))[0].loss  # reject
func.scan(cell, value(0.0), [1.0, 2.0]).carry  # reject
func.scan(cell, value(0.0), [1.0, 2.0], length="2")  # reject
func.grad(square, argnums="a")  # reject
func.grad(square)(3.0, 4.0)  # reject
func.grad(square)("a")  # reject
func.grad(square)(3.0).data  # reject
func.grad(product, argnums=(0, 1))(1.0, 2.0) + 1.0  # reject
func.grad(product, argnums=1)(1.0)  # reject
func.grad(lambda a: a * a)(3.0).upper()  # reject
func.value_and_grad(square)(3.0)[2]  # reject
func.value_and_grad(lambda a: a * a)(3.0)[0].upper()  # reject
func.value_and_grad(square)(3.0).value  # reject
func.hessian(square)(3.0).upper()  # reject
func.hessian(product, argnums=1)(1.0, 2.0).upper()  # reject
func.jacobian(square)(3.0)[0]  # reject
func.jacrev(3.0)  # reject
func.jvp(square, (3.0,))  # reject
func.vjp(square, 3.0)[1](1.0).upper()  # reject
func.linearize(square, 3.0).upper()  # reject
func.directional(square, 3.0)  # reject
func.vmap(square)(3.0)  # reject
func.vmap(square, in_axes="0")  # reject
func.derivatives(square, 1.0)[0]  # reject
func.fixed_point(square)  # reject
next(func.newton(square, 1.0)).x.upper()  # reject
func.until_converged(func.newton(square, 1.0)).y  # reject
func.minimize(square, "a")  # reject
func.check_grads(square, (1.0,), tol=1e-3)  # reject
func.check_grads(square, 1.0).disagreements[0].error  # reject
func.custom_derivative(square, 3.0)  # reject
func.along(square)  # reject
func.stop_gradient()  # reject
# Gpt and documents.
begun.models  # reject
begun.documents.add("a")  # reject
docs.lines  # reject
docs.map(lambda found: found.upper())  # reject
datasets.documents(["a"])  # reject
letters.encode(["a"])  # reject
letters.size.upper()  # reject
datasets.sequences(names)  # reject
datasets.sequences(names, letters, 16.5)  # reject
datasets.sequences(letters, names)  # reject
gpt.gpt(27, heads="4")  # reject
gpt.gpt()  # reject
gpt.gpt(letters)  # reject
gpt.generate(model, letters, prompt=3)  # reject
gpt.generate(model, letters, backend="gpu")  # reject
gpt.generate(model)  # reject
gpt.samples(letters, model)  # reject
gpt.save(gpt.save, "m.json")  # reject
gpt.load("m.json").unwrap().tokenizer  # reject
gpt.to_onnx("m.onnx", model)  # reject
gpt.held_out(model, names)  # reject
gpt.held_out(model, begun.dataset).bits.upper()  # reject
gpt.adam("100")  # reject
gpt.prepared(3)  # reject
gpt.probabilities(["a"])  # reject
Learnt(state=stepped, tokeniser="abc", steps=3, batch_size=1, seed=42)  # reject
trainer.fit(model, begun.dataset).final_model.layers  # reject
# Tables.
Schema(columns=schema.columns, targets=("b",), missing="drop")  # reject
schema.columns[0].fill  # reject
datasets.encode(table, table)  # reject
datasets.encode(schema, table).ys  # reject
datasets.typed_dataset(table)  # reject
datasets.infer(table, target=None)  # reject
datasets.table_dataset(schema)  # reject
datasets.read_table(3)  # reject
datasets.read_table("a.csv").unwrap().columns  # reject
datasets.read_pieces("a.csv", rows="all")  # reject
datasets.content_split(moons)  # reject
datasets.one_hot(moons, classes="3")  # reject
NumericColumn(name="a", fill="0")  # reject
DateColumn(name="a", parts="days")  # reject
Marks(decimal=1)  # reject
Choices(date="born")  # reject
Form(encoding=8)  # reject
Form(ragged="ignore")  # reject
# Experiments.
experiments.run(moons, plan)  # reject
experiments.run(plan, moons).steps  # reject
done.predictor(moons)  # reject
done.training.accuracy + 1.0  # reject
done.training.f1  # reject
experiments.predict(done, [[1.0, 2.0]])  # reject
experiments.predict(done.predictor, [1.0, 2.0])  # reject
experiments.predict_probabilities(done.predictor, [[1.0, 2.0]])[0].keys()  # reject
experiments.score(done.predictor, [[1.0, 2.0]])  # reject
experiments.compare(plan)  # reject
experiments.extend(moons, done.predictor)  # reject
experiments.save_predictor(done, "p.json")  # reject
experiments.load_predictor("p.json").unwrap().model  # reject
experiments.report(done, titel="a")  # reject
experiments.prepare(moons, plan)  # reject
experiments.merit(plan)  # reject
experiments.watch(plan)  # reject
outcome: Outcome = experiments.run(plan, moons)  # reject
# Estimators.
MLPClassifier(hidden_layers=(3,))  # reject
MLPClassifier(solver="adamx")  # reject
MLPClassifier(max_iter=2.5)  # reject
MLPClassifier().fit(moons)  # reject
MLPClassifier().fit([[1.0]])  # reject
MLPRegressor().score([[1.0]])  # reject
MLPRegressor().predict_proba([[1.0]])  # reject
TableEncoder(standardise=True)  # reject
TableEncoder(choices={"a": 1})  # reject
# Parallel.
parallel.sweep(plan, lambda it: it)  # reject
parallel.sweep([1, 2], lambda it: it.upper())  # reject
parallel.sweep([1, 2], 3)  # reject
parallel.sweep([1, 2], lambda it: it, time_limit="3")  # reject
parallel.best(3)  # reject
parallel.best([1.0], key=max)  # reject
parallel.shared(moons).content  # reject
parallel.gradient_map_reduce(net, losses.max_margin(), [moons])  # reject
parallel.gradient_map_reduce(losses.max_margin(), net, moons)  # reject
parallel.add_gradients(table_of_gradients)  # reject
# Native, export.
native.explain(net, losses.max_margin(), 2)  # reject
native.explain(losses.max_margin(), net, 2).passes.name  # reject
native.explain(losses.max_margin(), net, "2")  # reject
native.predict(net, moons)  # reject
native.predict(net, [[1.0, 2.0]]).mean()  # reject
native.value_and_grad(square, example=3.0, way="native")  # reject
native.value_and_grad(lambda m: m([1.0, 2.0])[0], net)(net)[0].data  # reject
native.explain_sequence(losses.next_token(), model, "3")  # reject
native.function_source(net)  # reject
export.to_onnx(net)  # reject
export.to_safetensors("n.safetensors", net)  # reject
export.to_safetensors(net, "n").map(lambda path: path.loss)  # reject
export.to_javascript(net, losses.max_margin(), optim.sgd(0.1), 2)  # reject
export.to_javascript(losses.max_margin(), net, optim.sgd(0.1))  # reject
export.from_safetensors(net, "n").unwrap().model  # reject
# Graphs, gradients, trees, charts.
grad(x, x * y)  # reject
grad(table_of_gradients, x)  # reject
backward([x, y])  # reject
backward(3.0)  # reject
table_of_gradients[x].data  # reject
table_of_gradients[0.0]  # reject
graph.nodes(x, limit="3")  # reject
graph.nodes(x, table_of_gradients)[0].gradient  # reject
graph.edges(x)[0].source.loss  # reject
graph.to_latex(x, True)  # reject
graph.from_rows(x)  # reject
graph.to_svg(x).data  # reject
debug.why_zero(x)  # reject
debug.paths(x, y).nodes  # reject
debug.contributions(x, y)[0].weight  # reject
explorer.page_data(x).html  # reject
tree.map_parameters(net, lambda p: p.data)  # reject
tree.map_parameters(lambda p: p.datum, net)  # reject
tree.freeze(net, "layers")  # reject
tree.with_parameters([1.0], net)  # reject
tree.parameters(net)[0].value  # reject
tree.mask(net)  # reject
charts.boundary(moons, net)  # reject
charts.loss_curves(moons)  # reject
charts.loss_curves(run, "loss")  # reject
charts.compare([run])  # reject
charts.save(charts.loss_curves(run), "a.svg", theme="blue")  # reject
charts.schedule_curve(0.1, 100)  # reject
curried.relabel({0.0: 1.0})  # reject
curried.map_parameters(net)  # reject
curried.freeze(3)  # reject
curried.clip(0.0)(x)  # reject
curried.add(1.0, 2.0)  # reject
curried.with_parameters(net)  # reject
microfp.clip(x, 0.0)  # reject
microfp.total(x, y)  # reject
microfp.where(x > 0.0, "a", "b")  # reject
microfp.mean(x)  # reject
microfp.value("3")  # reject
microfp.value(3.0, 4.0)  # reject
microfp.pow(x)  # reject
microfp.elu(x, beta=1.0)  # reject
microfp.leaky_relu(x, slope="0.1")  # reject
microfp.softmax([x])[0][0]  # reject
microfp.toolbox.pip(x)  # reject
Metrics(step=1)  # reject
losses.Interval(low="a", high=1.0)  # reject
wrong_run: Run[GPT] = run  # reject
wrong_list: list[Metrics] = stepped  # reject
wrong_tanh: float = tanh(x)  # reject
