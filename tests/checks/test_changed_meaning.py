"""K609: what the target reads and makes something else of."""

from __future__ import annotations

from typing import Any

import pytest
from graphs import cured

from kdoctor.check import Safety
from kdoctor.document import Document, Format
from kdoctor.edit import apply
from kdoctor.packs import load_checks
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, model, sequential


def bare(class_name: str, **config: Any) -> dict[str, Any]:
    """A layer as an ``.h5`` has it: without a module."""
    return {"class_name": class_name, "config": {"name": class_name.lower(), **config}}


def h5(*layers: dict[str, Any], release: str = "2.15.0", **parts: Any) -> Document:
    attributes = {"/": {"keras_version": release}, **parts.pop("attributes", {})}
    return document(sequential(*layers), format=Format.H5_MODEL, attributes=attributes, metadata={"x": 1}, **parts)


def lstm(config: dict[str, Any] | None = None, release: str = "2.3.1") -> Document:
    """An LSTM of two units on three features, with its arrays."""
    names = {"lstm/kernel:0": (3, 8), "lstm/recurrent_kernel:0": (2, 8), "lstm/bias:0": (8,)}
    made = bare("LSTM", units=2, **(config or {"recurrent_activation": "hard_sigmoid"}))
    return h5(
        bare("InputLayer", batch_input_shape=[None, 5, 3]),
        made,
        release=release,
        weights={f"model_weights/lstm/{name}": shape for name, shape in names.items()},
        attributes={"/model_weights": {"layer_names": ["lstm"]}, "/model_weights/lstm": {"weight_names": list(names)}},
    )


def test_the_shape_of_a_first_layer_becomes_an_input_layer() -> None:
    sick = h5(bare("Dense", units=2, batch_input_shape=[None, 4]), bare("ReLU"))
    (finding,) = examine("K609", sick)
    assert finding.message.endswith(
        "takes the first layer's batch_input_shape [None, 4] for the shape of one sample: the input gains a dimension"
    )
    healed = cured(sick, finding)
    first, second, third = healed.config["config"]["layers"]
    assert first == {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 4], "name": "dense_input"}}
    assert second == bare("Dense", units=2)
    assert third == bare("ReLU")
    assert examine("K609", healed) == []


@pytest.mark.parametrize(
    "made",
    [
        layer("Dense", units=2, batch_input_shape=[None, 4]),  # with a module it is read natively: K601
        bare("InputLayer", batch_input_shape=[None, 4]),
        bare("Dense", units=2, batch_input_shape=None),
        bare("Dense", units=2),
    ],
)
def test_other_first_layers_are_taken_at_their_word(made: dict[str, Any]) -> None:
    assert examine("K609", h5(made)) == []


def test_an_axis_of_several_numbers_lives_in_an_archive_only() -> None:
    (finding,) = examine("K609", h5(bare("Softmax", axis=[1, 2])))
    assert "drops the axis [1, 2] of Softmax" in finding.message
    assert finding.repair is not None
    assert (finding.repair.native, finding.repair.edits) == (True, ())
    assert examine("K609", model(layer("Softmax", axis=[1, 2]))) == []


def test_several_axes_of_a_batch_normalization_live_in_no_file_of_keras_3() -> None:
    (finding,) = examine("K609", h5(bare("BatchNormalization", axis=[1, 3])))
    assert finding.repair is None


@pytest.mark.parametrize(("class_name", "axis", "shape", "lost"), [
    ("Concatenate", 1, [None, 4, 3], True),
    ("Concatenate", 2, [None, 4, 3], False),
    ("Softmax", 1, [None, 4, 3], True),
    ("Softmax", -1, [None, 4, 3], False),
    ("Softmax", 1, [None, 4], False),
])  # fmt: skip
def test_before_3_9_an_axis_that_is_a_number_is_dropped_too(class_name: str, axis: int, shape: list[int | None], lost: bool) -> None:
    given = {**layer("InputLayer", name="in", batch_shape=shape)}
    sick = document(sequential(given, bare(class_name, axis=axis)), format=Format.H5_MODEL)
    assert bool(examine("K609", sick, Target("3.8.0"))) is lost
    assert examine("K609", sick, Target("3.9.0")) == []


def test_no_axis_at_all_is_dropped_too_where_numbers_were_learned() -> None:
    """Normalization(axis=None) is written with an empty list, and its one mean cannot be put where the last axis wants many."""
    (finding,) = examine("K609", h5(bare("Normalization", axis=[], mean=None, variance=None)))
    assert finding.repair is not None
    assert finding.repair.native
    assert examine("K609", h5(bare("Normalization", axis=[], mean=2.0, variance=4.0))) == []


@pytest.mark.parametrize("axis", [-1, [3], None])
def test_one_axis_is_read_as_it_is(axis: object) -> None:
    assert examine("K609", h5(bare("Softmax", axis=axis))) == []


@pytest.mark.parametrize(("class_name", "told"), [("Attention", {"score_mode": "dot"}), ("Softmax", {"axis": [1, 2]})])
def test_a_layer_of_an_archive_that_states_no_module_is_read_as_one_of_an_h5(class_name: str, told: dict[str, Any]) -> None:
    """TensorFlow 2.15 writes them into a nested model that was saved as an ``.h5`` before."""
    sick = document(sequential(layer("InputLayer", batch_shape=[None, 4, 3, 2]), bare(class_name, **told)))
    (finding,) = examine("K609", sick)
    assert finding.message.endswith(("when it reads a layer that states no module", "that states no module, and takes the default"))
    healed = cured(sick, finding)
    assert healed.config["config"]["layers"][1] == layer(class_name, **told) | {"registered_name": None}
    assert examine("K609", healed) == []


