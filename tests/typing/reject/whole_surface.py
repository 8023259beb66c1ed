"""Every room, with its newest options, as somebody reads past the manual."""

import copy
from collections.abc import Callable, Sequence
from functools import reduce
from itertools import pairwise, takewhile

from pyrsistent import pvector
from returns.result import Success

import microfp
from microfp import (
    Gradients,
    Record,
    Value,
    attr,
    backward,
    backward_steps,
    charts,
    checkpoint,
    curried,
    datasets,
    debug,
    display,
    experiments,
    explorer,
    export,
    expressions,
    find_grad,
    func,
    gpt,
    grad,
    gradients,
    graph,
    laws,
    logaddexp,
    losses,
    maximum,
    native,
    nn,
    ops,
    optim,
    parallel,
    plot_data,
    schedules,
    sigmoid,
    sin,
    softmax,
    streams,
    tanh,
    toolbox,
    total,
    trainer,
    tree,
    value,
    values,
    where,
)
from microfp.datasets import (
    Choices,
    DateColumn,
    Form,
    Matrix,
    NumericColumn,
    Schema,
    Standardization,
    Table,
)
from microfp.experiments import Configuration
from microfp.losses import Loss
from microfp.nn import MLP, Layer, Neuron
from microfp.optim import AdamState, Optimizer
from microfp.schedules import Schedule
from microfp.sklearn import MLPClassifier, MLPRegressor, TableEncoder
from microfp.toolbox import Piped, accumulate, collect, iterate, last, pipe, take
from microfp.trainer import Run, Stepped, TrainState

net = nn.mlp(3, [5, 1])
rings = datasets.rings(30)
train_part, test_part = datasets.split(rings)
hinge, descent = losses.max_margin(), optim.adam(0.01)
step = trainer.make_step(hinge, descent, rings)
begin = trainer.initial_state(net, descent)
after = step(begin)
run = trainer.fit(net, rings, steps=3)
a, b = value(1.0, label="a"), value(2.0)
out = a * b + sin(a)
table = backward(out)
letters = datasets.characters(["ab", "ba"])
small = gpt.gpt(letters.vocabulary, layers=1)
texts = datasets.sequences(["ab", "ba"], letters, context=4)
plan = Configuration(hidden=(4,))
outcome = experiments.run(plan, rings).unwrap()
scales = datasets.standardize(rings)
schema = Schema(columns=(NumericColumn(name="a"),), targets=("b",))
rows = datasets.read_table("t.csv").unwrap()


class Line(Record):
    slope: Value = attr()
    offset: Value = attr()
    name: str = attr(default="line")

    def __call__(self, inputs: Sequence[Value | float]) -> tuple[Value, ...]:
        return (self.slope * inputs[0] + self.offset,)


line = Line(slope=value(1.0), offset=value(0.0))


def cube(x: Value) -> Value:
    return x * x * x


def plane(x: Value, y: Value) -> Value:
    return 2.0 * x + 3.0 * y


def both(p: tuple[float, float]) -> float:
    return p[0] * p[1]


def cost(model: Line) -> Value:
    return model.slope * model.slope


# Threads, ways, and other options of trainings.
trainer.fit(net, rings, threads="four")  # reject
trainer.train(net, rings, threads=2.0)  # reject
trainer.make_step(hinge, descent, rings, threads=None)  # reject
streams.resume(after, rings, threads="ALL")  # reject
trainer.train_on(net, lambda k: rings, threads="1")  # reject
native.predict(net, [[1.0, 2.0, 3.0]], threads="every")  # reject
experiments.watch(experiments.prepare(plan, rings), threads=[1, 2])  # reject
curried.fit(rings, threads="2")  # reject
trainer.fit(net, rings, batch_size="32")  # reject
trainer.fit(net, rings, batch_size=32.0)  # reject
trainer.fit(net, rings, seed="1337")  # reject
trainer.fit(net, rings, log_every=None)  # reject
trainer.fit(net, rings, backend="Native")  # reject
trainer.fit(net, rings, learning_rate=0.1)  # reject
trainer.fit(net, rings, optimizer=optim.adam)  # reject
trainer.fit(net, rings, loss=losses.huber)  # reject
trainer.fit(net.layers, rings)  # reject
trainer.fit(net, rings.xs)  # reject
trainer.fit(net, [(0.0, 1.0), (1.0, 0.0)])  # reject
trainer.fit(net, rings).final_model.weights  # reject
trainer.fit(net, rings).history[-1].accuracy + 0.5  # reject
trainer.fit(net, rings).last_step_loss()  # reject
trainer.fit(net, rings).evaluate(hinge).total  # reject
trainer.fastest_backend(net, rings)  # reject
trainer.chosen_backend(net, rings) == "gpu"  # reject
trainer.train_on(net, rings)  # reject
trainer.train_on(net, lambda: rings)  # reject
trainer.resume_on(begin, lambda k: (rings, k))  # reject
trainer.reduce_on_plateau(net, rings, optimizer=optim.sgd(0.1))  # reject
trainer.state_of(after, AdamState()).count  # reject
trainer.descend(0.1)(losses.evaluate(hinge, net, rings))  # reject
trainer.parameter_numbers(net)  # reject

