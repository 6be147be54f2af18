"""Calls in the words of Keras 3 whose arguments no ``call`` can be bound to: too many by position, one given twice, or one that is lacking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice

from kdoctor.check import Finding, Need
from kdoctor.document import Document, Json
from kdoctor.keras_api.api_object import REQUIRED
from kdoctor.keras_api.call_signatures import call_signature
from kdoctor.keras_api.reader import Call, Resolution, calls_of
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
                yield from _unbound(call, node, index, target)


def _is_unusual(node: Mapping[str, Json]) -> bool:
    """Whether more than one argument is given, or none: almost all calls of thousands take one."""
    args, named = node.get("args"), node.get("kwargs")
    return isinstance(args, list) and isinstance(named, dict) and (len(args) != 1 or bool(named))


def _unbound(call: Call, node: Mapping[str, Json], index: int, target: Target) -> Iterator[Finding]:
    if call.found is None or is_namesake(call):
        return
    why = _why(call.found.path, target.release, target.family, len(node["args"]), tuple(node["kwargs"]))
    if why is not None:
        message = f"{call.node.class_name} {call.node.name!r} is called with arguments that call() of {target} cannot take: {why}"
        yield Finding(call.node.at / "inbound_nodes" / index, message, needs=(NEED,), layer=call.node.name, keras_says=f"TypeError: {why}")


@lru_cache(maxsize=1024)
def _why(path: str, release: str, family: str | None, count: int, named: tuple[str, ...]) -> str | None:
    """What Python says of binding so many arguments, and these keywords, to the ``call`` of a class (inspect.Signature.bind)."""
    signature = call_signature(path, release, family)
    if signature is None:
        return None
    names = list(islice(signature.parameters, signature.positional))
    if count > len(names):
        return "too many positional arguments"
    twice = next((name for name in names[:count] if name in named), None)
    if twice is not None:
        return f"multiple values for argument {twice!r}"
    lacking = next((name for name in names[count:] if name not in named and signature.parameters[name] is REQUIRED), None)
    return None if lacking is None else f"missing a required argument: {lacking!r}"
