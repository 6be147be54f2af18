"""K810: the file is built to exhaust or to mislead its readers."""

from __future__ import annotations

import pytest

from kdoctor.document import Fault
from kdoctor.testing import document, examine, layer, model, sequential


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ("json_depth", "more than 256 levels of nesting in JSON"),
        ("json_values", "more than 256 values in one JSON part"),
        ("hdf5_depth", "more than 256 levels of HDF5 groups"),
    ],
)
def test_endless_nesting_is_told_with_its_part(limit: str, said: str) -> None:
    (finding,) = examine("K810", document(faults=(Fault("limit", "config", {"limit": limit, "found": 9999, "allowed": 256}),)))
    assert finding.message == f"{said} (config)"


def test_a_key_that_stands_twice_is_named() -> None:
    fault = Fault("json-duplicate-keys", "config", {"keys": ["class_name", "config", "name", "units"], "count": 4})
    (finding,) = examine("K810", document(sequential(), faults=(fault,)))
    assert "'class_name', 'config', 'name'" in finding.message
    assert finding.repair is None


def test_a_size_is_another_checks_business() -> None:
    fault = Fault("limit", detail={"limit": "members", "found": 20000, "allowed": 10000})
    assert examine("K810", document(sequential(), faults=(fault,))) == []


def test_a_plain_model_is_healthy() -> None:
    assert examine("K810", model(layer("Dense"))) == []


@pytest.mark.parametrize("key", ["class_name", "module", "registered_name"])
def test_a_name_that_only_looks_like_another_is_named_once(key: str) -> None:
    wide = {**layer("Lambda"), key: "\uff2cambda"}
    (finding,) = examine("K810", model(wide, wide))
    assert finding.message == "a name that looks like 'Lambda' is written with U+FF2C, and is another"


def test_a_name_in_another_alphabet_is_honest() -> None:
    assert examine("K810", model(layer("注意力", module="пакет"))) == []


def test_half_a_pair_in_a_layers_name_is_found() -> None:
    """Keras 3.15.1 makes a path of it, and fails: 'utf-8' codec can't encode character."""
    listed = [layer("Dense", name=f"\ud83d{number}", units=1) for number in range(3)]
    (finding,) = examine("K810", model(*listed))
    assert finding.message.startswith(r"the name '\ud83d0', and those of 2 more holds half a pair")
    assert examine("K810", model(layer("Dense", name="\U0001f600", units=1), layer("Dense", name="größe", units=1))) == []
