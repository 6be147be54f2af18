from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import count

from kdoctor.check import Finding, Repair, Severity, check
from kdoctor.document import ABSENT, Document
from kdoctor.edit import Edit, same
from kdoctor.keras_api import habits
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import Model, all_models
from kdoctor.structure.naming import rename
from kdoctor.target import Target

from ._mask_names import names_of_masks, names_of_masks_made_anew
from ._repeated_entry import dropped

TRIED = 4  # models of which it is tried whether the file has the weights of one entry: each time the weights of all are looked at


@check("K205", Severity.ERROR, since="0.1.0")
def duplicate_layer_name(document: Document, target: Target) -> Iterator[Finding]:
    """Two layers of one model have the same name.

    "All layers added to a Sequential model should have unique names. Name 'dense' is already the name of a layer in this model"; in a
    Functional model the connections become ambiguous, and the graph does not resolve.

    In a Sequential the cure renames the later one: nothing refers to it by name. Where it is the earlier one once more, and the file has the
    weights of one, it is left out. In a Functional model an entry that stands twice,
    word for word, is dropped; two different layers under one name have no cure, because nobody can tell which one a connection means.

    Keras 3 joins the masks of what a Concatenate joins with an operation of its own, "concatenate", which is what Keras 2 called the
    layer: "The name "concatenate" is used 2 times in the model". The cure renames the layer. Before 3.10 it
    computes the masks of an attention once more as it reads a file of 3.10 or later, which has such operations for other layers: they are renamed.
    """
    stacks = count()
    for model in all_models(document):
        first: dict[str, Layer] = {}
        later = [layer for layer in model.layers if first.setdefault(layer.name, layer) is not layer]
        renaming = None
        if later and not model.functional:
            renaming = (dropped(document, model, later, target) if next(stacks) < TRIED else None) or _renaming(model, later)
        for layer in later:
            earlier = first[layer.name]
            if target.keras_3 and model.functional and _are_inputs(layer, earlier):
                continue  # the later takes the place of the earlier, which nothing calls
            if not (_repeated(model, layer, earlier) and not habits.REFUSES_REPEATED_LAYERS.of(target)):
                yield _finding(model, layer, earlier, renaming)
        if model.functional and not later:
            yield from names_of_masks(model, target)
            yield from names_of_masks_made_anew(document, model, target)


def _renaming(model: Model, later: Sequence[Layer]) -> Repair:
    """All of a Sequential at once: each alone would write the whole list of layers anew."""
    taken = {layer.name for layer in model.layers}
    names: dict[int, str] = {}
    numbers: Counter[str] = Counter()
    for layer in later:
        names[layer.number], numbers[layer.name] = _free(layer.name, taken, numbers[layer.name] + 1)
        taken.add(names[layer.number])
    told = f"the later one to {names[later[0].number]!r}" if len(later) == 1 else f"the {len(later)} later ones"
    return Repair(f"rename {told}", rename(model.node, names, {}))


def _free(name: str, taken: Collection[str], number: int) -> tuple[str, int]:
    return next((found, tried) for tried in count(number) if (found := f"{name}_{tried}") not in taken)


def _repeated(model: Model, layer: Layer, earlier: Layer) -> bool:
    """Whether the entry of a Functional model stands there twice, word for word."""
    return model.functional and same(layer.node.raw, earlier.node.raw)


def _are_inputs(*found: Layer) -> bool:
    return all(layer.class_name == "InputLayer" and not layer.calls for layer in found)


def _finding(model: Model, layer: Layer, earlier: Layer, renaming: Repair | None) -> Finding:
    if model.functional:
        repeated = _repeated(model, layer, earlier)
        repair = Repair("drop the repeated entry", (Edit(layer.at, old=layer.node.raw, new=ABSENT),)) if repeated else None
        told = "the same entry twice" if repeated else "two different layers"
        says = (
            "ValueError: Invalid Functional model configuration. The graph of the Functional model either has loops or disconnected nodes."
        )
    else:
        repair, told = renaming, "two layers"
        says = f"ValueError: All layers added to a Sequential model should have unique names. Name '{layer.name}' is already the name of a layer"
    whose = "the model" if model.node.name is None else f"the model {model.node.name!r}"
    return Finding(layer.at, f"{told} of {whose} are named {layer.name!r}", repair=repair, layer=layer.name, keras_says=says)
