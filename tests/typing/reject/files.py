"""Datasets, files, checkpoints, exports."""

from returns.io import IOResult

from microfp import checkpoint, datasets, export, losses, nn, optim, streams, trainer
from microfp.datasets import Dataset
from microfp.errors import FileError
from microfp.trainer import TrainState

model, data = nn.mlp(2, [4, 1]), datasets.moons(20)
loss, optimizer = losses.max_margin(), optim.sgd(0.1)
start = trainer.initial_state(model, optimizer)
first = next(trainer.train(model, data))

datasets.moons(noise="0.1")  # reject
datasets.moons(n=1.5)  # reject
datasets.moons(random_state=3)  # reject
datasets.moons(shuffle="no")  # reject
datasets.moons(20).x  # reject
datasets.moons(20).xs[0]["a"]  # reject
datasets.moons(20).ys.append(1.0)  # reject
datasets.moons(20).xs[0][0] = 1.0  # reject
datasets.moons(20)[0]  # reject
xs, ys = datasets.moons(20)  # reject
datasets.blobs(centers=3)  # reject
datasets.blobs(centers=[1.0, 2.0])  # reject
datasets.circles(factor="0.5")  # reject
datasets.rings(classes="3")  # reject
datasets.iris(20)  # reject
datasets.digits("10")  # reject
datasets.dataset([[1.0]])  # reject
datasets.dataset([1.0], [1.0])  # reject
datasets.dataset([[1.0]], ["a"])  # reject
datasets.dataset([[1.0]], [1.0], name=3)  # reject
datasets.dataset([[1.0]], [1.0], "name")  # reject
datasets.split(data, 0.25)  # reject
datasets.split(data, held_out="0.25")  # reject
datasets.split(data, test_size=0.25)  # reject
datasets.split(data).xs  # reject
datasets.split(model)  # reject
datasets.split(data.xs, data.ys)  # reject
a, b, c = datasets.split(data)  # reject
datasets.shuffle(data, 3)  # reject
datasets.shuffle(data, seed="3")  # reject
datasets.batch(data, 4)  # reject
datasets.batch(data, "4", seed=1, step=0)  # reject
datasets.batch(data, 4, seed=1, step="0")  # reject
datasets.batches(data)  # reject
datasets.batches(data, 4).xs  # reject
datasets.batches(data, 4, shuffle=True)  # reject
datasets.batches(4, data)  # reject
datasets.one_hot(data, 3)  # reject
datasets.one_hot(data, classes="3")  # reject
datasets.relabel(data, 3.0)  # reject
datasets.relabel(data, ["a"])  # reject
datasets.subset(data, 3)  # reject
datasets.subset(data, ["0"])  # reject
datasets.standardize(data).mean  # reject
datasets.standardize(data).xs  # reject
datasets.standardize(data)(model)  # reject
datasets.standardize(data.xs)  # reject
datasets.standardize(data).row(1.0)  # reject
training, held = datasets.standardize(data)  # reject
datasets.from_rows([1.0])  # reject
datasets.from_rows([[1.0, 2.0]], target=1.5)  # reject
datasets.read_csv(3)  # reject
datasets.read_csv("a.csv", target=None)  # reject
datasets.read_csv("a.csv", delimiter=3)  # reject
datasets.read_csv("a.csv", header="yes")  # reject
datasets.read_csv("a.csv").xs  # reject
datasets.read_csv("a.csv").unwrap().xs  # reject
datasets.read_csv("a.csv").map(lambda d: d.x)  # reject
datasets.read_csv("a.csv").map(len)  # reject
datasets.read_csv("a.csv").value_or(None).xs  # reject
datasets.read_csv("a.csv").bind(datasets.split)  # reject
datasets.read_csv("a.csv").bind_result(datasets.split)  # reject
datasets.read_csv("a.csv").map(nn.parameters).map(checkpoint.save)  # reject
trainer.fit(model, datasets.read_csv("a.csv"))  # reject
d: Dataset = datasets.read_csv("a.csv")  # reject
d2: IOResult[nn.MLP, FileError] = datasets.read_csv("a.csv")  # reject
datasets.read_table("a.csv").map(lambda table: table.row)  # reject
datasets.Dataset(xs=[[1.0]], ys=[1.0])  # reject
datasets.Dataset(xs=((1.0,),))  # reject

checkpoint.save("a.json", start)  # reject
checkpoint.save(model, "a.json")  # reject
checkpoint.save(start)  # reject
checkpoint.save(start, 3)  # reject
checkpoint.save(start, "a.json").exists()  # reject
checkpoint.save(start, "a.json").map(lambda path: path.nme)  # reject
checkpoint.load(3)  # reject
checkpoint.load("a.json").model  # reject
checkpoint.load("a.json", MLP=nn.MLP)  # reject
checkpoint.load("a.json", model=model)  # reject
checkpoint.load("a.json", model="MLP")  # reject
checkpoint.load("a.json", nn.MLP)  # reject
checkpoint.load("a.json").map(lambda state: state.model.layers)  # reject
checkpoint.load("a.json", model=nn.MLP).map(lambda state: state.model.layer)  # reject
checkpoint.load("a.json", model=nn.MLP).map(lambda state: state.metrics.loss)  # reject
checkpoint.load("a.json", model=nn.MLP).map(lambda state: state.mdel)  # reject
checkpoint.load("a.json", model=nn.MLP).bind(checkpoint.save)  # reject
checkpoint.load("a.json", known=nn.MLP)  # reject
checkpoint.to_json(model)  # reject
checkpoint.to_json(start, "a.json")  # reject
checkpoint.from_json(3)  # reject
checkpoint.from_json("{}").model.layers  # reject
trainer.fit(checkpoint.load("a.json", model=nn.MLP), data)  # reject
streams.resume(checkpoint.load("a.json", model=nn.MLP), data)  # reject
it: IOResult[TrainState[nn.Neuron], FileError] = checkpoint.load("a", model=nn.MLP)  # reject

export.to_safetensors("a", model)  # reject
export.to_safetensors(model)  # reject
export.from_safetensors("a", model)  # reject
export.from_safetensors(model, 3)  # reject
export.from_safetensors(model, "a").layers  # reject
export.from_safetensors(model, "a").map(lambda m: m.layer)  # reject
export.to_onnx(model, "a", n_in="2")  # reject
export.to_onnx(model, "a", 2)  # reject
export.to_onnx(start, "a")  # reject
export.to_onnx("a", model)  # reject
k: nn.MLP = export.from_safetensors(model, "a")  # reject
