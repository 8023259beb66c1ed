"""Explorers in the text of a page: `<!-- explorer: relu(x*w + b) where x=2 w=-3 b=7 -->`."""

import re
from pathlib import Path

from microfp import explorer
from microfp.base.json import to_json
from microfp.explorer.page import script, style
from microfp.expressions import expression, read_variables

SOURCES = Path(__file__).parent / "runner"
EXPLORER = re.compile(r"<!-- explorer: (.+?) where (.+?) -->")


def with_explorers(markdown: str, to_root: str) -> str:
    """Put an explorer in the place of each comment that asks for one.

    Args:
        markdown: The page.
        to_root: The way from the page's folder to that of the site, such as `../`.
    """
    if not EXPLORER.search(markdown):
        return markdown
    folder = f"{to_root}explorer"
    last = (
        f'<link rel="stylesheet" href="{folder}/explorer.css">\n'
        f'<script defer src="{folder}/explorer.js"></script>\n'
    )
    body = EXPLORER.sub(lambda found: _explorer(found[1], found[2]), markdown)
    return f"{body}\n\n{last}"


def _explorer(formula: str, numbers: str) -> str:
    output = expression(formula, read_variables(numbers.split()))
    data = to_json(dict(explorer.page_data(output, title=formula)))
    safe = data.replace("<", "\\u003c")
    return (
        f'<div class="explorer-here"><script type="application/json">{safe}</script>'
        f"<noscript>The explorer of {formula} needs JavaScript.</noscript></div>"
    )


def write_explorer(folder: Path) -> None:
    """Write the script and the style that all explorers of the site share."""
    folder.mkdir(parents=True)
    own = (SOURCES / "explorer.js").read_text(encoding="utf-8")
    text = f"(() => {{\n{script()}\n{own}\n}})();\n"
    (folder / "explorer.js").write_text(text, encoding="utf-8")
    (folder / "explorer.css").write_text(style(), encoding="utf-8")
