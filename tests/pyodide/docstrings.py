"""The examples of docstrings, run in Pyodide as a page of the reference runs them.

It prints those that answer otherwise than they say, as JSON. It reads `examples.json` beside the
packages: for each docstring the path of what it is of, and its runs of examples.
"""

import doctest
import json
from pathlib import Path

from docs.builder.runner.session import Page, lend_widgets

lend_widgets()
CHECKER = doctest.OutputChecker()


def told_by(page: Page, source: str) -> tuple[str, str]:
    """What a run of examples prints, and its errors."""
    told: list[tuple[str, str]] = []
    page.run(source, lambda kind, content: told.append((kind, content)), goes_on=True)
    said, error = (
        "".join(content for kind, content in told if kind == wanted)
        for wanted in ("text/plain", "error")
    )
    return said, error


def agrees(page: Page, source: str, answers: str) -> bool:
    said, error = told_by(page, source)
    if "Traceback" not in answers:
        return not error and CHECKER.check_output(answers, said, doctest.ELLIPSIS)
    last = answers.strip().splitlines()[-1]  # which is what a page tells of an error
    return CHECKER.check_output(last, error.partition(": ")[2], doctest.ELLIPSIS)


wrong = []
for home, runs in json.loads(Path("/packages/examples.json").read_text(encoding="utf-8")):
    page = Page(home)
    for first, source, answers in runs:
        told_by(page, first)
        if not agrees(page, source, answers):
            wrong.append((home, source, answers))
print(json.dumps(wrong))
