"""curried, toolbox, laws, experiments, charts, plot_data, display, records."""

from microfp import (
    Record,
    Value,
    attr,
    charts,
    configurations,
    curried,
    datasets,
    display,
    experiments,
    laws,
    losses,
    nn,
    optim,
    plot_data,
    predictors,
    schedules,
    sklearn,
    trainer,
    value,
)
from microfp.curried import add, mul, relu
from microfp.experiments import Configuration
from microfp.toolbox import (
    Piped,
    accumulate,
    collect,
    iterate,
    last,
    pipe,
    sliding_window,
    take,
    take_nth,
)

model, data = nn.mlp(2, [4, 1]), datasets.moons(20)
loss, optimizer = losses.max_margin(), optim.sgd(0.1)
start = trainer.initial_state(model, optimizer)
run = trainer.fit(model, data, steps=2)
x = value(2.0)

curried.add()  # reject
curried.add(1.0, 2.0)  # reject
curried.add("1")(x)  # reject
curried.add(1.0)("x")  # reject
curried.add(1.0)(x).dta  # reject
curried.where(1.0)  # reject
curried.where(1.0, "2")  # reject
curried.clip(1.0)  # reject
curried.total(x)  # reject
curried.split(0.25)  # reject
curried.split(held_out="0.25")  # reject
curried.split(data)  # reject
curried.shuffle(data)  # reject
curried.batches(data, 4)  # reject
curried.train(model, data)  # reject
curried.train(data)(data)  # reject
curried.train(data, loss=optimizer)  # reject
curried.fit(data, steps="3")  # reject
curried.fit(data)(model).final_lost  # reject
curried.save(start)  # reject
curried.save("a.json")(model)  # reject
curried.save("a.json", start)  # reject
curried.grad(x)  # reject
curried.evaluate(loss)  # reject
curried.evaluate(loss, data)(data)  # reject
curried.with_parameters(1.0)  # reject
curried.map_parameters(lambda p: "x")  # reject
curried.apply_gradients(0.1)  # reject
pipe(data, curried.shuffle, curried.split())  # reject
pipe(data, curried.split(), curried.shuffle())  # reject
pipe(data, curried.batches(4), curried.shuffle())  # reject
pipe(data, curried.one_hot(), curried.standardize).xs  # reject
pipe(model, curried.fit(data), curried.save("a.json"))  # reject
pipe(model, curried.evaluate(loss, data)).totl  # reject
pipe(x, mul(3), add, relu)  # reject
pipe(x, mul(3), relu(1.0))  # reject
pipe(x, mul(3), relu).foo  # reject
pipe(x, mul, relu)  # reject
pipe(x, lambda v: v.foo, relu)  # reject
pipe(x, relu, len)  # reject
pipe()  # reject
pipe(x, 3)  # reject
pipe(x, relu, 3)  # reject
pipe(x, str, relu)  # reject
pipe(x, mul("3"), relu)  # reject
pipe([1, 2], sum, len)  # reject
number: int = pipe(x, relu)  # reject
take(3)  # reject
take("3", [1])  # reject
take(3, 3)  # reject
take_nth([1], 2)  # reject
last(3)  # reject
collect(3)  # reject
iterate(lambda n: n)  # reject
iterate(lambda n: str(n), 3)  # reject
accumulate(lambda total, n: total + n, [1, 2])  # reject
accumulate(lambda total: total, [1, 2], 0)  # reject
accumulate(3, [1, 2], 0)  # reject
sliding_window(2, 3)  # reject
next(sliding_window(2, [1, 2])).foo  # reject
Piped()  # reject
Piped(3).to(3)  # reject
Piped(3).to(len)  # reject
Piped(3).to(str).get() + 1  # reject
Piped(3).map(str)  # reject

Configuration(hidden=8)  # reject
Configuration(hidden=("8",))  # reject
Configuration(hidden=[8])  # reject
Configuration(activation="rleu")  # reject
Configuration(loss="mse")  # reject
Configuration(optimizer="adm")  # reject
Configuration(schedule="cosin")  # reject
Configuration(backend="gpu")  # reject
Configuration(learning_rate="0.1")  # reject
Configuration(lr=0.1)  # reject
Configuration(steps=1.5)  # reject
Configuration(standardize="yes")  # reject
Configuration().learning  # reject
Configuration().steps = 3  # reject
experiments.run(data, Configuration())  # reject
experiments.run(Configuration())  # reject
experiments.run(Configuration(), data.xs)  # reject
experiments.run(Configuration(), data, steps=3)  # reject
experiments.run(Configuration(), data).predictor  # reject
experiments.run(Configuration(), data).map(lambda it: it.predictr)  # reject
experiments.run(Configuration(), data).unwrap().training.acc  # reject
experiments.run(Configuration(), data).unwrap().training.accuracy + 1.0  # reject
experiments.prepare(data, Configuration())  # reject
experiments.perform(Configuration())  # reject
experiments.compare(Configuration())  # reject
experiments.compare([Configuration()])  # reject
experiments.load_predictor(3)  # reject
experiments.load_predictor("a").state  # reject
experiments.load_predictor("a").map(lambda it: it.stat)  # reject
experiments.save_predictor("a", 3)  # reject
experiments.model_of(Configuration(), "2", 1)  # reject
experiments.loss_of("max_margin")  # reject
configurations.optimizer_of(data)  # reject
predictors.predict(model, [[1.0]])  # reject
predictors.class_name("a")  # reject

