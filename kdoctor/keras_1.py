"""A layer's config of Keras 1 in the words of later releases.

Names and values come from the converters of Keras 2 (keras/legacy/interfaces.py), which the catalogue holds; what those do in code is
written out here. What computes something else today, or nothing, is left alone: then there is no cure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kdoctor.document import Json
from kdoctor.keras_api.api_object import ApiObject
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.structure.objects import Node

CONVERTER = "2.2.5"  # a release that still reads Keras 1
# How a layer's input looked, and how its variables were made: an InputLayer says the one, the stored arrays make the other needless.
NEEDLESS = frozenset({"input_dtype", "input_dim", "input_length", "forget_bias_init", "inner_init"})
EMBEDDING_NEEDS = "input_dim"
KERNELS = (("nb_row", "nb_col"), ("kernel_dim1", "kernel_dim2", "kernel_dim3"))
MERGES = {"sum": "Add", "mul": "Multiply", "ave": "Average", "max": "Maximum", "concat": "Concatenate", "dot": "Dot"}
DOT, LAMBDA = "Dot", "Lambda"
BY_FUNCTION = ("lambda", "function")
# What a Merge by a function says, and what a Lambda calls it.
OF_A_LAMBDA = {
    "mode": "function", "mode_type": "function_type", "output_shape": "output_shape", "output_shape_type": "output_shape_type",
    "arguments": "arguments",
}  # fmt: skip
# Classes of Keras 1 alone that are another one of its own under a second name, and what an argument of theirs is called there.
TWINS = {
    "TimeDistributedDense": "Dense", "AtrousConvolution1D": "Convolution1D", "AtrousConvolution2D": "Convolution2D",
    "SeparableConvolution2D": "Convolution2D",
}  # fmt: skip
OF_ITS_OWN = {
    "SeparableConvolution2D": "SeparableConv2D"
}  # has the words of its twin and a name of today's; Keras 2.2.5 forgot its converter
ATROUS = {"atrous_rate": "dilation_rate"}
GATED = frozenset({"GRU", "LSTM"})
# Penalties of Keras 1.0 to 1.2 by name (regularizers.py, constraints.py): today's class, and its arguments by theirs.
NORMS = {"l1": "l1", "l2": "l2"}
PENALTIES = {
    "L1L2Regularizer": ("L1L2", NORMS), "WeightRegularizer": ("L1L2", NORMS), "ActivityRegularizer": ("L1L2", NORMS),
    "MaxNorm": ("MaxNorm", {"m": "max_value", "axis": "axis"}), "NonNeg": ("NonNeg", {}), "UnitNorm": ("UnitNorm", {"axis": "axis"}),
}  # fmt: skip


def is_keras_1(node: Node) -> bool:
    """Whether the config uses words that only Keras 1 wrote."""
    known = _known(node)
    renamed = known.old_arguments.renamed if known is not None and known.old_arguments is not None else {}
    return (
        node.class_name == "Merge"
        or node.class_name in TWINS
        or any(name in node.config for name in renamed)
        or "input_dtype" in node.config
    )


def today(node: Node) -> dict[str, Json] | None:
    """The object as Keras 2 and 3 say it; None where they have no words for it."""
    if node.class_name == "Merge":
        return merged(node)
    known = _known(node)
    if known is None or without_words(node) is not None:
        return None
    old = known.old_arguments
    config: dict[str, Json] = {}
    for name, value in _prepared(node).items():
        exchanged = old.values.get(name, {}).get(str(value), value) if old is not None else value
        config[old.renamed.get(name, name) if old is not None else name] = _penalty(name, exchanged)
    if known.name == "GRU":
        config["reset_after"] = False  # the only GRU that Keras 1 had
    return {**node.raw, "class_name": OF_ITS_OWN.get(node.class_name, known.name), "config": config}


def multiplies_otherwise(node: Node, shapes: Sequence[Sequence[int | None] | None]) -> bool:
    """Whether ``mode="dot"`` of two tensors of these shapes is no Dot, as far as that is known: ``K.batch_dot`` of 1.2.2 multiplies matrices,
    whatever stands before the last two axes, and of an axis that it is told only whether it is the last one."""
    if node.class_name != "Merge" or node.config.get("mode") != "dot":
        return False
    axes, ranks = node.config.get("dot_axes"), [len(shape) for shape in shapes if shape is not None]
    if not isinstance(axes, list) or not len(axes) == len(shapes) == len(ranks) == 2 or set(ranks) not in ({2}, {3}):
        return True
    return not all(type(axis) is int and 0 < axis < ranks[0] for axis in axes)


def forgets(node: Node) -> bool:
    """Whether today's words leave out what training used: an Embedding that dropped whole words, for which Keras 2 and 3 have none."""
    return node.class_name == "Embedding" and bool(node.config.get("dropout"))


