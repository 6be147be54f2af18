"""What the ``.h5`` reader of Keras 3 makes of a loss or metric that it does not know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from kdoctor.document import Document
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.keras_api.compile_reader import Mention
from kdoctor.target import Target

UNTOLD = "TypeError: string indices must be integers"


class Reading(NamedTuple):
    """Whether loading fails, what Keras says of it then or in ``fit``, and what becomes of the object where loading does not fail."""

    blocks: bool
    keras_says: str | None
    outcome: str | None = None


def reading(mention: Mention, document: Document, target: Target) -> Reading:
    """Of a loss or metric. Its name alone goes on to ``compile``, which looks it up in ``fit``; one that stands alone is sought once more.

    Sources: serialization_lib.deserialize_keras_object with ``module_objects`` and saving_utils._resolve_compile_arguments_compat,
    alike in 3.0.5 and 3.15.1, with files of 2.15, 3.0.5 and 3.15.1.
    """
    passed = Reading(False, f"ValueError: Could not interpret {mention.kind} identifier: {mention.name}")
    if mention.form == "text":
        return passed if mention.nested else Reading(True, UNTOLD)
    stored = document.at(mention.at)
    assert isinstance(stored, Mapping)
    if mention.form == "function":
        if "module" not in stored:
            return Reading(True, "KeyError: 'module'")
        return passed if mention.nested else Reading(True, UNTOLD)
    if stored.get("module", mention) is None:
        return Reading(True, f"TypeError: Cannot deserialize object of type `{mention.name}`. If `{mention.name}` is a custom class, …")
    return passed if mention.nested else _sought_by_name(mention, target)


def _sought_by_name(mention: Mention, target: Target) -> Reading:
    """An object that stands alone is what its config's name names; no loss, where that is null."""
    if "name" not in mention.arguments:
        return Reading(True, "KeyError: 'name'")
    name = mention.arguments["name"]
    if mention.kind == "loss" and name is None:
        return Reading(
            False, "ValueError: No loss to compute. Provide a `loss` argument in `compile()`.", "the model comes back without a loss"
        )
    known = isinstance(name, str) and Catalogue.load(target.release, target.family).function(mention.kind, name) is not None
    if mention.kind == "loss" and known:
        return Reading(False, None, f"the model comes back with Keras's own loss of the name {name!r}")
    return Reading(True, f"ValueError: Could not interpret {mention.kind} identifier: {name}")
