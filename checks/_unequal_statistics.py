"""A Normalization with one variance for several means, or the reverse, which Keras 3.14 and later do not spread."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair
from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.keras_api import habits
from kdoctor.keras_api.reader import calls
from kdoctor.keras_api.refused_configs import unequal_statistics
from kdoctor.keras_api.statistics import Lengths, lengths_of
from kdoctor.keras_api.variables.table import is_builtin
from kdoctor.structure.outline import objects_named
from kdoctor.target import Target

NAME = "Normalization"
KEYS = ("mean", "variance")
NEED = Need("FILE", "means and variances of one shape", "which of them belongs to which is not in the file")


def one_for_several(document: Document, target: Target) -> Iterator[Finding]:
    """Written as many times as the other has numbers (K614)."""
    if not habits.WANTS_EQUAL_STATISTICS.of(target) or not objects_named(document, (NAME,)):
        return
    for call in calls(document, target):
        node, given = call.node, call.arguments
        if node.class_name != NAME or not is_builtin(node) or unequal_statistics(NAME, given):
            continue
        shapes = [lengths_of(given.get(key)) for key in KEYS]
        mean, variance = shapes
        if mean is None or variance is None or mean == variance:
            continue
        short, shape = (KEYS[0], variance) if len(mean) < len(variance) or set(mean) <= {1} else (KEYS[1], mean)
        value, at = node.config.get(short), node.at / "config" / short
        alone = single(value)
        repair = None if alone is None else Repair("write it for each of them", (Edit(at, old=value, new=spread(alone, shape)),))
        yield Finding(
            at,
            f"the {short} of {NAME} {node.name!r} is one for several, which {target} does not spread",
            repair=repair,
            needs=() if repair else (NEED,),
            layer=node.name,
            keras_says="ValueError: When setting values directly, `mean` and `variance` must have the same shape. "
            f"Received: mean shape {mean} and variance shape {variance}",
        )


def single(value: Json) -> Json:
    """The number that a value holds alone; None for several."""
    while isinstance(value, list) and len(value) == 1:
        (value,) = value
    return None if isinstance(value, list) else value


def spread(value: Json, shape: Lengths) -> Json:
    return [spread(value, shape[1:]) for _ in range(shape[0])] if shape else value
