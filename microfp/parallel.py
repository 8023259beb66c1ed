"""The module `microfp.trainer.parallel`, by its first name."""

from microfp.trainer.parallel import *