# States, steps, folds.
after.metrics.accuracy > 0.9  # reject
after.metrics.gradient.norm  # reject
begin.metrics.gradient_norm  # reject
after.optimizer_state.count  # reject
after.model.layers[0].neurons[0].weight  # reject
after.step = 4  # reject
reduce(lambda state, _: step(state.model), range(3), begin)  # reject
reduce(step, range(3), begin)  # reject
collect(take(3, iterate(step, net)))  # reject
[s.metric.loss for s in take(3, trainer.train(net, rings))]  # reject
sorted(trainer.train(net, rings))  # reject
max(run.history)  # reject
min(run.history, key=lambda m: m.los).step  # reject
sum(m.accuracy for m in run.history)  # reject
last(trainer.train(net, rings)).metrics.upper()  # reject
next(streams.try_train(net, rings)).unwrap().model.layer  # reject
next(streams.try_train(net, rings)).failure().state.metrics.loss  # reject
next(streams.try_train(net, rings)).failure().cause.node  # reject
takewhile(lambda s: s.loss > 0.1, trainer.train(net, rings))  # reject
[later.metrics - sooner.metrics for sooner, later in pairwise(trainer.train(net, rings))]  # reject
streams.every(10)(run.history)  # reject
streams.take(3)(after)  # reject
streams.tee_to_jsonl("a.jsonl", mode="a")  # reject
streams.tee_to_csv("a.csv", append="yes")  # reject
streams.until_converged(tolerance="1e-6")  # reject
streams.early_stopping(hinge, test_part, patience=2.5)  # reject
streams.early_stopping(hinge)  # reject
streams.held_out_loss(hinge, test_part)(net)  # reject
streams.held_out_loss(hinge, test_part)(after).data  # reject
streams.with_progress(100, desc="x")  # reject
streams.with_optimizer(net, optim.sgd(0.1))  # reject
pipe(trainer.train(net, rings), streams.take(3), collect)[0].losses  # reject
stopped = pipe(trainer.train(net, rings), streams.early_stopping(hinge, test_part), last)
stopped.metrics.lost  # reject
wrong_states: list[Stepped[Line]] = collect(take(2, trainer.train(net, rings)))  # reject
wrong_step: Callable[[MLP], MLP] = step  # reject
wrong_state: TrainState[Line] = begin  # reject
wrong_stepped: Stepped[MLP] = begin  # reject
wrong_metrics: dict[str, float] = after.metrics  # reject
copy.copy(after).metrics.stepp  # reject

# Values and functions of them.
value("1.0").data  # reject
value([1.0, 2.0])  # reject
value(1.0, "a")  # reject
value(1.0, name="a")  # reject
a + "1"  # reject
a @ b  # reject
a % 2 + None  # reject
a < b  # reject
sorted([a, b])  # reject
bool_of_value: bool = a  # reject
float_of_value: float = a * 2.0  # reject
a.grad  # reject
a.backward()  # reject
a.data = 3.0  # reject
a.parents[0].dat  # reject
a.label.upper()  # reject
sigmoid("0.5")  # reject
tanh([1.0, 2.0])  # reject
maximum(a)  # reject
maximum(a, b, 3.0)  # reject
softmax(a)  # reject
softmax([a, b]).data  # reject
total(a, b)  # reject
total([a, None])  # reject
where(a, b)  # reject
where(True, "left", "right")  # reject
logaddexp([a, b])  # reject
microfp.round(a, 2)  # reject
microfp.norm(a, b)  # reject
values.apply(sin, a)  # reject
ops.primitive("twice", lambda x: 2 * x)  # reject
ops.primitive("twice", lambda x: 2.0 * x, lambda x: (2.0,), 3)  # reject
total_data: list[float] = softmax([a, b])  # reject

