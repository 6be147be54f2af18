"""Lambda layers whose function Keras's operations cannot say (it draws random numbers): as a class of the user's own, written and taken back.

``fix --stub`` writes the class, which computes what the stored function does; ``fix --custom`` puts it in the Lambda's place.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from kdoctor.check import Repair
from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.identifiers import is_identifier
from kdoctor.structure.lambdas import Lambda, lambdas
from kdoctor.target import Target

if TYPE_CHECKING:
    from kdoctor.bytecode.code import Code

UNNAMED: Final = re.compile(r"<(lambda|module|genexpr|(list|dict|set)comp)>|\.[0-9]+", re.ASCII)  # what the compiler calls what has no name
AROUND: Final = (ast.Import, ast.ImportFrom, ast.Assign)  # what a class may need beside it
KEPT: Final = ("name", "trainable", "dtype")  # of the Lambda


def brought(document: Document, target: Target, found: Lambda) -> Repair | None:
    """The repair that puts a layer of the user's own source, named as `written` names it, in the Lambda's place; None where there is none."""
    definition = target.given.code.get(_class_of(found)) if target.given.code and _is_alone(document, found) else None
    holder = _holder(document, found)
    if definition is None or holder is None or not definition.is_class or not target.keras_3:
        return None
    config = {key: holder["config"][key] for key in KEPT if holder["config"].get(key) is not None}
    if definition.shapes or definition.unexpected(frozenset(config)) or any(one.required for one in definition.lacking(frozenset(config))):
        return None
    stated = {"module": definition.module, "class_name": definition.name, "registered_name": definition.name_in_file}
    new = {**holder, **stated, "config": config}
    return Repair(f"put your layer {definition.name!r} in its place", (Edit(found.at.parent.parent, old=holder, new=new),))


def written(document: Document, found: Lambda) -> str | None:
    """The source of the layer's class, with what it needs from outside; None for code that reaches for the system, or cannot be told."""
    from kdoctor.bytecode.as_layer import layer_source  # few files hold code, and its readers are dear to import
    from kdoctor.bytecode.reach import reaches

    code = found.code
    if code is None or _holder(document, found) is None or not _is_alone(document, found) or reaches(code):
        return None
    if not all(is_identifier(each) or UNNAMED.fullmatch(each) for each in _names(code)):
        return None
    source = layer_source(code, found.owner or "", found.stored.defaults or (), found.stored.closure or ())
    return source if source is not None and _is_one_class(source) else None


def _class_of(found: Lambda) -> str:
    from kdoctor.bytecode.as_layer import class_name

    return class_name(found.owner or "")


def _is_alone(document: Document, found: Lambda) -> bool:
    """Whether no other Lambda would have a class of the same name."""
    return bool(found.owner) and Counter(_class_of(one) for one in lambdas(document) if _is_layers(one))[_class_of(found)] == 1


def _is_layers(found: Lambda) -> bool:
    return found.key == "function" and found.at.part == "config"


def _holder(document: Document, found: Lambda) -> Mapping[str, Json] | None:
    """The Lambda layer as it is stored, which gives its function nothing but its input, and makes no mask."""
    holder = document.at(found.at.parent.parent) if _is_layers(found) else None
    if not isinstance(holder, Mapping) or holder.get("class_name") != "Lambda" or not isinstance(holder.get("config"), Mapping):
        return None
    config = holder["config"]
    return None if config.get("arguments") or config.get("mask") is not None else holder


def _names(code: Code) -> Iterator[str]:
    """Every name in a code object and in all code within it."""
    for one in (code, *code.nested()):
        yield from (one.name, *one.names, *one.varnames, *one.freevars, *one.cellvars)


def _is_one_class(source: str) -> bool:
    """Whether it is one class, beside imports and values, and nothing else."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return sum(isinstance(one, ast.ClassDef) for one in body) == 1 and all(isinstance(one, (ast.ClassDef, *AROUND)) for one in body)
