"""The compiler: LLVM IR into machine code that this process can call.

llvmlite is imported here, when something is compiled, and nowhere else.
"""

import ctypes
import os
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from itertools import pairwise
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

from microfp.base.memo import kept
from microfp.base.version import VERSION
from microfp.compiler.native.run import cache
from microfp.errors import CompileError

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Protocol

    class ExecutionEngine(Protocol):
        """What of llvmlite's engine is used here."""

        def get_function_address(self, name: str) -> int:
            """Where a function starts."""

        def set_object_cache(self, notify: object, known: object) -> None:
            """Tell when machine code is made, and give what is known."""

        def finalize_object(self) -> None:
            """Make everything ready to be called."""

        def remove_module(self, module: object) -> None:
            """Give back what the machine code was made from."""


__all__ = ["Code", "Host", "assembly", "bindings", "compiled", "host"]


class Host(NamedTuple):
    """The machine that this process runs on."""

    triple: str
    """What LLVM calls the platform."""
    cpu: str
    """What LLVM calls the processor."""
    features: str
    """What the processor can do, as LLVM writes it."""
    width: int
    """How many doubles a vector holds."""


class Code(NamedTuple):
    """Machine code, ready to be called."""

    functions: dict[str, "ctypes._FuncPointer"]
    """The functions by name; each returns a whole number."""
    addresses: dict[str, int]
    """Where each starts, for other machine code to call it."""
    seconds: dict[str, float]
    """How long each stage took."""
    owner: object
    """What keeps the code in memory."""
    size: int
    """About how many bytes it takes, with the text by which it is found."""


@lru_cache(maxsize=1)
def bindings() -> "ModuleType":
    """Load llvmlite.

    Raises:
        CompileError: If it is not installed, is too old, or its library cannot be loaded.
    """
    try:
        import llvmlite.binding
    except ImportError:
        raise CompileError(
            "backend 'native' needs llvmlite: pip install 'microfp[native]'"
        ) from None
    except OSError as error:
        raise CompileError(
            f"backend 'native' needs llvmlite, which cannot be loaded: {error}"
        ) from error
    check_version(llvmlite.__version__, llvmlite.binding.llvm_version_info)
    return _started(llvmlite.binding)


OLDEST_LLVM = 20
"""The first LLVM that reads this code as it is written, with pointers of one kind."""


def check_version(binding: str, llvm: Sequence[int]) -> None:
    """Check that llvmlite is new enough.

    Args:
        binding: Its version.
        llvm: The version of LLVM that it has.

    Raises:
        CompileError: If it is too old.

    >>> check_version("0.44.0", (15, 0, 7))
    Traceback (most recent call last):
    microfp.errors.CompileError: backend 'native' needs llvmlite 0.45 or newer, got 0.44.0
    """
    if llvm[0] < OLDEST_LLVM:
        raise CompileError(f"backend 'native' needs llvmlite 0.45 or newer, got {binding}")


def _started(llvm: "ModuleType") -> "ModuleType":
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    _hold_while_forking(llvm)
    return llvm


def _hold_while_forking(llvm: "ModuleType") -> None:
    """Let no process fork while a thread is inside of LLVM: the child would wait for it for ever.

    llvmlite runs one call at a time, under a lock that has no public name.
    """
    lock = getattr(llvm.ffi.lib, "_lock", None)
    if lock is not None and hasattr(os, "register_at_fork"):
        release = partial(lock.__exit__, None, None, None)
        os.register_at_fork(before=lock.__enter__, after_in_parent=release, after_in_child=release)


@lru_cache(maxsize=1)
def host() -> Host:
    """Describe this machine.

    Raises:
        CompileError: If llvmlite is not installed.
    """
    llvm = bindings()
    features = llvm.get_host_cpu_features()
    width = 8 if features.get("avx512f") else 4 if features.get("avx2") else 2
    return Host(llvm.get_process_triple(), llvm.get_host_cpu_name(), features.flatten(), width)


