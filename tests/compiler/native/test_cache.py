"""Tests of the cache of machine code on disk."""

import stat
from pathlib import Path

import pytest

from microfp.compiler.ir.program import Instruction, Program
from microfp.compiler.native.run import cache
from microfp.compiler.native.run import jit as engine
from microfp.compiler.native.run.machine import machine_for, run_rows

PROGRAM = Program(
    inputs=("x",), parameters=(), instructions=(Instruction("exp", (0,)),), outputs=(1,)
)


def exponential() -> float:
    """Compile as a new process would, and run."""
    engine.compiled.cache_clear()
    return run_rows(machine_for(PROGRAM, summed=0, width=2), (), [[1.0]])[0][0]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MICROFP_CACHE", str(tmp_path / "made"))
    return tmp_path / "made"


def test_code_is_stored_once_and_found_again(place: Path) -> None:
    first = exponential()
    (stored,) = place.iterdir()
    written = stored.stat().st_mtime_ns
    assert exponential() == first
    assert [path.stat().st_mtime_ns for path in place.iterdir()] == [written]


def test_only_the_user_can_read_or_write_it(place: Path) -> None:
    exponential()
    (stored,) = place.iterdir()
    assert stat.S_IMODE(stored.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.stat().st_mode) == 0o700


@pytest.mark.parametrize("damage", [b"", b"x", b"x" * 40, None])
def test_a_damaged_file_is_written_again(place: Path, damage: bytes | None) -> None:
    first = exponential()
    (stored,) = place.iterdir()
    whole = stored.read_bytes()
    stored.write_bytes(whole[:-1] + b"?" if damage is None else damage)
    assert exponential() == first
    assert cache.load(place, stored.name) is not None


def test_a_file_that_others_may_write_is_not_trusted(place: Path) -> None:
    exponential()
    (stored,) = place.iterdir()
    stored.chmod(0o666)
    assert cache.load(place, stored.name) is None


def test_a_directory_that_cannot_be_made_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("MICROFP_CACHE", str(tmp_path / "file" / "below"))
    assert exponential() == pytest.approx(2.718281828459045)


def test_another_key_finds_nothing(tmp_path: Path) -> None:
    cache.store(tmp_path, "one", b"code")
    (tmp_path / "one").rename(tmp_path / "two")
    assert cache.load(tmp_path, "two") is None
