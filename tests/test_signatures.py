"""What a type checker learns of the package: no public signature leaves a hole in it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import microfp

PACKAGE = Path(microfp.__file__).parent
MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))

Definition = ast.FunctionDef | ast.AsyncFunctionDef


def annotations(source: str) -> Iterator[ast.expr]:
    """Every annotation and base class of a module, wherever it stands, and every alias."""
    module = ast.parse(source)
    for statement in module.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            yield statement.value
    for node in ast.walk(module):
        if isinstance(node, ast.AnnAssign | ast.arg) and node.annotation is not None:
            yield node.annotation
        if isinstance(node, Definition) and node.returns is not None:
            yield node.returns
        if isinstance(node, ast.ClassDef):
            yield from node.bases


def names(tree: ast.AST) -> Iterator[str]:
    """Every name in a tree, in quoted annotations too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        if isinstance(node, ast.Attribute):
            yield node.attr
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from quoted_names(node.value)


def quoted_names(text: str) -> Iterator[str]:
    try:
        yield from names(ast.parse(text, mode="eval"))
    except SyntaxError:  # a text that is no annotation
        return


def mentions_any(source: str) -> bool:
    return any("Any" in names(annotation) for annotation in annotations(source))


def public(functions: list[ast.stmt]) -> Iterator[Definition]:
    """The public functions of a body, and the methods of its public classes."""
    for statement in functions:
        if isinstance(statement, Definition) and is_public(statement.name):
            yield statement
        if isinstance(statement, ast.ClassDef) and is_public(statement.name):
            yield from public(statement.body)
        if isinstance(statement, ast.If) and ast.unparse(statement.test) == "TYPE_CHECKING":
            yield from public(statement.body)


def is_public(name: str) -> bool:
    return not name.startswith("_") or (name.startswith("__") and name.endswith("__"))


def untyped(function: Definition) -> Iterator[str]:
    """The parameters of a function, and its return, that have no annotation."""
    given = function.args
    parameters = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    for parameter in parameters:
        if parameter is not None and parameter.annotation is None:
            yield f"{function.name}({parameter.arg})"
    if function.returns is None:
        yield f"{function.name} -> ?"


@pytest.mark.parametrize("module", MODULES)
def test_no_annotation_mentions_any(module: str) -> None:
    assert not mentions_any((PACKAGE / module).read_text(encoding="utf-8"))


@pytest.mark.parametrize("module", MODULES)
def test_every_public_function_is_typed(module: str) -> None:
    # What stands below the `else` of TYPE_CHECKING no type checker reads; `self` needs no type.
    body = ast.parse((PACKAGE / module).read_text(encoding="utf-8")).body
    found = [name for function in public(body) for name in untyped(function)]
    assert [name for name in found if not name.endswith(("(self)", "(cls)"))] == []


@pytest.mark.parametrize(
    "source",
    [
        "def f(x: Any) -> None: ...",
        "def f(x: int) -> typing.Any: ...",
        "def f(*rest: 'list[Any]') -> None: ...",
        "class C(Generic[Any]): ...",
        "Tree = dict[str, Any]",
        "x: Any",
    ],
)
def test_any_would_be_found(source: str) -> None:
    assert mentions_any(source)
