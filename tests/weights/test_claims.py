"""What a model's layers own, by their configs."""

from __future__ import annotations

from typing import Any

from kdoctor.document import Document, Format
from kdoctor.testing import document, layer, model, sequential
from kdoctor.weights.claims import claims, listed

INPUT = layer("InputLayer", name="input", batch_shape=[None, 4])


def kernels(made: Document) -> dict[str, Any]:
    return {claim.place: [variable.shape for variable in claim.variables or ()] for claim in claims(made) if claim.variables}


def order(made: Document) -> list[list[str]]:
    return [[variable.path for variable in row.variables or ()] for row in listed(made) if row.variables]


def inside(**more: Any) -> dict[str, Any]:
    """A Functional model of a Dense and a BatchNormalization."""
    rows = [
        {**layer("InputLayer", name="in", batch_shape=[None, 4]), "inbound_nodes": []},
        {**layer("Dense", name="a", units=3, **more.pop("dense", {})), "inbound_nodes": [[["in", 0, 0, {}]]]},
        {**layer("BatchNormalization", name="b"), "inbound_nodes": [[["a", 0, 0, {}]]]},
        {**layer("Dense", name="c", units=2), "inbound_nodes": [[["b", 0, 0, {}]]]},
    ]
    ends = {"input_layers": [["in", 0, 0]], "output_layers": [["c", 0, 0]]}
    return {"class_name": "Functional", "config": {"name": "inside", "layers": rows, **ends, **more}}


def test_places_are_classes_counted_within_each_model() -> None:
    made = model(INPUT, layer("Dense", name="x", units=3), sequential(layer("Dense", name="y", units=2)), layer("Dense", name="z", units=1))
    assert kernels(made) == {
        "layers/dense": [(4, 3), (3,)],
        "layers/sequential/layers/dense": [(3, 2), (2,)],
        "layers/dense_1": [(2, 1), (1,)],
    }


def test_a_class_that_its_config_calls_otherwise_has_its_own_name_in_the_place() -> None:
    heads = layer("GroupQueryAttention", head_dim=3, num_query_heads=4, num_key_value_heads=2)
    assert [claim.place for claim in claims(model(INPUT, heads))][1] == "layers/grouped_query_attention"


def test_a_layer_of_the_users_own_claims_nothing_that_is_known() -> None:
    assert [claim.variables for claim in claims(model(INPUT, layer("Scale", module="mine")))] == [(), None]


def test_an_archive_builds_a_layer_as_its_build_config_says() -> None:
    assert kernels(model(INPUT, layer("Dense", units=3, build=[None, 7]))) == {"layers/dense": [(7, 3), (3,)]}


def test_an_h5_lists_what_is_trained_of_all_layers_first() -> None:
    (row,) = order(document(sequential(INPUT, inside()), format=Format.H5_MODEL))
    places = [path.removeprefix("layers/").replace("/vars/", " ") for path in row]
    assert places == [
        "dense 0", "dense 1", "batch_normalization 0", "batch_normalization 1", "dense_1 0", "dense_1 1",
        "batch_normalization 2", "batch_normalization 3",
    ]  # fmt: skip


def test_a_frozen_layer_in_a_model_comes_after_those_that_train() -> None:
    (row,) = order(document(sequential(INPUT, inside(dense={"trainable": False})), format=Format.H5_MODEL))
    assert row[:3] == ["layers/batch_normalization/vars/0", "layers/batch_normalization/vars/1", "layers/dense_1/vars/0"]


def test_a_functionals_own_word_freezes_its_variables_but_thaws_no_layer() -> None:
    """functional.py: ``self.trainable = trainable`` stands before the layers are its own."""
    (kept,) = order(document(sequential(INPUT, inside(dense={"trainable": False}, trainable=True)), format=Format.H5_MODEL))
    (frozen,) = order(document(sequential(INPUT, inside(trainable=False)), format=Format.H5_MODEL))
    assert kept[:2] == ["layers/batch_normalization/vars/0", "layers/batch_normalization/vars/1"]
    assert frozen[2:6] == [f"layers/batch_normalization/vars/{index}" for index in range(4)]


def test_the_outermost_model_freezes_the_order_of_no_layer() -> None:
    made = inside(dense={"trainable": False}, trainable=False)
    assert order(document(made, format=Format.H5_MODEL))[1] == [f"vars/{index}" for index in range(4)]
    assert not any(variable.trainable for claim in claims(document(made)) for variable in claim.variables or ())


def test_one_unknown_layer_hides_the_order_of_its_model() -> None:
    rows = listed(document(sequential(INPUT, sequential(layer("Scale", module="mine"))), format=Format.H5_MODEL))
    assert [row.weighted for row in rows] == [False, None]


def test_a_functional_makes_one_layer_of_two_with_one_name() -> None:
    twice = inside()
    twice["config"]["layers"].append(twice["config"]["layers"][-1])
    assert [claim.place for claim in claims(document(twice))] == [
        "layers/input_layer", "layers/dense", "layers/batch_normalization", "layers/dense_1",
    ]  # fmt: skip


def test_layers_before_the_inputs_of_a_model_are_not_made() -> None:
    """A model made from an intermediate tensor, as Keras 3.0.5 saved it: 3.15.1 begins at the tensor."""
    made = inside(input_layers=[["a", 0, 0]])
    assert [claim.place for claim in claims(document(made))] == ["layers/batch_normalization", "layers/dense"]


def test_a_branch_that_no_output_needs_is_not_made() -> None:
    made = inside(output_layers=[["a", 0, 0]])
    assert [claim.place for claim in claims(document(made))] == ["layers/input_layer", "layers/dense"]


def test_a_graph_with_a_broken_connection_keeps_all_its_layers() -> None:
    made = inside(output_layers=[["gone", 0, 0]])
    assert len(claims(document(made))) == 4


def test_an_activation_that_is_a_layer_is_part_of_the_layer() -> None:
    """Keras 2.15 and 3.15.1 list ``dense/p_re_lu/alpha`` with the weights of the Dense."""
    steep = layer("PReLU", name="p_re_lu", shared_axes=None)
    (row,) = order(document(sequential(INPUT, layer("Dense", name="dense", units=2, activation=steep)), format=Format.H5_MODEL))
    assert row == ["vars/0", "vars/1", "activation/vars/0"]
