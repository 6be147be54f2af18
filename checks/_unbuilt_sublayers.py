"""Layers that a class of the user's makes in its constructor, and that nothing builds before their weights are read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kdoctor.check import Finding, Need, Repair
from kdoctor.custom.custom_objects import Match, matches, source_of, stored_arrays
from kdoctor.document import ABSENT, Document
from kdoctor.edit import Edit
from kdoctor.structure.layers import layer_at
from kdoctor.structure.objects import Node, as_node
from kdoctor.target import Target

from ._tracing import from_keras

NEVER_BUILT: Final = (
    "ValueError: … was never built and thus it doesn't have any variables. However the weights file lists … variables for this layer."
)


def unbuilt_sublayers(document: Document, target: Target) -> Iterator[Finding]:
    """Keras 3 takes a layer for built once its build_config was handed to ``build``, that of Layer too, which makes nothing
    (keras/src/layers/layer.py). The layers inside are then built by running ``call`` for the output's shape, which a class with a
    ``compute_output_shape`` spares. Without a build_config and a ``build`` of its own, it is run to build them (``_maybe_build``).
    A TimeDistributed hands its shape to ``build`` itself, and never runs the call of what it holds before the weights are read."""
    for match in matches(document, target) if target.keras_3 else ():
        building = match.definition.building
        around = _around(document, match.node) if building.by_call and match.definition.made.layers else None
        if around is not None and stored_arrays(document, around):
            yield _held(match, around)
            continue
        stated = match.node.raw.get("build_config")
        marked = bool(stated) and document.format.native
        if building.untraced and match.definition.made.layers and (building.empty or marked) and stored_arrays(document, match.node):
            yield _finding(match, None if building.empty else Edit(match.node.at / "build_config", old=stated, new=ABSENT))


def _around(document: Document, node: Node) -> Node | None:
    """The layer of a model that holds this one, where a TimeDistributed is directly around it."""
    if node.at.keys[-2:] != ("config", "layer"):
        return None
    place = node.at.parent.parent
    holder, row = as_node(document.at(place), place), layer_at(document, node.at)
    wrapped = holder is not None and holder.class_name == "TimeDistributed" and from_keras(holder)
    return row.node if wrapped and row is not None else None


def _held(match: Match, around: Node) -> Finding:
    definition, inner = match.definition, match.definition.made.layers[0].attribute
    return Finding(
        around.at,
        f"nothing builds the layers that {definition.name} ({source_of(definition)}) makes, such as self.{inner}: a TimeDistributed calls "
        f"its build, {'which makes nothing' if definition.building.empty else 'which it does not have'}",
        needs=(Need("--custom", "FILE.py", f"{definition.name} with a build that builds the layers inside it"),),
        layer=around.name,
        keras_says=NEVER_BUILT,
    )


def _finding(match: Match, edit: Edit | None) -> Finding:
    definition, inner = match.definition, match.definition.made.layers[0].attribute
    why = "its build makes nothing" if edit is None else "it has no build of its own, and the build_config marks it as built"
    return Finding(
        match.node.at,
        f"nothing builds the layers that {definition.name} ({source_of(definition)}) makes, such as self.{inner}: {why}, and its "
        "compute_output_shape spares Keras the call that would",
        repair=Repair("leave the build_config out: the layers inside are built when it is called", (edit,)) if edit is not None else None,
        needs=()
        if edit is not None
        else (Need("--custom", "FILE.py", f"{definition.name} with a build that builds the layers inside it"),),
        layer=match.node.name,
        keras_says=NEVER_BUILT,
    )
