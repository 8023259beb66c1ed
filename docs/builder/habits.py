"""How griffe, which reads the package for the reference, is told of this package's habits."""

import re

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

BLOCK = r"^>>> .*(?:\n(?=.*\S).*)*"
RUN = re.compile(rf"{BLOCK}(?:\n\s*\n{BLOCK})*", re.MULTILINE)
DEFAULTS = {"default", "default_factory"}


def fenced(docstring: str) -> str:
    """Return a docstring with a fence around each run of examples.

    To Markdown, `>>>` would begin a quotation. Blocks of examples with nothing but empty lines
    between them are one run.
    """
    return RUN.sub("```pycon\n\\g<0>\n```", docstring)


class Habits(Extension):
    """Examples stand in blocks of code, and the fields of a record are what its class takes."""

    def on_object(self, *, obj: Object, **_rest: object) -> None:
        """Fence the examples of one object."""
        if obj.docstring is not None:
            obj.docstring.value = fenced(obj.docstring.value)

    def on_class(self, *, cls: Class, **_rest: object) -> None:
        """Give a record the signature that it has for whoever makes one."""
        bases = {str(base) for base in cls.bases}
        if bases & {"Record", "NamedTuple"} and "__init__" not in cls.members:
            kind = "keyword_only" if "Record" in bases else "positional_or_keyword"
            cls.set_member("__init__", _constructor(cls, ParameterKind[kind]))


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
