"""K102: a Keras file under the name of another kind."""

from __future__ import annotations

import pytest

from kdoctor.document import Fault, Format
from kdoctor.edit import apply
from kdoctor.testing import document, examine, layer, model, sequential


@pytest.mark.parametrize(
    ("format", "name", "right", "said", "keras_says"),
    [
        (Format.KERAS_ZIP, "m.h5", ".keras", "the content is a .keras zip archive, but the file is named .h5", "file signature not found"),
        (Format.H5_MODEL, "m.keras", ".h5", "the content is HDF5, but the file is named .keras", "File not found: filepath=m.keras"),
        (Format.H5_WEIGHTS, "m.keras", ".weights.h5", "the content is HDF5 weights, but the file is named .keras", "File not found"),
    ],
)
def test_content_and_name_are_both_told_and_the_name_is_cured(format: Format, name: str, right: str, said: str, keras_says: str) -> None:
    extension = name[name.index(".") :]
    fault = Fault("wrong-extension", detail={"extension": extension, "right": right})
    sick = document(sequential(), format=format, faults=(fault,), file={"name": name, "extension": extension})
    (finding,) = examine("K102", sick)
    assert finding.message == said
    assert keras_says in str(finding.keras_says)
    assert finding.repair is not None
    assert examine("K102", apply(sick, finding.repair.edits)) == []


def test_a_file_without_an_extension_is_told_in_words() -> None:
    fault = Fault("wrong-extension", detail={"extension": "", "right": ".keras"})
    (finding,) = examine("K102", document(sequential(), faults=(fault,)))
    assert finding.message.endswith("the file is named without an extension")


def test_a_name_that_fits_is_healthy() -> None:
    assert examine("K102", model(layer("Dense"))) == []


def test_a_folder_named_like_an_archive_is_told_and_cured() -> None:
    fault = Fault("wrong-extension", "file", {"extension": ".keras", "right": ".keras", "content": "folder"})
    sick = document(model(layer("Dense", units=2)), format=Format.KERAS_DIR, faults=(fault,))
    (finding,) = examine("K102", sick)
    assert "unzipped folder" in finding.message
    assert "Is a directory" in str(finding.keras_says)
    assert finding.repair is not None
    assert examine("K102", apply(sick, finding.repair.edits)) == []
