"""The module `microfp.trainer.streams`, by its first name."""

from microfp.trainer.streams import *
