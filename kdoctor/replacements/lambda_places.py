"""Functions that are cured where they stand: an activation that Keras has by name, an initializer whose work the stored weights have done."""

from __future__ import annotations

from kdoctor.check import Repair, Safety
from kdoctor.document import ABSENT, Document
from kdoctor.edit import Edit
from kdoctor.pointer import Pointer
from kdoctor.saved_release import release_of
from kdoctor.structure.lambdas import Lambda
from kdoctor.target import Target

ACTIVATIONS = ("activation", "recurrent_activation")
PENALTIES = ("_regularizer", "_constraint")


def in_place(document: Document, target: Target, found: Lambda) -> Repair | None:
    """The repair, where there is one. Code that reaches for the system (K407) has none."""
    if found.code is None or (found.key == "function" and found.at.part == "config"):
        return None
    if found.at.part == "training":
        gone = Edit(Pointer("training"), old=document.training, new=ABSENT)
        return Repair("leave out the training state; compile the model again to train it", (gone,))
    old = document.at(found.at)
    if found.key.endswith("_initializer") and document.weights:
        return Repair("write another initializer: the weights are in the file", (Edit(found.at, old=old, new="zeros"),))
    if found.key.endswith(PENALTIES):
        return Repair(f"leave out the {found.key}, which only training uses", (Edit(found.at, old=old, new=None),), safety=Safety.UNSAFE)
    name = _name(document, target, found) if found.key in ACTIVATIONS else None
    return None if name is None else Repair(f"write the activation {name!r}, which it is", (Edit(found.at, old=old, new=name),))


def _name(document: Document, target: Target, found: Lambda) -> str | None:
    from kdoctor.bytecode.reach import reaches
    from kdoctor.replacements.activation_names import activation_name  # few files hold code, and its readers are dear to import

    assert found.code is not None
    return None if reaches(found.code) else activation_name(found, target.given.bindings, target.release, release_of(document))
