"""Keywords of calls: what stands beside the tensors in ``inbound_nodes``, and the target's ``call`` does not take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kdoctor.check import Finding, Need, Repair
from kdoctor.document import ABSENT, Document, Json
from kdoctor.edit import Edit
from kdoctor.graph.initial_states import takes_states
from kdoctor.keras_api.absence import says_nothing_in_call
from kdoctor.keras_api.call_signatures import CallSignature, call_signature
from kdoctor.keras_api.reader import Call, Resolution
from kdoctor.pointer import Pointer
from kdoctor.structure.objects import Node
from kdoctor.structure.sources import as_source
from kdoctor.target import Target

from ._moved_operands import moved_operands
from ._namesakes import is_namesake

TRAINING = "training"  # taken out before a call that does not know it: layers/layer.py, CallSpec; Keras 2: engine/base_layer.py
NAMED = 20  # keywords of one call: no Keras saves more
OTHER = "the layer may be of a class of your own or of a package that has the name of one of Keras's"


class Given(NamedTuple):
    """The keywords of one call, and where they stand."""

    at: Pointer
    keywords: dict[str, Json]


def call_keywords(document: Document, call: Call, target: Target) -> Iterator[Finding]:
    """The keywords of a layer's calls that the target's ``call`` refuses (K601)."""
    nodes = call.node.raw.get("inbound_nodes")
    if not nodes or call.found is None or not isinstance(nodes, list) or call.resolution is not Resolution.FOUND:
        return
    for index, node in enumerate(nodes):
        moved = dict(moved_operands(call, node, index, target))
        yield from moved.values()
        given = _given(call.node, node, index, target)
        if given is None or (target.keras_3 and takes_states(call.node, node)):  # K208 hands those over
            continue
        signature = call_signature(call.found.path, target.release, target.family)
        for name in [] if signature is None else _refused(given, signature):
            if name in moved:
                continue
            yield _finding(document, call, given, name, target)


def _refused(given: Given, signature: CallSignature) -> list[str]:
    return [name for name in given.keywords if name not in signature.parameters and name != TRAINING][:NAMED]


def _given(of: Node, node: Json, index: int, target: Target) -> Given | None:
    """Keywords in the words of Keras 3, which Keras 2 does not read (K604), or those of the last entry of a list."""
    if isinstance(node, dict):
        named = node.get("kwargs")
        if not named or not isinstance(named, dict) or not target.keras_3:
            return None
        return Given(of.at / "inbound_nodes" / index / "kwargs", named)
    last = node[-1] if isinstance(node, list) and node else None
    if not isinstance(last, list) or len(last) != 4 or as_source(last) is None or not last[3] or not isinstance(last[3], dict):
        return None
    return Given(of.at / "inbound_nodes" / index / (len(node) - 1) / 3, last[3])


def _finding(document: Document, call: Call, given: Given, name: str, target: Target) -> Finding:
    node, value = call.node, given.keywords[name]
    drop = Repair(f"drop {name}, which says nothing here", (Edit(given.at / name, old=value, new=ABSENT),))
    repair = drop if says_nothing_in_call(node.class_name, name, value, document.saved_by().keras) else None
    asked = (
        Need("--custom", node.class_name, OTHER) if is_namesake(call) else Need("FILE", "the model with a call that does not say it", OTHER)
    )
    says = f"TypeError: got an unexpected keyword argument {name!r}"
    return Finding(
        given.at / name,
        f"{node.class_name} {node.name!r} is called with {name!r} (here {_short(value)}), which call() of {target} does not take",
        repair=repair,
        needs=() if repair else (asked,),
        layer=node.name,
        keras_says=says if target.keras_3 else f"TypeError: {node.class_name}.call() got an unexpected keyword argument {name!r}",
    )


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
