"""Variables of the normalizations and of PReLU (Keras 3.15.1, layers/normalization, layers/activations, layers/preprocessing)."""

from __future__ import annotations

from kdoctor.document import Json
from kdoctor.keras_api.variables.variable import Inner, Shape, Shapes, Variables, below, first, length, own, whole
from kdoctor.structure.objects import Node, as_node

MOVING = ("moving_mean", "moving_variance")
RENORM = ("moving_stddev", "renorm_mean", "renorm_stddev")


def batch(node: Node, shapes: Shapes, inner: Inner) -> Variables | None:
    config = node.config
    of_ghosts = type(config.get("virtual_batch_size")) is int
    shape = (_of_ghosts if of_ghosts else _beside)(first(shapes), config.get("axis", -1))
    if shape is None:
        return None
    roles = (*_scale_and_shift(node), *MOVING, *(RENORM if config.get("renorm") else ()))
    return own(*((role, shape) for role in roles), frozen=(*MOVING, *RENORM))


def _beside(shape: Shape | None, axis: Json) -> Shape | None:
    """Along one axis; along several, of a known number, which Keras 2 alone takes, with a 1 for each of the others (batch_normalization.py of 2.15, build)."""
    if not isinstance(axis, list) or len(axis) < 2:
        return _along(shape, axis)
    if shape is None:
        return None
    kept = {whole(one) % len(shape) for one in axis}
    return tuple(length if index in kept else 1 for index, length in enumerate(shape))


def _of_ghosts(shape: Shape | None, axis: Json) -> Shape | None:
    """With a ``virtual_batch_size`` Keras 2 counts one axis more in front, and has a 1 for each of the others (the same build)."""
    along = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    if shape is None or type(along) is not int or not 1 < along <= len(shape):
        return None
    return tuple(shape[along - 1] if index == along else 1 for index in range(len(shape) + 1))


def layer(node: Node, shapes: Shapes, inner: Inner) -> Variables | None:
    shape = _along(first(shapes), node.config.get("axis", -1))
    roles = ("gamma",) if node.config.get("rms_scaling") else _scale_and_shift(node)
    return own(*((role, shape) for role in roles))


def group(node: Node, shapes: Shapes, inner: Inner) -> Variables | None:
    shape = _along(first(shapes), node.config.get("axis", -1))
    return own(*((role, shape) for role in _scale_and_shift(node)))


def root_mean_square(node: Node, shapes: Shapes, inner: Inner) -> Variables | None:
    return own(("scale", _along(first(shapes), node.config.get("axis", -1))))


def spectral(node: Node, shapes: Shapes, inner: Inner) -> Variables | None:
    """The wrapped layer's kernel is stored twice: Keras 3 finds it as the wrapper's own variable first."""
    wrapped = as_node(node.config.get("layer"), node.at / "config" / "layer")
    inside = None if wrapped is None else inner(wrapped, shapes)
    kernel = next((variable for variable in inside or () if variable.role in ("kernel", "embeddings")), None)
    if inside is None or kernel is None:
        return None
    vector = (1, length(kernel.shape, -1))
    copies = tuple(variable._replace(weight=False) if variable is kernel else variable for variable in inside)
    return (*own((kernel.role, kernel.shape), ("vector_u", vector), frozen=("vector_u",)), *below("layer", copies))


def normalization(node: Node, shapes: Shapes, inner: Inner) -> Variables | None:
    """Mean and variance as adapted; none where the config gives them."""
    config = node.config
    if config.get("mean") is not None:
        return ()
    shape, axis = first(shapes), config.get("axis", -1)
    axes = () if axis is None else axis if isinstance(axis, (list, tuple)) else (axis,)
    rank = None if shape is None else len(shape)
    kept = sorted(whole(a) if whole(a) >= 0 or rank is None else whole(a) + rank for a in axes)
    found = tuple(length(shape, a) for a in kept)
    return own(("mean", found), ("variance", found), ("count", ()), frozen=("mean", "variance", "count"))


def parametric_relu(node: Node, shapes: Shapes, inner: Inner) -> Variables | None:
    shape, shared = first(shapes), node.config.get("shared_axes") or ()
    if shape is None:
        return own(("alpha", None))
    return own(("alpha", tuple(1 if index in shared else length for index, length in enumerate(shape[1:], 1))))


def layer_scale(node: Node, shapes: Shapes, inner: Inner) -> Variables | None:
    """Of ConvNeXt (keras/src/applications/convnext.py), which gives its variable no name."""
    return own(("variable", (whole(node.config["projection_dim"]),)))


def _scale_and_shift(node: Node) -> tuple[str, ...]:
    return tuple(role for role, key in (("gamma", "scale"), ("beta", "center")) if node.config.get(key, True))


def _along(shape: Shape | None, axis: Json) -> Shape:
    """The lengths of the axes that are normalized, in the order in which Keras sorts them."""
    axes = sorted(whole(a) for a in axis) if isinstance(axis, (list, tuple)) else [whole(axis)]
    return tuple(length(shape, a) for a in axes)
