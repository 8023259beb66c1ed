"""Pythons that a machine has not, out of Debian's testing suite, for `make matrix`.

As root on Debian, a small system of the testing suite is put into `.matrix/testing`, once, and a
command runs in it by `chroot`. It sees the project where the project is, so that paths mean the
same inside and outside. What is mounted for that is mounted for that command alone, and is gone
with it: nothing outside ever sees it, and `rm -r .matrix` is harmless.
"""

import os
import shutil
import subprocess
from pathlib import Path

from tests.environments import ROOT

SYSTEM = ROOT / ".matrix" / "testing"
# Besides Python: what the tests call, and what the wheels of pygraphviz leave to the system.
PACKAGES = ("ca-certificates", "git", "graphviz")
# What pages are tested in, and what runs Pyodide.
BROWSER = ("chromium", "nodejs")
# How pip and the network of this machine are set up.
SETTINGS = ("/etc/pip.conf", "/etc/xdg/pip", "~/.config/pip", "~/.pip", "/etc/resolv.conf")
CERTIFICATES = ("/etc/ssl/certs/ca-certificates.crt", "/usr/local/share/ca-certificates")
ENTER = """
set -e
root=$1 project=$2
shift 2
for folder in /proc /sys /dev "$project"; do
  mkdir -p "$root$folder"
  mount --rbind "$folder" "$root$folder"
done
exec chroot "$root" env --chdir="$project" "$@"
"""


def inside(*command: str) -> tuple[str, ...]:
    """The command that runs a command in the system of the testing suite."""
    alone = ("unshare", "--mount", "--propagation", "private")
    return (*alone, "sh", "-c", ENTER, "enter", str(SYSTEM), str(ROOT), *command)


def obstacle() -> str | None:
    """Why this machine cannot have the system, if it cannot."""
    if os.geteuid() != 0:
        return "only root can make a system of Debian's testing suite"
    if shutil.which("apt-get") is None:
        return "this is no Debian"
    probe = ("unshare", "--mount", "true")
    if subprocess.run(probe, capture_output=True, check=False).returncode != 0:
        return "mounting is not allowed here"
    return None


def has(version: str) -> bool:
    """Whether the system has this Python, brought there if need be.

    Raises:
        subprocess.CalledProcessError: If a step fails that should not.
    """
    if not (SYSTEM / "etc" / "debian_version").exists():
        _make_system()
    if not (SYSTEM / f"usr/bin/python{version}").exists():
        _install(f"python{version}", f"python{version}-venv")
    return (SYSTEM / f"usr/bin/python{version}").exists()


def bring_browser() -> None:
    """Install what the tests of pages and of Pyodide need."""
    if not all((SYSTEM / "usr/bin" / name).exists() for name in ("chromium", "node")):
        _install(*BROWSER)


def _make_system() -> None:
    """Make the system beside its place first, so that half a system is never taken for one."""
    if shutil.which("debootstrap") is None:
        _apt("apt-get", "install", "--yes", "debootstrap")
    unfinished = SYSTEM.with_name("testing.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    options = ("--variant=minbase", f"--include={','.join(PACKAGES)}")
    _run("debootstrap", *options, "testing", str(unfinished), mirror())
    for setting in (*SETTINGS, *CERTIFICATES):
        _copy(Path(setting).expanduser(), unfinished)
    (unfinished / "etc/apt/apt.conf.d/90machine").write_text(_way_to_packages(), encoding="utf-8")
    unfinished.rename(SYSTEM)


def _way_to_packages() -> str:
    """How apt gets packages on this machine: proxies, certificates, what it takes for too old."""
    settings = _said("apt-config", "dump").splitlines(keepends=True)
    return "".join(line for line in settings if line.startswith("Acquire::"))


def mirror() -> str:
    """Where apt has Debian from, as apt itself says."""
    asked = ("apt-get", "indextargets", "--format", "$(REPO_URI)")
    only = ("Created-By: Packages", "Origin: Debian")
    if not _said(*asked, *only):
        _apt("apt-get", "update")
    return _said(*asked, *only).splitlines()[0]


def _copy(path: Path, system: Path) -> None:
    """Copy a file or a folder of this machine, if it is there, to where it is in the system."""
    to = system / path.relative_to("/")
    if path.is_dir():
        shutil.copytree(path, to, dirs_exist_ok=True)
    elif path.exists():
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, to)


def _install(*packages: str) -> None:
    _run(*inside("apt-get", "update", "--quiet", "--quiet"))
    options = ("--quiet", "--quiet", "--yes", "--no-install-recommends")
    _run(*inside("apt-get", "install", *options, *packages))


def _apt(*command: str) -> None:
    _run(*command, "--quiet", "--quiet")


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _run(*command: str) -> None:
    """Run a step and keep silent, unless it fails."""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=quiet)
    if ran.returncode != 0:
        print(ran.stdout, ran.stderr, sep="\n")
    ran.check_returncode()
