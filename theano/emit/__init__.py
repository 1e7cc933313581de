"""Printers of kernels and programs: LLVM assembly, and the NumPy interpreter that defines what they mean."""
