"""What K504 tells of an optimizer that a LossScaleOptimizer holds, and that Keras 2 does not find there, though it finds it elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from kdoctor.check import Finding, Repair
from kdoctor.document import ABSENT, Document, Json
from kdoctor.edit import Edit
from kdoctor.keras_api import habits
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.keras_api.compile_reader import Mention
from kdoctor.keras_api.reader import FAMILY
from kdoctor.target import Target

PACKAGE: Final = "Custom>"  # that of register_keras_serializable() without a name


def unknown_within(document: Document, mention: Mention, target: Target) -> Iterator[Finding]:
    """``from_config`` asks the table of ``optimizers.deserialize``, which has none of AdamW, Lion and Adafactor, and what is registered; in an
    archive it asks for the ``registered_name``, in an ``.h5`` for the class (run in 2.15.0, which does not load what it saved so)."""
    stated = mention.arguments.get("inner_optimizer")
    if target.keras_3 or mention.found is None or not isinstance(stated, Mapping) or not isinstance(stated.get("class_name"), str):
        return
    name, key = stated["class_name"], _key(document)
    if (
        target.is_given(name, stated.get("registered_name"))
        or _is_found(stated, key, target)
        or not is_known_within(stated, document, target)
    ):
        return
    plain, at = name.rpartition(">")[2], mention.at / "config" / "inner_optimizer"
    registered = PACKAGE + plain
    edit = Edit(at / key, old=stated.get(key, ABSENT), new=registered)
    edits = (edit,) if name == plain or key == "class_name" else (Edit(at / "class_name", old=name, new=plain), edit)
    yield Finding(
        at,
        f"{target} does not find the optimizer {plain} within a {mention.name} by that name",
        repair=Repair(f"write the name {registered!r}, under which it is registered", edits),
        keras_says=f'TypeError: "inner_optimizer" must be an instance of Optimizer, but got: {name}.'
        if document.format.native
        else f"ValueError: Unknown optimizer: {name!r}",
    )


def is_known_within(stated: Mapping[str, Json], document: Document, target: Target) -> bool:
    """Whether the target has this optimizer and would find it within another, by the name in the file or by the one that it goes by there."""
    name, key = str(stated["class_name"]), _key(document)
    plain = name.rpartition(">")[2]
    if is_the_authors(stated, document):
        return False
    if target.keras_3:
        return Catalogue.load(target.release, target.family).resolve("keras.optimizers", plain) is not None
    if _is_found(stated, key, target):
        return True
    registered = PACKAGE + plain
    return name in (plain, registered) and _is_found({**stated, "class_name": plain, key: registered}, key, target)


def is_the_authors(stated: Mapping[str, Json], document: Document) -> bool:
    """Whether an optimizer that another holds is of the author's package, whatever Keras has of its name. Keras 2 registered its own as ``Custom>Adam``."""
    module, registered = stated.get("module"), stated.get("registered_name")
    package = str(registered if registered is not None else stated["class_name"]).rpartition(">")[0]
    if isinstance(module, str):
        return module.partition(".")[0] not in FAMILY
    return package not in ("", "Keras", "Custom") or (package == "Custom" and (document.saved_by().major or 0) >= 3)


def _key(document: Document) -> str:
    return "registered_name" if document.format.native else "class_name"


def _is_found(stated: Mapping[str, Json], key: str, target: Target) -> bool:
    catalogue, settings = Catalogue.load(target.release, target.family), stated.get("config")
    older = not isinstance(settings, Mapping) or settings.get("is_legacy_optimizer", True)
    table, registered, name = "legacy_optimizer" if older else "optimizer", stated.get(key), str(stated["class_name"])
    if key == "class_name":
        return catalogue.legacy(table, name) is not None
    if ">" not in name and catalogue.legacy(table, name) is not None:
        return True
    sought = habits.FINDS_REGISTERED_WITHIN.of(target) and isinstance(registered, str) and ">" in registered
    return sought and catalogue.legacy(table, str(registered)) is not None
