"""The file that most of the commands are tried on."""

from pathlib import Path

import pytest

from tests.cli.answers import write_moons


@pytest.fixture
def moons(tmp_path: Path) -> Path:
    return write_moons(tmp_path / "moons.csv")
