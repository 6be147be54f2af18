from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair, Severity, check
from kdoctor.document import ABSENT, Document
from kdoctor.edit import Edit
from kdoctor.layers import layers
from kdoctor.manifest import model_weights, weights_by_layer
from kdoctor.objects import Node
from kdoctor.sequential import Shape, Stack, features_of, stacks, statements
from kdoctor.target import Target

NEED = Need("--input-shape", "None,…", "the model never saw an input before it was saved")
RECURRENT = frozenset({"LSTM", "GRU", "SimpleRNN"})


@check("K202", Severity.ERROR, mild=Severity.WARNING, since="0.1.0")
def input_shape_missing(document: Document, target: Target) -> Iterator[Finding]:
    """The model was never built: the file does not say what its input looks like.

    A Sequential without an InputLayer, without ``batch_input_shape`` and without a build shape has no weights yet. Where the file
    holds weights all the same (Keras 2.2 dropped the InputLayer on saving), they cannot be restored: "Layer count mismatch when
    loading weights from file. Model expected 0 layers, found 1 saved layers". Without weights the model loads empty: a warning.

    The cure writes the build shape that the first kernel proves, where it proves one; otherwise kdoctor asks for it.
    """
    for stack in stacks(document):
        if stack.first is None or _stated(stack) or _nested(stack):
            continue
        stored = len(model_weights(document))
        if stored and _restorable(document):
            continue
        shape = _proven(document, stack) if stored else None
        at = stack.model.at / "config" / "build_input_shape"
        edit = Edit(at, old=stack.model.config.get("build_input_shape", ABSENT), new=list(shape or ()))
        yield Finding(
            at,
            f"the input shape of {stack.model.name!r} is not in the file"
            + (f", so its {stored} stored arrays cannot be restored" if stored else ": it was never built and has no weights"),
            repair=Repair(f"write the input shape that the first kernel proves, {shape}", (edit,)) if shape else None,
            needs=() if shape or not stored else (NEED,),
            layer=stack.model.name,
            keras_says="ValueError: Layer count mismatch when loading weights from file. Model expected 0 layers" if stored else None,
            mild=not stored,
        )


def _stated(stack: Stack) -> bool:
    """Whether any place states a shape, that of a nested model in front included."""
    first = stack.first
    inner = () if first is None else (first.config.get("layers"), first.config.get("layer"))
    return bool(stack.inputs or stack.built or any(inner) or (first is not None and next(statements(first), None)))


def _nested(stack: Stack) -> bool:
    """A model inside another one gets its shape from outside."""
    return len(stack.model.at.keys) > 0


def _restorable(document: Document) -> bool:
    """A ``.keras`` archive builds each layer from its own build_config, whatever the model says."""
    if not document.format.native:
        return False
    rows = zip(layers(document), weights_by_layer(document), strict=True)
    return all(row.node.build_config.get("input_shape") or row.node.build_config for row, owned in rows if owned)


def _proven(document: Document, stack: Stack) -> Shape | None:
    """The input shape that the first kernel leaves no doubt about: a stack of Dense layers, a recurrent layer, an Embedding."""
    first = stack.first
    features = None if first is None else features_of(document, first)
    if first is None:
        return None
    if first.class_name in RECURRENT and features is not None:
        return (None, None, features)
    if first.class_name == "Embedding":
        return (None, None)
    return (None, features) if features is not None and all(_keeps_rank(layer) for layer in stack.layers) else None


def _keeps_rank(layer: Node) -> bool:
    return layer.class_name in ("Dense", "Activation", "Dropout", "BatchNormalization", "ReLU", "Softmax", "LeakyReLU")
