"""The one view of a saved Keras file that checks, repairs and reports share.

A document is a value: it is made from a file by `kdoctor.archive`, or from plain dicts in a test, and never changed.
Nothing in it refers to how the bytes are stored, except ``origin``, which only the writer uses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from kdoctor.numbers import Numbers
from kdoctor.pointer import Key, Pointer
from kdoctor.saved_by import SavedBy as SavedBy
from kdoctor.saved_by import stated_release

if TYPE_CHECKING:
    from kdoctor.recipe_steps import Recipe

BITS: Final = re.compile(r"[a-z]+([0-9]+)")  # of a numpy dtype's name: float32, float8_e4m3fn

Json: TypeAlias = Any  # null, bool, int, float, str, list or dict; lists and dicts are never changed in place


class Absent(Enum):
    """The value of a place where nothing stands; ``null`` is something else."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent.ABSENT


class Format(str, Enum):
    """What a file is, judged by its content alone."""

    KERAS_ZIP = "keras-zip"
    KERAS_DIR = "keras-dir"
    H5_MODEL = "h5-model"
    H5_WEIGHTS = "h5-weights"
    OTHER = "other"

    @property
    def native(self) -> bool:
        """Whether Keras reads it with the loader of ``.keras`` archives rather than with the one of ``.h5`` files."""
        return self in (Format.KERAS_ZIP, Format.KERAS_DIR)


@dataclass(frozen=True, slots=True)
class Weight:
    """One array: shape (elements by axis), numpy dtype name, and where its bytes stand in the file it came from.

    A planned array with a ``recipe`` is made by it, and ``source`` says nothing; without one the bytes are those of ``source`` as they are.
    ``start``: the byte of the HDF5 content (a user block included) at which they begin, for one that was read and stands in one piece; else -1.
    """

    shape: tuple[int, ...]
    dtype: str
    source: str = ""
    recipe: Recipe | None = None
    start: int = field(default=-1, compare=False, repr=False)

    @classmethod
    def made(cls, recipe: Recipe) -> Weight:
        """The array that a recipe makes."""
        return cls(recipe.shape, recipe.dtype, "", recipe)

    @property
    def numbers(self) -> Recipe:
        """How the array comes about: what a further recipe starts from."""
        from kdoctor.recipe import take  # conversions alone need it

        return self.recipe or take(self.source, self.shape, self.dtype)

    @property
    def parameters(self) -> int:
        count = 1
        for length in self.shape:
            count *= length
        return count

    @property
    def bytes(self) -> int:
        """Size of the array in memory, in bytes; 0 where the dtype has no fixed size (text)."""
        return self.parameters * _item_bytes(self.dtype)


@lru_cache(maxsize=256)
def _item_bytes(dtype: str) -> int:
    bits = BITS.match(dtype)
    return 1 if dtype == "bool" else int(bits.group(1)) // 8 if bits else 0


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of a zip directory. ``role`` says which part of a Keras archive it is: config, metadata, weights, asset, stray.

    ``brought``: the file outside of the archive that a planned member is a copy of; empty for one that stands in it.
    """

    name: str
    role: str
    size: int
    packed: int
    method: int
    crc: int
    offset: int = 0
    mode: int = 0
    brought: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that the bytes themselves do wrong, found while reading: what a part *says* is judged by checks instead.

    ``kind`` is a word of `kdoctor.faults.FaultKind`; ``detail`` are facts about it (offsets, counts, names) for messages.
    ``part`` is the part that it damages, or ``file``. A repair that removes a fault asks the writer for its canonical form.
    """

    kind: str
    part: str = "file"
    detail: Mapping[str, Json] = field(default_factory=dict)


class Origin(NamedTuple):
    """The file that a document was read from, for the writer: never judged by a check."""

    path: Path
    size: int
    modified_ns: int
    wrapping: tuple[str, ...] = ()  # outer containers that were looked through, outermost first: "gzip", "zip:inner.keras"


