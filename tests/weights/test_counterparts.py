"""One model in two containers, saved by the installed Keras: the same is told equal, and every other number is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from kdoctor.archive import open_document
from kdoctor.archive.numbers import with_numbers_seen
from kdoctor.document import Document
from kdoctor.weights.comparison import Change, compared

keras = pytest.importorskip("keras")
np = pytest.importorskip("numpy")
pytestmark = [
    pytest.mark.skipif(keras.__version__.startswith("2"), reason="Keras 3 saves these"),
    pytest.mark.filterwarnings("ignore"),  # of Keras, when it saves
]
Make = Callable[[], Any]


def called(shape: tuple[int, ...], *layers: Any, name: str | None = None) -> Any:
    inputs = keras.Input(shape)
    outputs = inputs
    for layer in layers:
        outputs = layer(outputs)
    return keras.Model(inputs, outputs, **({"name": name} if name else {}))


def attention() -> Any:
    inputs = keras.Input((4, 3))
    hidden = keras.layers.MultiHeadAttention(1, 2, name="mha")(inputs, inputs)
    group = next(
        found for name in ("GroupQueryAttention", "GroupedQueryAttention") if (found := getattr(keras.layers, name, None)) is not None
    )
    return keras.Model(inputs, group(2, 4, 2, name="gqa")(hidden, hidden))


def nested() -> Any:
    def block(name: str) -> Any:
        return called((3,), keras.layers.BatchNormalization(name="norm"), keras.layers.Dense(3, name="out"), name=name)

    return called((3,), block("one"), block("two"), keras.layers.Dropout(0.5), keras.layers.Dense(3, name="out"))


def frozen() -> Any:
    inner = called((3,), keras.layers.Dense(3, name="in"), keras.layers.BatchNormalization(name="norm"), name="inner")
    inner.trainable = False
    return called((3,), inner, keras.layers.Dense(3, name="out"))


def in_time() -> Any:
    def stack(name: str) -> Any:
        return keras.Sequential([keras.Input((3,)), keras.layers.Dense(3), keras.layers.Dense(3)], name=name)

    both = keras.Sequential([keras.Input((3,)), stack("one"), stack("two")], name="both")
    return called((4, 3), keras.layers.TimeDistributed(both, name="timed"))


def cells() -> Any:
    stacked = keras.layers.RNN([keras.layers.LSTMCell(3), keras.layers.LSTMCell(3)], return_sequences=True, name="stacked")
    return called((4, 3), stacked, keras.layers.Bidirectional(keras.layers.GRU(3), name="both"))


def trained(optimizer: Any = "adam") -> Any:
    model = called((3,), keras.layers.Dense(3, name="in"), keras.layers.Dense(3, name="out"))
    model.compile(optimizer, keras.losses.Huber(), metrics=["mae"])
    model.fit(np.ones((4, 3)), np.ones((4, 3)), verbose=0)
    return model


def scaled() -> Any:
    return trained(keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(amsgrad=True)))


def shared() -> Any:
    inputs = keras.Input((3,))
    hidden = keras.layers.Dense(3, name="shared")(inputs)
    encoder = keras.Model(inputs, keras.layers.Dense(3, name="own")(hidden), name="encoder")
    return keras.Model(inputs, keras.layers.Add()([hidden, encoder(inputs)]))


def spectral() -> Any:
    return called((3,), keras.layers.SpectralNormalization(keras.layers.Dense(3), name="spectral"))


def own_classes() -> Any:
    @keras.saving.register_keras_serializable("counterparts")
    class Scale(keras.layers.Layer):
        def build(self, shape: Any) -> None:
            self.first = self.add_weight(shape=(3, 3), name="first")
            self.fixed = self.add_weight(shape=(3, 3), name="fixed", trainable=False)
            self.last = self.add_weight(shape=(3, 3), name="last")

        def call(self, inputs: Any) -> Any:
            return inputs @ self.first @ self.fixed @ self.last

    @keras.saving.register_keras_serializable("counterparts")
    class Block(keras.layers.Layer):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.z, self.a, self.norm = keras.layers.Dense(3), keras.layers.Dense(3), keras.layers.BatchNormalization()
            self.drop = keras.layers.Dropout(0.5)

        def build(self, shape: Any) -> None:
            for layer in (self.z, self.a, self.norm):
                layer.build(shape)

        def call(self, inputs: Any) -> Any:
            return self.norm(self.a(self.drop(self.z(inputs))))

    inner = called((3,), keras.layers.Dense(3, name="out"), Scale(name="scale"), name="inner")
    return called((3,), Scale(name="scale"), inner, Block(name="block"), keras.layers.Dense(3, name="out"))


MODELS: tuple[Make, ...] = (attention, nested, frozen, in_time, cells, trained, scaled, shared, spectral, own_classes)


def saved(model: Any, path: Path) -> Document:
    model.save(path)
    return with_numbers_seen(open_document(path))


def numbers(model: Any) -> list[Any]:
    """Every variable of floats, each with numbers of its own."""
    found = [*model.weights, *(model.optimizer.variables if getattr(model, "optimizer", None) is not None else ())]
    found = [one for one in found if "float" in str(one.dtype) and len(one.shape) > 0]
    for index, variable in enumerate(found):
        variable.assign(np.linspace(index, index + 0.5, int(np.prod(variable.shape))).reshape(variable.shape))
    return found


@pytest.mark.parametrize("make", MODELS, ids=lambda make: make.__name__)
def test_one_model_in_two_containers_differs_in_nothing_and_one_other_number_is_told(make: Make, tmp_path: Path) -> None:
    model = make()
    variables = numbers(model)
    native = saved(model, tmp_path / "model.keras")
    legacy = saved(model, tmp_path / "model.h5")
    assert compared(native, legacy) == ()
    assert compared(legacy, native) == ()
    for variable in variables:
        old = np.array(variable)
        variable.assign(old + 1)
        changed = compared(native, saved(model, tmp_path / "other.h5"))
        variable.assign(old)
        assert [change.topic for change in changed] == ["weights"], variable.path
        assert changed[0].place.endswith(": numbers")


def test_arrays_that_changed_places_are_told(tmp_path: Path) -> None:
    model = own_classes()
    variables = numbers(model)
    native = saved(model, tmp_path / "model.keras")
    for first, second in pairwise(variables):
        if first.shape == second.shape:
            one, other = np.array(first), np.array(second)
            first.assign(other), second.assign(one)
            assert compared(native, saved(model, tmp_path / "other.h5")) != (), (first.path, second.path)
            first.assign(one), second.assign(other)


def test_the_parts_of_an_attention_have_names_of_their_own(tmp_path: Path) -> None:
    model = attention()
    native = saved(model, tmp_path / "model.keras")
    model.get_layer("mha").query_dense.kernel.assign_add(np.ones((3, 1, 2)))
    assert [change.place for change in compared(native, saved(model, tmp_path / "other.h5"))] == ["mha.query_dense.kernel: numbers"]


def test_a_mean_that_was_summed_in_another_order_is_no_difference(tmp_path: Path) -> None:
    native = saved(spectral(), tmp_path / "model.keras")
    rounded = {path: replace(found, mean=(found.mean or 0) + 1e-9) for path, found in native.numbers.items()}
    assert compared(native, native.replacing({**native.parts, "numbers": rounded})) == ()
    other = {path: replace(found, checksum=found.checksum ^ 1) for path, found in native.numbers.items()}
    assert len(compared(native, native.replacing({**native.parts, "numbers": other}))) == len(native.weights)


@pytest.mark.skipif(not hasattr(keras.layers.Dense, "enable_lora"), reason="Keras 3.1 has it")
def test_low_rank_arrays_that_change_nothing_are_no_difference(tmp_path: Path) -> None:
    dense = keras.layers.Dense(3, name="dense")
    model = called((3,), dense)
    dense.enable_lora(2)
    native = saved(model, tmp_path / "model.keras")
    assert compared(native, saved(model, tmp_path / "model.h5")) == ()
    dense.lora_kernel_b.assign_add(np.ones((2, 3)))
    told = compared(native, saved(model, tmp_path / "other.h5"))
    assert [change.place.rpartition("/")[2] for change in told] == ["lora_kernel_a", "lora_kernel_b"]


def test_another_class_and_another_argument_are_told_between_containers(tmp_path: Path) -> None:
    def wrapped(units: int, activation: str) -> Any:
        return called((4, 3), keras.layers.TimeDistributed(called((3,), keras.layers.Dense(units, activation, name="in")), name="timed"))

    native = saved(wrapped(3, "relu"), tmp_path / "model.keras")
    assert {
        change.place for change in compared(native, saved(wrapped(3, "tanh"), tmp_path / "other.h5")) if change.topic == "arguments"
    } >= {"timed.layer.config.layers.1.config.activation"}
    other = saved(called((3,), keras.layers.Dense(3, name="out")), tmp_path / "dense.h5")
    legacy = saved(called((3,), keras.layers.EinsumDense("ab,bc->ac", 3, bias_axes="c", name="out")), tmp_path / "einsum.keras")
    assert Change("architecture", "out", "Dense", "EinsumDense") in compared(other, legacy)


def test_a_model_that_was_made_and_saved_twice_differs_in_counted_names_alone(tmp_path: Path) -> None:
    for name in ("one", "two"):
        keras.utils.set_random_seed(3)
        trained().save(tmp_path / f"{name}.h5")
    one, two = (with_numbers_seen(open_document(tmp_path / f"{name}.h5")) for name in ("one", "two"))
    found = compared(one, two)
    assert [change for change in found if not change.place.endswith("name")] == []
    assert any(change.place == "optimizer.config.name" for change in found)
