"""K206: layers that cannot take the shape they are given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy
import pytest
from graphs import after, functional, start
from rewriting import with_config

from kdoctor.doctor import examine_file, plan_file
from kdoctor.document import Document
from kdoctor.packs import load_checks
from kdoctor.repair import Wish, carry_out
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, model, sequential


def stack(shape: list[int | None], made: dict[str, Any]) -> Document:
    return model(layer("InputLayer", name="in", batch_shape=shape), made)


def joined(made: dict[str, Any], *shapes: list[int | None]) -> Document:
    inputs = [start(f"in_{index}") for index in range(len(shapes))]
    for entry, shape in zip(inputs, shapes, strict=True):
        entry["config"]["batch_shape"] = shape
    names = [entry["name"] for entry in inputs]
    return document(functional(*inputs, after(made, *names), inputs=tuple((name, 0, 0) for name in names)))


def test_another_number_of_axes_is_named_with_what_the_layer_wants() -> None:
    (finding,) = examine("K206", stack([None, 8], layer("LSTM", units=2)))
    assert finding.message == "LSTM 'lstm' is given (None, 8) and wants 3 axes"
    assert finding.keras_says == (
        "ValueError: Input 0 with name 'None' of layer 'lstm' is incompatible with the layer: expected ndim=3, found ndim=2. "
        "Full shape received: (None, 8)"
    )
    assert finding.repair is not None
    assert not finding.repair.changes


def test_a_layer_that_follows_the_sick_one_is_not_named_too() -> None:
    small = layer("Conv2D", name="small", filters=2, kernel_size=[5, 5])
    after_it = layer("Conv2D", name="after", filters=2, kernel_size=[2, 2])
    (finding,) = examine("K206", model(layer("InputLayer", name="in", batch_shape=[None, 3, 3, 1]), small, after_it))
    assert finding.layer == "small"


@pytest.mark.parametrize(
    ("made", "shapes", "wants"),
    [
        (layer("Concatenate", name="out"), ([None, 8, 2], [None, 7, 2]), "inputs of equal lengths on every axis but axis -1"),
        (layer("Concatenate", name="out", axis=1), ([None, 8], [None, 8, 2]), "inputs of equal lengths on every axis but axis 1"),
        (layer("Add", name="out"), ([None, 8, 2], [None, 8]), "inputs of equal shapes, lengths of 1 apart"),
        (layer("Dot", name="out", axes=1), ([None, 8], [None, 7]), "two inputs that are equally long on the axes it multiplies along"),
    ],
)
def test_inputs_that_do_not_go_together_are_named(made: dict[str, Any], shapes: Any, wants: str) -> None:
    (finding,) = examine("K206", joined(made, *shapes))
    assert finding.message.endswith(f"wants {wants}")


@pytest.mark.parametrize(
    "sick",
    [
        joined(layer("Concatenate", name="out"), [None, 8, 2], [None, None, 2]),
        joined(layer("Concatenate", name="out", axis=1), [None, 8, 2], [None, 7, 2]),
        joined(layer("Add", name="out"), [None, 8, 2], [None, 2]),
        joined(layer("Add", name="out"), [None, 1], [None, 8]),
        stack([None, None], layer("Reshape", target_shape=[3, 3])),
        stack([None, 12], layer("Reshape", target_shape=[3, -1])),
        stack([None, 3, 1], layer("Conv1D", filters=2, kernel_size=[5], padding="causal")),
        stack([None, 3, 3, 1], layer("MaxPooling2D", pool_size=[5, 5], padding="same")),
        stack([None, None, None, 3], layer("Conv2D", filters=2, kernel_size=[5, 5])),
        stack([None, 8], layer("LSTM", module="mine", units=2)),
        model(layer("LSTM", units=2)),
    ],
)
def test_what_a_layer_takes_or_what_is_not_known_is_not_named(sick: Document) -> None:
    assert examine("K206", sick) == []


@pytest.mark.parametrize("operation", [keras.ops.subtract, keras.ops.add, keras.ops.multiply, keras.ops.maximum, keras.ops.minimum])
def test_an_operation_takes_what_the_layer_of_its_name_does_not(tmp_path: Path, operation: Any) -> None:
    given = keras.Input(batch_shape=(3, 4))
    keras.Model(given, operation(given, keras.ops.mean(given, axis=0))).save(tmp_path / "model.keras")
    assert loads_in_keras(tmp_path / "model.keras")
    report = examine_file(tmp_path / "model.keras", Target("3.15.1"), load_checks())
    assert "K206" not in {found.check.code for found in report.findings}


def test_a_nested_model_that_gains_an_axis_on_entry_is_left_alone() -> None:
    inner = functional(start(), after(layer("LSTM", name="out", units=2), "in"), name="inner")
    inner["config"]["layers"][0]["config"]["batch_shape"] = [None, 4, 1]
    assert examine("K206", document(functional(start(), after(inner, "in"), outputs=(("inner", 0, 0),)))) == []


def shared(*lengths: int | None) -> Document:
    """One Dense for several inputs."""
    inputs = [start(f"in_{index}") for index in range(len(lengths))]
    for entry, length in zip(inputs, lengths, strict=True):
        entry["config"]["batch_shape"] = [None, length]
    calls = [[[entry["name"], 0, 0, {}]] for entry in inputs]
    dense = {**layer("Dense", name="twice", units=2), "name": "twice", "inbound_nodes": calls}
    ends = tuple(("twice", index, 0) for index in range(len(lengths)))
    return document(functional(*inputs, dense, inputs=tuple((entry["name"], 0, 0) for entry in inputs), outputs=ends))


def test_a_layer_whose_calls_ask_for_other_variables_is_named() -> None:
    (finding,) = examine("K206", shared(4, 5))
    assert finding.message == "Dense 'twice' is made for (None, 4), and is given (None, 5)"
    assert "expected axis -1 of input shape to have value 4, but received input with shape (None, 5)" in str(finding.keras_says)
    assert examine("K206", shared(4, 4)) == []
    assert examine("K206", shared(4, None)) == []


def test_an_input_that_leaves_open_how_large_a_kernel_is_is_named() -> None:
    (finding,) = examine("K206", shared(None))
    assert finding.message == "Dense 'twice' is given (None, None), which leaves open how large its kernel is"
    open_length = joined(layer("Conv1D", name="out", filters=2, kernel_size=[2]), [None, None, 3])
    assert examine("K206", open_length) == []


def test_keras_refuses_both() -> None:
    def made(config: dict[str, Any]) -> Any:
        config = {**json.loads(json.dumps(config)), "module": "keras.src.models.functional"}
        return keras.saving.deserialize_keras_object(config)

    for lengths, why in (((4, 5), "expected axis -1 of input shape to have value 4"), ((None,), "fully-defined")):
        with pytest.raises(ValueError, match=why):
            made(shared(*lengths).config)
    assert made(shared(4, 4).config).count_params() == 10


def opened(sequential_model: keras.Sequential, path: Path, shape: list[None], keep_build: bool) -> None:
    """Save a model whose InputLayer leaves lengths open, with or without what its layers were built with."""
    sequential_model.save(path)

    def open_it(config: Any) -> None:
        config["config"]["layers"][0]["config"]["batch_shape"] = shape
        for entry in [] if keep_build else config["config"]["layers"]:
            entry.pop("build_config", None)

    with_config(path, path, open_it)


STACKS: dict[str, Any] = {
    "dense": lambda: [keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dense(2)],
    "convolution": lambda: [keras.Input((6, 4)), keras.layers.Conv1D(3, 2), keras.layers.Flatten(), keras.layers.Dense(2)],
    "prelu": lambda: [keras.Input((4,)), keras.layers.PReLU(), keras.layers.Dense(2)],
    "nested": lambda: [keras.Input((4,)), keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])],
    "depthwise": lambda: [keras.Input((6, 6, 4)), keras.layers.DepthwiseConv2D(2), keras.layers.Conv2D(2, 2)],
    "depthwise behind": lambda: [keras.Input((6, 4)), keras.layers.ReLU(), keras.layers.MaxPooling1D(), keras.layers.DepthwiseConv1D(2)],
    "separable": lambda: [keras.Input((6, 6, 4)), keras.layers.SeparableConv2D(3, 2)],
    "normalized": lambda: [keras.Input((4,)), keras.layers.Normalization(mean=[0.0] * 4, variance=[1.0] * 4)],
    "rescaled": lambda: [keras.Input((6, 6, 4)), keras.layers.Rescaling(0.5), keras.layers.Conv2D(2, 2)],
    "wrapped": lambda: [keras.Input((6, 4)), keras.layers.TimeDistributed(keras.layers.Dense(2))],
}


def loads_in_keras(path: Path) -> bool:
    try:
        keras.saving.load_model(path)
    except (ValueError, TypeError):
        return False
    return True


@pytest.mark.filterwarnings("ignore:__array__ implementation")  # of Keras, when it saves
@pytest.mark.parametrize("keep_build", [True, False])
@pytest.mark.parametrize("layers", STACKS.values(), ids=STACKS)
def test_an_input_that_leaves_all_lengths_open_loads_where_keras_says_so(tmp_path: Path, layers: Any, keep_build: bool) -> None:
    path, stack = tmp_path / "model.keras", keras.Sequential(layers())
    opened(stack, path, [None] * len(stack.input_shape), keep_build)
    assert examine_file(path, Target(keras.__version__), load_checks()).loads is loads_in_keras(path)


CHAINS: dict[str, Any] = {
    "dense": lambda: [keras.layers.Activation("relu"), keras.layers.Dense(2)],
    "flattened": lambda: [keras.layers.Flatten(), keras.layers.Dense(2)],
    "pooled": lambda: [keras.layers.MaxPooling1D(), keras.layers.BatchNormalization()],
    "depthwise": lambda: [keras.layers.ZeroPadding1D(), keras.layers.DepthwiseConv1D(2)],
    "cell": lambda: [keras.layers.RNN(keras.layers.LSTMCell(2))],
    "normalized": lambda: [keras.layers.Dropout(0.5), keras.layers.Normalization(mean=[0.0] * 4, variance=[1.0] * 4)],
}


@pytest.mark.filterwarnings("ignore:__array__ implementation")
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize("layers", CHAINS.values(), ids=CHAINS)
def test_an_open_length_is_followed_through_the_layers_that_hand_it_on(tmp_path: Path, layers: Any) -> None:
    path, tensor = tmp_path / "model.h5", keras.Input((6, 4))
    given = tensor
    for one in layers():
        tensor = one(tensor)
    keras.Model(given, tensor).save(path)
    with_config(path, path, lambda config: config["config"]["layers"][0]["config"].update(batch_shape=[None, 6, None]))
    assert examine_file(path, Target(keras.__version__), load_checks()).loads is loads_in_keras(path)


def half_open(taken: str, given: str, *lengths: int | None) -> Any:
    return keras.layers.EinsumDense(f"{taken},cd->{given}", output_shape=(*lengths, 3))


LENGTHS: dict[str, Any] = {
    "equation": lambda: half_open("...c", "...d"),
    "told by its equation": lambda: half_open("abc", "abd", 6),
    "recurrent": lambda: keras.layers.Bidirectional(keras.layers.GRU(2, return_sequences=True)),
    "cell": lambda: keras.layers.RNN(keras.layers.LSTMCell(2), return_sequences=True),
    "last step": lambda: keras.layers.LSTM(2),
    "turned": lambda: keras.layers.Permute((2, 1)),
    "reshaped": lambda: keras.layers.Reshape((-1, 2)),
    "convolution": lambda: keras.layers.SeparableConv1D(3, 2),
    "wrapped": lambda: keras.layers.TimeDistributed(keras.layers.Activation("relu")),
    "normalized": lambda: keras.layers.BatchNormalization(),
    "pooled away": lambda: keras.layers.GlobalMaxPooling1D(),
}


@pytest.mark.filterwarnings("ignore:__array__ implementation")
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize("made", LENGTHS.values(), ids=LENGTHS)
@pytest.mark.parametrize("sequential", [True, False])
def test_a_dense_behind_a_flattened_open_length_is_told_whatever_stands_before(tmp_path: Path, made: Any, sequential: bool) -> None:
    path, chain = tmp_path / "model.h5", [keras.Input((6, 4)), made(), keras.layers.Flatten(), keras.layers.Dense(2)]
    stack = keras.Sequential(chain)
    (stack if sequential else keras.Model(stack.inputs, stack.outputs)).save(path)

    def open_it(config: Any) -> None:
        config["config"]["layers"][0]["config"]["batch_shape"] = [None, None, 4]
        config["config"].pop("build_input_shape", None)

    with_config(path, path, open_it)
    assert examine_file(path, Target(keras.__version__), load_checks()).loads is loads_in_keras(path)


@pytest.mark.filterwarnings("ignore:__array__ implementation")
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize("between", [keras.layers.Flatten, keras.layers.GlobalMaxPooling1D, lambda: keras.layers.Permute((2, 1))])
@pytest.mark.parametrize("sequential", [True, False])
def test_a_length_that_an_einsum_of_keras_2_leaves_open_is_that_of_its_input(tmp_path: Path, between: Any, sequential: bool) -> None:
    path, out = tmp_path / "model.h5", tmp_path / "cured.h5"
    stack = keras.Sequential([keras.Input((6, 4)), half_open("abc", "abd", 6), between(), keras.layers.Dense(2)])
    (stack if sequential else keras.Model(stack.inputs, stack.outputs)).save(path)
    given = numpy.linspace(-1, 1, 48).reshape(2, 6, 4)
    wanted = stack.predict(given, verbose=0)

    def left_open(config: Any) -> None:
        (einsum,) = (one["config"] for one in config["config"]["layers"] if one["class_name"] == "EinsumDense")
        einsum["output_shape"] = [None, 3]

    with_config(path, path, left_open)
    plan = plan_file(path, Target(keras.__version__), load_checks())
    assert plan.before.loads is loads_in_keras(path)
    cured = path if plan.before.loads else carry_out(plan, path, Wish(out)).out
    assert cured is not None
    numpy.testing.assert_allclose(keras.saving.load_model(cured).predict(given, verbose=0), wanted, rtol=1e-5)


@pytest.mark.filterwarnings("ignore:__array__ implementation")
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("end", [keras.layers.Flatten, keras.layers.GlobalAveragePooling1D, lambda: keras.layers.Permute((2, 1))])
@pytest.mark.parametrize(
    "join", [keras.layers.Add, keras.layers.Maximum, keras.layers.Concatenate, lambda: keras.layers.Concatenate(axis=1)]
)
def test_an_open_length_that_meets_a_told_one_is_as_keras_takes_it(tmp_path: Path, join: Any, end: Any, turned: bool) -> None:
    """As a file of Keras 2 has it, which sees that a sum of both is as long as the one that is told: run for 260 files of 2.15 in 3.15.1 and in 2.15."""
    path = tmp_path / "model.h5"
    inputs = [keras.Input((5, 8), name="open"), keras.Input((5, 8), name="told")]
    given = [keras.layers.Activation("relu")(inputs[0]), inputs[1]]
    keras.Model(inputs, keras.layers.Dense(3)(end()(join()(given[::-1] if turned else given)))).save(path)

    def opened(config: Any) -> None:
        shape = config["config"]["layers"][0]["config"]["batch_shape"]
        assert shape == [None, 5, 8]
        shape[1] = None

    with_config(path, path, opened)
    assert examine_file(path, Target(keras.__version__), load_checks()).loads is loads_in_keras(path)
    if join().get_config().get("axis") != 1:  # Keras 2 sees the length that is told
        assert "K206" not in [found.check.code for found in examine_file(path, Target("2.15.0"), load_checks()).findings]


def test_of_layers_that_are_alike_each_is_judged_by_what_it_was_built_with() -> None:
    dense = [layer("Dense", name=f"d{number}", units=8, build=[None, length]) for number, length in enumerate((8, 5, 8, 6))]
    told = examine("K206", model(layer("InputLayer", name="in", batch_shape=[None, 8]), *dense))
    assert [finding.layer for finding in told] == ["d1", "d3"]
    assert told[0].message == "Dense 'd1' is made for (None, 5), and is given (None, 8)"


@pytest.mark.parametrize("made", [layer("Dense", units=3, build=[None, 4]), layer("DepthwiseConv1D", kernel_size=[2], build=[None, 6, 4])])
def test_keras_2_goes_by_no_build_config(made: dict[str, Any]) -> None:
    shape = [None] * len(made["build_config"]["input_shape"])
    (finding,) = examine("K206", stack(shape, made), Target("2.15.0"))
    assert "leaves open" in finding.message
    assert len(examine("K206", stack(shape, made))) == (made["class_name"] != "Dense")


def test_a_model_in_a_wrapper_is_looked_into() -> None:
    def steps(shape: list[int | None], **build: Any) -> Document:
        held = functional(
            {**start("a"), "config": {"name": "a", "batch_shape": shape}},
            after(layer("Dense", units=2, **build), "a"),
            inputs=(("a", 0, 0),),
            outputs=(("dense", 0, 0),),
        )
        first = {**start(), "config": {"name": "in", "batch_shape": [None, 3, 4]}}
        return document(functional(first, after(layer("TimeDistributed", name="out", layer=held), "in")))

    assert examine("K206", steps([None, 4])) == []
    (finding,) = examine("K206", steps([None, 5]))
    assert finding.message == "the model 'model' is given (None, 4) by what wraps it, and its input is (None, 5)"
    (finding,) = examine("K206", steps([None, None]))
    assert "leaves open how large its kernel is" in finding.message
    assert examine("K206", steps([None, None], build=[None, 4])) == []
    assert len(examine("K206", steps([None, None], build=[None, 4]), Target("2.15.0"))) == 1
    (finding,) = examine("K206", steps([None]))
    assert finding.message == "Dense 'dense' is given (None,) and wants at least 2 axes"


@pytest.mark.parametrize(("release", "told"), [("2.15.0", 0), ("3.0.5", 1), ("3.3.3", 1), ("3.4.1", 0)])
@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("kind", ["Sequential", "Functional"])
def test_a_graph_around_a_model_in_time_distributed_is_named_for_early_keras_3(release: str, told: int, depth: int, kind: str) -> None:
    inner = (
        sequential(layer("Dense", name="dense", units=2))
        if kind == "Sequential"
        else functional(start(), after(layer("Dense", name="out"), "in"))
    )
    for _ in range(depth):
        inner = layer("TimeDistributed", name="out", layer=inner)
    found = examine("K206", document(functional(start(), after(inner, "in"))), Target(release))
    says = [finding for finding in found if "should implement `def compute_output_shape" in (finding.keras_says or "")]
    assert len(says) == told
    assert all("load it with Keras 3.4 or later" in finding.repair.title for finding in says if finding.repair)


def test_a_stack_around_a_model_in_time_distributed_stays_unbuilt_and_loads_all_the_same() -> None:
    wrapped = layer("TimeDistributed", name="td", layer=sequential(layer("Dense", name="dense", units=2)))
    assert examine("K206", stack([None, 4, 3], wrapped), Target("3.0.5")) == []


def test_the_weights_of_words_grow_with_the_words_and_not_with_the_input() -> None:
    """A StringLookup of tf_idf takes texts of any number of words: 3.15.1 saves and loads it."""
    stack = [layer("InputLayer", batch_shape=[None, None], dtype="string"), layer("StringLookup", output_mode="tf_idf", vocabulary=None)]
    assert examine("K206", model(*stack)) == []
