"""The module `microfp.trainer.parallel`, by its first name."""

import sys

from microfp.trainer import parallel as _module
from microfp.trainer.parallel import *

sys.modules[__name__] = _module
