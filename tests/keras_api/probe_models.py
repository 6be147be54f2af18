"""Run in a child process: saves models of many forms with the installed Keras, as ``.keras`` and ``.h5``, into the folder that is given.

The answer on standard output gives for each model by name ``outputs``: the shape of each layer's output, by the layer's name, and
``listed``: for each layer with weights, by name, the roles of its weights in the order of an ``.h5``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
from keras import Input, Model, Sequential, layers, ops


def dense() -> Any:
    return Sequential([Input((4,)), layers.Dense(5, activation="relu"), layers.Dropout(0.2), layers.Dense(3, use_bias=False)])


def convolutional() -> Any:
    return Sequential([
        Input((16, 18, 3)), layers.Conv2D(4, 3), layers.BatchNormalization(), layers.MaxPooling2D(), layers.SeparableConv2D(6, 3, padding="same"),
        layers.DepthwiseConv2D(3, strides=2), layers.GlobalAveragePooling2D(), layers.Dense(2),
    ])  # fmt: skip


def flattened() -> Any:
    return Sequential([Input((8, 8, 1)), layers.ZeroPadding2D(2), layers.Conv2D(3, 5, strides=2), layers.Flatten(), layers.Dense(2)])


def recurrent() -> Any:
    return Sequential([
        Input((9,)), layers.Embedding(20, 6), layers.Bidirectional(layers.LSTM(5, return_sequences=True)), layers.GRU(4, return_sequences=True),
        layers.TimeDistributed(layers.Dense(3)), layers.SimpleRNN(2),
    ])  # fmt: skip


def stacked() -> Any:
    cells = [layers.LSTMCell(4), layers.GRUCell(3)]
    return Sequential([Input((7, 5)), layers.RNN(cells, return_sequences=True), layers.RNN(layers.SimpleRNNCell(2))])


def states() -> Any:
    inputs = Input((7, 5))
    sequence, hidden, carry = layers.LSTM(4, return_sequences=True, return_state=True)(inputs)
    decoded = layers.LSTM(4)(sequence, initial_state=[hidden, carry])
    return Model(inputs, layers.Concatenate()([decoded, hidden]))


def attentive() -> Any:
    query, value = Input((6, 8), name="query"), Input((5, 4), name="value")
    found = layers.MultiHeadAttention(2, 3, value_dim=4)(query=query, value=value)
    found = layers.LayerNormalization()(layers.Add()([query, found]))
    found = layers.GroupQueryAttention(3, 4, 2)(found, found, use_causal_mask=True)
    return Model([query, value], layers.Dense(2)(found))


def masked() -> Any:
    words, mask = Input((6, 8)), Input((6, 6), dtype="bool")
    return Model([words, mask], layers.MultiHeadAttention(2, 3)(words, words, attention_mask=mask))


def siamese() -> Any:
    one, other = Input((6,)), Input((6,))
    shared = layers.Dense(4)
    return Model([one, other], layers.Dense(1)(layers.Subtract()([shared(one), shared(other)])))


def head(name: str, **more: Any) -> Any:
    inputs = Input((6,), name=f"{name}_input")
    return Model(inputs, layers.BatchNormalization()(layers.Dense(4)(inputs)), name=name, **more)


def nested() -> Any:
    inputs = Input((6,))
    both = [head("left")(inputs), Sequential([Input((6,)), layers.Dense(3), layers.Dense(2)], name="right")(inputs)]
    return Model(inputs, layers.Dense(1)(layers.Concatenate()(both)))


def shared_model() -> Any:
    one, other, inside = Input((6,)), Input((6,)), head("inside")
    return Model([one, other], layers.Dense(1)(layers.Add()([inside(one), inside(other)])))


def frozen() -> Any:
    inside = head("inside")
    inside.trainable = False
    batch = layers.BatchNormalization(trainable=False)
    return Sequential([Input((6,)), inside, batch, layers.Dense(2)])


def deep() -> Any:
    inputs = Input((6,))
    middle = Sequential([Input((6,)), head("core"), layers.Dense(3)], name="middle")
    return Model(inputs, layers.Dense(2)(middle(inputs)))


def two_of_each() -> Any:
    inputs = Input((8, 8, 3))
    left, right = layers.Conv2D(4, 3, name="left")(inputs), layers.Conv2D(5, 3, name="right")(inputs)
    merged = layers.Concatenate()([left, right])
    return Model(
        inputs, [layers.Dense(2, name="one")(layers.GlobalMaxPooling2D()(merged)), layers.Dense(3, name="two")(layers.Flatten()(left))]
    )


def distributed() -> Any:
    return Sequential([Input((4, 6)), layers.TimeDistributed(head("inside")), layers.Flatten(), layers.Dense(2)])


def video() -> Any:
    return Sequential(
        [Input((4, 8, 8, 2)), layers.ConvLSTM2D(3, 3, return_sequences=True), layers.Conv3D(2, 2), layers.Flatten(), layers.Dense(1)]
    )


def normalized() -> Any:
    inputs = Input((6,))
    scaled = layers.Normalization(axis=-1)
    spectral = layers.SpectralNormalization(layers.Dense(4))
    return Model(inputs, layers.PReLU()(layers.Dense(2)(spectral(scaled(inputs)))))


def reshaped() -> Any:
    return Sequential([
        Input((6, 4)), layers.Permute((2, 1)), layers.Reshape((3, 8)), layers.Conv1DTranspose(5, 3, strides=2), layers.UpSampling1D(2),
        layers.Cropping1D(1), layers.LayerNormalization(), layers.GlobalAveragePooling1D(), layers.RepeatVector(3), layers.Dense(2),
    ])  # fmt: skip


def equations() -> Any:
    inputs = Input((6, 4))
    return Model(inputs, layers.Dense(2)(layers.EinsumDense("abc,cd->abd", (None, 7), bias_axes="d")(inputs)))


def operations() -> Any:
    inputs = Input((6, 4))
    found = layers.Dense(5)(ops.relu(inputs) * 2 + layers.Dense(4)(inputs))
    return Model(inputs, layers.Dense(2)(ops.mean(found, axis=1)))


def quantized() -> Any:
    model = dense()
    model.quantize("int8")
    return model


def adapted() -> Any:
    model = dense()
    model.layers[0].enable_lora(2)
    return model


def application() -> Any:
    return keras.applications.MobileNetV2((32, 32, 3), alpha=0.35, weights=None, classes=3)


MODELS: list[Callable[[], Any]] = [
    dense, convolutional, flattened, recurrent, stacked, states, attentive, masked, siamese, nested, shared_model, frozen, deep, two_of_each,
    distributed, video, normalized, reshaped, equations, operations, quantized, adapted, application,
]  # fmt: skip
NOT_IN_H5 = {operations, quantized, adapted}  # Keras does not read its own back


def answer(model: Any) -> dict[str, Any]:
    from keras.src.legacy.saving.legacy_h5_format import _legacy_weights

    told: dict[str, Any] = {"outputs": {}, "listed": {}}
    for layer in model.layers:
        if isinstance(layer.output, (list, tuple)):
            told["outputs"][layer.name] = list(layer.output[0].shape)
        else:
            told["outputs"][layer.name] = list(layer.output.shape)
        roles = [weight.name for weight in _legacy_weights(layer)]
        if roles:
            told["listed"][layer.name] = roles
    return told


def main() -> None:
    folder, answers = Path(sys.argv[1]), {}
    for make in MODELS:
        keras.utils.clear_session()
        model = make()
        model.save(folder / f"{make.__name__}.keras")
        if make not in NOT_IN_H5:
            model.save(folder / f"{make.__name__}.h5")
            model = keras.models.load_model(folder / f"{make.__name__}.h5", compile=False)
        answers[make.__name__] = answer(model)
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
