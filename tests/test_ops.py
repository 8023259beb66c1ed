"""The table of primitives: values by IEEE 754 and C99, derivatives as the field settled them."""

import math
import pickle
from itertools import product
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfp import graph, ops
from microfp.gradients import backward, grad
from microfp.ops import PRIMITIVES, primitive
from microfp.values import Value, lift, value
from tests.expressions import EXACT, applied

INF, NAN = math.inf, math.nan
HUGE, TINY = 1e300, 1e-300
E = math.e


def same(actual: float, expected: float) -> bool:
    """Equal as IEEE 754 data: nan is nan, and the two zeros differ."""
    if math.isnan(expected):
        return math.isnan(actual)
    return actual == expected and math.copysign(1.0, actual) == math.copysign(1.0, expected)


def slopes_of(row: ops.Primitive, *arguments: float) -> tuple[float, ...]:
    """The partial derivatives at operands (and a constant) and the result: numbers, here."""
    partials = row.partials(*arguments)
    numbers = tuple(partial for partial in partials if isinstance(partial, float))
    assert len(numbers) == len(partials)
    return numbers


# Where a table says `0.0` for a derivative, the sign of that zero is nobody's promise.
def same_slope(actual: float, expected: float) -> bool:
    if math.isnan(expected):
        return math.isnan(actual)
    return math.isclose(actual, expected, rel_tol=1e-15)