# Gradients and graphs.
backward(out)[a].label  # reject
backward(out)["a"]  # reject
backward(a, b)  # reject
grad(table, a)  # reject
grad("a", table)  # reject
grad(a, table).data  # reject
find_grad(a, table) + 1.0  # reject
find_grad(a, table).value_or("none").upper()  # reject
next(backward_steps(out)).keys()[0]  # reject
gradients.chain_rule(a, table)  # reject
gradients.with_grad(a, table)["gradient"]  # reject
gradients.backward_symbolic(out)[a].dat  # reject
gradients.local_derivatives(out)[0].data  # reject
wrong_table: Gradients = {a: 1.0}  # reject
wrong_numbers: dict[str, float] = table  # reject
graph.nodes(out)[0]["id"].upper().bit_length  # reject
graph.nodes(out)[0]["gradient"]  # reject
graph.edges(out)[0]["from"]  # reject
graph.nodes(out, limit=2.5)  # reject
graph.to_rows(out)["node"]  # reject
graph.to_json(out).encode().loads  # reject
graph.from_rows([{"id": 0}])  # reject
graph.to_dot([out])  # reject
graph.to_svg(out, limit="200")  # reject
graph.to_python(out, inputs=a)  # reject
graph.substitute(out, {a: "2.0"})  # reject
graph.simplify(out, assume_finite=1.5)  # reject
graph.topological_order(out)[0].name  # reject
graph.free_variables(out)[0] + "x"  # reject
display.drawing(table)  # reject
explorer.to_html(out, limit="all")  # reject
explorer.to_html([out])  # reject
explorer.page_data(out)["frames_"]  # reject
explorer.frames(out)[0].terms[0].parents  # reject
debug.why_zero(a, out).reason == "saturated"  # reject
debug.why_zero(a, out).causes[0].nodes  # reject
debug.contributions(a, out)[0].consumer.grad  # reject
debug.paths(a, out, top="all")  # reject
debug.first_non_finite(out).value_or(None).node  # reject
debug.first_non_finite_gradient(out).unwrap().message.text  # reject

# Models and trees.
nn.mlp(3, (5, "1"))  # reject
nn.mlp(3, [5, 1], activation=tanh(0.5))  # reject
nn.mlp(3, [5, 1], activation="ReLU")  # reject
nn.mlp(3, [5, 1], init=0.1)  # reject
nn.mlp(3, [5, 1], bias=False)  # reject
nn.layer(3, 4, weights=[1.0, 2.0, 3.0])  # reject
nn.layer(3, 4, biases=0.0)  # reject
nn.neuron("3")  # reject
net("1, 2, 3")  # reject
net(1.0, 2.0, 3.0)  # reject
net([1.0, 2.0, 3.0]).data  # reject
net.layers[0].neurons[0].bias.data = 1.0  # reject
net.layers[0].neurons[0](1.0, 2.0)  # reject
nn.forward(net, [[1.0, 2.0, 3.0]])  # reject
nn.forward(net, [1.0, 2.0, 3.0])[0]  # reject
nn.forward_batch(net, [1.0, 2.0, 3.0])  # reject
nn.forward_many(net, [1.0, 2.0, 3.0]).data  # reject
nn.apply_gradients(net, table)  # reject
nn.apply_gradients(table, net, 0.1)  # reject
nn.dropout([a, b], 0.5, seed=1)  # reject
nn.select([a, b], 0)  # reject
nn.dot(a, b)  # reject
nn.linear([a, b], [[a, b]])  # reject
nn.masked(line)  # reject
nn.attention(a, [[a]], [[b]])  # reject
nn.block(8, heads=2.0)  # reject
MLP(layers=[Layer(neurons=pvector([]))])  # reject
Neuron(weights=pvector([a]), bias=0.5)  # reject
Line(slope=1.0, offset=value(0.0))  # reject
Line(value(1.0), value(0.0))  # reject
line(3.0)  # reject
line([1.0]).slope  # reject
line["slope"] * 2.0  # reject
Line(slope=a, offset=b) < line  # reject
tree.parameters(line).slope  # reject
tree.with_parameters(line, {"slope": 1.0})  # reject
tree.map_parameters(lambda p: str(p), line)  # reject
tree.freeze(line, lambda m: m.slop)  # reject
tree.mask(net, where=None)  # reject
tree.parameter_count(line) + "1"  # reject

