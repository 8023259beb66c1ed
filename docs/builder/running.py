"""Examples that run in the page: which they are, and what a page fetches to run them."""

import ast
import doctest
import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterable, Iterator
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from properdocs.exceptions import BuildError

from docs.builder import live
from docs.builder.runner import names, playground
from docs.builder.runner.notebook import names_of
from microfp.charts.report import chart_script

ROOT = Path(__file__).parents[2]
SOURCES = Path(__file__).parent / "runner"
PYODIDE = ROOT / ".artifacts" / "pyodide" / "node_modules" / "pyodide"
EDITOR = ROOT / ".artifacts" / "editor" / "node_modules"
GRAPHVIZ = ROOT / ".artifacts" / "graphviz" / "node_modules" / "@hpcc-js" / "wasm-graphviz" / "dist"
ESBUILD = EDITOR / "esbuild" / "bin" / "esbuild"
RUNTIME = (
    "pyodide.mjs",
    "pyodide.asm.mjs",
    "pyodide.asm.wasm",
    "pyodide-lock.json",
    "python_stdlib.zip",
)
PACKAGES = ("microfp", "pyrsistent", "returns", "toolz", "typing_extensions")
MODULES = ("session", "notebook")
"""What runs examples and notebooks, beside the packages."""
LATE = (
    "altair",
    "attr",
    "attrs",
    "jinja2",
    "jsonschema",
    "jsonschema_specifications",
    "markdown",
    "markupsafe",
    "narwhals",
    "packaging",
    "referencing",
)
"""What charts and the texts of notebooks need: fetched for the first of them."""
LEFT_OUT = (
    "altair/jupyter",
    *(
        f"narwhals/_{it}"
        for it in ["arrow", "dask", "duckdb", "ibis", "pandas_like", "polars", "spark_like", "sql"]
    ),
    "narwhals/testing",
    "tests",
)
"""Of these, what speaks with packages that no page has, and tests."""
VERSIONS = ("altair", "jsonschema", "narwhals", "packaging")
"""Of these, a package asks for the version."""
LENT = SOURCES / "lent"

FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PLAIN = "```python\n"
RUNNABLE = "```{ .python .run }\n"
ASKS_FOR_MORE = re.compile(
    r"""["']native["']|workers=|/nowhere|charts\.(save|report)|\.code\b"""
    r"""|native\.(?!(explain|explain_sequence|function_source|javascript_source|lower|run)\b)\w"""
)
"""What an example says that asks for machine code, processes, or files of charts."""

EXTRAS = """
    dask distributed iris digits hypothesis jax laws llvmlite marimo micrograd mo
    networkx numpy onnx onnxruntime optax pandas rich rich_bar check_rich safetensors sklearn torch
    tqdm with_progress chart_script counts report run_bundle to_svg to_png to_networkx from_networkx
    to_safetensors from_safetensors to_onnx
"""
PROCESSES = "attempt cli concurrent mypy_plugin multiprocessing subprocess threading"
ELSEWHERE = frozenset(f"{EXTRAS} {PROCESSES}".split())
"""Names that no page can give: an example with one of them has no button."""


class Example(NamedTuple):
    """An example of a page: its statements, and what it answers where it has prompts."""

    source: str
    answers: str | None


def examples(markdown: str) -> Iterator[tuple[str, Example]]:
    """Yield each block of Python on a page, as it stands, with the example in it."""
    for block in FENCE.finditer(markdown):
        yield block[0], _example(block[1])


def _example(text: str) -> Example:
    if not re.search(r"^>>> ", text, re.MULTILINE):
        return Example(text, None)
    parts = doctest.DocTestParser().get_examples(text)
    return Example("".join(it.source for it in parts), "".join(it.want for it in parts))


def marked(markdown: str) -> str:
    """Mark the examples that can run in the page, where each has what it needs of those above it.

    What an example imports that cannot run is imported by the next one that can.

    >>> marked("```python\\nx = 1\\n```")
    '```{ .python .run }\\nx = 1\\n```'
    """
    fences = iter(_fences([example for _, example in examples(markdown)]))
    return FENCE.sub(lambda block: block[0].replace(PLAIN, next(fences), 1), markdown)


