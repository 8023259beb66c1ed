"""What `dir` shows of a module, and so what a prompt completes: the names that it lists."""

import sys

__all__ = ["listed_in", "show_listed"]


def show_listed(*modules: str) -> None:
    """Let `dir` of modules show what their `__all__` lists, and none of their tools.

    Args:
        modules: Their names, of modules that are loaded and have an `__all__`.

    >>> show_listed("microfp.base.offering")
    >>> [name for name in dir(sys.modules["microfp.base.offering"]) if not name.startswith("_")]
    ['listed_in', 'show_listed']
    """
    for name in modules:
        there = vars(sys.modules[name])
        # Names such as __file__ stay: whoever looks at modules in general asks for them.
        own = [it for it in there if it.startswith("__") and it.endswith("__")]
        there["__dir__"] = sorted({*there["__all__"], *own}).copy


def listed_in(package: str) -> list[str]:
    """The modules of a package that are loaded and list what they offer.

    >>> "microfp.base.offering" in listed_in("microfp")
    True
    """
    inside = [it for it in sys.modules if it == package or it.startswith(f"{package}.")]
    return sorted(it for it in inside if hasattr(sys.modules[it], "__all__"))
