"""A predictor predicts what its model scores, measures as scikit-learn does, and can be saved."""

import json
import math
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from returns.pipeline import is_successful
from returns.unsafe import unsafe_perform_io
from sklearn.metrics import (
    accuracy_score,
    log_loss,
    mean_absolute_error,
    r2_score,
    root_mean_squared_error,
)

from microfp import checkpoint, datasets, nn, optim, tree
from microfp.configurations import Configuration
from microfp.datasets import (
    Choices,
    Split,
    Standardization,
    Table,
    dataset,
    infer,
    iris,
    moons,
    typed_dataset,
)
from microfp.errors import DataError, ShapeError
from microfp.experiments import run
from microfp.predictors import (
    FORMAT,
    Predictor,
    class_name,
    encode,
    load_predictor,
    predict,
    predict_probabilities,
    save_predictor,
    score,
)
from microfp.trainer import initial_state

IRIS = iris()
NAMES = ("setosa", "versicolor", "virginica")
SPECIES = [NAMES[int(y)] for y in IRIS.ys]
SHORT = Configuration(hidden=(4,), steps=30)
LINE = dataset([[float(i)] for i in range(60)], [500.0 + 30.0 * i for i in range(60)])


def trained(data: Any, **options: Any) -> Predictor:
    return run(SHORT.set(**options), data).unwrap().predictor


@pytest.fixture(scope="module")
def botanist() -> Predictor:
    return trained(IRIS)


@pytest.fixture(scope="module")
def binary() -> Predictor:
    return trained(moons(60))


# Predictions and measures


def test_a_class_is_the_one_of_the_largest_score(botanist: Predictor) -> None:
    assert botanist.inputs is not None
    scores = [[y.data for y in botanist.model(botanist.inputs.row(row))] for row in IRIS.xs[:9]]
    expected = tuple(NAMES[row.index(max(row))] for row in scores)
    assert predict(botanist, IRIS.xs[:9]) == expected


def test_scores_of_classes_are_sklearns(botanist: Predictor, binary: Predictor) -> None:
    points = moons(60, seed=2)
    sides = [class_name(y) for y in points.ys]
    for predictor, rows, targets in ((botanist, IRIS.xs, SPECIES), (binary, points.xs, sides)):
        shares = predict_probabilities(predictor, rows)
        found = score(predictor, rows, targets)
        labels = list(predictor.classes)
        assert found.accuracy == accuracy_score(targets, predict(predictor, rows))
        assert found.loss == pytest.approx(log_loss(targets, shares, labels=labels), rel=1e-12)
        assert all(math.fsum(row) == pytest.approx(1.0, abs=1e-15) for row in shares)
        best = tuple(labels[row.index(max(row))] for row in shares)
        assert predict(predictor, rows) == best
        assert (found.examples, found.r2) == (len(rows), None)


def test_scores_of_numbers_are_sklearns_in_their_own_unit() -> None:
    predictor = trained(LINE)
    found, predicted = score(predictor, LINE.xs, LINE.ys), predict(predictor, LINE.xs)
    assert found.r2 == pytest.approx(r2_score(LINE.ys, predicted), rel=1e-9)
    expected = mean_absolute_error(LINE.ys, predicted)
    assert found.mean_absolute_error == pytest.approx(expected, rel=1e-9)
    rms = root_mean_squared_error(LINE.ys, predicted)
    assert found.root_mean_squared_error == pytest.approx(rms, rel=1e-9)
    assert found.accuracy is None
    assert score(predictor, [(3.0,)], [590.0]).r2 is None


def test_unscaled_numbers_are_predicted_as_they_are() -> None:
    plain = trained(moons(40), standardize=False, loss="mean_squared_error")
    (row,) = moons(2).xs[:1]
    assert predict(plain, [row]) == (plain.model(row)[0].data,)


def test_probabilities_hold_where_scores_are_large() -> None:
    model = nn.MLP(layers=nn.mlp(1, [1]).layers.set(0, nn.layer(1, 1, weights=[[1.0]])))
    steep = Predictor(
        features=("x",),
        target="y",
        classes=("no", "yes"),
        configuration=Configuration(loss="binary_cross_entropy"),
        state=initial_state(model, optim.sgd(0.1)),
    )
    assert predict_probabilities(steep, [(1000.0,), (0.0,)]) == ((0.0, 1.0), (0.5, 0.5))
    assert predict(steep, [(1e-300,), (0.0,)]) == ("yes", "no")


def test_classes_may_be_given_as_numbers_where_they_are(binary: Predictor) -> None:
    rows = moons(60).xs
    assert encode(binary, rows[:2], [1.0, -1]).ys == encode(binary, rows[:2], ["1", "-1"]).ys


