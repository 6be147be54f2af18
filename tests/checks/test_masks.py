"""K205 and K609: what becomes of masks in models of Keras 2."""

from __future__ import annotations

from typing import Any

import pytest
from graphs import after, cured, functional, start

from kdoctor.document import Document
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer

WORDS = layer("Embedding", name="words", input_dim=9, output_dim=4, mask_zero=True)


def joined(last: dict[str, Any], name: str = "concatenate", **words: Any) -> Document:
    """Two sequences of words, joined, for the last layer."""
    embedding = {**WORDS, "config": {**WORDS["config"], **words}}
    made = (after({**embedding, "config": {**embedding["config"], "name": f"words_{given}"}}, given) for given in ("a", "b"))
    join = after(layer("Concatenate", name=name), "words_a", "words_b")
    return document(functional(start("a"), start("b"), *made, join, after(last, name)))


def test_a_layer_that_has_the_name_of_what_joins_the_masks_is_renamed() -> None:
    """Seen in files of Keras 2.9 and 2.15, loaded by a fresh Keras 3.15.1."""
    sick = joined(layer("LSTM", name="out", units=2))
    (finding,) = examine("K205", sick)
    healthy = cured(sick, finding)
    names = [one["config"]["name"] for one in healthy.config["config"]["layers"]]
    assert names[-2:] == ["concatenate_layer", "out"]
    assert healthy.config["config"]["layers"][-1]["inbound_nodes"] == [[["concatenate_layer", 0, 0, {}]]]
    assert examine("K205", healthy) == []


@pytest.mark.parametrize("last", [layer("Lambda", name="out"), functional(start("x"), outputs=(("x", 0, 0),), name="out")])
def test_a_lambda_and_a_model_within_are_handed_masks_as_well(last: dict[str, Any]) -> None:
    """Of a random model of Keras 2.9: its Lambda was cured to a small model, and the name of its Concatenate was used twice."""
    (finding,) = examine("K205", joined(last))
    assert "operation that joins the masks" in finding.message


@pytest.mark.parametrize("words", [{}, {"mask_zero": False}])
def test_without_a_mask_or_anyone_who_takes_it_the_name_is_free(words: dict[str, bool]) -> None:
    last = layer("LSTM", name="out", units=2) if words else layer("Flatten", name="out")
    assert examine("K205", joined(last, **words)) == []


def test_another_name_is_left_alone() -> None:
    assert examine("K205", joined(layer("LSTM", name="out", units=2), "concatenate_1")) == []


def test_joined_masks_are_another_mask_to_keras_3() -> None:
    """Measured: a Keras 2.15 file so renamed that it loads computed something else in 3.15.1."""
    sick = joined(layer("LSTM", name="out", units=2))
    of_keras_2 = sick.replacing({**sick.parts, "metadata": {"keras_version": "2.15.0"}})
    (finding,) = examine("K609", of_keras_2)
    assert "joined before LSTM 'out'" in finding.message
    assert examine("K609", cured(of_keras_2, finding)) == []
    assert examine("K609", sick.replacing({**sick.parts, "metadata": {"keras_version": "3.15.1"}})) == []


def test_one_mask_joined_with_itself_stays_as_it_is() -> None:
    made = [start("in"), after(WORDS, "in"), after(layer("Dense", name="dense", units=3), "words")]
    made += [after(layer("Concatenate", name="both"), "words", "dense"), after(layer("LSTM", name="out", units=2), "both")]
    assert examine("K609", document(functional(*made), metadata={"keras_version": "2.15.0"})) == []


def attending(release: str, *between: dict[str, Any]) -> Document:
    made = [start("in"), after(WORDS, "in")]
    for one in (*between, layer("MultiHeadAttention", name="out", num_heads=2, key_dim=2)):
        made.append(after(one, made[-1]["name"], *([made[-1]["name"]] if one["config"]["name"] == "out" else [])))
    return document(functional(*made), metadata={"keras_version": release})


def test_an_attention_of_keras_2_9_that_passed_over_a_mask_is_named() -> None:
    sick = attending("2.9.0", layer("Dropout", name="dropout", rate=0.1))
    (finding,) = examine("K609", sick)
    assert finding.repair is None
    assert [need.flag for need in finding.needs] == ["FILE"]
    assert examine("K609", sick, Target("2.9.0")) == []


def test_an_attention_that_heeded_a_mask_is_named_for_a_keras_that_passes_over_it() -> None:
    """Measured: a model of 2.15 differs by 0.3 in TensorFlow 2.9.3."""
    (finding,) = examine("K609", attending("2.15.0"), Target("2.9.0"))
    assert "pass over the mask" in finding.message
    assert finding.other_numbers
    assert examine("K609", attending("2.15.0", layer("Flatten", name="flat")), Target("2.9.0")) == []


