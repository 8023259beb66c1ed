"""The module `microfp.experiments.configurations`, by its first name."""

from microfp.experiments.configurations import *
