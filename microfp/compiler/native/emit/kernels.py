"""Primitives as code for a vector of numbers: what `microfp.ops` means, lane by lane.

Most rows of the table hold their form. The transcendental functions, which take more than a line,
stand here under their names: polynomials on a reduced argument. Each stays within 2 units in the
last place over all numbers, which the tests hold against fifty digits. Their coefficients are those
of the Taylor series, long enough for the whole interval, so that no table has to be believed.

**Reduction.** The argument is brought near zero, where a short polynomial will do: a = k ln 2 + r
for the exponential, a = 2**k m for the logarithm, a = k pi/2 + r for the sine. So do W. J. Cody and
W. Waite, Software Manual for the Elementary Functions, 1980.

**Double-double arithmetic.** What has to be right to its last bit is carried as a sum of two
floats; see `pairs`. **The C library.** What is seldom asked for is called there, lane by lane; see
`library`.

>>> sorted(set(FUNCTIONS) & {"add", "exp", "where"})
['add', 'exp', 'where']
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial, reduce

from microfp.compiler.native.emit.activations import ACTIVATION_KERNELS
from microfp.compiler.native.emit.exponent import (
    HALF_PI,
    LN2,
    clamp,
    exp_minus_one,
    exp_times,
    parts,
    ratio,
)
from microfp.compiler.native.emit.lanes import (
    INTRINSICS,
    Lanes,
    Mask,
    Whole,
    call,
    choose,
    intrinsic,
    polynomial,
    read,
)
from microfp.compiler.native.emit.library import LIBRARY, LIBRARY_KERNELS, by_lanes
from microfp.compiler.native.emit.pairs import Pair, fma, quick_two_sum, two_product, two_sum
from microfp.compiler.native.emit.writer import Writer, literal
from microfp.ops import PRIMITIVES, Primitive

__all__ = ["COMPRESS", "FUNCTIONS", "FUNCTIONS_OF_FINITE_NUMBERS", "kernel_texts"]

COMPRESS = "experimental.vector.compress"
"""The intrinsic of LLVM that puts some lanes of a vector side by side, from its first one on."""

Emit = Callable[..., str]
"""Writes the code of a primitive: from the registers of its operands to that of its result."""

Kernel = Callable[..., Lanes]
"""Writes the code of a primitive: from its operands to its result."""

# The exponential.


def _exp(a: Lanes) -> Lanes:
    return choose(a.is_nan(), a, exp_times(a))


def _exp_of_minus_size(a: Lanes) -> Lanes:
    """The exponential of -|a|, from 0 to 1."""
    return call("exp", -abs(a))


def _sigmoid(a: Lanes) -> Lanes:
    """The quotient 1 / (1 + exp(-a)); from -1 down, w - w * w / (1 + w) for w = exp(a)."""
    left = a < -1.0
    w = call("exp", choose(left, a, -a))
    share = choose(left, w, 1.0) / (1.0 + w)
    return choose(left, fma(-w, share, w), share)


# The logarithm.


def _logarithm_terms(f: Lanes, terms: int) -> tuple[Lanes, Lanes]:
    """For log(1 + f): f*f/2, and what has to be added to f - f*f/2.

    With s = f / (2 + f),  log(1 + f) = 2 (s + s**3/3 + s**5/5 + ...), and 2 s = f - s f.
    """
    s = f / (2.0 + f)
    z = s * s
    series = polynomial(z, [2.0 / (2 * n + 3) for n in range(terms)])
    half_square = (0.5 * f) * f
    return half_square, s * (half_square + z * series)


_SQRT_HALF_BITS = int.from_bytes(bytes.fromhex(literal(math.sqrt(0.5))[2:]), "big")


def _split(a: Lanes) -> tuple[Lanes, Lanes]:
    """For a = 2**k m, m from sqrt(1/2) to sqrt(2): k and m."""
    tiny = a < 2.0**-1022
    bits = choose(tiny, a * 2.0**54, a).bits()
    # Subtracting the bits of sqrt(1/2) makes the mantissa lie from sqrt(1/2) to sqrt(2).
    exponent = (bits - _SQRT_HALF_BITS) >> 52
    m = (bits - (exponent << 52)).as_bits()
    k = exponent.as_floats()
    return choose(tiny, k - 54.0, k), m


def _log(a: Lanes) -> Lanes:
    k, m = _split(a)
    f = m - 1.0
    half_square, rest = _logarithm_terms(f, 11)
    high, low = parts(LN2, 32, 2)
    result = k * high + (f - (half_square - fma(k, low, rest)))
    result = choose(a.equals(math.inf), a, result)
    result = choose(a.equals(0.0), -math.inf, result)
    result = choose(a < 0.0, math.nan, result)
    return choose(a.is_nan(), a, result)


def _log_as_pair(a: Lanes) -> Pair:
    """The logarithm of a normal number to about 58 bits."""
    k, m = _split(a)
    f = m - 1.0
    half_square, rest = _logarithm_terms(f, 13)
    high, low = parts(LN2, 32, 2)
    leading = two_sum(k * high, f)
    return quick_two_sum(leading.high, leading.low - (half_square - fma(k, low, rest)))


def _lgamma(a: Lanes) -> Lanes:
    """Stirling's series where it holds: (a - 1/2) (log a - 1) + log(2 pi) / 2 - 1/2 + ..."""
    safe = choose(a >= 8.0, choose(a < 1e300, a, 1e300), 8.0)
    logarithm = _log_as_pair(safe)
    less_one = two_sum(logarithm.high, safe.constant(-1.0))
    factor = safe - 0.5
    product = two_product(factor, less_one.high)
    inverse = 1.0 / safe
    tail = inverse * polynomial(inverse * inverse, STIRLING)
    small = fma(factor, less_one.low + logarithm.low, product.low) + (HALF_LOG_2_PI - 0.5 + tail)
    known = (a >= 8.0) & (a < 1e300)
    return choose(known, product.high + small, by_lanes("lgamma", a))


STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400)
HALF_LOG_2_PI = 0.5 * math.log(2.0 * math.pi)


def _softplus(a: Lanes) -> Lanes:
    decay = _exp_of_minus_size(a)
    half_square, rest = _logarithm_terms(decay, 17)
    small = decay - (half_square - rest)
    return choose(a.is_nan(), a, small + choose(a > 0.0, a, 0.0))


# The hyperbolic tangent.


def _tanh(a: Lanes) -> Lanes:
    """With t = e**(2|a|) - 1, tanh |a| = t / (t + 2)."""
    size = abs(a)
    result = ratio(exp_minus_one(clamp(size, 0.0, 22.0) * 2.0))
    signed = intrinsic("copysign", result, a)
    return choose(a.is_nan(), a, choose(size < 1e-8, a, signed))


# The sine and the cosine.

LARGEST_ANGLE = 2.0**20
"""Beyond it the sine is the C library's: the reduction needs as many digits as the angle has."""


def _reduce_angle(a: Lanes) -> tuple[Whole, Pair]:
    """For a = k pi/2 + r: the whole number k, and r."""
    k = intrinsic("roundeven", a * (2.0 / math.pi))
    first, second, third = parts(HALF_PI, 53, 3)
    leading = fma(-k, first, a)
    # Near a multiple of pi/2 these two cancel: their sum and its error are both exact.
    product = two_product(-k, second)
    r = two_sum(leading, product.high)
    return k.whole(), Pair(r.high, fma(-k, third, r.low + product.low))


def _sine_near_zero(r: Pair) -> Lanes:
    z = r.high * r.high
    series = polynomial(z, [(-1.0) ** n / math.factorial(2 * n + 1) for n in range(1, 10)])
    return r.high + ((z * r.high) * series + r.low)


def _cosine_near_zero(r: Pair) -> Lanes:
    z = r.high * r.high
    series = polynomial(z, [(-1.0) ** n / math.factorial(2 * n) for n in range(2, 11)])
    half = 0.5 * z
    head = 1.0 - half
    head_error = (1.0 - head) - half
    return head + fma(z * z, series, head_error - r.high * r.low)


def _sine_of_quarters(a: Lanes, quarters: int, library: str) -> Lanes:
    """The sine of a + quarters * pi/2."""
    whole, r = _reduce_angle(a)
    turned = whole + quarters
    result = choose((turned & 1).nonzero(), _cosine_near_zero(r), _sine_near_zero(r))
    result = choose((turned & 2).nonzero(), -result, result)
    if quarters == 0:
        result = choose(a.equals(0.0), a, result)
    far = abs(a).compare("ugt", LARGEST_ANGLE)
    return _replace_far(far, result, partial(by_lanes, library, a))


def _replace_far(far: Mask, near: Lanes, otherwise: Callable[[], Lanes]) -> Lanes:
    """Take another result in lanes that are far, computed only if there is one."""
    w = near.writer
    bits = w.value(f"bitcast <{w.width} x i1> {far.register} to i{w.width}")
    some = w.value(f"icmp ne i{w.width} {bits}, 0")
    w.line(f"br i1 {some}, label %far, label %near")
    w.label("far")
    chosen = choose(far, otherwise(), near).register
    w.line("br label %near")
    w.label("near")
    phi = f"phi {w.type} [ {near.register}, %entry ], [ {chosen}, %far ]"
    return Lanes(w, w.value(phi))


