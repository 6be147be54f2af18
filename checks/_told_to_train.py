"""A call with ``training=True``: Keras 2 heeds it when the model predicts, Keras 3 tells every layer what it tells the model (functional.py, operation_fn)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from kdoctor.check import Finding, Repair, Safety
from kdoctor.document import Document, Json
from kdoctor.keras_api import habits
from kdoctor.saved_release import release_of
from kdoctor.structure.models import all_models
from kdoctor.target import Target

KERAS_3 = 3
# Layers that do something else in training, and the arguments of which one must be more than 0 for that.
DROPPING: Final = ("dropout", "recurrent_dropout")
VARYING: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "AlphaDropout", "GaussianDropout"), ("rate",)),
    **dict.fromkeys(
        ("LSTM", "GRU", "SimpleRNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "LSTMCell", "GRUCell", "SimpleRNNCell"), DROPPING
    ),
    **dict.fromkeys(("MultiHeadAttention", "Attention", "AdditiveAttention"), ("dropout",)),
    "GaussianNoise": ("stddev",),
}
ADVICE = Repair("call the model itself: model(x) heeds it", safety=Safety.ADVICE)


def told_to_train(document: Document, target: Target) -> Iterator[Finding]:
    """Each layer, or nested model, that works otherwise for the target when the model predicts."""
    if not habits.TELLS_LAYERS_WHETHER_TO_TRAIN.of(target) or (release_of(document) or (2, 0))[0] >= KERAS_3:
        return
    for model in all_models(document):
        for layer in model.layers if model.functional else ():
            calls = layer.node.raw.get("inbound_nodes")
            if isinstance(calls, list) and any(map(_trains, calls)) and _varies(layer.node.raw):
                yield Finding(
                    layer.at,
                    f"{layer.class_name} {layer.name!r} is called with training=True, which predict() of {target} passes over; "
                    "the Keras that saved the file heeded it",
                    repair=ADVICE,
                    layer=layer.name,
                    other_numbers=True,
                )


def _trains(call: Json) -> bool:
    """Whether a call, as Keras 2 lists it, says so: the keywords beside the last tensor count."""
    last = call[-1] if isinstance(call, list) and call else None
    keywords = last[3] if isinstance(last, list) and len(last) > 3 else call[3] if isinstance(call, list) and len(call) > 3 else None
    return isinstance(keywords, Mapping) and keywords.get("training") is True


def _varies(value: Json) -> bool:
    """Whether a layer, or one inside it, works otherwise in training. A frozen BatchNormalization never does."""
    if isinstance(value, list):
        return any(map(_varies, value))
    if not isinstance(value, Mapping):
        return False
    name, config = value.get("class_name"), value.get("config")
    if isinstance(name, str) and isinstance(config, Mapping):
        if name == "BatchNormalization" and config.get("trainable") is not False:
            return True
        if any(_is_positive(config.get(argument)) for argument in VARYING.get(name, ())):
            return True
    return any(map(_varies, value.values()))


def _is_positive(value: Json) -> bool:
    return isinstance(value, (int, float)) and value > 0
