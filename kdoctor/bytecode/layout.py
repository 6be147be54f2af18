"""The four orders in which Pythons write the fields of a code object (CPython, Python/marshal.c, TYPE_CODE)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kdoctor.bytecode.code import TAKES_KEYWORD_REST, TAKES_POSITIONAL_REST, Code, PythonRange, Release, Value
from kdoctor.bytecode.objects import ObjectReader

# Bits of `localspluskinds` (Python 3.11 and later: Include/internal/pycore_code.h).
LOCAL, CELL, FREE = 0x20, 0x40, 0x80


@dataclass(frozen=True, slots=True)
class Layout:
    """The fields of a code object in the order they are written; `python` are the releases that write them so."""

    python: PythonRange
    fields: tuple[str, ...]

    @property
    def is_python2(self) -> bool:
        return self.python.first < (3, 0)


_AFTER_FLAGS = ("instructions", "consts", "names", "varnames", "freevars", "cellvars", "filename", "name", "firstlineno", "linetable")
_WITH_POSITIONAL_ONLY = ("argcount", "posonlyargcount", "kwonlyargcount")
_SINCE_3_11 = (
    "instructions", "consts", "names", "localsplus", "kinds", "filename", "name", "qualname", "firstlineno", "linetable", "exceptiontable",
)  # fmt: skip

LAYOUTS = (
    Layout(PythonRange.parse("3.11-3.14"), (*_WITH_POSITIONAL_ONLY, "stacksize", "flags", *_SINCE_3_11)),
    Layout(PythonRange.parse("3.8-3.10"), (*_WITH_POSITIONAL_ONLY, "nlocals", "stacksize", "flags", *_AFTER_FLAGS)),
    Layout(PythonRange.parse("3.5-3.7"), ("argcount", "kwonlyargcount", "nlocals", "stacksize", "flags", *_AFTER_FLAGS)),
    Layout(PythonRange.parse("2.7"), ("argcount", "nlocals", "stacksize", "flags", *_AFTER_FLAGS)),
)


def same_layout(written: PythonRange, release: Release) -> bool:
    """Whether `release` can read the fields of a code object of another Python, whatever it then makes of its instructions."""
    return any(release in layout.python and written.last in layout.python for layout in LAYOUTS)


def field_reader(layout: Layout, python: PythonRange) -> Callable[[ObjectReader], Code]:
    """What reads one code object of `layout` (after its mark), said to be written by `python`."""

    def read(reader: ObjectReader) -> Code:
        fields = {field: _READERS[field](reader, layout) for field in layout.fields}
        fields.update(_split_locals(reader, fields) if "kinds" in fields else {})
        fields.pop("kinds", None)
        _check_counts(reader, fields)
        return Code(**(_ABSENT | fields), python=python)  # type: ignore[arg-type]  # the readers below see to the types

    return read


def _count(reader: ObjectReader, layout: Layout) -> int:
    count = reader.integer()
    if count < 0:
        raise reader.fail("a negative count")
    return count


def _number(reader: ObjectReader, layout: Layout) -> int:
    return reader.integer()


def _bytes(reader: ObjectReader, layout: Layout) -> bytes:
    value = reader.read()
    if not isinstance(value, bytes):
        raise reader.fail("bytes expected in the code object")
    return value


def _tuple(reader: ObjectReader, layout: Layout) -> tuple[Value, ...]:
    value = reader.read()
    if not isinstance(value, tuple):
        raise reader.fail("a tuple expected in the code object")
    return value


def _text(reader: ObjectReader, layout: Layout) -> str:
    return _as_text(reader.read(), reader, layout)


def _names(reader: ObjectReader, layout: Layout) -> tuple[str, ...]:
    return tuple(_as_text(value, reader, layout) for value in _tuple(reader, layout))


def _as_text(value: Value, reader: ObjectReader, layout: Layout) -> str:
    if isinstance(value, bytes) and layout.is_python2:
        return value.decode("utf-8", "replace")
    if not isinstance(value, str):
        raise reader.fail("a name expected in the code object")
    return value


def _split_locals(reader: ObjectReader, fields: Mapping[str, object]) -> dict[str, object]:
    """Since 3.11 one list of names serves locals, cells and free variables, with a byte for each that says which."""
    names, kinds = fields["localsplus"], fields["kinds"]
    assert isinstance(names, tuple)
    assert isinstance(kinds, bytes)
    if len(names) != len(kinds):
        raise reader.fail("as many kinds of variables as variables expected")

    def of(kind: int) -> tuple[str, ...]:
        return tuple(name for name, bits in zip(names, kinds, strict=True) if bits & kind)

    return {"varnames": of(LOCAL), "cellvars": of(CELL), "freevars": of(FREE), "nlocals": len(of(LOCAL))}


def _check_counts(reader: ObjectReader, fields: dict[str, object]) -> None:
    """Arguments are the first local variables, so there cannot be more of them."""
    varnames, nlocals, flags = fields["varnames"], fields.pop("nlocals"), fields["flags"]
    arguments = [fields.get(field, 0) for field in ("argcount", "kwonlyargcount")]
    assert isinstance(varnames, tuple)
    assert isinstance(flags, int)
    rest = bool(flags & TAKES_POSITIONAL_REST) + bool(flags & TAKES_KEYWORD_REST)
    if nlocals != len(varnames) or sum(arguments) + rest > len(varnames):  # type: ignore[arg-type]
        raise reader.fail("the number of variables does not agree with their names")
    if fields.get("posonlyargcount", 0) > fields["argcount"]:  # type: ignore[operator]
        raise reader.fail("more positional-only arguments than arguments")


_READERS: dict[str, Callable[[ObjectReader, Layout], object]] = {
    **dict.fromkeys((*_WITH_POSITIONAL_ONLY, "nlocals", "stacksize", "flags"), _count),
    **dict.fromkeys(("instructions", "kinds", "linetable", "exceptiontable"), _bytes),
    **dict.fromkeys(("names", "varnames", "freevars", "cellvars", "localsplus"), _names),
    **dict.fromkeys(("filename", "name", "qualname"), _text),
    "consts": _tuple,
    "firstlineno": _number,
}
_ABSENT = {"posonlyargcount": 0, "kwonlyargcount": 0, "qualname": None, "exceptiontable": b""}