EMPTY: Final[Mapping[str, Json]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A saved Keras file as a value.

    parts:
        ``config`` (the root object of config.json or model_config, without its compile_config), ``training`` (compile_config or
        training_config), ``metadata`` (metadata.json), ``attributes`` (HDF5 group path -> attributes that Keras reads),
        ``weights`` (HDF5 path -> `Weight`), ``members`` (ordinal -> `Member`), ``faults`` (ordinal -> `Fault`),
        ``numbers`` (HDF5 path -> `Numbers`, where somebody looked at them), ``file`` (name, extension, size in bytes, content: what the bytes are). A part that the file lacks is not in the mapping.
    digest:
        sha256 (hexadecimal) of the whole file where it was computed, else the empty text.
    """

    format: Format
    parts: Mapping[str, Json]
    digest: str = ""
    origin: Origin | None = None

    @property
    def config(self) -> Json:
        return self.parts.get("config", ABSENT)

    @property
    def training(self) -> Json:
        return self.parts.get("training", ABSENT)

    @property
    def metadata(self) -> Mapping[str, Json]:
        found = self.parts.get("metadata")
        return found if isinstance(found, Mapping) else EMPTY

    @property
    def attributes(self) -> Mapping[str, Mapping[str, Json]]:
        found: Mapping[str, Mapping[str, Json]] = self.parts.get("attributes", EMPTY)
        return found

    @property
    def weights(self) -> Mapping[str, Weight]:
        found: Mapping[str, Weight] = self.parts.get("weights", EMPTY)
        return found

    @property
    def numbers(self) -> Mapping[str, Numbers]:
        found: Mapping[str, Numbers] = self.parts.get("numbers", EMPTY)
        return found

    @property
    def members(self) -> Mapping[int, Member]:
        found: Mapping[int, Member] = self.parts.get("members", EMPTY)
        return found

    @property
    def faults(self) -> Mapping[int, Fault]:
        found: Mapping[int, Fault] = self.parts.get("faults", EMPTY)
        return found

    @property
    def file(self) -> Mapping[str, Json]:
        found: Mapping[str, Json] = self.parts.get("file", EMPTY)
        return found

    def at(self, pointer: Pointer) -> Json:
        """The value at a place, or `ABSENT`."""
        value: Json = self.parts.get(pointer.part, ABSENT)
        for key in pointer.keys:
            value = child(value, key)
        return value

    def replacing(self, parts: Mapping[str, Json]) -> Document:
        """The same document with other parts; the digest no longer applies."""
        return replace(self, parts=parts, digest="")

    def faults_of(self, *kinds: str) -> tuple[tuple[Pointer, Fault], ...]:
        """The faults of these kinds, each with its place."""
        return tuple((Pointer("faults", (key,)), fault) for key, fault in self.faults.items() if fault.kind in kinds)

    def saved_by(self) -> SavedBy:
        """Who wrote the file, by its own account (an attacker's text: never trust it to lower a severity)."""
        return _saved_by(self)


def child(value: Json, key: Key) -> Json:
    """The member of a JSON value (or of a mapping with integer keys) under ``key``, or `ABSENT`."""
    if isinstance(value, Mapping):
        return value.get(key, ABSENT)
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)) and isinstance(key, int) and 0 <= key < len(value):
        return value[key]
    return ABSENT


@lru_cache(maxsize=4)
def _saved_by(document: Document) -> SavedBy:
    root = document.attributes.get("/", EMPTY)
    weights = document.attributes.get("/model_weights", EMPTY)
    release = document.metadata.get("keras_version") or root.get("keras_version") or weights.get("keras_version")
    backend = root.get("backend") or weights.get("backend")
    date = _text(document.metadata.get("date_saved"))
    return SavedBy(stated_release(release), _text(backend), date.replace("@", " ") if date else None)


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) and value else None
