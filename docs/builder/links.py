"""Names in docstrings become links to their entries in the reference."""

import re
from collections.abc import Collection, Iterator
from functools import cache

import microfp
from docs.builder.reference import (
    PUBLIC,
    entry,
    first_names,
    home_of,
    module_of,
    own_names,
    public_names,
    topic_of,
)

SPAN = re.compile(
    r"(?<![`\[\w])`((?:[a-z_]\w*\.)*[a-z_]\w*)(\([^`\n]*\))?`(?![`\]\w])", re.IGNORECASE
)


def linked(text: str, module: str, own: Collection[str] = ()) -> str:
    """Return Markdown whose names in backticks lead to what the reference says of them.

    A name means what it means in the module, whatever that imports; a call such as `` `fit(...)` ``
    leads where its name does. What has no entry stays as it is.

    Args:
        text: Markdown without examples.
        module: The module in which it stands, such as `trainer.streams`.
        own: Names that mean something else there: parameters, and what the text itself is about.
    """

    def link(span: re.Match[str]) -> str:
        is_own = span[1].split(".")[0] in own
        entry = None if is_own else entry_of(span[1], module)
        return f"[{span[0]}][{entry}]" if entry else span[0]

    return SPAN.sub(link, text) if topic_of(module) else text


@cache
def entry_of(name: str, module: str) -> str | None:
    """Return the entry of a name as a module spells it, or None if it has none.

    What stands in a class, such as `Run.history`, has that of the class; `microfp.func` is a page.
    """
    topic, rest = _split(name.removeprefix("microfp."))
    if topic and rest:
        return entry(topic, rest[0]) if rest[0] in public_names(topic) else None
    if topic:
        return f"microfp.{topic}" if name.startswith("microfp.") else None
    return next(_entries(rest[0], module), None)


def _split(path: str) -> tuple[str | None, list[str]]:
    """The longest part of a path that is a topic, by its first name or its place; the rest."""
    names = path.split(".")
    for end in range(len(names), 0, -1):
        start = ".".join(names[:end])
        topic = first_names().get(start, start)
        if topic in PUBLIC:
            return topic, names[end:]
    return None, names


def _entries(name: str, module: str) -> Iterator[str]:
    """Where the reference has a name: of the module's own topic, of another, of the facade."""
    here = topic_of(module)
    if here is not None and name in public_names(here):
        yield entry(here, name)
    imported = vars(module_of(module)).get(name)
    if imported is not None:
        yield from (
            f"microfp.{it}.{name}"
            for it in PUBLIC
            if name in own_names(it) and getattr(module_of(it), name) is imported
        )
    if name in microfp.__all__:
        yield home_of(name)
