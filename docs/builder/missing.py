"""The page for an address that the site does not have.

A server sends it for any address, at any depth and under any path, so it fetches nothing, and looks
for the site in the folders above.
"""

from microfp.base.page import page

LINKS = {
    "Home": "index.html",
    "Your first gradient": "start/first-gradient.html",
    "Playground": "playground.html",
    "Course": "guides/notebooks.html",
    "Reference": "reference/index.html",
}
FIND = """\
<script type="module">
// The site is in the nearest folder above that has its style.
let folder = new URL(".", location);
const isThere = async () => (await fetch(new URL("theme/site.css", folder), { method: "HEAD" })).ok;
while (!(await isThere()) && folder.pathname !== "/") folder = new URL("..", folder);
for (const link of document.querySelectorAll("a")) link.href = new URL(link.dataset.page, folder);
</script>
"""


def missing_page() -> str:
    """Return the page.

    >>> 'data-page="playground.html"' in missing_page()
    True
    """
    links = "\n".join(
        f'<li><a href="{address}" data-page="{address}">{name}</a></li>'
        for name, address in LINKS.items()
    )
    return page(
        "microfp: there is no such page",
        "It may have moved, or the address has a slip. These are there:",
        style="a { color: var(--series); }\nli { padding: .3rem 0; }\n",
        main=f"<ul>\n{links}\n</ul>",
        last=FIND,
    )
