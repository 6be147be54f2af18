"""TensorFlowOpLayer of tf.keras 2.1 to 2.3: a NodeDef of TensorFlow's graph with its constants, read as a call."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, Final

from kdoctor.document import Json
from kdoctor.translate.values import Untranslatable, Value

# Operation -> function of the table, and the attributes that are its named arguments.
FUNCTIONS: Final[Mapping[str, tuple[str, dict[str, str]]]] = {
    **{
        name: (function, {})
        for name, function in {
            "Add": "tf.add", "AddV2": "tf.add", "Sub": "tf.subtract", "Mul": "tf.multiply", "RealDiv": "tf.realdiv", "Div": "tf.realdiv",
            "FloorDiv": "tf.floordiv", "FloorMod": "tf.floormod", "Mod": "tf.floormod", "Pow": "tf.pow", "Neg": "tf.negative",
            "Abs": "tf.abs", "Square": "tf.square", "Sqrt": "tf.sqrt", "Rsqrt": "tf.rsqrt", "Exp": "tf.exp", "Expm1": "tf.expm1",
            "Log": "tf.log", "Log1p": "tf.log1p", "Sin": "tf.sin", "Cos": "tf.cos", "Tan": "tf.tan", "Tanh": "tf.tanh", "Sinh": "tf.sinh",
            "Cosh": "tf.cosh", "Atan": "tf.atan", "Asin": "tf.asin", "Acos": "tf.acos", "Atan2": "tf.atan2", "Sign": "tf.sign",
            "Floor": "tf.floor", "Ceil": "tf.ceil", "Round": "tf.round", "Reciprocal": "tf.reciprocal", "Inv": "tf.reciprocal",
            "Erf": "tf.erf", "Sigmoid": "tf.sigmoid", "Softplus": "tf.softplus", "Softsign": "tf.softsign", "Relu": "tf.nn.relu",
            "Relu6": "tf.nn.relu6", "Elu": "tf.nn.elu", "Selu": "tf.nn.selu", "Softmax": "tf.nn.softmax", "LogSoftmax": "tf.nn.log_softmax",
            "Maximum": "tf.maximum", "Minimum": "tf.minimum", "Equal": "tf.equal", "NotEqual": "tf.not_equal", "Greater": "tf.greater",
            "GreaterEqual": "tf.greater_equal", "Less": "tf.less", "LessEqual": "tf.less_equal", "LogicalAnd": "tf.logical_and",
            "LogicalOr": "tf.logical_or", "LogicalNot": "tf.logical_not", "IsNan": "tf.is_nan", "IsInf": "tf.is_inf",
            "IsFinite": "tf.is_finite", "SelectV2": "tf.where", "Select": "tf.compat.v1.where", "SquaredDifference": "tf.squared_difference",
            "DivNoNan": "tf.divide_no_nan", "StopGradient": "tf.stop_gradient", "Identity": "tf.identity", "Snapshot": "tf.identity",
            "ClipByValue": "tf.clip_by_value", "Reshape": "tf.reshape", "Transpose": "tf.transpose", "ExpandDims": "tf.expand_dims",
            "Tile": "tf.tile", "Pad": "tf.pad", "Slice": "tf.slice", "Shape": "tf.shape", "Rank": "tf.rank",
            "Size": "tf.size", "Fill": "tf.fill", "ZerosLike": "tf.zeros_like", "OnesLike": "tf.ones_like", "BroadcastTo": "tf.broadcast_to",
            "ReverseV2": "tf.reverse", "Gather": "tf.gather", "BiasAdd": "tf.nn.bias_add", "Roll": "tf.roll", "Range": "tf.range",
        }.items()
    },
    **{
        name: (f"tf.reduce_{kind}", {"keep_dims": "keepdims"})
        for name, kind in {"Mean": "mean", "Sum": "sum", "Max": "max", "Min": "min", "Prod": "prod", "All": "all", "Any": "any"}.items()
    },
    "MatMul": ("tf.matmul", {"transpose_a": "transpose_a", "transpose_b": "transpose_b"}),
    "BatchMatMul": ("tf.matmul", {"adj_x": "adjoint_a", "adj_y": "adjoint_b"}),
    "BatchMatMulV2": ("tf.matmul", {"adj_x": "adjoint_a", "adj_y": "adjoint_b"}),
    "ArgMax": ("tf.argmax", {}),
    "ArgMin": ("tf.argmin", {}),
    "Cumsum": ("tf.cumsum", {"exclusive": "exclusive", "reverse": "reverse"}),
    "Squeeze": ("tf.squeeze", {"squeeze_dims": "axis"}),
    "Cast": ("tf.cast", {"DstT": "dtype"}),
    "LeakyRelu": ("tf.nn.leaky_relu", {"alpha": "alpha"}),
    "SpaceToDepth": ("tf.space_to_depth", {"block_size": "block_size", "data_format": "data_format"}),
    "DepthToSpace": ("tf.depth_to_space", {"block_size": "block_size", "data_format": "data_format"}),
    "AvgPool": ("tf.nn.avg_pool", {"ksize": "ksize", "strides": "strides", "padding": "padding", "data_format": "data_format"}),
    "MaxPool": ("tf.nn.max_pool", {"ksize": "ksize", "strides": "strides", "padding": "padding", "data_format": "data_format"}),
    "GatherV2": ("tf.gather", {"batch_dims": "batch_dims"}),
    "MirrorPad": ("tf.pad", {"mode": "mode"}),
    "Einsum": ("tf.einsum", {"equation": "equation"}),
    "ResizeBilinear": ("tf.image.resize_bilinear", {"align_corners": "align_corners", "half_pixel_centers": "half_pixel_centers"}),
    "ResizeNearestNeighbor": (
        "tf.image.resize_nearest_neighbor", {"align_corners": "align_corners", "half_pixel_centers": "half_pixel_centers"},
    ),
    "StridedSlice": (
        "tf.strided_slice",
        {key: key for key in ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")},
    ),
}  # fmt: skip
DTYPES: Final = {
    "DT_FLOAT": "float32", "DT_DOUBLE": "float64", "DT_HALF": "float16", "DT_BFLOAT16": "bfloat16", "DT_INT32": "int32",
    "DT_INT64": "int64", "DT_UINT8": "uint8", "DT_INT8": "int8", "DT_INT16": "int16", "DT_UINT16": "uint16", "DT_BOOL": "bool",
}  # fmt: skip


def node_def_of(config: Mapping[str, Json]) -> Mapping[str, Json]:
    """The NodeDef, which TensorFlow 2.1 and 2.2 stored as text."""
    stored = config.get("node_def")
    if isinstance(stored, str):
        try:
            stored = json.loads(stored)
        except (ValueError, RecursionError):
            stored = None
    return stored if isinstance(stored, Mapping) else {}


def node_def_call(config: Mapping[str, Json], tensors: list[Value]) -> tuple[str, tuple[Value, ...], dict[str, Value]]:
    """The function, its operands in order, its attributes as named arguments. Raises `Untranslatable`."""
    try:
        return _call(config, tensors)
    except (LookupError, TypeError, ValueError, OverflowError, AttributeError):
        raise Untranslatable("its node_def is not of a form that TensorFlow wrote") from None


def _call(config: Mapping[str, Json], tensors: list[Value]) -> tuple[str, tuple[Value, ...], dict[str, Value]]:
    definition = node_def_of(config)
    operation, attributes = definition.get("op"), definition.get("attr") or {}
    operands = _operands(config.get("constants") or {}, tensors)
    special = SPECIAL.get(str(operation))
    if special is not None:
        return special(operands, {name: _attribute(value) for name, value in attributes.items()})
    if operation not in FUNCTIONS:
        raise Untranslatable(f"the TensorFlow operation {operation} has no counterpart among Keras's operations that kdoctor knows")
    function, named = FUNCTIONS[str(operation)]
    kwargs = {argument: _attribute(attributes[name]) for name, argument in named.items() if name in attributes}
    kwargs = {argument: value for argument, value in kwargs.items() if value is not None}
    if operation == "GatherV2" and len(operands) == 3:
        return function, tuple(operands[:2]), {**kwargs, "axis": operands[2]}
    if operation == "Einsum":
        return function, (kwargs["equation"], *operands), {}
    return function, tuple(operands), kwargs


def _operands(constants: Mapping[str, Json], tensors: list[Value]) -> list[Value]:
    """Constants stand where their number says, tensors in the places between."""
    held = {int(place): value for place, value in constants.items()}
    count = len(held) + len(tensors)
    if not all(0 <= place < count for place in held):
        raise Untranslatable("constants of an operation that are not numbered as its operands")
    waiting = iter(tensors)
    return [held[place] if place in held else next(waiting) for place in range(count)]


def _attribute(value: Json) -> Any:
    """``{"i": "5"}``, ``{"b": true}``, ``{"type": "DT_FLOAT"}``, ``{"list": {"i": ["1", "2"]}}``, texts in base64."""
    if not isinstance(value, Mapping):
        return None
    if "list" in value:
        items = value["list"].get("i", []) if isinstance(value["list"], Mapping) else []
        return [int(item) for item in items] or None
    for key, read in (("i", int), ("f", float), ("b", bool), ("s", _text), ("type", lambda name: DTYPES.get(str(name)))):
        if key in value:
            return read(value[key])
    return None


def _text(value: Json) -> str:
    try:
        return base64.b64decode(str(value), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return str(value)


def _concat(operands: list[Value], attributes: Mapping[str, Any]) -> tuple[str, tuple[Value, ...], dict[str, Value]]:
    return "tf.concat", (operands[:-1], operands[-1]), {}


def _concat_first(operands: list[Value], attributes: Mapping[str, Any]) -> tuple[str, tuple[Value, ...], dict[str, Value]]:
    return "tf.concat", (operands[1:], operands[0]), {}


def _pack(operands: list[Value], attributes: Mapping[str, Any]) -> tuple[str, tuple[Value, ...], dict[str, Value]]:
    return "tf.stack", (operands,), {"axis": attributes.get("axis") or 0}


def _add_n(operands: list[Value], attributes: Mapping[str, Any]) -> tuple[str, tuple[Value, ...], dict[str, Value]]:
    return "tf.add_n", (operands,), {}


def _unpack(operands: list[Value], attributes: Mapping[str, Any]) -> tuple[str, tuple[Value, ...], dict[str, Value]]:
    return "tf.unstack", (operands[0],), {"num": attributes.get("num"), "axis": attributes.get("axis") or 0}


def _split(operands: list[Value], attributes: Mapping[str, Any]) -> tuple[str, tuple[Value, ...], dict[str, Value]]:
    return "tf.split", (operands[1], attributes.get("num_split"), operands[0]), {}


def _split_sizes(operands: list[Value], attributes: Mapping[str, Any]) -> tuple[str, tuple[Value, ...], dict[str, Value]]:
    return "tf.split", tuple(operands), {}


def _one_hot(operands: list[Value], attributes: Mapping[str, Any]) -> tuple[str, tuple[Value, ...], dict[str, Value]]:
    return "tf.one_hot", tuple(operands), {"axis": attributes.get("axis"), "dtype": attributes.get("T")}


def _pad(operands: list[Value], attributes: Mapping[str, Any]) -> tuple[str, tuple[Value, ...], dict[str, Value]]:
    return "tf.pad", (operands[0], operands[1]), {"constant_values": operands[2]}


def _top_k(operands: list[Value], attributes: Mapping[str, Any]) -> tuple[str, tuple[Value, ...], dict[str, Value]]:
    return "tf.nn.top_k", tuple(operands), {"sorted": attributes.get("sorted", True)}


SPECIAL: Final = {
    "ConcatV2": _concat, "Concat": _concat_first, "Pack": _pack, "AddN": _add_n, "Unpack": _unpack, "Split": _split, "SplitV": _split_sizes,
    "OneHot": _one_hot, "PadV2": _pad, "TopKV2": _top_k,
}  # fmt: skip
