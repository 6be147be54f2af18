"""The output shapes of every layer against the installed Keras, which calls it in a child process."""

from __future__ import annotations

from typing import Any

from keras_api.layer_cases import NESTED, Case, inner

from kdoctor.keras_api.output_shapes.table import RULES, outputs_of
from kdoctor.keras_api.variables.variable import Shapes
from kdoctor.pointer import Pointer
from kdoctor.structure.objects import Node, as_node

Built = list[tuple[Case, dict[str, Any]]]

# These need more than the config of the layer tells: the vocabulary, or other layers.
PARTLY_TOLD = {"StringLookup", "TextVectorization", "MaxNumBoundingBoxes", "Pipeline"}


def told(node: Node, shapes: Shapes) -> Shapes | None:
    return outputs_of(node, shapes, told)


def node_of(layer: dict[str, Any]) -> Node:
    node = as_node(layer, Pointer("config"))
    assert node is not None
    return node


def found_and_real(case: Case, answer: dict[str, Any]) -> tuple[Shapes | None, Shapes]:
    found = told(node_of(answer["layer"]), tuple(tuple(shape) for shape in case.shapes))
    return found, tuple(tuple(shape) for shape in answer["outputs"])


def test_layers_return_the_shapes_that_keras_tells(built_layers: Built) -> None:
    for case, answer in built_layers:
        if case.class_name not in PARTLY_TOLD and case.config.get("layer") is not NESTED:
            found, real = found_and_real(case, answer)
            assert found == real, case


def test_what_is_told_in_part_is_not_told_wrongly(built_layers: Built) -> None:
    for case, answer in built_layers:
        found, real = found_and_real(case, answer)
        for mine, its in zip(found or (), real, strict=False):
            assert mine is None or (len(mine) == len(its) and all(a in (None, b) for a, b in zip(mine, its, strict=True))), case


def test_an_unknown_input_gives_an_unknown_output() -> None:
    assert told(node_of(inner("Dense", units=3)), (None,)) is None
    assert told(node_of(inner("Concatenate", axis=-1)), ((None, 3), None)) is None


def test_an_operation_is_not_the_layer_of_its_name() -> None:
    operation = {"module": "keras.src.ops.numpy", "class_name": "Add", "config": {"name": "add"}, "registered_name": None}
    assert told(node_of(operation), ((None, 4, 1), (5,))) == ((None, 4, 5),)
    assert told(node_of(operation), ((None, 4),)) == ((None, 4),)
    assert told(node_of({**operation, "class_name": "GetItem"}), ((None, 4),)) is None


def test_configs_that_no_release_wrote_give_nothing_and_raise_nothing() -> None:
    for config in ({}, {"units": "three"}, {"filters": 4, "kernel_size": [1, [2]]}, {"layer": 5}, {"target_shape": 3}, {"axes": "x"}):
        for name in RULES:
            told(node_of(inner(name, **config)), ((None, 4, 4, 2), (None, 3)))
