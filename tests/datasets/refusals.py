"""What the tests of bad input share."""

import math
import re


def refusal(where: str, name: str, got: str = "") -> str:
    """The pattern of a message about the argument `name`; any value came where `got` is empty."""
    return f"^{where}: {re.escape(name)} must .*{re.escape(f', got {got}') + '$' if got else ''}"


NAN, INF = math.nan, math.inf
