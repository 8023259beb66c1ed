"""`python -m microfp` is the command `microfp`."""

import sys

from microfp.cli import main

sys.exit(main())
