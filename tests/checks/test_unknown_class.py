"""K602: a class that Keras once had and the target has not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy
import pytest
from graphs import after, cured, functional, start
from rewriting import with_config
from typer.testing import CliRunner

from kdoctor.check import Safety
from kdoctor.cli.app import app
from kdoctor.document import Document, Format
from kdoctor.edit import apply
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, model, sequential


def test_a_retired_class_is_named_and_not_called_custom() -> None:
    (finding,) = examine("K602", model(layer("LocallyConnected2D", filters=3)))
    assert finding.message == "Keras 3.15.1 has no layer LocallyConnected2D; earlier releases had it"
    assert (
        finding.keras_says
        == "ValueError: Could not deserialize 'keras.layers.LocallyConnected2D' because it is not a KerasSaveable subclass"
    )
    assert finding.repair is None


def test_a_class_that_is_newer_than_the_target_is_not_called_retired() -> None:
    (finding,) = examine("K602", model(layer("RandomGrayscale", factor=0.5)), Target("3.0.5"))
    assert finding.message == "Keras 3.0.5 has no layer RandomGrayscale; it came with Keras 3.8"


@pytest.mark.parametrize(
    ("name", "target", "told"),
    [
        ("Max", Target("2.15.0"), "Keras 2.15.0 has no operation Max; it came with Keras 3.0"),
        ("Histogram", Target("3.0.5"), "Keras 3.0.5 has no operation Histogram; it came with Keras 3.6"),
    ],
)
def test_an_operation_that_the_target_has_not_is_no_custom_class(name: str, target: Target, told: str) -> None:
    made: dict[str, Any] = {"module": "keras.src.ops.numpy", "class_name": name, "config": {"name": "most"}, "registered_name": name}
    sick = model(made)
    (finding,) = examine("K602", sick, target)
    assert finding.message.startswith(told)
    assert examine("K301", sick, target) == []


def test_an_operation_that_keras_never_had_may_be_the_authors() -> None:
    made: dict[str, Any] = {"module": "keras.src.ops.numpy", "class_name": "Mine", "config": {"name": "most"}, "registered_name": "Mine"}
    assert examine("K602", model(made), Target("2.15.0")) == []
    assert len(examine("K301", model(made), Target("2.15.0"))) == 1


def test_an_h5_file_is_quoted_with_the_words_of_its_own_reader() -> None:
    legacy = {"class_name": "LocallyConnected2D", "config": {"name": "local"}}
    (finding,) = examine("K602", document(sequential(legacy), format=Format.H5_MODEL))
    assert finding.keras_says == "ValueError: Unknown layer: 'LocallyConnected2D'."


def test_neither_todays_classes_nor_the_users_own_are_retired() -> None:
    assert examine("K602", model(layer("Dense"), layer("Scale", module="mine"), layer("LocallyConnected2D", module="mine"))) == []


@pytest.mark.parametrize(
    ("retired", "successor"),
    [
        (layer("ThresholdedReLU", name="x", theta=0.5), layer("ReLU", name="x", threshold=0.5)),
        (layer("SyncBatchNormalization", name="x", axis=3), layer("BatchNormalization", name="x", axis=3, synchronized=True)),
    ],
)
def test_a_class_that_computes_the_same_is_written(retired: dict[str, Any], successor: dict[str, Any]) -> None:
    sick = model(retired)
    (finding,) = examine("K602", sick)
    healed = cured(sick, finding)
    assert healed.config["config"]["layers"] == [successor]
    assert examine("K602", healed) == []


def test_a_threshold_that_is_no_number_is_not_rewritten() -> None:
    (finding,) = examine("K602", model(layer("ThresholdedReLU", theta={"class_name": "__numpy__", "config": {}})))
    assert finding.repair is None


@pytest.mark.parametrize("class_name", ["RandomHeight", "RandomWidth"])
def test_what_varies_images_in_training_alone_goes_only_with_leave(class_name: str) -> None:
    sick = model(layer(class_name, name="x", dtype="float32", factor=0.2, interpolation="bilinear", seed=None))
    (finding,) = examine("K602", sick)
    assert finding.repair is not None
    assert finding.repair.safety is Safety.UNSAFE
    healed = cured(sick, finding)
    assert healed.config["config"]["layers"] == [layer("Rescaling", name="x", dtype="float32", scale=1.0, offset=0.0)]


def test_a_retired_constraint_goes_only_with_leave() -> None:
    constraint = {"module": "keras.constraints", "class_name": "RadialConstraint", "config": {}, "registered_name": None}
    sick = model(layer("Conv2D", filters=2, kernel_size=3, kernel_constraint=constraint))
    (finding,) = examine("K602", sick)
    assert finding.repair is not None
    assert finding.repair.safety is Safety.UNSAFE
    assert cured(sick, finding).config["config"]["layers"][0]["config"]["kernel_constraint"] is None


def keras_2_merge(**config: Any) -> dict[str, Any]:
    """Merge as Keras 2.0 wrote it, which still had the one of Keras 1."""
    plain = {
        "name": "both",
        "concat_axis": -1,
        "dot_axes": -1,
        "mode_type": "raw",
        "output_shape": None,
        "output_mask": None,
        "arguments": {},
    }
    return {"class_name": "Merge", "name": "both", "inbound_nodes": [[["x", 0, 0, {}], ["y", 0, 0, {}]]], "config": {**plain, **config}}


def merging(merge: dict[str, Any], release: str = "2.0.4") -> Document:
    return document(sequential(merge), format=Format.H5_MODEL, metadata={"keras_version": release})


def test_a_merge_was_called_with_the_masks_of_its_inputs_which_no_layer_of_today_takes() -> None:
    """Keras 2.1.6 wrote them; Keras 3.15.1: "got an unexpected keyword argument 'mask'"."""
    stored = {**keras_2_merge(mode="mul"), "inbound_nodes": [[[name, 0, 0, {"mask": [None, None]}] for name in ("x", "y")]]}
    (finding,) = examine("K602", merging(stored, "2.1.6"))
    (written,) = cured(merging(stored, "2.1.6"), finding).config["config"]["layers"]
    assert written["inbound_nodes"] == keras_2_merge()["inbound_nodes"]


@pytest.mark.parametrize(
    ("mode", "successor"),
    [
        ("concat", ("Concatenate", {"axis": 1})),
        ("sum", ("Add", {})),
        ("mul", ("Multiply", {})),
        ("ave", ("Average", {})),
        ("max", ("Maximum", {})),
    ],
)
def test_the_merge_of_keras_2_is_written_as_the_layer_of_its_mode(mode: str, successor: tuple[str, dict[str, Any]]) -> None:
    sick = merging(keras_2_merge(mode=mode, concat_axis=1))
    (finding,) = examine("K602", sick)
    healed = cured(sick, finding)
    (layer_now,) = healed.config["config"]["layers"]
    assert (layer_now["class_name"], layer_now["config"]) == (successor[0], {"name": "both", "trainable": True, **successor[1]})
    assert layer_now["inbound_nodes"] == keras_2_merge()["inbound_nodes"]
    assert examine("K602", healed) == []


@pytest.mark.parametrize("mode", ["dot", "cos", {"class_name": "function", "config": "mine"}])
def test_a_merge_that_no_layer_of_today_computes_has_no_cure(mode: object) -> None:
    (finding,) = examine("K602", merging(keras_2_merge(mode=mode)))
    assert finding.repair is None


def test_a_merge_of_keras_1_has_the_cure_of_the_check_of_its_words() -> None:
    sick = merging(keras_2_merge(mode="sum"), "1.2.2")
    (finding,) = examine("K602", sick)
    assert finding.repair is not None
    assert finding.repair in [found.repair for found in examine("K608", sick)]


def test_an_orthogonal_initializer_goes_by_the_name_that_keras_3_0_has_for_it() -> None:
    """Seen in 3.0.5: "Could not interpret initializer identifier" for the one name, and the same matrices for the other."""
    stored = {"module": "keras.initializers", "class_name": "Orthogonal", "config": {"gain": 1.0, "seed": None}, "registered_name": None}
    sick = document(sequential(layer("LSTM", units=2, recurrent_initializer=stored)))
    (finding,) = examine("K602", sick, Target("3.0.5"))
    assert finding.repair is not None
    healed = apply(sick, finding.repair.edits)
    assert examine("K602", healed, Target("3.0.5")) == []
    assert examine("K602", healed) == []


def added(*more: dict[str, Any]) -> list[dict[str, Any]]:
    """What ``add_loss(tf.reduce_mean(out))`` and ``add_metric`` leave in a model, besides ``more``."""
    mean = {**after(layer("TFOpLambda", name="mean", function="math.mystery"), "out"), "inbound_nodes": [["out", 0, 0, {}]]}
    metric = after(layer("AddMetric", name="metric", aggregation="mean", metric_name="q"), "mean")
    return [mean, after(layer("AddLoss", name="loss", unconditional=False), "mean"), metric, *more]


@pytest.mark.parametrize(("purpose", "safety"), [("inference", Safety.SAFE), ("training", Safety.UNSAFE)])
def test_losses_that_were_added_are_left_out_with_what_leads_to_them(purpose: str, safety: Safety) -> None:
    sick = document(functional(start(), after(layer("Dense", name="out"), "in"), *added()))
    loss, metric = examine("K602", sick, Target("3.15.1", purpose=purpose))
    assert loss.repair is not None
    assert loss.repair.safety is safety
    assert loss.repair == metric.repair
    healed = cured(sick, loss)
    assert [each["config"]["name"] for each in healed.config["config"]["layers"]] == ["in", "out"]
    assert examine("K602", sick, Target("2.15.0")) == []


def test_a_loss_that_an_output_needs_stays() -> None:
    sick = document(functional(start(), after(layer("Dense", name="one"), "in"), after(layer("AddLoss", name="out"), "one")))
    (finding,) = examine("K602", sick)
    assert finding.repair is None


@pytest.mark.filterwarnings("ignore:__array__ implementation")  # NumPy 2 says it of what Keras makes
def test_a_model_with_an_added_loss_predicts_in_keras_as_without(tmp_path: Path) -> None:
    given = keras.Input((4,), name="in")
    keras.Model(given, keras.layers.Dense(2, name="out")(given)).save(healthy := tmp_path / "healthy.keras")

    def hang_in(config: dict[str, Any]) -> None:
        config["config"]["layers"] += added()

    with_config(healthy, sick := tmp_path / "sick.keras", hang_in)
    with pytest.raises((TypeError, ValueError)):
        keras.saving.load_model(sick)
    ended = CliRunner().invoke(app, ["fix", str(sick), "-o", str(out := tmp_path / "out.keras")])
    assert ended.exit_code == 0, ended.stdout
    rows = numpy.ones((2, 4), "float32")
    assert (keras.saving.load_model(out).predict(rows, verbose=0) == keras.saving.load_model(healthy).predict(rows, verbose=0)).all()


def test_a_layer_that_only_the_reader_of_an_h5_misses_is_not_said_to_be_gone() -> None:
    """Three archives and an ``.h5`` with a TFSMLayer were saved and loaded in 3.15.1."""
    stored = {"class_name": "TFSMLayer", "config": {"name": "served", "filepath": "sm"}}
    (finding,) = examine("K602", document(sequential(stored), format=Format.H5_MODEL))
    assert finding.message == "Keras 3.15.1 does not find the layer TFSMLayer when it reads an .h5, though it has it"
