"""The first pages can be typed in as they stand, where nothing but the core is installed."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.documents import ROOT
from tests.extras import PROGRAMS

START = ROOT / "docs" / "start"
SESSION = re.compile(r"^```python\n(>>>.*?)^```$", re.DOTALL | re.MULTILINE)
BLOCK = re.compile(r"^```python$", re.MULTILINE)
EXTRA = re.compile(r"^\| `(\w+)` \|", re.MULTILINE)


@pytest.mark.parametrize("page", ["install", "first-gradient", "first-training"])
def test_a_page_prints_what_it_says_from_the_core_install(
    page: str, bare_python: Path, tmp_path: Path
) -> None:
    text = (START / f"{page}.md").read_text(encoding="utf-8")
    sessions = SESSION.findall(text)
    assert len(sessions) == len(BLOCK.findall(text)) > 0
    typed = tmp_path / f"{page}.txt"
    typed.write_text("\n".join(sessions), encoding="utf-8")
    command = [str(bare_python), "-m", "doctest", str(typed)]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_the_page_of_installing_names_every_extra_and_what_it_brings() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    text = (START / "install.md").read_text(encoding="utf-8")
    assert set(EXTRA.findall(text)) == set(PROGRAMS)
    for name in EXTRA.findall(text):
        (row,) = re.findall(rf"^\| `{name}` \|.*$", text, re.MULTILINE)
        for package in extras[name]:
            assert re.split(r"[^\w-]", package)[0] in row
