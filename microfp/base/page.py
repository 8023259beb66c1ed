"""The frame of a page that needs nothing but itself: its head, its style, its title.

>>> page("A title", "What it says.", main="<p>More.</p>").startswith("<!doctype html>")
True
"""

from html import escape

from microfp.base import text

__all__ = ["page", "shown"]


def page(title: str, summary: str, *, main: str, style: str = "", last: str = "") -> str:
    """Write a page as HTML, in the light or the dark theme of whoever reads it.

    Args:
        title: What stands above; as all words here it may come from data, and is escaped.
        summary: A sentence below it.
        main: The rest, as HTML.
        style: What its style has besides. It has the colours `--ink`, `--muted`, `--ground`,
            `--card`, `--line` and `--series`.
        last: What stands at the end of the body, as HTML.

    >>> "<h1>&lt;pets&gt;</h1>" in page("<pets>", "", main="")
    True
    """
    return _PAGE.format(
        title=shown(title), summary=shown(summary), style=style, main=main, last=last
    )


def shown(words: str) -> str:
    """Words that may come from data, as HTML that shows them.

    >>> shown("a < b")
    'a &lt; b'
    """
    return escape(text.escaped(words))


_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --ink: #222; --muted: #444; --ground: #f4f4f2; --card: #fff;
  --line: #ddd; --series: #0072b2; }}
@media (prefers-color-scheme: dark) {{
  :root {{ --ink: #e9ebee; --muted: #bcc4cd; --ground: #0d0f12; --card: #14171b; --line: #343b44;
    --series: #56b4e9; }}
}}
body {{ font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground);
  margin: 0 auto; padding: clamp(0.5rem, 3vw, 1.5rem); max-width: 76rem; }}
h1 {{ margin: 0; font-size: 1.6rem; overflow-wrap: anywhere; }}
figcaption {{ color: var(--muted); max-width: 40rem; }}
{style}</style>
</head>
<body>
<header><h1>{title}</h1><p>{summary}</p></header>
<main>
{main}
</main>
{last}</body>
</html>
"""
