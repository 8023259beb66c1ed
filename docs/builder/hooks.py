"""What properdocs calls while it builds: pages are added, and links led to where a page is."""

import re
from pathlib import Path

from properdocs.config.defaults import ProperDocsConfig
from properdocs.plugins import event_priority
from properdocs.structure.files import File, Files
from properdocs.structure.pages import Page

from docs.builder import course, live, reference, running
from docs.builder.missing import missing_page

ROOT = Path(__file__).parents[2]
MADE = {"<course>": course.nav, "<reference>": reference.nav}
NOTEBOOK = re.compile(r"(\]\([^)\s]*notebooks/[\w/]+)\.py\)")
PICTURE = re.compile(r"(!\[[^\]]*\])\(((?:\.\./)*assets/[\w-]+)\.(svg|png)\)")
SOURCE = re.compile(r"\]\((?:\.\./)+microfp((?:/\w+)*)(?:\.py|/)?\)")
AS_IT_STANDS = re.compile(
    r"(<(?:pre|script|style|textarea)\b.*?</(?:pre|script|style|textarea)>)", re.DOTALL
)
SPACE = re.compile(r"\s*\n\s*")
SECTION = re.compile(r"<!-- README: (.+) -->")


def on_config(config: ProperDocsConfig) -> ProperDocsConfig:
    """Put the pages that are made into the navigation."""
    config.nav = [
        {title: MADE[str(where)]() if str(where) in MADE else where}
        for entry in config.nav or ()
        for title, where in entry.items()
    ]
    return config


def on_files(files: Files, config: ProperDocsConfig) -> Files:
    """Add the pages that are made: the reference, the course, the changelog."""
    made = {**reference.pages(), **course.pages(), "changelog.md": _read("CHANGELOG.md")}
    for path, content in made.items():
        files.append(File.generated(config, path, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, config: ProperDocsConfig, files: Files) -> str:
    """Turn a page that reads well beside its sources into one that reads well on the site."""
    to_docs = "../" * (len(Path(page.file.src_uri).parts) - 1)
    text = live.with_explorers(adapted(markdown, to_docs), to_docs)
    is_made = page.file.generated_by is not None
    return text if is_made else running.marked(text)


def on_post_page(output: str, page: Page, config: ProperDocsConfig) -> str:
    """Leave out the white space with which templates are written: a fifth of all pages."""
    return squeezed(output)


def on_post_template(output: str, template_name: str, config: ProperDocsConfig) -> str:
    """Put the page for addresses that there are not in the place of the theme's."""
    return missing_page() if template_name == "404.html" else output


@event_priority(-150)  # after the plugin that writes the script of the search
def on_post_build(config: ProperDocsConfig) -> None:
    """Leave out what no reader of this site fetches: debugging maps, stemmers of other tongues.

    The index of the search is there twice, as JSON and as a script that holds the same JSON; the
    script stays, which pages from a disk need (see `theme/late-search.js`). And add what examples
    run in, which readers fetch when they run the first.
    """
    site = Path(config.site_dir)
    scripts = site / "assets"
    index = site / "search" / "search_index.json"
    for path in [*scripts.rglob("*.map"), *scripts.rglob("lunr/**/*.js"), index]:
        path.unlink()
    running.write_runtime(site)


def squeezed(page: str) -> str:
    r"""Return a page without white space of which a browser shows one space.

    >>> squeezed("<p>\n    a\n\n  b</p><pre>\n    c</pre>")
    '<p>\na\nb</p><pre>\n    c</pre>'
    """
    kept = AS_IT_STANDS.split(page)  # every second part is to stay as it stands
    return "".join(it if i % 2 else SPACE.sub("\n", it) for i, it in enumerate(kept))


def adapted(markdown: str, to_docs: str) -> str:
    """Return the Markdown of a page with the links, pictures and sections of the site.

    Links to notebooks, to modules and to the changelog lead to their pages; a picture
    is two, for light and for dark pages; a section of the README stands where a comment names it.

    Args:
        markdown: The page as it stands in the docs.
        to_docs: The way from the page's folder to the docs, such as `../`.
    """
    with_sections = SECTION.sub(lambda it: _of_readme(it[1], to_docs), markdown)
    with_pictures = PICTURE.sub(
        r"\1(\2.\3#only-light)\1(\2-dark.\3#only-dark)", NOTEBOOK.sub(r"\1.md)", with_sections)
    )
    with_modules = SOURCE.sub(lambda it: f"]({to_docs}{_page_of(it[1])})", with_pictures)
    return with_modules.replace(f"](../{to_docs}CHANGELOG.md)", f"]({to_docs}changelog.md)")


def _page_of(source: str) -> str:
    """The page of the reference where what stands in `/trainer/streams` is found."""
    topic = reference.topic_of(source.strip("/").replace("/", "."))
    return f"reference/{topic or 'index'}.md"


def _of_readme(title: str, to_docs: str) -> str:
    """A section of the README, whose links lead to the docs from where it stands now."""
    return section(_read("README.md"), title).replace("](docs/", f"]({to_docs}")


def section(text: str, title: str) -> str:
    """Return what stands below one `##` heading of a text."""
    return text.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0].strip()


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")
