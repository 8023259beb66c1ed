"""A plugin for mypy, by which `record.set(...)` is held to the fields of the record.

mypy needs it where it checks a program as Python 3.11 or 3.12. For newer ones it knows the fields
without it, and with it says which field was meant. Put it into the settings of mypy:

    [tool.mypy]
    plugins = ["microfp.mypy_plugin"]
"""

from collections.abc import Callable

from mypy.nodes import ARG_POS, CallExpr
from mypy.plugin import AttributeContext, MethodSigContext, Plugin
from mypy.types import CallableType, FunctionLike, Instance, Type, TypeVarType, get_proper_type

# mypy's own modules go round in a circle, which has to be entered above.
# isort: split
from mypy.expandtype import expand_type_by_instance
from mypy.maptype import map_instance_to_supertype

__all__ = ["plugin"]

_SET = "microfp.record._Stored.set"
_NAME = "set of Record"
_CHANGES = "__mypy-replace"
"""Where mypy itself keeps, for `dataclasses.replace`, how a class may be changed."""


class _RecordPlugin(Plugin):
    def get_attribute_hook(self, fullname: str) -> Callable[[AttributeContext], Type] | None:
        return _by_fields if fullname == _SET else None

    def get_method_signature_hook(
        self, fullname: str
    ) -> Callable[[MethodSigContext], FunctionLike] | None:
        return _by_name_and_value if fullname.endswith(".set") else None


def _by_fields(ctx: AttributeContext) -> Type:
    """The form `set(field=...)`: no field has to be given, and each is of its type."""
    kind = ctx.type.upper_bound if isinstance(ctx.type, TypeVarType) else ctx.type
    record = get_proper_type(kind)
    method = record.type.get_method(_CHANGES) if isinstance(record, Instance) else None
    if method is None or not isinstance(method.type, CallableType):
        return ctx.default_attr_type
    assert isinstance(record, Instance)
    changes = expand_type_by_instance(method.type, map_instance_to_supertype(record, method.info))
    return changes.copy_modified(ret_type=ctx.type, name=_NAME, definition=None)


def _by_name_and_value(ctx: MethodSigContext) -> FunctionLike:
    """The form `set("field", value)`, where something is given by its place."""
    given, form = ctx.context, ctx.default_signature
    by_place = isinstance(given, CallExpr) and ARG_POS in given.arg_kinds
    if form.name != _NAME or not by_place:
        return form
    types: list[Type] = [
        ctx.api.named_generic_type("builtins.str", []),
        ctx.api.named_generic_type("builtins.object", []),
    ]
    return form.copy_modified(arg_types=types, arg_kinds=[ARG_POS, ARG_POS], arg_names=[None, None])


def plugin(version: str) -> type[object]:  # noqa: ARG001 - mypy calls it so
    """Give mypy the plugin.

    Args:
        version: Of mypy.

    >>> plugin("1.15").__name__
    '_RecordPlugin'
    """
    return _RecordPlugin
