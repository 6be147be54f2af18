"""Stored functions of another Python's bytecode that can be compiled anew: from what source, and by which edits once that is done.

The last resort: the file still holds bytecode, and safe mode still refuses it. Nothing is compiled here: source goes out, code comes back
in `Given.compiled`, and is written only where its expression tree is that of the original.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING

from kdoctor.check import Repair, Safety
from kdoctor.document import ABSENT, Document, Json
from kdoctor.edit import Edit
from kdoctor.keras_api.module_names import gone
from kdoctor.replacements.lambda_cures import cures
from kdoctor.saved_release import release_of
from kdoctor.structure.lambdas import Lambda
from kdoctor.structure.models import is_wrapped
from kdoctor.target import Target

if TYPE_CHECKING:
    from kdoctor.bytecode.portable import Portable

GIVEN_BY_KERAS = ("mask", "training")  # arguments that a Lambda hands over by itself
KEYS = ("function", "output_shape")  # Keras 3 makes no function of a stored mask


class NotRecompilable(Exception):
    """Why a function is not compiled anew."""


class LostName(NotRecompilable):
    """It reads this of a module, which has it no more: it would fail when it is called, and in a Functional model or an ``.h5`` that is at once."""


def recompiled(document: Document, target: Target, found: Lambda) -> Repair | None:
    """The repair of a function of another Python than the target's: with edits where its source was compiled; None for one that has another
    cure, or cannot be brought along whole."""
    if found.code is None or target.python is None or not target.keras_3 or cures(document, target).of(found.at) is not None:
        return None
    try:
        made = _portable(document, target, found)
        edits = _edits(document, target, found, made)
    except NotRecompilable:
        return None
    release = ".".join(map(str, target.python))
    title = f"compile its source anew for Python {release}, which keeps bytecode in the file: safe_mode=False, and no other Python"
    return Repair(title, edits, safety=Safety.UNSAFE, source=made.source)


def lost_name(document: Document, target: Target, found: Lambda) -> str | None:
    """``keras.backend.tf``: what alone keeps a function from being compiled anew, because the target's modules do not have it."""
    try:
        _portable(document, target, found)
    except LostName as lost:
        return str(lost)
    except NotRecompilable:
        pass
    return None


def _portable(document: Document, target: Target, found: Lambda) -> Portable:
    from kdoctor.bytecode.code import MalformedCode  # few files hold code, and its readers are dear to import
    from kdoctor.bytecode.literal import Untraceable
    from kdoctor.bytecode.module_paths import module_paths
    from kdoctor.bytecode.portable import portable
    from kdoctor.bytecode.reach import reaches

    holder = document.at(found.at.parent.parent) if len(found.at.keys) > 1 else None
    if found.at.part != "config" or found.key not in KEYS or not isinstance(holder, Mapping) or holder.get("class_name") != "Lambda":
        raise NotRecompilable("it is no function of a Lambda layer")
    saved = release_of(document)
    if is_wrapped(found.at) and (saved is None or saved < (3, 0)):  # what could not be translated may put samples together
        raise NotRecompilable("Keras 2 called what TimeDistributed holds with all times as samples")
    assert found.code is not None
    if reaches(found.code):  # K407: never, whatever else is said
        raise NotRecompilable("it reaches for the system")
    try:
        made = portable(found.code, target.given.bindings)
    except (Untraceable, MalformedCode) as error:
        raise NotRecompilable(str(error)) from None
    for path in module_paths(made.function):
        if lost := gone(path, target):
            raise LostName(lost)
    return made


def _edits(document: Document, target: Target, found: Lambda, made: Portable) -> tuple[Edit, ...]:
    """None as long as nothing is compiled, and where what was compiled is not the function."""
    captured, arguments = _captured(document, found, made), _arguments(document, found)
    data = target.given.compiled.get(made.source)
    assert target.python is not None
    code = None if data is None else made.proved(data, target.python)
    if data is None or code is None:
        return ()
    closure = [captured[name] for name in code.freevars] or None
    stored = {"code": base64.b64encode(data).decode("ascii"), "defaults": None, "closure": closure}
    written = Edit(found.at, old=document.at(found.at), new={"class_name": "__lambda__", "config": stored})
    return (written, *_with_arguments(document, found, arguments))


def _captured(document: Document, found: Lambda, made: Portable) -> dict[str, Json]:
    assert found.code is not None
    values = dict(zip(found.code.freevars, found.stored.closure or (), strict=False))
    for name in made.captured:
        if name not in values or not _is_certain(document, values[name]):
            raise NotRecompilable(f"what {name} was is not in the file as it was")
    return {name: values[name] for name in made.captured}


def _arguments(document: Document, found: Lambda) -> dict[str, Json]:
    """The defaults of the last arguments as arguments of the layer: Keras 3 hands a stored list of defaults to Python, which wants a tuple."""
    assert found.code is not None
    defaults = found.stored.defaults or ()
    names = found.code.varnames[found.code.argcount - len(defaults) : found.code.argcount]
    given = {name: value for name, value in zip(names, defaults, strict=False) if name not in GIVEN_BY_KERAS}
    if len(defaults) > found.code.argcount or (defaults and found.key != "function"):
        raise NotRecompilable("it has defaults that nothing hands over")
    if len(defaults) == found.code.argcount and defaults:
        given.pop(names[0], None)  # the tensor
    if not all(_is_certain(document, value) for value in given.values()):
        raise NotRecompilable("what its defaults were is not in the file as it was")
    return given


def _is_certain(document: Document, value: Json) -> bool:
    """Numbers and texts survive; a list may have been a tuple or an array, except in an archive of Keras 3."""
    if isinstance(value, list):
        saved = release_of(document)
        exact = document.format.native and saved is not None and saved >= (3, 0)
        return exact and all(_is_certain(document, item) for item in value)
    return value is None or isinstance(value, (bool, int, float, str))


def _with_arguments(document: Document, found: Lambda, given: Mapping[str, Json]) -> tuple[Edit, ...]:
    at = found.at.parent / "arguments"
    holder = document.at(found.at.parent)
    stated = holder.get("arguments", ABSENT) if isinstance(holder, Mapping) else ABSENT
    known = stated if isinstance(stated, Mapping) else {}
    new = {**given, **known}
    return (Edit(at, old=stated, new=new),) if new != known else ()
