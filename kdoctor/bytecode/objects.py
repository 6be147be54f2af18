"""The objects of a marshal stream, one by one: every length checked, every container bounded, no object inside itself."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from kdoctor.bytecode.code import Code, MalformedCode, TooMuchCode, Value

# A value and its weight: how many values a walk over it meets, shared ones counted each time.
Weighed: TypeAlias = tuple[Value, int]


@dataclass(frozen=True, slots=True)
class CodeLimits:
    """What a code object may cost: bytes, nesting, and values counted as a walk would meet them.

    A stream may share one object in many places, and so hold 2**n values in n bytes: `weight` bounds that for every later reader.
    """

    size: int = 1 << 20
    depth: int = 80
    weight: int = 200_000


class _End:
    """What the byte that closes a dict reads as; never part of a value."""


class ObjectReader:
    """Reads the objects of one stream in order; `read_code` reads what follows the mark of a code object."""

    def __init__(self, data: bytes, limits: CodeLimits, is_python2: bool, read_code: Callable[[ObjectReader], Code]) -> None:
        self.position = 0
        self._data = data
        self._limits = limits
        self._is_python2 = is_python2
        self._read_code = read_code
        self._depth = 0
        self._seen: list[Weighed | None] = []
        self._interned: list[bytes] = []
        self._weight_of_code = 0

    def read_all(self) -> Code:
        """Read one code object that fills the stream."""
        value = self.read()
        if not isinstance(value, Code):
            raise MalformedCode("not a code object", 0)
        if self.position != len(self._data):
            raise MalformedCode(f"{len(self._data) - self.position} bytes follow the code object", self.position)
        return value

    def read(self) -> Value:
        """Read one value; its weight goes to the code object that it is a field of."""
        value, weight = self._read()
        self._weight_of_code = self._bounded(self._weight_of_code + weight)
        return value

    def integer(self) -> int:
        """Four bytes, signed."""
        return int.from_bytes(self._take(4), "little", signed=True)

    def fail(self, reason: str) -> MalformedCode:
        return MalformedCode(reason, self.position)

    def _read(self) -> Weighed:
        weighed = self._read_or_end()
        if isinstance(weighed, _End):
            raise self.fail("the end of a dict without a dict")
        return weighed

    def _read_or_end(self) -> Weighed | _End:
        mark = self._take(1)[0]
        flagged = bool(mark & 0x80)
        if flagged and self._is_python2:
            raise MalformedCode(f"unknown mark {mark:#04x}", self.position - 1)
        kind = chr(mark & 0x7F)
        if kind in SINGLETONS:
            return SINGLETONS[kind], 1
        if kind == "0":
            return _End()
        if kind == "r" and not self._is_python2:
            return self._seen_before()
        if kind in CONTAINERS:
            return self._container(kind, flagged)
        if kind not in SCALARS or (self._is_python2 and kind in PYTHON3_SCALARS) or (not self._is_python2 and kind == "R"):
            raise MalformedCode(f"unknown mark {mark:#04x}", self.position - 1)
        value = SCALARS[kind](self)
        weighed = (value, 1 + len(value) // 16 if isinstance(value, (str, bytes)) else 1)
        if flagged:
            self._seen.append(weighed)
        return weighed

    def _container(self, kind: str, flagged: bool) -> Weighed:
        """Containers take their place among the seen objects before their items do."""
        self._depth += 1
        if self._depth > self._limits.depth:
            raise TooMuchCode(f"more than {self._limits.depth} objects within each other", self.position)
        place = len(self._seen)
        if flagged:
            self._seen.append(None)
        weighed = self._code() if kind == "c" else self._dict() if kind == "{" else self._items(kind)
        if flagged:
            self._seen[place] = weighed
        self._depth -= 1
        return weighed

    def _items(self, kind: str) -> Weighed:
        count = 3 if kind == ":" else self.take_byte() if kind == ")" else self._length()
        if count > len(self._data) - self.position:
            raise self.fail(f"{count} items announced, fewer bytes left")
        items: list[Value] = []
        weight = 1
        for _ in range(count):
            value, more = self._read()
            items.append(value)
            weight = self._bounded(weight + more)
        try:
            return CONTAINERS[kind](items), weight
        except TypeError:
            raise self.fail("a set holds something that no set can hold") from None

    def _dict(self) -> Weighed:
        items: dict[Value, Value] = {}
        weight = 1
        while not isinstance(key := self._read_or_end(), _End):
            value = self._read()
            weight = self._bounded(weight + key[1] + value[1])
            try:
                items[key[0]] = value[0]
            except TypeError:
                raise self.fail("a dict has a key that no dict can have") from None
        return items, weight

    def _code(self) -> Weighed:
        outer, self._weight_of_code = self._weight_of_code, 1
        code = self._read_code(self)
        weight, self._weight_of_code = self._weight_of_code, outer
        return code, weight

    def _bounded(self, weight: int) -> int:
        if weight > self._limits.weight:
            raise TooMuchCode(f"more than {self._limits.weight} values", self.position)
        return weight

    def _seen_before(self) -> Weighed:
        index = self.integer()
        if not 0 <= index < len(self._seen):
            raise self.fail(f"refers to object {index}, which is not there")
        weighed = self._seen[index]
        if weighed is None:
            raise self.fail("an object contains itself")
        return weighed

    def interned_before(self) -> bytes:
        """Python 2: an interned string that came before."""
        index = self.integer()
        if not 0 <= index < len(self._interned):
            raise self.fail(f"refers to string {index}, which is not there")
        return self._interned[index]

    def interned(self) -> str | bytes:
        """An interned string: bytes in Python 2, text since."""
        raw = self.string()
        if not self._is_python2:
            return self._decode(raw, "utf-8", "surrogatepass")
        self._interned.append(raw)
        return raw

    def text(self) -> str:
        return self._decode(self.string(), "utf-8", "surrogatepass")

    def ascii(self) -> str:
        return self._decode(self.string(), "latin-1", "strict")

    def short_ascii(self) -> str:
        return self._decode(self._take(self.take_byte()), "latin-1", "strict")

    def string(self) -> bytes:
        return self._take(self._length())

    def long(self) -> int:
        """A sign and digits in base 2**15, the lowest first."""
        count = self.integer()
        digits = struct.unpack(f"<{abs(count)}H", self._take(2 * abs(count)))
        if any(digit >> 15 for digit in digits) or (digits and not digits[-1]):
            raise self.fail("an integer with an impossible digit")
        magnitude = int("".join(f"{digit:015b}" for digit in reversed(digits)) or "0", 2)
        return -magnitude if count < 0 else magnitude

    def long64(self) -> int:
        return int.from_bytes(self._take(8), "little", signed=True)

    def float_text(self) -> float:
        raw = self._take(self.take_byte())
        try:
            return float(raw)
        except ValueError:
            raise self.fail("a number that is none") from None

    def float_bytes(self) -> float:
        (value,) = struct.unpack("<d", self._take(8))
        return float(value)

    def take_byte(self) -> int:
        return self._take(1)[0]

    def _length(self) -> int:
        length = self.integer()
        if length < 0:
            raise self.fail("a negative length")
        return length

    def _take(self, count: int) -> bytes:
        end = self.position + count
        if end > len(self._data):
            raise self.fail(f"{count} bytes wanted, {len(self._data) - self.position} left")
        taken = self._data[self.position : end]
        self.position = end
        return taken

    def _decode(self, raw: bytes, encoding: str, errors: str) -> str:
        try:
            return raw.decode(encoding, errors)
        except UnicodeDecodeError:
            raise self.fail("text that is not UTF-8") from None


SINGLETONS: dict[str, Value] = {"N": None, "T": True, "F": False, ".": ..., "S": StopIteration}

# "c" and "{" are read by their own methods.
CONTAINERS: dict[str, Callable[[list[Value]], Value]] = {
    "(": tuple, ")": tuple, "[": list, "<": set, ">": frozenset, ":": lambda items: slice(*items), "c": tuple, "{": list,
}  # fmt: skip

SCALARS: dict[str, Callable[[ObjectReader], Value]] = {
    "i": ObjectReader.integer,
    "I": ObjectReader.long64,
    "l": ObjectReader.long,
    "f": ObjectReader.float_text,
    "g": ObjectReader.float_bytes,
    "x": lambda reader: complex(reader.float_text(), reader.float_text()),
    "y": lambda reader: complex(reader.float_bytes(), reader.float_bytes()),
    "s": ObjectReader.string,
    "t": ObjectReader.interned,
    "u": ObjectReader.text,
    "R": ObjectReader.interned_before,
    "a": ObjectReader.ascii,
    "A": ObjectReader.ascii,
    "z": ObjectReader.short_ascii,
    "Z": ObjectReader.short_ascii,
}
PYTHON3_SCALARS = frozenset("aAzZ")
