from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from kdoctor.check import Examine, Finding, Repair, Severity, check
from kdoctor.document import ABSENT, Document, Json
from kdoctor.edit import Edit
from kdoctor.graph.shapes import infer
from kdoctor.keras_1 import is_keras_1
from kdoctor.keras_api import habits
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.keras_api.reader import calls, read_natively
from kdoctor.replacements.hard_sigmoid import rescaled, spelled_out, users
from kdoctor.structure.models import all_models
from kdoctor.structure.naming import fresh
from kdoctor.structure.objects import Node, as_node
from kdoctor.structure.outline import found_in_objects, objects_named
from kdoctor.structure.sequential import Stack, as_shape, stacks
from kdoctor.target import Target

from ._batch_axis import batch_is_added
from ._cropped_in_training import cropped_in_training
from ._exchanged_arguments import exchanged
from ._forgotten_lora_alpha import forgotten_alpha
from ._forgotten_statistics import forgotten_statistics
from ._found_masks import found_masks
from ._hidden_queries import attention_of_hidden
from ._joined_masks import joined_masks
from ._kept_category_axis import kept_axis, mistold_bins
from ._lost_attention_masks import lost_attention_masks
from ._lost_query_masks import lost_query_masks
from ._masked_attention import unmasked_attention
from ._masked_products import products_of_masked
from ._masks_across_models import masks_across_models
from ._masks_of_times import masks_of_times
from ._mistold_scores import mistold_scores
from ._regained_query_masks import regained_query_masks
from ._states_and_masks import masks_beside_states
from ._stopped_masks import masks_stopped
from ._thawed_layers import thawed_layers
from ._told_to_train import told_to_train
from ._truncated_numbers import truncated_numbers
from ._turned_kernels import turned_kernels
from ._unjoined_masks import masks_unjoined
from ._whole_numbers import whole_numbers
from ._zeroed_steps import zeroed_steps

# Function names in the namespace of keras.layers: the reader of .h5 files turns such a text in a config into the function.
LAYER_FUNCTIONS = frozenset({"add", "average", "concatenate", "dot", "maximum", "minimum", "multiply", "subtract"})
RECURRENT = frozenset({"LSTM", "GRU", "SimpleRNN"})
AS_KERAS = Repair("write the model as a .keras archive, whose reader takes it at its word", native=True)


OF_WHOLE_MODELS: Final[tuple[Examine, ...]] = (
    told_to_train, thawed_layers, kept_axis, mistold_bins, exchanged, unmasked_attention, attention_of_hidden, masks_stopped, masks_unjoined, joined_masks,
    products_of_masked, zeroed_steps, masks_beside_states, masks_of_times, lost_attention_masks, lost_query_masks, found_masks, forgotten_alpha,
    forgotten_statistics, regained_query_masks, whole_numbers, mistold_scores, masks_across_models, truncated_numbers, turned_kernels,
)  # fmt: skip