# Primitive, operand, value, derivative. Values of C99 annex F where C has the function; None
# where the exact number is irrational, and left to the fifty digits further down.
UNARY: list[tuple[str, float, float | None, float | None]] = [
    ("neg", 0.0, -0.0, -1.0),
    ("neg", -0.0, 0.0, -1.0),
    ("neg", 1.0, -1.0, -1.0),
    ("neg", INF, -INF, -1.0),
    ("neg", -INF, INF, -1.0),
    ("neg", NAN, NAN, -1.0),
    ("neg", HUGE, -HUGE, -1.0),
    ("exp", 0.0, 1.0, 1.0),
    ("exp", -0.0, 1.0, 1.0),
    ("exp", 1.0, E, E),
    ("exp", INF, INF, INF),
    ("exp", -INF, 0.0, 0.0),
    ("exp", NAN, NAN, NAN),
    ("exp", 1000.0, INF, INF),
    ("exp", -1000.0, 0.0, 0.0),
    ("exp", HUGE, INF, INF),
    ("exp", -HUGE, 0.0, 0.0),
    ("exp", TINY, 1.0, 1.0),
    ("log", 0.0, -INF, INF),
    ("log", -0.0, -INF, -INF),
    ("log", 1.0, 0.0, 1.0),
    ("log", -1.0, NAN, -1.0),
    ("log", INF, INF, 0.0),
    ("log", -INF, NAN, 0.0),
    ("log", NAN, NAN, NAN),
    ("log", HUGE, None, TINY),
    ("log", TINY, None, HUGE),
    ("sqrt", 0.0, 0.0, INF),
    ("sqrt", -0.0, -0.0, -INF),
    ("sqrt", 1.0, 1.0, 0.5),
    ("sqrt", -1.0, NAN, NAN),
    ("sqrt", INF, INF, 0.0),
    ("sqrt", -INF, NAN, NAN),
    ("sqrt", NAN, NAN, NAN),
    ("sqrt", HUGE, 1e150, 5e-151),
    ("sqrt", TINY, 1e-150, 5e149),
    ("sin", 0.0, 0.0, 1.0),
    ("sin", -0.0, -0.0, 1.0),
    ("sin", INF, NAN, NAN),
    ("sin", -INF, NAN, NAN),
    ("sin", NAN, NAN, NAN),
    ("sin", TINY, TINY, 1.0),
    ("cos", 0.0, 1.0, 0.0),
    ("cos", -0.0, 1.0, 0.0),
    ("cos", INF, NAN, NAN),
    ("cos", -INF, NAN, NAN),
    ("cos", NAN, NAN, NAN),
    ("cos", TINY, 1.0, -TINY),
    ("tanh", 0.0, 0.0, 1.0),
    ("tanh", -0.0, -0.0, 1.0),
    ("tanh", 1000.0, 1.0, 0.0),
    ("tanh", -1000.0, -1.0, 0.0),
    ("tanh", INF, 1.0, 0.0),
    ("tanh", -INF, -1.0, 0.0),
    ("tanh", NAN, NAN, NAN),
    ("tanh", HUGE, 1.0, 0.0),
    ("tanh", TINY, TINY, 1.0),
    ("sigmoid", 0.0, 0.5, 0.25),
    ("sigmoid", -0.0, 0.5, 0.25),
    ("sigmoid", 1000.0, 1.0, 0.0),
    ("sigmoid", -1000.0, 0.0, 0.0),
    ("sigmoid", INF, 1.0, 0.0),
    ("sigmoid", -INF, 0.0, 0.0),
    ("sigmoid", NAN, NAN, NAN),
    ("sigmoid", HUGE, 1.0, 0.0),
    ("sigmoid", -HUGE, 0.0, 0.0),
    ("softplus", 0.0, math.log(2.0), 0.5),
    ("softplus", 1000.0, 1000.0, 1.0),
    ("softplus", -1000.0, 0.0, 0.0),
    ("softplus", INF, INF, 1.0),
    ("softplus", -INF, 0.0, 0.0),
    ("softplus", NAN, NAN, NAN),
    ("softplus", HUGE, HUGE, 1.0),
    ("softplus", -HUGE, 0.0, 0.0),
    ("tan", -0.0, -0.0, 1.0),
    ("tan", INF, NAN, NAN),
    ("tan", TINY, TINY, 1.0),
    ("asin", -0.0, -0.0, 1.0),
    ("asin", 1.0, math.pi / 2, INF),
    ("asin", -1.0, -math.pi / 2, INF),
    ("asin", 2.0, NAN, NAN),
    ("asin", INF, NAN, NAN),
    ("acos", 1.0, 0.0, -INF),
    ("acos", -1.0, math.pi, -INF),
    ("acos", -2.0, NAN, NAN),
    ("atan", -0.0, -0.0, 1.0),
    ("atan", INF, math.pi / 2, 0.0),
    ("atan", -HUGE, -math.pi / 2, 0.0),
    ("atan", NAN, NAN, NAN),
    ("sinh", -0.0, -0.0, 1.0),
    ("sinh", 1000.0, INF, INF),
    ("sinh", -INF, -INF, INF),
    ("cosh", 0.0, 1.0, 0.0),
    ("cosh", -1000.0, INF, -INF),
    ("cosh", -INF, INF, -INF),
    ("sech", 0.0, 1.0, 0.0),
    ("sech", -INF, 0.0, 0.0),
    ("sech", HUGE, 0.0, 0.0),
    ("asinh", -0.0, -0.0, 1.0),
    ("asinh", -INF, -INF, 0.0),
    ("asinh", HUGE, None, TINY),
    ("acosh", 1.0, 0.0, INF),
    ("acosh", 0.5, NAN, NAN),
    ("acosh", INF, INF, 0.0),
    ("acosh", HUGE, None, TINY),
    ("atanh", 1.0, INF, INF),
    ("atanh", -1.0, -INF, INF),
    ("atanh", -0.0, -0.0, 1.0),
    ("atanh", 2.0, NAN, -1.0 / 3.0),
    ("exp2", 10.0, 1024.0, 1024.0 * math.log(2.0)),
    ("exp2", 1024.0, INF, INF),
    ("exp2", -INF, 0.0, 0.0),
    ("expm1", -0.0, -0.0, 1.0),
    ("expm1", -INF, -1.0, 0.0),
    ("expm1", -40.0, -1.0, math.exp(-40.0)),
    ("expm1", 1000.0, INF, INF),
    ("log1p", -0.0, -0.0, 1.0),
    ("log1p", -1.0, -INF, INF),
    ("log1p", -2.0, NAN, -1.0),
    ("log1p", INF, INF, 0.0),
    ("log2", 8.0, 3.0, 0.125 / math.log(2.0)),
    ("log2", 0.0, -INF, INF),
    ("log2", -1.0, NAN, -1.0 / math.log(2.0)),
    ("log10", 0.01, -2.0, 100.0 / math.log(10.0)),
    ("log10", 0.0, -INF, INF),
    ("log10", INF, INF, 0.0),
    ("cbrt", -8.0, -2.0, 1.0 / 12.0),
    ("cbrt", -0.0, -0.0, INF),
    ("cbrt", -INF, -INF, 0.0),
    ("erf", -0.0, -0.0, 2.0 / math.sqrt(math.pi)),
    ("erf", INF, 1.0, 0.0),
    ("erf", -HUGE, -1.0, 0.0),
    ("erfc", -INF, 2.0, 0.0),
    ("erfc", 100.0, 0.0, 0.0),
    ("erfc", NAN, NAN, NAN),
    *((name, -0.0, -0.0, 0.5) for name in ("silu", "gelu", "gelu_tanh")),
    *((name, INF, INF, 1.0) for name in ("silu", "mish", "gelu", "gelu_tanh")),
    *((name, -INF, -0.0, 0.0) for name in ("silu", "mish", "gelu", "gelu_tanh")),
    *((name, NAN, NAN, NAN) for name in ("silu", "mish", "gelu", "gelu_tanh")),
    *((name, HUGE, HUGE, 1.0) for name in ("silu", "mish", "gelu", "gelu_tanh")),
    ("mish", -0.0, -0.0, 0.6),
    ("lgamma", 1.0, 0.0, -0.5772156649015329),
    ("lgamma", 2.0, 0.0, 0.42278433509846714),
    ("lgamma", 0.0, INF, -INF),
    ("lgamma", -3.0, INF, NAN),
    ("lgamma", INF, INF, INF),
    ("lgamma", -INF, INF, NAN),
    ("digamma", 0.0, -INF, INF),
    ("digamma", -0.0, INF, INF),
    ("digamma", 1.0, -0.5772156649015329, math.pi**2 / 6.0),
    ("digamma", -2.0, NAN, None),
    ("digamma", INF, INF, 0.0),
    ("floor", -0.5, -1.0, 0.0),
    ("floor", -0.0, -0.0, 0.0),
    ("floor", INF, INF, 0.0),
    ("floor", NAN, NAN, 0.0),
    ("ceil", -0.5, -0.0, 0.0),
    ("ceil", HUGE, HUGE, 0.0),
    ("round", 0.5, 0.0, 0.0),
    ("round", 1.5, 2.0, 0.0),
    ("round", -0.5, -0.0, 0.0),
    ("round", -INF, -INF, 0.0),
    ("round", 0.49999999999999994, 0.0, 0.0),
    ("round", 4503599627370497.0, 4503599627370497.0, 0.0),
    ("relu", 0.0, 0.0, 0.0),
    ("relu", -0.0, 0.0, 0.0),
    ("relu", 1.0, 1.0, 1.0),
    ("relu", -1.0, 0.0, 0.0),
    ("relu", INF, INF, 1.0),
    ("relu", -INF, 0.0, 0.0),
    ("relu", NAN, NAN, 0.0),
    ("relu", HUGE, HUGE, 1.0),
    ("relu", TINY, TINY, 1.0),
    ("absolute", 0.0, 0.0, 0.0),
    ("absolute", -0.0, 0.0, 0.0),
    ("absolute", 1.0, 1.0, 1.0),
    ("absolute", -1.0, 1.0, -1.0),
    ("absolute", INF, INF, 1.0),
    ("absolute", -INF, INF, -1.0),
    ("absolute", NAN, NAN, NAN),
    ("absolute", -HUGE, HUGE, -1.0),
    ("positive", 0.0, 0.0, 0.0),
    ("positive", -0.0, 0.0, 0.0),
    ("positive", 1.0, 1.0, 0.0),
    ("positive", -1.0, 0.0, 0.0),
    ("positive", INF, 1.0, 0.0),
    ("positive", -INF, 0.0, 0.0),
    ("sign", 0.0, 0.0, 0.0),
    ("sign", 1.0, 1.0, 0.0),
    ("sign", -1.0, -1.0, 0.0),
    ("sign", TINY, 1.0, 0.0),
    ("sign", INF, 1.0, 0.0),
    ("sign", -INF, -1.0, 0.0),
    ("sign", NAN, NAN, 0.0),
]

