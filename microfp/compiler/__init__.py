"""From a graph of scalars to running code: traced, reduced, written as Python or machine code."""