@check("K609", Severity.ERROR, mild=Severity.WARNING, since="0.1.0")
def changed_meaning(document: Document, target: Target) -> Iterator[Finding]:
    """The target reads the file, and makes something else of it.

    Keras 3 takes the ``batch_input_shape`` of an ``.h5``'s first layer for a shape without batch: a Dense-first model silently gains a dimension, a
    Conv-first one fails with "Kernel shape must have the same length as input". A list-valued ``axis`` is dropped (before 3.9 a number, too), and Softmax
    computes something else without a word. ``hard_sigmoid`` is another function since Keras 3. The ``score_mode`` of an Attention layer is taken for the
    function ``dot``. A RandomCrop made images its size when the model predicts until Keras 3.7, and hands them on since. A MultiHeadAttention of Keras 2.9
    and before passed over the masks that come with its inputs. One with a dropout, or whose scores are asked for, makes zeros of hidden steps since Keras
    3.10, and the mean of all values before: where what comes behind counts these, ``--unsafe`` leaves the dropout out. Since Keras 3.8 a MultiHeadAttention
    takes the masks from the tensors that it is given: the next attention to these, or to what they were added to (every block of a Transformer but the
    first), has none. The cure computes the masks beside the layers, and hands them over; so it does with the ``query_mask`` that files of Keras 3.0 to 3.7
    state, at which 3.8 does not look, and which earlier releases heed in files of 3.8: for these it stops the mask before the queries. Files of 3.10 and later state no masks of an attention at all, and an earlier Keras finds those
    that an attention before it had taken away: these are stopped, too. Masks that go from one
    model into another (of a file of Keras 2, or of 3.4 and later for an earlier one, those joined there, too) are stated nowhere, and told without a cure. Masks that differ are joined otherwise
    since Keras 3.4: an Add of words that are masked and of positions that are not hands no mask on. Keras 3.0 to 3.3 handed none on at all, nor did their Attention: behind what joins
    masks in their files a Permute that leaves the axes as they are stops them. A CategoryEncoding or Discretization (``one_hot``) of Keras 3.0 to 3.3 kept a
    last axis of 1, which all others drop: written as ``multi_hot`` for these, and of their files with a Reshape behind it that gives the axis back. A
    Discretization of Keras 2 states the dtype of the bins that it returns, int64, which Keras 3 makes of the numbers that it is given when the model
    predicts. Until Keras 3.13 a Dense behind a Discretization is told another length than it gets. The ``normalize`` of Keras 3.0 exchanges its axis and its
    order. A recurrent layer that is given the states it begins with (a decoder) passes over the mask of its input in Keras 3. Where a Bidirectional is
    masked, Keras 1 to 2.3 repeated the step before in its sequence, and all later ones put zeros. A layer that is called with ``training=True`` (the
    BatchNormalization of a pix2pix) is told what the model is told: ``predict`` passes over it, and ``model(x)`` heeds it. A Dense or Embedding with LoRA
    forgets its ``lora_alpha`` in an ``.h5``: what was learned counts another number of times, which the cure multiplies into it (an archive has it added to
    the kernel, as it was). A Normalization that has learned its mean and variance, and stands in a nested model (an EfficientNet), forgets them in an
    ``.h5``, before Keras 3.6 wherever it stands: the cure writes an archive. A Multiply, Maximum or Minimum leaves the steps that a mask hides out of its
    values since 3.4, and none did before: where what comes behind counts them, the cure writes the operation, which knows no masks, or takes the masks from
    what it is given. The mask that a layer in a TimeDistributed makes (an Embedding; a recurrent layer, of the steps of each time) got to what is behind it
    in Keras 2, and does not in Keras 3: told without a cure. A Rescaling, Normalization or Identity (a ReLU before TensorFlow 2.6) handed no mask on in Keras
    2, and does in Keras 3: a Permute that leaves the axes as they are stops it. An IntegerLookup, StringLookup or TextVectorization that encodes
    (``multi_hot``, ``count``, ``one_hot``) returned floats in Keras 2, and returns whole numbers in Keras 3: most layers cast them, a LayerNormalization
    truncates what it computes to them, a convolution or Softmax fails when called. A Rescaling by 1 behind the lookup makes floats of them. Since Keras 3.4
    the scores of a MultiHeadAttention are told to be as long as the queries both ways, and to have four axes: a Dense, convolution or Reshape of scores with
    other lengths does not load, which is told without a cure; a LayerNormalization does in a ``.keras`` archive that says what it was built with. Of a frozen
    layer (``trainable: false``) Keras 3.0 and 3.1 train every variable once they have loaded it, all of Keras 3 those of a MultiHeadAttention,
    GroupQueryAttention or ConvLSTM, and of a Bidirectional of Keras 2: a warning with ``--for training``. In an ``.h5`` that is the order of a nested model's
    arrays, too. The cure writes a ``.keras`` archive, and freezes what the Bidirectional wraps. Keras on Theano turned kernels round before it convolved, and
    none since 2.4 does so with its ``.h5`` files: cured, but not where it padded otherwise, too.

    The cure of the first writes an InputLayer, which says the same to every release. A mask that gets lost beside states is computed by an operation and
    handed over as an argument, in a ``.keras`` archive. The two directions of a masked Bidirectional are written by themselves, into a small model that turns
    one round and merges them, for Keras 3.3 and later; unrolled, stateful, or not merged they have no cure. What only the reader of ``.h5`` files garbles is
    cured by writing the model as a ``.keras`` archive, and by a module where a layer of an archive states none. The old ``hard_sigmoid`` of x is the new one of 1.2 x: the weights of the gates that use it are
    scaled; where there are none to scale, the old function is spelled out: a Rescaling and a ReLU that stops at 1, as one activation, which Keras 3.10 and
    later read.
    """
    if not document.format.native and habits.KEEPS_BATCH_AXIS.of(target):
        for stack in stacks(document):
            yield from _first_layer(document, stack, target)
    if ((document.saved_by().major or 0) >= 3) is not habits.NEW_HARD_SIGMOID.of(target):
        yield from _hard_sigmoid(document, target)
    for node in objects_named(document, ("Bidirectional", "RandomCrop")):
        if node.at.part == "config":
            yield from _backwards(node, target)
            yield from cropped_in_training(document, node, target)
    for look in OF_WHOLE_MODELS:
        yield from look(document, target)
    for node in _read_as_old(document):
        yield from _axis(document, node, target)
        yield from _taken_for_function(document, node, target)


