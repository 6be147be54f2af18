"""K612: a save that crashed left the file behind."""

from __future__ import annotations

import pytest
from weight_documents import ONE, TWO, h5

from kdoctor.check import Safety
from kdoctor.document import ABSENT, Document, Fault
from kdoctor.edit import Edit, apply
from kdoctor.faults import FaultKind
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


@pytest.mark.parametrize("settled", [True, False])
def test_a_file_that_was_never_closed_is_written_anew_only_where_all_of_it_was_written_out(settled: bool) -> None:
    at = Pointer("faults", (0,))
    sick = apply(WHOLE, (Edit(at, old=ABSENT, new=Fault(FaultKind.HDF5_UNCLOSED.value, "file", {"settled": settled})),))
    (finding,) = examine("K612", sick)
    assert "file is already open for write" in str(finding.keras_says)
    assert finding.repair is not None
    assert (finding.repair.safety is Safety.SAFE) is settled
    assert [need.flag for need in finding.needs] == ([] if settled else ["FILE"])
