"""K612: a save that crashed left the file behind."""

from __future__ import annotations

from weight_documents import ONE, TWO, h5

from kdoctor.document import Document
from kdoctor.edit import Edit, apply
from kdoctor.pointer import Pointer
from kdoctor.testing import examine

WHOLE = h5({"one": ONE, "two": TWO}, ["one", "two"])


def listing(*names: str) -> Document:
    at = Pointer("attributes", ("/model_weights/one",)) / "weight_names"
    return apply(WHOLE, (Edit(at, old=list(ONE), new=list(names)),))


def test_a_list_that_names_an_array_twice_was_never_finished() -> None:
    (finding,) = examine("K612", listing("one/kernel:0", "one/bias:0", "one/kernel:0", "one/bias:0"))
    assert "crashed in the layer 'one': it lists 4 arrays, 'one/kernel:0' more than once, and holds 2" in finding.message
    assert [need.flag for need in finding.needs] == ["FILE"]


def test_whole_files_are_healthy() -> None:
    assert examine("K612", WHOLE) == []
