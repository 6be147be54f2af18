"""K703: arrays in the file belong to no layer of the model."""

from __future__ import annotations

import pytest
from weight_documents import MODEL, NATIVE, ONE, TWO, archive, h5

from kdoctor.edit import apply
from kdoctor.testing import document, examine, layer, sequential

RENAMED = {path.replace("dense_1", "head"): shape for path, shape in NATIVE.items()}


def test_complete_files_are_healthy() -> None:
    assert examine("K703", archive(NATIVE)) == []
    assert examine("K703", h5({"input": {}, "one": ONE, "two": TWO}, ["input", "one", "two"])) == []


def test_a_group_that_nobody_opens_is_named_and_left_alone() -> None:
    (finding,) = examine("K703", archive({**NATIVE, "layers/dense_7/vars/0": (9, 9), "layers/dense_7/vars/1": (9,)}))
    assert finding.message == "layers/dense_7 holds 2 arrays (9, 9), (9), which no layer of the model owns"
    assert finding.repair is None
    assert finding.mild


@pytest.mark.parametrize("group", ["dense_2", "batch_normalization", "lstm/cell"])
def test_arrays_under_the_next_number_of_their_class_are_those_of_a_layer_that_the_config_lost(group: str) -> None:
    (finding,) = examine("K703", archive({**NATIVE, f"layers/{group}/vars/0": (3, 9)}))
    assert finding.message.endswith(": the config has lost the layer that was saved with them")
    assert not finding.mild
    assert (finding.repair, [need.flag for need in finding.needs]) == (None, ["FILE"])


def test_of_two_lost_layers_of_a_class_both_are_told() -> None:
    lost = {f"layers/conv2d{number}/vars/0": (3, 3, 1, 1) for number in ("", "_1")}
    assert [finding.mild for finding in examine("K703", archive({**NATIVE, **lost}))] == [False, False]


def test_the_group_of_a_renamed_layer_is_moved_back() -> None:
    sick = archive(RENAMED)
    for code in ("K703", "K701"):
        (finding,) = examine(code, sick)
        assert finding.repair is not None
        cured = apply(sick, finding.repair.edits)
        assert {path: weight.shape for path, weight in cured.weights.items()} == NATIVE
        assert examine(code, cured) == []


def test_of_two_groups_that_would_fit_none_is_taken() -> None:
    twice = {**RENAMED, "layers/tail/vars/0": (5, 3), "layers/tail/vars/1": (3,)}
    assert [finding.repair for code in ("K703", "K701") for finding in examine(code, archive(twice))] == [None, None, None]


def test_a_group_that_would_fit_two_layers_goes_to_none() -> None:
    rows = (layer("Dense", name="a", units=4), layer("Dense", name="b", units=4))
    model = sequential(layer("InputLayer", batch_shape=[None, 4]), *rows)
    made = document(model, weights={"layers/head/vars/0": (4, 4), "layers/head/vars/1": (4,)}, attributes={"/": {}})
    assert [finding.repair for code in ("K703", "K701") for finding in examine(code, made)] == [None, None, None]


def test_the_parts_of_a_renamed_layer_move_together() -> None:
    rows = (layer("InputLayer", batch_shape=[None, 7, 4]), layer("Bidirectional", layer=layer("LSTM", units=2)))
    arrays = {
        f"{part}/cell/vars/{key}": shape for part in ("forward_layer", "backward_layer") for key, shape in enumerate([(4, 8), (2, 8), (8,)])
    }
    sick = document(sequential(*rows), weights={f"layers/reader/{path}": shape for path, shape in arrays.items()}, attributes={"/": {}})
    repair = examine("K703", sick)[0].repair
    assert repair is not None
    assert set(apply(sick, repair.edits).weights) == {f"layers/bidirectional/{path}" for path in arrays}


def test_what_a_layer_of_the_users_own_may_have_is_not_called_unclaimed() -> None:
    rows = (layer("InputLayer", batch_shape=[None, 4]), layer("Scale", module="mine"))
    assert examine("K703", document(sequential(*rows), weights={"layers/gain/vars/0": (4,)}, attributes={"/": {}})) == []


def test_state_of_training_is_not_the_models() -> None:
    assert examine("K703", archive({**NATIVE, "optimizer/vars/0": (), "metrics\\mean\\vars\\0": ()})) == []


def test_in_an_h5_arrays_beside_the_lists_are_named() -> None:
    sick = h5({"one": ONE, "two": TWO, "old": ONE}, ["one", "two"])
    (finding,) = examine("K703", sick)
    assert finding.message == "model_weights/old/one holds 2 arrays (4, 5), (5), which no layer of the model owns"


def test_in_an_h5_the_group_of_a_renamed_layer_is_listed_in_its_place() -> None:
    sick = h5({"one": ONE, "renamed": TWO}, ["one", "two"])
    (finding,) = examine("K703", sick)
    assert finding.repair is not None
    assert examine("K703", apply(sick, finding.repair.edits)) == []


def test_a_file_without_weights_has_none_too_many() -> None:
    assert examine("K703", document(MODEL)) == []