def test_what_cannot_be_predicted_or_measured_is_named(
    botanist: Predictor, binary: Predictor
) -> None:
    with pytest.raises(ShapeError, match=r"predict: rows\[1\] must hold 2 numbers, got 1"):
        predict(binary, [(1.0, 2.0), (1.0,)])
    with pytest.raises(DataError, match="must be one of setosa, versicolor, virginica, got 'rose'"):
        score(botanist, IRIS.xs[:1], ["rose"])
    machine = trained(moons(40), loss="max_margin")
    with pytest.raises(ValueError, match="must be made by binary_cross_entropy or softmax"):
        predict_probabilities(machine, moons(2).xs)
    with pytest.raises(ValueError, match="got 'mean_squared_error'"):
        predict_probabilities(trained(LINE), [(1.0,)])


# Parts that do not fit


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"split": Split(seed=1)}, "split must be of the same classes"),
        ({"features": ("a",)}, "the model must have 1 inputs and 3 outputs"),
        ({"features": ("a", "b", "c", "c")}, "features must be different names"),
        ({"features": ("a", "b", "c", 4)}, "features must be a tuple of texts"),
        ({"classes": ("a", "b")}, "the model must have 4 inputs and 2 outputs"),
        ({"classes": ()}, "configuration.loss must be one of mean_squared_error"),
        ({"configuration": SHORT}, "configuration.loss must be one of binary_cross_entropy"),
        ({"configuration": SHORT.set(loss="max_margin")}, "max_margin: there must be 2 classes"),
        ({"inputs": Standardization(means=(1.0,), deviations=(1.0,))}, "inputs must be 4 finite"),
        ({"targets": Standardization(means=(1.0,), deviations=(0.0,))}, "targets must be 1 finite"),
        (
            {"targets": Standardization(means=(math.nan,), deviations=(1.0,))},
            "targets must be 1 finite",
        ),
    ],
)
def test_parts_that_do_not_fit_are_refused(
    change: dict[str, Any], error: str, botanist: Predictor
) -> None:
    with pytest.raises((ValueError, TypeError)) as caught:
        botanist.set(**change)
    assert error in str(caught.value)


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_a_model_that_is_no_longer_finite_predicts_nothing(
    number: float, botanist: Predictor
) -> None:
    model = tree.map_parameters(lambda _: number, botanist.model)
    spoilt = botanist.set(state=botanist.state.set(model=model))
    with pytest.raises(DataError, match=f"parameters of the model must be finite, got {number}"):
        predict(spoilt, [(1.0, -1.0, 0.0, 2.0)])


def test_rows_that_have_no_score_are_named(binary: Predictor) -> None:
    with pytest.raises(DataError, match=r"rows\[0\] must hold finite numbers, got nan for"):
        predict(binary, [(math.nan, 1.0)])


def test_one_class_is_no_choice(botanist: Predictor) -> None:
    with pytest.raises(DataError, match="there must be at least 2 classes, got 1"):
        botanist.set(classes=("a",))


def test_a_model_of_another_kind_is_refused(botanist: Predictor) -> None:
    other = initial_state(nn.layer(4, 3), optim.sgd(0.1))
    with pytest.raises(TypeError, match=r"state\.model must be an MLP"):
        botanist.set("state", other)


# Files


def saved(predictor: Predictor, path: Path) -> str:
    assert is_successful(save_predictor(predictor, path))
    return path.read_text("utf-8")


def complaint(path: Path) -> str:
    return str(unsafe_perform_io(load_predictor(path).failure()))


def test_a_predictor_comes_back_whole(botanist: Predictor, tmp_path: Path) -> None:
    for name, predictor in {"flowers": botanist, "line": trained(LINE)}.items():
        text = saved(predictor, tmp_path / name)
        back = unsafe_perform_io(load_predictor(tmp_path / name).unwrap())
        rows = IRIS.xs if name == "flowers" else LINE.xs
        assert predict(back, rows) == predict(predictor, rows)
        assert back.configuration == predictor.configuration
        assert saved(back, tmp_path / "again") == text


def test_a_schema_is_part_of_a_predictor_and_of_its_file(tmp_path: Path) -> None:
    kinds = ("cat", "bird")
    rows = tuple(
        (
            ("north", "south")[i % 2],
            f"{i * 0.7:.2f}" if i % 5 else "",
            f"2020-0{1 + i % 9}-11",
            "yn"[i % 2],
            str(i),
            kinds[i % 2],
        )
        for i in range(20)
    )
    names = ("side", "weight", "seen", "tame", "row", "kind")
    table = Table(source="p.csv", names=names, rows=rows, lines=tuple(range(2, 22)))
    schema = infer(table, "kind", Choices(drop=("row",)))
    predictor = trained(typed_dataset(table, schema))
    assert predictor.schema == schema
    text = saved(predictor, tmp_path / "model.json")
    back = unsafe_perform_io(load_predictor(tmp_path / "model.json").unwrap())
    assert back.schema == schema
    assert saved(back, tmp_path / "again") == text
    xs = datasets.encode(schema, table).xs
    assert predict(back, xs) == predict(predictor, xs)
    with pytest.raises(ValueError, match=r"schema must be one that makes the features side=north"):
        back.set(schema=schema.set(columns=schema.columns[1:]))


