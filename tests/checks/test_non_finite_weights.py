from __future__ import annotations

from kdoctor.check import Safety
from kdoctor.document import Fault
from kdoctor.faults import FaultKind
from kdoctor.testing import document, examine, layer, model, sequential


def test_nan_in_an_array_is_named_with_its_place_and_its_share() -> None:
    fault = Fault(FaultKind.NON_FINITE.value, "weights", {"name": "layers/dense/vars/1", "count": 2, "of": 3})
    (finding,) = examine("K704", document(sequential(layer("Dense", units=3)), faults=(fault,)))
    assert "2 of 3 numbers of layers/dense/vars/1" in finding.message
    assert finding.repair is not None
    assert finding.repair.safety is Safety.ADVICE


def test_what_nobody_looked_at_is_not_accused() -> None:
    assert examine("K704", model(layer("Dense", units=3))) == []
