"""K804: the HDF5 structure leads out of the file, or back into itself."""

from __future__ import annotations

from typing import Any

import pytest

from kdoctor.document import Fault, Format
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


def test_a_soft_link_to_a_group_of_the_file_is_replaced_by_all_that_is_in_it() -> None:
    fault = Fault("hdf5-link", "weights", {"name": "model_weights/one", "link": "soft", "to": "/real"})
    sick = document(
        sequential(layer("Dense", name="one", units=2)),
        format=Format.H5_MODEL,
        weights={"real/one/kernel:0": (4, 2), "really": (1,)},
        attributes={"/": {}, "/model_weights": {"layer_names": ["one"]}, "/real": {"weight_names": ["one/kernel:0"]}, "/real/one": {}},
        faults=(fault,),
    )
    (finding,) = examine("K804", sick)
    assert finding.repair is not None
    after = apply(sick, finding.repair.edits)
    assert after.weights.keys() - sick.weights.keys() == {"model_weights/one/one/kernel:0"}
    assert after.attributes["/model_weights/one"] == {"weight_names": ["one/kernel:0"]}
    assert examine("K804", after) == []


@pytest.mark.parametrize("to", ["/", "/layers", "layers/dense", "/nowhere"])
def test_a_soft_link_to_a_group_that_holds_it_or_nothing_is_not(to: str) -> None:
    fault = Fault("hdf5-link", "weights", {"name": "layers/dense", "link": "soft", "to": to})
    (finding,) = examine("K804", document(sequential(layer("Dense", units=2)), weights={"layers/dense_1/vars/0": (4, 2)}, faults=(fault,)))
    assert finding.repair is None


def test_a_second_name_of_a_group_is_called_that() -> None:
    fault = Fault("hdf5-link", "weights", {"name": "layers/dense", "link": "hard", "to": ""})
    (finding,) = examine("K804", document(sequential(layer("Dense", units=2)), faults=(fault,)))
    assert finding.message.startswith("'layers/dense' is a second name of a group")
    assert finding.repair is None
