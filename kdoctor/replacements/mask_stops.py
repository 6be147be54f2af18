"""A layer behind another one that hands its values on and not its mask: a Permute that leaves the axes as they are, which no Keras makes masks of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.replacements.layers_behind import layers_behind
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import Model


def stopping_masks(document: Document, model: Model, found: Mapping[int, int], layers: Sequence[Layer]) -> tuple[Edit, ...]:
    """Edits of a ``.keras`` document. ``found``: the number of axes, the batch included, by the number of the layer in the model."""

    def stop(layer: Layer) -> tuple[str, dict[str, Json]]:
        return "Permute", {"dtype": layer.node.config.get("dtype", "float32"), "dims": list(range(1, found[layer.number]))}

    return layers_behind(document, model, layers, stop, "unmasked")
