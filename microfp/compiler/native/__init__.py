"""Programs as machine code: loops, kernels, lanes."""
