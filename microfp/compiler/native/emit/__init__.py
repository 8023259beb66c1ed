"""LLVM IR, written."""
