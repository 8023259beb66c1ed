"""Programs: graphs of scalars as flat lists of instructions, and the passes over them."""
