"""Run in a process of its own: models of many kinds, saved by real Keras. ``python probe_code.py FOLDER``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
from keras import layers as L
from keras import ops

MODELS: dict[str, Callable[[], Any]] = {}


def model(make: Callable[[], Any]) -> Callable[[], Any]:
    MODELS[make.__name__] = make
    return make


@model
def convolutions() -> Any:
    regular = keras.regularizers.L2(1e-4)
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            L.Conv2D(4, 3, strides=2, padding="same", kernel_initializer="he_normal", kernel_regularizer=regular),
            L.BatchNormalization(momentum=0.9),
            L.ReLU(max_value=6.0),
            L.DepthwiseConv2D(3, depth_multiplier=2),
            L.GlobalAveragePooling2D(),
            L.Dense(3, activation="softmax", kernel_constraint=keras.constraints.MaxNorm(2.0)),
        ]
    )


@model
def translator() -> Any:
    words, said = keras.Input((None, 5), name="words"), keras.Input((None, 3), name="said")
    _, *states = L.LSTM(4, return_state=True)(words)
    spoken, _, _ = L.LSTM(4, return_sequences=True, return_state=True)(said, initial_state=states)
    return keras.Model([words, said], L.TimeDistributed(L.Dense(3))(spoken))


@model
def recurrent() -> Any:
    numbers = keras.Input((7,), dtype="int32")
    both = L.Bidirectional(L.GRU(4, return_sequences=True), merge_mode="sum")(L.Embedding(20, 6, mask_zero=True)(numbers))
    unlike = L.Bidirectional(L.LSTM(3), backward_layer=L.LSTM(3, go_backwards=True, activation="relu"))(both)
    return keras.Model(numbers, [unlike, L.RNN([L.LSTMCell(4), L.GRUCell(3)])(both)])


@model
def nested_states() -> Any:
    steps = keras.Input((6, 3))
    outputs, first, second = L.RNN([L.LSTMCell(4), L.LSTMCell(3)], return_state=True)(steps)
    return keras.Model(steps, [outputs, first, L.Dense(2)(second[1])])


@model
def twins() -> Any:
    tower = keras.Sequential([keras.Input((6,)), L.Dense(4, activation="tanh"), L.Dense(2)], name="tower")
    left, right = keras.Input((6,), name="left"), keras.Input((6,), name="right")
    return keras.Model([left, right], L.Dense(1)(ops.absolute(tower(left) - tower(right))))


@model
def nested() -> Any:
    given = keras.Input((3,), name="a")
    inner = keras.Model(given, {"u": L.Dense(2, name="u")(given), "v": L.Dense(4, name="v")(given)}, name="inner")
    inner.trainable = False
    outer = keras.Input((3,), name="class")
    made = inner(outer)
    return keras.Model(outer, L.Concatenate(name="my layer-1")([made["v"], made["u"]]))


@model
def operations() -> Any:
    x, y = keras.Input((4, 6)), keras.Input((4, 6))
    both = x + y - L.Add()([x, y]) * 2.0
    flat = ops.concatenate([both[:, 0], both[:, -1, :]], axis=-1)
    halves = ops.split(ops.reshape(flat, (-1, 2, 6)), 2, axis=-1)
    products = ops.einsum("bij,bkj->bik", *halves)
    mask = ops.cast(products > 0.3, "float32")
    return keras.Model([x, y], [ops.mean(mask, axis=1, keepdims=True), ops.where(both > 0, both, 0.1 * both), ops.stack(halves, axis=1)])


@model
def attention() -> Any:
    x, y = keras.Input((6, 8)), keras.Input((5, 8))
    seen, scores = L.MultiHeadAttention(2, 4)(x, y, y, return_attention_scores=True)
    causal = L.MultiHeadAttention(2, 4)(x, x, use_causal_mask=True)
    return keras.Model([x, y], [L.LayerNormalization(epsilon=1e-6)(seen + causal), scores, L.Attention()([x, y])])


@model
def dictionaries() -> Any:
    inputs = {"a": keras.Input((3,), name="a"), "b": keras.Input((3,), name="b")}
    return keras.Model(inputs, {"sum": L.Add(name="sum")([inputs["a"], inputs["b"]]), "head": L.Dense(2, name="head")(inputs["a"])})


@model
def masked() -> Any:
    steps, mask = keras.Input((6, 3)), keras.Input((6,), dtype="bool")
    return keras.Model([steps, mask], L.LSTM(3)(L.Masking(0.0)(steps), mask=mask))


@model
def words() -> Any:
    given = keras.Input((1,), dtype="string")
    vectors = L.TextVectorization(max_tokens=20, output_sequence_length=4)
    vectors.adapt(['it\'s "quoted" cat', "dog \\ bird"])
    return keras.Model(given, [vectors(given), L.StringLookup(vocabulary=["a", "b"], output_mode="one_hot")(given)])


@model
def policies() -> Any:
    return keras.Sequential([keras.Input((4,)), L.Dense(4, activation="gelu", dtype="mixed_float16"), L.Dense(2)])


@model
def compiled() -> Any:
    made = keras.Sequential([keras.Input((4,)), L.Dense(3, activation="softmax")])
    rate = keras.optimizers.schedules.ExponentialDecay(1e-3, 100, 0.9)
    made.compile(keras.optimizers.AdamW(rate, clipnorm=1.0), keras.losses.CategoricalCrossentropy(label_smoothing=0.1), ["accuracy"])
    return made


@model
def policy_map() -> Any:
    given = keras.Input((4, 6))
    policies = {"heads/query": keras.dtype_policies.DTypePolicy("float64")}
    return keras.Model(
        given, L.MultiHeadAttention(2, 3, dtype=keras.dtype_policies.DTypePolicyMap("float32", policies), name="heads")(given, given)
    )


@model
def one_layer_in_two_models() -> Any:
    given = keras.Input((4,))
    shared = L.Dense(2, name="shared")
    first, second = (keras.Model(given, shared(given) * number, name=name) for number, name in ((2.0, "first"), (3.0, "second")))
    outer = keras.Input((4,))
    return keras.Model(outer, [first(outer), second(outer)])


def main() -> None:
    for name, make in MODELS.items():
        keras.backend.clear_session()
        keras.utils.set_random_seed(1)
        make().save(Path(sys.argv[1]) / f"{name}.keras")


if __name__ == "__main__":
    main()
