"""K605: a dtype policy in a form that the target does not read."""

from __future__ import annotations

from typing import Any

import keras
import pytest
from graphs import cured

from kdoctor.document import Document
from kdoctor.edit import apply
from kdoctor.target import Target
from kdoctor.testing import examine, layer, model


def stated(dtype: Any) -> Document:
    return model(layer("Dense", dtype=dtype))


KERAS_2 = stated({"class_name": "Policy", "config": {"name": "mixed_float16"}})
TODAY = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "mixed_float16"}, "registered_name": None}


@pytest.mark.parametrize(("release", "written"), [("3.15.1", TODAY), ("3.4.1", TODAY), ("3.3.3", "mixed_float16")])
def test_the_policy_of_keras_2_is_written_in_the_form_of_the_target(release: str, written: object) -> None:
    (finding,) = examine("K605", KERAS_2, Target(release))
    assert finding.message == f"the dtype policy is written as Policy, which Keras {release} does not read"
    healed = cured(KERAS_2, finding)
    assert healed.config["config"]["layers"][0]["config"]["dtype"] == written
    assert examine("K605", healed, Target(release)) == []


def test_a_policy_without_a_name_has_no_cure() -> None:
    (finding,) = examine("K605", stated({"class_name": "Policy", "config": {"loss_scale": None}}))
    assert finding.repair is None


@pytest.mark.parametrize("dtype", [TODAY, "float32", "mixed_bfloat16", None])
def test_policies_of_today_and_plain_texts_are_healthy(dtype: object) -> None:
    assert examine("K605", stated(dtype)) == []


def test_a_hashing_that_counts_in_floats_is_left_to_count_in_whole_numbers() -> None:
    sick = model(layer("Hashing", num_bins=8, salt=None, dtype="float32"))
    (finding,) = examine("K605", sick)
    assert "`dtype` should be an integer type" in str(finding.keras_says)
    healed = cured(sick, finding)
    assert "dtype" not in healed.config["config"]["layers"][0]["config"]
    assert examine("K605", healed) == []
    assert examine("K605", sick, Target("2.15.0")) == []
    assert examine("K605", model(layer("Hashing", num_bins=8, dtype="int64"))) == []


def test_a_salt_that_may_not_have_been_used_is_not_guessed() -> None:
    (finding,) = examine("K605", model(layer("Hashing", num_bins=8, salt=[956888297470, 956888297470], dtype="float32")))
    assert finding.repair is None


def test_a_policy_without_a_module_gets_its_own() -> None:
    policy = {"module": None, "class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": None}
    sick = model(layer("Dense", units=2, dtype=policy))
    (finding,) = examine("K605", sick)
    assert finding.repair is not None
    cured = apply(sick, finding.repair.edits)
    assert examine("K605", cured) == []
    written = cured.config["config"]["layers"][0]["config"]["dtype"]
    assert keras.dtype_policies.deserialize(written).name == "float32"
