"""K201: the kernels that a file stores prove or disprove the shape that it states."""

from __future__ import annotations

from typing import Any

import pytest
from stacks import DENSE, KERNEL, LEGACY_KERNEL, asking, cured, model, severity, shapes, source, the

from kdoctor.document import Format
from kdoctor.edit import apply
from kdoctor.structure.sequential import Shape
from kdoctor.testing import document, examine, layer, sequential


def test_the_input_is_left_alone_where_arrays_tell_of_a_layer_that_is_gone() -> None:
    """Without the first of two Dense layers the second one seems to take another input; it takes what the lost one made."""
    rows = (source(None, 7), layer("Dense", units=3, build_config={"input_shape": [None, 4]}))
    alone = {**KERNEL, "layers/dense/vars/1": (3,)}
    without = document(sequential(*rows), weights=alone, attributes={"/": {}})
    assert the(examine("K201", without)).repair is not None
    sick = document(sequential(*rows), weights={**alone, "layers/renamed/vars/0": (7, 4)}, attributes={"/": {}})
    assert the(examine("K201", sick)).repair is None


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
