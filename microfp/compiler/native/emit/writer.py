"""A writer of LLVM IR: lines of text, fresh names, control flow.

>>> w = Writer(4)
>>> w.value("fadd <4 x double> %a, %b")
'%v1'
>>> w.text()
'  %v1 = fadd <4 x double> %a, %b'
"""

import struct
import sys
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar, get_origin

from microfp.compiler.native.emit.structs import kinds_of

__all__ = ["TooLong", "Writer", "literal"]


class TooLong(Exception):  # noqa: N818 - no error: something else is done instead
    """Raised where code becomes longer than it may."""


def literal(number: float) -> str:
    """Write a number so that LLVM reads every bit of it.

    >>> literal(1.0)
    '0x3FF0000000000000'
    """
    return f"0x{struct.unpack('>Q', struct.pack('>d', number))[0]:016X}"


S = TypeVar("S")


class Writer:
    """Collects the lines of one function of vectors of `width` numbers.

    It is the one place of the code generator where something changes: text is appended, and
    names are counted.
    """

    def __init__(self, width: int, most: int | None = None) -> None:
        """Begin without any lines.

        Args:
            width: How many numbers a vector has.
            most: How many names there may be, each with a line; no matter how many if not given.
        """
        self.width: int = width
        self._most = sys.maxsize if most is None else most
        self.type: str = f"<{width} x double>"
        self._lines: list[str] = []
        self._rooms: list[str] = []
        self._names = 0
        self._block = "entry"
        self._beside = dict[Hashable, tuple[str, str]]()

    def text(self) -> str:
        """Return what was written."""
        return "\n".join(self._lines)

    def another(self) -> "Writer":
        """Return a writer for another function of the same module."""
        return Writer(self.width, None if self._most == sys.maxsize else self._most)

    def beside(self, key: Hashable, function: Callable[[str], str]) -> str:
        """Return the name of another function of the module, written when it is first asked for.

        Args:
            key: What it is known by.
            function: Writes it, under a name.
        """
        if key not in self._beside:
            name = f"part{len(self._beside)}"
            self._beside[key] = name, function(name)
        return self._beside[key][0]

    def texts(self) -> list[str]:
        """Return the other functions of the module, and then this one."""
        return [*(text for _, text in self._beside.values()), self.text()]

    def line(self, text: str) -> None:
        """Write a line; all but the first and the last of a function are indented."""
        self._lines.append(text if text.startswith(("define", "}")) else f"  {text}")

    def room(self, name: str, kind: str) -> None:
        """Make room on the stack, at the head of the function, where LLVM makes registers of it."""
        self._rooms.append(f"  {name} = alloca {kind}")

    def label(self, name: str) -> None:
        """Begin a block."""
        self._lines.append(f"{name}:")
        self._block = name

    def name(self) -> str:
        """Make a name that is not in use.

        Raises:
            TooLong: If there are more than there may be.
        """
        self._names += 1
        if self._names > self._most:
            raise TooLong
        return f"{self._names}"

    def value(self, text: str) -> str:
        """Write an instruction and return the register of its result."""
        register = f"%v{self.name()}"
        self.line(f"{register} = {text}")
        return register

    def constant(self, number: float) -> str:
        """Return a vector that holds a number in every lane."""
        lane = f"double {literal(number)}"
        return "<" + ", ".join([lane] * self.width) + ">"

    def broadcast(self, scalar: str, kind: str) -> str:
        """Copy a scalar into every lane."""
        vector = f"<{self.width} x {kind}>"
        one = self.value(f"insertelement {vector} poison, {kind} {scalar}, i64 0")
        return self.value(
            f"shufflevector {vector} {one}, {vector} poison, <{self.width} x i32> zeroinitializer"
        )

    def address(self, kind: str, base: str, place: int) -> str:
        """Return the address so many things of a kind behind a base."""
        return base if place == 0 else self.value(f"getelementptr {kind}, ptr {base}, i64 {place}")

    def call(self, function: str, *operands: str) -> str:
        """Call a function of vectors."""
        return self.value(
            f"call {self.type} @{function}({', '.join(f'{self.type} {o}' for o in operands)})"
        )

    def intrinsic(self, name: str, *operands: str) -> str:
        """Call an intrinsic of LLVM on vectors."""
        return self.call(f"llvm.{name}.v{self.width}f64", *operands)

    def where(self, lanes: str, vector: str) -> str:
        """Keep the numbers of some lanes, and 0.0 in the others."""
        return self.value(
            f"select <{self.width} x i1> {lanes}, {self.type} {vector}, {self.type} zeroinitializer"
        )

    def fused(self, a: str, b: str, c: str) -> str:
        """Write a * b + c, with one rounding where the machine has such an instruction."""
        return self.intrinsic("fmuladd", a, b, c)

    def across(self, vector: str) -> str:
        """Add up the lanes, as a balanced tree."""
        half = self.width // 2
        while half:
            places = ", ".join(f"i32 {(i + half) % self.width}" for i in range(self.width))
            moved = self.value(
                f"shufflevector {self.type} {vector}, {self.type} poison, "
                f"<{self.width} x i32> <{places}>"
            )
            vector = self.value(f"fadd {self.type} {vector}, {moved}")
            half //= 2
        return self.value(f"extractelement {self.type} {vector}, i64 0")

    def across_each(self, vectors: Sequence[str]) -> str:
        """Add up the lanes of as many vectors as there are lanes: lane i has the sum of vector i.

        Each sum is the balanced tree of `across`, to the bit, in a third of its instructions.
        """
        group = self.width
        while group > 1:
            starts = range(0, 2 * self.width, group)
            lower, upper = (
                [start + i for start in starts for i in part]
                for part in (range(group // 2), range(group // 2, group))
            )
            vectors = [
                self.value(
                    f"fadd {self.type} {self._picked(a, b, lower)}, {self._picked(a, b, upper)}"
                )
                for a, b in zip(vectors[::2], vectors[1::2], strict=True)
            ]
            group //= 2
        (together,) = vectors
        return together

    def transposed(self, vectors: Sequence[str]) -> Sequence[str]:
        """Turn as many vectors as there are lanes: lane i of vector k goes to lane k of vector i.

        Halves of groups of lanes are exchanged between vectors, then halves of these, and so on.
        """
        half = self.width // 2
        while half:
            lower, upper = self._halves(half, 0), self._halves(half, half)
            vectors = [
                self._picked(vectors[i & ~half], vectors[i | half], upper if i & half else lower)
                for i in range(self.width)
            ]
            half //= 2
        return vectors

    def _halves(self, half: int, first: int) -> list[int]:
        """The lower, or from `half` on the upper halves of groups of lanes of two vectors."""
        return [
            start + of_vector + first + i
            for start in range(0, self.width, 2 * half)
            for of_vector in (0, self.width)
            for i in range(half)
        ]

    def _picked(self, a: str, b: str, lanes: Sequence[int]) -> str:
        """Pick lanes of two vectors, those of the second counted on."""
        places = ", ".join(f"i32 {lane}" for lane in lanes)
        return self.value(
            f"shufflevector {self.type} {a}, {self.type} {b}, <{len(lanes)} x i32> <{places}>"
        )

    def part(self, vector: str, first: int, count: int) -> str:
        """Take some lanes that follow each other, as a vector of their own."""
        return self._picked(vector, "poison", range(first, first + count))

    def reversed(self, vector: str) -> str:
        """Turn the order of the lanes around."""
        return self._picked(vector, "poison", range(self.width - 1, -1, -1))

    def load(self, address: str, kind: str | None = None) -> str:
        """Read something of a kind; by default, a vector of numbers."""
        return self.value(f"load {kind or self.type}, ptr {address}")

    def load_anywhere(self, address: str) -> str:
        """Read a vector of numbers that may begin at any of them."""
        return self.value(f"load {self.type}, ptr {address}, align 8")

    def store(self, value: str, address: str, kind: str | None = None) -> None:
        """Write something of a kind; by default, a vector of numbers."""
        self.line(f"store {kind or self.type} {value}, ptr {address}")

    def store_anywhere(self, vector: str, address: str) -> None:
        """Write a vector of numbers to a place that may begin at any of them."""
        self.line(f"store {self.type} {vector}, ptr {address}, align 8")

    def element(self, base: str, index: str, kind: str | None = None) -> str:
        """Return the address of one of many of a kind, by the register of its number."""
        return self.value(f"getelementptr {kind or self.type}, ptr {base}, i64 {index}")

    def struct(self, base: str, struct: type[S]) -> S:
        """Read all fields of a struct; a register each."""
        fields = [
            self.load(self.address("i64", base, place), kind)
            for place, kind in enumerate(kinds_of(struct))
        ]
        return (get_origin(struct) or struct)(*fields)

    def call_pointer(self, function: str, arguments: Sequence[str]) -> str:
        """Call a function by its address, with the fields of a struct as arguments."""
        pairs = zip(kinds_of(type(arguments)), arguments, strict=True)
        return self.value(f"call i64 {function}({', '.join(map(' '.join, pairs))})")

    # Control flow.

    def function(self, name: str, arguments: Sequence[str], body: Callable[[], None]) -> None:
        """Write a function, which returns 0 where its body does not return before."""
        self.line(f"define i64 @{name}({', '.join(arguments)}) {{")
        self.label("entry")
        head = len(self._lines)
        body()
        self._lines[head:head] = self._rooms
        self._rooms.clear()
        self.line("ret i64 0")
        self.line("}")

    def return_if(self, condition: str, result: str) -> None:
        """Return from the function where a condition holds."""
        label = self.name()
        self.line(f"br i1 {condition}, label %return{label}, label %else{label}")
        self.label(f"return{label}")
        self.line(f"ret i64 {result}")
        self.label(f"else{label}")

    def if_then(self, condition: str, body: Callable[[], None]) -> None:
        """Write code that runs only where a condition holds."""
        label = self.name()
        self.line(f"br i1 {condition}, label %then{label}, label %join{label}")
        self.label(f"then{label}")
        body()
        self.line(f"br label %join{label}")
        self.label(f"join{label}")

    def if_else(
        self,
        condition: str,
        then: Callable[[], str],
        otherwise: Callable[[], str],
        kind: str | None = None,
    ) -> str:
        """Write a choice, of which only the one side runs, and return the register of its result.

        Args:
            condition: What is asked.
            then: Writes the side where it holds, and returns its result.
            otherwise: Writes the other side.
            kind: The type of the result; by default, that of numbers.
        """
        label = self.name()
        self.line(f"br i1 {condition}, label %then{label}, label %else{label}")
        sides = [
            self._side(f"{side}{label}", body, f"join{label}")
            for side, body in (("then", then), ("else", otherwise))
        ]
        return self._joined(f"join{label}", sides, kind)

    def switch(
        self, number: str, cases: Sequence[Callable[[], str]], kind: str | None = None
    ) -> str:
        """Write a choice by a number, an i32 that is one of the cases; return its result.

        Args:
            number: The number of the case.
            cases: Each writes its side and returns its result.
            kind: The type of the result; by default, that of numbers.
        """
        label = self.name()
        targets = " ".join(f"i32 {k}, label %case{label}.{k}" for k in range(len(cases)))
        self.line(f"switch i32 {number}, label %none{label} [ {targets} ]")
        sides = [
            self._side(f"case{label}.{k}", case, f"join{label}") for k, case in enumerate(cases)
        ]
        self.label(f"none{label}")
        self.line("unreachable")
        return self._joined(f"join{label}", sides, kind)

    def _side(self, label: str, body: Callable[[], str], join: str) -> tuple[str, str]:
        """Write one side of a choice; return its result, and the block in which it ends."""
        self.label(label)
        result, last = body(), self._block
        self.line(f"br label %{join}")
        return result, last

    def _joined(self, label: str, sides: Sequence[tuple[str, str]], kind: str | None) -> str:
        """Go on where the sides of a choice meet, with the result of the one that ran."""
        self.label(label)
        incoming = ", ".join(f"[ {result}, %{last} ]" for result, last in sides)
        return self.value(f"phi {kind or self.type} {incoming}")

    def each(self, count: str, body: Callable[[str], None], *, step: int = 1) -> None:
        """Write a loop over 0, 1, ..., or in larger steps; it runs at least once.

        Args:
            count: Where it ends, not included.
            body: Writes one turn, from its number.
            step: How far each turn goes.
        """

        def turn(index: str, _: Sequence[str]) -> Sequence[str]:
            body(index)
            return ()

        self.loop("0", count, step, turn)

    def share(self, count: str) -> tuple[str, str]:
        """Write which of so many things are those of worker `%me` of `%workers`.

        Returns:
            The first, and the one behind the last; there may be none.
        """
        following = self.value("add i64 %me, 1")
        products = [self.value(f"mul i64 {count}, {worker}") for worker in ("%me", following)]
        first, stop = [self.value(f"udiv i64 {product}, %workers") for product in products]
        return first, stop

    def times(self, count: str, body: Callable[[str], None]) -> None:
        """Write a loop over 0, 1, ... that may run no times."""
        some = self.value(f"icmp ne i64 {count}, 0")
        self.if_then(some, lambda: self.each(count, body))

    def loop(
        self,
        start: str,
        stop: str,
        step: int | str,
        body: Callable[[str, Sequence[str]], Sequence[str]],
        carried: Sequence[str] = (),
        *,
        kind: str | None = None,
    ) -> list[str]:
        """Write a loop that runs at least once.

        Args:
            start: The first index.
            stop: Where it ends, not included.
            step: How far each turn goes.
            body: Writes one turn: from the index and the carried vectors to their next values.
            carried: What the carried vectors are before the first turn.
            kind: Their type; by default, that of numbers.

        Returns:
            What they are after the last.
        """
        kind = kind or self.type
        label, before = f"loop{self.name()}", self._block
        self.line(f"br label %{label}")
        self.label(label)
        at = len(self._lines)
        index = f"%i{self.name()}"
        registers = [f"%c{self.name()}" for _ in carried]
        after = list(body(index, registers))
        following = self.value(f"add nuw nsw i64 {index}, {step}")
        last = self._block
        self._lines[at:at] = [
            f"  {index} = phi i64 [ {start}, %{before} ], [ {following}, %{last} ]",
            *(
                f"  {register} = phi {kind} [ {first}, %{before} ], [ {next_}, %{last} ]"
                for register, first, next_ in zip(registers, carried, after, strict=True)
            ),
        ]
        more = self.value(f"icmp ult i64 {following}, {stop}")
        self.line(f"br i1 {more}, label %{label}, label %end{label}")
        self.label(f"end{label}")
        return after