def marked_docstring(runs: Iterable[str], home: str) -> Iterator[str]:
    """How each run of examples in a docstring begins, with a mark where it can run in the page.

    Args:
        runs: Examples with prompts, in order.
        home: The path of what the docstring belongs to, whose module its examples know; empty for
            none, which marks nothing.

    >>> list(marked_docstring([">>> grad(f)"], "microfp.func.grad"))
    ['```{ .pycon .run data-home="microfp.func.grad" }\\n']
    """
    is_elsewhere = not home or bool((ELSEWHERE | {"native"}) & set(home.split(".")))
    for opening in _fences(map(_example, runs)):
        if opening == PLAIN or is_elsewhere:
            yield PLAIN.replace("python", "pycon")
        else:
            yield opening.replace(".python .run", f'.pycon .run data-home="{home}"')


def _fences(page: Iterable[Example]) -> Iterator[str]:
    """How each example of a page begins: with a mark, where it can run in the page."""
    missing: frozenset[str] = frozenset()
    imports: list[str] = []
    for example in page:
        tree = ast.parse(example.source)
        asks = _names(tree) & ELSEWHERE or ASKS_FOR_MORE.search(example.source)
        if asks or _read_of(missing, tree):
            imports += _imports(tree)
            missing |= _defined(tree)
            yield PLAIN
        else:
            missing -= _defined(tree)
            yield _fence(imports)
            imports = []


def _read_of(missing: frozenset[str], tree: ast.Module) -> bool:
    """Whether statements read some of these names before they make them."""
    for statement in tree.body:  # a loop: each statement makes names for the next
        if _reads(statement) & missing:
            return True
        missing -= _defined(ast.Module([statement], []))
    return False


def _reads(statement: ast.stmt) -> frozenset[str]:
    """The names that a statement reads; in an assignment, what is assigned is read first."""
    match statement:
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            return names_of(ast.unparse(value)).reads
        case ast.AugAssign(target=target, value=value):
            return names_of(f"{ast.unparse(target)}, {ast.unparse(value)}").reads
        case _:
            return names_of(ast.unparse(statement)).reads


def _fence(imports: Iterable[str]) -> str:
    first = "; ".join(imports)
    return RUNNABLE if not first else RUNNABLE.replace(" }", f' data-first="{first}" }}')


def _imports(tree: ast.Module) -> Iterator[str]:
    """The imports of an example that a page can do."""
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom | ast.Import) and not _from(statement) & ELSEWHERE:
            statement.names = [it for it in statement.names if it.name not in ELSEWHERE]
            if statement.names:
                yield ast.unparse(statement)


def _from(statement: ast.ImportFrom | ast.Import) -> set[str]:
    module = getattr(statement, "module", None) or ""
    return set(module.split("."))


def _names(tree: ast.AST) -> set[str]:
    """All names that a tree reads, imports or asks for as attributes."""
    return {name for node in ast.walk(tree) for name in _names_of(node)}


def _names_of(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name):
            yield name
        case ast.alias(name=name):
            yield from name.split(".")
        case ast.ImportFrom(module=str(name)):
            yield from name.split(".")


def _defined(tree: ast.AST) -> set[str]:
    """The names that an example makes for those below it, without what it imports."""
    return {name for node in _in_scope(tree) for name in _made_by(node)}


OWN_SCOPES = (
    ast.FunctionDef,
    ast.ClassDef,
    ast.Lambda,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)


