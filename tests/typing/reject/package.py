"""The version is text, and a name that does not exist is no name."""

import microfp

number: int = microfp.__version__  # reject
microfp.no_such_name  # reject
