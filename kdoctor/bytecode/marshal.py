"""Python's marshal format, read by our own hand: bounded, total, and without ever trusting a length.

CPython's own `marshal.loads` crashes on hostile bytes, so it is never called. Format: CPython, Python/marshal.c
(versions 0 to 5, that is Python 2.7 to 3.14). Any bytes give a `Code` or a `MalformedCode` that says where and why.
"""

from __future__ import annotations

from functools import lru_cache

from kdoctor.bytecode.code import Code, MalformedCode, PythonRange, TooMuchCode
from kdoctor.bytecode.layout import LAYOUTS, Layout, field_reader
from kdoctor.bytecode.objects import CodeLimits, ObjectReader
from kdoctor.bytecode.recognise import recognise

__all__ = ["CodeLimits", "MalformedCode", "read_code"]

DEFAULT_LIMITS = CodeLimits()


@lru_cache(maxsize=64)  # a model may hold the same function many times, and several checks look at each
def read_code(data: bytes, limits: CodeLimits = DEFAULT_LIMITS) -> Code:
    """Read one code object that fills `data`, and tell which Pythons may have written it.

    The bytes do not say who wrote them. Every layout that a Python ever used is tried: the one that fits to the last byte is the
    right one, and its releases are narrowed to those in which the instructions make sense. Raises MalformedCode with the
    complaint of the layout that got furthest.
    """
    if len(data) > limits.size:
        raise TooMuchCode(f"{len(data)} bytes are more than the {limits.size} allowed", limits.size)
    furthest = MalformedCode("no bytes", 0)
    for layout in LAYOUTS:
        try:
            code = _read_as(layout, layout.python, data, limits)
        except MalformedCode as error:
            furthest = error if error.offset > furthest.offset else furthest
            continue
        python = recognise(code, layout.python, data)
        return code if python == layout.python else _read_as(layout, python, data, limits)
    raise furthest


def _read_as(layout: Layout, python: PythonRange, data: bytes, limits: CodeLimits) -> Code:
    return ObjectReader(data, limits, layout.is_python2, field_reader(layout, python)).read_all()
