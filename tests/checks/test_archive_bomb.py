"""K805: the file claims to hold far more than a model does."""

from __future__ import annotations

import pytest

from kdoctor.document import Fault
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, model, sequential


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ("members", "20,000 entries in the zip directory"),
        ("ratio", "20,000 times its stored size"),
        ("spool_bytes", "20,000 bytes is what a member unpacks to"),
        ("memory_bytes", "20,000 bytes is what a member unpacks to"),
        ("json_bytes", "20,000 bytes of JSON"),
        ("attribute_bytes", "20,000 bytes in one HDF5 attribute"),
        ("datasets", "20,000 arrays in the HDF5 structure"),
    ],
)
def test_every_limit_of_size_is_told_in_words(limit: str, said: str) -> None:
    fault = Fault("limit", detail={"limit": limit, "found": 20000, "allowed": 10000})
    (finding,) = examine("K805", document(sequential(), faults=(fault,)))
    assert finding.message.startswith(said)
    assert finding.message.endswith("more than the 10,000 that kdoctor looks at")
    assert finding.repair is None


def test_the_member_is_named() -> None:
    fault = Fault("limit", detail={"limit": "ratio", "found": 1028, "allowed": 1000, "name": "assets/zeros.bin"})
    (finding,) = examine("K805", document(sequential(), faults=(fault,)))
    assert "('assets/zeros.bin')" in finding.message


def test_a_limit_of_depth_is_another_checks_business() -> None:
    fault = Fault("limit", detail={"limit": "json_depth", "found": 300, "allowed": 256})
    assert examine("K805", document(sequential(), faults=(fault,))) == []


def test_a_model_is_no_bomb() -> None:
    assert examine("K805", model(layer("Dense"))) == []


@pytest.mark.parametrize(
    ("name", "said"), [("config.json", "no release refuses less than 4,096 MiB"), ("assets/words.txt", "guards against it")]
)
def test_a_release_refuses_an_asset_sooner_than_another_member(name: str, said: str) -> None:
    fault = Fault("limit", detail={"limit": "ratio", "found": 1028, "allowed": 1000, "name": name, "size": 300 << 20})
    (finding,) = examine("K805", document(sequential(), faults=(fault,)), Target("3.15.1"))
    assert said in finding.message