# Losses, optimisers, schedules.
losses.huber(delta=None)  # reject
losses.focal(2.0)  # reject
losses.quantile(quantile=0.9)  # reject
losses.softmax_cross_entropy(label_smoothing="0.1")  # reject
losses.evaluate(hinge, net, rings).accuracy * 100.0  # reject
losses.evaluate(hinge, net, rings).scores[0].data  # reject
losses.evaluate(hinge, rings, net)  # reject
losses.evaluate(hinge, line, rings).model.layers  # reject
losses.evaluate_with(hinge, net)  # reject
losses.own("mine", lambda scores: scores[0] * 2.0)  # reject
losses.own("mine", lambda scores, target: target > 0.0)  # reject
losses.area_under_curve([1.0, 0.0], ["0.9", "0.1"])  # reject
losses.confusion_rows(["a"], ["b"], classes="ab").keys()  # reject
losses.r_squared(rings)  # reject
hinge.example(net, 1.0)  # reject
hinge(net, rings)  # reject
optim.sgd()  # reject
optim.sgd(0.1, 0.9)  # reject
optim.momentum(0.1, 0.9)  # reject
optim.adam(0.1, beta1=0.9)  # reject
optim.adam(learning_rate=lambda: 0.1)  # reject
optim.adamw(weight_decay=None)  # reject
optim.chain(optim.scale(2.0), 0.1)  # reject
optim.scale_by_schedule(0.1)  # reject
optim.masked([True, False], 0.1)  # reject
optim.multi_transform([optim.sgd(0.1)], ["a"])  # reject
optim.lookahead(optim.sgd(0.1), k=5)  # reject
optim.gradient_noise(seed=None)  # reject
optim.own("mine", lambda p: 0, lambda g, s, p, k: g)  # reject
optim.averaged_parameters(after.optimizer_state)  # reject
descent.init([0.0])  # reject
descent.learning_rate + 0.1  # reject
optim.lbfgs(memory="10")  # reject
schedules.cosine(0.1, 100, warmup=10)  # reject
schedules.join([0.1, 0.01], [100])  # reject
schedules.step_decay(0.1, 30)  # reject
schedules.exponential(0.1)  # reject
schedules.one_cycle(0.1, "100")  # reject
schedules.warm_up(schedules.constant(0.1), steps=None)  # reject
schedules.at_least(0.1, schedules.constant(0.1))  # reject
schedules.after_loss(0.5, schedules.plateau(0.1))  # reject
schedules.plateau(0.1, patience="10")  # reject
schedules.constant(0.1)("3")  # reject
wrong_rate: Schedule = 0.1  # reject
wrong_optimizer: Optimizer = optim.adam  # reject

