"""Data, files, experiments, the GPT, laws and transforms as somebody gets them wrong."""

from microfp import (
    curried,
    datasets,
    debug,
    experiments,
    explorer,
    export,
    expressions,
    func,
    gpt,
    graph,
    laws,
    losses,
    native,
    nn,
    optim,
    sin,
    trainer,
    value,
)
from microfp.datasets import Choices, Form, NumericColumn, Schema
from microfp.experiments import Configuration
from microfp.sklearn import MLPClassifier, MLPRegressor
from microfp.toolbox import pipe

net = nn.mlp(2, [4, 1])
moons = datasets.moons(20)
x, y = value(1.0), value(2.0)
characters = datasets.characters(["anna", "bob"])
model = gpt.gpt(10)
table = datasets.read_table("t.csv").unwrap()
schema = Schema(columns=(NumericColumn(name="a"),), targets=("b",))

datasets.moons("100")  # reject
datasets.moons(100, noise=None)  # reject
datasets.moons(100, 0.1)  # reject
datasets.moons(samples=100)  # reject
datasets.blobs(100, centers=[0.0, 1.0])  # reject
datasets.circles(100, ratio=0.5)  # reject
datasets.digits("all")  # reject
datasets.iris(150)  # reject
datasets.dataset([1.0, 2.0], [1.0, 2.0])  # reject
datasets.dataset([[1.0]])  # reject
datasets.dataset([["a"]], [1.0])  # reject
datasets.split(moons, 0.25)  # reject
datasets.split(moons, test_size=0.25)  # reject
datasets.split(moons).training  # reject
datasets.batch(moons, 10)  # reject
datasets.batches(moons, size="8")  # reject
datasets.standardize(moons).xs  # reject
datasets.standardize(moons).transform(moons.xs)  # reject
datasets.shuffle(moons, seed=None)  # reject
datasets.subset(moons, [True, "a"])  # reject
datasets.relabel(moons, {0.0: 1.0})  # reject
datasets.from_csv("a.csv", target=1.5)  # reject
datasets.from_csv("a.csv", delimiter=None, sep=",")  # reject
datasets.from_csv("a.csv", form="excel")  # reject
datasets.read_csv("a.csv").xs  # reject
datasets.read_csv(["a.csv"])  # reject
datasets.read_csv("a.csv").map(lambda found: found.x)  # reject
datasets.from_rows({"a": 1.0}, "a")  # reject
datasets.infer("a.csv")  # reject
datasets.infer(table, choices=Form())  # reject
datasets.encode(table, schema)  # reject
datasets.encode(schema, [["1"]])  # reject
datasets.typed_dataset(schema, table)  # reject
datasets.table_numbers(table, 3)  # reject
datasets.table_texts(table, ["a"])  # reject
datasets.describe(schema)  # reject
Choices(numeric="age")  # reject
Choices(missing="drop")  # reject
Choices(unseen="ignore")  # reject
Choices(numerical=("age",))  # reject
Form(header="yes")  # reject
Form(quote='"')  # reject
Schema(columns=("a",), targets=("b",))  # reject
Schema(columns=(NumericColumn(name="a"),))  # reject
Schema(columns=(NumericColumn(name="a"),), targets="b")  # reject
NumericColumn("a")  # reject
NumericColumn(name="a", fill="mean")  # reject
datasets.CategoricalColumn(name="a", categories=["x"])  # reject
datasets.DateColumn(name="a", parts=("year",))  # reject
datasets.Characters(characters="abc")  # reject
characters.encode(3)  # reject
characters.decode("anna")  # reject
characters.vocabulary()  # reject
datasets.characters(3)  # reject
datasets.sequences(["anna"], context=4)  # reject
datasets.sequences(characters, ["anna"])  # reject
gpt.gpt(10, layer=2)  # reject
gpt.gpt("abc")  # reject
gpt.gpt(10, embedding=16.0)  # reject
gpt.generate(characters, model)  # reject
gpt.generate(model, "abc")  # reject
gpt.generate(model, characters, temperature="hot")  # reject
gpt.generate(model, characters).text  # reject
gpt.samples(model, characters, count=3)  # reject
gpt.samples(model, characters)[0]  # reject
next(gpt.tokens(model, characters)).probability  # reject
gpt.prepared(["anna"], vocabulary=10)  # reject
gpt.prepared(["anna"]).documents.append("bob")  # reject
gpt.adam(learning_rate=0.01)  # reject
gpt.held_out(model, characters)  # reject
gpt.held_out(model, moons).loss  # reject
gpt.load("m.json").map(lambda learnt: learnt.model)  # reject
gpt.save(model, "m.json")  # reject
gpt.probabilities(1.0)  # reject
model.attention("abc")  # reject
model.blocks[0].query.layers  # reject
laws.check(losses.max_margin(), 10)  # reject
laws.check()  # reject
laws.of(losses.max_margin())[0].check(3)  # reject
laws.of(losses.max_margin()).laws  # reject
laws.Law(name="mine", broken=lambda thing: None)  # reject
Configuration(hidden=16)  # reject
Configuration(hidden=(16.0,))  # reject
Configuration(activation="swish")  # reject
Configuration(loss="mse")  # reject
Configuration(optimizer="adma")  # reject
Configuration(schedule="cosin")  # reject
Configuration(lr=0.1)  # reject
Configuration(steps="100")  # reject
Configuration(standardise=True)  # reject
Configuration(backend="gpu")  # reject
experiments.run(moons, Configuration())  # reject
experiments.run(Configuration(), moons).steps  # reject
experiments.run(Configuration, moons)  # reject
experiments.run(Configuration(), moons, steps=3)  # reject
experiments.run(Configuration(), moons).unwrap().held_out.loss  # reject
experiments.run(Configuration(), moons).unwrap().training.r2 + 1.0  # reject
experiments.predict(net, [[1.0, 2.0]])  # reject
experiments.predict([[1.0, 2.0]], net)  # reject
experiments.perform(Configuration())  # reject
experiments.compare(experiments.prepare(Configuration(), moons))  # reject
experiments.load_predictor("m.json").map(lambda found: found.scales)  # reject
experiments.save_predictor("m.json", "p")  # reject
MLPClassifier(hidden_layer_sizes="100")  # reject
MLPClassifier(solver="lbfgsx")  # reject
MLPRegressor(activation="rleu")  # reject
MLPRegressor(max_iter="200")  # reject
MLPRegressor(learning_rate_int=0.1)  # reject
func.grad(x)  # reject
func.grad(sin)("3")  # reject
func.grad(lambda a: a * a, argnum=0)  # reject
func.grad(lambda a: a * a, "0")  # reject
func.value_and_grad(sin)(3.0) + 1.0  # reject
func.jvp(lambda a: a * a, 3.0)  # reject
func.hvp(lambda a: a * a, 3.0)  # reject
func.vmap(lambda a: a * a, "0")  # reject
func.newton(lambda a: a * a - 2.0)  # reject
func.newton(lambda a: a * a - 2.0, "1")  # reject
next(func.newton(lambda a: a * a - 2.0, 1.0)).root  # reject
func.minimize(1.0, lambda a: a * a)  # reject
func.taylor(lambda a: a * a, 1.0)[0]  # reject
func.check_grads(lambda a: a * a, 1.0, 2)  # reject
func.check_grads(lambda a: a * a, 1.0).passed  # reject
func.custom_derivative(lambda a: a)  # reject
graph.nodes(x)[0].grad  # reject
graph.nodes(x)[0]["op"].name  # reject
graph.to_json([x])  # reject
graph.from_json(x)  # reject
graph.to_dot(x, y)  # reject
graph.substitute(x, (y, 2.0))  # reject
graph.substitute(x, {"x": 2.0})  # reject
graph.simplify(x, True)  # reject
graph.to_python(x, ["x"])  # reject
graph.formula(x)  # reject
graph.to_latex(x).data  # reject
debug.paths(x, y, 3)  # reject
debug.paths(x)  # reject
debug.why_zero(x, y).cause  # reject
debug.why_zero(x, y).causes[0].reason.upper()  # reject
debug.first_non_finite(x).node  # reject
explorer.frames(x, 3)  # reject
explorer.frames(x)[0].phase == "backwards"  # reject
explorer.frames(x)[0].upstream + 1.0  # reject
explorer.to_html(x, title=3)  # reject
export.to_onnx("m.onnx", net)  # reject
export.to_onnx(net, "m.onnx", inputs=2)  # reject
export.from_safetensors("m.safetensors", net)  # reject
export.from_safetensors(net, "m").map(lambda found: found.neurons)  # reject
expressions.expression("x + 1")  # reject
expressions.expression("x + 1", {"x": "1"})  # reject
expressions.variables("x + 1").x  # reject
expressions.read_variables("x=1", "y=2")  # reject
native.predict([[1.0, 2.0]], net)  # reject
native.predict(net, [1.0, 2.0])  # reject
native.predict(net, [[1.0, 2.0]])[0].data  # reject
native.value_and_grad(lambda m: value(1.0))  # reject
native.value_and_grad(lambda m: value(1.0), net, way="fast")  # reject
native.value_and_grad(lambda m: value(1.0), net)(moons)  # reject
native.explain(losses.max_margin(), net)  # reject
native.lower(x, x)  # reject
native.run(net, [1.0])  # reject
curried.fit(net, moons)  # reject
curried.fit(net)  # reject
curried.fit(moons)(moons)  # reject
curried.train(moons, steps=3)  # reject
curried.split(0.25)  # reject
curried.split()(net)  # reject
curried.save(3)  # reject
curried.save("run.json")(net)  # reject
curried.evaluate(moons, losses.max_margin())  # reject
curried.one_hot(classes=3)(net)  # reject
curried.subset([1, 2], moons)  # reject
curried.batches(moons, 10)  # reject
curried.apply_gradients(0.1, {})  # reject
curried.grad(x)(x)  # reject
curried.where(1.0)(True)  # reject
curried.mul(2.0)("3")  # reject
pipe(moons, curried.split(), curried.fit(moons))  # reject
pipe(3.0, curried.mul(2.0), curried.clip(0.0))  # reject
pipe(net, curried.train(moons), curried.save("run.json"))  # reject
pipe(net, curried.fit(moons), curried.freeze())["history"].loss  # reject
wrong_rows: list[float] = datasets.moons().xs  # reject
wrong_sum: float = trainer.fit(net, moons).history[0]  # reject
wrong_rule: float = optim.applied_rules(optim.sgd(0.1))  # reject