charts.loss_curves(model)  # reject
charts.loss_curves(run.history)  # reject
charts.loss_curves()  # reject
charts.boundary(data, model)  # reject
charts.boundary(model)  # reject
charts.boundary(model, data, 0.1)  # reject
charts.boundary(model, data, h="0.1")  # reject
charts.compare([run])  # reject
charts.compare({"a": model})  # reject
charts.compare({"a": run}, metric="lss")  # reject
charts.compare({"a": run}, title=3)  # reject
charts.report(run)  # reject
charts.report(run, [model], data)  # reject
charts.save(charts.scatter(data), 3)  # reject
charts.save(charts.scatter(data), "a.png", theme="blue")  # reject
charts.to_svg(charts.scatter(data), theme="drak")  # reject
charts.to_png(charts.scatter(data), scale="2")  # reject
charts.scatter(model)  # reject
charts.schedule_curve(0.1, 10)  # reject
charts.schedule_curve(schedules.constant(0.1))  # reject
charts.parameter_histogram([model])  # reject
charts.parameter_histogram([start], bins="4")  # reject
charts.scrubber(run, data)  # reject
charts.summary(run)  # reject
plot_data.loss_history(run)[0]["lss"]  # reject
plot_data.loss_history(run)[0].value  # reject
plot_data.training_history(run)[0]["los"]  # reject
plot_data.dataset_points(model)  # reject
plot_data.dataset_points(data)[0]["z"]  # reject
plot_data.decision_boundary(model)  # reject
plot_data.boundary_frames([model], data)  # reject
plot_data.schedule_rates(0.1, 3)  # reject
plot_data.evenly([start], "3")  # reject
plot_data.parameter_histogram([start], 3)  # reject
plot_data.zero_line(data)  # reject
display.drawing(model)  # reject
display.drawing(x, 3)  # reject

laws.check()  # reject
laws.check(loss, examples="3")  # reject
laws.check(loss, 3)  # reject
laws.of(loss)[0].foo  # reject
laws.of(loss)[0].law.equaton  # reject
laws.LAWS["x"]  # reject


class Line(Record):
    slope: Value = attr()
    tag: str = attr(default="a")
    rows: tuple[float, ...] = attr(default=())


class Sub(Line):
    more: int = attr(default=0)


line = Line(slope=x)
Line(slope=x, tag=None)  # reject
Line(slope=x, rows=[1.0])  # reject
Line(slope=x, rows=("a",))  # reject
Line(x)  # reject
Line()  # reject
Line(slop=x)  # reject
Sub(slope=x, more="1")  # reject
Sub(slope=x, tag=3)  # reject
line.tag = "b"  # reject
line.tag.foo  # reject
line["tag"] = "b"  # reject
line.rows.append(1.0)  # reject
line.slope.dta  # reject
line < line  # reject
line + line  # reject
line[0]  # reject
line == "line"  # reject
sub: Sub = line  # reject
Line.create({"slope": x}).foo  # reject
Line.create(3)  # reject
line.transform(["tag"], "b").foo  # reject
line.update({"tag": "b"}).foo  # reject
line.serialize().foo  # reject
line.evolver().foo  # reject
attr(1)  # reject
attr(defualt=1)  # reject


class Bad(Record):
    a: int = attr(default="x")  # reject
    b: str = attr(default=3)  # reject
    c: tuple[int, ...] = attr(default=[1])  # reject
    d: int = attr(default_factory=3)  # reject
    e: int = attr(default_factory=lambda: "x")  # reject
    f: int = attr(factory=int)  # reject


sklearn.MLPClassifier(activation="rleu")  # reject
sklearn.MLPClassifier(solver="adm")  # reject
sklearn.MLPClassifier(batch_size="all")  # reject
sklearn.MLPClassifier(backend="gpu")  # reject
sklearn.MLPClassifier(hidden_layer_sizes="8")  # reject
sklearn.MLPClassifier(learning_rate=0.1)  # reject
sklearn.MLPRegressor((8,), "tanh", "adam")  # reject
sklearn.MLPRegressor(max_iter="200")  # reject
sklearn.MLPRegressor().fit([[1.0]])  # reject
sklearn.MLPRegressor().predict()  # reject
sklearn.MLPRegressor().set_params(8)  # reject