# Data, tables, documents.
datasets.rings(classes="3")  # reject
datasets.checkerboard(100, square=4)  # reject
datasets.waves(noise="little")  # reject
datasets.bikes_table(missing=None)  # reject
datasets.dataset([[0.0], [1.0]], ["a", "b"])  # reject
datasets.dataset(xs=[[0.0]], y=[1.0])  # reject
datasets.dataset([[0.0]], [1.0], "name")  # reject
rings.xs[0] = (1.0, 2.0)  # reject
rings.points[0].z  # reject
rings.metadata["classes"] + 1  # reject
rings.shape  # reject
rings[0]  # reject
rings + rings  # reject
datasets.split(rings, held_out=0.2)[0].train  # reject
train_x, train_y, test_x = datasets.split(rings)  # reject
datasets.split(rings, stratify=True)  # reject
datasets.batches(rings)  # reject
datasets.batch(rings, 8, seed=1, step="3")  # reject
datasets.subset(rings, 3)  # reject
datasets.subset(rings, [0.5])  # reject
datasets.one_hot(rings).classes + 1.0  # reject
datasets.with_masks(rings, 4, rate=0.5)  # reject
scales.row(rings)  # reject
scales.mean  # reject
Standardization(means=[0.0], deviations=(1.0,)).rows("x")  # reject
Matrix(3)  # reject
datasets.read_csv("a.csv", target=None)  # reject
datasets.read_csv("a.csv").value_or(None).xs  # reject
datasets.read_csv("a.csv").map(datasets.split).unwrap().xs  # reject
datasets.read_csv("a.csv").bind(datasets.standardize)  # reject
datasets.read_csv("a.csv", choices=Choices(missing="mean"))  # reject
datasets.read_table("a.csv", watch=print("x"))  # reject
datasets.read_pieces("a.csv", rows=1e4)  # reject
datasets.from_rows([{"a": 1.0}], target=["a", 2.5])  # reject
datasets.infer(rows, "b").column  # reject
datasets.infer(rows, "b").columns[0].categories  # reject
datasets.table_dataset(rows, without="a", target=None)  # reject
datasets.column_rows(schema)[0]["nam"]  # reject
datasets.strays(rows, schema)  # reject
datasets.strays(schema, rows)[0].columns  # reject
datasets.content_parts(rings, rings.ys)[1]["test"].x  # reject
datasets.schema_of(rings).columns  # reject
DateColumn(name="d", first=1970)  # reject
DateColumn(name="d", parts=("day",))  # reject
Choices(date_order="ymd")  # reject
Choices(categorical=["town"], drop="id")  # reject
Form(delimiter=[";"], skip=1)  # reject
Form(skip="1")  # reject
Table(source="a", names=("a",), rows=[("1",)])  # reject
letters.vocabulary = 3  # reject
letters.encode("ab").decode()  # reject
letters.decode([0.5])  # reject
datasets.sequences("abba", context=4)  # reject
datasets.documents("names.txt").unwrap().split()  # reject
datasets.names().shuffle()  # reject

# The GPT.
gpt.gpt("27")  # reject
gpt.gpt(27, seed=None)  # reject
gpt.gpt(27, n_layer=2)  # reject
small.blocks[0].heads.query  # reject
small.attention([0, 1]).data  # reject
small.next_scores("ab")  # reject
gpt.generate(small, letters, temperature=None)  # reject
gpt.generate(small, letters, max_tokens=3)  # reject
gpt.samples(small, letters, 10)  # reject
collect(take(3, gpt.samples(small, letters)))[0].text  # reject
next(gpt.tokens(small, letters)).probabilities["a"]  # reject
gpt.probabilities([a, b])  # reject
gpt.held_out(small, texts).perplexity  # reject
gpt.prepared("names.txt", layers="1")  # reject
gpt.prepared(["ab"]).model.generate()  # reject
gpt.adam(steps=100.5)  # reject
gpt.load("g.json").unwrap().model  # reject
gpt.to_onnx(small, None)  # reject
trainer.fit(small, letters)  # reject
trainer.train(small, texts, loss=losses.next_token)  # reject
gpt.fastest_to_draw(small)  # reject

