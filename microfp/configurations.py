"""The module `microfp.experiments.configurations`, by its first name."""

import sys

from microfp.experiments import configurations as _module
from microfp.experiments.configurations import *

sys.modules[__name__] = _module
