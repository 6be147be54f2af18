"""K201: a Sequential model states the shape of its input twice, and Keras stumbles over it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import pytest
from rewriting import with_config

from kdoctor.archive import open_document
from kdoctor.check import Finding
from kdoctor.document import Document, Format
from kdoctor.edit import apply
from kdoctor.structure.sequential import Shape
from kdoctor.target import Given, Target
from kdoctor.testing import KERAS_3, document, examine, find_check, layer, sequential

KERNEL = {"layers/dense/vars/0": (4, 3)}
DENSE = layer("Dense", units=3)
LEGACY_KERNEL = {"model_weights/dense/dense/kernel:0": (4, 3)}
PIPELINE = layer("TimeDistributed", layer=layer("Pipeline"))
HASHING = layer("TimeDistributed", layer=layer("Hashing"))
WRAPPED_MODEL = layer("TimeDistributed", layer=sequential(layer("Flatten")))


def source(*shape: int | None, name: str = "input", **more: Any) -> dict[str, Any]:
    return layer("InputLayer", name=name, batch_shape=list(shape), **more)


def model(*layers: dict[str, Any], weights: Any = KERNEL, **more: Any) -> Document:
    return document(sequential(*layers, **more), weights=weights)


def asking(*shape: int | None) -> Target:
    return Target("3.15.1", given=Given(input_shape=shape))


def the(finding: list[Finding]) -> Finding:
    (one,) = finding
    return one


def test_the_input_is_left_alone_where_arrays_tell_of_a_layer_that_is_gone() -> None:
    """Without the first of two Dense layers the second one seems to take another input; it takes what the lost one made."""
    rows = (source(None, 7), layer("Dense", units=3, build_config={"input_shape": [None, 4]}))
    alone = {**KERNEL, "layers/dense/vars/1": (3,)}
    without = document(sequential(*rows), weights=alone, attributes={"/": {}})
    assert the(examine("K201", without)).repair is not None
    sick = document(sequential(*rows), weights={**alone, "layers/renamed/vars/0": (7, 4)}, attributes={"/": {}})
    assert the(examine("K201", sick)).repair is None


def severity(finding: Finding) -> str:
    return str(find_check("K201").severity_of(finding))


def cured(sick: Document, target: Target = KERAS_3) -> Document:
    """After the only finding's repair, which must leave nothing to find."""
    finding = the(examine("K201", sick, target))
    assert finding.repair is not None
    healthy = apply(sick, finding.repair.edits)
    assert examine("K201", healthy, target) == []
    return healthy


def shapes(made: Document) -> list[Any]:
    return [item["config"].get("batch_shape") for item in made.config["config"]["layers"]]


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


class TestStoredKernels:
    """… that contradict the stated shape."""

    def test_the_shape_that_another_place_states_is_taken_when_the_kernels_take_it(self) -> None:
        sick = model(source(None, 40), DENSE, build_input_shape=[None, 10, 4])
        (finding, unread) = examine("K201", sick)
        assert finding.message == (
            "the input shape (None, 40) does not go with the stored weights: 'dense' cannot take (None, 40): its kernel takes 4 features"
        )
        assert finding.keras_says == (
            "ValueError: Input 0 … of layer 'dense' is incompatible with the layer: expected axis -1 of input shape to have value 4"
        )
        assert severity(unread) == "info"
        assert finding.repair is not None
        assert shapes(apply(sick, finding.repair.edits))[0] == [None, 10, 4]

    def test_without_another_statement_the_kernel_corrects_the_features_alone(self) -> None:
        assert shapes(cured(model(source(None, 7), DENSE)))[0] == [None, 4]
        assert shapes(cured(model(source(None, 6, 7), layer("LSTM", units=3), weights={"layers/lstm/cell/vars/0": (4, 12)})))[0] == [
            None,
            6,
            4,
        ]

    @pytest.mark.parametrize(
        ("shape", "first", "weights"),
        [
            ((None, 3, 8, 8), layer("Conv2D", kernel_size=[1, 1], filters=2, padding="same"), {"layers/conv2d/vars/0": (1, 1, 3, 2)}),
            ((None, 28, 28, 1), DENSE, {"layers/dense/vars/0": (784, 3)}),
            ((None, 7), layer("LSTM", units=3), {"layers/lstm/cell/vars/0": (4, 12)}),
            ((None, 8, 3), layer("Conv2D", kernel_size=[1, 1], filters=2, padding="same"), {"layers/conv2d/vars/0": (1, 1, 3, 2)}),
        ],
        ids=["channels in front", "a missing Flatten", "too few axes", "no batch"],
    )
    def test_more_than_one_wrong_number_is_not_corrected(self, shape: Shape, first: dict[str, Any], weights: Any) -> None:
        finding = the(examine("K201", model(source(*shape), first, weights=weights)))
        assert finding.repair is None
        assert [need.flag for need in finding.needs] == ["--input-shape"]

    def test_the_whole_way_through_the_layers_counts(self) -> None:
        conv = layer("Conv2D", kernel_size=[3, 3], filters=2, padding="valid", strides=[1, 1])
        weights = {"layers/conv2d/vars/0": (3, 3, 3, 2), "layers/dense/vars/0": (72, 2)}
        layers = (conv, layer("Flatten"), layer("Dense", units=2))
        assert examine("K201", model(source(None, 8, 8, 3), *layers, weights=weights)) == []
        finding = the(examine("K201", model(source(None, 9, 8, 3), *layers, weights=weights)))
        assert "'dense' cannot take (None, 84): its kernel takes 72 features" in finding.message

    def test_the_users_shape_decides_where_the_file_does_not(self) -> None:
        sick = model(source(None, 28, 28, 1), DENSE, weights={"layers/dense/vars/0": (784, 3)})
        assert shapes(cured(sick, asking(None, 784)))[0] == [None, 784]

    def test_a_shape_of_the_users_that_the_kernels_contradict_is_refused_with_the_reason(self) -> None:
        finding = the(examine("K201", model(source(None, 7), DENSE), asking(None, 9)))
        assert finding.repair is None
        assert finding.message.endswith(
            "; the shape that you gave, (None, 9), is refused: 'dense' cannot take (None, 9): its kernel takes 4 features"
        )
        assert [need.flag for need in finding.needs] == ["--input-shape"]

    def test_a_recurrent_layer_that_was_built_right_forgives_the_input_layer(self) -> None:
        lstm = layer("LSTM", units=3, build=[None, 6, 4])
        finding = the(examine("K201", model(source(None, 6, 7), lstm, weights={"layers/lstm/cell/vars/0": (4, 12)})))
        assert (severity(finding), finding.keras_says) == ("info", None)

    def test_it_does_not_forgive_what_reaches_the_next_layer(self) -> None:
        gru = layer("GRU", units=3, build=[None, 6, 4], return_sequences=True)
        weights = {"layers/gru/cell/vars/0": (4, 9), "layers/dense/vars/0": (18, 2)}
        sick = model(source(None, 5, 7), gru, layer("Flatten"), layer("Dense", units=2), weights=weights)
        finding = the(examine("K201", sick))
        assert severity(finding) == "error"
        assert "'dense' cannot take (None, 15)" in finding.message

    def test_a_layers_own_build_config_is_corrected(self) -> None:
        sick = model(source(None, 4), layer("Dense", units=3, build=[None, 7]))
        assert "expected axis -1 of input shape to have value 7" in str(the(examine("K201", sick)).keras_says)
        assert cured(sick).config["config"]["layers"][1]["build_config"] == {"input_shape": [None, 4]}

    def test_one_that_cannot_be_corrected_is_dropped_where_the_input_layer_says_it_too(self) -> None:
        conv = layer("Conv2D", kernel_size=[1, 1], filters=2, padding="same", build=[None, 3])
        weights = {"layers/conv2d/vars/0": (1, 1, 3, 2)}
        assert "build_config" not in cured(model(source(None, 8, 8, 3), conv, weights=weights)).config["config"]["layers"][1]
        assert the(examine("K201", model(conv, weights=weights))).repair is None


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