def test_a_file_that_knew_no_schema_is_read(botanist: Predictor, tmp_path: Path) -> None:
    data = json.loads(saved(botanist, tmp_path / "model.json"))
    del data["state"]["Predictor"]["schema"]
    plain = json.dumps([data["nodes"], data["state"]], sort_keys=True, separators=(",", ":"))
    text = json.dumps({**data, "sha256": sha256(plain.encode()).hexdigest()})
    (tmp_path / "old.json").write_text(text)
    back = unsafe_perform_io(load_predictor(tmp_path / "old.json").unwrap())
    assert back == botanist.set(state=back.state)
    assert back.schema is None


def test_a_file_of_before_has_no_split_and_no_epochs(botanist: Predictor, tmp_path: Path) -> None:
    data = json.loads(saved(botanist, tmp_path / "model.json"))
    inner = data["state"]["Predictor"]
    del inner["split"], inner["configuration"]["Configuration"]["epochs"]
    plain = json.dumps([data["nodes"], data["state"]], sort_keys=True, separators=(",", ":"))
    digest = sha256(plain.encode()).hexdigest()
    (tmp_path / "old.json").write_text(json.dumps({**data, "sha256": digest}))
    old = unsafe_perform_io(load_predictor(tmp_path / "old.json").unwrap())
    assert (old.split, old.configuration) == (None, botanist.configuration)
    assert botanist.split is not None


def test_a_file_that_has_a_field_by_its_former_name_is_read(
    botanist: Predictor, tmp_path: Path
) -> None:
    data = json.loads(saved(botanist, tmp_path / "model.json"))
    fields = data["state"]["Predictor"]["configuration"]["Configuration"]
    fields["penalty"] = fields.pop("l2")
    plain = json.dumps([data["nodes"], data["state"]], sort_keys=True, separators=(",", ":"))
    written = {**data, "sha256": sha256(plain.encode()).hexdigest()}
    (tmp_path / "old.json").write_text(json.dumps(written))
    old = unsafe_perform_io(load_predictor(tmp_path / "old.json").unwrap())
    assert old.configuration == botanist.configuration
    assert old.configuration.l2 is not None
    fields["l2"] = 0.5  # by both names it is none
    (tmp_path / "both.json").write_text(json.dumps(written))
    told = str(unsafe_perform_io(load_predictor(tmp_path / "both.json").failure()))
    assert "must have no key 'penalty'" in told


def test_a_forged_file_is_refused_with_the_place_and_the_reason(
    botanist: Predictor, tmp_path: Path
) -> None:
    text, path = saved(botanist, tmp_path / "model.json"), tmp_path / "forged.json"

    def forged(*steps: str | int, value: object) -> str:
        data = json.loads(text)
        inner = data["state"]["Predictor"]
        for step in steps[:-1]:
            inner = inner[step]
        inner[steps[-1]] = value
        plain = json.dumps([data["nodes"], data["state"]], sort_keys=True, separators=(",", ":"))
        path.write_text(json.dumps({**data, "sha256": sha256(plain.encode()).hexdigest()}))
        return complaint(path).removeprefix(f"{path}: ")

    place = "state.Predictor"
    weighing = ("state", "TrainState", "model", "MLP", "layers", 0, "Layer", "neurons", 0, "Neuron")
    scale_of_inputs = json.loads(text)["state"]["Predictor"]["inputs"]
    told = forged(*weighing, "activation", value=scale_of_inputs)
    assert "activation must be a function from a value to a value, got Standardizati" in told
    assert forged("target", value=3).startswith(f"{place}.target must be of type str")
    assert "the model must have 1 inputs" in forged("features", value={"tuple": ["a"]})
    assert forged("classes", "tuple", 0, value=7).startswith(f"{place}.classes[0] must be of type")
    configuration = ("configuration", "Configuration")
    assert "steps must be an int >= 0, got -5" in forged(*configuration, "steps", value=-5)
    assert "loss must be one of 'auto', " in forged(*configuration, "loss", value="system")
    scale = ("inputs", "Standardization", "deviations", "tuple", 0)
    assert "inputs must be 4 finite means" in forged(*scale, value=0.0)
    assert "inputs must be 4 finite means" in forged(*scale, value="NaN")
    path.write_text(text.replace('"configuration"', '"konfiguration"'))
    assert "must have a key 'configuration'" in complaint(path)


def test_an_altered_a_truncated_and_a_foreign_file_are_refused(
    botanist: Predictor, tmp_path: Path
) -> None:
    text, path = saved(botanist, tmp_path / "model.json"), tmp_path / "other.json"
    path.write_text(text.replace('"setosa"', '"sedosa"'))
    assert complaint(path).endswith("sha256 must be that of nodes and state: the file was altered")
    for end in range(0, len(text) - 2, 997):
        path.write_text(text[:end])
        assert complaint(path).startswith(f"{path}: ")
    path.write_text(text.replace('"version": 1', '"version": 2'))
    assert "version must be 1, got 2; a newer microfp wrote it" in complaint(path)
    assert is_successful(checkpoint.save(botanist.state, path))
    assert f"format must be '{FORMAT.name}', got 'microfp checkpoint'" in complaint(path)