# Transforms.
func.grad(cube)(a, b)  # reject
func.grad(cube, 0, 1)  # reject
func.grad(plane, argnums=(0, 1))(1.0, 2.0).real  # reject
func.grad(plane, argnums="x")(1.0, 2.0)  # reject
func.grad(both)((1.0, 2.0))[2]  # reject
func.grad(both)(1.0, 2.0)  # reject
func.grad(cost)(line).slop  # reject
func.grad(cost)(net)  # reject
func.grad(cube, has_aux=True)(3.0)  # reject
func.value_and_grad(cost)(line)[1].name.data  # reject
func.value_and_grad(cost)(line).grad  # reject
func.value_and_grad(both)([1.0, 2.0])  # reject
func.jvp(cube, (3.0,), (1.0,))[0].data  # reject
func.jvp(cube, 3.0, "1")  # reject
func.jvp(plane, (1.0, 2.0), 1.0)  # reject
func.hvp(cost, line)  # reject
func.vjp(plane, 1.0, 2.0)[1](1.0)[2]  # reject
func.vjp(cube, 3.0)[0].upper()  # reject
func.linearize(cube, 3.0)[1]("1")  # reject
func.hessian(both)((1.0, 2.0))[0][0].data  # reject
func.hessian(cube)(3.0)[0]  # reject
func.jacfwd(lambda v: (v[0], v[1]))((1.0, 2.0)).upper()  # reject
func.vmap(cube)([1.0, 2.0]).data  # reject
func.vmap(plane, in_axes=(0, "x"))  # reject
func.scan(lambda c, x: c + x, 0.0, [1.0, 2.0])  # reject
func.scan(lambda c, x: (c + x, c), value(0.0), 3)  # reject
next(func.derivatives(cube, 3.0)).data  # reject
collect(func.taylor(cube, 3.0))[0].data  # reject
func.check_grads(cube, (3.0,), order="2")  # reject
func.check_grads(cube, (3.0,)).ok  # reject
func.minimize(cost)  # reject
last(func.minimize(both, (1.0, 2.0))).x.slope  # reject
last(func.until_converged(func.newton(cube, 1.0))).x[0]  # reject
func.until_converged(func.newton(cube, 1.0), tolerance=None)  # reject
func.custom_derivative(lambda x: x * 2.0, lambda x: 2.0, name=3)  # reject
func.along(a, cube, 3.0)  # reject
func.stop_gradient(a, b)  # reject

# Files, exports, native.
checkpoint.save(after, path=3)  # reject
checkpoint.save(after, "a.json").unwrap().exists()  # reject
checkpoint.load("a.json").unwrap().model  # reject
checkpoint.load("a.json", model=net)  # reject
checkpoint.load("a.json", known=Line)  # reject
checkpoint.load("a.json", model=Line).map(lambda s: s.model.layers)  # reject
checkpoint.from_json(b"{}")  # reject
checkpoint.to_data(after).step  # reject
checkpoint.Format("line", "1", Line)  # reject
checkpoint.load_record("a.json", Line)  # reject
export.to_onnx(net, "m.onnx", n_in="3")  # reject
export.to_javascript(hinge, net, descent, n_in=3).save("a.js")  # reject
export.javascript_scalars(descent)  # reject
export.from_safetensors(line, "a").map(lambda m: m.layers)  # reject
native.explain(hinge, net, 3, kernel="tiles")  # reject
native.explain(hinge, net, 3, kernels="tile")  # reject
native.explain(hinge, net, 3).code.asm  # reject
native.lower(out, a)  # reject
native.lower(out, [a, b]).instruction  # reject
native.run(native.lower(out, [a, b]), 1.0)  # reject
native.value_and_grad(cost, line, way="compiled")  # reject
native.value_and_grad(cost, line)(line)[1].weights  # reject
native.function_source(out)  # reject

