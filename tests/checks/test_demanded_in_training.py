"""K304: metrics and schedules of the training state without what they are made with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from graphs import cured

from kdoctor.custom.custom_objects import check_settings
from kdoctor.document import ABSENT, Document, Format
from kdoctor.engine import plan
from kdoctor.errors import UsageError
from kdoctor.packs import load_checks
from kdoctor.target import Given, Target
from kdoctor.testing import KERAS_3, document, examine, layer, sequential

TRAINED = Target("3.15.1", purpose="training")
NATIVE, H5 = Format.KERAS_ZIP, Format.H5_MODEL


def metric(class_name: str, **config: Any) -> dict[str, Any]:
    return {"module": "keras.metrics", "class_name": class_name, "config": {"name": "m", **config}, "registered_name": None}


def compiled(*metrics: Any, format: Format = NATIVE, **training: Any) -> Document:
    return document(sequential(layer("Dense", units=3)), format=format, training={"metrics": [*metrics], **training})


@pytest.mark.parametrize("format", [NATIVE, H5])
@pytest.mark.parametrize(
    ("sick", "lost"),
    [
        (metric("MeanIoU"), "num_classes"),
        (metric("OneHotIoU", num_classes=3), "target_class_ids"),
        (metric("SensitivityAtSpecificity"), "specificity"),
        (metric("MeanIoU", num_classes="3"), "num_classes"),
        (metric("PrecisionAtRecall", recall=None), "recall"),
    ],
)
def test_a_metric_that_cannot_be_made_costs_the_training_state(sick: Any, lost: str, format: Format) -> None:
    found = compiled(sick, format=format)
    (finding,) = examine("K304", found)
    assert lost in finding.message
    assert not finding.mild
    assert cured(found, finding).training is ABSENT
    (asked,) = examine("K304", found, TRAINED)
    assert asked.repair is None
    assert [need.name for need in asked.needs] == [f"m.{lost}=…"]


def test_what_the_user_says_of_it_is_written() -> None:
    sick = compiled(metric("MeanIoU"))
    given = Target("3.15.1", given=Given(settings={("m", "num_classes"): 3}))
    check_settings(sick, given)
    (finding,) = examine("K304", sick, given)
    healed = cured(sick, finding)
    assert healed.training == {"metrics": [metric("MeanIoU", num_classes=3)]}
    assert examine("K304", healed) == []
    with pytest.raises(UsageError):
        check_settings(healed, given)


def test_a_value_that_it_refuses_is_not_taken_from_the_user_either() -> None:
    given = Target("3.15.1", given=Given(settings={("MeanIoU", "num_classes"): "3"}))
    sick = compiled(metric("MeanIoU"))
    (finding,) = examine("K304", sick, given)
    assert cured(sick, finding).training is ABSENT


def test_a_name_alone_blocks_fit_in_an_archive_and_loading_in_an_h5() -> None:
    (waits,) = examine("K304", compiled("mean_io_u"))
    assert waits.mild
    assert waits.repair is None
    (asked,) = examine("K304", compiled("mean_io_u"), TRAINED)
    assert not asked.mild
    assert asked.needs[0].flag == "--compile"
    sick = compiled("MeanIoU", format=H5)
    (blocks,) = examine("K304", sick)
    assert not blocks.mild
    assert cured(sick, blocks).training is ABSENT


def test_a_schedule_without_its_rate() -> None:
    schedule = {
        "module": "keras.optimizers.schedules",
        "class_name": "ExponentialDecay",
        "config": {"initial_learning_rate": 0.1, "decay_steps": 5},
    }
    adam = {
        "module": "keras.optimizers",
        "class_name": "Adam",
        "config": {"name": "adam", "learning_rate": schedule},
        "registered_name": None,
    }
    (finding,) = examine("K304", compiled(optimizer=adam))
    assert "decay_rate" in finding.message
    assert str(finding.at) == "training#/optimizer/config/learning_rate"


@pytest.mark.parametrize(
    "healthy", [metric("MeanIoU", num_classes=3), metric("BinaryIoU"), metric("AUC"), metric("PrecisionAtRecall", recall=1), "mae"]
)
def test_a_metric_that_can_be_made_is_left_alone(healthy: Any) -> None:
    assert examine("K304", compiled(healthy)) == []


def test_a_metric_without_its_module_is_not_cured_to_one_that_cannot_be_made() -> None:
    nowhere = {"class_name": "MeanIoU", "config": {"name": "m"}}
    for sick in (nowhere, {**metric("MeanIoU"), "registered_name": "Custom>MeanIoU"}):
        assert plan(compiled(sick), KERAS_3, load_checks(), "model.keras").after.document.training is ABSENT


@pytest.mark.filterwarnings("ignore:__array__ implementation")  # of Keras, when it saves
def test_keras_loads_what_is_written(tmp_path: Path) -> None:
    import keras

    from kdoctor.doctor import repair_file
    from kdoctor.repair import Wish, carry_out

    made = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    made.compile("adam", "mse", metrics=[keras.metrics.MeanIoU(num_classes=3)])
    made.optimizer.build(made.trainable_variables)
    path = tmp_path / "model.keras"
    made.save(path)
    without = with_config(path, lambda config: config["compile_config"]["metrics"][0]["config"].pop("num_classes"))
    with pytest.raises(TypeError, match="could not be deserialized"):
        keras.models.load_model(without)
    for settings in ({}, {("MeanIoU", "num_classes"): 3}):
        target = Target(keras.__version__, given=Given(settings=settings))
        plan = repair_file(without, target, load_checks())
        outcome = carry_out(plan, without, Wish(tmp_path / f"healed_{len(settings)}.keras", False, False, False, False))
        assert outcome.out is not None
        assert bool(keras.models.load_model(outcome.out).compiled) is bool(settings)


def with_config(path: Path, change: Any) -> Path:
    """A copy of an archive with another config."""
    import json
    from zipfile import ZipFile

    out = path.with_name("edited.keras")
    with ZipFile(path) as source, ZipFile(out, "w") as copy:
        for name in source.namelist():
            content = source.read(name)
            if name == "config.json":
                config = json.loads(content)
                change(config)
                content = json.dumps(config).encode()
            copy.writestr(name, content)
    return out
