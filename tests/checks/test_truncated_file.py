"""K103: the end of the file is missing."""

from __future__ import annotations

from kdoctor.check import Safety
from kdoctor.document import Document, Fault, Format
from kdoctor.edit import apply
from kdoctor.testing import document, examine, layer, model


def cut(format: Format = Format.OTHER, part: str = "file", **detail: object) -> Document:
    return document(format=format, faults=(Fault("truncated", part, detail),), file={"name": "m.keras", "extension": ".keras"})


def test_hdf5_states_how_much_is_missing_and_keras_is_quoted_with_the_lengths() -> None:
    (finding,) = examine("K103", cut(content="hdf5", present=8140, expected=16280))
    assert finding.message == "8,140 of 16,280 bytes are missing at the end"
    assert finding.keras_says == (
        "OSError: Unable to synchronously open file (truncated file: eof = 8140, sblock->base_addr = 0, stored_eof = 16280)"
    )
    assert finding.repair is not None
    assert finding.repair.safety is Safety.ADVICE


def test_hdf5_that_ends_within_its_first_block_does_not_state_how_much_is_missing() -> None:
    (finding,) = examine("K103", cut(content="hdf5", present=46, expected=None))
    assert finding.message == "all but the first 46 bytes are missing"
    assert finding.keras_says == "OSError: Unable to synchronously open file"


def test_an_archive_without_a_directory_whose_members_are_whole_is_written_anew() -> None:
    sick = cut(Format.KERAS_ZIP, content="zip", present=900, expected=None, complete=True)
    (finding,) = examine("K103", sick)
    assert finding.message == "the end is missing: the archive has no directory; every part was recovered whole"
    assert "File not found: filepath=m.keras" in str(finding.keras_says)
    assert finding.repair is not None
    assert finding.repair.safety is Safety.SAFE
    assert examine("K103", apply(sick, finding.repair.edits)) == []


def test_lost_weights_are_named_and_never_made_up() -> None:
    (finding,) = examine("K103", cut(content="zip", present=900, expected=None, lost=["model.weights.h5"]))
    assert finding.message.endswith("lost: model.weights.h5")
    assert finding.repair is not None
    assert finding.repair.edits == ()


def test_a_cut_part_inside_a_whole_archive_is_named() -> None:
    (finding,) = examine("K103", cut(Format.KERAS_ZIP, "weights", content="hdf5", present=10, expected=20))
    assert finding.message == "10 of 20 bytes are missing at the end in weights"


def test_a_whole_file_is_healthy() -> None:
    assert examine("K103", model(layer("Dense"))) == []