def _target_machine(level: int) -> object:
    llvm, machine = bindings(), host()
    return llvm.Target.from_triple(machine.triple).create_target_machine(
        cpu=machine.cpu, features=machine.features, opt=level, jit=True
    )


def _size(found: object) -> int:
    return found.size if isinstance(found, Code) else 0


@kept(128, _size)
def compiled(text: str, names: tuple[str, ...]) -> Code:
    """Compile a module and look up its functions; once per text in a process.

    Raises:
        CompileError: If llvmlite is not installed.
    """
    llvm = bindings()
    place = cache.directory(os.environ)
    key = _key(llvm, text)
    known = cache.load(place, key) if place is not None else None
    keep = partial(cache.store, place, key) if place is not None else None
    engine, seconds = _engine(llvm, text, known, keep)
    addresses = {name: engine.get_function_address(name) for name in names}
    functions = {name: _function(address) for name, address in addresses.items()}
    return Code(functions, addresses, seconds, engine, 3 * len(text))


def _key(llvm: "ModuleType", text: str) -> str:
    from llvmlite import __version__ as binding

    machine = host()
    version = ".".join(map(str, llvm.llvm_version_info))
    return cache.key_of(
        FORMAT, VERSION, binding, version, machine.triple, machine.cpu, machine.features, text
    )


FORMAT = "3"
"""How machine code is made of text; to be changed with the passes that are run."""


def _engine(
    llvm: "ModuleType",
    text: str,
    known: bytes | None,
    keep: Callable[[bytes], None] | None = None,
) -> "tuple[ExecutionEngine, dict[str, float]]":
    """Make a module executable, by machine code that is known already, or by compiling it.

    Returns:
        What holds the code, and how long each stage took.
    """
    times = [perf_counter()]
    module, machine = llvm.parse_assembly(text), _target_machine(2)
    module.verify()
    times.append(perf_counter())
    if known is None:
        _optimized(llvm, module, machine)
    times.append(perf_counter())
    engine: ExecutionEngine = llvm.create_mcjit_compiler(module, machine)
    if known is not None:
        engine.set_object_cache(None, lambda _: known)
    elif keep is not None:
        engine.set_object_cache(lambda _, made: keep(bytes(made)), None)
    engine.finalize_object()
    engine.remove_module(module)  # which takes ten times what its machine code takes
    times.append(perf_counter())
    stages = ("parse", "optimize", "generate")
    spent = [after - before for before, after in pairwise(times)]
    return engine, dict(zip(stages, spent, strict=True))


PASSES = ("sroa", "simplify_cfg")
"""What LLVM makes of a module before it becomes machine code, pass by pass, as llvmlite names them.

LLVM's own pipeline takes three times as long, for code that is as fast within 5 %, and each of its
runs keeps a third of a megabyte for good; so does, to a lesser degree, `instruction_combine`. What
is computed twice has been found before there is text, so `new_gvn` finds little that takes
time; and an assertion of it ends the process where loops follow one another by the hundred.
"""


def _optimized(llvm: "ModuleType", module: object, machine: object) -> None:
    options = llvm.create_pipeline_tuning_options(speed_level=1)
    passes = llvm.create_new_module_pass_manager()
    for name in PASSES:
        getattr(passes, f"add_{name}_pass")()
    passes.run(module, llvm.create_pass_builder(machine, options))


def _function(address: int) -> "ctypes._FuncPointer":
    return ctypes.CFUNCTYPE(ctypes.c_int64)(address)


def assembly(text: str) -> str:
    """Translate a module into the assembly language of this machine."""
    llvm, machine = bindings(), _target_machine(2)
    module = llvm.parse_assembly(text)
    _optimized(llvm, module, machine)
    emitted: str = machine.emit_assembly(module)  # type: ignore[attr-defined]  # llvmlite's
    return emitted
