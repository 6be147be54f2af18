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


def operation(class_name: str, **config: Any) -> Node:
    return node_of({"module": "keras.src.ops.numpy", "class_name": class_name, "config": config, "registered_name": None})


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
    assert told(operation("Add"), ((None, 4, 1), (5,))) == ((None, 4, 5),)
    assert told(operation("Add"), ((None, 4),)) == ((None, 4),)
    assert told(operation("GetItem"), ((None, 4),)) is None
    assert told(operation("Dot"), ((None, 4, 3), (3, 2))) == ((None, 4, 2),)  # the layer keeps the batch of both apart
    assert told(operation("Average", axis=1), ((None, 4, 3),)) is None  # the layer adds its inputs


# Run in Keras 3.15.1, as all shapes of operations below.
def test_a_dot_of_vectors_matrices_and_numbers_is_that_of_numpy() -> None:
    for shapes, real in (
        (((None, 4, 3), (3,)), (None, 4)),
        (((None, 4, 3), (5, 3, 2)), (None, 4, 5, 2)),
        (((3,), (3,)), ()),
        (((), (None, 3)), (None, 3)),
    ):
        assert told(operation("Dot"), shapes) == (real,)


def test_what_goes_along_no_axis_makes_all_axes_one() -> None:
    for name in ("Cumsum", "Cumprod", "Sort", "Argsort"):
        assert told(operation(name, axis=None), ((2, 4, 3),)) == ((24,),)
        assert told(operation(name, axis=None), ((None, 4, 3),)) == ((None,),)
        assert told(operation(name, axis=-1), ((None, 4, 3),)) == ((None, 4, 3),)
    assert told(operation("Cumsum"), ((None, 4, 3),)) == ((None,),)
    assert told(operation("Sort"), ((None, 4, 3),)) == ((None, 4, 3),)


def test_a_bitwise_operation_that_stretches_is_not_told_because_keras_does_not() -> None:
    for name in ("BitwiseAnd", "BitwiseOr", "BitwiseXor", "LeftShift", "RightShift"):
        assert told(operation(name), ((None, 4, 1), (1, 3))) is None
        assert told(operation(name), ((None, 4, 3), (3,))) == ((None, 4, 3),)


def test_einsum_stretches_a_length_of_one() -> None:
    product = operation("Einsum", subscripts="bij,bij->bij")
    assert told(product, ((None, 4, 1), (None, 1, 3))) == ((None, 4, 3),)
    assert told(product, ((None, None, 1), (None, 1, 3))) == ((None, None, 3),)


def test_configs_that_no_release_wrote_give_nothing_and_raise_nothing() -> None:
    for config in ({}, {"units": "three"}, {"filters": 4, "kernel_size": [1, [2]]}, {"layer": 5}, {"target_shape": 3}, {"axes": "x"}):
        for name in RULES:
            told(node_of(inner(name, **config)), ((None, 4, 4, 2), (None, 3)))
