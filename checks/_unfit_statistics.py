"""A Normalization whose config states means for another number of features than its input has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kdoctor.check import Finding, Need, Repair
from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.graph.shapes import built_with, infer
from kdoctor.keras_api.reader import calls
from kdoctor.keras_api.refused_configs import unequal_statistics
from kdoctor.keras_api.statistics import kept_lengths, unfit_mean
from kdoctor.keras_api.variables.table import is_builtin
from kdoctor.keras_api.variables.variable import Shape
from kdoctor.structure.objects import Node
from kdoctor.structure.outline import objects_named
from kdoctor.target import Target

from ._unequal_statistics import KEYS, single, spread

NAME = "Normalization"
NEED = Need("FILE", "the config as Keras wrote it", "the means of the other features are not in the file")
SAYS = "InvalidArgumentError: Incompatible shapes: … [Op:BroadcastTo]"


def unfit_statistics(document: Document, target: Target) -> Iterator[Finding]:
    """Of what it was built with, in an archive, and of what it is given."""
    listed = objects_named(document, (NAME,))
    for call in calls(document, target) if listed else ():
        node, given = call.node, call.arguments  # of which the reader of an .h5 takes an axis out
        if node.class_name != NAME or given.get("mean") is None or not is_builtin(node) or unequal_statistics(NAME, given):
            continue
        built = built_with(node) if document.format.native else ()
        shapes = (*built, *infer(document).inputs.get(node.at, ()))
        unfit = ((shape, why) for shape in shapes if shape is not None and (why := unfit_mean(given, shape, target)))
        shape, why = next(unfit, ((), None))
        if why is not None:
            repair = _for_each(node, given, shape)
            yield Finding(
                node.at / "config" / "mean",
                f"{target} cannot use the mean of {node.name!r}: {why}",
                repair=repair,
                needs=() if repair else (NEED,),
                layer=node.name,
                keras_says=SAYS,
            )


def _for_each(node: Node, given: Mapping[str, Json], shape: Shape) -> Repair | None:
    """One number stands for all features: Keras 2, and Keras 3 since 3.8, spread it."""
    lengths, values = kept_lengths(given, shape), [single(given.get(key)) for key in KEYS]
    if lengths is None or any(not isinstance(value, (int, float)) for value in values):
        return None
    edits = [
        Edit(node.at / "config" / key, old=node.config[key], new=spread(value, lengths)) for key, value in zip(KEYS, values, strict=True)
    ]
    return Repair("write it for each of the features", tuple(edits))
