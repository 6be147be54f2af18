"""The variables of every layer against the installed Keras, which builds it with several configs in a child process."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from typing import Any

from keras_api.layer_cases import NESTED, Case, inner

from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.keras_api.variables.table import RULES, WITHOUT, legacy_order, variables_of
from kdoctor.keras_api.variables.variable import Shape, Variables
from kdoctor.pointer import Pointer
from kdoctor.structure.objects import Node, as_node
from kdoctor.testing import layer, model
from kdoctor.weights.claims import claims, leaves

Built = list[tuple[Case, dict[str, Any]]]

# What has no variables of its own to speak of: bases, and wrappers around what other packages built.
OUTSIDE = {
    "Layer", "Wrapper", "Lambda", "FlaxLayer", "JaxLayer", "TFSMLayer", "TorchModuleWrapper", "InputSpec",
    "BaseImageAugmentationLayer", "BaseImagePreprocessingLayer", "FeatureSpace", "Functional", "Sequential", "Model",
}  # fmt: skip


def node_of(answer: dict[str, Any]) -> Node:
    node = as_node(answer["layer"], Pointer("config"))
    assert node is not None
    return node


def owned(case: Case, answer: dict[str, Any]) -> Variables | None:
    """What the rules say, for the config as Keras serializes it."""
    return variables_of(node_of(answer), tuple(tuple(shape) for shape in case.shapes))


def agrees(told: Shape | None, real: Sequence[int]) -> bool:
    return told is None or (len(told) == len(real) and all(mine in (None, its) for mine, its in zip(told, real, strict=True)))


def has_model(case: Case) -> bool:
    """Whether a model stands inside the layer: `kdoctor.weights.claims` knows about those."""
    return case.config.get("layer") is NESTED


def test_every_case_could_be_built(built_layers: Built) -> None:
    assert [(case.class_name, answer["error"]) for case, answer in built_layers if "error" in answer] == []


def test_every_layer_that_keras_exports_has_a_rule_or_is_known_to_have_no_variables() -> None:
    catalogue = Catalogue.load(importlib.metadata.version("keras"))
    found = (catalogue.resolve("keras.layers", name) for name in catalogue.names("layer"))
    assert {item.name for item in found if item is not None} - set(RULES) - WITHOUT <= OUTSIDE


def test_every_class_with_a_rule_was_built(built_layers: Built) -> None:
    cells = {"LSTMCell", "GRUCell", "SimpleRNNCell", "StackedRNNCells"}  # built inside RNN
    other_name = {"GroupedQueryAttention"}  # of GroupQueryAttention
    assert set(RULES) - {case.class_name for case, _ in built_layers} == cells | other_name


def test_the_paths_and_roles_are_those_that_keras_stores(built_layers: Built) -> None:
    for case, answer in built_layers:
        if not has_model(case):
            told = {variable.path: variable.role for variable in owned(case, answer) or ()}
            real = {path: role for path, role, _ in answer["stored"]}
            assert told.keys() == real.keys(), case
            assert all(role in (None, told[path]) for path, role in real.items()), case


def test_the_shapes_are_those_that_keras_stores(built_layers: Built) -> None:
    for case, answer in built_layers:
        real = {path: shape for path, _, shape in answer["stored"]}
        for variable in owned(case, answer) or ():
            assert agrees(variable.shape, real[variable.path]), (case, variable)


def test_nearly_all_shapes_are_told_completely(built_layers: Built) -> None:
    told = [variable for case, answer in built_layers for variable in owned(case, answer) or ()]
    partial = [variable for variable in told if variable.shape is None or None in variable.shape]
    assert {variable.role for variable in partial} <= {"kernel_scale", "idf_weights"}


def test_without_an_input_shape_the_same_variables_are_told(built_layers: Built) -> None:
    for case, answer in built_layers:
        complete, bare = owned(case, answer), variables_of(node_of(answer))
        assert [v.path for v in bare or ()] == [v.path for v in complete or ()], case


def test_the_order_of_an_h5_is_what_is_trained_then_the_rest(built_layers: Built) -> None:
    for case, answer in built_layers:
        found = owned(case, answer)
        order = None if found is None else legacy_order(node_of(answer), found, leaves)
        if order is not None:
            told = [[None if v.role.startswith("lora_") else v.path, v.trainable] for v in order]  # of which an archive has none
            assert told == [[path, trainable] for path, _, trainable in answer["legacy"]], case


def test_only_lora_hides_the_order_of_an_h5(built_layers: Built) -> None:
    hidden = [
        case
        for case, answer in built_layers
        if (found := owned(case, answer)) is not None and legacy_order(node_of(answer), found, leaves) is None
    ]
    assert all("lora_rank" in case.config for case in hidden)


def test_a_model_inside_a_wrapper_claims_its_layers_weights(built_layers: Built) -> None:
    ((case, answer),) = [(case, answer) for case, answer in built_layers if has_model(case)]
    (claim,) = claims(model(layer("InputLayer", batch_shape=list(case.shapes[0])), answer["layer"]))[1:]
    assert {v.path: (v.role, list(v.shape or ())) for v in claim.variables or ()} == {
        path: (role, shape) for path, role, shape in answer["stored"]
    }


def test_a_class_of_the_users_own_is_not_guessed_at() -> None:
    stranger = as_node({**layer("Dense", units=3), "module": "my.layers"}, Pointer("config"))
    registered = as_node({**layer("Dense", units=3), "registered_name": "mine>Dense"}, Pointer("config"))
    assert stranger is not None
    assert registered is not None
    assert variables_of(stranger, ((None, 4),)) is None
    assert variables_of(registered, ((None, 4),)) is None


def test_configs_that_no_release_wrote_are_not_understood_and_raise_nothing() -> None:
    for config in (
        {},
        {"units": "three"},
        {"filters": 4, "kernel_size": [1, [2]]},
        {"layer": 5},
        {"cell": [3]},
        {"axis": {}},
        {"equation": 1},
    ):
        for name in RULES:
            node = as_node(inner(name, **config), Pointer("config"))
            assert node is not None
            variables_of(node, ((None, 4),))


def test_wrappers_in_wrappers_end_somewhere() -> None:
    nested = inner("Dense", units=3)
    for _ in range(3000):
        nested = inner("TimeDistributed", layer=nested)
    node = as_node(nested, Pointer("config"))
    assert node is not None
    assert variables_of(node) is None