# Primitive, operands, value, derivative along each operand.
BINARY: list[tuple[str, tuple[float, float], float, tuple[float | None, float | None]]] = [
    ("add", (0.0, -0.0), 0.0, (1.0, 1.0)),
    ("add", (-0.0, -0.0), -0.0, (1.0, 1.0)),
    ("add", (INF, -INF), NAN, (1.0, 1.0)),
    ("add", (INF, 1.0), INF, (1.0, 1.0)),
    ("add", (1e308, 1e308), INF, (1.0, 1.0)),
    ("add", (NAN, 1.0), NAN, (1.0, 1.0)),
    ("add", (HUGE, -HUGE), 0.0, (1.0, 1.0)),
    ("sub", (0.0, 0.0), 0.0, (1.0, -1.0)),
    ("sub", (-0.0, 0.0), -0.0, (1.0, -1.0)),
    ("sub", (INF, INF), NAN, (1.0, -1.0)),
    ("sub", (-1e308, 1e308), -INF, (1.0, -1.0)),
    ("mul", (0.0, -1.0), -0.0, (-1.0, 0.0)),
    ("mul", (0.0, INF), NAN, (INF, 0.0)),
    ("mul", (HUGE, HUGE), INF, (HUGE, HUGE)),
    ("mul", (HUGE, -HUGE), -INF, (-HUGE, HUGE)),
    ("mul", (TINY, TINY), 0.0, (TINY, TINY)),
    ("mul", (NAN, 0.0), NAN, (0.0, NAN)),
    ("divide", (1.0, 2.0), 0.5, (0.5, -0.25)),
    ("divide", (1.0, 0.0), INF, (INF, -INF)),
    ("divide", (1.0, -0.0), -INF, (-INF, -INF)),
    ("divide", (-1.0, 0.0), -INF, (INF, INF)),
    ("divide", (-1.0, -0.0), INF, (-INF, INF)),
    ("divide", (INF, 0.0), INF, (INF, -INF)),
    ("divide", (INF, -0.0), -INF, (-INF, -INF)),
    ("divide", (0.0, 0.0), NAN, (INF, NAN)),
    ("divide", (-0.0, 0.0), NAN, (INF, NAN)),
    ("divide", (NAN, 0.0), NAN, (INF, NAN)),
    ("divide", (0.0, -1.0), -0.0, (-1.0, 0.0)),
    ("divide", (1.0, INF), 0.0, (0.0, 0.0)),
    ("divide", (1.0, -INF), -0.0, (0.0, 0.0)),
    ("divide", (INF, INF), NAN, (0.0, NAN)),
    ("divide", (HUGE, TINY), INF, (HUGE, -INF)),
    ("divide", (TINY, HUGE), 0.0, (TINY, 0.0)),
    ("divide", (TINY, TINY), 1.0, (HUGE, -HUGE)),
    # C99 F.9.4.4. Along the exponent: y * log(a); at a = 0 settled to be 0.
    ("pow", (0.0, 0.0), 1.0, (0.0, 0.0)),
    ("pow", (-0.0, 0.0), 1.0, (0.0, 0.0)),
    ("pow", (5.0, 0.0), 1.0, (0.0, None)),
    ("pow", (INF, 0.0), 1.0, (0.0, INF)),
    ("pow", (NAN, 0.0), 1.0, (0.0, NAN)),
    ("pow", (1.0, NAN), 1.0, (NAN, 0.0)),
    ("pow", (1.0, INF), 1.0, (INF, 0.0)),
    ("pow", (NAN, 1.0), NAN, (1.0, NAN)),
    ("pow", (2.0, NAN), NAN, (NAN, NAN)),
    ("pow", (0.0, 1.0), 0.0, (1.0, 0.0)),
    ("pow", (0.0, 2.0), 0.0, (0.0, 0.0)),
    ("pow", (0.0, 0.5), 0.0, (INF, 0.0)),
    ("pow", (0.0, -1.0), INF, (-INF, 0.0)),
    ("pow", (-0.0, -1.0), -INF, (-INF, 0.0)),
    ("pow", (-0.0, -2.0), INF, (INF, 0.0)),
    ("pow", (-0.0, 3.0), -0.0, (0.0, 0.0)),
    ("pow", (-0.0, 2.0), 0.0, (0.0, 0.0)),
    ("pow", (0.0, -0.5), INF, (-INF, 0.0)),
    ("pow", (-0.0, -0.5), INF, (-INF, 0.0)),
    ("pow", (0.0, -INF), INF, (-INF, 0.0)),
    ("pow", (-1.0, INF), 1.0, (INF, NAN)),
    ("pow", (-1.0, -INF), 1.0, (-INF, NAN)),
    ("pow", (0.5, INF), 0.0, (NAN, 0.0)),
    ("pow", (2.0, INF), INF, (INF, INF)),
    ("pow", (2.0, -INF), 0.0, (NAN, 0.0)),
    ("pow", (0.5, -INF), INF, (-INF, -INF)),
    ("pow", (INF, 2.0), INF, (INF, INF)),
    ("pow", (INF, -2.0), 0.0, (0.0, NAN)),
    ("pow", (-INF, 3.0), -INF, (INF, NAN)),
    ("pow", (-INF, 2.0), INF, (-INF, NAN)),
    ("pow", (-INF, -1.0), -0.0, (0.0, NAN)),
    ("pow", (-2.0, 3.0), -8.0, (12.0, NAN)),
    ("pow", (-2.0, -1.0), -0.5, (-0.25, NAN)),
    ("pow", (-2.0, 0.5), NAN, (NAN, NAN)),
    ("pow", (-2.0, 1.5), NAN, (NAN, NAN)),
    ("pow", (HUGE, 2.0), INF, (2e300, INF)),
    ("pow", (-HUGE, 2.0), INF, (-2e300, NAN)),
    ("pow", (-HUGE, 3.0), -INF, (INF, NAN)),
    ("pow", (TINY, 2.0), 0.0, (2e-300, 0.0)),
    ("pow", (TINY, -2.0), INF, (-INF, -INF)),
    ("pow", (-TINY, -3.0), -INF, (-INF, NAN)),
    # IEEE 754-2019 maximum and minimum, as in JAX and PyTorch: nan in, nan out; -0 below +0.
    ("maximum", (1.0, 2.0), 2.0, (0.0, 1.0)),
    ("maximum", (2.0, 1.0), 2.0, (1.0, 0.0)),
    ("maximum", (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("maximum", (0.0, -0.0), 0.0, (0.5, 0.5)),
    ("maximum", (-0.0, 0.0), 0.0, (0.5, 0.5)),
    ("maximum", (-0.0, -0.0), -0.0, (0.5, 0.5)),
    ("maximum", (INF, INF), INF, (0.5, 0.5)),
    ("maximum", (-INF, INF), INF, (0.0, 1.0)),
    ("maximum", (-INF, -HUGE), -HUGE, (0.0, 1.0)),
    ("maximum", (NAN, 1.0), NAN, (NAN, NAN)),
    ("maximum", (1.0, NAN), NAN, (NAN, NAN)),
    ("maximum", (NAN, INF), NAN, (NAN, NAN)),
    ("minimum", (1.0, 2.0), 1.0, (1.0, 0.0)),
    ("minimum", (2.0, 1.0), 1.0, (0.0, 1.0)),
    ("minimum", (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("minimum", (0.0, -0.0), -0.0, (0.5, 0.5)),
    ("minimum", (-0.0, 0.0), -0.0, (0.5, 0.5)),
    ("minimum", (0.0, 0.0), 0.0, (0.5, 0.5)),
    ("minimum", (-INF, INF), -INF, (1.0, 0.0)),
    ("minimum", (NAN, 1.0), NAN, (NAN, NAN)),
    ("minimum", (1.0, NAN), NAN, (NAN, NAN)),
    ("minimum", (-INF, NAN), NAN, (NAN, NAN)),
    ("atan2", (0.0, 0.0), 0.0, (0.0, 0.0)),
    ("atan2", (0.0, -1.0), math.pi, (-1.0, 0.0)),
    ("atan2", (-0.0, -1.0), -math.pi, (-1.0, 0.0)),
    ("atan2", (1.0, 0.0), math.pi / 2, (0.0, -1.0)),
    ("atan2", (INF, INF), math.pi / 4, (NAN, NAN)),
    ("atan2", (HUGE, HUGE), math.pi / 4, (0.5e-300, -0.5e-300)),
    ("hypot", (0.0, 0.0), 0.0, (0.0, 0.0)),
    ("hypot", (3.0, -4.0), 5.0, (0.6, -0.8)),
    ("hypot", (HUGE, 0.0), HUGE, (1.0, 0.0)),
    ("hypot", (-INF, NAN), INF, (NAN, NAN)),
    ("logaddexp", (0.0, 0.0), math.log(2.0), (0.5, 0.5)),
    ("logaddexp", (-INF, 3.0), 3.0, (0.0, 1.0)),
    ("logaddexp", (3.0, -INF), 3.0, (1.0, 0.0)),
    ("logaddexp", (-INF, -INF), -INF, (0.5, 0.5)),
    ("logaddexp", (INF, INF), INF, (0.5, 0.5)),
    ("logaddexp", (INF, -INF), INF, (1.0, 0.0)),
    ("logaddexp", (HUGE, -HUGE), HUGE, (1.0, 0.0)),
    ("logaddexp", (NAN, 1.0), NAN, (NAN, NAN)),
    ("remainder", (7.0, 3.0), 1.0, (1.0, -2.0)),
    ("remainder", (-7.0, 3.0), 2.0, (1.0, 3.0)),
    ("remainder", (7.0, -3.0), -2.0, (1.0, 3.0)),
    ("remainder", (6.0, -3.0), -0.0, (1.0, 2.0)),
    ("remainder", (1.0, 0.0), NAN, (1.0, NAN)),
    ("remainder", (INF, 2.0), NAN, (1.0, NAN)),
    ("remainder", (5.0, INF), 5.0, (1.0, 0.0)),
    ("remainder", (-5.0, INF), INF, (1.0, NAN)),
    ("greater", (2.0, 1.0), 1.0, (0.0, 0.0)),
    ("greater", (2.0, 2.0), 0.0, (0.0, 0.0)),
    ("greater", (INF, -INF), 1.0, (0.0, 0.0)),
    ("greater", (NAN, 1.0), 0.0, (0.0, 0.0)),
    ("greater_equal", (2.0, 2.0), 1.0, (0.0, 0.0)),
    ("greater_equal", (-0.0, 0.0), 1.0, (0.0, 0.0)),
    ("greater_equal", (1.0, NAN), 0.0, (0.0, 0.0)),
    ("equal", (2.0, 2.0), 1.0, (0.0, 0.0)),
    ("equal", (0.0, -0.0), 1.0, (0.0, 0.0)),
    ("equal", (NAN, NAN), 0.0, (0.0, 0.0)),
    ("above", (2.0, 1.0), 1.0, (0.0, 0.0)),
    ("above", (1.0, 2.0), 0.0, (0.0, 0.0)),
    ("above", (1.0, 1.0), 0.5, (0.0, 0.0)),
    ("above", (0.0, -0.0), 0.5, (0.0, 0.0)),
    ("above", (NAN, 1.0), NAN, (0.0, 0.0)),
]

# Base, exponent, value, derivative along the base: the exponent is no operand.
CONSTANT_POWER: list[tuple[float, float, float, float]] = [
    (0.0, 0.0, 1.0, 0.0),
    (NAN, 0.0, 1.0, 0.0),
    (INF, 0.0, 1.0, 0.0),
    (0.0, 1.0, 0.0, 1.0),
    (-0.0, 1.0, -0.0, 1.0),
    (NAN, 1.0, NAN, 1.0),
    (INF, 1.0, INF, 1.0),
    (0.0, 2.0, 0.0, 0.0),
    (-3.0, 2.0, 9.0, -6.0),
    (-3.0, 3.0, -27.0, 27.0),
    (0.0, 0.5, 0.0, INF),
    (-1.0, 0.5, NAN, NAN),
    (4.0, -0.5, 0.5, -0.0625),
    (0.0, -1.0, INF, -INF),
    (-0.0, -1.0, -INF, -INF),
    (-INF, 3.0, -INF, INF),
    (HUGE, 2.0, INF, 2e300),
    (-HUGE, 3.0, -INF, INF),
    (TINY, 2.0, 0.0, 2e-300),
    (2.0, INF, INF, INF),
    (2.0, NAN, NAN, NAN),
]


@pytest.mark.parametrize(("name", "a", "expected", "slope"), UNARY)
def test_a_function_of_one_operand_at_the_edges(
    name: str, a: float, expected: float | None, slope: float | None
) -> None:
    row = PRIMITIVES[name]
    actual = row(a)
    assert expected is None or same(actual, expected)
    (partial,) = slopes_of(row, a, actual)
    assert slope is None or same_slope(partial, slope)


@pytest.mark.parametrize(("name", "operands", "expected", "slopes"), BINARY)
def test_a_function_of_two_operands_at_the_edges(
    name: str,
    operands: tuple[float, float],
    expected: float,
    slopes: tuple[float | None, float | None],
) -> None:
    row = PRIMITIVES[name]
    actual = row(*operands)
    assert same(actual, expected)
    for partial, slope in zip(slopes_of(row, *operands, actual), slopes, strict=True):
        assert slope is None or same_slope(partial, slope)


@pytest.mark.parametrize(("base", "exponent", "expected", "slope"), CONSTANT_POWER)
def test_a_constant_power_at_the_edges(
    base: float, exponent: float, expected: float, slope: float
) -> None:
    row = ops.constant_power
    actual = row(base, exponent)
    assert same(actual, expected)
    (partial,) = slopes_of(row, base, exponent, actual)
    assert same_slope(partial, slope)


@pytest.mark.parametrize(
    ("condition", "expected", "slopes"),
    [
        (1.0, 2.0, (0.0, 1.0, 0.0)),
        (-1.0, 2.0, (0.0, 1.0, 0.0)),
        (TINY, 2.0, (0.0, 1.0, 0.0)),
        (INF, 2.0, (0.0, 1.0, 0.0)),
        (NAN, 2.0, (0.0, 1.0, 0.0)),
        (0.0, 3.0, (0.0, 0.0, 1.0)),
        (-0.0, 3.0, (0.0, 0.0, 1.0)),
    ],
)
def test_where_takes_its_second_operand_unless_the_condition_is_zero(
    condition: float, expected: float, slopes: tuple[float, float, float]
) -> None:
    assert ops.where(condition, 2.0, 3.0) == expected
    assert ops.where.partials(condition, 2.0, 3.0, expected) == slopes


def test_where_lets_no_nan_of_the_other_branch_into_its_value() -> None:
    assert ops.where(1.0, 2.0, NAN) == 2.0
    assert ops.where(0.0, NAN, 3.0) == 3.0


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ((), 0.0),
        ((-0.0,), -0.0),
        ((1.0, 2.0, 3.0), 6.0),
        ((1e16, 1.0, -1e16), 0.0),
        ((1.0, 1e16, -1e16), 0.0),
        ((1e16, -1e16, 1.0), 1.0),
        ((INF, -INF), NAN),
        ((1e308, 1e308, -INF), NAN),
    ],
)
def test_a_sum_is_added_up_from_left_to_right(terms: tuple[float, ...], expected: float) -> None:
    assert same(ops.total(*terms), expected)
    assert ops.total.partials(*terms, expected) == (1.0,) * len(terms)


# Fifty digits as the judge, at points where the function is well-conditioned.

_ALL = (-20.0, -3.7, -1.0, -0.3, -1e-8, 1e-8, 0.2, 0.9, 1.4, 2.5, 19.0)
_POSITIVE = (1e-200, 1e-8, 0.2, 0.9, 1.4, 2.5, 19.0, 1e200)
POINTS: dict[str, tuple[tuple[float, ...], ...]] = {
    **dict.fromkeys(("neg", "sin", "cos", "tanh", "sigmoid", "softplus", "exp"), (_ALL,)),
    **dict.fromkeys(("relu", "absolute", "positive", "sign"), (_ALL,)),
    **dict.fromkeys(("log", "sqrt"), (_POSITIVE,)),
    **dict.fromkeys(("add", "sub", "mul", "divide"), (_ALL, (-7.1, -0.6, 0.35, 4.3))),
    **dict.fromkeys(("maximum", "minimum", "above"), (_ALL, (-7.1, -0.6, 0.35, 4.3))),
    **dict.fromkeys(("atan", "asinh", "sech", "sinh", "cosh", "exp2", "expm1", "cbrt"), (_ALL,)),
    **dict.fromkeys(("asin", "acos", "atanh"), ((-0.99, -0.3, -1e-8, 1e-8, 0.2, 0.9),)),
    **dict.fromkeys(("log2", "log10", "lgamma", "digamma"), (_POSITIVE[1:-1],)),
    **dict.fromkeys(("erf", "erfc"), ((-3.7, -1.0, -0.3, -1e-8, 1e-8, 0.2, 0.9, 1.4, 2.5),)),
    **dict.fromkeys(("silu", "mish", "gelu", "gelu_tanh"), ((-9.0, *_ALL[1:-1], 9.0),)),
    **dict.fromkeys(("floor", "ceil", "round"), ((-3.7, -0.3, 0.2, 0.9, 1.4, 2.4),)),
    **dict.fromkeys(("greater", "greater_equal", "equal"), (_ALL, (-7.1, -0.6, 0.35, 4.3))),
    **dict.fromkeys(("atan2", "hypot", "remainder"), (_ALL, (-7.3, -0.61, 0.367, 4.3))),
    "logaddexp": ((-3.7, -1.0, 1e-8, 0.2, 2.5, 19.0), (-0.6, 0.35, 4.3)),
    "acosh": ((1.01, 1.4, 2.5, 19.0, 1e200),),
    "log1p": ((-0.99, -0.3, -1e-8, 1e-8, 0.2, 19.0, 1e200),),
    "tan": ((-3.7, -1.0, -1e-8, 1e-8, 0.2, 0.9, 1.4, 2.5),),
    "pow": ((0.01, 0.2, 0.9, 1.4, 2.5, 19.0), (-7.1, -1.0, -0.6, 0.35, 2.0, 4.3)),
}


def relative_error(actual: float, exact: Any) -> float:
    if exact == 0:
        return abs(actual)
    return float(abs((mpmath.mpf(actual) - exact) / exact))


@pytest.mark.parametrize("name", POINTS)
def test_values_are_right_to_twelve_digits(name: str) -> None:
    with mpmath.workdps(50):
        for point in product(*POINTS[name]):
            exact = EXACT[name](*map(mpmath.mpf, point))
            assert relative_error(PRIMITIVES[name](*point), exact) <= 1e-12, point


@pytest.mark.parametrize("name", POINTS)
def test_derivatives_are_right_to_twelve_digits(name: str) -> None:
    row, function = PRIMITIVES[name], EXACT[name]
    with mpmath.workdps(50):
        for point in product(*POINTS[name]):
            partials = slopes_of(row, *point, row(*point))
            for i, partial in enumerate(partials):
                exact = _slope(function, [mpmath.mpf(x) for x in point], i)
                assert relative_error(partial, exact) <= 1e-12, (point, i)


def _slope(function: Any, point: list[Any], along: int) -> Any:
    """A central difference with so small a step that fifty digits show no other error."""
    h = abs(point[along]) * mpmath.mpf(10) ** -16
    up = [x + h if i == along else x for i, x in enumerate(point)]
    down = [x - h if i == along else x for i, x in enumerate(point)]
    return (function(*up) - function(*down)) / (2 * h)


@pytest.mark.parametrize("exponent", [-3.0, -0.5, 0.5, 1.0, 2.0, 3.7, 40.0])
@pytest.mark.parametrize("base", [0.01, 0.3, 1.7, 19.0])
def test_constant_powers_are_right_to_twelve_digits(base: float, exponent: float) -> None:
    with mpmath.workdps(50):
        exact = mpmath.mpf(base) ** mpmath.mpf(exponent)
        slope = mpmath.mpf(exponent) * exact / base
        actual = ops.constant_power(base, exponent)
        (partial,) = slopes_of(ops.constant_power, base, exponent, actual)
        assert relative_error(actual, exact) <= 1e-12
        assert relative_error(partial, slope) <= 1e-12


@pytest.mark.parametrize("a", [-700.0, -40.0, 40.0, 350.0])
@pytest.mark.parametrize("name", ["sigmoid", "tanh", "softplus"])
def test_saturated_functions_keep_their_small_derivatives(name: str, a: float) -> None:
    row = PRIMITIVES[name]
    with mpmath.workdps(700):
        x = mpmath.mpf(a)
        exact = {
            "sigmoid": lambda: 1 / (2 + 2 * mpmath.cosh(x)),
            "tanh": lambda: mpmath.sech(x) ** 2,
            "softplus": lambda: 1 / (1 + mpmath.exp(-x)),
        }[name]()
        (partial,) = slopes_of(row, a, row(a))
        if exact > 1e-307:  # below, a float has no twelve digits
            assert relative_error(partial, exact) <= 1e-12
        else:
            assert partial <= 1e-307


# Bounds: no value is larger than its row says, for operands as large as they may be.


@pytest.mark.parametrize("name", [row.name for row in PRIMITIVES.values() if row.bound])
@given(data=st.data())
def test_no_value_exceeds_its_bound(name: str, data: st.DataObject) -> None:
    row = PRIMITIVES[name]
    assert row.bound is not None
    sizes = [data.draw(st.floats(0.0, 1e100)) for _ in range(row.arity or 3)]
    operands = [data.draw(st.floats(-size, size)) for size in sizes]
    constants = [float(data.draw(st.integers(-3, 9)))] if row is ops.constant_power else []
    bound = row.bound(*sizes, *constants)
    assert abs(row(*operands, *constants)) <= bound * (1.0 + 1e-12)


def test_a_power_has_a_bound_where_the_exponent_is_a_whole_number() -> None:
    bound = ops.constant_power.bound
    assert bound is not None
    assert bound(3.0, 2.0) == 9.0
    assert bound(0.5, 2.0) == 1.0
    assert bound(3.0, 0.5) == bound(3.0, -1.0) == bound(3.0, INF) == bound(1e200, 2.0) == INF


# The table itself.


def test_the_table_holds_every_row_of_the_module() -> None:
    rows = {thing for thing in vars(ops).values() if isinstance(thing, ops.Primitive)}
    assert set(PRIMITIVES.values()) == rows
    assert {row.name for row in rows} == {name for name in ops.__all__ if name in PRIMITIVES}


def test_every_row_is_found_under_its_own_name() -> None:
    assert all(row.name == name for name, row in PRIMITIVES.items())


def test_every_primitive_that_was_promised_is_in_the_table() -> None:
    promised = (
        "add sub mul divide neg pow exp log sqrt sin cos tanh sigmoid relu softplus absolute "
        "maximum minimum total"
    )
    assert set(promised.split()) <= set(PRIMITIVES)


@pytest.mark.parametrize("row", PRIMITIVES.values(), ids=PRIMITIVES)
def test_the_notation_has_a_place_for_every_operand(row: ops.Primitive) -> None:
    names = [f"<{i}>" for i in range(row.arity or 1)]
    written = row.notation.format(*names, "<k>")
    assert all(name in written for name in names)


@pytest.mark.parametrize("row", PRIMITIVES.values(), ids=PRIMITIVES)
def test_partials_on_nodes_are_the_partials_on_numbers(row: ops.Primitive) -> None:
    numbers = [1.2 if row is ops.acosh else 0.7, 1.9, 0.4][: row.arity or 3]
    constant = [2.5] if row is ops.constant_power else []
    nodes = [value(x) for x in numbers]
    result = row.forward(*numbers, *constant)
    of_nodes = row.partials(*nodes, *constant, value(result))
    of_numbers = row.partials(*numbers, *constant, result)
    assert [lift(partial).data for partial in of_nodes] == list(of_numbers)


def test_a_primitive_takes_ints_and_numpy_scalars_for_numbers() -> None:
    assert ops.mul(3, 4) == 12.0
    single: float = np.float32(-4.0)  # type: ignore[assignment]  # no float to a type checker
    assert ops.divide(np.float64(1.0), single) == -0.25
    assert ops.relu(single) == 0.0


def test_a_primitive_mixes_nodes_with_numbers() -> None:
    x = value(3.0)
    product = applied(ops.mul, 2.0, x)
    assert product.data == 6.0
    assert product.parents[1] is x


class Marked:
    """A carrier that only says what was applied to it."""

    def __apply__(self, row: ops.Primitive, operands: tuple[ops.Operand, ...], /) -> "Marked":
        self.applied = (row, operands)
        return self

    def operated(self, _: object, /) -> "Marked":
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = operated
    __mul__ = __rmul__ = __truediv__ = __rtruediv__ = operated

    def __neg__(self) -> "Marked":
        return self


def test_a_primitive_leaves_the_application_to_its_first_carrier() -> None:
    first, second = Marked(), Marked()
    assert ops.maximum(first, second) is first
    assert ops.maximum(1.0, second) is second
    assert second.applied == (ops.maximum, (1.0, second))


def cube_of(a: float) -> float:
    return a * a * a


def cube_partials(a: float, y: float) -> tuple[float]:
    return (3.0 * a * a,)


CUBE = primitive("cube", cube_of, cube_partials, "{0}³")


def test_a_primitive_of_ones_own_is_differentiated_and_pickled() -> None:
    x = value(2.0)
    node = applied(CUBE, x)
    assert (node.data, node.op) == (8.0, "cube")
    assert grad(x, backward(node)) == 12.0
    copy: Value = pickle.loads(pickle.dumps(node))
    assert backward(copy)[copy.parents[0]] == 12.0


def test_a_primitive_of_ones_own_says_how_latex_sets_it() -> None:
    latex = ("{0:4}^3", ops.POWER)
    cube = primitive("cube", cube_of, cube_partials, "{0}³", latex=latex)
    x = value(2.0, label="x")
    assert graph.to_latex(applied(cube, x) + 1.0) == "x^3 + 1"
    assert graph.to_latex(applied(cube, x + 1.0)) == r"\left(x + 1\right)^3"
    assert graph.to_latex(applied(CUBE, x)) == r"\operatorname{cube}\left(x\right)"


def test_a_primitive_of_ones_own_is_not_taken_for_the_one_of_the_table() -> None:
    mul = primitive("mul", lambda a, b: a + b, lambda *_: (7.0, 8.0), "{0} * {1}", arity=2)
    x, y = value(2.0), value(3.0)
    gradients = backward(applied(mul, x, y))
    assert (grad(x, gradients), grad(y, gradients)) == (7.0, 8.0)
