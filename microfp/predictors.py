"""The module `microfp.experiments.predictors`, by its first name."""

import sys

from microfp.experiments import predictors as _module
from microfp.experiments.predictors import *

sys.modules[__name__] = _module
