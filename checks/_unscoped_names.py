"""Names of layers that Keras 3 takes, and that no name scope of TensorFlow may have, of which Keras 2 opens one for every layer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from kdoctor.check import Finding, Repair
from kdoctor.document import Document
from kdoctor.structure.layers import layer_list
from kdoctor.structure.models import all_models
from kdoctor.structure.naming import fresh, rename
from kdoctor.target import Target

SCOPE: Final = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*")  # tensorflow/python/framework/ops.py, _VALID_SCOPE_NAME_REGEX
REFUSED: Final = re.compile(r"[^A-Za-z0-9_.-]")


def unscoped_names(document: Document, target: Target) -> Iterator[Finding]:
    """One for each model that lists such layers; inputs open no scope (K614)."""
    if target.keras_3:
        return
    for model in all_models(document):
        stated = {layer.number: layer.node.name or "" for layer in model.layers if layer.class_name != "InputLayer"}
        bad = {number: name for number, name in stated.items() if name and not SCOPE.fullmatch(name)}
        if not bad:
            continue
        taken, new = {layer.name for layer in model.layers}, dict[str, str]()
        for name in dict.fromkeys(bad.values()):
            plain = REFUSED.sub("_", name)
            new[name] = fresh(plain if SCOPE.fullmatch(plain) else f"layer{plain}", taken)
            taken.add(new[name])
        number, first = next(iter(bad.items()))
        yield Finding(
            layer_list(model.node)[1] / number / "config" / "name",
            f"the layer name {first!r}" + (f" and {len(bad) - 1} more" if len(bad) > 1 else "") + f" is one that {target} does not take",
            repair=Repair(
                f"write {new[first]!r} instead, wherever it is used",
                rename(model.node, {number: new[name] for number, name in bad.items()}, new),
            ),
            layer=first,
            keras_says=f"ValueError: '{first}/' is not a valid root scope name.",
        )
