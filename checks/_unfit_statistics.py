"""A Normalization whose config states means for another number of features than its input has."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need
from kdoctor.document import Document
from kdoctor.graph.shapes import built_with, infer
from kdoctor.keras_api.reader import calls
from kdoctor.keras_api.refused_configs import unequal_statistics
from kdoctor.keras_api.statistics import unfit_mean
from kdoctor.keras_api.variables.table import is_builtin
from kdoctor.structure.objects import objects_named
from kdoctor.target import Target

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
        whys = (why for shape in shapes if shape is not None and (why := unfit_mean(given, shape, target)))
        if why := next(whys, None):
            at = node.at / "config" / "mean"
            yield Finding(at, f"{target} cannot use the mean of {node.name!r}: {why}", needs=(NEED,), layer=node.name, keras_says=SAYS)
