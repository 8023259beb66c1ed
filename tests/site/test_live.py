"""Explorers in the text of pages: where a comment asks for one, and nowhere else."""

import json
import re
from pathlib import Path

from docs.builder.live import with_explorers, write_explorer

PAGE = "# Title\n\n<!-- explorer: relu(x*w + b) where x=2 w=-3 b=7 -->\n\nWords.\n"


def test_a_comment_becomes_the_data_of_an_explorer() -> None:
    text = with_explorers(PAGE, "../")
    found = re.search(r'<script type="application/json">(.*?)</script>', text)
    assert found is not None
    data = json.loads(found[1])
    assert data["title"] == "relu(x*w + b)"
    assert {node["label"]: node["data"] for node in data["nodes"] if node["label"]} == {
        "x": 2.0,
        "w": -3.0,
        "b": 7.0,
    }
    assert data["frames"][-1]["upstream"] == -3.0  # the gradient of x
    assert 'src="../explorer/explorer.js"' in text
    assert "Words." in text
    assert "<!--" not in text


def test_a_page_without_such_a_comment_stays_as_it_is() -> None:
    text = "# Title\n\n<!-- README: Speed -->\n"
    assert with_explorers(text, "") == text


def test_the_script_is_no_module_so_that_it_runs_from_a_disk(tmp_path: Path) -> None:
    write_explorer(tmp_path / "explorer")
    script = (tmp_path / "explorer" / "explorer.js").read_text(encoding="utf-8")
    assert script.startswith("(() => {")
    assert not re.search(r"^(import|export) ", script, re.MULTILINE)
    assert (tmp_path / "explorer" / "explorer.css").read_text(encoding="utf-8")
