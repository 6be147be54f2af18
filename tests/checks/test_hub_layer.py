"""K302: TensorFlow Hub's KerasLayer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kdoctor.document import Document, Format
from kdoctor.edit import apply
from kdoctor.saved_model.module import Module
from kdoctor.saved_model.variables import ModuleVariable
from kdoctor.structure.manifest import weights_by_layer
from kdoctor.target import Given, Target
from kdoctor.testing import document, examine, layer, model, sequential

HANDLE = "https://tfhub.dev/example/tiny/1"
HUB = layer("KerasLayer", module="tensorflow_hub.keras_layer", handle=HANDLE, trainable=True, output_key="default")
OTHER = {**HUB, "config": {**HUB["config"], "name": "other"}}
LEGACY: dict[str, Any] = {"class_name": "KerasLayer", "config": {"name": "hub", "handle": HANDLE, "trainable": False}}
MODULE = Module(Path("/modules/tiny"), (ModuleVariable("w", (4, 3), True),), (), (("saved_model.pb", 7),), "digest")


def asked(**given: Any) -> Target:
    return Target("3.15.1", given=Given(custom=("hub",), **given))


def stored(*layers: Any, **weights: tuple[int, ...]) -> Document:
    """``keras_layer_1=(3,)``: the one array of the layer that stands there."""
    return document(sequential(*layers), weights={f"layers/{place}/vars/0": shape for place, shape in weights.items()})


def cured(sick: Document, target: Target) -> Document:
    (finding, *_) = examine("K302", sick, target)
    assert finding.repair is not None
    return apply(sick, finding.repair.edits)


def test_the_module_is_named_with_its_options_and_the_cure_is_asked_for() -> None:
    (finding,) = examine("K302", model(HUB))
    assert f"the module {HANDLE!r} (trainable=True, output_key='default')" in finding.message
    (need,) = finding.needs
    assert (need.flag, need.name) == ("--custom", "hub")
    assert finding.repair is None
    assert "Could not locate class 'KerasLayer'" in str(finding.keras_says)


def test_an_h5_file_names_no_module_and_its_handle_gives_it_away() -> None:
    (finding,) = examine("K302", document(sequential(LEGACY), format=Format.H5_MODEL))
    assert "(trainable" not in finding.message
    assert str(finding.keras_says).startswith("ValueError: Unknown layer: 'KerasLayer'.")


def test_a_layer_of_the_users_own_under_that_name_is_no_hub_layer() -> None:
    assert examine("K302", model(layer("KerasLayer", module="mine", units=3))) == []


def test_keras_2_keeps_its_layer_and_is_told_the_call() -> None:
    (finding,) = examine("K302", model(HUB), Target("2.15.0"))
    assert not finding.mild
    assert [need.flag for need in finding.needs] == ["--custom"]
    assert "custom_objects={'KerasLayer': hub.KerasLayer}" in finding.message
    (given,) = examine("K302", model(HUB), Target("2.15.0", given=Given(custom=("hub",))))
    assert given.mild


def test_every_argument_is_kept_and_the_weights_are_stored_under_the_new_class() -> None:
    after = cured(stored(HUB, layer("Dense", units=2), keras_layer=(4, 3), dense=(3, 2)), asked())
    (made, _) = after.config["config"]["layers"]
    assert (made["module"], made["class_name"], made["registered_name"]) == ("kdoctor.hub.layer", "HubLayer", "kdoctor>HubLayer")
    assert made["config"] == {**HUB["config"], "variables": [{"shape": [4, 3], "trainable": True}]}
    assert set(after.weights) == {"layers/hub_layer/vars/0", "layers/dense/vars/0"}


def test_two_layers_are_counted_anew_in_their_order() -> None:
    after = cured(stored(HUB, OTHER, keras_layer=(1,), keras_layer_1=(2,)), asked())
    assert {path: weight.shape for path, weight in after.weights.items()} == {
        "layers/hub_layer/vars/0": (1,),
        "layers/hub_layer_1/vars/0": (2,),
    }


def test_numbers_of_keras_2_13_are_followed() -> None:
    after = cured(stored(HUB, OTHER, keras_layer_2=(1,), keras_layer_10=(2,)), asked())
    assert after.weights["layers/hub_layer_1/vars/0"].shape == (2,)


def test_the_class_of_an_h5_is_its_registered_name() -> None:
    after = cured(document(sequential(LEGACY), format=Format.H5_MODEL), asked())
    assert after.config["config"]["layers"][0]["class_name"] == "kdoctor>HubLayer"


def test_a_first_layer_that_states_the_shape_and_takes_words_gets_an_input_layer() -> None:
    first = {"class_name": "KerasLayer", "config": {**LEGACY["config"], "dtype": "string", "batch_input_shape": [None]}}
    entry, made = cured(document(sequential(first), format=Format.H5_MODEL), asked()).config["config"]["layers"]
    assert entry == {"class_name": "InputLayer", "config": {"batch_input_shape": [None], "dtype": "string", "name": "hub_input"}}
    assert "batch_input_shape" not in made["config"]


def test_the_folder_of_the_copy_is_noted_by_its_name_alone() -> None:
    target = asked(hub_paths={HANDLE: "/modules/tiny"}, modules={HANDLE: MODULE})
    after = cured(stored(HUB, keras_layer=(4, 3)), target)
    assert after.config["config"]["layers"][0]["config"]["folder"] == "tiny"
    (told,) = examine("K302", after, target)
    assert told.mild
    assert told.message.endswith("import kdoctor.hub; kdoctor.hub.trust('/modules/tiny')")


def test_another_module_than_the_one_that_was_trained_is_refused() -> None:
    sick = stored(HUB, keras_layer=(5, 3))
    (finding,) = examine("K302", sick, asked(modules={HANDLE: MODULE}))
    assert finding.repair is None
    assert "(5, 3)" in finding.message
    assert "(4, 3)" in finding.message
    assert [need.flag for need in finding.needs] == ["--hub-path"]


def test_an_argument_that_hubs_layer_never_had_is_not_dropped() -> None:
    odd = {**HUB, "config": {**HUB["config"], "quantize": True}}
    (finding,) = examine("K302", model(odd), asked())
    assert finding.repair is None
    assert "quantize" in finding.message


def test_a_module_comes_into_the_archive_once() -> None:
    target = asked(embed=True, modules={HANDLE: MODULE})
    after = cured(document(sequential(HUB, OTHER), members={}), target)
    findings = examine("K302", after, target)
    repair = findings[0].repair
    assert repair is not None
    embedded = apply(after, repair.edits)
    assert [(member.name, member.brought) for member in embedded.members.values()] == [
        ("assets/layers/hub_layer/saved_model.pb", str(MODULE.folder / "saved_model.pb"))
    ]
    assert [made["config"]["embedded"] for made in embedded.config["config"]["layers"]] == ["digest", "digest"]
    assert all(finding.mild for finding in examine("K302", embedded, target))


def test_an_h5_is_written_as_an_archive_before_a_module_comes_in() -> None:
    target = asked(embed=True, modules={HANDLE: MODULE})
    findings = examine("K302", cured(document(sequential(LEGACY), format=Format.H5_MODEL), target), target)
    repair = findings[0].repair
    assert repair is not None
    assert (repair.native, repair.edits) == (True, ())


def test_a_module_that_is_nowhere_cannot_come_in() -> None:
    target = asked(embed=True)
    findings = examine("K302", cured(model(HUB), target), target)
    assert findings[0].repair is None
    assert [need.flag for need in findings[0].needs] == ["--hub-path"]


@pytest.mark.parametrize("outside", [(), ("ReadFile",)])
def test_operations_that_touch_the_outside_have_to_be_allowed_by_name(outside: tuple[str, ...]) -> None:
    module = Module(MODULE.folder, MODULE.variables, outside, MODULE.files)
    target = asked(modules={HANDLE: module})
    (told,) = examine("K302", cured(model(HUB), target), target)
    assert ("allow=['ReadFile']" in told.message) is bool(outside)


def test_a_layer_in_a_wrapper_of_an_h5_is_not_rewritten() -> None:
    sick = document(sequential(layer("TimeDistributed", layer=LEGACY, name="td")), format=Format.H5_MODEL)
    (finding,) = examine("K302", sick, asked(modules={HANDLE: MODULE}))
    assert finding.repair is None
    assert [need.flag for need in finding.needs] == ["FILE"]
    assert "a wrapper holds it" in finding.message


def test_the_weights_of_a_layer_whose_slashes_were_replaced_are_found_in_its_group() -> None:
    renamed = {**LEGACY, "config": {**LEGACY["config"], "name": "hub_tiny"}}
    attributes = {"/": {}, "/model_weights": {"layer_names": ["in", "hub/tiny"]}, "/model_weights/hub/tiny": {"weight_names": ["w:0"]}}
    sick = document(
        sequential(layer("InputLayer", name="in", batch_input_shape=[None, 4]), renamed),
        format=Format.H5_MODEL,
        weights={"model_weights/hub/tiny/w:0": (4, 3)},
        attributes=attributes,
    )
    (finding,) = examine("K302", sick, asked(modules={HANDLE: MODULE}))
    assert finding.repair is not None
    assert weights_by_layer(sick)[1].keys() == {"model_weights/hub/tiny/w:0"}
