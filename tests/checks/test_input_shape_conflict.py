"""K201: a Sequential model states the shape of its input twice, and Keras stumbles over it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import pytest
from rewriting import with_config
from stacks import DENSE, HASHING, KERNEL, PIPELINE, WRAPPED_MODEL, asking, cured, model, severity, shapes, source, the

from kdoctor.archive import open_document
from kdoctor.document import Document, Format
from kdoctor.edit import apply
from kdoctor.structure.sequential import Shape
from kdoctor.target import Target
from kdoctor.testing import KERAS_3, document, examine, layer, sequential


@pytest.mark.parametrize(
    "healthy",
    [
        model(source(None, 4), DENSE),
        model(source(None, 7, 4), DENSE, build_input_shape=[None, 7, 4]),
        model({**DENSE, "build_config": {"input_shape": [None, 4]}}, build_input_shape=[None, 4]),
        model(source(None, 7), layer("Dense", module="mine", units=3)),
        document(sequential(source(None, 4), sequential(DENSE)), weights={"layers/sequential/layers/dense/vars/0": (4, 3)}),
    ],
)
def test_places_that_agree_are_healthy(healthy: Document) -> None:
    assert examine("K201", healthy) == []


class TestOneInputLayer:
    """… that states two shapes."""

    def test_a_shape_that_repeats_the_batch_shape_is_dropped(self) -> None:
        sick = model(source(None, 4, shape=[4]), DENSE)
        assert "You cannot pass both `shape` and `batch_shape`" in str(the(examine("K201", sick)).keras_says)
        assert cured(sick).config["config"]["layers"][0] == source(None, 4)

    def test_of_two_shapes_the_one_that_the_kernel_takes_is_kept(self) -> None:
        assert shapes(cured(model(source(None, 4, shape=[7]), DENSE)))[0] == [None, 4]
        assert shapes(cured(model(source(None, 7, shape=[4]), DENSE, weights={"layers/dense/vars/0": (4, 3)})))[0] == [None, 4]

    def test_of_two_shapes_that_nothing_decides_the_user_is_asked(self) -> None:
        sick = model(source(None, 4, shape=[7]), DENSE, weights=None)
        finding = the(examine("K201", sick))
        assert finding.repair is None
        assert [need.flag for need in finding.needs] == ["--input-shape"]
        assert shapes(cured(sick, asking(None, 7)))[0] == [None, 7]

    def test_one_of_a_functional_model_counts_too(self) -> None:
        functional = {"class_name": "Functional", "config": {"name": "m", "layers": [source(None, 4, shape=[4])]}}
        assert "layers" in cured(document(functional)).config["config"]


class TestSeveralInputLayers:
    """… in one Sequential model."""

    def test_the_second_of_two_that_agree_goes(self) -> None:
        sick = model(source(None, 4), source(None, 4, name="again"), DENSE)
        assert the(examine("K201", sick)).keras_says == (
            "ValueError: Sequential model 'sequential' has already been configured to use input shape (None, 4). "
            "You cannot add a different Input layer to it."
        )
        assert shapes(cured(sick)) == [[None, 4], None]

    def test_of_two_that_disagree_the_one_that_the_kernel_takes_stays(self) -> None:
        assert shapes(cured(model(source(None, 7), source(None, 4, name="again"), DENSE))) == [[None, 4], None]

    def test_of_two_that_nothing_decides_the_user_is_asked(self) -> None:
        sick = model(source(None, 7), source(None, 4, name="again"), DENSE, weights=None)
        assert [need.flag for need in the(examine("K201", sick)).needs] == ["--input-shape"]
        assert shapes(cured(sick, asking(None, 9))) == [[None, 9], None]

    def test_one_behind_the_first_layer_comes_to_the_front_where_the_kernel_agrees(self) -> None:
        sick = model(DENSE, source(None, 4))
        assert "should have a single positional argument" in str(the(examine("K201", sick)).keras_says)
        assert shapes(cured(sick)) == [[None, 4], None]

    @pytest.mark.parametrize("first", [layer("BatchNormalization"), layer("Dense", units=3, module="mine")])
    def test_one_that_may_say_what_comes_out_of_the_layer_before_it_is_not_trusted(self, first: dict[str, Any]) -> None:
        assert the(examine("K201", model(first, source(None, 3), weights=None))).repair is None

    def test_one_that_says_what_comes_out_of_the_first_kernel_is_no_input(self) -> None:
        finding = the(examine("K201", model(DENSE, source(None, 3))))
        assert finding.repair is None

    def test_in_an_h5_file_the_first_layers_own_statement_goes_with_it(self) -> None:
        dense = {"class_name": "Dense", "config": {"name": "dense", "units": 3, "batch_input_shape": [None, 4]}}
        late = {"class_name": "InputLayer", "config": {"name": "late", "batch_input_shape": [None, 4]}}
        sick = document(sequential(dense, late), format=Format.H5_MODEL, weights={"model_weights/dense/dense/kernel:0": (4, 3)})
        assert "to use input shape (None, None, 4)" in str(the(examine("K201", sick)).keras_says)
        healthy = cured(sick).config["config"]["layers"]
        assert [item["class_name"] for item in healthy] == ["InputLayer", "Dense"]
        assert [item["config"].get("batch_input_shape") for item in healthy] == [[None, 4], None]


class TestReplayedBuildShape:
    """… beside an InputLayer, on a model that Keras cannot trace."""

    def test_a_batch_size_that_only_the_build_shape_fixes_is_dropped(self) -> None:
        sick = model(source(None, 4, 8, 3), PIPELINE, weights=None, build_input_shape=[32, 4, 8, 3])
        finding = the(examine("K201", sick))
        assert finding.keras_says == (
            "ValueError: Sequential model 'sequential' has already been configured to use input shape (None, 4, 8, 3). "
            "You cannot build it with input_shape (32, 4, 8, 3)"
        )
        assert "build_input_shape" not in cured(sick).config["config"]

    def test_a_contradiction_is_the_users_to_decide(self) -> None:
        sick = model(source(None, 4, 8, 3), PIPELINE, weights=None, build_input_shape=[None, 4, 8, 1])
        assert [need.flag for need in the(examine("K201", sick)).needs] == ["--input-shape"]
        healthy = cured(sick, asking(None, 4, 8, 1))
        assert shapes(healthy)[0] == [None, 4, 8, 1]
        assert "build_input_shape" not in healthy.config["config"]

    def test_an_equal_list_is_only_refused_before_keras_3_5(self) -> None:
        sick = model(source(None, 4, 2), HASHING, weights=None, build_input_shape=[None, 4, 2])
        assert examine("K201", sick) == []
        finding = the(examine("K201", sick, Target("3.4.1")))
        assert str(finding.keras_says).endswith("You cannot build it with input_shape [None, 4, 2]")
        assert "build_input_shape" not in cured(sick, Target("3.4.1")).config["config"]

    @pytest.mark.parametrize(
        ("made", "target", "severe"),
        [
            (PIPELINE, KERAS_3, "error"),
            (sequential(PIPELINE), KERAS_3, "error"),
            (layer("Mine", module="mine"), KERAS_3, "error"),
            (layer("Pipeline"), KERAS_3, "info"),
            (HASHING, KERAS_3, "info"),
            (HASHING, Target("3.9.2"), "error"),
            (WRAPPED_MODEL, Target("3.3.3"), "error"),
            (WRAPPED_MODEL, Target("3.4.1"), "info"),
            (layer("Flatten"), KERAS_3, "info"),
        ],
    )
    def test_what_keras_can_trace_never_reads_it(self, made: dict[str, Any], target: Target, severe: str) -> None:
        sick = model(source(None, 4, 2), made, weights=None, build_input_shape=[8, 4, 2])
        assert severity(the(examine("K201", sick, target))) == severe

    def test_the_models_build_config_is_never_read_beside_an_input_layer(self) -> None:
        sick = model(source(None, 4, 2), PIPELINE, weights=None, build_config={"input_shape": [8, 4, 2]})
        assert severity(the(examine("K201", sick))) == "info"


def test_two_batch_shapes_that_differ_are_told_since_keras_takes_the_second() -> None:
    sick = model(source(None, 4, batch_input_shape=[None, 9]), DENSE)
    finding = the(examine("K201", sick))
    assert finding.repair is not None
    cured = apply(sick, finding.repair.edits)
    assert cured.config["config"]["layers"][0]["config"] == {"name": "input", "batch_shape": [None, 4]}
    assert examine("K201", cured) == []
    assert examine("K201", model(source(None, 4, batch_input_shape=[None, 4]), DENSE)) == []


@pytest.mark.parametrize("built", [{"batch_input_shape": [None, 4]}, {"input_shape": None}, {"input_shape": "(None, 4)"}])
def test_a_build_config_that_says_nothing_keras_reads_is_dropped(built: dict[str, Any]) -> None:
    sick = model(source(None, 4), {**DENSE, "build_config": built})
    finding = the(examine("K201", sick))
    assert finding.repair is not None
    assert examine("K201", apply(sick, finding.repair.edits)) == []


@pytest.mark.parametrize(("shape", "right"), [((4,), [None, 4]), ((6, 4), [None, 6, 4]), ((None, None, 6, 4), [None, 6, 4])])
def test_a_batch_axis_forgotten_or_there_twice_is_put_right(shape: Shape, right: list[Any]) -> None:
    stack = [layer("LSTM", units=3)] if len(right) == 3 else [DENSE]
    kernel = {"layers/lstm/cell/vars/0": (4, 12)} if len(right) == 3 else KERNEL
    sick = document(sequential(source(*shape), *stack), weights=kernel)
    finding = the(examine("K201", sick))
    assert finding.repair is not None
    assert apply(sick, finding.repair.edits).config["config"]["layers"][0]["config"]["batch_shape"] == right


def test_what_the_model_was_built_with_does_not_count_beside_an_input_layer() -> None:
    sound = document(sequential(source(None, 4), DENSE, build_input_shape=[None, 9]), format=Format.H5_MODEL, weights={})
    assert [severity(finding) for finding in examine("K201", sound)] == ["info"]


def test_a_model_in_front_that_states_its_input_counts_more_than_what_the_one_around_it_was_built_with() -> None:
    inner = sequential(source(None, 4), layer("Dense", units=3), name="inner")
    kernel = {"layers/sequential/layers/dense/vars/0": (4, 3)}
    sound = document(sequential(inner, layer("Dense", units=2), build_input_shape=[None, 9]), weights=kernel)
    assert examine("K201", sound) == []
    assert examine("K201", sound, Target("3.3.3")) != []


def test_an_input_layer_behind_a_layer_that_proves_nothing_goes_in_front_where_the_build_shape_agrees() -> None:
    embedding = layer("Embedding", name="e", input_dim=9, output_dim=4)
    sick = document(sequential(embedding, source(None, 6), build_input_shape=[None, 6]))
    finding = the(examine("K201", sick))
    assert finding.repair is not None
    assert [one["class_name"] for one in apply(sick, finding.repair.edits).config["config"]["layers"]] == ["InputLayer", "Embedding"]
    assert the(examine("K201", document(sequential(embedding, source(None, 6))))).repair is None


@pytest.mark.parametrize(("class_name", "later"), [("KerasLayer", ["info"]), ("Mine", [])])
def test_a_build_shape_that_repeats_the_input_fails_in_keras_3_0_to_3_4_alone_and_is_told_of_hub_models(
    class_name: str, later: list[str]
) -> None:
    sick = model(source(None, 4), layer(class_name, module="mine"), weights=None, build_input_shape=[None, 4])
    assert [severity(finding) for finding in examine("K201", sick)] == later
    assert severity(the(examine("K201", sick, Target("3.3.3")))) == "error"


def test_a_build_shape_that_repeats_the_input_of_a_hub_layer_is_an_info_in_an_h5_too() -> None:
    hub = {"class_name": "KerasLayer", "config": {"name": "hub", "handle": "tiny"}}
    sick = document(sequential(source(None, 4), hub, build_input_shape=[None, 4]), format=Format.H5_MODEL)
    assert severity(the(examine("K201", sick))) == "info"


def test_a_dot_is_built_from_lists_since_keras_3_2() -> None:
    """Keras 3.0.5 loads the archive without the build_config, and computes the same; it was run there with plain and normalized ones."""
    shapes = [[None, 4], [None, 4]]
    dot = {**layer("Dot", axes=1), "build_config": {"input_shape": shapes}}
    sick = document(sequential(dot))
    (finding,) = examine("K201", sick, Target("3.0.5"))
    assert finding.repair is not None
    assert examine("K201", apply(sick, finding.repair.edits), Target("3.0.5")) == []
    assert examine("K201", sick, Target("3.2.1")) == []


@pytest.mark.filterwarnings("ignore:__array__ implementation")  # of Keras, when it saves
@pytest.mark.parametrize("functional", [False, True])
@pytest.mark.parametrize(("built", "loads"), [([None, None], False), ([3], True), ([None, 3], True)])
def test_a_build_config_that_leaves_the_kernels_length_open_is_completed(
    tmp_path: Path, built: list[Any], loads: bool, functional: bool
) -> None:
    made = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="only")])
    if functional:
        made = keras.Model(made.inputs, made.outputs)
    made.save(path := tmp_path / "model.keras")
    with_config(path, path, lambda config: config["config"]["layers"][1]["build_config"].update(input_shape=built))
    sick = open_document(path)
    found = examine("K201", sick)
    assert loads is (found == [])
    if loads:
        assert keras.saving.load_model(path).count_params() == 8
        return
    with pytest.raises(ValueError, match="must be fully-defined"):
        keras.saving.load_model(path)
    assert cured(sick).config["config"]["layers"][1]["build_config"]["input_shape"] == [None, 3]
