"""How griffe, which reads the package for the reference, is told of this package's habits."""

import re
from collections.abc import Collection, Iterator, Mapping
from importlib import import_module
from inspect import ismodule
from itertools import zip_longest

from griffe import (
    Alias,
    Attribute,
    Class,
    Expr,
    ExprCall,
    ExprKeyword,
    Extension,
    Function,
    GriffeLoader,
    Module,
    Object,
    Parameter,
    ParameterKind,
    Parameters,
)

from docs.builder.links import linked
from docs.builder.running import marked_docstring

BLOCK = r"^>>> .*(?:\n(?=.*\S).*)*"
RUN = re.compile(rf"{BLOCK}(?:\n\s*\n{BLOCK})*", re.MULTILINE)
DEFAULTS = {"default", "default_factory"}


def fenced(docstring: str, home: str) -> Iterator[str]:
    """Yield each run of examples of a docstring in a fence; those that can have a button.

    To Markdown, `>>>` would begin a quotation. Blocks of examples with nothing but empty lines
    between them are one run.
    """
    runs = RUN.findall(docstring)
    for run, opening in zip(runs, marked_docstring(runs, home), strict=True):
        yield f"{opening}{run}\n```"


def written(docstring: str, module: str, own: Collection[str] = (), home: str = "") -> str:
    """Return a docstring for the site: its examples in fences, its names as links.

    Args:
        docstring: What stands in the source.
        module: The module in which it stands.
        own: Names that mean something else there.
        home: The path of what the docstring belongs to.
    """
    words = [linked(part, module, own) for part in RUN.split(docstring)]
    examples = fenced(docstring, home)
    return "".join(part for pair in zip_longest(words, examples, fillvalue="") for part in pair)


def with_fields(docstring: str, fields: Mapping[str, str]) -> str:
    """Return the docstring of a class with what stands below its fields, before its examples.

    >>> with_fields("A point.", {"x": "From left to right."})
    'A point.\\n\\nAttributes:\\n    x: From left to right.'
    """
    if not fields:
        return docstring
    first = re.search(r"^>>> ", docstring, re.MULTILINE)
    place = len(docstring) if first is None else first.start()
    listed = "\n".join(f"    {name}: {' '.join(text.split())}" for name, text in fields.items())
    above, known, below = docstring[:place].partition("Attributes:\n")
    section = (
        f"{above.rstrip()}\n\nAttributes:\n{below.rstrip()}\n"
        if known
        else (f"{above.rstrip()}\n\nAttributes:\n")
    )
    return f"{section}{listed}\n\n{docstring[place:]}".rstrip()


def _taken_texts(cls: Class) -> dict[str, str]:
    """What stands below the fields of a class, which then have no entry of their own."""
    texts = {}
    for name, field in cls.attributes.items():
        if field.docstring is not None and "property" not in field.labels:
            texts[name] = field.docstring.value
            field.docstring = None
    return texts


class Habits(Extension):
    """Examples stand in blocks of code, names are links, and a record takes its fields.

    Where a package offers a name that one of its modules has as well, such as `trainer.fit`, the
    name is what it offers, as it is in Python.
    """

    def on_package(self, *, pkg: Module, loader: GriffeLoader, **_rest: object) -> None:
        """Write down what everything says of itself, once all of it is read."""
        loader.resolve_aliases(implicit=False, external=False)
        for thing in _inside(pkg):
            _write(thing)
        _uncover(pkg)


def _inside(whole: Object) -> Iterator[Object]:
    for member in tuple(whole.members.values()):
        if isinstance(member, Object):
            yield member
            yield from _inside(member)


def _write(thing: Object) -> None:
    """Give a docstring its links and fences, and a record the signature of whoever makes one."""
    if isinstance(thing, Class) and thing.docstring is not None:
        thing.docstring.value = with_fields(thing.docstring.value, _taken_texts(thing))
    if thing.docstring is not None:
        module = thing.module.path.removeprefix("microfp.")
        thing.docstring.value = written(thing.docstring.value, module, _own(thing), thing.path)
    if isinstance(thing, Class):
        bases = {str(base) for base in thing.bases}
        if bases & {"Record", "NamedTuple"} and "__init__" not in thing.members:
            kind = "keyword_only" if "Record" in bases else "positional_or_keyword"
            thing.set_member("__init__", _constructor(thing, ParameterKind[kind]))


def _uncover(package: Module) -> None:
    own = {name: it for name, it in package.modules.items() if not it.is_alias}
    for name, inside in own.items():
        _uncover(inside)
        offered = inside.members.get(name)
        is_offered = name in (package.exports or ()) and not _is_module(package.path, name)
        if is_offered and offered is not None and not isinstance(offered, Module):
            package.set_member(name, Alias(name, offered, parent=package))


def _is_module(package: str, name: str) -> bool:
    """Whether a package offers the module of a name, and not what that module has by the name."""
    return ismodule(getattr(import_module(package), name))


def _own(thing: Object) -> list[str]:
    """The names that a docstring takes from what it describes: itself, its parameters or fields."""
    parts = [it.name for it in thing.parameters] if isinstance(thing, Function) else thing.members
    return [thing.name, *parts]


def _constructor(cls: Class, kind: ParameterKind) -> Function:
    fields = [_parameter(f, kind) for f in cls.attributes.values() if "property" not in f.labels]
    this = Parameter("self", kind=ParameterKind.positional_or_keyword)
    made = Function("__init__", parameters=Parameters(this, *fields), parent=cls)
    made.labels.add("instance-attribute")
    return made


def _parameter(field: Attribute, kind: ParameterKind) -> Parameter:
    return Parameter(field.name, annotation=field.annotation, kind=kind, default=_default(field))


def _default(field: Attribute) -> str | Expr | None:
    """The default of a field, which a record declares in `attr(default=...)`."""
    declared = field.value
    if not isinstance(declared, ExprCall) or str(declared.function) != "attr":
        return declared
    given = [it for it in declared.arguments if isinstance(it, ExprKeyword)]
    return next((it.value for it in given if it.name in DEFAULTS), None)
