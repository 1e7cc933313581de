// A file as operations with C code brought it along: its sections are read, nothing is compiled.
#section support_code_apply

int APPLY_SPECIFIC(run)(PyArrayObject* x, PyArrayObject** out) {
  return 0;
}

#section init_code

import_array();
