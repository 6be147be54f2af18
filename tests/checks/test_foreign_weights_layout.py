"""K607: all weights are in the file, under paths or lists that the target does not follow."""

from __future__ import annotations

import pytest
from weight_documents import NATIVE, ONE, TWO, archive, h5

from kdoctor.document import Document, Fault, Member
from kdoctor.edit import apply
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, sequential


def shapes(made: Document) -> dict[str, tuple[int, ...]]:
    return {path: weight.shape for path, weight in sorted(made.weights.items())}


def test_complete_files_are_healthy() -> None:
    assert examine("K607", archive(NATIVE)) == []
    assert examine("K607", h5({"one": ONE, "two": TWO}, ["one", "two"])) == []


def test_paths_of_windows_are_moved_under_slashes() -> None:
    sick = archive({path.replace("layers/", "layers\\"): shape for path, shape in NATIVE.items()})
    (finding,) = examine("K607", sick)
    assert finding.repair is not None
    assert shapes(apply(sick, finding.repair.edits)) == NATIVE
    assert examine("K701", sick) == []


def test_the_numbers_of_keras_2_13_are_counted_anew() -> None:
    checkpoint = {path.replace("layers", "_layer_checkpoint_dependencies"): shape for path, shape in NATIVE.items()}
    sick = archive({path.replace("dense_1", "dense_2"): shape for path, shape in checkpoint.items()})
    (finding,) = examine("K607", sick)
    assert "dense, dense_2" in finding.message
    assert finding.repair is not None
    assert shapes(apply(sick, finding.repair.edits)) == checkpoint
    assert examine("K701", sick) == examine("K702", sick) == []


def test_all_layers_under_the_numbers_of_keras_2_13_are_counted() -> None:
    stack = sequential(layer("InputLayer", batch_shape=[None, 4]), *(layer("Dense", name=name, units=4, build=[None, 4]) for name in "abc"))
    weights = {f"_layer_checkpoint_dependencies/{name}/vars/0": (4, 4) for name in ("dense", "dense_2", "dense_4")}
    biases = {path.replace("vars/0", "vars/1"): (4,) for path in weights}
    (finding,) = examine("K607", document(stack, weights=weights | biases, attributes={"/": {}}))
    assert finding.message.startswith("the weights of 'b' and 1 more stand under numbers of Keras 2.13")


def test_numbers_are_left_alone_where_the_shapes_do_not_agree() -> None:
    sick = archive({**{path: shape for path, shape in NATIVE.items() if "dense_1" not in path}, "layers/dense_2/vars/0": (9, 9)})
    assert examine("K607", sick) == []
    assert len(examine("K701", sick)) == 1


def test_the_projections_of_an_attention_lose_their_underscores() -> None:
    heads = layer("MultiHeadAttention", num_heads=2, key_dim=3)
    model = sequential(
        layer("InputLayer", batch_shape=[None, 7, 4]),
        {**heads, "build_config": {"shapes_dict": {"query_shape": [None, 7, 4], "value_shape": [None, 7, 4]}}},
    )
    weights: dict[str, tuple[int, ...]] = {}
    for part in ("query", "key", "value"):
        weights |= {
            f"layers/multi_head_attention/_{part}_dense/vars/0": (4, 2, 3),
            f"layers/multi_head_attention/_{part}_dense/vars/1": (2, 3),
        }
    weights |= {"layers/multi_head_attention/_output_dense/vars/0": (2, 3, 4), "layers/multi_head_attention/_output_dense/vars/1": (4,)}
    sick = document(model, weights=weights, attributes={"/": {}})
    (finding,) = examine("K607", sick)
    assert finding.repair is not None
    assert set(apply(sick, finding.repair.edits).weights) == {path.replace("/_", "/") for path in weights}


def test_a_group_without_its_list_gets_it_from_names_and_shapes() -> None:
    whole = h5({"one": ONE, "two": TWO}, ["one", "two"])
    attributes = {**whole.attributes, "/model_weights/two": {}}
    fault = Fault("missing-part", "attributes", {"name": "weight_names", "group": "/model_weights/two"})
    sick = whole.replacing({**whole.parts, "attributes": attributes, "faults": {0: fault}})
    (finding,) = examine("K607", sick)
    assert finding.repair is not None
    cured = apply(sick, finding.repair.edits)
    assert cured.attributes == whole.attributes
    assert cured.faults == {}
    assert examine("K607", cured) == examine("K701", cured) == examine("K705", cured) == []


def test_a_list_is_not_made_up_where_two_orders_are_possible() -> None:
    """Nameless arrays of one shape."""
    model = sequential(layer("InputLayer", batch_shape=[None, 4]), layer("BatchNormalization", name="one"))
    whole = h5({"one": {f"array_{index}": (4,) for index in range(4)}}, ["one"], model)
    sick = whole.replacing({**whole.parts, "attributes": {**whole.attributes, "/model_weights/one": {}}})
    (finding,) = examine("K607", sick)
    assert finding.repair is None


def test_forwards_and_backwards_are_told_apart_by_their_names() -> None:
    model = sequential(layer("InputLayer", batch_shape=[None, 7, 4]), layer("Bidirectional", name="one", layer=layer("LSTM", units=2)))
    shapes_ = {"kernel:0": (4, 8), "recurrent_kernel:0": (2, 8), "bias:0": (8,)}
    arrays = {f"one/{way}_lstm/lstm_cell/{name}": shape for way in ("forward", "backward") for name, shape in shapes_.items()}
    whole = h5({"one": dict(sorted(arrays.items()))}, ["one"], model)
    sick = whole.replacing({**whole.parts, "attributes": {**whole.attributes, "/model_weights/one": {}}})
    (finding,) = examine("K607", sick)
    assert finding.repair is not None
    assert apply(sick, finding.repair.edits).attributes["/model_weights/one"]["weight_names"] == list(arrays)


def test_words_in_the_folder_of_keras_2_13_are_named_for_keras_3() -> None:
    name = "assets/_layer_checkpoint_dependencies/text_vectorization/_lookup_layer/vocabulary.txt"
    sick = document(sequential(layer("TextVectorization")), members={0: Member(name, "asset", 5, 5, 0, 0)})
    (finding,) = examine("K607", sick)
    assert finding.repair is None
    assert examine("K607", sick, Target("2.15.0")) == []
    found = document(
        sequential(layer("TextVectorization")),
        members={0: Member(name.replace("_layer_checkpoint_dependencies", "layers"), "asset", 5, 5, 0, 0)},
    )
    assert examine("K607", found) == []


@pytest.mark.parametrize("text", ['["one", "two"]', "['one', 'two']"])
def test_a_list_of_names_that_is_one_text_is_written_as_the_list(text: str) -> None:
    whole = h5({"one": ONE, "two": TWO}, ["one", "two"])
    sick = whole.replacing({**whole.parts, "attributes": {**whole.attributes, "/model_weights": {"layer_names": text}}})
    (finding,) = examine("K607", sick)
    assert finding.keras_says == "KeyError: '['"
    assert finding.repair is not None
    assert apply(sick, finding.repair.edits).attributes == whole.attributes


def test_a_list_of_names_that_is_a_text_of_anything_else_is_named_without_a_cure() -> None:
    whole = h5({"one": ONE, "two": TWO}, ["one", "two"])
    for text in ("[one", "{'a': 1}", "['one', 2]", ""):
        sick = whole.replacing({**whole.parts, "attributes": {**whole.attributes, "/model_weights": {"layer_names": text}}})
        (finding,) = examine("K607", sick)
        assert finding.repair is None
        assert finding.needs
