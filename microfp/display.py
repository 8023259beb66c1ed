"""The module `microfp.charts.display`, by its first name."""

import sys

from microfp.charts import display as _module
from microfp.charts.display import *

sys.modules[__name__] = _module
