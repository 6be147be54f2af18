from __future__ import annotations

from kdoctor.testing import examine, layer, model


def test_a_layer_that_runs_a_folder_is_named_with_the_folder() -> None:
    (finding,) = examine("K809", model(layer("TFSMLayer", filepath="exported/model", call_endpoint="serve")))
    assert "exported/model" in finding.message
    assert finding.needs[0].name == "exported/model"


def test_other_layers_with_a_path_are_no_offence() -> None:
    assert examine("K809", model(layer("MyLayer", module="my_package", filepath="x"))) == []
