"""Files are written whole or not at all, and keep their links and modes."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from resource import RLIMIT_FSIZE, getrlimit, setrlimit

import pytest
from returns.pipeline import is_successful
from returns.unsafe import unsafe_perform_io

from microfp.base.files import replace, write_atomically


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    target.write_text("before")
    assert unsafe_perform_io(write_atomically(target, b"after").unwrap()) == target
    assert target.read_text() == "after"
    (tmp_path / "folder.html").mkdir()
    assert not is_successful(write_atomically(tmp_path / "folder.html", b"page"))
    assert names(tmp_path) == ["folder.html", "page.html"]


def test_a_link_stays_and_what_it_points_at_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target, link = tmp_path / "real" / "file", tmp_path / "link"
    target.write_text("before")
    link.symlink_to(target)
    replace(link, b"after")
    assert link.is_symlink()
    assert target.read_bytes() == b"after"
    assert names(tmp_path / "real") == ["file"]


@pytest.mark.parametrize("kept", [0o600, 0o640, 0o644])
def test_a_file_that_was_there_keeps_its_mode(tmp_path: Path, kept: int) -> None:
    target = tmp_path / "file"
    target.write_text("before")
    target.chmod(kept)
    replace(target, b"after")
    assert mode(target) == kept


def test_a_new_file_has_the_mode_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    replace(tmp_path / "new", b"after")
    assert mode(tmp_path / "new") == mode(tmp_path / "plain")


def test_a_private_file_is_its_owners_alone_whatever_it_was(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("before")
    target.chmod(0o666)
    replace(target, b"after", private=True)
    assert mode(target) == 0o600


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """A disk that is full, for this process."""
    limits = getrlimit(RLIMIT_FSIZE)
    setrlimit(RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        setrlimit(RLIMIT_FSIZE, limits)


def test_where_there_is_no_room_the_file_stays_and_nothing_is_left_beside_it(
    tmp_path: Path,
) -> None:
    target = tmp_path / "file"
    target.write_text("before")
    with files_of_at_most(100):
        result = write_atomically(target, b"after" * 100)
    assert str(unsafe_perform_io(result.failure())) == "[Errno 27] File too large"
    assert (names(tmp_path), target.read_text()) == (["file"], "before")


def test_a_missing_folder_is_named_and_not_the_part_beside_the_file(tmp_path: Path) -> None:
    error = unsafe_perform_io(write_atomically(tmp_path / "none" / "file", b"").failure())
    assert str(error) == f"[Errno 2] No such file or directory: '{tmp_path / 'none'}'"
