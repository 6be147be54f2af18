"""What Keras 3 makes of the shape that a layer of an archive says it was built with, before anything calls the layer.

Measured in Keras 3.15.1: 55 layers with 23 shapes each, in a Functional and in a Sequential; 340 of what it refuses, 3.0.5, 3.6 and 3.12 refuse, too
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kdoctor.document import Json
from kdoctor.keras_api.variables.table import is_builtin, variables_of
from kdoctor.keras_api.variables.variable import Shape, Shapes, Variables
from kdoctor.structure.layers import is_model
from kdoctor.structure.objects import Node

HELD: Final = frozenset({"layer", "forward_layer", "cell"})
LONG: Final = (8,) * 8  # as many axes as any layer asks for
# Of these ``build`` keeps how many axes there are: InputSpec(ndim=…).
OF_ONE_RANK: Final = frozenset({"BatchNormalization", "EinsumDense", "GroupNormalization", "PReLU"})
# And these compare it with their kernel, all but the recurrent ones in ``build`` itself.
RECURRENT: Final = frozenset({"LSTM", "GRU", "SimpleRNN"})
LOOK_AT_IT: Final = frozenset({"RNN", "SpectralNormalization", "TimeDistributed"})  # though what they hold was built before
WINDOWED: Final = {
    **{f"Conv{rank}D": rank + 2 for rank in (1, 2, 3)},
    **{f"{kind}Conv{rank}D": rank + 2 for kind in ("Depthwise", "Separable") for rank in (1, 2)},
    **{f"ConvLSTM{rank}D": rank + 3 for rank in (1, 2, 3)},
}


def builds_itself(node: Node) -> bool:
    """Whether a layer goes by its own build_config: what a wrapper holds has been built by its own before, and is not built again."""
    config = node.config
    if HELD.isdisjoint(config):
        return True
    held = (config.get(key) for key in HELD)
    return not any(isinstance(one, dict) and one.get("build_config") for one in held)


def refused_build(node: Node, built: Json, given: Shapes = ()) -> str | None:
    """Why a layer of Keras's own cannot be built with what its build_config states; None where it can, or where that is not known.

    given: the shapes that the layer is called with, where they are known. Never raises.
    """
    if is_model(node) or not is_builtin(node):
        return None
    of_steps = node.class_name in RECURRENT or node.class_name == "TimeDistributed"
    if not isinstance(built, list) or not built:
        if node.class_name == "RNN" and isinstance(built, str):  # its second and later letters are taken for an axis each
            return None
        return "it is no shape" if node.class_name in LOOK_AT_IT or (builds_itself(node) and _asks(node)) else None
    if of_steps and len(built) < 3:
        return "it has no axis of steps"
    axes = WINDOWED.get(node.class_name)
    if axes is not None and len(built) != axes:
        return f"its kernel is one for {axes} axes"
    if axes is not None and any(isinstance(length, (str, list, dict)) for length in built[1:]):
        return "its lengths are no numbers"
    if not builds_itself(node) or _is_usual(node, built):
        return None
    shape = tuple(length if _is_length(length) else None for length in built)
    lacking = [one.role for one in _variables(node, (shape,)) if one.shape is not None and None in one.shape]
    known = {one.role for other in _others(shape, given) for one in _variables(node, other) if one.shape and None not in one.shape}
    role = next((role for role in lacking if role in known), None)
    return role and f"it does not tell how large the {role} is"


def of_another_shape(node: Node, built: Sequence[Json], given: Shape) -> bool:
    """Whether a layer that was built with one shape refuses another, whatever variables they ask for, or computes something else."""
    if node.class_name == "SpectralNormalization" and built and given and is_builtin(node):  # InputSpec(axes={-1: …})
        return None not in (built[-1], given[-1]) and built[-1] != given[-1]
    if len(built) == len(given) or not is_builtin(node):
        return False
    if node.class_name == "Normalization":  # whose statistics are laid beside the last axes
        axis = node.config.get("axis", -1)
        axes = axis if isinstance(axis, list) else [axis]
        return len(built) > len(given) or any(type(one) is int and one >= 0 for one in axes)
    return node.class_name in OF_ONE_RANK


def _is_usual(node: Node, built: list[Json]) -> bool:
    """Whether all lengths are stated and the axes are the usual ones, as those of nearly all of thousands of layers are."""
    return len(built) > 1 and all(map(_is_length, built[1:])) and node.config.get("axis", -1) == -1 and node.class_name != "EinsumDense"


def _is_length(length: Json) -> bool:
    return type(length) is int and length > 0


def _asks(node: Node) -> bool:
    """Whether any variable of the layer is made of its input's shape."""
    return any(one.shape is None or None in one.shape for one in _variables(node, ()))


def _others(shape: Shape, given: Shapes) -> tuple[Shapes, ...]:
    """Shapes like the one that was stated, in which no length is open: what is not told of them either, no shape tells."""
    return (tuple(8 if length is None else length for length in shape),), (LONG[: max(len(shape), 5)],), given


def _variables(node: Node, shapes: Shapes) -> Variables:
    if node.class_name == "Normalization":  # which looks for the lengths of its axes also where the config gives mean and variance
        node = node._replace(config={**node.config, "mean": None})
    return variables_of(node, shapes, _unknown) or ()


def _unknown(model: Node, given: Shapes) -> None:
    """A model in a wrapper has layers of its own."""