def _read_as_old(document: Document) -> Iterator[Node]:
    """What has an axis or a score that a reader may not take at its word: all of an ``.h5``, and of an archive the layers that state no module."""
    if not document.format.native:
        return found_in_objects(document, _with_a_word)
    unstated = (layer.node for model in all_models(document) for layer in model.layers if "module" not in layer.node.raw)
    return (node for node in unstated for _ in _with_a_word(node))


def _with_a_word(node: Node) -> Iterator[Node]:
    if node.at.part == "config" and ("axis" in node.config or "score_mode" in node.config):
        yield node


def _first_layer(document: Document, stack: Stack, target: Target) -> Iterator[Finding]:
    first = stack.layers[0] if stack.layers else None
    if first is None or first.class_name == "InputLayer" or stack.at.keys[-1] != "layers" or read_natively(first, False, target):
        return
    shape = as_shape(first.config.get("batch_input_shape"))
    if shape is None or batch_is_added(document, stack.layers, target):
        return
    name = fresh(f"{first.name}_input", {layer.name or "" for layer in stack.layers})
    entry: Json = {"class_name": "InputLayer", "config": {"batch_input_shape": list(shape), "name": name}}
    config = {key: value for key, value in first.config.items() if key != "batch_input_shape"}
    listed = [layer.raw for layer in stack.layers]
    new = [entry, {**first.raw, "config": config}, *listed[1:]]
    yield Finding(
        first.at / "config" / "batch_input_shape",
        f"{target} takes the first layer's batch_input_shape {list(shape)} for the shape of one sample: the input gains a dimension",
        repair=Repair("write an InputLayer instead", (Edit(stack.at, old=listed, new=new),)),
        layer=first.name,
        keras_says=_one_dimension_more(first),
    )


def _one_dimension_more(first: Node) -> str | None:
    """What layers of a fixed number of dimensions say; others take the input as it comes."""
    if "Conv" in first.class_name and "LSTM" not in first.class_name:
        return "ValueError: Kernel shape must have the same length as input"
    if first.class_name in RECURRENT:
        return (
            f"ValueError: Input 0 with name 'None' of layer '{first.name}' is incompatible with the layer: expected ndim=3, found ndim=4."
        )
    return None


def _axis(document: Document, node: Node, target: Target) -> Iterator[Finding]:
    axis = node.config.get("axis")
    # one number in a list is taken for itself; a mean that was given is spread over all axes, and over the last one, alike
    several = isinstance(axis, list) and len(axis) != 1 and (bool(axis) or node.config.get("mean") is None)
    as_default = (
        isinstance(axis, list) and bool(axis) and all(type(one) is int and not _matters(document, node, one, target) for one in axis)
    )
    listed = several and not as_default and habits.DROPS_LISTED_AXIS.of(target)
    numbered = type(axis) is int and habits.DROPS_NUMBERED_AXIS.of(target) and _matters(document, node, axis, target)
    of_several = node.class_name == "BatchNormalization" and listed and habits.TAKES_ONE_AXIS.of(target)  # nor does it in an archive
    if (listed or numbered) and not read_natively(node, document.format.native, target):
        yield Finding(
            node.at / "config" / "axis",
            f"{target} drops the axis {axis} of {node.class_name} {_read_so(document)}, and takes the default",
            repair=None if of_several else _taken_at_its_word(document, node),
            layer=node.name,
        )