def test_kernels_under_the_numbers_of_keras_2_13_prove_no_shape_until_they_are_counted_anew() -> None:
    """Each Dense counts twice there: what stands under dense_2 is the second's, and not the third's, which opens it."""
    widths = {"one": (4, 6), "two": (6, 5), "three": (5, 3)}
    dense = [layer("Dense", name=name, units=made, build=[None, taken]) for name, (taken, made) in widths.items()]
    weights = {}
    for number, (taken, made) in zip(("", "_2", "_4"), widths.values(), strict=True):
        weights |= {
            f"_layer_checkpoint_dependencies/dense{number}/vars/{key}": shape for key, shape in (("0", (taken, made)), ("1", (made,)))
        }
    sick = document(sequential(source(None, 4), *dense), weights=weights, attributes={"/": {}})
    assert examine("K201", sick) == []
    (finding,) = examine("K607", sick)
    assert finding.repair is not None
    counted = apply(sick, finding.repair.edits)
    assert examine("K201", counted) == examine("K701", counted) == examine("K702", counted) == []


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


def test_a_kernel_that_contradicts_all_that_the_file_states_is_not_believed() -> None:
    sick = document(sequential(source(None, 9), DENSE, build_input_shape=[None, 9]), format=Format.H5_MODEL, weights=LEGACY_KERNEL)
    finding = the(examine("K201", sick))
    assert finding.repair is None
    assert [need.flag for need in finding.needs] == ["--input-shape"]
    alone = document(sequential(source(None, 3), DENSE), format=Format.H5_MODEL, weights=LEGACY_KERNEL)
    assert the(examine("K201", alone)).repair is not None


@pytest.mark.parametrize("length", [3, 5])
def test_a_kernel_that_lost_or_gained_a_row_is_not_believed_against_the_input_and_the_build_config(length: int) -> None:
    built = {**DENSE, "build_config": {"input_shape": [None, 4]}}
    sick = model(source(None, 4), built, weights={"layers/dense/vars/0": (length, 3)}, build_input_shape=[None, 4])
    assert [finding.repair for finding in examine("K201", sick)] == [None, None]
    without = model(built, weights={"layers/dense/vars/0": (length, 3)}, build_input_shape=[None, 4])
    assert [finding.repair for finding in examine("K201", without)] == [None, None]


def test_a_kernel_that_lost_a_row_is_not_believed_against_the_layer_before_it() -> None:
    later = {**layer("Dense", name="later", units=2), "build_config": {"input_shape": [None, 3]}}
    sick = model(source(None, 4), DENSE, later, weights={**KERNEL, "layers/dense_1/vars/0": (2, 2)})
    assert [finding.repair for finding in examine("K201", sick) if finding.layer == "later"] == [None]


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
