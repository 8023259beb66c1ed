"""The module `microfp.charts.display`, by its first name."""

from microfp.charts.display import *
