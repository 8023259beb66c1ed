"""Models, data and runs show themselves in notebooks, with the extra and without."""

from xml.etree import ElementTree as ET

import pytest

from microfp import datasets, nn, relu, trainer
from microfp.charts import style
from microfp.charts.style import MISSING
from microfp.display import dataset_bundle, model_bundle, run_bundle


def refuse() -> None:
    raise ImportError(MISSING)


def test_a_network_is_a_table_of_its_layers() -> None:
    bundle = nn.mlp(2, [16, 16, 1])._repr_mimebundle_()
    cells = [cell.text for cell in ET.fromstring(bundle["text/html"]).iter("td")]
    assert cells[:5] == ["1", "relu", "2", "16", "48"]
    assert cells[-1] == "337"


def test_layers_and_neurons_are_tables_too() -> None:
    for model in (nn.layer(3, 2), nn.neuron(3, activation=relu)):
        assert set(model._repr_mimebundle_()) == {"text/html", "text/plain"}
    assert "relu" in model_bundle(nn.neuron(3, activation=relu))["text/plain"]


def test_the_functions_of_a_network_of_ones_own_are_shown_by_name_on_a_page_too() -> None:
    page = model_bundle(nn.neuron(3, activation=lambda a: a))["text/html"]
    assert ET.fromstring(page).findtext(".//td[2]") == "<lambda>"


def test_data_and_runs_are_pictures() -> None:
    data = datasets.moons(4)
    run = trainer.fit(nn.mlp(2, [1]), data, steps=2)
    for bundle in (data._repr_mimebundle_(), run._repr_mimebundle_()):
        assert ET.fromstring(bundle["image/svg+xml"]).tag.endswith("svg")
    assert run._repr_mimebundle_()["text/plain"].startswith("Run: 2 steps logged, final loss ")


def test_data_of_many_columns_or_rows_are_a_table() -> None:
    digits = datasets.dataset([[float(i) for i in range(20)]] * 30, [0.0] * 30, name="<wide>")
    rows = list(ET.fromstring(dataset_bundle(digits)["text/html"]).iter("tr"))
    assert len(rows) == 11
    assert {len(list(row)) for row in rows} == {10}
    assert "text/html" in dataset_bundle(datasets.moons(5_001))


def test_without_the_extra_there_is_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style, "check_extra", refuse)
    data = datasets.moons(4)
    run = trainer.fit(nn.mlp(2, [1]), data, steps=0)
    assert set(run_bundle(run)) == {"text/plain"}
    assert "accuracy" in run_bundle(run)["text/plain"]
    assert set(dataset_bundle(data)) == {"text/html", "text/plain"}
