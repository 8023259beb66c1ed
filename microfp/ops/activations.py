"""Activations that are a number times a share of it: one step each, so that no digit is lost.

As arithmetic of other primitives they would be right to ten digits less where the share is small,
and nan where the number is -inf.
"""

import math

from microfp.ops.bounds import keep_size
from microfp.ops.choice import maximum, minimum
from microfp.ops.exponential import exp
from microfp.ops.hyperbolic import sech, tanh
from microfp.ops.logistic import sigmoid, softplus
from microfp.ops.primitive import ATOM, Operand, Primitive, primitive
from microfp.ops.special import erfc

__all__ = ["gelu", "gelu_tanh", "mish", "silu"]

# Numbers that no float is, each with what its float lacks.
_LINEAR = 2.0 * math.sqrt(2.0 / math.pi)
_LINEAR_REST = -9.96930880911092e-17
_CUBIC = 0.044715 * _LINEAR
_CUBIC_REST = -6.175149918155315e-19
_ROOT_HALF = math.sqrt(0.5)
_ROOT_REST = -4.833646656726457e-17


def _product(a: float, b: float) -> tuple[float, float]:
    """A product, and what its float lacks, by T. J. Dekker's splitting."""
    (a_high, a_low), (b_high, b_low) = _halves(a), _halves(b)
    whole = a * b
    return whole, ((a_high * b_high - whole) + a_high * b_low + a_low * b_high) + a_low * b_low


def _halves(a: float) -> tuple[float, float]:
    """A number as the sum of two floats of half its length."""
    large = a * 134217729.0  # 2**27 + 1
    high = large - (large - a)
    return high, a - high


def _times_power(a: float) -> float:
    """The product a * e**a, by halves, where e**a alone would have lost its bits."""
    half = math.exp(0.5 * a)
    return (a * half) * half if a > -math.inf else -0.0


def _silu(a: float) -> float:
    return _times_power(a) if a < -700.0 else a / (1.0 + math.exp(-a))


def _mish(a: float) -> float:
    if a < -700.0:
        return _times_power(a)
    if a > 30.0:
        return a
    e = math.exp(a)
    t = e * (e + 2.0)
    return a * (t / (t + 2.0))


def _gelu_tanh(a: float) -> float:
    if not -50.0 < a < 50.0:
        return a if a > 0.0 or a != a else -0.0
    t, rest = _tanh_argument(a)
    if t > -700.0:
        return a / (1.0 + math.exp(-t) * (1.0 - rest))
    half = math.exp(0.5 * t)
    return (a * half) * half * (1.0 + rest)


def _tanh_argument(a: float) -> tuple[float, float]:
    """The number 2 sqrt(2 / pi) (a + 0.044715 a**3), and what its float lacks."""
    square, square_rest = _product(a, a)
    cubic, cubic_rest = _product(square, _CUBIC)
    inner = _LINEAR + cubic
    lost = _LINEAR - (inner - cubic) if cubic > _LINEAR else cubic - (inner - _LINEAR)
    small = square * _CUBIC_REST + square_rest * _CUBIC + cubic_rest + lost + _LINEAR_REST
    t, rest = _product(a, inner)
    return t, rest + a * small


def _gelu(a: float) -> float:
    if not -50.0 < a < 50.0:
        return a if a > 0.0 or a != a else -0.0
    u, rest = _scaled_down(a)
    moved = (2.0 / math.sqrt(math.pi)) * (rest * math.exp(-u * u))
    return (0.5 * a) * (math.erfc(u) - moved)


def _scaled_down(a: float) -> tuple[float, float]:
    """The quotient -a / sqrt(2), and what its float lacks."""
    u, rest = _product(-a, _ROOT_HALF)
    return u, rest - a * _ROOT_REST


def _within(a: Operand, size: float) -> Operand:
    """The operand where its slope is not long flat: beyond, it would meet a slope of 0 as inf."""
    return maximum(minimum(a, size), -size)


def _silu_slope(a: Operand) -> Operand:
    near = _within(a, 800.0)
    arch = sech(0.5 * near)
    return sigmoid(a) + 0.25 * (near * (arch * arch))


def _mish_slope(a: Operand) -> Operand:
    near = _within(a, 800.0)
    soft = softplus(near)
    arch = sech(soft)
    return tanh(soft) + near * (arch * arch) * sigmoid(near)


def _gelu_tanh_slope(a: Operand) -> Operand:
    near = _within(a, 50.0)
    square = near * near
    t = near * (_LINEAR + _CUBIC * square)
    arch = sech(0.5 * t)
    return sigmoid(t) + 0.25 * (near * (arch * arch)) * (_LINEAR + (3.0 * _CUBIC) * square)


def _gelu_slope(a: Operand) -> Operand:
    near = _within(a, 50.0)
    density = exp(-0.5 * (near * near))
    return 0.5 * erfc(-_ROOT_HALF * near) + (1.0 / math.sqrt(2.0 * math.pi)) * (near * density)


silu: Primitive = primitive(
    "silu",
    _silu,
    lambda a, y: (_silu_slope(a),),
    "silu({0})",
    javascript=(
        "a < -700 ? (a === -Infinity ? -0 : a * Math.exp(a / 2) * Math.exp(a / 2)) "
        ": a / (1 + Math.exp(-a))"
    ),
    costly=True,
    bound=keep_size,
)
mish: Primitive = primitive(
    "mish",
    _mish,
    lambda a, y: (_mish_slope(a),),
    "mish({0})",
    javascript="""((e) => {
    if (a < -700) return FORWARD.silu(a);
    const t = e * (e + 2);
    return a > 30 ? a : a * (t / (t + 2));
  })(Math.exp(a))""",
    costly=True,
    bound=keep_size,
)
gelu_tanh: Primitive = primitive(
    "gelu_tanh",
    _gelu_tanh,
    lambda a, y: (_gelu_tanh_slope(a),),
    "gelu_tanh({0})",
    latex=(r"\operatorname{{gelutanh}}\left({0}\right)", ATOM),
    javascript="""(() => {
    if (!(a > -50 && a < 50)) return a > 0 || Number.isNaN(a) ? a : -0;
    const t = 2 * Math.sqrt(2 / Math.PI) * (a + 0.044715 * a * a * a);
    return t > -700 ? a / (1 + Math.exp(-t)) : a * Math.exp(t / 2) * Math.exp(t / 2);
  })()""",
    costly=True,
    bound=keep_size,
)
gelu: Primitive = primitive(
    "gelu",
    _gelu,
    lambda a, y: (_gelu_slope(a),),
    "gelu({0})",
    javascript="""(() => {
    if (!(a > -50 && a < 50)) return a > 0 || Number.isNaN(a) ? a : -0;
    return 0.5 * a * FORWARD.erfc(-a * Math.SQRT1_2);
  })()""",
    costly=True,
    bound=keep_size,
)
