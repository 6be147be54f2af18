"""Variables of the attention layers (Keras 3.15.1, layers/attention)."""

from __future__ import annotations

from kdoctor.keras_api.variables.variable import Inner, Shape, Shapes, Variables, below, first, length, own, whole
from kdoctor.structure.objects import Node


def multi_head(node: Node, shapes: Shapes, inner: Inner) -> Variables | None:
    """Projections of query, key, gate, value and output: an EinsumDense each, in the order in which they are built.

    shapes: of query, value and (where it is another tensor) key.
    """
    config = node.config
    heads, depth = whole(config["num_heads"]), whole(config["key_dim"])
    wide = depth if config.get("value_dim") is None else whole(config["value_dim"])
    query, value, key = (length(shape, -1) for shape in _three(shapes))
    stated = config.get("output_shape")
    output = (query,) if stated is None else tuple(whole(n) for n in stated) if isinstance(stated, (list, tuple)) else (whole(stated),)
    biased = bool(config.get("use_bias", True))
    gate = below("_gate_dense", _projection((query, heads, wide), 2, biased)) if config.get("use_gate") else ()
    return (
        *below("query_dense", _projection((query, heads, depth), 2, biased)),
        *below("key_dense", _projection((key, heads, depth), 2, biased)),
        *gate,
        *below("value_dense", _projection((value, heads, wide), 2, biased)),
        *below("output_dense", _projection((heads, wide, *output), len(output), biased)),
    )


def grouped_query(node: Node, shapes: Shapes, inner: Inner) -> Variables | None:
    config = node.config
    depth, heads, groups = whole(config["head_dim"]), whole(config["num_query_heads"]), whole(config["num_key_value_heads"])
    query, value, key = (length(shape, -1) for shape in _three(shapes))
    biased = bool(config.get("use_bias", True))
    gate = below("_gate_dense", _projection((query, heads, depth), 2, biased)) if config.get("use_gate") else ()
    return (
        *below("_query_dense", _projection((query, heads, depth), 2, biased)),
        *below("_key_dense", _projection((key, groups, depth), 2, biased)),
        *gate,
        *below("_value_dense", _projection((value, groups, depth), 2, biased)),
        *below("_output_dense", _projection((heads, depth, query), 1, biased)),
    )


def additive(node: Node, shapes: Shapes, inner: Inner) -> Variables | None:
    return own(("scale", (length(first(shapes), -1),))) if node.config.get("use_scale", True) else ()


def dot_product(node: Node, shapes: Shapes, inner: Inner) -> Variables | None:
    roles = [role for role, there in (("scale", node.config.get("use_scale")), ("concat_score_weight", _concatenates(node))) if there]
    return own(*((role, ()) for role in roles))


def _concatenates(node: Node) -> bool:
    return node.config.get("score_mode") == "concat"


def _projection(kernel: Shape, given: int, biased: bool) -> Variables:
    """A kernel and a bias over its last ``given`` axes."""
    return own(("kernel", kernel), *((("bias", kernel[-given:]),) if biased else ()))


def _three(shapes: Shapes) -> tuple[Shape | None, Shape | None, Shape | None]:
    """Query, value and key; the value serves as the key unless that is given."""
    query = first(shapes)
    value = shapes[1] if len(shapes) > 1 else None
    return query, value, shapes[2] if len(shapes) > 2 else value
