"""K701: a layer's weights are not in the file, or not where the file says."""

from __future__ import annotations

from typing import Any

from weight_documents import MODEL, NATIVE, ONE, TWO, archive, h5

from kdoctor.document import Document, Fault
from kdoctor.edit import apply
from kdoctor.faults import FaultKind
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, sequential


def test_complete_files_are_healthy() -> None:
    assert examine("K701", archive(NATIVE)) == []
    assert examine("K701", h5({"input": {}, "one": ONE, "two": TWO}, ["input", "one", "two"])) == []


def test_a_missing_variable_is_named_with_its_role() -> None:
    (finding,) = examine("K701", archive({path: shape for path, shape in NATIVE.items() if path != "layers/dense_1/vars/1"}))
    assert finding.message == "'two' lacks the bias (3): layers/dense_1/vars holds 1 of 2 arrays"
    assert finding.layer == "two"
    assert "expected 2 variables, but received 1" in str(finding.keras_says)
    assert finding.repair is None


def test_parts_of_a_layer_account_for_themselves() -> None:
    model = sequential(layer("InputLayer", batch_shape=[None, 7, 4]), layer("LSTM", units=2))
    made = document(model, weights={"layers/lstm/cell/vars/0": (4, 8), "layers/lstm/cell/vars/1": (2, 8)}, attributes={"/": {}})
    (finding,) = examine("K701", made)
    assert "the bias (8) of its cell" in finding.message


def test_the_layout_of_keras_2_13_is_found_too() -> None:
    assert (
        examine("K701", archive({path.replace("layers", "_layer_checkpoint_dependencies"): shape for path, shape in NATIVE.items()})) == []
    )


def test_a_layer_of_the_users_own_is_not_judged() -> None:
    assert examine("K701", document(sequential(layer("Scale", module="mine")), attributes={"/": {}})) == []


def test_weights_that_could_not_be_read_are_not_called_missing() -> None:
    assert examine("K701", archive({}, faults=(Fault("hdf5-unreadable", "weights"),))) == []
    assert examine("K701", document(MODEL)) == []


def test_a_renamed_group_is_listed_again() -> None:
    sick = h5({"one": ONE, "renamed": TWO}, ["one", "two"])
    (finding,) = examine("K701", sick)
    assert finding.keras_says == "KeyError: 'two'"
    assert finding.repair is not None
    cured = apply(sick, finding.repair.edits)
    assert cured.attributes["/model_weights"]["layer_names"] == ["one", "renamed"]
    assert examine("K701", cured) == []


def test_a_group_of_other_shapes_is_not_taken_for_the_missing_one() -> None:
    (finding,) = examine("K701", h5({"one": ONE, "renamed": ONE}, ["one", "two"]))
    assert finding.repair is None
    assert [need.flag for need in finding.needs] == ["FILE"]


def test_a_group_that_the_list_leaves_out_is_listed_again_in_its_place() -> None:
    sick = h5({"one": ONE, "two": TWO}, ["two"])
    (finding,) = examine("K701", sick)
    assert "Model expected 2 layers, found 1 saved layers" in str(finding.keras_says)
    assert finding.repair is not None
    assert apply(sick, finding.repair.edits).attributes["/model_weights"]["layer_names"] == ["one", "two"]


def test_a_layer_that_no_group_holds_is_named_and_not_cured() -> None:
    (finding,) = examine("K701", h5({"one": ONE}, ["one"]))
    assert finding.message == "'two' has no weights in the file: 2 arrays are missing"
    assert finding.repair is None


def test_a_group_with_fewer_arrays_is_named() -> None:
    (finding,) = examine("K701", h5({"one": ONE, "two": {"two/kernel:0": (5, 3)}}, ["one", "two"]))
    assert "holds 1 of 2 arrays" in finding.message


def test_a_listed_array_that_is_not_there_is_named() -> None:
    sick = h5({"one": ONE, "two": TWO}, ["one", "two"])
    weights = {path: weight for path, weight in sick.weights.items() if not path.endswith("two/bias:0")}
    (finding,) = examine("K701", sick.replacing({**sick.parts, "weights": weights}))
    assert finding.keras_says == "KeyError: 'two/bias:0'"


def test_a_model_that_was_never_built_has_nothing_to_miss() -> None:
    assert examine("K701", h5({}, ["two"], sequential(layer("Dense", name="two", units=3)))) == []


def test_keras_2_misses_them_as_well() -> None:
    (first, *_) = examine("K701", archive({}), Target("2.15.0"))
    assert "layers/dense" in first.message


NORMALIZED = sequential(layer("InputLayer", name="input", batch_shape=[None, 4]), layer("BatchNormalization", name="norm"))


def numbered(config: Any, stem: str, shapes: dict[str, tuple[int, ...]]) -> Document:
    return document(config, weights={f"layers/{stem}/vars/{key}": shape for key, shape in shapes.items()}, attributes={"/": {}})


