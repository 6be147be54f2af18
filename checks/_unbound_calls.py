"""Calls in the words of Keras 3 whose arguments no ``call`` can be bound to: too many by position, one given twice, or one that is lacking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from kdoctor.check import Finding, Need
from kdoctor.document import Document, Json
from kdoctor.keras_api.api_object import REQUIRED
from kdoctor.keras_api.call_signatures import CallSignature, call_signature
from kdoctor.keras_api.reader import Call, Resolution, calls_of
from kdoctor.pointer import Pointer
from kdoctor.target import Target

from ._namesakes import is_namesake

NEED = Need("FILE", "the model before it was edited", "the file does not say which tensors the layer was called with")


def unbound_calls(document: Document, target: Target) -> Iterator[Finding]:
    """Of layers of Keras's own (K208): their calls are bound to the signature of ``call`` before anything else (layers/layer.py, CallSpec)."""
    for call in calls_of(document, target, "layer") if target.keras_3 else ():
        nodes = call.node.raw.get("inbound_nodes")
        if not nodes or call.found is None or call.resolution is not Resolution.FOUND or not isinstance(nodes, list):
            continue
        for index, node in enumerate(nodes):
            if isinstance(node, dict) and _is_unusual(node):
                yield from _unbound(call, node, call.node.at / "inbound_nodes" / index, target)


def _is_unusual(node: Mapping[str, Json]) -> bool:
    """Whether more than one argument is given, or none: almost all calls of thousands take one."""
    args, named = node.get("args"), node.get("kwargs")
    return isinstance(args, list) and isinstance(named, dict) and (len(args) != 1 or bool(named))


def _unbound(call: Call, node: Mapping[str, Json], at: Pointer, target: Target) -> Iterator[Finding]:
    signature = None if call.found is None or is_namesake(call) else call_signature(call.found.path, target.release, target.family)
    why = None if signature is None else _why(signature, node["args"], node["kwargs"])
    if why is not None:
        message = f"{call.node.class_name} {call.node.name!r} is called with arguments that call() of {target} cannot take: {why}"
        yield Finding(at, message, needs=(NEED,), layer=call.node.name, keras_says=f"TypeError: {why}")


def _why(signature: CallSignature, args: list[Json], named: Mapping[str, Json]) -> str | None:
    """What Python says of binding them (inspect.Signature.bind)."""
    names = list(islice(signature.parameters, signature.positional))
    if len(args) > len(names):
        return "too many positional arguments"
    twice = next((name for name in names[: len(args)] if name in named), None)
    if twice is not None:
        return f"multiple values for argument {twice!r}"
    lacking = next((name for name in names[len(args) :] if name not in named and signature.parameters[name] is REQUIRED), None)
    return None if lacking is None else f"missing a required argument: {lacking!r}"
