"""The exceptions that mean that a structure of HDF5 is damaged."""

from __future__ import annotations

import struct

# What pyfive and the parsers of messages raise on damaged bytes. 10,000 mutants showed the first six and NotImplementedError; the others
# guard against arithmetic on sizes from the file, recursion into nested types, false lengths and other releases of pyfive.
DAMAGE = (
    AssertionError,
    struct.error,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    NotImplementedError,
    ArithmeticError,
    RecursionError,
    MemoryError,
)
