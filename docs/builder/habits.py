"""How griffe, which reads the package for the reference, is told of this package's habits."""

import re
from collections.abc import Collection
from itertools import zip_longest

from griffe import (
    Attribute,
    Class,
    Expr,
    ExprCall,
    ExprKeyword,
    Extension,
    Function,
    Object,
    Parameter,
    ParameterKind,
    Parameters,
)

from docs.builder.links import linked

BLOCK = r"^>>> .*(?:\n(?=.*\S).*)*"
RUN = re.compile(rf"{BLOCK}(?:\n\s*\n{BLOCK})*", re.MULTILINE)
DEFAULTS = {"default", "default_factory"}


def fenced(docstring: str) -> str:
    """Return a docstring with a fence around each run of examples.

    To Markdown, `>>>` would begin a quotation. Blocks of examples with nothing but empty lines
    between them are one run.
    """
    return RUN.sub("```pycon\n\\g<0>\n```", docstring)


def written(docstring: str, module: str, own: Collection[str] = ()) -> str:
    """Return a docstring for the site: its examples in fences, its names as links.

    Args:
        docstring: What stands in the source.
        module: The module in which it stands.
        own: Names that mean something else there.
    """
    words = [linked(part, module, own) for part in RUN.split(docstring)]
    examples = [fenced(run) for run in RUN.findall(docstring)]
    return "".join(part for pair in zip_longest(words, examples, fillvalue="") for part in pair)


class Habits(Extension):
    """Examples stand in blocks of code, names are links, and a record takes its fields."""

    def on_object(self, *, obj: Object, **_rest: object) -> None:
        """Write down what one object says of itself."""
        if obj.docstring is not None:
            module = obj.module.path.removeprefix("microfp.").split(".")[0]
            obj.docstring.value = written(obj.docstring.value, module, _own(obj))

    def on_class(self, *, cls: Class, **_rest: object) -> None:
        """Give a record the signature that it has for whoever makes one."""
        bases = {str(base) for base in cls.bases}
        if bases & {"Record", "NamedTuple"} and "__init__" not in cls.members:
            kind = "keyword_only" if "Record" in bases else "positional_or_keyword"
            cls.set_member("__init__", _constructor(cls, ParameterKind[kind]))


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