def test_a_score_mode_that_is_the_name_of_a_function_lives_in_an_archive_only() -> None:
    sick = h5(bare("Attention", score_mode="dot"))
    (finding,) = examine("K609", sick)
    assert "Invalid value for argument score_mode" in str(finding.keras_says)
    assert finding.repair is not None
    assert finding.repair.native
    assert examine("K609", sick, Target("3.14.0")) == []
    assert examine("K609", h5(bare("Attention", score_mode="concat"))) == []
    assert examine("K609", model(layer("Attention", score_mode="dot"))) == []


def test_hard_sigmoid_is_undone_by_scaling_the_gates_that_use_it() -> None:
    sick = lstm()
    (finding,) = examine("K609", sick)
    assert finding.at.json == "/config/layers/1/config/recurrent_activation"
    assert finding.repair is not None
    assert finding.repair.title == "scale the weights of 'lstm' by 1.2, which undoes the difference"
    assert examine("K609", cured(sick, finding)) == []


def test_hard_sigmoid_without_weights_is_spelled_out_for_keras_that_reads_layers_as_activations() -> None:
    first = bare("InputLayer", batch_input_shape=[None, 5])
    sick = h5(first, bare("Activation", activation="hard_sigmoid", dtype="float16"))
    (finding,) = examine("K609", sick, Target("3.15.1"))
    assert finding.repair is not None
    assert finding.repair.title == "spell the old function out: clip(0.2 x + 0.5, 0, 1) as a Rescaling and a ReLU"
    after = cured(sick, finding)
    assert {check.code for check in load_checks() if list(check.run(after, Target("3.15.1")))} <= {"K501", "K606"}
    spelled = after.at(finding.at)["config"]
    assert [(one["class_name"], one["config"]["dtype"]) for one in spelled["layers"]] == [("Rescaling", "float16"), ("ReLU", "float16")]
    (finding,) = examine("K609", sick, Target("3.9.2"))
    assert finding.repair is None


def test_a_layer_of_the_users_own_is_left_alone_because_nobody_knows_what_it_makes_of_its_activation() -> None:
    (finding,) = examine("K609", h5(bare("Gate", activation="hard_sigmoid")), Target("3.15.1"))
    assert finding.repair is None


def test_hard_sigmoid_of_keras_3_and_other_functions_mean_what_they_say() -> None:
    assert examine("K609", lstm(release="3.0.0")) == []
    assert examine("K609", lstm({"recurrent_activation": "sigmoid"})) == []


@pytest.mark.parametrize("form", ["h5", "keras"])
def test_a_first_direction_that_goes_backwards_is_reported(form: str) -> None:
    def both(**more: Any) -> Document:
        held = layer("LSTM", units=2, go_backwards=more.pop("go_backwards", True))
        made = layer("Bidirectional", layer=held, **more)
        return h5(made) if form == "h5" else model(made)

    (finding,) = examine("K609", both())
    assert finding.at.json == "/config/layers/0/config/layer/config/go_backwards"
    assert finding.layer == "bidirectional"
    assert finding.repair is not None
    healed = apply(both(), finding.repair.edits)
    second = healed.config["config"]["layers"][0]["config"]["backward_layer"]
    assert (second["config"]["name"], second["config"]["go_backwards"]) == ("backward_lstm", False)
    assert examine("K609", healed) == []
    assert examine("K609", both(go_backwards=False)) == []
    assert examine("K609", both(backward_layer=layer("LSTM", name="back", units=2))) == []


def test_a_random_crop_no_longer_resizes_when_the_model_predicts() -> None:
    """Seen: 2.15 and 3.0 to 3.5 give images of the size that is cropped to, 3.6 and later those that came in."""
    sick = h5(bare("RandomCrop", height=4, width=5, seed=None), release="2.15.0")
    (finding,) = examine("K609", sick)
    assert finding.repair is not None
    assert finding.repair.safety is Safety.UNSAFE
    (resizing,) = cured(sick, finding).config["config"]["layers"]
    assert (resizing["class_name"], resizing["config"]["crop_to_aspect_ratio"], "seed" in resizing["config"]) == ("Resizing", True, False)
    assert examine("K609", cured(sick, finding)) == []
    assert examine("K609", sick, Target("3.4.1")) == []
    assert examine("K609", h5(bare("RandomCrop", height=4, width=5), release="3.9.2")) == []


def test_a_random_crop_of_today_resized_when_an_earlier_keras_predicts() -> None:
    """Seen: a file of 3.15.1 in 3.0.5 and 2.15 gives images of 4 x 4, in 3.15.1 those that came in."""
    old, sick = Target("3.0.5"), h5(bare("RandomCrop", height=4, width=5, seed=None), release="3.15.1")
    (finding,) = examine("K609", sick, old)
    assert finding.other_numbers
    assert finding.repair is not None
    assert finding.repair.safety is Safety.UNSAFE
    (nothing,) = cured(sick, finding).config["config"]["layers"]
    assert (nothing["class_name"], nothing["config"]["scale"], nothing["config"]["offset"]) == ("Rescaling", 1.0, 0.0)
    assert examine("K609", cured(sick, finding), old) == []


@pytest.mark.parametrize(("size", "found"), [([4, 5], 0), ([5, 4], 1), ([None, 5], 1)])
def test_images_that_have_the_size_of_a_random_crop_already_stay_as_they_are(size: list[int | None], found: int) -> None:
    sick = h5(layer("InputLayer", batch_input_shape=[None, *size, 3]), bare("RandomCrop", height=4, width=5), release="2.15.0")
    assert len(examine("K609", sick)) == found
