from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Severity, check
from kdoctor.document import ABSENT, Document, Json
from kdoctor.edit import Edit
from kdoctor.keras_api import habits
from kdoctor.layers import Layer
from kdoctor.manifest import snake_case
from kdoctor.models import Model, models
from kdoctor.pointer import Pointer
from kdoctor.shapes import output_shapes
from kdoctor.target import Target

NAMES = Pointer("attributes", ("/model_weights",)) / "layer_names"


@check("K203", Severity.ERROR, since="0.1.0")
def upstream_layers_included(document: Document, target: Target) -> Iterator[Finding]:
    """A Functional model was cut out of another one, and the file holds the layers before the cut too.

    ``Model(inputs=dense_1.output, …)`` begins at a tensor that no InputLayer makes. Keras 3.0 saved what leads up to that tensor as
    well; other releases count those layers out when they look for the weights: "Layer count mismatch when loading weights from file.
    Model expected 2 layers, found 3 saved layers", or "A total of 2 objects could not be loaded".

    The cure writes an InputLayer of the same name and shape where the model begins, and leaves the layers before it out, with their
    weights. The model computes the same from the same input.
    """
    if habits.KEEPS_LAYERS_BEFORE_A_CUT.of(target):
        return
    for model in models(document):
        cut = model.cut
        if not cut:
            continue
        needed = _needed(model, cut)
        before = [layer for layer in model.layers if layer.key not in needed]
        edits = () if model.nested else _edits(document, model, cut, needed)
        others = f", with {len(before)} before it" if before else ""
        yield Finding(
            cut[0].at,
            f"the model {model.node.name!r} begins after the layer {cut[0].name!r}, which stands in the file all the same{others}",
            repair=Repair("begin with an InputLayer, and leave out what stands before it", edits) if edits else None,
            layer=cut[0].name,
            keras_says="ValueError: A total of … objects could not be loaded."
            if document.format.native
            else "ValueError: Layer count mismatch when loading weights from file.",
        )


def _needed(model: Model, cut: tuple[Layer, ...]) -> set[str]:
    """Names of the layers from the outputs back to where the model begins."""
    begins = {layer.key for layer in cut}
    calls = {layer.key: layer.calls for layer in model.layers}
    todo = [source.layer for source in model.endpoints("output_layers")]
    found: set[str] = set(begins) | {layer.key for layer in model.layers if layer.class_name == "InputLayer" and _declared(model, layer)}
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += [source.layer for call in calls.get(name, ()) for source in call]
    return found


def _declared(model: Model, layer: Layer) -> bool:
    return any(source.layer == layer.key for source in model.endpoints("input_layers"))


def _edits(document: Document, model: Model, cut: tuple[Layer, ...], needed: set[str]) -> tuple[Edit, ...]:
    """None at all where a layer at the cut has several outputs or calls, or where its shape is not told."""
    shapes = output_shapes(document)
    begins = {layer.key: shapes.get(layer.at) for layer in cut}
    if any(shape is None or len(layer.calls) != 1 for layer, shape in zip(cut, begins.values(), strict=True)):
        return ()
    used = {source for layer in model.layers for call in layer.calls for source in call if source.layer in begins}
    if any(source.call or source.output for source in (*used, *model.endpoints("input_layers"))):
        return ()
    kept = [layer for layer in model.layers if layer.key in needed]
    entries: list[Json] = [_input(layer, begins[layer.key]) if layer.key in begins else layer.node.raw for layer in kept]
    at = model.node.at / "config" / "layers"
    gone = {layer.name for layer in model.layers if layer.key not in needed or layer.key in begins}
    weights = _renumbered(document, model, kept, set(begins)) if document.format.native else _unlisted(document, gone)
    return (Edit(at, old=document.at(at), new=entries), *weights)


def _input(layer: Layer, shape: Json) -> Json:
    """An InputLayer under the layer's name, so that every connection stays as it is."""
    dtype = layer.node.config.get("dtype")
    config = {"batch_shape": list(shape), "dtype": dtype if isinstance(dtype, str) else "float32", "name": layer.key}
    return {
        "module": "keras.layers", "class_name": "InputLayer", "config": config, "registered_name": None,
        "name": layer.key, "inbound_nodes": [],
    }  # fmt: skip


def _renumbered(document: Document, model: Model, kept: list[Layer], begins: set[str]) -> tuple[Edit, ...]:
    """The arrays where an archive has them once fewer layers are counted."""
    old = dict(zip((layer.key for layer in model.layers), _stems([layer.class_name for layer in model.layers]), strict=True))
    new = dict(
        zip(
            (layer.key for layer in kept),
            _stems(["InputLayer" if layer.key in begins else layer.class_name for layer in kept]),
            strict=True,
        )
    )
    homes = {old[key]: new[key] for key in new if key not in begins}
    moved: dict[str, Json] = {}
    for path, weight in document.weights.items():
        folder, _, rest = path.partition("/")
        name, _, tail = rest.partition("/")
        if folder != "layers":
            moved[path] = weight
        elif name in homes:
            moved[f"{folder}/{homes[name]}/{tail}"] = weight
    return (Edit(Pointer("weights"), old=document.weights, new=moved),)


def _stems(classes: list[str]) -> Iterator[str]:
    counted: Counter[str] = Counter()
    for class_name in classes:
        stem = snake_case(class_name)
        yield f"{stem}_{counted[stem]}" if counted[stem] else stem
        counted[stem] += 1


def _unlisted(document: Document, gone: set[str]) -> tuple[Edit, ...]:
    """The groups of an ``.h5`` without those of the layers that go."""
    names = document.at(NAMES)
    if not isinstance(names, list):
        return ()
    arrays = [path for path in document.weights if path.startswith("model_weights/") and path.split("/")[1] in gone]
    groups = [path for path in document.attributes if path.startswith("/model_weights/") and path.split("/")[2] in gone]
    return (
        Edit(NAMES, old=names, new=[name for name in names if name not in gone]),
        *(Edit(Pointer("weights", (path,)), old=document.weights[path], new=ABSENT) for path in arrays),
        *(Edit(Pointer("attributes", (path,)), old=document.attributes[path], new=ABSENT) for path in groups),
    )
