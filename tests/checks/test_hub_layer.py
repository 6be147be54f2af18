"""K302: TensorFlow Hub's KerasLayer."""

from __future__ import annotations

from kdoctor.document import Format
from kdoctor.testing import document, examine, layer, model, sequential

HANDLE = "https://tfhub.dev/example/tiny/1"
HUB = layer("KerasLayer", module="tensorflow_hub.keras_layer", handle=HANDLE, trainable=True, output_key="default")


def test_the_module_is_named_with_its_options_and_the_code_asked_for() -> None:
    (finding,) = examine("K302", model(HUB))
    assert f"the module {HANDLE!r} (trainable=True, output_key='default')" in finding.message
    (need,) = finding.needs
    assert (need.flag, need.name) == ("FILE", f"the module {HANDLE!r}")
    assert "hub.KerasLayer" in need.why
    assert "Could not locate class 'KerasLayer'" in str(finding.keras_says)


def test_an_h5_file_names_no_module_and_its_handle_gives_it_away() -> None:
    legacy = {"class_name": "KerasLayer", "config": {"name": "hub", "handle": HANDLE, "trainable": False}}
    (finding,) = examine("K302", document(sequential(legacy), format=Format.H5_MODEL))
    assert "(trainable" not in finding.message
    assert str(finding.keras_says).startswith("ValueError: Unknown layer: 'KerasLayer'.")


def test_a_layer_of_the_users_own_under_that_name_is_no_hub_layer() -> None:
    assert examine("K302", model(layer("KerasLayer", module="mine", units=3))) == []
