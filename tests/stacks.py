"""Sequential models that state their input more than once, and what K201 says of them."""

from __future__ import annotations

from typing import Any

from kdoctor.check import Finding
from kdoctor.document import Document
from kdoctor.edit import apply
from kdoctor.target import Given, Target
from kdoctor.testing import KERAS_3, document, examine, find_check, layer, sequential

KERNEL = {"layers/dense/vars/0": (4, 3)}
DENSE = layer("Dense", units=3)
LEGACY_KERNEL = {"model_weights/dense/dense/kernel:0": (4, 3)}
PIPELINE = layer("TimeDistributed", layer=layer("Pipeline"))
HASHING = layer("TimeDistributed", layer=layer("Hashing"))
WRAPPED_MODEL = layer("TimeDistributed", layer=sequential(layer("Flatten")))


def source(*shape: int | None, name: str = "input", **more: Any) -> dict[str, Any]:
    return layer("InputLayer", name=name, batch_shape=list(shape), **more)


def model(*layers: dict[str, Any], weights: Any = KERNEL, **more: Any) -> Document:
    return document(sequential(*layers, **more), weights=weights)


def asking(*shape: int | None) -> Target:
    return Target("3.15.1", given=Given(input_shape=shape))


def the(finding: list[Finding]) -> Finding:
    (one,) = finding
    return one


def severity(finding: Finding) -> str:
    return str(find_check("K201").severity_of(finding))


def cured(sick: Document, target: Target = KERAS_3) -> Document:
    """After the only finding's repair, which must leave nothing to find."""
    finding = the(examine("K201", sick, target))
    assert finding.repair is not None
    healthy = apply(sick, finding.repair.edits)
    assert examine("K201", healthy, target) == []
    return healthy


def shapes(made: Document) -> list[Any]:
    return [item["config"].get("batch_shape") for item in made.config["config"]["layers"]]
