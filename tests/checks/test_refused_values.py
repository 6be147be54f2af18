"""K601 and K504: values that Keras 2 took and Keras 3 does not; what is said of them is what the constructors of the installed Keras do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from graphs import cured

from kdoctor.check import Safety
from kdoctor.document import ABSENT, Document, Format
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, sequential

# class, its other arguments, argument, value as Keras 2 saved it, what the cure writes (ABSENT: no cure)
REFUSED: list[tuple[str, dict[str, Any], str, Any, Any]] = [
    ("Dropout", {}, "rate", 1.5, 0),
    ("SpatialDropout1D", {}, "rate", -0.5, 0),
    ("AlphaDropout", {}, "rate", 25, 0),
    ("GaussianDropout", {}, "rate", 1.5, 0),
    ("Dropout", {"rate": 0.5}, "noise_shape", 2, [2]),
    ("Dropout", {"rate": 0.5}, "noise_shape", [-1, 1, 3], None),
    ("GaussianNoise", {}, "stddev", -0.1, 0.1),
    ("GaussianNoise", {}, "stddev", 5.0, 1.0),
    ("RepeatVector", {}, "n", True, 1),
    ("Dense", {"units": 2}, "trainable", 0, False),
    ("Dense", {"units": 2}, "trainable", "False", True),  # Keras 2 asked whether it is empty
    ("Dense", {"units": 2}, "trainable", None, False),
    ("L2", {}, "l2", -0.01, 0.0),
    ("L1L2", {"l2": 0.1}, "l1", -0.01, 0.0),
    ("OrthogonalRegularizer", {}, "factor", -0.01, 0.0),
    ("LeakyReLU", {}, "negative_slope", -0.2, ABSENT),
    ("ReLU", {}, "threshold", -1.0, ABSENT),
    ("SeparableConv1D", {"filters": 2, "kernel_size": 3}, "padding", "causal", ABSENT),
    ("RandomShear", {"y_factor": [0.1, 0.2]}, "x_factor", [-0.2, 0.2], 0.2),
    ("RandomShear", {}, "y_factor", [-1, 1], 1),
]
ONLY_CALLED = [("UpSampling2D", "mitchellcubic"), ("Resizing", "gaussian")]
TRAINS_OTHERWISE = [("GaussianNoise", 5.0), ("L2", -0.01), ("L1L2", -0.01), ("OrthogonalRegularizer", -0.01)]
MAKE = """
import json, sys
import keras
for class_name, config in json.loads(sys.argv[1]):
    kind = keras.layers if hasattr(keras.layers, class_name) else keras.regularizers
    try:
        getattr(kind, class_name).from_config(config)
        print("taken")
    except (TypeError, ValueError) as error:
        print(str(error).replace(chr(10), " "))
