"""The examples of docstrings, run in Pyodide as a page of the reference runs them.

It prints those that answer otherwise than they say, as JSON. It reads `examples.json` beside the
packages: for each docstring the path of what it is of, and its runs of examples.
"""

import doctest
import json
from pathlib import Path

from docs.builder.runner.session import Page, lend_widgets

lend_widgets()
checker = doctest.OutputChecker()
wrong = []
for home, runs in json.loads(Path("/packages/examples.json").read_text(encoding="utf-8")):
    page = Page(home)
    for first, source, answers in runs:
        told: list[tuple[str, str]] = []
        page.run(first, lambda *_: None, goes_on=False)
        page.run(
            source, lambda kind, content, told=told: told.append((kind, content)), goes_on=True
        )
        said = "".join(content for kind, content in told if kind == "text/plain")
        error = "".join(content for kind, content in told if kind == "error")
        wanted = answers
        if "Traceback" in answers:  # whose last line is what a page tells of an error
            said, wanted = error.partition(": ")[2] + "\n", answers.strip().splitlines()[-1] + "\n"
        elif error:
            said += error
        if not checker.check_output(wanted, said, doctest.ELLIPSIS):
            wrong.append((home, source, answers, said))
print(json.dumps(wrong))
