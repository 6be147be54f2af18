"""What an operation was called with, and the target's is made with.

Between Keras 3.5 and 3.12 the plain values moved from ``call`` to the constructor: ``zeros_like(x, dtype=None)``, the shape of ``slice`` and
``scatter``, the side of ``searchsorted`` (keras/src/ops/numpy.py, core.py, nn.py). Of ZerosLike and Array only ``compute_output_spec`` still
takes the dtype, so that such a model loads, and fails when it is called.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kdoctor.check import Finding, Repair
from kdoctor.document import ABSENT, Json
from kdoctor.edit import Edit
from kdoctor.keras_api.call_signatures import call_signature, positions_known
from kdoctor.keras_api.operation import of_keras_3
from kdoctor.keras_api.reader import Call
from kdoctor.structure.objects import Node
from kdoctor.target import Target

RENAMED: Final = {("Threshold", "threshold_value"): "threshold", ("Threshold", "value"): "default_value"}


def moved_operands(call: Call, node: Json, index: int, target: Target) -> Iterator[tuple[str, Finding]]:
    """The arguments of one call of an operation that are the constructor's in the target, with their names; ``node`` is the call of that index."""
    if call.found is None or call.found.kind != "operation" or not isinstance(node, dict):
        return
    at = call.node.at / "inbound_nodes" / index
    made_with = call.found.parameters.keys() - {"name"}
    given, keywords = node.get("args"), node.get("kwargs")
    named = keywords if isinstance(keywords, dict) else {}
    for name in sorted(made_with & named.keys()):
        gone = Edit(at / "kwargs" / name, old=named[name], new=ABSENT)
        yield name, _finding(call, name, named[name], gone, target)
    signature = call_signature(call.found.path, target.release, target.family)
    if signature is None or not isinstance(given, list) or len(given) != signature.positional + 1:
        return
    name = next(iter(positions_known(call.found.path)[signature.positional :]), "")
    if name in made_with and not _holds_tensor(given[-1]):
        yield name, _finding(call, name, given[-1], Edit(at / "args", old=given, new=given[:-1]), target)


def operation_repair(call: Call, name: str, drop: Edit, target: Target) -> Repair | None:
    """What becomes of an argument that the constructor of an operation does not take; None where the operation does not tell."""
    if name == "name" and of_keras_3(call.node) and isinstance(call.node.raw.get(name), str):
        return Repair("drop the operation's own name: connections go by the one beside it", (drop,))
    if call.found is None or call.found.kind != "operation":
        return None
    new = RENAMED.get((call.node.class_name, name))
    if new in call.found.parameters and new is not None and new not in call.node.config:
        return Repair(f"call it {new}", (drop, Edit(call.node.at / "config" / new, old=ABSENT, new=drop.old)))
    signature = call_signature(call.found.path, target.release, target.family)
    return None if signature is None or name not in signature.parameters else _given_back(call.node, name, drop)


def _given_back(node: Node, name: str, drop: Edit) -> Repair | None:
    """An argument that the target's is called with: ``scale`` of an RMSNorm of Keras 3.9, and all that moved, to an older target."""
    nodes = node.raw.get("inbound_nodes")
    listed = nodes if isinstance(nodes, list) else []
    calls = [
        index
        for index, one in enumerate(listed)
        if isinstance(one, dict) and isinstance(one.get("kwargs"), dict) and name not in one["kwargs"]
    ]
    if not calls or len(calls) != len(listed) or isinstance(drop.old, dict | list):
        return None
    written = (Edit(node.at / "inbound_nodes" / index / "kwargs" / name, old=ABSENT, new=drop.old) for index in calls)
    return Repair(f"call it with {name}", (drop, *written))


def _finding(call: Call, name: str, value: Json, gone: Edit, target: Target) -> Finding:
    """The cure writes it into the config, unless it is null, which leaves the choice to the operation now as then."""
    node = call.node
    written = Edit(node.at / "config" / name, old=ABSENT, new=value)
    edits = (gone,) if value is None else (gone, written)
    movable = name not in node.config and not _holds_tensor(value)
    return Finding(
        gone.at,
        f"{node.class_name} {node.name!r} is called with {name!r}, which that of {target} is made with",
        repair=Repair(f"write {name} into its config", edits) if movable else None,
        layer=node.name,
        keras_says=f"TypeError: {node.class_name}.call() got an unexpected keyword argument {name!r}",
    )


def _holds_tensor(value: Json) -> bool:
    if isinstance(value, dict):
        return value.get("class_name") == "__keras_tensor__" or any(map(_holds_tensor, value.values()))
    return isinstance(value, list) and any(map(_holds_tensor, value))
