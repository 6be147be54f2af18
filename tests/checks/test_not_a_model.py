"""K101: the content is not a Keras file, whatever its name says."""

from __future__ import annotations

import pytest

from kdoctor.check import Safety
from kdoctor.document import Document, Fault, Format
from kdoctor.testing import document, examine, layer, model


def foreign(name: str = "model.keras", **detail: object) -> Document:
    fault = Fault("not-a-model", detail=detail)
    return document(format=Format.OTHER, faults=(fault,), file={"name": name, "extension": name[name.index(".") :]})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("lfs-pointer", "a Git LFS pointer"),
        ("html", "an HTML page"),
        ("google-drive-page", "Google Drive's warning page"),
        ("empty", "0 bytes"),
        ("zeroed", "nothing but zero bytes"),
        ("pickle", "a Python pickle"),
        ("image", "an image"),
        ("json", "JSON alone"),
        ("text", "plain text"),
        ("hdf5-data", "HDF5, but not a Keras file"),
        ("zip", "a zip archive, but not one of Keras"),
        ("unknown", "nothing that Keras writes"),
        ("a RAR archive", "a RAR archive, not a model"),
    ],
)
def test_the_finding_says_what_the_content_really_is(content: str, said: str) -> None:
    (finding,) = examine("K101", foreign(content=content))
    assert said in finding.message


def test_the_advice_for_a_git_lfs_pointer_fetches_the_real_file_and_tells_its_size() -> None:
    (finding,) = examine("K101", foreign(content="lfs-pointer", size=1234567))
    assert "1,234,567 bytes" in finding.message
    assert finding.repair is not None
    assert "git lfs pull" in finding.repair.title


def test_nothing_is_ever_applied() -> None:
    (finding,) = examine("K101", foreign(content="html"))
    assert finding.repair is not None
    assert (finding.repair.safety, finding.repair.edits) == (Safety.ADVICE, ())


def test_the_first_characters_are_quoted() -> None:
    (finding,) = examine("K101", foreign(content="text", head="Not Found"))
    assert "it begins with 'Not Found'" in finding.message


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.keras", "ValueError: File not found: filepath=a.keras. Please ensure the file is an accessible `.keras` zip file."),
        ("a.h5", "OSError: Unable to synchronously open file (file signature not found)"),
        ("a.bin", "ValueError: File format not supported: filepath=a.bin."),
    ],
)
def test_keras_is_quoted_by_the_extension_alone(name: str, message: str) -> None:
    (finding,) = examine("K101", foreign(name, content="text"))
    assert str(finding.keras_says).startswith(message)


def test_text_mode_damage_is_told_with_the_way_to_transfer_again() -> None:
    (finding,) = examine("K101", document(format=Format.OTHER, faults=(Fault("text-mode", detail={"content": "hdf5"}),)))
    assert "HDF5 that was transferred as text" in finding.message
    assert finding.repair is not None
    assert "binary" in finding.repair.title


def test_a_model_is_one() -> None:
    assert examine("K101", model(layer("Dense"))) == []
