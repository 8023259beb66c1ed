"""Files are written whole or not at all, and keep their links and modes."""

import errno
import fcntl
import os
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from resource import RLIMIT_FSIZE, getrlimit, setrlimit

import pytest
from returns.pipeline import is_successful
from returns.unsafe import unsafe_perform_io

from microfp.base.files import read_regular, replace, write_atomically
from tests.documents import ROOT


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


# What is no file.


def socket_at(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(path))


NO_FILES: dict[str, Callable[[Path], None]] = {
    "pipe": os.mkfifo,
    "socket": socket_at,
    "device": lambda path: path.symlink_to("/dev/null"),
    "folder": Path.mkdir,
}


@pytest.mark.parametrize("kind", NO_FILES)
def test_what_is_no_file_is_refused_and_stays(kind: str, tmp_path: Path) -> None:
    target = tmp_path / "target"
    NO_FILES[kind](target)
    before = target.stat()
    assert not is_successful(write_atomically(target, b"content"))
    assert (target.stat().st_mode, target.stat().st_ino) == (before.st_mode, before.st_ino)
    assert names(tmp_path) == ["target"]


@pytest.mark.parametrize("kind", NO_FILES)
def test_what_is_no_file_is_not_waited_for(kind: str, tmp_path: Path) -> None:
    target = tmp_path / "target"
    NO_FILES[kind](target)
    with pytest.raises(OSError, match=r"Not a regular file|Is a directory|No such device"):
        read_regular(target)


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    assert read_regular(tmp_path / "file", most=5) == b"12345"
    with pytest.raises(OSError, match="File too large"):
        read_regular(tmp_path / "file", most=4)


# Who may see it, and whose it is.


@pytest.mark.parametrize("kept", [0o600, 0o640, 0o666])
def test_nobody_sees_more_of_the_new_content_than_of_the_old(
    kept: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "file"
    target.write_text("before")
    target.chmod(kept)
    flush, seen = os.fsync, []

    def watched(handle: int) -> None:
        seen.append(stat.S_IMODE(os.fstat(handle).st_mode))
        flush(handle)

    monkeypatch.setattr(os, "fsync", watched)
    replace(target, b"after")
    assert seen[0] == 0o600  # of the part, while the content is in it
    assert mode(target) == kept


def as_nobody(folder: Path, program: str) -> str:
    """What a program prints that runs as a user without rights, where the tests are root's."""
    folder.chmod(0o777)
    lower = "import os\nif os.getuid() == 0: os.setgid(65534); os.setuid(65534)\n"
    opening = "import sys; sys.path.insert(0, sys.argv[1])\nfrom pathlib import Path\n"
    imports = f"{opening}from microfp.base.files import replace, write_atomically\n"
    done = subprocess.run(
        [sys.executable, "-c", imports + lower + program, str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    assert done.stderr == ""
    return done.stdout


def test_a_folder_that_may_not_be_listed_can_be_written_into(tmp_path: Path) -> None:
    program = """
os.mkdir("folder"); os.chmod("folder", 0o300)
print(write_atomically(Path("folder/file"), b"content"))
os.chmod("folder", 0o700)
print(Path("folder/file").read_text())
"""
    assert as_nobody(tmp_path, program) == "<IOResult: <Success: folder/file>>\ncontent\n"


@pytest.mark.parametrize(("number", "succeeds"), [(errno.EINVAL, True), (errno.EIO, False)])
def test_a_folder_that_cannot_be_flushed_has_the_new_file(
    number: int, succeeds: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flush = os.fsync

    def failing(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(number, os.strerror(number))
        flush(handle)

    monkeypatch.setattr(os, "fsync", failing)
    result = write_atomically(tmp_path / "file", b"content")
    assert (tmp_path / "file").read_bytes() == b"content"
    assert is_successful(result) is succeeds
    assert succeeds or "after the file was replaced" in str(unsafe_perform_io(result.failure()))


def test_a_link_of_somebody_else_in_a_shared_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("before")
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    link = shared / "link"
    link.symlink_to(tmp_path / "target")
    if os.getuid() == 0:
        os.chown(link, 65534, 65534, follow_symlinks=False)
        with pytest.raises(PermissionError, match="A link of somebody else's"):
            replace(link, b"after")
        assert (tmp_path / "target").read_text() == "before"
        os.chown(link, 0, 0, follow_symlinks=False)
    replace(link, b"after")
    assert (link.is_symlink(), (tmp_path / "target").read_text()) == (True, "after")


def test_links_in_a_circle_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert not is_successful(write_atomically(tmp_path / "a", b""))


def test_the_owner_stays_or_the_rights_of_the_group_go(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("before")
    target.chmod(0o664)
    if os.getuid() == 0:
        os.chown(target, 65534, 65533)
    before = target.stat()
    replace(target, b"after")
    after = target.stat()
    assert (after.st_uid, after.st_gid, mode(target)) == (before.st_uid, before.st_gid, 0o664)
    if os.getuid() == 0:
        os.chown(target, 0, 65533)
        as_nobody(tmp_path, "replace(Path('file'), b'again')")
        assert (target.read_bytes(), mode(target)) == (b"again", 0o604)


# What a killed process leaves.


def test_the_part_of_a_killed_process_is_cleared_by_the_next(tmp_path: Path) -> None:
    killed = "os.fsync = lambda _: os.kill(os.getpid(), 9); replace(Path('file'), b'never')"
    as_nobody(tmp_path, killed)
    assert [name.endswith(".part") for name in names(tmp_path)] == [True]
    replace(tmp_path / "another", b"content")
    assert names(tmp_path) == ["another"]


def test_the_part_of_a_running_process_stays(tmp_path: Path) -> None:
    part = tmp_path / ".microfp-0123.part"
    with part.open("wb") as running:
        fcntl.flock(running, fcntl.LOCK_EX)
        replace(tmp_path / "file", b"content")
        assert names(tmp_path) == [part.name, "file"]


def test_many_who_write_one_file_do_not_disturb_each_other(tmp_path: Path) -> None:
    target = tmp_path / "file"
    failed: list[OSError] = []

    def write(letter: bytes) -> None:
        for _ in range(50):
            try:
                replace(target, letter * 1000)
            except OSError as error:
                failed.append(error)

    writers = [threading.Thread(target=write, args=(letter,)) for letter in (b"a", b"b", b"c")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert failed == []
    assert set(target.read_bytes()) in ({ord(letter)} for letter in "abc")
    assert names(tmp_path) == ["file"]
