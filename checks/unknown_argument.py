from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from kdoctor.check import Finding, Need, Repair, Safety, Severity, check
from kdoctor.document import ABSENT, Document, Json
from kdoctor.edit import Edit
from kdoctor.graph.shapes import infer
from kdoctor.keras_1 import is_keras_1
from kdoctor.keras_api import habits
from kdoctor.keras_api.absence import means_nothing
from kdoctor.keras_api.reader import Call, calls_of, found_in_calls, read_natively
from kdoctor.replacements.causal_attention import CAUSAL, WHEN_CALLED, told_when_called
from kdoctor.replacements.ghost_batches import GHOSTS, has_ghosts, without_ghosts
from kdoctor.replacements.time_major import ARGUMENT, batch_first, takes_time_first
from kdoctor.structure.layers import Layer, layer_at
from kdoctor.structure.models import home_of, is_wrapped
from kdoctor.structure.naming import fresh
from kdoctor.target import Target

from ._call_keywords import call_keywords
from ._moved_operands import operation_repair
from ._namesakes import is_namesake
from ._refused_values import metrics_arrays, metrics_built, refused_values
from ._shape_beside_length import shape_beside_length

BATCH_SHAPE = "batch_input_shape"
BINS = "bins"  # of the Discretization of TensorFlow 2.3 to 2.5, which Keras 2 went on taking out of its keywords
OUTPUT_SHAPE = "output_shape"
REWRITTEN = (ARGUMENT, CAUSAL)
ALPHA = "lora_alpha"  # the two low-rank matrices count alpha / rank times; before they had an alpha, once
NAMESAKE = "it looks like a class of your own or of a package that has the name of one of Keras's"
RENAMED = frozenset(
    {("InputLayer", "batch_shape"), ("InputLayer", "shape"), ("LeakyReLU", "negative_slope")}
)  # which Keras 2 says otherwise
NAMED = 100  # arguments of one object: whatever has more was not saved by Keras


@check("K601", Severity.ERROR, since="0.1.0")
def unknown_argument(document: Document, target: Target) -> Iterator[Finding]:
    """An object carries an argument that the target's constructor does not take.

    Every Keras release adds arguments to what it saves, and others refuse the whole model for one of them: "Unrecognized keyword
    arguments passed to DepthwiseConv2D: {'groups': 1}".

    The cure drops the argument when leaving it out means the same: when the value is the default of the releases that know it, or only
    describes how the layer was made. The input shape of a first layer becomes an InputLayer; an ``input_dim`` beside it is left out. A recurrent layer that takes time first
    (``time_major``) gets a transposition before it and one after it, in a ``.keras`` archive; not inside a TimeDistributed, of which Keras 2
    made samples of all times, and Keras 3 does not. An attention that looks back only (``causal`` of Keras 2.2 to 2.9) is told so where it
    is called. Any other argument with a meaning is reported without a cure: dropping it would change the model.

    Some values that later releases save are refused by earlier ones, mostly in files of their own (the words of a ``tf_idf`` lookup before Keras 3.14,
    ``output_padding=0`` before 3.11, an attention's ``output_shape`` before 3.7): written otherwise where that means the same, else told with the
    release that takes them. Keras 3.0 to 3.2 seek weights for the layer that a Bidirectional is made of, if it states that it was built.

    A BatchNormalization of Keras 2 with a ``virtual_batch_size`` predicts what one without predicts, when its axis and its arrays are those
    of the batch itself again; it trains otherwise, so that this takes ``--unsafe``.

    The ``label_weights`` of an AUC that Keras 2 wrote as an array of NumPy are written as a list.

    A layer may be called with a keyword, too, that its ``call()`` does not take in the target (the ``mask`` of a GroupNormalization of Keras 2, or
    that of a class of your own which has the name of one of Keras's): "got an unexpected keyword argument 'mask'". It is left out where
    it says nothing: Keras 2 wrote ``"constants": null`` for a Bidirectional that was given states. An operation may be called with what the
    target's is made with (the ``dtype`` of ``zeros_like`` before Keras 3.13, the shape of ``slice``), or the other way about: it is moved.
    """
    yield from shape_beside_length(document, target)
    for call in calls_of(document, target, "layer"):
        if call.node.raw.get("inbound_nodes"):  # a generator for each of thousands takes longer than what it finds
            yield from call_keywords(document, call, target)
    yield from found_in_calls(document, target, partial(_in_call, document, target))
    yield from refused_values(document, target)
    yield from metrics_built(document, target)
    yield from metrics_arrays(document, target)