def test_arrays_counted_from_one_are_told_apart_by_their_shapes() -> None:
    one = sequential(*MODEL["config"]["layers"][:2])
    (finding,) = examine("K701", numbered(one, "dense", {"1": (4, 5), "2": (5,)}))
    assert finding.repair is not None
    moved = {edit.at.keys[-1]: getattr(edit.new, "shape", None) for edit in finding.repair.edits}
    assert moved == {"layers/dense/vars/0": (4, 5), "layers/dense/vars/1": (5,), "layers/dense/vars/2": None}
    assert examine("K702", numbered(one, "dense", {"1": (4, 5), "2": (5,)})) == []


def test_arrays_of_one_shape_counted_from_one_are_named_and_left() -> None:
    """Whether 4 stands for 0, or all are one too high, no shape tells: gamma is not to become the variance."""
    (finding,) = examine("K701", numbered(NORMALIZED, "batch_normalization", dict.fromkeys("1234", (4,))))
    assert finding.repair is None


def test_one_array_under_another_name_goes_back() -> None:
    (finding,) = examine("K701", numbered(NORMALIZED, "batch_normalization", dict.fromkeys(("old", "1", "2", "3"), (4,))))
    assert finding.repair is not None
    (finding,) = examine("K701", numbered(NORMALIZED, "batch_normalization", dict.fromkeys("0125", (4,))))
    assert finding.repair is not None


def test_a_save_that_broke_off_is_told_once_and_where() -> None:
    """Keras 2.0 wrote layer_names first, and stopped at the second layer of one name."""
    stack = sequential(MODEL["config"]["layers"][0], *(layer("Dense", name=name, units=5) for name in ("one", "two", "three", "four")))
    sick = h5({"one": ONE}, ["one", "one", "two", "three", "four"], stack)
    (finding,) = examine("K701", sick)
    assert finding.message == (
        "the save broke off: of the 5 groups that layer_names lists, the last 3 are not in the file (two, three, four)"
    )
    assert (finding.layer, finding.keras_says, finding.repair) == ("two", "KeyError: 'two'", None)


def test_groups_missing_from_the_middle_are_told_one_by_one() -> None:
    stack = sequential(MODEL["config"]["layers"][0], *(layer("Dense", name=name, units=5) for name in ("one", "two", "three", "four")))
    found = examine(
        "K701", h5({"one": ONE, "four": {"four/kernel:0": (5, 5), "four/bias:0": (5,)}}, ["one", "two", "three", "four"], stack)
    )
    assert [finding.layer for finding in found] == ["two", "three"]


def test_a_file_that_is_named_wrong_is_asked_for_its_weights_all_the_same() -> None:
    misnamed = Fault(FaultKind.WRONG_EXTENSION.value, "file", {"extension": ".hd5", "right": ".h5"})
    sick = h5({"one": ONE}, ["one"])
    (finding,) = examine("K701", sick.replacing({**sick.parts, "faults": {0: misnamed}}))
    assert finding.layer == "two"


def test_several_renamed_groups_are_listed_again_where_each_fits_one_layer_alone() -> None:
    sick = h5({"first": {"w": (4, 5), "b": (5,)}, "second": {"w": (5, 3), "b": (3,)}}, ["one", "two"])
    found = examine("K701", sick)
    assert [finding.layer for finding in found] == ["one", "two"]
    assert found[0].repair is not None
    cured = apply(sick, found[0].repair.edits)
    assert cured.attributes["/model_weights"]["layer_names"] == ["first", "second"]
    assert examine("K701", cured) == []


def test_renamed_groups_that_each_fit_both_layers_are_left_alone() -> None:
    alike = sequential(
        layer("InputLayer", name="input", batch_shape=[None, 4]), layer("Dense", name="one", units=4), layer("Dense", name="two", units=4)
    )
    sick = h5({"a": {"w": (4, 4), "b": (4,)}, "b": {"w": (4, 4), "b": (4,)}}, ["one", "two"], alike)
    assert all(finding.repair is None for finding in examine("K701", sick))


def test_a_name_in_the_list_that_nobody_bears_gives_way_to_that_of_a_layer() -> None:
    sick = h5({"one": ONE, "two": TWO}, ["one", "twox"])
    found = examine("K701", sick)
    assert found[0].message.startswith("layer_names lists 'twox', but there is no such group; the group 'two'")
    assert found[0].repair is not None
    healed = apply(sick, found[0].repair.edits)
    assert healed.attributes["/model_weights"]["layer_names"] == ["one", "two"]
    assert examine("K701", healed) == []
    (first, *_) = examine("K701", h5({"one": ONE, "two": TWO}, ["two", "onex"]))
    assert first.repair is None  # the loader goes by order, and the list would not have the model's


def test_an_embedding_that_was_never_built_misses_nothing_although_its_shape_is_told() -> None:
    """Keras 3 saves such a Sequential without a word, and loads it: its first layer has no weights yet, whatever they will be (run in 3.15.1)."""
    words, head = layer("Embedding", input_dim=9, output_dim=2), layer("Dense", units=3)
    assert examine("K701", document(sequential(words, head), attributes={"/": {}})) == []
    built = sequential(layer("Embedding", input_dim=9, output_dim=2, build=[None, 4]), head)
    assert examine("K701", document(built, attributes={"/": {}}))
    started = sequential(layer("InputLayer", name="in", batch_shape=[None, 4]), words)
    assert examine("K701", document(started, attributes={"/": {}}))
