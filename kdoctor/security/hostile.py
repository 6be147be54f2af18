"""What a config names that stands for no part of a model: what it calls acts on the machine, or on Keras itself.

Keras's loaders take every dict with a ``class_name`` for an object, and look it up by module, class name, function name or registered
name. So does this: whatever form those have, since a name that no honest writer would use is where an attacker hides one.
"""

from __future__ import annotations

import builtins
import re
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from kdoctor.document import Document, Json
from kdoctor.keras_api.catalogue import Catalogue, releases
from kdoctor.pointer import Pointer
from kdoctor.security.foreign import (
    ACTING,
    ACTS,
    APPLICATION,
    CALLABLES,
    CALLING,
    KERAS,
    MODELLING,
    OUTSIDE,
    PACKAGES,
    PARTS,
    PREFIXES,
    REACHING_OUT,
)
from kdoctor.structure.objects import FUNCTION, Node, Serialized
from kdoctor.structure.outline import found_in_serialized

# Keras writes plain functions of its own under this module, by their names: only Python's own names are foreign there.
BUILTINS = "builtins"
# Names that TensorFlow's own functions share with functions of Python that compute something and do nothing else: ``activation=tf.abs``.
COMPUTING = frozenset({"abs", "all", "any", "complex", "max", "min", "pow", "range", "round", "sum"})
MAIN = "__main__"
TRANSFERS = re.compile(
    r"(load|save|read|write|import|export|dump)(_|$)"
)  # of what TensorFlow, PyTorch, JAX and MLX call so, none is a layer
OF_BACKENDS = re.compile(r"backend\.\w+\.(distribution_lib|tensorboard|export|trainer)\b.*")  # a part of no model, of whichever backend
TESTS = re.compile(r"(?:.*\.)?(?:\w+_test|tests|testing)(?:\..*)?")  # wheels of Keras hold its tests: importing one runs it


class Reference(NamedTuple):
    """A place where the loader looks something up. ``name`` is what it would call, ``names`` all that it may look for."""

    at: Pointer
    module: str | None
    name: str
    names: tuple[str, ...]
    function: bool

    @property
    def path(self) -> str:
        """``os.system``, for messages."""
        return f"{self.module}.{self.name}" if self.module else self.name


@lru_cache(maxsize=4)
def hostile_references(document: Document) -> tuple[Reference, ...]:
    """The references of config and training state to what is no part of a model, outermost first, whatever form their names have."""
    known: dict[tuple[Json, ...], bool] = {}

    def judge(one: Serialized) -> Iterator[Reference]:
        part, keys, raw = one
        words: tuple[Json, ...] = (raw["class_name"], raw.get("module"), raw.get("registered_name"), raw.get("spec_name"))
        if words[0] == FUNCTION:
            words = (*words, raw["config"])
        try:
            condemned = known.get(words)
        except TypeError:  # a list or a dict among them
            condemned = None
        if condemned is None:
            condemned = _condemned(_reference(raw, Pointer(part)))
            if all(word is None or isinstance(word, str) for word in words):
                known[words] = condemned
        if condemned:
            yield _reference(raw, Pointer(part, keys))

    return tuple(found_in_serialized(document, judge))


def called_name(node: Node) -> str:
    """The name of the function or class that the loader would call for the object."""
    return str(node.raw.get("config")) if node.class_name == FUNCTION else node.class_name


def is_pythons(node: Node) -> bool:
    """Whether the object belongs to Python's own library, such as ``os.system``, or to a package that no model needs."""
    return is_foreign(_reference(node.raw, node.at))


def is_no_modelling(node: Node) -> bool:
    """Whether the object is a function of Keras that is no part of any model, such as ``get_file``."""
    return is_acting(_reference(node.raw, node.at))


def is_foreign(found: Reference) -> bool:
    """Whether the module is Python's own, or of a package that stands on many machines and holds no part of a model."""
    module = (found.module or "").strip()
    root = module.split(".")[0]
    if root == BUILTINS:
        harmless = COMPUTING if found.function else frozenset()
        return any(hasattr(builtins, name) and not name.startswith("__keras") for name in set(found.names) - harmless)
    if root in ("", MAIN) or (not found.function and found.names == (found.name,) and (root, found.name) in CALLABLES):
        return False
    if root in sys.stdlib_module_names or root in PACKAGES:
        return True
    if (root in KERAS or root in MODELLING) and not OUTSIDE.isdisjoint(module.split(".")):
        return True
    if (root in KERAS or root in MODELLING) and any("." in name for name in found.names):
        return True  # an attribute of what the module imports, such as ``tf.load_op_library``: Keras 2.13 to 2.15 find it
    return root in MODELLING and _leaves_modelling(root, module, found)


def is_acting(found: Reference) -> bool:
    """Whether the reference is to something of Keras that acts, by a public or a private module, or by its bare name."""
    module = (found.module or "").strip()
    root = module.split(".")[0]
    bare = set(found.names)
    if root in ("", BUILTINS):
        return found.function and bool(bare & _declined())
    stated = f"{module}."
    if not stated.startswith(PREFIXES):
        return root in KERAS and bool(bare & _declined())
    if bare & _declined() or any(re.fullmatch(ACTS, name) for name in bare):
        return True
    inside = stated[len(next(filter(stated.startswith, PREFIXES))) :]
    if TESTS.fullmatch(inside.rstrip(".")) or OF_BACKENDS.fullmatch(inside):
        return True
    if inside.startswith("applications."):
        return any(re.fullmatch(APPLICATION, name) for name in bare)
    return inside.startswith(tuple(f"{folder}." for folder in ACTING)) and not bare <= PARTS


def _leaves_modelling(root: str, module: str, found: Reference) -> bool:
    if not f"{module}.".startswith(tuple(f"{allowed}." for allowed in MODELLING[root])) and module != root:
        return True  # tensorflow alone is where some writers put what is theirs
    if f"{module}.".startswith(PREFIXES):
        return False  # of Keras within TensorFlow
    from kdoctor.bytecode.reach_table import ATTRIBUTES  # seldom needed
    from kdoctor.saved_model.outside import is_outside

    if module.rpartition(".")[2] in REACHING_OUT:
        return True  # a function under the name of a class is a function all the same, before Keras 3.9
    return any(name in ATTRIBUTES or TRANSFERS.match(name) is not None or is_outside(name) for name in found.names)


@lru_cache(maxsize=1)
def _declined() -> frozenset[str]:
    return Catalogue.load(releases()[-1]).declined() | CALLING


def _condemned(found: Reference) -> bool:
    return is_foreign(found) or is_acting(found)


def _reference(raw: Mapping[str, Json], at: Pointer) -> Reference:
    """What Keras looks for: a type's name stands in ``spec_name``, a function's in ``config``. Up to 3.8 the registered name is looked up in
    the module, too, where the other is not found there: an honest class in front hid a function from whoever looked at that alone."""
    class_name, config = raw.get("class_name"), raw.get("config")
    function = class_name == FUNCTION
    first = raw.get("spec_name") if class_name == "__typespec__" else config if function else class_name
    names = tuple(dict.fromkeys(name for each in (first, raw.get("registered_name")) for name in _names(each) if name != FUNCTION))
    module = next(iter(_names(raw.get("module"))), None)
    return Reference(at, module, names[0] if names else str(class_name), names, function)


def _names(value: Json) -> Iterator[str]:
    """The texts of a name, which a hostile file may have put into a list; without the package of a registered name."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str):
            yield item.rpartition(">")[2]
