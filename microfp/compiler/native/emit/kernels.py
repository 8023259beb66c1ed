"""Primitives as code for a vector of numbers: what `microfp.ops` means, lane by lane.

Arithmetic is the machine's. The transcendental functions are polynomials on a reduced argument;
each stays within 2 units in the last place over all numbers, which the tests hold against fifty
digits. Their coefficients are those of the Taylor series, long enough for the whole interval, so
that no table has to be believed.

The reductions follow W. J. Cody and W. Waite, Software Manual for the Elementary Functions, 1980.

>>> sorted(set(FUNCTIONS) & {"add", "exp", "where"})
['add', 'exp', 'where']
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction

from microfp.compiler.native.emit.writer import Writer, literal

__all__ = ["FUNCTIONS", "kernel_texts"]

Emit = Callable[..., str]
"""Writes the code of a primitive: from the registers of its operands to that of its result."""


def _compare(w: Writer, relation: str, a: str, b: str) -> str:
    return w.value(f"fcmp {relation} {w.type} {a}, {b}")


def _select(w: Writer, condition: str, a: str, b: str) -> str:
    return w.value(f"select <{w.width} x i1> {condition}, {w.type} {a}, {w.type} {b}")


def _binary(operation: str) -> Emit:
    return lambda w, a, b: w.value(f"{operation} {w.type} {a}, {b}")


_plus, _minus, _times, _over = map(_binary, ("fadd", "fsub", "fmul", "fdiv"))


def _neg(w: Writer, a: str) -> str:
    return w.value(f"fneg {w.type} {a}")


def _relu(w: Writer, a: str) -> str:
    zero = w.constant(0.0)
    return _select(w, _compare(w, "ole", a, zero), zero, a)


def _positive(w: Writer, a: str) -> str:
    zero = w.constant(0.0)
    return _select(w, _compare(w, "ogt", a, zero), w.constant(1.0), zero)


def _sign(w: Writer, a: str) -> str:
    zero = w.constant(0.0)
    flat = _select(w, _compare(w, "oeq", a, zero), zero, a)
    below = _select(w, _compare(w, "olt", a, zero), w.constant(-1.0), flat)
    return _select(w, _compare(w, "ogt", a, zero), w.constant(1.0), below)


def _above(w: Writer, a: str, b: str) -> str:
    below = _select(w, _compare(w, "olt", a, b), w.constant(0.0), w.constant(math.nan))
    tied = _select(w, _compare(w, "oeq", a, b), w.constant(0.5), below)
    return _select(w, _compare(w, "ogt", a, b), w.constant(1.0), tied)


def _where(w: Writer, condition: str, a: str, b: str) -> str:
    return _select(w, _compare(w, "une", condition, w.constant(0.0)), a, b)


def _maximum(w: Writer, a: str, b: str) -> str:
    bits = w.value(f"bitcast {w.type} {a} to <{w.width} x i64>")
    negative = w.value(f"icmp slt <{w.width} x i64> {bits}, zeroinitializer")
    tied = _select(w, negative, b, a)
    larger, unordered = _compare(w, "ogt", a, b), _compare(w, "uno", a, a)
    first = w.value(f"or <{w.width} x i1> {larger}, {unordered}")
    return _select(w, _compare(w, "oeq", a, b), tied, _select(w, first, a, b))


def _minimum(w: Writer, a: str, b: str) -> str:
    return _neg(w, _maximum(w, _neg(w, a), _neg(w, b)))


def _constant_power(w: Writer, a: str, exponent: float) -> str:
    if exponent == 0.0:
        return w.constant(1.0)
    if exponent == 1.0:
        return a
    if exponent == 2.0:
        return _times(w, a, a)
    if exponent == -1.0:
        return _over(w, w.constant(1.0), a)
    return w.call("microfp.pow", a, w.constant(exponent))


def _total(w: Writer, *terms: str) -> str:
    so_far = terms[0]
    for term in terms[1:]:
        so_far = _plus(w, so_far, term)
    return so_far


def _kernel(name: str) -> Emit:
    return lambda w, *operands: w.call(f"microfp.{name}", *operands)


FUNCTIONS: Mapping[str, Emit] = {
    "add": _plus,
    "sub": _minus,
    "mul": _times,
    "divide": _over,
    "neg": _neg,
    "total": _total,
    "constant_power": _constant_power,
    "pow": _kernel("pow"),
    "exp": _kernel("exp"),
    "log": _kernel("log"),
    "sqrt": lambda w, a: w.intrinsic("sqrt", a),
    "sin": _kernel("sin"),
    "cos": _kernel("cos"),
    "sigmoid": _kernel("sigmoid"),
    "tanh": _kernel("tanh"),
    "softplus": _kernel("softplus"),
    "relu": _relu,
    "absolute": lambda w, a: w.intrinsic("fabs", a),
    "maximum": _maximum,
    "minimum": _minimum,
    "positive": _positive,
    "sign": _sign,
    "above": _above,
    "where": _where,
}
"""How each primitive is written, by its name."""


# The transcendental functions.


def _fma(w: Writer, a: str, b: str, c: str) -> str:
    return w.intrinsic("fma", a, b, c)


def _polynomial(w: Writer, x: str, coefficients: Sequence[float]) -> str:
    """Horner's rule, the constant first."""
    so_far = w.constant(coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        so_far = _fma(w, so_far, x, w.constant(coefficient))
    return so_far


def _double(number: Fraction) -> float:
    return number.numerator / number.denominator


LN2 = Fraction(
    6931471805599453094172321214581765680755001343602552541206800094933936219696947,
    10**79,
)
HALF_PI = Fraction(
    15707963267948966192313216916397514420985846996875529104874722961539082031431045, 10**79
)


def _parts(number: Fraction, bits: int, count: int) -> tuple[float, ...]:
    """Cut a number into floats of so many bits; the last one holds what is left."""
    parts: list[float] = []
    for _ in range(count - 1):
        scale = Fraction(2) ** (bits - math.frexp(float(number))[1])
        part = Fraction(int(number * scale)) / scale
        parts.append(float(part))
        number -= part
    return (*parts, _double(number))


def _integer(w: Writer, whole: str) -> str:
    return w.value(f"fptosi {w.type} {whole} to <{w.width} x i64>")


def _power_of_two(w: Writer, exponent: str) -> str:
    """The float 2**k, for whole numbers k whose power is normal."""
    kind = f"<{w.width} x i64>"
    biased = w.value(f"add {kind} {exponent}, {_integers(w, 1023)}")
    bits = w.value(f"shl {kind} {biased}, {_integers(w, 52)}")
    return w.value(f"bitcast {kind} {bits} to {w.type}")


def _integers(w: Writer, number: int) -> str:
    return "<" + ", ".join([f"i64 {number}"] * w.width) + ">"


def _clamped(w: Writer, a: str, low: float, high: float) -> str:
    """Keep a number between two others; nan stays."""
    above = _select(w, _compare(w, "ogt", a, w.constant(high)), w.constant(high), a)
    return _select(w, _compare(w, "olt", above, w.constant(low)), w.constant(low), above)


def _reduced(w: Writer, a: str) -> tuple[str, str, str]:
    """For a = k ln 2 + r, |r| <= ln(2) / 2: k, r, and e**r - 1 - r."""
    scaled = _times(w, a, w.constant(1.0 / math.log(2.0)))
    k = w.intrinsic("roundeven", scaled)
    high, low = _parts(LN2, 32, 2)
    minus = _neg(w, k)
    r = _fma(w, minus, w.constant(high), a)
    low_part = _times(w, k, w.constant(low))
    reduced = _minus(w, r, low_part)
    error = _minus(w, _minus(w, r, reduced), low_part)
    coefficients = [1.0 / math.factorial(n) for n in range(2, 15)]
    square = _times(w, reduced, reduced)
    rest = _times(w, square, _polynomial(w, reduced, coefficients))
    return k, reduced, _plus(w, rest, error)


def _exp(w: Writer, a: str) -> str:
    k, r, rest = _reduced(w, _clamped(w, a, -746.0, 710.0))
    result = _plus(w, w.constant(1.0), _plus(w, r, rest))
    whole = _integer(w, k)
    kind = f"<{w.width} x i64>"
    half = w.value(f"ashr {kind} {whole}, {_integers(w, 1)}")
    other = w.value(f"sub {kind} {whole}, {half}")
    scaled = _times(w, _times(w, result, _power_of_two(w, half)), _power_of_two(w, other))
    return _select(w, _compare(w, "uno", a, a), a, scaled)


def _logarithm_terms(w: Writer, f: str, terms: int) -> tuple[str, str]:
    """For log(1 + f): f*f/2, and what has to be added to f - f*f/2.

    With s = f / (2 + f),  log(1 + f) = 2 (s + s**3/3 + s**5/5 + ...), and 2 s = f - s f.
    """
    s = _over(w, f, _plus(w, w.constant(2.0), f))
    z = _times(w, s, s)
    series = _polynomial(w, z, [2.0 / (2 * n + 3) for n in range(terms)])
    half_square = _times(w, _times(w, w.constant(0.5), f), f)
    return half_square, _times(w, s, _plus(w, half_square, _times(w, z, series)))


def _log(w: Writer, a: str) -> str:
    kind = f"<{w.width} x i64>"
    tiny = _compare(w, "olt", a, w.constant(2.0**-1022))
    normal = _select(w, tiny, _times(w, a, w.constant(2.0**54)), a)
    bits = w.value(f"bitcast {w.type} {normal} to {kind}")
    # Subtracting the bits of sqrt(1/2) makes the mantissa lie from sqrt(1/2) to sqrt(2).
    shifted = w.value(f"sub {kind} {bits}, {_integers(w, _SQRT_HALF_BITS)}")
    exponent = w.value(f"ashr {kind} {shifted}, {_integers(w, 52)}")
    back = w.value(f"shl {kind} {exponent}, {_integers(w, 52)}")
    m = w.value(f"bitcast {kind} {w.value(f'sub {kind} {bits}, {back}')} to {w.type}")
    k = w.value(f"sitofp {kind} {exponent} to {w.type}")
    k = _select(w, tiny, _minus(w, k, w.constant(54.0)), k)
    f = _minus(w, m, w.constant(1.0))
    half_square, rest = _logarithm_terms(w, f, 11)
    high, low = _parts(LN2, 32, 2)
    rest = _fma(w, k, w.constant(low), rest)
    result = _plus(w, _times(w, k, w.constant(high)), _minus(w, f, _minus(w, half_square, rest)))
    zero = w.constant(0.0)
    result = _select(w, _compare(w, "oeq", a, w.constant(math.inf)), a, result)
    result = _select(w, _compare(w, "oeq", a, zero), w.constant(-math.inf), result)
    result = _select(w, _compare(w, "olt", a, zero), w.constant(math.nan), result)
    return _select(w, _compare(w, "uno", a, a), a, result)


_SQRT_HALF_BITS = int.from_bytes(bytes.fromhex(literal(math.sqrt(0.5))[2:]), "big")


def _decay(w: Writer, a: str) -> str:
    """The exponential of -|a|, from 0 to 1."""
    return w.call("microfp.exp", _neg(w, w.intrinsic("fabs", a)))


def _sigmoid(w: Writer, a: str) -> str:
    one, decay = w.constant(1.0), _decay(w, a)
    above = _select(w, _compare(w, "oge", a, w.constant(0.0)), one, decay)
    return _over(w, above, _plus(w, one, decay))


def _softplus(w: Writer, a: str) -> str:
    decay = _decay(w, a)
    half_square, rest = _logarithm_terms(w, decay, 17)
    small = _minus(w, decay, _minus(w, half_square, rest))
    linear = _select(w, _compare(w, "ogt", a, w.constant(0.0)), a, w.constant(0.0))
    return _select(w, _compare(w, "uno", a, a), a, _plus(w, small, linear))


def _tanh(w: Writer, a: str) -> str:
    size = w.intrinsic("fabs", a)
    double = _times(w, _clamped(w, size, 0.0, 22.0), w.constant(2.0))
    k, r, rest = _reduced(w, double)
    scale = _power_of_two(w, _integer(w, k))
    one, two = w.constant(1.0), w.constant(2.0)
    # With t = e**(2|a|) - 1 = scale (r + rest) + (scale - 1), tanh |a| = t / (t + 2).
    high = _fma(w, scale, r, _minus(w, scale, one))
    left = _fma(w, scale, r, _minus(w, _minus(w, scale, one), high))
    low = _fma(w, scale, rest, left)
    t = _plus(w, high, low)
    t_error = _minus(w, low, _minus(w, t, high))
    under = _plus(w, t, two)
    under_error = _plus(w, _minus(w, t, _minus(w, under, two)), t_error)
    quotient = _over(w, t, under)
    remainder = _fma(w, _neg(w, quotient), under, t)
    correction = _plus(w, remainder, _fma(w, _neg(w, quotient), under_error, t_error))
    result = _plus(w, quotient, _over(w, correction, under))
    signed = w.intrinsic("copysign", result, a)
    tiny = _select(w, _compare(w, "olt", size, w.constant(1e-8)), a, signed)
    return _select(w, _compare(w, "uno", a, a), a, tiny)


LARGEST_ANGLE = 2.0**20
"""Beyond it the sine is the C library's: the reduction needs as many digits as the angle has."""


def _turned(w: Writer, a: str) -> tuple[str, str, str, str]:
    """For a = k pi/2 + r: the whole number k, r with its error, and r*r."""
    k = w.intrinsic("roundeven", _times(w, a, w.constant(2.0 / math.pi)))
    first, second, third = _parts(HALF_PI, 53, 3)
    minus = _neg(w, k)
    r1 = _fma(w, minus, w.constant(first), a)
    # Near a multiple of pi/2 these two cancel: their difference and its error are both exact.
    product = _times(w, minus, w.constant(second))
    product_error = _fma(w, minus, w.constant(second), _neg(w, product))
    r = _plus(w, r1, product)
    back = _minus(w, r, r1)
    sum_error = _plus(w, _minus(w, r1, _minus(w, r, back)), _minus(w, product, back))
    error = _plus(w, sum_error, product_error)
    error = _fma(w, minus, w.constant(third), error)
    return _integer(w, k), r, error, _times(w, r, r)


def _sine_near_zero(w: Writer, r: str, error: str, z: str) -> str:
    series = _polynomial(w, z, [(-1.0) ** n / math.factorial(2 * n + 1) for n in range(1, 10)])
    cubic = _times(w, _times(w, z, r), series)
    return _plus(w, r, _plus(w, cubic, error))


def _cosine_near_zero(w: Writer, r: str, error: str, z: str) -> str:
    one = w.constant(1.0)
    series = _polynomial(w, z, [(-1.0) ** n / math.factorial(2 * n) for n in range(2, 11)])
    half = _times(w, w.constant(0.5), z)
    head = _minus(w, one, half)
    tail = _minus(w, _minus(w, one, head), half)
    small = _fma(w, _times(w, z, z), series, _minus(w, tail, _times(w, r, error)))
    return _plus(w, head, small)


def _circular(w: Writer, a: str, quarter: int, library: str) -> str:
    """The sine of a + quarter * pi/2."""
    kind = f"<{w.width} x i64>"
    whole, r, error, z = _turned(w, a)
    turned = w.value(f"add {kind} {whole}, {_integers(w, quarter)}")
    odd_bit = w.value(f"and {kind} {turned}, {_integers(w, 1)}")
    odd = w.value(f"icmp ne {kind} {odd_bit}, zeroinitializer")
    half_bit = w.value(f"and {kind} {turned}, {_integers(w, 2)}")
    flipped = w.value(f"icmp ne {kind} {half_bit}, zeroinitializer")
    result = _select(w, odd, _cosine_near_zero(w, r, error, z), _sine_near_zero(w, r, error, z))
    result = _select(w, flipped, _neg(w, result), result)
    if quarter == 0:
        result = _select(w, _compare(w, "oeq", a, w.constant(0.0)), a, result)
    far = _compare(w, "ugt", w.intrinsic("fabs", a), w.constant(LARGEST_ANGLE))
    return _where_far(w, far, result, lambda: _by_lanes(w, library, a))


def _where_far(w: Writer, far: str, near_result: str, otherwise: Callable[[], str]) -> str:
    """Take another result in lanes that are far, computed only if there is one."""
    bits = w.value(f"bitcast <{w.width} x i1> {far} to i{w.width}")
    some = w.value(f"icmp ne i{w.width} {bits}, 0")
    w.line(f"br i1 {some}, label %far, label %near")
    w.label("far")
    chosen = _select(w, far, otherwise(), near_result)
    w.line("br label %near")
    w.label("near")
    return w.value(f"phi {w.type} [ {near_result}, %entry ], [ {chosen}, %far ]")


def _by_lanes(w: Writer, library: str, *operands: str) -> str:
    """Call a function of the C library for one lane after the other."""
    result = "poison"
    for lane in range(w.width):
        numbers = [w.value(f"extractelement {w.type} {o}, i64 {lane}") for o in operands]
        arguments = ", ".join(f"double {number}" for number in numbers)
        one = w.value(f"call double @{library}({arguments})")
        result = w.value(f"insertelement {w.type} {result}, double {one}, i64 {lane}")
    return result


_KERNELS: Mapping[str, tuple[int, Emit]] = {
    "exp": (1, _exp),
    "log": (1, _log),
    "sigmoid": (1, _sigmoid),
    "softplus": (1, _softplus),
    "tanh": (1, _tanh),
    "sin": (1, lambda w, a: _circular(w, a, 0, "sin")),
    "cos": (1, lambda w, a: _circular(w, a, 1, "cos")),
    "pow": (2, lambda w, a, b: _by_lanes(w, "pow", a, b)),
}


_INTRINSICS = {"fma": 3, "fmuladd": 3, "copysign": 2, "sqrt": 1, "fabs": 1, "roundeven": 1}
"""The vector intrinsics of LLVM in use, with how many operands they take."""


def kernel_texts(body: str, width: int) -> Iterator[str]:
    """Write the declarations and the kernels that some code calls, directly or through others.

    >>> "microfp.exp" in "".join(kernel_texts("call @microfp.sigmoid(", 4))
    True
    """
    vector = f"<{width} x double>"
    for name, arity in _INTRINSICS.items():
        yield f"declare {vector} @llvm.{name}.v{width}f64({', '.join([vector] * arity)})"
    yield from ("declare i64 @llvm.umin.i64(i64, i64)", "declare i64 @llvm.ctpop.i64(i64)")
    yield "declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)"
    yield from ("declare double @sin(double)", "declare double @cos(double)")
    yield "declare double @pow(double, double)"
    yield from (kernel_text(name, width) for name in _called(body))


def _called(body: str) -> list[str]:
    """The kernels that code calls, those that they call first."""
    names = set(re.findall(r"@microfp\.(\w+)\(", body))
    if names & {"sigmoid", "softplus"}:
        names.add("exp")
    return sorted(names)


def kernel_text(name: str, width: int) -> str:
    """Write one kernel as a function of LLVM.

    >>> kernel_text("exp", 4).splitlines()[0]
    'define internal <4 x double> @microfp.exp(<4 x double> %a0) {'
    """
    arity, emit = _KERNELS[name]
    w = Writer(width)
    arguments = [f"%a{i}" for i in range(arity)]
    typed = ", ".join(f"{w.type} {argument}" for argument in arguments)
    w.line(f"define internal {w.type} @microfp.{name}({typed}) {{")
    w.label("entry")
    w.line(f"ret {w.type} {emit(w, *arguments)}")
    w.line("}")
    return w.text()
