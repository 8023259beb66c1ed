"""The engine: IR into machine code, and memory that machine code can work on.

llvmlite is imported here, when something is compiled, and nowhere else.
"""

import ctypes
from collections.abc import Sequence
from functools import lru_cache
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

from microfp.errors import CompileError

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["Buffer", "Code", "Host", "buffer", "compiled", "host", "integers"]

ALIGNMENT = 64
"""Vectors start at multiples of so many bytes."""


class Host(NamedTuple):
    """The machine that this process runs on.

    Attributes:
        triple: What LLVM calls the platform.
        cpu: What LLVM calls the processor.
        features: What the processor can do, as LLVM writes it.
        width: How many doubles a vector holds.
    """

    triple: str
    cpu: str
    features: str
    width: int


class Code(NamedTuple):
    """Machine code, ready to be called.

    Attributes:
        functions: The functions by name.
        seconds: How long each stage took.
        owner: What keeps the code in memory.
    """

    functions: dict[str, "ctypes._FuncPointer"]
    seconds: dict[str, float]
    owner: object


def bindings() -> "ModuleType":
    """Load llvmlite.

    Raises:
        CompileError: If it is not installed.
    """
    try:
        import llvmlite.binding
    except ImportError:
        raise CompileError(
            "backend 'native' needs llvmlite: pip install 'microfp[native]'"
        ) from None
    return _started(llvmlite.binding)


def _started(llvm: "ModuleType") -> "ModuleType":
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm


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


@lru_cache(maxsize=128)
def compiled(text: str, names: tuple[str, ...]) -> Code:
    """Compile a module and look up its functions; once per text in a process.

    Raises:
        CompileError: If llvmlite is not installed.
    """
    llvm, started = bindings(), perf_counter()
    module = llvm.parse_assembly(text)
    module.verify()
    parsed = perf_counter()
    machine = _target_machine(2)
    _optimized(llvm, module, machine)
    optimized = perf_counter()
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    seconds = {
        "parse": parsed - started,
        "optimize": optimized - parsed,
        "generate": perf_counter() - optimized,
    }
    functions = {name: _function(engine.get_function_address(name)) for name in names}
    return Code(functions, seconds, engine)


def _optimized(llvm: "ModuleType", module: object, machine: object) -> None:
    options = llvm.create_pipeline_tuning_options(speed_level=1)
    options.slp_vectorization = options.loop_vectorization = False
    options.loop_unrolling = False
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)


def _function(address: int) -> "ctypes._FuncPointer":
    return ctypes.CFUNCTYPE(None)(address)


def assembly(text: str) -> str:
    """Translate a module into the assembly language of this machine."""
    llvm, machine = bindings(), _target_machine(2)
    module = llvm.parse_assembly(text)
    _optimized(llvm, module, machine)
    emitted: str = machine.emit_assembly(module)  # type: ignore[attr-defined]  # llvmlite's
    return emitted


class Buffer(NamedTuple):
    """Memory for doubles: a view to read and write, and the address for machine code.

    Attributes:
        view: The numbers.
        address: Where they start.
        owner: What keeps the memory.
    """

    view: "memoryview[float]"
    address: int
    owner: object


def buffer(count: int) -> Buffer:
    """Make room for so many doubles, all 0.0, aligned for vectors.

    >>> buffer(3).view.tolist()
    [0.0, 0.0, 0.0]
    """
    memory = bytearray(8 * count + ALIGNMENT)
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    offset = -start % ALIGNMENT
    view = memoryview(memory)[offset : offset + 8 * count].cast("d")
    return Buffer(view, start + offset, memory)


def integers(numbers: Sequence[int]) -> "ctypes.Array[ctypes.c_int64]":
    """Copy whole numbers into memory for machine code."""
    return (ctypes.c_int64 * len(numbers))(*numbers)