def _in_scope(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        yield node
        if not isinstance(node, OWN_SCOPES):
            yield from _in_scope(node)


def _made_by(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name, ctx=ast.Store()):
            yield name
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            yield name


def write_runtime(site: Path) -> None:
    """Write what examples run in: Pyodide, microfp with what it needs, the editor, the worker.

    Raises:
        BuildError: If Pyodide or the editor has not been fetched.
    """
    if missing := missing_artefacts():
        raise BuildError(f"examples run in pages: first {' and '.join(missing)}")
    folder = site / "run"
    (folder / "pyodide").mkdir(parents=True)
    for name in ("worker.js", "python.js", "displays.js"):
        shutil.copy(SOURCES / name, folder)
    shutil.copytree(SOURCES / "notebooks", folder / "notebooks")
    for name in RUNTIME:
        shutil.copy(PYODIDE / name, folder / "pyodide")
    write_packages(folder / "packages.zip")
    write_late_packages(folder / "late.zip")
    (folder / "vega.js").write_text(chart_script(), encoding="utf-8")
    _bundle(SOURCES / "editor.js", folder / "editor.js")
    shutil.copy(GRAPHVIZ / "index.js", folder / "graphviz.js")
    _write_playground(folder / "playground")
    _write_names(folder / "names")
    live.write_explorer(site / "explorer")


def _write_playground(folder: Path) -> None:
    """Write the playground: its scripts, its Python, and what it begins with, without Python."""
    shutil.copytree(SOURCES / "playground", folder)
    shutil.copy(SOURCES / "playground.py", folder / "playground.txt")
    start = playground.setup(json.dumps(playground.START))
    (folder / "start.json").write_text(start, encoding="utf-8")


def _write_names(folder: Path) -> None:
    """Write the page of the GPT: scripts, Python, its program, and what it begins with."""
    shutil.copytree(SOURCES / "names", folder)
    shutil.copy(SOURCES / "names.py", folder / "names.txt")
    (folder / "program.json").write_text(json.dumps(names.PARTS), encoding="utf-8")
    start = names.setup(json.dumps(names.START))
    (folder / "start.json").write_text(start, encoding="utf-8")


def missing_artefacts() -> list[str]:
    """Return the commands that fetch what is missing of what examples run in."""
    needed = {
        "make pyodide": PYODIDE / "pyodide.mjs",
        "make editor": ESBUILD,
        "make graphviz": GRAPHVIZ / "index.js",
    }
    return [command for command, path in needed.items() if not path.exists()]


def write_packages(path: Path) -> None:
    """Write microfp, what it needs and what runs it into one archive; nothing in it is compiled."""
    own = [(SOURCES / f"{name}.py", f"docs/builder/runner/{name}.py") for name in MODULES]
    _write_archive(path, [*_package_files(PACKAGES), *own, (LENT / "marimo.py", "marimo.py")])


def write_late_packages(path: Path) -> None:
    """Write Altair, Markdown and what they need into one archive, with what stands for the rest."""
    lent = [(LENT / name, name) for name in ("rpds.py", "vl_convert.py")]
    lent.append((LENT / "altair_jupyter.py", "altair/jupyter/__init__.py"))
    _write_archive(path, [*_package_files(LATE), *_versions(), *lent])


def _write_archive(path: Path, files: Iterable[tuple[Path, str]]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file, name in sorted(files, key=lambda it: it[1]):
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes(), compresslevel=9)


def _versions() -> Iterator[tuple[Path, str]]:
    """The files that say which version of a package is there."""
    for name in VERSIONS:
        found = distribution(name)
        (metadata,) = (it for it in found.files or () if it.name == "METADATA")
        yield Path(str(found.locate_file(metadata))), str(metadata)


def _package_files(packages: Iterable[str]) -> Iterator[tuple[Path, str]]:
    for package in packages:
        found = find_spec(package)
        assert found is not None
        assert found.origin is not None
        origin = Path(found.origin)
        if origin.name != "__init__.py":
            yield origin, origin.name
            continue
        for file in origin.parent.rglob("*"):
            name = Path(package) / file.relative_to(origin.parent)
            if file.is_file() and _is_wanted(name):
                yield file, str(name)


def _is_wanted(name: Path) -> bool:
    """Whether a file of a package is of use in a page: nothing compiled is, and no tests are."""
    is_left_out = any(part in f"/{name.parent}/" for part in (f"/{it}/" for it in LEFT_OUT))
    return not is_left_out and name.suffix not in (".pyc", ".so", ".pyi")


def _bundle(source: Path, target: Path) -> None:
    """Make one module of an editor and all that it imports."""
    options = [
        "--bundle",
        "--minify",
        "--format=esm",
        "--legal-comments=inline",
        f"--outfile={target}",
    ]
    command = [str(ESBUILD), str(source), *options]
    subprocess.run(command, check=True, capture_output=True, env={"NODE_PATH": str(EDITOR)})