def _in_call(document: Document, target: Target, call: Call) -> Iterator[Finding]:
    """What the constructor does not take, and three that are built with what they state."""
    refused = call.not_taken() if target.keras_3 else tuple(name for name in call.not_taken() if not _is_bins(call, name))
    if refused and is_keras_1(call.node):
        refused = () if _listed(document, call) else refused  # K608 says it of the whole layer, and K1's defaults are not today's
    says = _refusal(call, refused) if refused else None
    asked = (Need("--custom", call.node.class_name, NAMESAKE),) if refused and is_namesake(call) else ()
    for name in refused[:NAMED]:
        yield Finding(
            call.node.at / "config" / name,
            f"{call.node.class_name} of {target} takes no argument {name!r} (here {_short(call.arguments[name])})",
            repair=None if is_keras_1(call.node) or len(refused) > NAMED else _repair(document, call, name, target),
            needs=asked,
            layer=call.node.name,
            keras_says=says or f"TypeError: {call.node.class_name}.__init__() got an unexpected keyword argument {name!r}",
        )
    if len(refused) > NAMED:
        more = f"{call.node.class_name} of {target} takes none of {len(refused) - NAMED} more arguments either"
        yield Finding(call.node.at / "config", more, layer=call.node.name, keras_says=says)
    if call.node.class_name == "BatchNormalization" and habits.TAKES_ONE_AXIS.of(target):
        yield from _axis_in_a_list(document, call, target)
    if call.node.class_name == "MultiHeadAttention" and habits.BUILDS_ATTENTION_WITH_SHAPES.of(target):
        yield from _built_with_one_shape(call, target)
    if call.node.class_name == "Bidirectional" and habits.BUILDS_WHAT_BIDIRECTIONAL_COPIES.of(target):
        yield from _copied_when_built(call, target)


def _listed(document: Document, call: Call) -> bool:
    """Whether the object is a layer of a model, or held by a wrapper that is, in a file that Keras 1 may have written."""
    layer = layer_at(document, call.node.at)
    own = layer is not None and layer.at == call.node.at
    return (own or (call.node.key == "layer" and call.node.at.part == "config")) and (document.saved_by().major or 1) < 2


def _axis_in_a_list(document: Document, call: Call, target: Target) -> Iterator[Finding]:
    """tf.keras wrote a BatchNormalization's axis as a list of one; an ``.h5`` is forgiven that, a ``.keras`` is not. No Keras 3 takes several."""
    axis = call.node.config.get("axis")
    listed = axis if isinstance(axis, list) and all(type(one) is int for one in axis) else []
    number = listed[0] if len({*listed}) == 1 else None
    if listed and read_natively(call.node, document.format.native, target):
        at = call.node.at / "config" / "axis"
        yield Finding(
            at,
            f"the axis of BatchNormalization is the list {axis}; {target} takes a number",
            repair=None if number is None else Repair(f"write axis {number}", (Edit(at, old=axis, new=number),)),
            layer=call.node.name,
            keras_says="TypeError: int() argument must be a string, a bytes-like object or a real number, not 'list'",
        )


def _built_with_one_shape(call: Call, target: Target) -> Iterator[Finding]:
    """Keras 2 built an attention layer with one shape; Keras 3's ``build`` takes those of query and value."""
    built = call.node.raw.get("build_config")
    if isinstance(built, dict) and "input_shape" in built:
        at = call.node.at / "build_config"
        yield Finding(
            at,
            f"the build_config of MultiHeadAttention states one input shape; {target} builds it with those of query and value",
            repair=Repair("leave it out: the layer is built when the model is put together", (Edit(at, old=built, new=ABSENT),)),
            layer=call.node.name,
            keras_says="TypeError: MultiHeadAttention.build() missing 1 required positional argument: 'value_shape'",
        )


def _copied_when_built(call: Call, target: Target) -> Iterator[Finding]:
    """Keras 3.0 to 3.2 make both directions anew of the layer that they are given, and then seek weights for that one, too, if it is built."""
    held = call.node.config.get("layer")
    built = held.get("build_config") if isinstance(held, dict) else None
    if isinstance(built, dict) and call.found is not None:
        at = call.node.at / "config" / "layer" / "build_config"
        yield Finding(
            at,
            f"the layer that {call.node.name!r} is made of states the shape that it was built with; {target} copies it, and seeks weights for it, too",
            repair=Repair("leave it out: both directions are built with the Bidirectional", (Edit(at, old=built, new=ABSENT),)),
            layer=call.node.name,
            keras_says="ValueError: Layer 'lstm_cell' expected 3 variables, but received 0 variables during loading.",
        )


