"""The module `microfp.charts.plot_data`, by its first name."""

import sys

from microfp.charts import plot_data as _module
from microfp.charts.plot_data import *

sys.modules[__name__] = _module
