"""Operations of Keras 3 on whole tensors that a layer of Keras 2 does as well: joining, rearranging, pooling, products.

A layer of Keras 2 never touches the batch; an operation may, and is then refused. Shapes are those that Keras 3 states beside a call's tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Final

from kdoctor.document import Json

Shape = Sequence[int | None]
Layer = tuple[str, dict[str, Json], Json]  # class, settings, inputs
POOLS: Final = {3: "1D", 4: "2D", 5: "3D"}  # by the rank of the input


def arranged(operation: str, config: Mapping[str, Json], args: Sequence[Json]) -> Layer | None:
    """The layer that computes the same; None where there is none."""
    rule = RULES.get(operation)
    return None if rule is None or not args else rule(config, args)


def _shape(tensor: Json) -> Shape | None:
    config = tensor.get("config") if isinstance(tensor, Mapping) else None
    shape = config.get("shape") if isinstance(config, Mapping) and tensor.get("class_name") == "__keras_tensor__" else None
    return shape if isinstance(shape, list) and shape else None


def _plain(value: Json) -> Json:
    """A tuple or a list of Keras 3 as a list."""
    if isinstance(value, Mapping) and value.get("class_name") == "__tuple__":
        return value.get("items")
    return value


def _axes(value: Json, rank: int) -> list[int] | None:
    listed = value if isinstance(value, list) else [value]
    return sorted(axis % rank for axis in listed) if all(type(axis) is int and -rank <= axis < rank for axis in listed) else None


def _concatenate(config: Mapping[str, Json], args: Sequence[Json]) -> Layer | None:
    tensors = args[0] if len(args) == 1 and isinstance(args[0], list) else []
    shape = _shape(tensors[0]) if len(tensors) > 1 else None
    axis = None if shape is None else _axes(config.get("axis"), len(shape))
    return ("Concatenate", {"axis": axis[0]}, tensors) if axis and axis[0] > 0 else None


def _reshape(config: Mapping[str, Json], args: Sequence[Json]) -> Layer | None:
    shape, wanted = _shape(args[0]), _plain(config.get("newshape"))
    if len(args) != 1 or shape is None or not isinstance(wanted, list) or len(wanted) < 2 or wanted[0] != -1:
        return None
    kept = all(type(length) is int and length > 0 for length in wanted[1:]) and None not in shape[1:]
    return _reshaped(wanted[1:], args[0]) if kept and prod(wanted[1:]) == prod(length or 0 for length in shape[1:]) else None


def _reshaped(shape: Shape, tensor: Json) -> Layer:
    return "Reshape", {"target_shape": [*shape]}, tensor


def _expanded(config: Mapping[str, Json], args: Sequence[Json]) -> Layer | None:
    shape = _shape(args[0])
    axis = None if shape is None else _axes(config.get("axis"), len(shape) + 1)
    if shape is None or not axis or len(axis) > 1 or axis[0] == 0 or None in shape[1:]:
        return None
    return _reshaped([*shape[1 : axis[0]], 1, *shape[axis[0] :]], args[0])


def _squeezed(config: Mapping[str, Json], args: Sequence[Json]) -> Layer | None:
    shape = _shape(args[0])
    axes = None if shape is None or config.get("axis") is None else _axes(_plain(config["axis"]), len(shape))
    if shape is None or not axes or axes[0] == 0 or None in shape[1:] or any(shape[axis] != 1 for axis in axes):
        return None
    left = [length for axis, length in enumerate(shape) if axis not in axes][1:]
    return _reshaped(left, args[0]) if left else None


def _transpose(config: Mapping[str, Json], args: Sequence[Json]) -> Layer | None:
    axes = _plain(config.get("axes"))
    if not isinstance(axes, list) or len(axes) < 2 or sorted(axis for axis in axes if type(axis) is int) != [*range(len(axes))]:
        return None
    return ("Permute", {"dims": axes[1:]}, args[0]) if axes[0] == 0 else None


def _pool(kind: str) -> Callable[[Mapping[str, Json], Sequence[Json]], Layer | None]:
    def rule(config: Mapping[str, Json], args: Sequence[Json]) -> Layer | None:
        """Over all places of an input whose features stand last."""
        shape = _shape(args[0])
        axes = None if shape is None or config.get("axis") is None else _axes(_plain(config["axis"]), len(shape))
        others = {key: value for key, value in config.items() if key not in ("name", "dtype", "axis", "keepdims") and value is not None}
        if shape is None or others or len(shape) not in POOLS or axes != [*range(1, len(shape) - 1)]:
            return None
        settings = {"data_format": "channels_last", "keepdims": config.get("keepdims") is True}
        return f"Global{kind}Pooling{POOLS[len(shape)]}", settings, args[0]

    return rule


def _product(config: Mapping[str, Json], args: Sequence[Json]) -> Layer | None:
    """Of matrices, one for each sample."""
    shapes = [_shape(arg) for arg in args]
    if len(args) != 2 or any(shape is None or len(shape) != 3 or shape[0] is not None for shape in shapes):
        return None
    return "Dot", {"axes": [2, 1], "normalize": False}, [*args]


def _softmax(config: Mapping[str, Json], args: Sequence[Json]) -> Layer | None:
    shape = _shape(args[0])
    axis = None if shape is None else _axes(config.get("axis"), len(shape))
    return ("Softmax", {"axis": axis[0]}, args[0]) if axis and len(axis) == 1 and axis[0] > 0 else None


def _elu(config: Mapping[str, Json], args: Sequence[Json]) -> Layer | None:
    return ("ELU", {"alpha": config["alpha"]}, args[0]) if type(config.get("alpha")) in (int, float) else None


def _leaky_relu(config: Mapping[str, Json], args: Sequence[Json]) -> Layer | None:
    slope = config.get("negative_slope")
    return ("LeakyReLU", {"negative_slope": slope}, args[0]) if type(slope) in (int, float) else None


def _gelu(config: Mapping[str, Json], args: Sequence[Json]) -> Layer | None:
    return ("Activation", {"activation": "gelu"}, args[0]) if config.get("approximate") is False else None


RULES: Final[Mapping[str, Callable[[Mapping[str, Json], Sequence[Json]], Layer | None]]] = {
    "Concatenate": _concatenate, "Reshape": _reshape, "ExpandDims": _expanded, "Squeeze": _squeezed, "Transpose": _transpose,
    "Mean": _pool("Average"), "Max": _pool("Max"), "Matmul": _product, "Softmax": _softmax, "Elu": _elu, "LeakyRelu": _leaky_relu, "Gelu": _gelu,
}  # fmt: skip
