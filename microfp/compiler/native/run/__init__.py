"""Machine code, run: compiled, kept, called."""
