"""A build_config that its layer cannot be built with, or after which it refuses what it is called with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from kdoctor.check import Finding, Need, Repair
from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.graph.shapes import infer
from kdoctor.keras_api.builds import of_another_shape, refused_build
from kdoctor.keras_api.reader import Resolution, calls_of, read_natively
from kdoctor.keras_api.variables.variable import Shape
from kdoctor.pointer import Pointer
from kdoctor.structure.objects import Node
from kdoctor.target import Target

NEED = Need("FILE", "the config as Keras wrote it", "which of the two shapes is right is not in the file")
KEY = "input_shape"
BUILT_WITH_SEVERAL = frozenset({"MultiHeadAttention"})  # K601 leaves out the one shape of Keras 2, and it is built when it is called


class Built(NamedTuple):
    """A layer, what its build_config states, and the shape of its first call, where that is told."""

    node: Node
    stated: Json
    given: Shape | None


def unfit_builds(document: Document, target: Target, told: Collection[Pointer]) -> Iterator[Finding]:
    """Of all layers of Keras's own; ``told``: those of which another finding speaks."""
    found = list(_built(document, target))
    ranks: Mapping[Pointer, Counter[bool]] = {}
    for one in found:
        node, given = one.node, one.given
        if _as_given(one) or node.at in told:
            continue
        if why := refused_build(node, one.stated, () if given is None else (given,)):
            at, right = node.at / "build_config" / KEY, None if given is None else list(given)
            sound = right is not None and refused_build(node, right) is None
            yield Finding(
                at,
                f"the build_config of {node.name!r} states {_written(one.stated)}, with which it cannot be built: {why}",
                repair=_write(at, one.stated, right) if sound else None,
                needs=() if sound else (NEED,),
                layer=node.name,
                keras_says="ValueError: Shapes used to initialize variables must be fully-defined (no `None` dimensions).",
            )
        elif isinstance(one.stated, list) and given is not None and of_another_shape(node, one.stated, given):
            at, ranks = node.at / "build_config" / KEY, ranks or _ranks(found)
            around = ranks[node.at.parent]
            alone = around[False] == 1 and around[True] > 0  # else it is the input that may be wrong
            yield Finding(
                at,
                f"{node.class_name} {node.name!r} was built with {_written(one.stated)}, and is given {given}",
                repair=_write(at, one.stated, list(given)) if alone else None,
                needs=() if alone else (NEED,),
                layer=node.name,
                keras_says=_refusal(node, one.stated, given),
            )


def _ranks(found: Iterable[Built]) -> Mapping[Pointer, Counter[bool]]:
    """How many layers of each model were built with as many axes as they are given, and how many with other ones."""
    ranks: dict[Pointer, Counter[bool]] = {}
    for one in found:
        if one.given is not None and isinstance(one.stated, list):
            ranks.setdefault(one.node.at.parent, Counter())[len(one.stated) == len(one.given)] += 1
    return ranks


def _as_given(one: Built) -> bool:
    """Whether a layer was built with what it is called with, all lengths told, as most are: whether it takes that is another question (K206)."""
    return one.given is not None and isinstance(one.stated, list) and tuple(one.stated) == one.given and None not in one.given[1:]


def _refusal(node: Node, stated: Sequence[Json], given: Shape) -> str:
    other = f"ndim={len(stated)}, found ndim={len(given)}. Full shape received: {given}"
    if len(stated) == len(given):
        other = f"axis -1 of input shape to have value {stated[-1]}, but received input with shape {given}"
    return f"ValueError: Input 0 with name 'None' of layer '{node.name}' is incompatible with the layer: expected {other}"


def _write(at: Pointer, old: Json, right: Json) -> Repair:
    return Repair(f"write the shape that it is given, {right}", (Edit(at, old=old, new=right),))


def _built(document: Document, target: Target) -> Iterator[Built]:
    shapes = infer(document).inputs
    for call in calls_of(document, target, "layer") if target.keras_3 else ():
        node = call.node
        if call.resolution is not Resolution.FOUND or KEY not in node.build_config:
            continue
        if node.class_name in BUILT_WITH_SEVERAL:
            continue
        if read_natively(node, document.format.native, target):
            given, stated = shapes.get(node.at, ()), node.build_config[KEY]
            if not (len(given) > 1 and _is_several(stated, len(given))):  # a recurrent layer of Keras 2 and its states: K208
                yield Built(node, stated, given[0] if len(given) == 1 else None)


def _is_several(stated: Json, count: int) -> bool:
    """Whether a build_config states a shape for each of so many tensors."""
    return isinstance(stated, list) and len(stated) == count and all(isinstance(shape, list) for shape in stated)


def _written(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
