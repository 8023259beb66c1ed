"""JSON that every reader reads: what it has no numbers for is written as text.

A number that is nan or infinite becomes the string "NaN", "Infinity" or "-Infinity", as in the JSON
of protobuf, and `float` reads it back. Whatever microfp writes as JSON keeps to this.

>>> to_json({"loss": float("nan"), "history": [1.5, float("-inf")]})
'{"loss": "NaN", "history": [1.5, "-Infinity"]}'
"""

import json
import math
from collections.abc import Mapping

__all__ = ["NOT_FINITE", "strict_number", "to_json"]

NOT_FINITE: Mapping[str, float] = {
    "NaN": math.nan,
    "Infinity": math.inf,
    "-Infinity": -math.inf,
}
"""What the texts stand for."""


def strict_number(number: float) -> float | str:
    """Return a finite number as it is, and the text for any other.

    >>> strict_number(1.5), strict_number(float("inf"))
    (1.5, 'Infinity')
    """
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0.0 else "-Infinity"


def to_json(found: Mapping[str, object]) -> str:
    """Write data as strict JSON, on one line.

    >>> to_json({"loss": float("inf")})
    '{"loss": "Infinity"}'
    """
    return json.dumps(_strict(found), allow_nan=False)


def _strict(found: object) -> object:
    if isinstance(found, float):
        return strict_number(found)
    if isinstance(found, Mapping):
        return {key: _strict(inner) for key, inner in found.items()}
    if isinstance(found, list | tuple):
        return [_strict(inner) for inner in found]
    return found