_OWN_KERNELS: Mapping[str, Kernel] = {
    **LIBRARY_KERNELS,
    **ACTIVATION_KERNELS,
    "exp": _exp,
    "log": _log,
    "sigmoid": _sigmoid,
    "softplus": _softplus,
    "lgamma": _lgamma,
    "tanh": _tanh,
    "sin": lambda a: _sine_of_quarters(a, 0, "sin"),
    "cos": lambda a: _sine_of_quarters(a, 1, "cos"),
}
"""The primitives whose form is no formula."""

# From the table to code.


def _add_up(*terms: Lanes) -> Lanes:
    return reduce(lambda so_far, term: so_far + term, terms)


def _constant_power(w: Writer, a: str, exponent: float) -> str:
    base = Lanes(w, a)
    if exponent == 0.0:
        return w.constant(1.0)
    if exponent == 1.0:
        return a
    if exponent == 2.0:
        return (base * base).register
    if exponent == -1.0:
        return (1.0 / base).register
    return call("pow", base, base.constant(exponent)).register


def _formula(row: Primitive, *, ordered: bool = False) -> Kernel:
    """The formula of a row, which may call other primitives."""
    text = row.llvm or ""
    return lambda *operands: read(text, operands, _FORMS, ordered=ordered)


_FORMULAS = {name: _formula(row) for name, row in PRIMITIVES.items() if row.llvm is not None}

KERNELS: Mapping[str, Kernel] = {
    **_OWN_KERNELS,
    **{name: formula for name, formula in _FORMULAS.items() if PRIMITIVES[name].costly},
}
"""The primitives that become functions, which code calls; others are written where they stand."""

_FORMS: Mapping[str, Kernel] = {
    **_FORMULAS,
    **{name: partial(call, name) for name in KERNELS},
    "total": _add_up,
}


def _emit(form: Kernel) -> Emit:
    return lambda w, *registers: form(*(Lanes(w, register) for register in registers)).register


FUNCTIONS: Mapping[str, Emit] = {
    **{name: _emit(form) for name, form in _FORMS.items()},
    "constant_power": _constant_power,
}
"""How each primitive is written, by its name."""

FUNCTIONS_OF_FINITE_NUMBERS: Mapping[str, Emit] = {
    **FUNCTIONS,
    **{
        name: _emit(_formula(PRIMITIVES[name], ordered=True))
        for name in _FORMULAS.keys() - KERNELS.keys()
    },
}
"""How each is written where no operand is nan; a relu is one instruction then, and not two."""


def kernel_texts(body: str, width: int) -> Iterator[str]:
    """Write the declarations and the kernels that some code calls, directly or through others.

    >>> "microfp.exp" in "".join(kernel_texts("call @microfp.sigmoid(", 4))
    True
    """
    vector = f"<{width} x double>"
    for name, arity in INTRINSICS.items():
        yield f"declare {vector} @llvm.{name}.v{width}f64({', '.join([vector] * arity)})"
    yield from ("declare i64 @llvm.umin.i64(i64, i64)", "declare i64 @llvm.ctpop.i64(i64)")
    yield "declare double @llvm.fabs.f64(double)"
    whole, mask = f"<{width} x i64>", f"<{width} x i1>"
    yield f"declare {whole} @llvm.{COMPRESS}.v{width}i64({whole}, {mask}, {whole})"
    yield "declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)"
    yield "declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)"
    for name, arity in LIBRARY.items():
        yield f"declare double @{name}({', '.join(['double'] * arity)})"
    yield from _called(body, width).values()


def _called(body: str, width: int) -> dict[str, str]:
    """The texts of the kernels that code calls, and of those that they call, by their names."""
    texts: dict[str, str] = {}
    waiting = sorted(set(re.findall(r"@microfp\.(\w+)\(", body)))
    while waiting:  # a plain loop: one kernel leads to others
        name = waiting.pop()
        if name not in texts:
            texts[name] = kernel_text(name, width)
            waiting += re.findall(r"@microfp\.(\w+)\(", texts[name])
    return {name: texts[name] for name in sorted(texts)}


def kernel_text(name: str, width: int) -> str:
    """Write one kernel as a function of LLVM.

    >>> kernel_text("exp", 4).splitlines()[0]
    'define internal <4 x double> @microfp.exp(<4 x double> %a0) {'
    """
    w = Writer(width)
    arguments = [f"%a{i}" for i in range(PRIMITIVES[name].arity or 1)]
    typed = ", ".join(f"{w.type} {argument}" for argument in arguments)
    w.line(f"define internal {w.type} @microfp.{name}({typed}) {{")
    w.label("entry")
    w.line(f"ret {w.type} {KERNELS[name](*(Lanes(w, a) for a in arguments)).register}")
    w.line("}")
    return w.text()
