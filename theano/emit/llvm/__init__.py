"""CPU code through LLVM: kernels and programs as assembly text, made into machine code in this process."""
