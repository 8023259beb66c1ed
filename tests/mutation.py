"""Test the tests: change the engine in small ways, one at a time, and see that a test fails.

`make mutate` runs it; `make mutate ARGS="ops func"` names modules. The changes, called mutants,
are those of mutmut. How each is tested (with `--quick`, only in the first way):

1. The tests of the module are collected once. For each mutant a fork of that process exchanges
   the code of the live functions in question, wherever they are held (a lambda in the table of
   primitives too), and runs the tests that call them, the quickest first, until one fails.
2. What runs at import cannot be exchanged afterwards. Where such a mutant is not killed yet, it is
   tested as a module of its own, by all tests in a fresh process.

A mutant that makes the tests run much longer than they do without it counts as killed.
"""

import difflib
import gc
import json
import os
import resource
import shutil
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import NamedTuple

import hypothesis  # noqa: F401 - what tests import besides microfp, loaded once, before the forks
import libcst
import mpmath  # noqa: F401
import networkx as nx  # noqa: F401
import numpy as np  # noqa: F401
import pytest
from _pytest.tmpdir import tmppath_result_key
from mutmut.mutation.file_mutation import create_mutations, deep_replace

ROOT = Path(__file__).parent.parent
WORK = ROOT / "mutants"

SELECTIONS = {
    "ops": ("test_ops", "test_edge_values", "graph/test_rows", "func/test_orders"),
    "values": ("test_values", "test_ops", "test_gradients", "test_bad_input", "test_tree"),
    "gradients": ("test_gradients", "func", "test_bad_input", "laws/test_gradient_laws"),
    "ops.identities": ("test_identities", "graph/test_rewrite", "compiler/ir"),
    "base.python_text": ("base/test_python_text", "graph/test_python_source"),
    "graph.rewrite": ("graph/test_rewrite", "test_bad_input"),
    "graph.latex": ("graph/test_latex", "test_bad_input"),
    "graph.python_source": ("graph/test_python_source", "test_bad_input"),
    "graph.rows": ("graph/test_rows", "graph/test_graph", "charts/test_display", "test_bad_input"),
    "graph.render": ("graph/test_render", "graph/test_rows", "test_bad_input"),
    "graph.wire": ("graph/test_wire", "test_bad_input", "laws/test_json_laws"),
    "tree": ("test_tree", "nn/test_initializers", "func", "test_bad_input", "laws/test_tree_laws"),
    "func.duals": ("func",),
    "func.places": ("func", "test_bad_input"),
    "func.trace": ("func", "test_bad_input"),
    "func.transforms": ("func", "test_bad_input"),
    "func.custom": ("func", "test_bad_input"),
    "func.check_grads": ("func/test_check_grads", "func/test_misuse"),
    "debug": ("test_debug", "test_bad_input"),
}
"""The modules of the engine, and the tests of each."""

SLOW = ("100_000", "million", "deep", "random_expressions", "every_process", "kernel")
"""What the names of tests have in common that say the same again, slowly, or start processes that a
fork cannot."""

CPU_SECONDS = 60
"""How long the tests of a mutant in a process of its own may run."""

QUICK_SECONDS = 0.2
"""What a test may cost to be run for a mutant; what slower ones would kill counts as alive."""


class Mutant(NamedTuple):
    """One change: the name of what it changes, with a number, and the changed module."""

    name: str
    source: str


# What is run: the mutants of a module.


def main(modules: Sequence[str]) -> int:
    """Test the modules that were asked for, all if none was, and say what survived."""
    quick = "--quick" in modules
    modules = [module for module in modules if module != "--quick"]
    unknown = sorted(set(modules) - set(SELECTIONS))
    if unknown:
        print(f"modules must be of {', '.join(SELECTIONS)}, got {', '.join(unknown)}")
        return 2
    WORK.mkdir(exist_ok=True)
    for module in modules or SELECTIONS:
        print("\n".join(report(module, survivors(module, quick=quick))), flush=True)
    return 0


def report(module: str, found: dict[str, str | None]) -> Iterator[str]:
    """The survivors of a module, and its line of the table."""
    survived = {name: change for name, change in found.items() if change is not None}
    for name, change in survived.items():
        yield f"\n{name}\n{change}"
    killed = len(found) - len(survived)
    yield f"\n| `{module}` | {len(found)} | {killed} | {killed / len(found):.1%} |"


def survivors(module: str, *, quick: bool) -> dict[str, str | None]:
    """Test the mutants of a module: from the name to the change, or None if it was killed."""
    folder = copied(module)
    place = folder / path_of(module)
    source = place.read_text()
    mutants = tuple(mutants_of(module, source))
    exchange = Exchange(folder, source, mutants)
    if in_a_fork(lambda: run_tests(folder, SELECTIONS[module], exchange)) != 0:
        raise RuntimeError(f"the tests of {module} fail without a change: {folder}/pytest.log")
    alive: dict[str, bool] = json.loads((folder / "alive.json").read_text())
    at_import = sum(alive.values())
    print(f"{module}: {at_import} of {len(mutants)} have to be tested as modules", flush=True)
    if quick:
        mutants = tuple(mutant for mutant in mutants if not alive.get(mutant.name, False))
    return {
        mutant.name: changes(source, mutant.source)
        if mutant.name in alive
        and not (alive[mutant.name] and is_killed_as_module(folder, source, mutant))
        else None
        for mutant in mutants
    }


