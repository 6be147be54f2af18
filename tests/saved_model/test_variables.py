"""The variables of a module, in the order of the layer that runs it."""

from __future__ import annotations

from protobufs import field, reference, saved_model, variable

from kdoctor.saved_model.variables import ModuleVariable, module_variables


def objects(*nodes: bytes) -> bytes:
    return b"".join(field(1, one) for one in nodes)


def test_those_that_are_trained_come_first_and_each_once() -> None:
    root = reference("variables", 1) + reference("trainable_variables", 2)
    listed = reference("0", 3) + reference("1", 4) + reference("10", 5) + reference("2", 4)
    model = saved_model(objects=objects(root, listed, reference("0", 4), variable("mean", 3), variable("w", 4, -1), variable("step")))
    assert module_variables(memoryview(model)) == (
        ModuleVariable("w", (4, None), True),
        ModuleVariable("mean", (3,), False),
        ModuleVariable("step", (), False),
    )


def test_a_module_that_lists_none_has_none() -> None:
    assert module_variables(memoryview(saved_model(objects=objects(reference("w", 1), variable("w", 3))))) == ()


def test_only_the_loader_knows_those_of_tensorflow_1() -> None:
    assert module_variables(memoryview(saved_model(objects=None))) is None
