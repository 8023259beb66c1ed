"""The tables of docs/architecture.md, from contract and modules: `python -m tests.rooms`."""

import re
from collections.abc import Iterator

from docs.builder.house import about, bands, parts_of
from tests.documents import ROOT

PAGE = ROOT / "docs" / "architecture.md"

STAGES = (
    "trace",
    "ir",
    "python",
    "javascript",
    "native",
    "native.emit",
    "native.run",
    "explain",
)
"""The compiler, in the order of its pipeline."""


def table() -> str:
    """The rooms, band by band, the highest first."""
    return "\n".join(["| band | room | what it is |", "|---|---|---|", *_rooms()])


def _rooms() -> Iterator[str]:
    for height, band in zip(reversed(range(1, len(bands()) + 1)), bands(), strict=True):
        for room in band:
            yield f"| {height} | `{room}{'/' if parts_of(room) else ''}` | {about(room)} |"


def compiler_table() -> str:
    """What each stage of the compiler says of itself."""
    rows = [f"| `{it.replace('.', '/')}` | {about(f'compiler.{it}')} |" for it in STAGES]
    return "\n".join(["| stage | what it is |", "|---|---|", *rows])


def with_tables(page: str) -> str:
    """The page with its tables as they should be."""
    return _exchanged(_exchanged(page, table()), compiler_table())


def _exchanged(page: str, wanted: str) -> str:
    head = re.escape(wanted.partition("\n")[0])
    return re.sub(rf"^{head}\n(?:\|.*\n)*", lambda _: f"{wanted}\n", page, flags=re.MULTILINE)


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print("wrote the tables of docs/architecture.md")