def _repair(document: Document, call: Call, name: str, target: Target) -> Repair | None:
    if name == "input_shape" and name not in call.node.config and BATCH_SHAPE in call.node.config:  # what the reader of an .h5 calls it
        repair = _repair(document, call, BATCH_SHAPE, target)
        return None if repair is None or len(repair.edits) != 1 or repair.edits[0].new is not ABSENT else repair  # of a first layer: K609
    if name not in call.node.config:
        return None
    value = call.node.config[name]
    drop = Edit(call.node.at / "config" / name, old=value, new=ABSENT)
    if name == BATCH_SHAPE:
        return _as_input_layer(document, call, value, drop)
    if (of_operation := operation_repair(call, name, drop, target)) is not None:
        return of_operation
    if _is_bins(call, name):
        return _as_boundaries(call, value, drop)
    if (value is True and name in REWRITTEN) or (name == GHOSTS and has_ghosts(call.node)):
        return _rewritten(document, call, name)
    if name == OUTPUT_SHAPE and call.node.class_name == "Conv2DTranspose" and _is_own_shape(document, call, value):
        return Repair("drop output_shape, which says what the layer makes by itself", (drop,))
    unscaled = name == ALPHA and value == call.node.config.get("lora_rank")
    if unscaled or means_nothing(call.kind, call.node.class_name, name, value, document.saved_by().keras, call.found):
        return Repair(f"drop {name}, which says nothing here", (drop,))
    if not target.keras_3 and (call.node.class_name, name) in RENAMED:
        return Repair(f"write the model in the words of {target}", reworded=True)
    return None


def _rewritten(document: Document, call: Call, name: str) -> Repair | None:
    """An argument with a meaning that the rest of the model can be told instead."""
    if name == GHOSTS:
        edits = without_ghosts(document)
        return (
            Repair("leave the ghost batches out: it predicts the same, and trains on whole batches", edits, Safety.UNSAFE)
            if edits
            else None
        )
    return _between_transpositions(document, call) if name == ARGUMENT else _told_when_called(document, call)


def _is_own_shape(document: Document, call: Call, stated: Json) -> bool:
    """Whether the shape that a Deconvolution2D of Keras 1 was told is the one that its window and strides give, of a known input."""
    made = infer(document).outputs.get(call.node.at, ())
    own = made[0] if len(made) == 1 else None
    return isinstance(stated, list) and own is not None and None not in own[1:] and list(own[1:]) == stated[1:]


def _is_bins(call: Call, name: str) -> bool:
    return name == BINS and call.node.class_name == "Discretization"


def _as_boundaries(call: Call, bins: Json, drop: Edit) -> Repair | None:
    """The same boundaries by another name; an infinite one at the end, which TensorFlow 2.4 added, bounds nothing."""
    stated = call.node.config.get("bin_boundaries", ABSENT)
    if not isinstance(bins, list) or stated not in (ABSENT, None):
        return None
    kept = bins[:-1] if bins and bins[-1] == float("inf") else bins
    return Repair("write bin_boundaries instead", (drop, Edit(call.node.at / "config" / "bin_boundaries", old=stated, new=kept)))


def _between_transpositions(document: Document, call: Call) -> Repair | None:
    """An ``.h5`` cannot hold the operations: it is written as a ``.keras`` archive first."""
    home = home_of(document, call.node.at)
    if home is None or is_wrapped(call.node.at) or not takes_time_first(*home):
        return None
    edits = batch_first(document, home[0].node.at) if document.format.native else ()
    return Repair("exchange time and batch before and after the layer", edits, native=True)


def _told_when_called(document: Document, call: Call) -> Repair | None:
    home = home_of(document, call.node.at)
    edits = None if home is None or is_wrapped(call.node.at) else told_when_called(home[1])
    return Repair(f"say {WHEN_CALLED} where the layer is called", edits) if edits else None


def _as_input_layer(document: Document, call: Call, shape: Json, drop: Edit) -> Repair | None:
    """The shape goes where an InputLayer says it already, or where connections do; else it becomes an InputLayer in front."""
    layer = layer_at(document, call.node.at)
    home = None if layer is None else home_of(document, layer.at)
    if layer is None or home is None:
        return None
    model, first = home[0], home[0].layers[0]
    if model.functional or layer.at != call.node.at or layer.number != first.number or first.class_name == "InputLayer":
        return Repair(f"drop {BATCH_SHAPE}, which says nothing here", (drop,))
    return _inserted(model.layers, shape)


def _inserted(layers: Sequence[Layer], shape: Json) -> Repair:
    first, listed = layers[0], [layer.node.raw for layer in layers]
    name = fresh(f"{first.name}_input", {layer.name for layer in layers})
    entry = {"module": "keras.layers", "class_name": "InputLayer", "config": {"batch_shape": shape, "name": name}, "registered_name": None}
    config = {key: value for key, value in first.node.config.items() if key != BATCH_SHAPE}
    new = [entry, {**first.node.raw, "config": config}, *listed[1:]]
    return Repair("write an InputLayer instead", (Edit(first.at.parent, old=listed, new=new),))


def _refusal(call: Call, refused: Sequence[str]) -> str | None:
    """What Keras says of all arguments that a layer does not take; of other objects it names one."""
    if call.kind != "layer":
        return None
    listed = ", ".join(f"{one!r}: {_short(call.arguments[one])}" for one in refused[:NAMED]) + (", …" if len(refused) > NAMED else "")
    return f"TypeError: … Unrecognized keyword arguments passed to {call.node.class_name}: {{{listed}}}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
