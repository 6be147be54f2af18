"""Which line of the script an instruction comes from: the three tables that Pythons have kept (CPython, Objects/lnotab_notes.txt, locations.md)."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.bytecode.code import Code, Release

NO_LINE_3_10 = -128
NONE, LONG, NO_COLUMNS, ONE_LINE = 15, 14, 13, (10, 11, 12)


def line_of(code: Code, offset: int, release: Release) -> int | None:
    """The line of the instruction at `offset`; None where the table names none, or makes no sense."""
    found: int | None = None
    for start, line in _lines(code, release):
        if start > offset:
            break
        found = line
    return found if found is not None and found > 0 else None


def _lines(code: Code, release: Release) -> Iterator[tuple[int, int | None]]:
    """Offsets, ascending, with the line that begins there."""
    if release >= (3, 11):
        return _located(code)
    return _ranges(code) if release >= (3, 10) else _steps(code, release)


def _steps(code: Code, release: Release) -> Iterator[tuple[int, int]]:
    """Up to 3.9: pairs of a step in the code and a step in the lines, signed since 3.6."""
    offset, line = 0, code.firstlineno
    yield offset, line
    for further, lines in zip(code.linetable[::2], code.linetable[1::2], strict=False):
        offset += further
        line += lines - 256 if lines >= 128 and release >= (3, 6) else lines
        yield offset, line


def _ranges(code: Code) -> Iterator[tuple[int, int | None]]:
    """3.10: pairs of a length and a step in the lines that counts from where the length begins (PEP 626)."""
    offset, line = 0, code.firstlineno
    for length, lines in zip(code.linetable[::2], code.linetable[1::2], strict=False):
        step = lines - 256 if lines >= 128 else lines
        if step != NO_LINE_3_10:
            line += step
        yield offset, None if step == NO_LINE_3_10 else line
        offset += length


def _located(code: Code) -> Iterator[tuple[int, int | None]]:
    """Since 3.11: entries of one byte, which says their kind and length, and what the kind needs."""
    offset, line, table, position = 0, code.firstlineno, code.linetable, 0
    while position < len(table):
        kind, length = table[position] >> 3 & 15, (table[position] & 7) + 1
        end = position + 1
        while end < len(table) and not table[end] & 0x80:
            end += 1
        if kind in (LONG, NO_COLUMNS):
            line += _signed(table[position + 1 : end])
        elif kind in ONE_LINE:
            line += kind - ONE_LINE[0]
        yield offset, None if kind == NONE else line
        offset += 2 * length
        position = end


def _signed(data: bytes) -> int:
    """A number in groups of six bits, the lowest first; its lowest bit is the sign."""
    value = 0
    for place, byte in enumerate(data[:6]):
        value |= (byte & 63) << 6 * place
        if not byte & 64:
            break
    return -(value >> 1) if value & 1 else value >> 1
