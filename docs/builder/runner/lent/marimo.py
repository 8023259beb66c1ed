"""Stands for marimo in a page: what our notebooks use of it, and no more.

A control holds a value, which the page sets; all else says how a page shows it. The names and
arguments are marimo's own.
"""

import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import cleandoc

Nodes = Callable[[object], list[Mapping[str, object]]]


def __getattr__(name: str) -> object:
    raise AttributeError(
        f"marimo.{name} is not lent to this page: `microfp lesson` opens it in marimo"
    )


class Html:
    """What is shown as HTML."""

    def __init__(self, text: str, kind: str = "marimo/text") -> None:
        self.text, self._kind = text, kind

    def node(self, _: Nodes) -> Mapping[str, object]:
        """Return what a page shows."""
        return {"kind": self._kind, "content": self.text}


class Stack:
    """Parts in a row or in a column."""

    def __init__(self, kind: str, parts: Iterable[object]) -> None:
        self.kind, self.parts = kind, list(parts)

    def node(self, nodes_of: Nodes) -> Mapping[str, object]:
        """Return what a page shows."""
        return {"kind": self.kind, "content": [it for part in self.parts for it in nodes_of(part)]}


def md(text: str) -> Html:
    """A text in Markdown."""
    from markdown import Markdown  # type: ignore[import-untyped] # it has no types

    return Html(
        Markdown(
            extensions=["markdown.extensions.tables", "markdown.extensions.fenced_code"]
        ).convert(cleandoc(text))
    )


def hstack(items: Iterable[object], *, justify: str = "space-between") -> Stack:
    """Parts in a row, where there is room for it."""
    return Stack("row" if justify == "space-between" else f"row {justify}", items)


def vstack(items: Iterable[object]) -> Stack:
    """Parts in a column."""
    return Stack("column", items)


def iframe(page: str) -> Html:
    """A page in the page."""
    return Html(page, "marimo/page")


class Control:
    """What a reader can set: a value, and what the page needs to know of it."""

    def __init__(self, kind: str, value: object, label: str, **told: object) -> None:
        self.value = value
        self._told = {"type": kind, "label": label, **told}

    def set(self, said: object) -> None:
        """Take what the page says."""
        self.value = said

    def node(self, _: Nodes) -> Mapping[str, object]:
        """Return what a page shows."""
        told = {**self._told, "id": str(id(self)), "value": self._said()}
        return {"kind": "control", "content": told}

    def _said(self) -> object:
        return self.value


class Slider(Control):
    """A number between two others, or one of some numbers."""

    def __init__(
        self,
        start: float | None = None,
        stop: float | None = None,
        step: float | None = None,
        value: float | None = None,
        *,
        steps: Sequence[float] = (),
        label: str = "",
        show_value: bool = False,
    ) -> None:
        if not steps and (start is None or stop is None):
            raise ValueError("slider: start and stop are needed, or steps")
        self.start, self.stop, self.step, self.steps = start, stop, step, list(steps)
        least = start if start is not None else self.steps[0]
        chosen = least if value is None else value
        places = {"least": start, "most": stop, "step": step or _step(start, stop)}
        places = {"least": 0, "most": len(self.steps) - 1, "step": 1} if self.steps else places
        told = {**places, "steps": self.steps, "shows": show_value}
        super().__init__("slider", chosen, label, **told)
        self._is_whole = all(isinstance(it, int) for it in (start, stop, step or 1))

    def set(self, said: object) -> None:
        """Take a number, or the place of one among the steps."""
        assert isinstance(said, int | float)
        if self.steps:
            self.value = self.steps[int(said)]
        else:
            self.value = int(said) if self._is_whole else float(said)

    def _said(self) -> object:
        if not self.steps:
            return self.value
        return next(i for i, it in enumerate(self.steps) if it == self.value)


def _step(start: float | None, stop: float | None) -> float:
    """One, or a hundredth of the way where that is not a whole number."""
    if isinstance(start, int) and isinstance(stop, int):
        return 1
    return ((stop or 0.0) - (start or 0.0)) / 100


class Dropdown(Control):
    """One of some words."""

    def __init__(self, options: Sequence[str], *, value: str, label: str = "") -> None:
        super().__init__("dropdown", value, label, options=list(options))


class Refresh(Control):
    """A clock: its value changes as often as the reader says."""

    def __init__(self, *, options: Sequence[str], label: str = "") -> None:
        super().__init__("refresh", "", label, options=list(options))


class Table:
    """Rows, each of them names and what they hold."""

    def __init__(
        self,
        data: Sequence[Mapping[str, object]],
        *,
        selection: str | None = None,  # noqa: ARG002 - a page has no use for it
        page_size: int = 10,  # noqa: ARG002 - the page scrolls
    ) -> None:
        self.data = data

    def node(self, _: Nodes) -> Mapping[str, object]:
        """Return what a page shows."""
        names = list(self.data[0]) if self.data else []
        rows = "".join(_row("td", map(_cell_text, it.values())) for it in self.data)
        page = f"<table><thead>{_row('th', names)}</thead><tbody>{rows}</tbody></table>"
        return {"kind": "marimo/text", "content": page}


def _row(tag: str, cells: Iterable[str]) -> str:
    return f"<tr>{''.join(f'<{tag}>{html.escape(it)}</{tag}>' for it in cells)}</tr>"


def _cell_text(content: object) -> str:
    return f"{content:.4g}" if isinstance(content, float) else str(content)


class ui:  # noqa: N801 - marimo's name
    """The controls, by marimo's names."""

    slider, dropdown, refresh, table = Slider, Dropdown, Refresh, Table