def _matters(document: Document, node: Node, axis: int, target: Target) -> bool:
    """Whether an axis is another one than the class's own default, as far as the number of axes is told."""
    known = Catalogue.load(target.release, target.family).resolve("keras.layers", node.class_name)
    default = -1 if known is None else known.parameters.get("axis")
    if type(default) is not int or axis == default:
        return False
    given = next((shape for shape in infer(document).inputs.get(node.at, ()) if shape), None)
    return given is None or axis % len(given) != default % len(given)


def _backwards(node: Node, target: Target) -> Iterator[Finding]:
    """Keras 3 turns the second direction of a Bidirectional backwards whatever the first one's is (bidirectional.py).

    Stated beside it, the second direction is taken at its word; the weights of both stand where they stood.
    """
    if node.class_name != "Bidirectional":
        return
    held = as_node(node.config.get("layer"), node.at / "config" / "layer")
    if (
        habits.TURNS_NO_LAYER_ROUND.of(target)
        and held is not None
        and held.config.get("go_backwards") is True
        and not node.config.get("backward_layer")
    ):
        name = f"backward_{held.name}"
        second = {**held.raw, "config": {**held.config, "name": name, "go_backwards": False}}
        stated = node.config.get("backward_layer", ABSENT)
        edits = (Edit(node.at / "config" / "backward_layer", old=stated, new=second),)
        yield Finding(
            held.at / "config" / "go_backwards",
            f"both directions of {node.name!r} go backwards in {target}: it does not turn the second one round",
            repair=None if is_keras_1(held) else Repair("state the second direction, which goes forwards", edits),  # first its words (K608)
            layer=node.name,
            keras_says="ValueError: Forward layer and backward layer should have different `go_backwards` value.",
        )


def _read_so(document: Document) -> str:
    return "when it reads a layer that states no module" if document.format.native else "when it reads an .h5"


def _taken_at_its_word(document: Document, node: Node) -> Repair:
    """In an archive of Keras 2.12 to 2.15 the layers of a nested model state no module, and Keras 3 reads them as it reads those of an ``.h5``."""
    if not document.format.native:
        return AS_KERAS
    edits = [
        Edit(node.at / key, old=node.raw.get(key, ABSENT), new=new) for key, new in (("module", "keras.layers"), ("registered_name", None))
    ]
    return Repair("write the module keras.layers, with which it is taken at its word", tuple(edits))


def _taken_for_function(document: Document, node: Node, target: Target) -> Iterator[Finding]:
    value = node.config.get("score_mode")
    garbled = isinstance(value, str) and value in LAYER_FUNCTIONS and not read_natively(node, document.format.native, target)
    if garbled and habits.TAKES_TEXTS_FOR_FUNCTIONS.of(target):
        yield Finding(
            node.at / "config" / "score_mode",
            f"{target} takes the score_mode {value!r} for the function keras.layers.{value} {_read_so(document)}",
            repair=_taken_at_its_word(document, node),
            layer=node.name,
            keras_says=f"ValueError: Invalid value for argument score_mode. Expected one of {{'dot', 'concat'}}. Received: <function {value}>",
        )


def _hard_sigmoid(document: Document, target: Target) -> Iterator[Finding]:
    """One cure for all users of the function, or none: a release is stated once for the whole file."""
    edits = None if document.format.native else rescaled(document)
    found = users(document)
    others = f" (and of {len(found) - 1} more layers)" if edits and len(found) > 1 else ""
    repair = Repair(f"scale the weights of {found[0][0].name!r}{others} by 1.2, which undoes the difference", edits) if edits else None
    if not edits and found and habits.READS_LAYERS_AS_ACTIVATIONS.of(target) and _are_keras_own(document, target, found):
        repair = Repair("spell the old function out: clip(0.2 x + 0.5, 0, 1) as a Rescaling and a ReLU", spelled_out(document))
    for node, key in found[:1] if repair else found:
        yield Finding(
            node.at / "config" / key,
            f"hard_sigmoid is clip(0.2 x + 0.5, 0, 1) in the Keras that saved the file, and relu6(x + 3) / 6 in {target}",
            repair=repair,
            layer=node.name,
        )


def _are_keras_own(document: Document, target: Target, found: Sequence[tuple[Node, str]]) -> bool:
    """What a class of the user's makes of its argument nobody knows."""
    own = {call.node.at for call in calls(document, target) if call.found is not None}
    return all(node.at in own for node, _ in found)
