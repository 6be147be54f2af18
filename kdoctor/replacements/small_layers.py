"""What small models are made of: layers as Keras 3 stores them, one behind the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from kdoctor.document import Json

if TYPE_CHECKING:
    from kdoctor.recipe_steps import Recipe

INPUT: Final = "input"
PENALTIES: Final = ("kernel_regularizer", "bias_regularizer", "activity_regularizer")
LIMITS: Final = (
    "kernel_constraint", "bias_constraint", "W_constraint", "b_constraint", "W_regularizer", "b_regularizer", "activity_regularizer",
)  # fmt: skip


class Small(NamedTuple):
    """The layers behind an input, in order, each as Keras 3 stores it; the last is the output.

    arrays: the recipes of the variables of those layers that have any, by name, in the layer's own order.
    """

    layers: tuple[dict[str, Json], ...]
    arrays: Mapping[str, tuple[Recipe, ...]]


def small_layer(class_name: str, name: str, sources: Sequence[str], **config: Json) -> dict[str, Json]:
    """A layer of Keras's own, called once with what these layers return."""
    tensors = [_tensor(source) for source in sources]
    return {
        "module": "keras.layers", "class_name": class_name, "config": {"name": name, **config}, "registered_name": None, "name": name,
        "inbound_nodes": [{"args": [tensors if len(tensors) > 1 else tensors[0]], "kwargs": {}}],
    }  # fmt: skip


def small_operation(module: str, class_name: str, name: str, sources: Sequence[str], **config: Json) -> dict[str, Json]:
    """An operation of Keras 3, which stands among layers."""
    return {**small_layer(class_name, name, sources, **config), "module": module, "registered_name": class_name}


def built(layer: dict[str, Json], shape: Sequence[int | None]) -> dict[str, Json]:
    """The layer with the shape, batch left out, that it was built for."""
    return {**layer, "build_config": {"input_shape": [None, *shape]}}


def _tensor(source: str) -> dict[str, Json]:
    """Keras resolves it by its history alone (functional.deserialize_node)."""
    return {"class_name": "__keras_tensor__", "config": {"shape": [None], "dtype": "float32", "keras_history": [source, 0, 0]}}