# Experiments, parallel, estimators, charts, laws, expressions.
Configuration(hidden="16,16")  # reject
Configuration(activation="logistic")  # reject
Configuration(schedule=schedules.constant(0.1))  # reject
Configuration(standardize=None)  # reject
plan.hidden[0].size  # reject
experiments.run(plan)  # reject
experiments.run(plan, rings).value_or(None).predictor  # reject
outcome.held_out.accuracy  # reject
outcome.training.r2 > 0.5  # reject
outcome.history[0].losses  # reject
outcome.predictor.predict([[1.0, 2.0]])  # reject
experiments.predict(outcome.predictor, [[1.0, 2.0]])[0].upper()  # reject
experiments.predict_probabilities(outcome.predictor, [1.0, 2.0])  # reject
experiments.score(outcome.predictor, [[1.0, 2.0]], 1.0)  # reject
experiments.compare([plan])  # reject
next(experiments.compare([])).predictor  # reject
experiments.prepare_all(plan, rings)  # reject
experiments.extend(outcome.predictor, rings, epoch=3)  # reject
experiments.load_predictor("p.json").unwrap().predict  # reject
experiments.merit(outcome)[2]  # reject
experiments.computed_by(experiments.prepare(plan, rings), "fast")  # reject
parallel.sweep([plan], experiments.run)  # reject
next(parallel.sweep([1, 2], str)).upper()  # reject
parallel.best([Success(1.0)], cost="loss")  # reject
parallel.shared(rings).xs  # reject
parallel.gradient_map_reduce(hinge, net, rings)  # reject
parallel.add_gradients(table, {})  # reject
MLPClassifier((16.0, 16.0))  # reject
MLPClassifier(random_state=0, batch_size="all")  # reject
MLPClassifier().fit(rings)  # reject
MLPRegressor(alpha="1e-4")  # reject
MLPRegressor().coef_  # reject
TableEncoder(standardize="yes")  # reject
charts.compare({"a": net})  # reject
charts.compare({"a": run}, metric="accuracy")  # reject
charts.bars([1.0, 2.0])  # reject
charts.lines({"a": [1.0, 2.0]})  # reject
charts.lines({"a": [(0.0, 1.0)]}, scales=("linear", "ln"))  # reject
charts.boundary(net, rings, step=0.1)  # reject
charts.report(run, rings)  # reject
charts.report(run, after, rings)  # reject
charts.parameter_histogram([net])  # reject
charts.attention_map(small, "ab", letters)  # reject
charts.schedule_curve(schedules.constant, 100)  # reject
charts.exercise(cube, charts.case("a", 1.0, wanted=1.0))  # reject
charts.endless(rings)  # reject
charts.scatter(net)  # reject
plot_data.loss_history(run)[0]["losses"]  # reject
plot_data.training_history(net)  # reject
plot_data.evenly([after], "3")  # reject
plot_data.decision_boundary(net, rings, h="0.1")  # reject
laws.Law(kind="loss", name="a", equation="b", broken=True)  # reject
laws.check(hinge, examples="many")  # reject
laws.of(hinge)[0].law.equations  # reject
expressions.expression("x * y", {"x": "1", "y": 2.0})  # reject
expressions.expression("x", {"x": 1.0}).variables  # reject
expressions.read_variables("x=1")["x"].data  # reject
expressions.variables(out)  # reject

# Pipelines, curried, the toolbox.
pipe(rings, curried.split(), lambda parts: parts.train)  # reject
pipe(net, curried.fit(rings), lambda found: found.model)  # reject
pipe(net, curried.train(rings), streams.every(2), streams.take(3), collect).loss  # reject
pipe(a, curried.add(1.0), curried.pow("2"))  # reject
pipe(a, curried.clip(0.0, 1.0), curried.where(1.0))  # reject
pipe(after, curried.save("a.json"), lambda saved: saved.name)  # reject
pipe(rings, curried.batches(4), curried.standardize)  # reject
pipe(net, curried.map_parameters(lambda p: p * 0.5), curried.fit(net))  # reject
pipe(rings, curried.subset("01"), curried.shuffle())  # reject
Piped(net).to(curried.fit(rings)).get().model  # reject
Piped(net).to(curried.fit(rings)).final_model  # reject
Piped(a).to(curried.add(1.0)).get().upper()  # reject
toolbox.known(run.final_accuracy).upper()  # reject
toolbox.or_raise(datasets.read_csv("a.csv")).x  # reject
toolbox.bind_result(datasets.read_csv)(3)  # reject
toolbox.sliding_window("2", [1, 2])  # reject
accumulate(lambda n, m: n + m.loss, run.history)  # reject
iterate(lambda s: s.metrics, begin)  # reject

# Records of one's own.
Line(slope=a, offset=b, nmae="c")  # reject
Line(slope=a)  # reject
line.name = "other"  # reject
line.slop  # reject
line.name.data  # reject
len(line)  # reject
for field in line:  # reject
    pass
Line.create([1.0, 2.0])  # reject
line.update(name="b")  # reject
line.serialize().name  # reject


class Broken(Record):
    count: int = attr(default="3")  # reject
    rate: float = attr(default_factory=list)  # reject
    size: int = attr(deafult=3)  # reject


def fitted(model: Line) -> Run[MLP]:
    return trainer.fit(model, rings)  # reject


def stepped(state: TrainState[MLP]) -> Stepped[MLP]:
    return state  # reject


def loss_of(state: TrainState[MLP]) -> float:
    return state.metrics.loss  # reject


def mine(scores: tuple[Value, ...], target: float) -> float:
    return scores[0].data - target


own_loss = Loss(name="mine", example=mine)  # reject
