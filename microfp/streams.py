"""The module `microfp.trainer.streams`, by its first name."""

import sys

from microfp.trainer import streams as _module
from microfp.trainer.streams import *

sys.modules[__name__] = _module
