"""Every Python function that a file holds as bytecode or by name, in all forms that Keras has written; read, never run.

The readers of `kdoctor.bytecode` are imported where a file does hold code: few do, and they cost more than all checks together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import TYPE_CHECKING, NamedTuple

from kdoctor.document import Document, Format, Json
from kdoctor.pointer import Pointer
from kdoctor.structure.layers import layer_at
from kdoctor.structure.objects import CODE, Node
from kdoctor.structure.outline import found_in_objects

if TYPE_CHECKING:
    from kdoctor.bytecode.code import Code
    from kdoctor.bytecode.stored import StoredFunction

MOST_CODE = 1 << 16
"""Bytes of the functions of one file that are looked at, equal ones counted once: hundreds of lambdas, tens of long functions."""
FUNCTION_KEYS = (("function", "function_type"), ("output_shape", "output_shape_type"), ("mask", "mask_type"))
TYPES = {"dropout_state_filter_visitor": "dropout_fn_type"}  # where the kind of function is not told under the function's own key
TOLD = {kind: key for key, kind in TYPES.items()}
TYPE = "_type"


class Lambda(NamedTuple):
    """One stored function: where it stands, what holds it, its code object or why there is none.

    ``owner`` is the name of the layer that holds it, ``key`` the config key (``function``, ``output_shape``, ``activation``, …);
    ``unexamined``: it is ``malformed`` to us alone, since there is more of it than we look at.
    """

    at: Pointer
    owner: str | None
    key: str
    stored: StoredFunction
    code: Code | None
    malformed: str | None
    unexamined: bool = False

    @property
    def described(self) -> str:
        """``Lambda 'crop'``, or ``the activation of 'dense'``."""
        owner = f" {self.owner!r}" if self.owner else ""
        return f"Lambda{owner}" if self.key == "function" else f"the {self.key} of{owner or ' the model'}"


@lru_cache(maxsize=4)
def lambdas(document: Document) -> tuple[Lambda, ...]:
    """Every stored function of config and training state, in the order of the file."""
    found: dict[Pointer, Lambda] = {}
    reader = _Reader(document)
    for at, read in found_in_objects(document, _stored_in):
        if at not in found:  # the code that a Lambda holds is an object of its own, too
            found[at] = read(reader)
    return tuple(found.values())


def _stored_in(node: Node) -> Iterator[tuple[Pointer, Callable[[_Reader], Lambda]]]:
    """Where an object holds functions, and how each is read."""
    if node.class_name == "Lambda":
        for at, key, stored in _of_layer(node.config, node.at / "config"):
            yield at, partial(_Reader.read, at=at, key=key, stored=stored, owner=node.name)
    elif node.class_name == CODE:
        from kdoctor.bytecode.stored import stored_function

        whole = stored_function(dict(node.raw))
        if whole is not None:
            yield node.at, partial(_Reader.read, at=node.at, key=str(node.key or "function"), stored=whole)
    else:
        for key, value in node.config.items():
            if not value or not isinstance(value, (dict, list)):
                if value == "lambda" and key.endswith(TYPE):
                    yield from _told(node, TOLD.get(key, key.removesuffix(TYPE)))
                continue
            at = node.at / "config" / key
            if len(value) == 1 and is_bare(value):
                yield at, partial(_Reader.read_bare, node=node, key=key, value=value)
            elif (listed := _listed(node.config, key, value)) is not None:
                yield at, partial(_Reader.read, at=at, key=key, stored=listed, owner=node.name)


def loadable(document: Document) -> tuple[Lambda, ...]:
    """Those of a model in a format of Keras: what stands in a SavedModel is there to be named, not to be loaded."""
    return () if document.format is Format.OTHER else lambdas(document)


def is_bare(value: Json) -> bool:
    """Whether a value is what ``keras.activations.serialize`` leaves of a lambda since 2.13: no class beside the code, and no Keras reads it."""
    code = value.get("value") if isinstance(value, dict) and len(value) == 1 else None
    return isinstance(code, list) and len(code) == len(("code", "defaults", "closure")) and isinstance(code[0], str)


def _listed(config: Mapping[str, Json], key: str, value: Json) -> StoredFunction | None:
    """A function in the form of Keras 2 elsewhere than in a Lambda: cells that wrap another (ResidualWrapper, DropoutWrapper) hold one."""
    parts = value.get("items") if isinstance(value, dict) and value.get("class_name") == "__tuple__" else value
    if not isinstance(parts, list) or not 0 < len(parts) <= len(("code", "defaults", "closure")) or not isinstance(parts[0], str):
        return None
    told = config.get(TYPES.get(key, f"{key}_type"))
    if told != "lambda" and not all(part is None or isinstance(part, (list, dict)) for part in parts[1:]):
        return None  # words
    from kdoctor.bytecode.stored import stored_function

    return stored_function(parts, told)


def _told(node: Node, key: str) -> Iterator[tuple[Pointer, Callable[[_Reader], Lambda]]]:
    """The code alone, as a text: Keras 1 and 2 load it as they do a list (tf.keras 2.15 was seen to run that of a ResidualWrapper)."""
    from kdoctor.bytecode.stored import told_text

    if isinstance(value := node.config.get(key), str) and (stored := told_text(value)) is not None:
        at = node.at / "config" / key
        yield at, partial(_Reader.read, at=at, key=key, stored=stored, owner=node.name)


def named_functions(document: Document) -> frozenset[Pointer]:
    """Where Lambda layers hold a function by its name alone."""
    return frozenset(found.at for found in lambdas(document) if found.stored.form == "name")


def _of_layer(config: Mapping[str, object], at: Pointer) -> Iterator[tuple[Pointer, str, StoredFunction]]:
    from kdoctor.bytecode.stored import stored_function

    for key, type_key in FUNCTION_KEYS:
        stored = stored_function(config.get(key), config.get(type_key))
        if stored is not None:
            yield at / key, key, stored


@dataclass(slots=True)
class _Reader:
    """Reads functions one after the other, as long as it may."""

    document: Document
    read_yet: set[bytes] = field(default_factory=set)
    left: int = MOST_CODE

    def read(self, at: Pointer, key: str, stored: StoredFunction, owner: str | None = None) -> Lambda:
        from kdoctor.bytecode.code import MalformedCode, TooMuchCode
        from kdoctor.bytecode.marshal import read_code

        if owner is None:
            layer = layer_at(self.document, at)
            owner = None if layer is None else layer.name
        if stored.code is None:
            return Lambda(at, owner, key, stored, None, stored.undecodable)
        if not self._affords(stored.code):
            why = f"the functions of the file are more than {MOST_CODE:,} bytes"
            return Lambda(at, owner, key, stored, None, why, unexamined=True)
        try:
            return Lambda(at, owner, key, stored, read_code(stored.code), None)
        except MalformedCode as error:
            return Lambda(at, owner, key, stored, None, str(error), unexamined=isinstance(error, TooMuchCode))

    def read_bare(self, node: Node, key: str, value: Json) -> Lambda:
        from kdoctor.bytecode.stored import stored_function

        stored = stored_function({"class_name": CODE, "config": value})
        assert stored is not None
        return self.read(node.at / "config" / key, key, stored, node.name)

    def _affords(self, code: bytes) -> bool:
        if code in self.read_yet:
            return True
        if len(code) > self.left:
            return False
        self.left -= len(code)
        self.read_yet.add(code)
        return True
