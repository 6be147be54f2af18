"""A Python code object as data: what the marshal format can hold, and which Python may have written it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, Union

from kdoctor.errors import KdoctorError

if TYPE_CHECKING:
    from types import EllipsisType

Release: TypeAlias = tuple[int, int]

# `list`, `set` and `dict` never occur in what a compiler writes, but the format can hold them, so a hostile file may.
Value: TypeAlias = Union[
    bool, int, float, complex, str, bytes, "EllipsisType", type[StopIteration], slice,
    tuple["Value", ...], list["Value"], set["Value"], frozenset["Value"], dict["Value", "Value"], "Code", None,
]  # fmt: skip

RELEASES: tuple[Release, ...] = ((2, 7), (3, 5), (3, 6), (3, 7), (3, 8), (3, 9), (3, 10), (3, 11), (3, 12), (3, 13), (3, 14))

TAKES_POSITIONAL_REST = 0x04
TAKES_KEYWORD_REST = 0x08


class MalformedCode(KdoctorError):
    """Bytes that are no code object of any Python that we read; `offset` is the byte where that shows."""

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(f"{reason} (at byte {offset})")
        self.reason = reason
        self.offset = offset


class TooMuchCode(MalformedCode):
    """What Python might run, and we do not read to its end."""


@dataclass(frozen=True, slots=True, order=True)
class PythonRange:
    """The Pythons that may have written a code object: one release, or several that cannot be told apart."""

    first: Release
    last: Release

    @classmethod
    def parse(cls, text: str) -> PythonRange:
        """Read "3.11" or "3.8-3.10"; raises ValueError on anything else."""
        match = re.fullmatch(r"(\d+)\.(\d+)(?:-(\d+)\.(\d+))?", text)
        if match is None:
            raise ValueError(f"not a range of Python releases: {text!r}")
        first = (int(match[1]), int(match[2]))
        return cls(first, first if match[3] is None else (int(match[3]), int(match[4])))

    def __str__(self) -> str:
        first, last = (f"{major}.{minor}" for major, minor in (self.first, self.last))
        return first if first == last else f"{first}-{last}"

    def __contains__(self, release: object) -> bool:
        return isinstance(release, tuple) and self.first <= release[:2] <= self.last

    def releases(self) -> tuple[Release, ...]:
        """Every release of the range that we know, oldest first."""
        return tuple(release for release in RELEASES if release in self)


@dataclass(frozen=True, slots=True)
class Code:
    """One code object. Names are those of `types.CodeType`; `qualname` is None before Python 3.11, which did not store it."""

    argcount: int
    posonlyargcount: int
    kwonlyargcount: int
    stacksize: int
    flags: int
    instructions: bytes
    consts: tuple[Value, ...]
    names: tuple[str, ...]
    varnames: tuple[str, ...]
    freevars: tuple[str, ...]
    cellvars: tuple[str, ...]
    filename: str
    name: str
    qualname: str | None
    firstlineno: int
    linetable: bytes
    exceptiontable: bytes
    python: PythonRange
    localsplus: tuple[str, ...] = ()
    """Locals, cells and free variables in the one numbering of Python 3.11 and later; empty before."""

    def nested(self) -> Iterator[Code]:
        """The code objects among the constants, and theirs, depth first, in order, each once."""
        seen: set[int] = set()
        waiting = list(reversed(self.consts))
        while waiting:
            value = waiting.pop()
            if isinstance(value, Code) and id(value) not in seen:
                seen.add(id(value))
                yield value
                waiting.extend(reversed(value.consts))

    @property
    def is_lambda(self) -> bool:
        return self.name == "<lambda>"
