"""Losses, metrics and optimizers of an archive that Keras looks for by their module: one that it has not, or beside another registered name."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair
from kdoctor.document import ABSENT, Document, Json
from kdoctor.edit import Edit
from kdoctor.keras_api import habits
from kdoctor.keras_api.api_object import ApiObject
from kdoctor.keras_api.compile_reader import Mention
from kdoctor.target import Target

from ._registered_names import registered

HOMES = {"loss": "keras.losses", "metric": "keras.metrics"}


def unlocated(mention: Mention, document: Document, target: Target) -> Iterator[Finding]:
    """A loss or metric of Keras's own whose module is null, not there, or one of another package (serialization_lib, _retrieve_class_or_fn)."""
    if not target.keras_3 or not document.format.native or mention.form != "object" or mention.given or mention.found is not None:
        return
    known, home = mention.meant, HOMES.get(mention.kind)
    if home is None or known is None or known.is_function or known.name != mention.name or mention.name not in _public(known, home):
        return
    module = document.at(mention.at / "module")
    registered = document.at(mention.at / "registered_name")
    edits = [Edit(mention.at / "module", old=module, new=home)]
    edits += [] if registered is None else [Edit(mention.at / "registered_name", old=registered, new=None)]
    stated = "states no module" if module in (None, ABSENT) else f"is looked for in the module {module}"
    yield Finding(
        mention.at,
        f"the {mention.kind} {mention.name} {stated}, and {target} does not find it",
        repair=Repair(f"write the module {home}", tuple(edits)),
        keras_says=f"TypeError: Could not locate class '{mention.name}'.",
    )


def misnamed(mention: Mention, document: Document, target: Target) -> Iterator[Finding]:
    """A class of Keras's own under a registered name that is not its own."""
    if not habits.REFUSES_REGISTERED_NAMES.of(target) or not document.format.native or mention.form != "object" or mention.given:
        return
    named, module = document.at(mention.at / "registered_name"), document.at(mention.at / "module")
    found = mention.found
    if not isinstance(named, str) or named in ("", mention.name) or found is None or module == found.module:
        return
    yield registered(mention.at, f"the {mention.kind} {mention.name}", f"{module}.{mention.name}", named, target)


def written_out(mention: Mention, name: str, old: Json) -> Json:
    """A function's name as the object that stands there, or as a text where that has the name already and is not found all the same."""
    if mention.form == "text" or not isinstance(old, dict) or old.get("config") == name:
        return name
    named = {"registered_name": name} if old.get("registered_name") == old.get("config") else {}  # by which Keras 3 looks for it, too
    return {**old, "config": name, **named}


def _public(known: ApiObject, home: str) -> frozenset[str]:
    return frozenset(path.rpartition(".")[2] for path in known.exports if path.rpartition(".")[0] == home)
