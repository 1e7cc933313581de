"""What a native function's status says: 0, the code of a kernel's check (from 1 on), or one of these kinds.

``GUARD + n``: guard n does not hold, with its two extents as payload.  ``RANGE + n``: step n is too large for its library.
``MEMORY + n``: there is no memory for buffer n, or for the scratch that begins with it.  ``RAISED``: a Python exception is set.
"""

RAISED = -1
GUARD = 1 << 32
RANGE = 2 << 32
MEMORY = 3 << 32
