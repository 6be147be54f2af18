"""Kernels that Theano turned round before it convolved: every other backend of Keras correlates.

Sources: keras/backend/theano_backend.py (``filter_flip``, ``_preprocess_padding``, ``pool2d``) and keras/engine/saving.py (``_need_convert_kernel``)
of Keras 2.0 to 2.3. Run: Keras 2.1.6 and 2.2.5 with Theano 1.0.5 and TensorFlow, each layer below.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from kdoctor.document import Document, Json, Weight
from kdoctor.edit import Edit
from kdoctor.graph.shapes import infer
from kdoctor.keras_api.variables.variable import Shape
from kdoctor.pointer import Pointer
from kdoctor.recipe import flip
from kdoctor.structure.objects import Node, as_node
from kdoctor.weights.claims import Claim, claims
from kdoctor.weights.stored_h5 import ledger

THEANO: Final = "theano"
# Depthwise and separable kernels are turned by the layer itself, and are stored as everybody has them.
TURNED: Final = frozenset({"Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "Conv3DTranspose", "ConvLSTM2D"})
KERNELS: Final = frozenset({"kernel", "recurrent_kernel"})
POOLING: Final = frozenset({f"{kind}Pooling{rank}D" for kind in ("Max", "Average") for rank in (1, 2, 3)})
WRAPPERS: Final = ("TimeDistributed", "Bidirectional")


def convolving(document: Document) -> tuple[Claim, ...]:
    """The layers whose kernels are turned, where that makes a difference: those of one step are the same either way."""
    return tuple(one for one in claims(document) if (node := _inside(one.node)).class_name in TURNED and {*_window(node)} - {1})


def padded_otherwise(document: Document) -> tuple[Node, ...]:
    """Layers that Theano pads on both sides alike, and TensorFlow more on one: ``same`` with an even window, or with strides that leave a rest."""
    inputs = infer(document).inputs
    return tuple(one.node for one in claims(document) if _differs(_inside(one.node), inputs.get(_inside(one.node).at, ())))


def turned(document: Document, found: Sequence[Claim]) -> tuple[Edit, ...]:
    """Edits that turn the kernels of these layers along their axes of space, and say so; none where not all of them are found."""
    wanted = {one.place: one for one in found}
    edits, met = [], set()
    for path, weight, place in _kernels(document):
        owner = _owner(place, wanted)
        if owner is not None and len(weight.shape) > 2:
            met.add(owner)
            made = Weight.made(flip(weight.numbers, range(len(weight.shape) - 2)))
            edits.append(Edit(Pointer("weights", (path,)), old=weight, new=made))
    return (*edits, *_said(document)) if met == wanted.keys() else ()


def _owner(place: str, places: Collection[str]) -> str | None:
    """The innermost of these places that this one lies in."""
    while place and place not in places:
        place = place.rpartition("/")[0]
    return place or None


def _kernels(document: Document) -> Iterator[tuple[str, Weight, str]]:
    """Each kernel of an ``.h5``: where it stands, the array, and where an archive would have it."""
    found = ledger(document)
    if found is None or not found.pairs:
        yield from _by_name(document)
    for row, group in found.pairs if found is not None else ():
        for variable, name, weight in zip(row.variables or (), group.names, group.weights, strict=False):
            if variable.role in KERNELS and weight is not None:
                yield f"{group.path[1:]}/{name}", weight, f"{row.place}/{variable.path}"


def _by_name(document: Document) -> Iterator[tuple[str, Weight, str]]:
    """The same where the loader's order is not known, as of a Sequential that begins with a model: ``…/conv2d_1/kernel`` of the right shape."""
    named: dict[tuple[str, str], list[str]] = {}
    for path in document.weights:
        layer, _, role = path.rpartition("/")
        named.setdefault((layer.rpartition("/")[2], role.split(":")[0]), []).append(path)
    for claim in claims(document):
        for variable in claim.variables or ():
            paths = named.get((claim.name, variable.role), ()) if variable.role in KERNELS else ()
            if len(paths) == 1 and document.weights[paths[0]].shape == variable.shape:
                yield paths[0], document.weights[paths[0]], f"{claim.place}/{variable.path}"


def _said(document: Document) -> Iterator[Edit]:
    """The backend in every place that states it: what a file of TensorFlow holds, nobody turns again."""
    for group in ("/", "/model_weights"):
        if document.attributes.get(group, {}).get("backend") == THEANO:
            yield Edit(Pointer("attributes", (group, "backend")), old=THEANO, new="tensorflow")


def _inside(node: Node) -> Node:
    """The layer that wrappers hold."""
    while node.class_name in WRAPPERS:
        at = node.at / "config" / "layer"
        held = as_node(node.config.get("layer"), at)
        if held is None:
            break
        node = held
    return node


def _window(node: Node) -> tuple[int, ...]:
    return _numbers(node.config.get("kernel_size", node.config.get("pool_size")))


def _differs(node: Node, given: Sequence[Shape | None]) -> bool:
    name, window = node.class_name, _window(node)
    even = any(one % 2 == 0 for one in window)
    if name == "ConvLSTM2D" and even:  # what it remembers is always padded
        return True
    if node.config.get("padding") != "same" or not (
        name in TURNED | POOLING or name in ("DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D")
    ):
        return False
    strides = _numbers(node.config.get("strides")) or (window if name in POOLING else ())
    if name.endswith("Transpose"):
        return any(one > 1 for one in strides)
    return even or not _fits(node, window, strides, given[0] if given else None)


def _fits(node: Node, window: Sequence[int], strides: Sequence[int], shape: Shape | None) -> bool:
    """Whether the strides of an odd window end where the input does, so that both pad alike."""
    if all(stride == 1 or size == 1 for size, stride in zip(window, strides, strict=False)):
        return True
    space = () if shape is None else shape[2:] if node.config.get("data_format") == "channels_first" else shape[1:-1]
    lengths = space[-len(window) :]
    return len(lengths) == len(window) and all(
        stride == 1 or size == 1 or (length is not None and (length - 1) % stride == 0)
        for size, stride, length in zip(window, strides, lengths, strict=False)
    )


def _numbers(value: Json) -> tuple[int, ...]:
    listed = value if isinstance(value, (list, tuple)) else [value]
    return tuple(one for one in listed if isinstance(one, int))