def path_of(module: str) -> str:
    """Where a module of the package stands in the project."""
    return f"microfp/{module.replace('.', '/')}.py"


def copied(module: str) -> Path:
    """A copy of the project, in which the module may be changed."""
    folder = WORK / module
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("microfp", "tests", "docs", "benchmarks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("README.md", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    return folder


def mutants_of(module: str, source: str) -> Iterator[Mutant]:
    """All mutants of a module that say anything when it runs."""
    tree, mutations, *_ = create_mutations(path_of(module), source)
    texts = [tree.code_for_node(node) for node in tree.body]
    start = tree.with_changes(body=()).code
    place = {node: i for i, statement in enumerate(tree.body) for node in _nodes(statement)}
    count: Counter[str] = Counter()
    for mutation in mutations:
        i = place[mutation.original_node]
        if not any(mark in texts[i].strip().partition("\n")[0] for mark in TYPES_ONLY):
            owner = _owner(mutation.contained_by_top_level_function, tree.body[i])
            count[owner] += 1
            changed = deep_replace(tree.body[i], mutation.original_node, mutation.mutated_node)
            text = tree.code_for_node(changed)
            code = "".join([start, *texts[:i], text, *texts[i + 1 :]])
            yield Mutant(f"{module}.{owner} {count[owner]}", code)


TYPES_ONLY = ("__all__", "if TYPE_CHECKING", ": TypeAlias", "= TypeVar(", "= ParamSpec(")
"""Marks of the statements that type checkers read, and `import *`, and nothing else."""


def _nodes(node: libcst.CSTNode) -> Iterator[libcst.CSTNode]:
    yield node
    for child in node.children:
        yield from _nodes(child)


def _owner(outer: libcst.CSTNode | None, statement: libcst.CSTNode) -> str:
    """What a mutant changes: a function, a method, a class, or the module."""
    names = [node.name.value for node in (statement, outer) if node and hasattr(node, "name")]
    return ".".join(dict.fromkeys(names)) or "(module)"


# The fast way: exchange the code of live functions.


class Exchange:
    """A plugin of pytest: instead of running the tests once, run them for every mutant."""

    def __init__(self, folder: Path, source: str, mutants: Iterable[Mutant]) -> None:
        self.folder = folder
        self.source = source
        self.mutants = mutants
        self.at_import: set[CodeType] = set()

    def import_microfp(self) -> None:
        """Import the package, and see what runs of the module."""
        place = str(self.folder / path_of(self.folder.name))
        sys.setprofile(noting(place, self.at_import))
        import microfp  # noqa: F401

        sys.setprofile(None)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Measure the tests, then run for each mutant those that reach it; note who lives."""
        place = str(self.folder / path_of(self.folder.name))
        notes = self.folder / "tests.json"
        if in_a_fork(lambda: measured(session.items, place, notes, self.at_import)) != 0:
            pytest.exit("a test fails without any change", 1)
        known = {key: Reach(*reach) for key, reach in json.loads(notes.read_text()).items()}
        original = compile(self.source, place, "exec")
        live = [f for f in gc.get_objects() if isinstance(f, FunctionType)]
        live = [f for f in live if f.__code__.co_filename == place]
        gc.freeze()  # so that no fork copies what it only looks at
        at_import = set(known.pop("import").calls)
        items = [x for x in session.items if known[x.nodeid].seconds <= QUICK_SECONDS]
        alive: dict[str, bool] = {}
        for mutant in self.mutants:
            *inside, whole = differing(original, compile(mutant.source, place, "exec"))
            changed = tuple(inside) or (whole,)
            if not _is_killed(items, changed, known, live):
                alive[mutant.name] = not at_import.isdisjoint(_key(old) for old, _ in changed)
        (self.folder / "alive.json").write_text(json.dumps(alive))
        return True


class Reach(NamedTuple):
    """What a test calls in the module, and what it costs, in seconds of CPU."""

    calls: tuple[str, ...]
    seconds: float


def _is_killed(
    items: Sequence[pytest.Item],
    changed: tuple[tuple[CodeType, CodeType], ...],
    known: dict[str, Reach],
    live: Sequence[FunctionType],
) -> bool:
    keys = {_key(old) for old, _ in changed}
    reaching = [item for item in items if not keys.isdisjoint(known[item.nodeid].calls)]
    reaching.sort(key=lambda item: known[item.nodeid].seconds)
    if not reaching:
        return False
    allowed = 1.0 + 2.0 * sum(known[item.nodeid].seconds for item in reaching)
    return in_a_fork(lambda: exchanged(reaching, changed, live), round(allowed)) != 0


def exchanged(
    items: Iterable[pytest.Item],
    changed: Iterable[tuple[CodeType, CodeType]],
    live: Iterable[FunctionType],
) -> int:
    """Exchange the code of all functions that have the old one, and run tests until one fails."""
    for old, new in changed:
        for function in live:
            if function.__code__ == old and len(old.co_freevars) == len(new.co_freevars):
                function.__code__ = new
    return int(not all(map(passes, items)))


def passes(item: pytest.Item) -> bool:
    """Run one test; a failure is not written up, which would take longer than finding it."""
    item.stash[tmppath_result_key] = {"call": True}  # as its report would, which is not written
    try:
        item.session._setupstate.setup(item)
        item.runtest()
        item.session._setupstate.teardown_exact(None)
    except (Exception, pytest.fail.Exception):  # noqa: BLE001 - whatever a mutant does
        return False
    return True


def differing(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """The parts of a compiled module that are not the same, from what changed outward."""
    inside, inside_new = _inner(old), _inner(new)
    if _own(old) != _own(new) or len(inside) != len(inside_new):
        yield old, new
        return
    changed = [pair for both in zip(inside, inside_new, strict=True) for pair in differing(*both)]
    if changed:
        yield from changed
        yield old, new


def _inner(code: CodeType) -> tuple[CodeType, ...]:
    return tuple(x for x in code.co_consts if isinstance(x, CodeType))


def _own(code: CodeType) -> tuple[object, ...]:
    consts = [repr(x) for x in code.co_consts if not isinstance(x, CodeType)]
    return code.co_code, consts, code.co_names, code.co_varnames, code.co_freevars


def _key(code: CodeType) -> str:
    return f"{code.co_qualname} {code.co_firstlineno} {code.co_code.hex()}"


def noting(place: str, called: set[CodeType]) -> Callable[[FrameType, str, object], None]:
    """A function for `sys.setprofile` that collects what is called in a file."""

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename == place:
            called.add(frame.f_code)

    return note


def measured(
    items: Iterable[pytest.Item], place: str, notes: Path, at_import: Iterable[CodeType]
) -> int:
    """Run every test once, and write down what it calls in the module and what it costs."""
    calls: defaultdict[str, set[CodeType]] = defaultdict(set)
    seconds: dict[str, float] = {}
    good = True
    for item in items:
        start = time.process_time()
        sys.setprofile(noting(place, calls[item.nodeid]))
        good = passes(item) and good
        sys.setprofile(None)
        seconds[item.nodeid] = time.process_time() - start
    calls["import"], seconds["import"] = set(at_import), 0.0
    reaches = {key: (tuple(map(_key, calls[key])), seconds[key]) for key in seconds}
    notes.write_text(json.dumps(reaches))
    return int(not good)


# The certain way: a module and a process of its own for each mutant.


def is_killed_as_module(folder: Path, source: str, mutant: Mutant) -> bool:
    """Test one mutant in a fresh process: by the tests of its module, then by the others."""
    place = folder / path_of(folder.name)
    first, *others = SELECTIONS[folder.name]
    place.write_text(mutant.source)
    codes = (
        in_a_fork(partial(run_tests, folder, files), CPU_SECONDS) for files in ([first], others)
    )
    killed = any(code != 0 for code in codes)
    place.write_text(source)
    return killed


def changes(old: str, new: str) -> str:
    """The lines that differ, without the places at which they stand."""
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), n=0, lineterm="")
    return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))


def run_tests(folder: Path, names: Iterable[str], *plugins: Exchange) -> int:
    """Run tests in a copy of the project; only ever in a fork."""
    os.environ |= {"HYPOTHESIS_PROFILE": "mutate", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    os.chdir(folder)
    sys.dont_write_bytecode = not plugins  # for a stale file would stand for the next mutant
    for name in [name for name in sys.modules if name.split(".")[0] in {"microfp", "tests"}]:
        del sys.modules[name]
    sys.path[:] = [str(folder), *(path for path in sys.path if path not in {"", str(ROOT)})]
    with Path("pytest.log").open("w") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    for plugin in plugins:
        plugin.import_microfp()
    paths = (folder / "tests" / name for name in names)
    files = [str(path if path.is_dir() else path.with_suffix(".py")) for path in paths]
    chosen = " and ".join(f"not {word}" for word in SLOW)
    options = ["-x", "-q", "--tb=no", "--assert=plain", "-p", "no:cacheprovider", "-k", chosen]
    loaded = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # before pytest could rewrite it
    code = pytest.main([*options, *loaded, *files], plugins)
    changed = folder / path_of(folder.name)
    for cached in (changed.parent / "__pycache__").glob(f"{changed.stem}.*"):
        cached.unlink()
    return int(code)


def in_a_fork(f: Callable[[], int], cpu_seconds: int | None = None) -> int | None:
    """Call a function in a fork of this process: its result, or minus the signal that ended it."""

    def limited() -> None:
        if cpu_seconds is not None:
            resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
            resource.setrlimit(resource.RLIMIT_AS, (4 * 2**30, 4 * 2**30))
        code = f()
        sys.stdout.flush()
        os._exit(code)

    process = get_context("fork").Process(target=limited)
    process.start()
    process.join()
    return process.exitcode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