"""


def holding(class_name: str, config: dict[str, Any], format: Format = Format.KERAS_ZIP) -> Document:
    made = layer(class_name, name="it", **config)
    if class_name in ("L2", "L1L2", "OrthogonalRegularizer"):
        made = layer(
            "Dense", name="it", units=2, kernel_regularizer={"class_name": class_name, "config": config, "module": "keras.regularizers"}
        )
    return document(sequential(made), format=format)


def _without_comment(text: str | None) -> str:
    return str(text).removeprefix("ValueError: ")


@pytest.mark.parametrize(("class_name", "others", "argument", "value", "written"), REFUSED)
def test_a_value_that_is_refused_is_written_as_one_that_means_the_same(
    class_name: str, others: dict[str, Any], argument: str, value: object, written: object
) -> None:
    sick = holding(class_name, {**others, argument: value})
    (finding,) = examine("K601", sick)
    by = "Keras 3 itself writes" if class_name == "RandomShear" else "Keras 2 took"
    assert finding.message == f"{class_name} of Keras 3.15.1 takes no {argument} of {value!r}, which {by}"
    assert (finding.repair is None) is (written is ABSENT)
    if finding.repair is None:
        assert [need.flag for need in finding.needs] == ["FILE"]
        return
    assert (finding.repair.safety is Safety.UNSAFE) is ((class_name, value) in TRAINS_OTHERWISE)
    (edit,) = finding.repair.edits
    assert (edit.new, type(edit.new)) == (written, type(written))
    assert examine("K601", cured(sick, finding)) == []


@pytest.mark.parametrize(("class_name", "interpolation"), ONLY_CALLED)
def test_interpolations_of_tensorflow_alone_are_named(class_name: str, interpolation: str) -> None:
    sizes = {"size": [2, 2]} if class_name == "UpSampling2D" else {"height": 8, "width": 8}
    (finding,) = examine("K601", holding(class_name, {**sizes, "interpolation": interpolation}))
    assert finding.repair is None


def test_keras_itself_refuses_them_and_takes_what_is_written() -> None:
    """Which releases refuse what is told by their sources; this is the one that is installed."""
    rows = [(name, {**others, argument: value}) for name, others, argument, value, _ in REFUSED]
    cures = [(name, {**others, argument: new}) for name, others, argument, _, new in REFUSED if new is not ABSENT]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-c", MAKE, json.dumps([*rows, *cures])]
    said = subprocess.run(command, capture_output=True, text=True, env=environment, check=True).stdout.splitlines()
    assert "taken" not in said[: len(rows)]
    assert said[len(rows) :] == ["taken"] * len(cures)
    for (name, config), words in zip(rows, said, strict=False):
        if name != "ReLU":  # which of its three arguments is told in different words
            (finding,) = examine("K601", holding(name, config))
            assert _without_comment(finding.keras_says).rstrip(".") in words


def test_values_that_keras_3_takes_are_healthy() -> None:
    for class_name, config in (
        ("Dropout", {"rate": 1, "noise_shape": [None, 1]}),
        ("GaussianNoise", {"stddev": 1.0}),
        ("LeakyReLU", {"negative_slope": 0.0}),
        ("Dense", {"units": 2, "trainable": False}),
        ("UpSampling2D", {"size": [2, 2], "interpolation": "bicubic"}),
        ("L2", {"l2": 0}),
        ("RandomShear", {"x_factor": [0.1, 0.2], "y_factor": [-0.0, 0.0]}),
    ):
        assert examine("K601", holding(class_name, config)) == []


def test_releases_that_take_the_value_are_not_told_of() -> None:
    shaped = holding("Dropout", {"rate": 0.5, "noise_shape": 2})
    frozen = holding("Dense", {"units": 2, "trainable": 0})
    for release, told in (("2.15.0", []), ("3.12.0", []), ("3.14.1", [shaped]), ("3.15.1", [shaped, frozen])):
        assert [each for each in (shaped, frozen) if examine("K601", each, Target(release))] == told


def test_the_built_shape_of_a_metric_is_left_out() -> None:
    """Keras 2.13 to 2.15 wrote it for an AUC of several labels."""
    auc = {"module": "keras.metrics", "class_name": "AUC", "config": {"multi_label": True, "num_labels": 3}, "registered_name": None}
    training = {"optimizer": "adam", "loss": "mse", "metrics": [{**auc, "build_config": {"input_shape": [None, 3]}}]}
    sick = document(sequential(layer("Dense", units=3)), training=training)
    (finding,) = examine("K601", sick)
    assert finding.keras_says == "AttributeError: 'AUC' object has no attribute 'built'"
    healed = cured(sick, finding)
    assert (healed.training["metrics"], examine("K601", healed)) == ([auc], [])


def compiled(**settings: Any) -> Document:
    optimizer = {"module": "keras.optimizers", "class_name": "SGD", "config": settings, "registered_name": None}
    return document(sequential(layer("Dense", units=3)), training={"optimizer": optimizer, "loss": "mse"})


@pytest.mark.parametrize(
    ("settings", "healthy"),
    [
        ({"clipnorm": 1.0, "clipvalue": 0.5}, {"clipnorm": 1.0, "clipvalue": None}),
        ({"clipnorm": 0.0, "global_clipnorm": None, "clipvalue": 0.5}, {"clipnorm": None, "global_clipnorm": None, "clipvalue": 0.5}),
        ({"momentum": 1}, {"momentum": 1.0}),
        ({"learning_rate": 1}, {"learning_rate": 1.0}),
        ({"learning_rate": "0.01"}, {"learning_rate": 0.01}),
    ],
)
def test_settings_that_an_optimizer_refuses_are_told_and_cured(settings: dict[str, Any], healthy: dict[str, Any]) -> None:
    sick = compiled(**settings)
    (finding,) = examine("K504", sick)
    healed = cured(sick, finding)
    assert healed.training["optimizer"]["config"] == healthy
    assert examine("K504", healed) == []


SCHEDULE = {"module": "keras.optimizers.schedules", "class_name": "CosineDecay", "config": {"initial_learning_rate": 0.1, "decay_steps": 9}}


@pytest.mark.parametrize("rate", [1, 0, "0.01", "fast", None, True, [0.1], {}, 0.1, -0.1, SCHEDULE], ids=str)
@pytest.mark.parametrize("format", [Format.KERAS_ZIP, Format.H5_MODEL])
def test_a_learning_rate_is_refused_where_keras_refuses_it(rate: Any, format: Format) -> None:
    import keras

    try:
        keras.optimizers.SGD.from_config({"learning_rate": rate})
        refused = False
    except ValueError as error:
        refused = str(error).startswith("Argument `learning_rate` should be float")
    sick = compiled(learning_rate=rate)
    if format is Format.H5_MODEL:
        training = {"optimizer_config": sick.training["optimizer"], "loss": "mse"}
        sick = document(sequential(layer("Dense", units=3)), format=format, training=training)
    told = [finding for finding in examine("K504", sick) if finding.at.keys[-1] == "learning_rate"]
    assert len(told) == refused
    for finding in told:
        assert (finding.repair is None) == (rate not in (1, 0, "0.01") or rate is True)
        assert [need.flag for need in finding.needs] == ([] if finding.repair else ["--compile"])
    assert not [finding for finding in examine("K504", sick, Target("2.15.0")) if finding.at.keys[-1] == "learning_rate"]


def test_a_way_to_clip_that_goes_needs_leave_where_the_model_is_wanted_for_training() -> None:
    (finding,) = examine("K504", compiled(clipnorm=1.0, clipvalue=0.5), Target("3.15.1", purpose="training"))
    assert finding.repair is not None
    assert finding.repair.safety is Safety.UNSAFE


def test_keras_3_0_and_3_1_took_clipvalue_beside_another_way() -> None:
    """Seen in 3.0.5, which loads what 3.9.2 and 3.15.1 refuse."""
    for release, refused in (("3.0.5", 0), ("3.1.1", 0), ("3.2.1", 1), ("3.15.1", 1)):
        assert len(examine("K504", compiled(clipnorm=1.0, clipvalue=0.5), Target(release))) == refused
        assert len(examine("K504", compiled(clipnorm=1.0, global_clipnorm=0.5), Target(release))) == 1


def test_the_label_weights_of_a_metric_are_written_as_a_list() -> None:
    array = {"class_name": "__numpy__", "config": {"value": [0.2, 0.8], "dtype": "float32"}}
    config = {"name": "auc", "multi_label": True, "num_labels": 2, "label_weights": array}
    metric = {"module": "keras.metrics", "class_name": "AUC", "config": config, "registered_name": None}
    sick = document(sequential(layer("Dense")), training={"metrics": [metric]})
    (finding,) = examine("K601", sick)
    assert finding.at.json == "/metrics/0/config/label_weights"
    healed = cured(sick, finding)
    assert healed.training["metrics"][0]["config"]["label_weights"] == [0.2, 0.8]
    assert examine("K601", healed) == []
