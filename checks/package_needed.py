from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Safety, Severity, check
from kdoctor.document import Document
from kdoctor.keras_api.packages import Owner, owners
from kdoctor.keras_api.reader import Resolution, unfound
from kdoctor.security.hostile import is_pythons
from kdoctor.target import Target

KERAS_3 = 3


@check("K305", Severity.INFO, since="0.1.0")
def package_needed(document: Document, target: Target) -> Iterator[Finding]:
    """A class or function that the target does not know belongs to a known package.

    Keras says "Could not locate class 'SeqSelfAttention'", and not whose it is. kdoctor knows the classes of some forty packages, read
    from their sources: keras-hub, tensorflow-addons, qkeras, transformers, keras-self-attention, … The file may name the package by a
    module or by the name that the class is registered under; a class name alone is told as a guess.

    The way out is to install the package and to import it before ``load_model``; ``--custom PACKAGE`` says that you will. Layers of a
    package for Keras 2 cannot be used in Keras 3: TensorFlow up to 2.15, or ``tf_keras``, loads such a file. So a file that Keras 3 saved
    is not from such a package, whatever its class is called.
    """
    keras_3_saved = (document.saved_by().major or 0) >= KERAS_3
    seen: set[tuple[str, str | None]] = set()
    for call in unfound(document, target):
        node = call.node
        if call.resolution not in (Resolution.UNKNOWN, Resolution.FUNCTION) or is_pythons(node):
            continue
        found = tuple(one for one in owners(node) if one.certain or one.package.keras >= KERAS_3 or not keras_3_saved)
        if found and (node.class_name, node.module) not in seen:
            seen.add((node.class_name, node.module))
            name = node.raw.get("config") if call.resolution is Resolution.FUNCTION else node.class_name
            yield Finding(
                node.at,
                f"{name} {_told(found)}",
                repair=Repair("; or ".join(_advice(owner, target) for owner in found), safety=Safety.ADVICE),
            )


def _told(found: tuple[Owner, ...]) -> str:
    names = " or ".join(f"{one.package.name}{' ' + one.package.release if one.package.release else ''}" for one in found)
    return f"is of the package {names}" if found[0].certain else f"has the name of a class of the package {names}"


def _advice(owner: Owner, target: Target) -> str:
    package = owner.package
    if package.keras == 2 and target.keras_3:
        return f"{package.name} is for Keras 2, which {target} is not: load the file with tf_keras, or TensorFlow up to 2.15, and {package.module}"
    return f"pip install {package.name}, and import {package.module} before load_model (--custom {package.module})"
