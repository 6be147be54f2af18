"""K106: the model is whole, but packed once more than Keras expects."""

from __future__ import annotations

import pytest

from kdoctor.document import Fault, Format
from kdoctor.edit import apply
from kdoctor.testing import document, examine, layer, model, sequential

NO_CONFIG = "There is no item named 'config.json' in the archive"


@pytest.mark.parametrize(
    ("how", "name", "said", "keras_says"),
    [
        ("folder", "my_model", "under the folder 'my_model'", NO_CONFIG),
        ("zip", "inner.keras", "inside another zip, as 'inner.keras'", NO_CONFIG),
        ("gzip", "", "packed with gzip", "file signature not found"),
    ],
)
def test_the_packing_is_named_and_taken_off(how: str, name: str, said: str, keras_says: str) -> None:
    format, extension = (Format.H5_MODEL, ".h5") if how == "gzip" else (Format.KERAS_ZIP, ".keras")
    fault = Fault("wrapped", detail={"how": how, "name": name})
    sick = document(sequential(), format=format, faults=(fault,), file={"name": f"m{extension}", "extension": extension})
    (finding,) = examine("K106", sick)
    assert said in finding.message
    assert keras_says in str(finding.keras_says)
    assert finding.repair is not None
    assert examine("K106", apply(sick, finding.repair.edits)) == []


def test_each_layer_of_packing_is_named() -> None:
    faults = (Fault("wrapped", detail={"how": "zip", "name": "a.keras"}), Fault("wrapped", detail={"how": "folder", "name": "a"}))
    assert len(examine("K106", document(sequential(), faults=faults))) == 2


def test_a_plain_archive_is_healthy() -> None:
    assert examine("K106", model(layer("Dense"))) == []
