"""A nested Functional model that makes an output: Keras 2 and 3 count its calls from 1 there, and Keras 3.0 to 3.2 read them from 0 (get_tensor in
models/functional.py)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kdoctor.check import Finding, Repair
from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.keras_api import habits
from kdoctor.replacements.graph_order import ordered
from kdoctor.replacements.moved_arrays import with_arrays
from kdoctor.replacements.slices import OPERATIONS
from kdoctor.replacements.small_layers import small_operation
from kdoctor.structure.call_numbers import counted_from_one
from kdoctor.structure.layers import Layer, is_model, layer_list
from kdoctor.structure.models import Model
from kdoctor.structure.naming import fresh
from kdoctor.structure.sources import Source, as_source
from kdoctor.target import Target

ENDS = "output_layers"


def miscounted_ends(document: Document, model: Model, target: Target) -> Iterator[Finding]:
    """Every nested Functional model whose output the target takes for that of the next call, or does not find (K604)."""
    stored = model.node.config.get(ENDS)
    if not target.keras_3 or habits.COUNTS_ENDS_OF_MODELS_FROM_ONE.of(target):
        return
    ends = {source for source in model.endpoints(ENDS) if source.call > 0}
    known = {layer.key: layer for layer in model.layers if is_model(layer.node) and ENDS in layer.node.config}
    waiting = counted_from_one([layer.node for layer in model.layers], stored) if ends else ()
    for key in sorted({source.layer for source in ends} & known.keys() - {*waiting}):
        used = sorted(source for source in ends if source.layer == key)
        count = len(known[key].calls)
        if used[-1].call > count:
            continue
        last = used[-1].call == count
        yield Finding(
            model.node.at / "config" / ENDS,
            f"the calls of the nested model {key!r}, which makes an output, are counted from 1 there, and {target} counts them from 0",
            repair=_cure(document, model, known[key], used),
            layer=key,
            keras_says="IndexError: list index out of range" if last else None,
            other_numbers=not last,
        )


def _cure(document: Document, model: Model, nested: Layer, used: list[Source]) -> Repair:
    """Of one call the number 0 says it to every release; of several it goes through an operation, whose calls all count alike."""
    stored: Json = model.node.config[ENDS]
    at = model.node.at / "config" / ENDS
    if len(nested.calls) == 1:
        new = _followed(stored, {source: [source.layer, 0, source.output] for source in used})
        return Repair("count the one call from 0", (Edit(at, old=stored, new=new),))
    title = "hand the output on through an operation, whose calls all releases count from 0"
    if not document.format.native:
        return Repair(title, native=True)
    names = {layer.key for layer in model.layers}
    items, listed = layer_list(model.node)
    added: list[Json] = []
    ways: dict[Source, list[Json]] = {}
    for source in used:
        name = fresh(f"{source.layer}_output", names)
        names.add(name)
        made = small_operation(OPERATIONS, "Copy", name, [source.layer])
        made["inbound_nodes"][0]["args"][0]["config"]["keras_history"] = [source.layer, source.call - 1, source.output]
        added.append(made)
        ways[source] = [name, 0, 0]
    new = _followed(stored, ways)
    edits = (Edit(listed, old=items, new=ordered([*items, *added], new)), Edit(at, old=stored, new=new))
    return Repair(title, with_arrays(document, edits))


def _followed(value: Json, ways: Mapping[Source, list[Json]]) -> Json:
    if (source := as_source(value)) is not None:
        return ways.get(source, value)
    if isinstance(value, dict):
        return {key: _followed(item, ways) for key, item in value.items()}
    return [_followed(item, ways) for item in value] if isinstance(value, list) else value
