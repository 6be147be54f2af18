from __future__ import annotations

import pytest

from kdoctor.testing import examine, layer, model


@pytest.mark.parametrize("module", ["keras.config", "keras.src.saving.serialization_lib"])
def test_switching_safe_mode_off_is_named_by_whichever_module(module: str) -> None:
    (finding,) = examine("K802", model(layer("enable_unsafe_deserialization", module=module)))
    assert f"{module}.enable_unsafe_deserialization" in finding.message


def test_a_reference_to_get_file_is_named() -> None:
    reference = {"module": "keras.utils", "class_name": "function", "config": "get_file", "registered_name": None}
    (finding,) = examine("K802", model(layer("Dense", units=1, activation=reference)))
    assert str(finding.at).endswith("/config/activation")


def test_the_same_name_in_the_authors_own_package_is_no_offence() -> None:
    assert examine("K802", model(layer("get_file", module="my_package"))) == []


def test_ordinary_layers_are_no_offence() -> None:
    assert examine("K802", model(layer("Dense", units=1), layer("Dropout", rate=0.5))) == []
