"""Classes that are given by name alone, and bear another one in the file: the key by which Keras looks for them."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Safety
from kdoctor.custom.custom_objects import plain_name, sought
from kdoctor.document import Document
from kdoctor.keras_api.reader import Resolution, calls
from kdoctor.structure.objects import FUNCTION, is_repaired_hub
from kdoctor.target import Target


def told_keys(document: Document, target: Target) -> Iterator[Finding]:
    """``--custom NAME`` judges the file as if the class were there; under ``package>NAME`` it has to be registered, or given."""
    seen: set[str] = set()
    for call in calls(document, target) if target.custom else ():
        node, key, name = call.node, sought(call.node, document, target), plain_name(call.node)
        if call.resolution is not Resolution.GIVEN or node.class_name == FUNCTION or is_repaired_hub(node):
            continue
        if key in target.custom or key in seen or name in target.given.code:
            continue
        seen.add(key)
        yield Finding(
            node.at,
            f"{target} looks for {name} under {key!r}, and no other name: register it so, or give it with that key",
            repair=Repair(f"load_model(path, custom_objects={{{key!r}: {name}}})", safety=Safety.ADVICE),
            mild=True,
        )