def _known(node: Node) -> ApiObject | None:
    return Catalogue.load(CONVERTER).legacy("layer", plain_class(node))


def plain_class(node: Node) -> str:
    """The class of Keras 1 that its converters know."""
    return TWINS.get(node.class_name, node.class_name)


def _prepared(node: Node) -> dict[str, Json]:
    """The config without what says nothing any more, the kernel's lengths in one argument."""
    embedding = node.class_name == "Embedding"
    found = {
        ATROUS.get(name, name): value
        for name, value in node.config.items()
        if (name not in NEEDLESS or (embedding and name == EMBEDDING_NEEDS)) and not _initializes(name) and name not in ("mode", "dropout")
    }
    for names in KERNELS:
        if all(name in found for name in names):
            found["kernel_size"] = [found.pop(name) for name in names]
    if node.class_name in GATED and "dropout" in node.config:
        found["dropout"] = node.config["dropout"]
    return found


def _initializes(name: str) -> bool:
    return name == "init" or name.endswith(("_init", "_initializer"))


def _penalty(name: str, value: Json) -> Json:
    """``{"name": "L1L2Regularizer", "l1": …}`` as an object of today; anything else as it is."""
    if not _is_penalty(name) or not isinstance(value, Mapping) or value.get("name") not in PENALTIES:
        return value
    class_name, arguments = PENALTIES[value["name"]]
    return {"class_name": class_name, "config": {arguments[key]: value[key] for key in arguments if key in value}}


def _is_penalty(name: str) -> bool:
    return name.endswith(("_regularizer", "_constraint"))


def without_words(node: Node) -> str | None:
    """Why a layer has no words today: other modes of BatchNormalization, channels first, penalties that are gone, merges by functions."""
    config = node.config
    if node.class_name == "Merge":
        return None if merged(node) is not None else _without_merge(node)
    if _known(node) is None:
        return f"nobody has a {node.class_name} any more"
    if node.class_name == "BatchNormalization" and config.get("mode", 0) != 0:
        return f"its mode {config['mode']} is gone"
    if config.get("dim_ordering") == "th":
        return "it takes the channels first, and stores its arrays in another order then"
    penalties = {name: value for name, value in config.items() if _is_penalty(name) and value is not None}
    gone = [name for name, value in penalties.items() if not isinstance(value, Mapping) or value.get("name") not in PENALTIES]
    return f"its {gone[0]} is gone" if gone else None


def merged(node: Node) -> dict[str, Json] | None:
    """``Merge(mode="sum")`` as Add, one by a function as a Lambda of several tensors; Merge as a Sequential's first layer has no words."""
    mode = node.config.get("mode")
    class_name = MERGES.get(mode) if isinstance(mode, str) else None
    if not node.raw.get("inbound_nodes"):
        return None
    if _merges_by_function(node):
        class_name, config = LAMBDA, {new: node.config.get(old) for old, new in OF_A_LAMBDA.items()}
    elif class_name == "Concatenate":
        config = {"axis": node.config.get("concat_axis", -1)}
    else:
        config = {"axes": node.config.get("dot_axes"), "normalize": False} if class_name == DOT else {}
    if class_name is None:
        return None
    calls = {"inbound_nodes": _without_masks(node.raw["inbound_nodes"])}
    return {**node.raw, **calls, "class_name": class_name, "config": {"name": node.config.get("name"), "trainable": True, **config}}


def _merges_by_function(node: Node) -> bool:
    """Whether it calls a function of the user's own, which makes no masks: that one is stored as that of a Lambda is."""
    return node.config.get("mode_type") in BY_FUNCTION and node.config.get("output_mask") is None


def _without_merge(node: Node) -> str:
    if node.config.get("layers"):
        return "it merges several models, and they do not stand alone in the file, each layer by a name and a shape of its own"
    if node.config.get("mode_type") in BY_FUNCTION:
        return "it merges by a function, and makes masks by another"
    return f"nobody merges by {node.config.get('mode')!r} any more"


def _without_masks(calls: Json) -> Json:
    """Keras 2.0 and 2.1 wrote ``{"mask": [None, None]}`` beside each tensor of a Merge, which only its functions read; an Add takes no mask."""
    if isinstance(calls, list):
        return [_without_masks(each) for each in calls]
    return {name: value for name, value in calls.items() if name != "mask"} if isinstance(calls, Mapping) else calls
