"""How names of other libraries lead home, from modules, records and calls.

>>> import microfp
>>> microfp.nn.Linear
Traceback (most recent call last):
AttributeError: module 'microfp.nn' has no attribute 'Linear'; write \
nn.layer(2, 3, activation='identity')
>>> from microfp.optim import Adam
Traceback (most recent call last):
ImportError: cannot import name 'Adam' from 'microfp.optim'; write optim.adam

The table is large, and asked by those alone who are lost: each function here imports what it reads
of it, so that `import microfp` loads none.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial, wraps
from importlib import import_module
from types import ModuleType, TracebackType
from typing import TypeVar

__all__ = ["attribute_hint", "lead_home", "maker_hint", "names_home"]

F = TypeVar("F", bound=Callable[..., object])

PACKAGE = __name__.partition(".")[0]


# Modules.


def lead_home(package: ModuleType, later: Sequence[str] = ()) -> None:
    """Let a package, and the modules that it offers, say what names of other libraries are here.

    A module says so in its `__getattr__`; of a module that there is not, a finder behind all.

    Args:
        package: The package.
        later: Modules of it that are loaded when somebody asks for them.
    """
    if later:
        package.__getattr__ = partial(_missing, package.__name__, later=later)  # type: ignore[method-assign]
    offered = [getattr(package, name) for name in package.__all__]
    for module in (package, *(it for it in offered if isinstance(it, ModuleType))):
        if "__getattr__" not in vars(module):
            module.__getattr__ = partial(_missing, module.__name__)  # type: ignore[method-assign]
    if not any(isinstance(it, _Finder) for it in sys.meta_path):
        sys.meta_path.append(_Finder())


def _missing(module: str, name: str, later: Sequence[str] = ()) -> object:
    """Load a module that stands in it, or raise what is said of a name that it does not have."""
    if name in later:
        return import_module(f"{module}.{name}")
    hint = "" if name.startswith("__") else _module_hint(module, name)
    if _is_import(sys._getframe(1)):
        raise ImportError(f"cannot import name {name!r} from {module!r}{hint}", name=module)
    error = AttributeError(f"module {module!r} has no attribute {name!r}{hint}")
    if hint:
        error.name = name  # or newer Pythons would look for the module, and guess, too
    raise error


def _is_import(frame: object) -> bool:
    """Whether what a frame is at is `from ... import ...`, which hides what an attribute says."""
    from opcode import opmap

    code, at = getattr(frame, "f_code"), getattr(frame, "f_lasti")  # noqa: B009 - of any frame
    return bool(at >= 0 and code.co_code[at] == opmap["IMPORT_FROM"])


def _module_hint(module: str, name: str) -> str:
    from difflib import get_close_matches

    from microfp.base.elsewhere.names import IN_ROOMS, MODULES, home, plain

    own = getattr(sys.modules.get(module), "__all__", ())
    room = module.rpartition(".")[2]
    mine = {plain(it): it for it in _spelt_in(module, own)}.get(plain(name))
    elsewhere = home(name, _public_names()) or MODULES.get(name)
    written = IN_ROOMS.get(room, {}).get(name) or mine or elsewhere
    if written is not None:
        return f"; write {written}"
    close = get_close_matches(name, own, n=1, cutoff=0.75)
    return f"; did you mean {close[0]}?" if close else ""


def _spelt_in(module: str, names: Iterable[str]) -> Iterator[str]:
    """Names of a module as a user writes them."""
    room = module.partition(".")[2].rpartition(".")[2]
    return (f"{room}.{name}" if room else name for name in names)


def _public_names() -> Iterator[str]:
    """All that the package offers, as a user writes it; what stands at the top comes last."""
    package = sys.modules[PACKAGE]
    top = list(getattr(package, "__all__", ()))
    for name in sorted(top, key=lambda it: (it == "gpt", it), reverse=True):
        module = getattr(package, name)
        if isinstance(module, ModuleType) and name not in ("curried", "display", "plot_data"):
            yield from (f"{name}.{it}" for it in getattr(module, "__all__", ()))
    yield from top


class _Finder:
    """Finds no module: asked last, it says what one that there is not is called here."""

    def find_spec(self, fullname: str, _path: object = None, _target: object = None) -> None:
        """Raise for a module of other libraries under the name of the package."""
        from difflib import get_close_matches

        from microfp.base.elsewhere.names import MODULES, plain

        above, _, name = fullname.rpartition(".")
        if above.partition(".")[0] != PACKAGE or _is_there(fullname):
            return  # what is there may be looked for in the wrong place, and is found later
        if name in getattr(sys.modules.get(above), "__all__", ()):
            told = f"No module named {fullname!r}; write from {above} import {name}"
            raise ModuleNotFoundError(told, name=fullname)
        rooms = [it for it in sys.modules[PACKAGE].__all__ if plain(it) != plain(name)]
        close = [f"from {PACKAGE} import {it}" for it in get_close_matches(name, rooms, n=1)]
        written = [MODULES[name]] if name in MODULES else close
        if written:
            told = f"No module named {fullname!r}; write {written[0]}"
            raise ModuleNotFoundError(told, name=fullname)


def _is_there(module: str) -> bool:
    """Whether the package has a module of this name, whoever has found it or not."""
    from pathlib import Path

    home = Path(__file__).parents[2].joinpath(*module.split(".")[1:])
    return home.is_dir() or home.with_suffix(".py").is_file()


# Records.


def attribute_hint(kind: type, fields: Sequence[str], name: str) -> str:
    """Where to look for what a record does not have.

    Args:
        kind: The class of the record; a table `_elsewhere` in it is looked into too.
        fields: The names of its fields.
        name: What was asked for.

    >>> class Value: ...
    >>> attribute_hint(Value, ["data"], "item"), attribute_hint(Value, ["data"], "dat")
    (': its number is x.data', '; it has data')
    """
    from microfp.base.elsewhere.attributes import ATTRIBUTES

    for owner in kind.__mro__:
        known = {**ATTRIBUTES.get(owner.__name__, {}), **vars(owner).get("_elsewhere", {})}
        if name in known:
            return f": {known[name]}"
    if name.startswith("_"):  # asked by a program, such as a notebook or `copy`
        return ""
    named = [it for it in _public_names() if it.rpartition(".")[2] == name]
    function = min(named, key=lambda it: "." in it, default=None)  # the top before its modules
    if function is not None and callable(_found(function)):
        return f": {function}(x) is a function"
    return f"; it has {', '.join([*fields, *_properties(kind)])}"


def maker_hint(kind: type) -> str:
    """What makes a record of this class, where it is not built of its fields.

    >>> class Neuron: ...
    >>> maker_hint(Neuron)
    "; write nn.neuron(2, activation='relu')"
    """
    from microfp.base.elsewhere.attributes import MAKERS

    written = MAKERS.get(kind.__name__)
    return "" if written is None else f"; write {written}"


def _found(written: str) -> object:
    """What stands behind a public name."""
    module, _, name = f"{PACKAGE}.{written}".rpartition(".")
    return getattr(sys.modules.get(module), name, None)


def _properties(kind: type) -> list[str]:
    """The names of the public properties and methods that a record of this class has itself."""
    named = [it.__name__ for it in kind.__mro__]
    own = kind.__mro__[: named.index("Record")] if "Record" in named else ()
    found = {n for c in own for n, it in vars(c).items() if isinstance(it, property)}
    return sorted(n for n in found if not n.startswith("_"))


# Calls.


def names_home(f: F) -> F:
    """Let a function say what is meant where it is called as in another library.

    What Python says of arguments that do not fit goes on with what is written here: another name of
    the argument, or the form of the call.

    >>> @names_home
    ... def fit(model: object, *, steps: int = 100) -> int:
    ...     return steps
    >>> fit("model", epochs=3)
    Traceback (most recent call last):
    TypeError: fit() got an unexpected keyword argument 'epochs'; write steps=...
    """

    @wraps(f)
    def called(*args: object, **kwargs: object) -> object:
        try:
            return f(*args, **kwargs)
        except TypeError as error:
            if not _is_of_the_call(error.__traceback__):
                raise
            said = str(error).partition(". Did you mean")[0]  # newer Pythons guess, too
            raise TypeError(f"{said}; {_call_hint(f, kwargs)}") from None

    return called  # type: ignore[return-value]  # it takes what f takes


def _is_of_the_call(traceback: TracebackType | None) -> bool:
    """Whether an error was raised before the function ran."""
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    where = traceback.tb_frame.f_globals.get("__name__") if traceback is not None else None
    return where == __name__


def _call_hint(f: Callable[..., object], kwargs: Iterable[str]) -> str:
    from difflib import get_close_matches
    from inspect import signature

    from microfp.base.elsewhere.keywords import KEYWORDS, POSITIONAL
    from microfp.base.elsewhere.names import plain

    parameters = signature(f).parameters
    unknown = next((name for name in kwargs if name not in parameters), None)
    if unknown is None:
        form = ", ".join(_formal(it) for it in map(str, parameters.values()))
        return POSITIONAL.get(f.__name__, f"its form is {f.__name__}({form})")
    meant = KEYWORDS.get(plain(unknown), ())
    own = [f"write {name}=..." for name, _ in meant if name in parameters]
    close = get_close_matches(unknown, parameters, n=1)
    others = [f"did you mean {it}=...?" for it in close] or [written for _, written in meant]
    return next(iter([*own, *others]), f"it takes {', '.join(parameters)}")


def _formal(parameter: str) -> str:
    """A parameter without its type."""
    name, _, rest = parameter.partition(":")
    _, equals, default = rest.rpartition("=") if "=" in rest else ("", "", "")
    return f"{name}={default.strip()}" if equals else name
