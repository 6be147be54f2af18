"""Operations of a SavedModel that touch the outside."""

from __future__ import annotations

from pathlib import Path

import pytest
from protobufs import function, node, saved_model

from kdoctor.saved_model.graph import outside_operations

SAVE = "__inference__traced_save_7"
MODULES = Path(__file__).parent.parent.parent / "sample_models" / "hub_modules"


def outside(model: bytes) -> tuple[str, ...]:
    return outside_operations(memoryview(model))


def test_a_real_module_with_its_saver_touches_nothing() -> None:
    assert outside((MODULES / "tiny" / "saved_model.pb").read_bytes()) == ()


@pytest.mark.parametrize("operation", ["ReadFile", "WriteFile", "PyFunc", "EagerPyFunc", "PyFuncStateless", "SaveV2", "TFRecordDatasetV2"])
def test_what_touches_the_outside_is_found_in_functions_and_in_the_graph(operation: str) -> None:
    assert outside(saved_model(functions=[function("call", node("Add"), node(operation))])) == (operation,)
    assert outside(saved_model([node(operation)], objects=None)) == (operation,)


def test_plain_mathematics_is_nothing() -> None:
    assert outside(saved_model([node("MatMul")], [function("call", node("Relu"), node("ReadVariableOp"))])) == ()


def test_a_modules_own_saver_may_save() -> None:
    saver = function(SAVE, node("SaveV2"), node("MergeV2Checkpoints"))
    assert outside(saved_model([node("StatefulPartitionedCall", SAVE)], [saver])) == ()


def test_a_saver_may_do_nothing_else() -> None:
    assert outside(saved_model(functions=[function(SAVE, node("SaveV2"), node("WriteFile"))])) == ("WriteFile",)


def test_a_saver_that_the_layer_itself_would_call_is_none() -> None:
    saver = function(SAVE, node("SaveV2"))
    assert outside(saved_model(functions=[saver, function("call", node("PartitionedCall", SAVE))])) == ("SaveV2",)
    assert outside(saved_model(functions=[saver], named=[SAVE])) == ("SaveV2",)
    assert outside(saved_model(functions=[saver, function("call", node(SAVE))])) == ("SaveV2",)


def test_a_table_is_filled_from_the_modules_own_files_alone() -> None:
    table = function("fill", node("InitializeTableFromTextFileV2"))
    assert outside(saved_model(functions=[table], files=["vocabulary.txt"])) == ()
    assert outside(saved_model(functions=[table])) == ("InitializeTableFromTextFileV2",)
    assert "../../etc/passwd" in outside(saved_model(functions=[table], files=["../../etc/passwd"]))[0]
