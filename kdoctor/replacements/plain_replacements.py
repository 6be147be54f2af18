"""Layers that a Keras before 3 has too, under the same name and with the same arguments: what can take a function's place there.

Such a release has no operations that an ``.h5`` could hold, so one layer of its own is all that can. Of what Keras 3 has, only the layers below
mean the same in both: its ``hard_sigmoid`` is another function, its LeakyReLU has another word for the slope.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kdoctor.document import Json
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.target import Target

LAYERS: Final = frozenset(
    """
    Rescaling Reshape Permute Flatten RepeatVector Softmax ReLU Cropping1D Cropping2D Cropping3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
    UpSampling1D UpSampling2D GlobalAveragePooling1D GlobalAveragePooling2D GlobalMaxPooling1D GlobalMaxPooling2D AveragePooling1D
    AveragePooling2D MaxPooling1D MaxPooling2D Add Subtract Multiply Average Maximum Minimum Concatenate
    """.split()  # noqa: SIM905 (a table of names)
)
ACTIVATIONS: Final = frozenset({"relu", "tanh", "sigmoid", "softplus", "softsign", "selu", "exponential", "elu", "softmax"})
OF_ANY_LAYER: Final = frozenset({"name", "trainable", "dtype", "batch_input_shape"})
NO_AXES: Final = ("keepdims", False)  # what leaving it out means, where a release does not know it


def in_words_of(target: Target, layer: Mapping[str, Json]) -> dict[str, Json] | None:
    """The layer as a release before Keras 3 reads it from an ``.h5``; None where it has none that computes the same."""
    catalogue = Catalogue.load(target.release, target.family)
    class_name, config = layer["class_name"], dict(layer["config"])
    known = catalogue.legacy("layer", class_name)
    if known is None or "module" in layer:
        return None
    if class_name == "Activation":
        name = config.get("activation")
        return dict(layer) if name in ACTIVATIONS and catalogue.function("activation", name) is not None else None
    if class_name not in LAYERS:
        return None
    name, usual = NO_AXES
    if name not in known.parameters and config.get(name) is usual:
        del config[name]
    return {**layer, "config": config} if config.keys() - OF_ANY_LAYER <= set(known.parameters) else None