def test_masks_joined_by_keras_3_are_other_masks_to_keras_2() -> None:
    said = joined(layer("LSTM", name="out", units=2)).parts
    assert len(examine("K609", document(said["config"], metadata={"keras_version": "3.15.1"}), Target("2.15.0"))) == 1
    assert examine("K609", document(said["config"], metadata={"keras_version": "2.9.0"}), Target("2.15.0")) == []


def test_an_attention_that_no_mask_reaches_or_that_heeded_it_is_healthy() -> None:
    assert examine("K609", attending("2.15.0")) == []
    assert examine("K609", attending("2.9.0", layer("Flatten", name="flat"))) == []


def test_a_file_that_was_converted_has_the_masks_of_the_keras_before() -> None:
    """The cure of another error writes an archive, or another release in the file's place: neither makes the masks alike."""
    sick = joined(layer("LSTM", name="out", units=2))
    for parts in (
        {"metadata": {"keras_version": "3.15.1", "converted_from": "2.15.0"}},
        {"metadata": {"x": 1}, "attributes": {"/": {"keras_version": "3.0.0", "converted_from": "2.2.4"}}},
    ):
        assert len(examine("K609", sick.replacing({**sick.parts, **parts}))) == 1


STATES = [start("h"), start("c")]


def decoding(
    *between: dict[str, Any], source: str = "words", words: dict[str, Any] = WORDS, release: str = "2.15.0", **named: Any
) -> Document:
    """A decoder as Keras 3 calls it: with the states as an argument."""
    tensors = {
        name: {"class_name": "__keras_tensor__", "config": {"shape": [None, 4], "dtype": "float32", "keras_history": [name, 0, 0]}}
        for name in (source, "h", "c", "in")
    }
    kwargs = {"initial_state": [tensors["h"], tensors["c"]], **{key: tensors[value] for key, value in named.items()}}
    decoder = {**layer("LSTM", name="out", units=4), "name": "out", "inbound_nodes": [{"args": [tensors[source]], "kwargs": kwargs}]}
    ends = tuple((name, 0, 0) for name in ("in", "h", "c"))
    made = functional(start("in"), *STATES, after(words, "in"), *between, decoder, inputs=ends)
    return document(made, metadata={"keras_version": release})


def test_a_mask_beside_states_is_handed_over_as_an_argument() -> None:
    sick = decoding()
    (finding,) = examine("K609", sick)
    assert "passes over the mask that comes with the input of LSTM 'out', because it is given states" in finding.message
    well = cured(sick, finding)
    assert examine("K609", well) == []
    rows = {row["name"]: row for row in well.config["config"]["layers"]}
    assert rows["mask_not_equal"]["inbound_nodes"][0]["args"][1] == 0
    assert rows["out"]["inbound_nodes"][0]["kwargs"]["mask"]["config"]["keras_history"] == ["mask_not_equal", 0, 0]


def test_the_mask_of_a_masking_layer_is_what_any_feature_tells() -> None:
    sick = decoding(
        after(layer("Dropout", name="dropout", rate=0.1), "words"), source="dropout", words=layer("Masking", name="words", mask_value=2.0)
    )
    (finding,) = examine("K609", sick)
    rows = {row["name"]: row for row in cured(sick, finding).config["config"]["layers"]}
    assert rows["mask_not_equal"]["inbound_nodes"][0]["args"][1] == 2.0
    assert rows["mask_any"]["config"]["axis"] == -1


@pytest.mark.parametrize(
    "healthy",
    [
        decoding(words={**WORDS, "config": {**WORDS["config"], "mask_zero": False}}),
        decoding(after(layer("Flatten", name="flat"), "words"), source="flat"),
        decoding(release="3.15.1"),
        decoding(mask="in"),
    ],
)
def test_states_without_a_mask_or_with_a_stated_one_or_of_keras_3_are_healthy(healthy: Document) -> None:
    assert examine("K609", healthy) == []


def test_masks_that_are_joined_are_not_told_and_neither_is_one_that_keras_2_would_heed() -> None:
    both = after(layer("Add", name="both"), "words", "words")
    (finding,) = examine("K609", decoding(both, source="both"))
    assert finding.repair is None
    (finding,) = examine("K609", decoding(release="3.15.1"), Target("2.15.0"))
    assert finding.repair is None
    assert "heeds the mask" in finding.message
