"""The package has a version, and its type is known."""

from typing import assert_type

import microfp

assert_type(microfp.__version__, str)
