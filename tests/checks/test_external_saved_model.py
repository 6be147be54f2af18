from __future__ import annotations

import pytest

from kdoctor.target import Target
from kdoctor.testing import examine, layer, model


def test_a_layer_that_runs_a_folder_is_named_with_the_folder() -> None:
    (finding,) = examine("K809", model(layer("TFSMLayer", filepath="exported/model", call_endpoint="serve")))
    assert "exported/model" in finding.message
    assert finding.needs[0].name == "exported/model"


def test_other_layers_with_a_path_are_no_offence() -> None:
    assert examine("K809", model(layer("MyLayer", module="my_package", filepath="x"))) == []


@pytest.mark.parametrize(
    ("release", "says"), [("3.15.1", "Requested the deserialization"), ("3.0.5", "SavedModel file does not exist at: exported/")]
)
def test_what_the_release_says_is_quoted(release: str, says: str) -> None:
    """Run with an .h5 of a folder that is not there, in both."""
    (finding,) = examine("K809", model(layer("TFSMLayer", filepath="exported", call_endpoint="serve")), Target(release))
    assert says in str(finding.keras_says)


def test_a_release_that_has_no_such_layer_does_not_fall_for_it() -> None:
    (finding,) = examine("K809", model(layer("TFSMLayer", filepath="exported", call_endpoint="serve")), Target("2.15.0"))
    assert finding.keras_says is None
    assert "CVE" not in finding.message
