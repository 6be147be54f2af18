"""K804: the HDF5 structure leads out of the file, or back into itself."""

from __future__ import annotations

from typing import Any

import pytest

from kdoctor.document import Fault
from kdoctor.edit import apply
from kdoctor.testing import document, examine, layer, model, sequential


@pytest.mark.parametrize(
    ("kind", "detail", "said"),
    [
        (
            "hdf5-link",
            {"name": "layers/dense", "link": "external", "to": "/w", "file": "/etc/secret.h5"},
            "'layers/dense' is an external link to '/w' in the file '/etc/secret.h5', where Keras stores an array or a group",
        ),
        (
            "hdf5-link",
            {"name": "layers/dense", "link": "soft", "to": "/layers"},
            "'layers/dense' is a soft link to '/layers', where Keras stores an array or a group",
        ),
        (
            "hdf5-external-storage",
            {"name": "layers/dense/vars/0", "files": ["/etc/passwd", "b", "c", "d"]},
            "the numbers of 'layers/dense/vars/0' are to be read from other files: '/etc/passwd', 'b', 'c'",
        ),
        (
            "hdf5-virtual",
            {"name": "layers/dense/vars/0"},
            "'layers/dense/vars/0' is a virtual dataset, made up from other datasets or files",
        ),
    ],
)
def test_every_way_out_is_told_with_where_it_leads(kind: str, detail: Any, said: str) -> None:
    (finding,) = examine("K804", document(sequential(), faults=(Fault(kind, "weights", detail),)))
    assert finding.message.startswith(f"{said} (CVE-2026-")
    assert finding.message.endswith(" guards against it)")
    assert finding.repair is None


def test_weights_that_stay_in_their_file_are_healthy() -> None:
    assert examine("K804", model(layer("Dense"))) == []


@pytest.mark.parametrize("to", ["/layers/real", "real"])
def test_a_soft_link_to_an_array_of_the_file_is_replaced_by_the_array(to: str) -> None:
    detail = {"name": "layers/dense", "link": "soft", "to": to}
    sick = document(sequential(), weights={"layers/real": (3, 2)}, faults=(Fault("hdf5-link", "weights", detail),))
    (finding,) = examine("K804", sick)
    assert finding.repair is not None
    healed = apply(sick, finding.repair.edits)
    assert healed.weights["layers/dense"] == sick.weights["layers/real"]
    assert examine("K804", healed) == []


def test_an_external_link_to_the_same_path_is_not() -> None:
    detail = {"name": "layers/dense", "link": "external", "to": "/layers/real", "file": "other.h5"}
    (finding,) = examine("K804", document(sequential(), weights={"layers/real": (3,)}, faults=(Fault("hdf5-link", "weights", detail),)))
    assert finding.repair is None
