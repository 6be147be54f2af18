from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair, Severity, check
from kdoctor.document import Document
from kdoctor.edit import Edit
from kdoctor.graph.shapes import infer
from kdoctor.keras_api.reader import Resolution, unfound
from kdoctor.keras_api.retired import OPERATION_LAYERS
from kdoctor.replacements.graph_order import ordered
from kdoctor.replacements.moved_arrays import with_arrays
from kdoctor.saved_release import release_of
from kdoctor.structure.layers import layer_list
from kdoctor.structure.models import Model, all_models, home_of, is_wrapped
from kdoctor.structure.objects import Node
from kdoctor.target import Target

from ._added_losses import gone_with_added


@check("K603", Severity.ERROR, since="0.1.0")
def tensorflow_op_layer(document: Document, target: Target) -> Iterator[Finding]:
    """A TensorFlow operation stands in the model as a layer: TFOpLambda, SlicingOpLambda, TensorFlowOpLayer.

    tf.keras 2.1 to 2.15 recorded ``tf.reduce_mean(x)``, ``x + 1`` or ``x[:, 0]`` on Keras tensors that way. Keras 3 has no such class:
    "Unknown layer: 'TFOpLambda'".

    The cure writes the same computation with Keras's own operations, which load in safe mode on every backend; because an ``.h5``
    cannot hold them, the repaired file is a ``.keras``. All operations of a model are written together. One that has no exact
    counterpart is named, and nothing is written (so is one that puts samples together inside a TimeDistributed, whose times Keras 2 took for
    samples): the file loads in TensorFlow 2.15 or with tf_keras, where a layer of your own can
    take its place. One that only an added loss or metric needs goes with it (K602).
    """
    cures = {model.node.at: _cure(document, model, target) for model in all_models(document) if _has_operations(model)}
    for call in unfound(document, target):
        if call.resolution is not Resolution.OPERATION:
            continue
        home = home_of(document, call.node.at)
        repair, refused = cures.get(home[0].node.at, (None, {})) if home is not None else (None, {})
        why = refused.get(_key(call.node))
        first = next(iter(refused), None)  # all are written together: what has no counterpart keeps the others, too
        yield Finding(
            call.node.at,
            f"the TensorFlow operation {_told(call.node)} stands here as a layer of the class {call.node.class_name}"
            + (f"; {why}" if why else f"; it waits for {first!r}, which has no counterpart" if first else ""),
            repair=repair,
            needs=(Need("FILE", f"a layer in place of {_key(call.node)!r}", why),) if why else (),
            layer=_key(call.node),
            keras_says=f"ValueError: Unknown layer: '{call.node.class_name}'. Please ensure you are using a `keras.utils.custom_object_scope`",
        )


def _has_operations(model: Model) -> bool:
    return model.functional and any(layer.class_name in OPERATION_LAYERS for layer in model.layers)


def _cure(document: Document, model: Model, target: Target) -> tuple[Repair | None, dict[str, str]]:
    """The repair of all operations of one model, or what each that has no counterpart lacks; those that only an added loss needs go with it."""
    from kdoctor.translate.op_layers import translated  # few files hold such layers, and the table is dear to import

    items, at = layer_list(model.node)
    saved = release_of(document)
    given = infer(document).inputs.get(model.node.at, ())
    found = translated(model.node, given, target.release, saved, at_once=is_wrapped(model.node.at))
    if found.layers is None:
        refused = {refusal.layer: refusal.why for refusal in found.refused}
        without, gone = gone_with_added(document, model, target)
        return (without, {}) if refused and gone.issuperset(refused) else (None, refused)
    title = "write it with Keras's own operations"
    if not document.format.native:
        return Repair(title, native=True), {}
    outputs = model.node.config.get("output_layers")
    edits = [Edit(at, old=items, new=ordered(found.layers, found.outputs))]
    if found.outputs != outputs:
        edits.append(Edit(model.node.at / "config" / "output_layers", old=outputs, new=found.outputs))
    return Repair(title, with_arrays(document, edits), native=True), {}


def _key(node: Node) -> str:
    beside = node.raw.get("name")
    return beside if isinstance(beside, str) else node.name or ""


def _told(node: Node) -> str:
    """The operation as source where its connection tells it, else its name."""
    from kdoctor.translate.op_source import source_of

    named = node.config.get("function") or node.config.get("symbol") or node.config.get("node_def")
    text = source_of(node) if node.raw.get("inbound_nodes") else str(named or node.class_name)
    return text if len(text) <= 80 else text[:77] + "…"
