from __future__ import annotations

import pytest

from kdoctor.testing import examine, layer, model


@pytest.mark.parametrize(("class_name", "key"), [("TorchModuleWrapper", "module"), ("FlaxLayer", "module"), ("JaxLayer", "call_fn")])
def test_a_carrier_with_a_payload_is_named(class_name: str, key: str) -> None:
    carrier = layer(class_name, name="carrier")
    carrier["config"][key] = "gAR9lC4="
    (finding,) = examine("K808", model(carrier))
    assert finding.layer == "carrier"


def test_a_carrier_without_a_payload_is_no_offence() -> None:
    assert examine("K808", model(layer("TorchModuleWrapper", name="empty"))) == []
