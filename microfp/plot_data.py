"""The module `microfp.charts.plot_data`, by its first name."""

from microfp.charts.plot_data import *
