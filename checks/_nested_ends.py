"""Inputs and outputs of a Functional that are nested deeper than a list or a dict of tensors, which Keras 3.0 to 3.3 do not read."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Safety
from kdoctor.document import Json
from kdoctor.structure.models import Model
from kdoctor.structure.sources import as_source
from kdoctor.target import Target

LATER = Repair("load it with Keras 3.4 or later, which reads them", safety=Safety.ADVICE)


def nested_ends(model: Model, target: Target) -> Iterator[Finding]:
    """For the inputs and for the outputs, if the target takes a list of tensors among them for a tensor (K604)."""
    for key, word in (("input_layers", "inputs"), ("output_layers", "outputs")):
        stored = model.node.config.get(key)
        if as_source(stored) is None and any(_is_nested(item) for item in _items(stored)):
            yield Finding(
                model.node.at / "config" / key,
                f"the {word} of {model.node.name!r} are nested: {target} reads a tensor, a list or a dict of them alone",
                repair=LATER,
                layer=model.node.name,
                keras_says="TypeError: functional_from_config.<locals>.get_tensor() missing 1 required positional argument: 'tensor_index'",
            )


def _items(value: Json) -> list[Json]:
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []


def _is_nested(item: Json) -> bool:
    return isinstance(item, (list, dict)) and as_source(item) is None and bool(item)
