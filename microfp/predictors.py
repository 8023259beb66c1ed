"""The module `microfp.experiments.predictors`, by its first name."""

from microfp.experiments.predictors import *
