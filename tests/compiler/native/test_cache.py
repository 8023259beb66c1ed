"""Tests of the cache of machine code on disk."""

import os
import stat
from pathlib import Path

import pytest

from microfp.compiler.ir.program import Instruction, Program
from microfp.compiler.native.run import cache
from microfp.compiler.native.run import jit as engine
from microfp.compiler.native.run.executable import executable_for, run_rows

PROGRAM = Program(
    inputs=("x",), parameters=(), instructions=(Instruction("exp", (0,)),), outputs=(1,)
)


def exponential() -> float:
    """Compile as a new process would, and run."""
    engine.compiled.cache_clear()
    return run_rows(executable_for(PROGRAM, summed=0, width=2), (), [[1.0]])[0][0]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MICROFP_CACHE", str(tmp_path / "made"))
    return tmp_path / "made"


def entry(place: Path) -> Path:
    """The one piece of machine code in a cache."""
    (found,) = (path for path in place.iterdir() if path.name != cache.SECRET)
    return found


def test_code_is_stored_once_and_found_again(place: Path) -> None:
    first = exponential()
    written = {path: path.stat().st_mtime_ns for path in place.iterdir()}
    assert exponential() == first
    assert {path: path.stat().st_mtime_ns for path in place.iterdir()} == written


def test_only_the_user_can_read_or_write_it(place: Path) -> None:
    exponential()
    assert {stat.S_IMODE(path.stat().st_mode) for path in place.iterdir()} == {0o600}
    assert stat.S_IMODE(place.stat().st_mode) == 0o700


@pytest.mark.parametrize("damage", [b"", b"x", b"x" * 40, None])
def test_a_damaged_file_is_written_again(place: Path, damage: bytes | None) -> None:
    first = exponential()
    stored = entry(place)
    whole = stored.read_bytes()
    stored.write_bytes(whole[:-1] + b"?" if damage is None else damage)
    assert exponential() == first
    assert cache.load(place, stored.name) is not None


def test_a_file_that_others_may_write_is_not_trusted(place: Path) -> None:
    exponential()
    stored = entry(place)
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


# What somebody else could have put there.

NOBODY = 65534


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """A cache that holds `code` under `key`, in a directory of its own."""
    place = tmp_path / "above" / "cache"
    cache.store(place, "key", b"code")
    assert cache.load(place, "key") == b"code"
    return place


@pytest.mark.parametrize("level", ["cache", "above"])
@pytest.mark.parametrize("rights", [0o770, 0o707, 0o777])
def test_a_directory_that_others_may_write_is_not_used(
    level: str, rights: int, stored: Path
) -> None:
    (stored if level == "cache" else stored.parent).chmod(rights)
    assert cache.load(stored, "key") is None
    cache.store(stored, "another", b"code")
    assert not (stored / "another").exists()


def test_a_directory_above_may_be_shared_where_nobody_can_exchange_what_is_in_it(
    stored: Path,
) -> None:
    stored.parent.chmod(0o1777)
    assert cache.load(stored, "key") == b"code"
    stored.chmod(0o1777)
    assert cache.load(stored, "key") is None


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a directory away")
@pytest.mark.parametrize("level", ["cache", "above", "link"])
def test_a_directory_of_somebody_else_is_not_used(level: str, stored: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(stored)
    assert cache.load(link, "key") == b"code"
    given = {"cache": stored, "above": stored.parent, "link": link}[level]
    os.chown(given, NOBODY, NOBODY, follow_symlinks=False)
    assert cache.load(link, "key") is None


def test_a_link_is_not_read_though_it_leads_to_a_file_of_the_user(
    stored: Path, tmp_path: Path
) -> None:
    (stored / "key").rename(tmp_path / "elsewhere")
    (stored / "key").symlink_to(tmp_path / "elsewhere")
    assert cache.load(stored, "key") is None


def test_a_link_under_the_name_of_a_key_is_replaced_and_not_written_through(
    stored: Path, tmp_path: Path
) -> None:
    (tmp_path / "precious").write_text("as it was")
    (stored / "new").symlink_to(tmp_path / "precious")
    cache.store(stored, "new", b"code")
    assert (tmp_path / "precious").read_text() == "as it was"
    assert cache.load(stored, "new") == b"code"


def test_a_pipe_is_not_waited_for(stored: Path) -> None:
    (stored / "key").unlink()
    os.mkfifo(stored / "key")
    assert cache.load(stored, "key") is None


def test_code_of_another_cache_is_not_run(stored: Path, tmp_path: Path) -> None:
    cache.store(tmp_path / "other", "key", b"evil")
    (tmp_path / "other" / "key").rename(stored / "key")
    assert cache.load(stored, "key") is None


def test_nothing_is_believed_without_the_secret(stored: Path) -> None:
    (stored / cache.SECRET).unlink()
    assert cache.load(stored, "key") is None
    (stored / cache.SECRET).write_bytes(b"0" * 32)
    (stored / cache.SECRET).chmod(0o622)
    assert cache.load(stored, "key") is None


def test_links_in_a_circle_are_done_without(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    cache.store(tmp_path / "a", "key", b"code")
    assert cache.load(tmp_path / "a", "key") is None


def test_a_path_that_goes_up_is_walked(stored: Path) -> None:
    assert cache.load(stored / ".." / "cache", "key") == b"code"


def test_a_user_without_a_home_has_no_cache_and_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    assert cache.directory({"MICROFP_CACHE": "1"}) is None
    assert caplog.messages == ["no cache of machine code: this user has no home directory"]


def test_the_name_of_an_entry_depends_on_the_version_of_microfp(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exponential()
    monkeypatch.setattr(engine, "VERSION", "0.0.0")
    exponential()
    assert len([path for path in place.iterdir() if path.name != cache.SECRET]) == 2
