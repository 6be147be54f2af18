"""Layers that code of a Lambda makes and calls, ``keras.layers.UpSampling2D(2)(x)``, and those that it captured."""

from __future__ import annotations

from typing import Final

from kdoctor.translate.graph import Graph
from kdoctor.translate.names import Module
from kdoctor.translate.stored_values import StoredLayer
from kdoctor.translate.values import Dim, Tensor, Untranslatable, Value

# Layers without variables that do the same in training, and compute what their config says.
WEIGHTLESS: Final = frozenset(
    """
    Activation ReLU LeakyReLU ELU Softmax Flatten Reshape Permute RepeatVector Cropping1D Cropping2D Cropping3D ZeroPadding1D ZeroPadding2D
    ZeroPadding3D UpSampling1D UpSampling2D UpSampling3D MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D
    AveragePooling3D GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D
    GlobalMaxPooling3D Rescaling UnitNormalization
    """.split()  # noqa: SIM905 (a table of names)
)
# The first argument of those that take it by position.
FIRST: Final = {
    "Activation": "activation", "Reshape": "target_shape", "Permute": "dims", "RepeatVector": "n", "Rescaling": "scale", "ReLU": "max_value",
    "Softmax": "axis",
    **{f"{kind}{rank}D": name for rank in (1, 2, 3) for kind, name in (
        ("UpSampling", "size"), ("ZeroPadding", "padding"), ("Cropping", "cropping"), ("MaxPooling", "pool_size"), ("AveragePooling", "pool_size"),
    )},
}  # fmt: skip
# Layers of several tensors -> the operation, where their shapes have the same number of axes.
MERGING: Final = {
    "Add": "Add",
    "Multiply": "Multiply",
    "Maximum": "Maximum",
    "Minimum": "Minimum",
    "Subtract": "Subtract",
    "Concatenate": "Concatenate",
}
FUNCTIONS: Final = {name.lower(): name for name in MERGING}


def made_layer(g: Graph, name: str, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
    """A layer made in the code; of ``keras.layers.add([x, y])``, what it returns."""
    if name in FUNCTIONS and len(args) <= 2:
        named = dict(zip(("inputs", "axis"), args, strict=False)) | kwargs
        return _merged(g, FUNCTIONS[name], named.pop("inputs", None), named)
    config = dict(kwargs)
    if name == "LeakyReLU" and g.keras_major != 3:
        name, config = _leaky(args, config)
    elif len(args) == 1 and name in FIRST:
        config[FIRST[name]] = args[0]
    elif args:
        raise Untranslatable(f"keras.layers.{name} with arguments by position")
    return StoredLayer(name, config)


def _leaky(args: tuple[Value, ...], config: dict[str, Value]) -> tuple[str, dict[str, Value]]:
    """Up to Keras 2 the slope was called alpha."""
    named = {"alpha": 0.3, **dict(zip(("alpha",), args, strict=False)), **config}
    slope = named.pop("alpha")
    return "LeakyReLU", {"negative_slope": slope, **named}


def called_layer(g: Graph, layer: StoredLayer, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
    config = {key: value for key, value in layer.config.items() if key not in ("name", "trainable", "dtype", "batch_input_shape")}
    if layer.class_name in MERGING and len(args) == 1 and not kwargs:
        return _merged(g, layer.class_name, args[0], config)
    if layer.class_name not in WEIGHTLESS:
        raise Untranslatable(f"a layer of the class {layer.class_name}, whose weights are not in the function")
    if len(args) != 1 or kwargs or not isinstance(args[0], Tensor):
        raise Untranslatable("a layer that is called with more than a tensor")
    if any(isinstance(value, (Dim, Tensor, Module)) for value in config.values()):
        raise Untranslatable("a layer that is made of what is known only when the model runs")
    activation = config.get("activation")
    if layer.class_name == "Activation" and (not isinstance(activation, str) or activation == "hard_sigmoid"):
        raise Untranslatable("an activation that is not stored by its name")
    return g.layer(layer.class_name, args[0], **config)


def _merged(g: Graph, class_name: str, inputs: Value, config: dict[str, Value]) -> Value:
    """What the layer computes of tensors with as many axes each; of others it makes the axes up."""
    found = list(inputs) if isinstance(inputs, (list, tuple)) else []
    others = {key: value for key, value in config.items() if key != "name"}
    if len(found) < 2 or not all(isinstance(each, Tensor) for each in found) or len({each.rank for each in found}) != 1:
        raise Untranslatable(f"{class_name} of what are not tensors of one rank")
    if len({each.dtype for each in found}) != 1 or (class_name == "Subtract" and len(found) != 2):
        raise Untranslatable(f"{class_name} of tensors of several dtypes, or of more than it takes")
    if class_name == "Concatenate":
        axis = others.pop("axis", -1)
        if type(axis) is not int or others:
            raise Untranslatable("Concatenate with other arguments than an axis")
        return g("Concatenate", found, axis=axis)
    if others:
        raise Untranslatable(f"{class_name} with arguments")
    total = found[0]
    for each in found[1:]:
        total = g(MERGING[class_name], total, each)
    return total
