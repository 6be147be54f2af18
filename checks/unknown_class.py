from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Safety, Severity, check
from kdoctor.document import Document
from kdoctor.edit import Edit
from kdoctor.graph.shapes import infer
from kdoctor.keras_1 import merged, multiplies_otherwise
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.keras_api.history import told_of
from kdoctor.keras_api.operation import of_keras_3
from kdoctor.keras_api.reader import Resolution, unfound
from kdoctor.keras_api.successors import at_inference, succeeded
from kdoctor.replacements.cudnn import TWINS, as_plain
from kdoctor.replacements.retired_layers import retired
from kdoctor.structure.objects import Node
from kdoctor.target import Target

from ._added_losses import without_added
from ._layer_activations import stated
from ._old_words import cure_of

CUDNN = "write LSTM and GRU instead, with their layout of the weights"
CONSTRAINTS = frozenset({"RadialConstraint"})


@check("K602", Severity.ERROR, since="0.1.0")
def unknown_class(document: Document, target: Target) -> Iterator[Finding]:
    """The model uses a class of Keras that the target no longer has, or not yet: CuDNNLSTM, ThresholdedReLU, LocallyConnected2D, Merge.

    Keras says "Unknown layer: 'CuDNNLSTM'", or "Could not deserialize 'keras.layers.ThresholdedReLU' because it is not a
    KerasSaveable subclass". It is no custom class: nobody has its code any more, or the target is older than the class. So are operations of
    Keras 3 (``keras.ops.max(x)``) that the target does not have, or Keras 2 has no layer for.

    Where another class computes exactly the same, the cure writes that one: a ReLU with a threshold, a synchronized
    BatchNormalization, for the Merge that Keras 2.0 still had an Add, Multiply, Average, Maximum or Concatenate, and for CuDNNLSTM and CuDNNGRU
    the plain layer, with the weights laid out as it has them (what the optimizer remembers of these goes). In a
    ``.keras`` archive a small model of other layers stands in for LocallyConnected1D and LocallyConnected2D (patches and an
    EinsumDense), Highway, MaxoutDense, SReLU and ParametricSoftplus, if the input's shape is known; not with channels first, or a
    constraint on the weights. With ``--unsafe``, what only training uses goes: RandomHeight, RandomWidth, RadialConstraint. AddLoss and
    AddMetric, which ``model.add_loss(…)`` hangs into a model (a variational autoencoder) and no output needs, go with the operations that lead to them; with
    ``--for training`` that asks for ``--unsafe``, too. The others have no cure in this release; the file loads in the release that saved it.
    """
    native = document.format.native
    for call in unfound(document, target):
        node = call.node
        if call.resolution is not Resolution.RETIRED or stated(call, target) is not None:  # K306 tells of a layer as an activation
            continue
        kind = "operation" if of_keras_3(node) else call.kind
        yield Finding(
            node.at,
            _told(kind, node.class_name, document, target),
            repair=_repair(document, node, target),
            keras_says=_keras_says(node, native),
        )


def _repair(document: Document, node: Node, target: Target) -> Repair | None:
    in_words = node.class_name == "Merge" and (document.saved_by().major or 1) > 1
    if in_words and multiplies_otherwise(node, infer(document).inputs.get(node.at, ())):
        return None
    successor = merged(node) if in_words else succeeded(node)
    if successor is not None:
        return Repair(f"write {successor['class_name']}", (Edit(node.at, old=node.raw, new=successor),))
    without = at_inference(node)
    if without is not None:
        title = f"write a Rescaling by 1: it predicts the same, and training no longer varies what {node.class_name} varied"
        return Repair(title, (Edit(node.at, old=node.raw, new=without),), Safety.UNSAFE)
    if node.class_name in CONSTRAINTS:
        return Repair(f"leave out the {node.class_name}, which only training uses", (Edit(node.at, old=node.raw, new=None),), Safety.UNSAFE)
    if (added := without_added(document, node, target)) is not None:
        return added
    edits = as_plain(document) if node.class_name in TWINS else None
    if edits is None:
        return retired(document, target).of(node.at) or cure_of(document, node, target)
    return Repair(CUDNN, edits)


def _keras_says(node: Node, native: bool) -> str:
    if not native:
        return f"ValueError: Unknown layer: '{node.class_name}'."
    if (node.module or "").startswith("keras.") and not (node.module or "").startswith("keras.src."):
        return f"ValueError: Could not deserialize '{node.module}.{node.class_name}' because it is not a KerasSaveable subclass"
    return f"TypeError: Could not locate class '{node.class_name}'."


def _told(kind: str, name: str, document: Document, target: Target) -> str:
    """The reader of an ``.h5`` does not find all that the release has: TFSMLayer in 3.15.1."""
    if not document.format.native and Catalogue.load(target.release, target.family).resolve("keras.layers", name) is not None:
        return f"{target} does not find the {kind.replace('_', ' ')} {name} when it reads an .h5, though it has it"
    return f"{target} has no {kind.replace('_', ' ')} {name}; {told_of(kind, name, target.minor)}"
