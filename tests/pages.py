"""Pages in a browser: what a test can ask of one, and what it notes of its own accord."""

from pathlib import Path
from typing import Literal, NamedTuple, Protocol, TypedDict
from urllib.parse import urlsplit

from playwright.sync_api import Page, Request

LOCAL = ("file", "data", "blob", "about")

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")


class Violation(TypedDict):
    """A rule of axe that a page breaks."""

    id: str
    impact: str
    help: str
    nodes: list[dict[str, object]]


class Tab(NamedTuple):
    """An open page, and what it has complained of so far."""

    page: Page
    complaints: list[str]


class OpenPage(Protocol):
    def __call__(
        self,
        address: str | Path,
        *,
        width: int = 1280,
        height: int = 900,
        theme: Theme = "light",
        reduced_motion: bool = True,
        mobile: bool = False,
    ) -> Tab:
        """Open a file, or an address on this machine."""


class Judge(Protocol):
    def __call__(self, page: Page, name: str, /) -> None:
        """Fail where a page overflows or is not accessible; keep a picture under this name."""


def in_theme(page: Page, theme: Theme) -> None:
    """Let a page of the site, which follows the system, come in a theme."""
    page.emulate_media(color_scheme=theme)
    scheme = {"light": "default", "dark": "slate"}[theme]
    page.wait_for_function("scheme => document.body.dataset.mdColorScheme === scheme", arg=scheme)


def watch(tab: Tab) -> None:
    """Note what a page complains of, and every request that leaves this machine."""
    page, complaints = tab
    page.on("pageerror", lambda error: complaints.append(f"exception: {error}"))
    page.on("requestfailed", lambda it: complaints.append(f"failed: {it.url} {it.failure}"))
    page.on("request", lambda it: complaints.extend(leaving(it)))
    page.on(
        "console",
        lambda it: (
            complaints.append(f"{it.type}: {it.text}") if it.type in ("error", "warning") else None
        ),
    )


def leaving(request: Request) -> list[str]:
    """The complaint about a request that leaves this machine; none where it stays."""
    address = urlsplit(request.url)
    if address.scheme in LOCAL or address.hostname in ("localhost", "127.0.0.1"):
        return []
    return [f"left the machine: {request.url}"]
