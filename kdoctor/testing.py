"""A kit for people who write checks: documents from plain values, one check at a time, no files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kdoctor.check import Check, Finding
from kdoctor.document import Document, Fault, Format, Json, Weight
from kdoctor.packs import load_checks
from kdoctor.target import Target

KERAS_3 = Target("3.15.1")


def examine(code: str, document: Document, target: Target = KERAS_3) -> list[Finding]:
    """What the installed check with this code finds."""
    return list(find_check(code).run(document, target))


def find_check(code: str) -> Check:
    """The installed check with this code. Raises `KeyError` when there is none."""
    return {check.code: check for check in load_checks()}[code]


def layer(class_name: str, /, *, build: Json = None, module: str = "keras.layers", **config: Json) -> dict[str, Json]:
    """A serialized layer in the form of Keras 3; ``build`` is its input shape; the name is the class in lower case unless given."""
    name = config.pop("name", class_name.lower())
    found: dict[str, Json] = {"module": module, "class_name": class_name, "config": {"name": name, **config}, "registered_name": None}
    return found if build is None else {**found, "build_config": {"input_shape": build}}


def sequential(*layers: Mapping[str, Json], name: str = "sequential", **more: Json) -> dict[str, Json]:
    """A serialized Sequential model; ``more`` goes beside its config (``build_config``) or, for ``build_input_shape``, into it."""
    config: dict[str, Json] = {"name": name, "layers": list(layers)}
    if "build_input_shape" in more:
        config["build_input_shape"] = more.pop("build_input_shape")
    return {"module": "keras", "class_name": "Sequential", "config": config, "registered_name": None, **more}


def model(*layers: Mapping[str, Json], **more: Any) -> Document:
    """A `.keras` document around a Sequential of these layers."""
    return document(sequential(*layers, **more))


def document(
    config: Json = None,
    *,
    format: Format = Format.KERAS_ZIP,
    training: Json = None,
    metadata: Json = None,
    weights: Mapping[str, tuple[int, ...]] | None = None,
    faults: tuple[Fault, ...] = (),
    **parts: Json,
) -> Document:
    """A document from values; ``weights`` maps paths to shapes of float32. A part left out is absent, metadata apart."""
    found: dict[str, Json] = {"metadata": metadata or {"keras_version": "3.15.1"}, "faults": dict(enumerate(faults)), **parts}
    found["weights"] = {path: Weight(shape, "float32", path) for path, shape in (weights or {}).items()}
    if config is not None:
        found["config"] = config
    if training is not None:
        found["training"] = training
    found.setdefault("file", {"name": "model.keras" if format.native else "model.h5"})
    return Document(format, found)
