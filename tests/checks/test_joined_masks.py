"""K609: masks that a merging layer joins otherwise than the Keras that saved the file did.

What each Keras hands on was measured with 198 files of 2.15, 3.0.5, 3.1.1, 3.3.3, 3.4.1 and 3.5.0 (2026-11-22). Here the installed Keras saves the
models, and the release that an archive states is changed; what an earlier one computed is what a mask computes that is told by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy
import pytest
from graphs import after, functional, start
from keras import Input, Model, layers, ops
from rewriting import in_json, rewritten, saved_by
from typer.testing import CliRunner

from kdoctor.cli.app import app
from kdoctor.document import Document
from kdoctor.graph.merged_masks import Joining, joining
from kdoctor.native_config import keras_tensor
from kdoctor.structure.sources import Source
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation"),  # NumPy 2 says it of what Keras makes
    pytest.mark.filterwarnings("ignore:Layer .* was passed an input with a mask"),  # which is what a cure does
]

WORDS = numpy.array([[1, 2, 3, 0, 0], [4, 5, 0, 0, 0]])
OTHERS = numpy.array([[1, 0, 0, 0, 0], [4, 5, 6, 7, 0]])


def embedding(name: str) -> Any:
    return layers.Embedding(9, 3, name=name, embeddings_initializer=keras.initializers.RandomNormal(seed=len(name)))


def pair(join: Callable[[], Any], end: Callable[[], Any]) -> tuple[Any, Callable[..., Any]]:
    """A model of two inputs without masks, and what it computes when the end is told one."""
    first, second, joins, ends = embedding("first"), embedding("second"), join(), end()
    a, b = Input((5,), dtype="int32", name="a"), Input((5,), dtype="int32", name="b")
    model = Model([a, b], ends(joins([first(a), second(b)])))

    def told(mask: Any) -> Any:
        return ends(
            joins([ops.convert_to_tensor(numpy.asarray(one)) for one in (first(WORDS), second(OTHERS))]), mask=ops.convert_to_tensor(mask)
        )

    return model, told


def said_by(model: Any, release: str, path: Path, masks: tuple[bool, bool]) -> Path:
    """The masks are written into the config: today's Keras saves what joins them, too, as operations, and earlier ones did not."""

    def masked(config: Any) -> None:
        for one in config["config"]["layers"]:
            if one["class_name"] == "Embedding":
                one["config"]["mask_zero"] = masks[one["name"] == "second"]

    model.save(path)
    return rewritten(path, path, {**saved_by(release), "config.json": in_json(masked)})


def fixed(path: Path) -> Any:
    out = path.with_name("cured.keras")
    ran = CliRunner().invoke(app, ["fix", str(path), "-o", str(out)], env={"COLUMNS": "500"})
    assert ran.exit_code == 0, ran.output
    return keras.saving.load_model(out)


SHOWN, HIDDEN = WORDS != 0, (WORDS != 0) & (OTHERS != 0)
CASES: list[tuple[Callable[[], Any], tuple[bool, bool], Callable[[], Any], str, Any]] = [
    (layers.Add, (True, False), layers.GlobalAveragePooling1D, "2.15.0", SHOWN),
    (layers.Add, (True, True), lambda: layers.LSTM(2), "2.9.0", HIDDEN),
    (layers.Multiply, (True, True), lambda: layers.Bidirectional(layers.GRU(2)), "2.15.0", HIDDEN),
    (lambda: layers.Concatenate(name="both"), (True, False), lambda: layers.LSTM(2), "2.15.0", SHOWN),
    (lambda: layers.Concatenate(name="both"), (True, True), layers.GlobalAveragePooling1D, "2.3.1", HIDDEN),
    (layers.Average, (True, True), layers.GlobalAveragePooling1D, "3.3.3", numpy.ones_like(SHOWN)),
]


@pytest.mark.parametrize("case", range(len(CASES)))
def test_the_mask_of_the_keras_that_saved_the_file_is_told(case: int, tmp_path: Path) -> None:
    join, masks, end, release, mask = CASES[case]
    model, told = pair(join, end)
    expected = numpy.asarray(told(mask))
    path = said_by(model, release, tmp_path / "model.keras", masks)
    assert not numpy.allclose(numpy.asarray(keras.saving.load_model(path)([WORDS, OTHERS])), expected, atol=1e-4)
    loaded = fixed(path)
    numpy.testing.assert_allclose(numpy.asarray(loaded([WORDS, OTHERS])), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("release", "how"), [("1.2.2", "ALL"), ("2.4.0", "ALL"), ("3.0.5", "NONE"), ("3.3.3", "NONE"), ("3.4.1", "ANY"), ("3.15.1", "ANY")]
)
def test_each_line_of_keras_joins_masks_in_its_own_way(release: str, how: str) -> None:
    assert joining(release) is Joining[how]


def of_words(*behind: dict[str, Any], release: str = "2.15.0") -> Document:
    """Words that are masked, "words", and positions of them that are not, "places", for the layers behind."""
    made = [layer("Embedding", name=name, input_dim=9, output_dim=4, mask_zero=name == "words") for name in ("words", "places")]
    return document(functional(start(), *(after(one, "in") for one in made), *behind), metadata={"keras_version": release})


POOL = layer("GlobalAveragePooling1D", name="out")
ADD = layer("Add", name="sum")


@pytest.mark.parametrize("release", ["3.0.5", "3.6.0", "3.15.1"])
def test_one_mask_beside_none_was_none_to_keras_3_at_all_times(release: str) -> None:
    assert examine("K609", of_words(after(ADD, "words", "places"), after(POOL, "sum"), release=release)) == []


def test_a_mask_that_nothing_heeds_is_not_told() -> None:
    assert examine("K609", of_words(after(ADD, "words", "places"), after(layer("Flatten", name="out"), "sum"))) == []


def test_the_same_mask_twice_is_the_same_however_it_is_joined() -> None:
    twin = layer("Embedding", name="twin", input_dim=9, output_dim=4, mask_zero=True)
    assert examine("K609", of_words(after(twin, "in"), after(ADD, "words", "twin"), after(POOL, "sum"))) == []


def test_what_takes_no_mask_as_an_argument_of_its_own_is_told_without_a_cure() -> None:
    (finding,) = examine("K609", of_words(after(ADD, "words", "places"), after(layer("Attention", name="out"), "sum", "sum")))
    assert finding.repair is None
    assert [need.flag for need in finding.needs] == ["FILE"]


def test_an_attention_with_heads_is_told_once_and_given_its_masks() -> None:
    heads = layer("MultiHeadAttention", name="out", num_heads=2, key_dim=2)
    (finding,) = examine("K609", of_words(after(ADD, "words", "places"), after(heads, "sum", "sum")))
    assert finding.repair is not None
    assert finding.repair.title == "hand the masks over as attention_mask"


def test_words_that_are_joined_in_a_row_had_no_mask_in_keras_3_0() -> None:
    row = layer("Concatenate", name="row", axis=1)
    (finding,) = examine("K609", of_words(after(row, "words", "words"), after(POOL, "row"), release="3.0.5"))
    assert finding.repair is not None
    assert finding.repair.title == "put a layer behind what joins masks that hands none on"


def test_beside_features_without_a_mask_no_step_is_hidden_since_keras_3_4() -> None:
    side = layer("Concatenate", name="side")
    assert examine("K609", of_words(after(side, "words", "places"), after(POOL, "side"), release="3.0.5")) == []


def test_an_attention_of_keras_3_is_told_its_masks_by_the_file() -> None:
    """It states a list of them, be it one of nulls, which no Keras asks the tensors for."""
    attention = after(layer("Attention", name="out"), "words", "words")
    tensors = [keras_tensor(Source("sum", 0, 0))] * 2
    attention["inbound_nodes"] = [{"args": [tensors], "kwargs": {"mask": [None, None]}}]
    model = of_words(after(ADD, "words", "words"), attention, release="3.3.3")
    assert examine("K609", model) == []
    attention["inbound_nodes"] = [{"args": [tensors], "kwargs": {}}]
    assert len(examine("K609", of_words(after(ADD, "words", "words"), attention, release="3.3.3"))) == 1


@pytest.mark.parametrize("name", ["add", "maximum of three"])
def test_what_goes_into_a_nested_model_is_joined_as_keras_3_3_did(name: str, tmp_path: Path) -> None:
    """The inner model is given the mask from outside, and what it joins goes out of it again."""
    first, inner_start = embedding("first"), Input((5, 3))
    turned = layers.Rescaling(-2.0)(inner_start)
    made = (
        layers.Add()([inner_start, turned]) if name == "add" else layers.Maximum()([inner_start, turned, layers.Activation("tanh")(turned)])
    )
    inner, end, words = Model(inner_start, made), layers.LSTM(2), Input((5,), dtype="int32")
    model = Model(words, end(inner(first(words))))
    expected = numpy.asarray(model(WORDS))
    path = said_by(model, "3.3.3", tmp_path / "model.keras", (True, True))
    assert not numpy.allclose(numpy.asarray(keras.saving.load_model(path)(WORDS)), expected, atol=1e-4)
    numpy.testing.assert_allclose(numpy.asarray(fixed(path)(WORDS)), expected, atol=1e-6)


def test_more_masks_than_a_cure_may_write_are_told_without_one() -> None:
    """500 operations; without the limit the file would be written, and Keras would go on for minutes."""
    made: list[dict[str, Any]] = []
    for number in range(260):
        name = str(number)
        made += [
            after(layer("Masking", name=f"m{name}", mask_value=float(number + 1)), "places"),
            after(layer("Add", name=f"s{name}"), "words", f"m{name}"),
        ]
        made.append(after(layer("GlobalAveragePooling1D", name="out" if name == "0" else f"p{name}"), f"s{name}"))
    findings = examine("K609", of_words(*made))
    assert len(findings) == 260
    assert {found.repair for found in findings} == {None}


def test_an_older_target_is_told_of_without_a_cure() -> None:
    (finding,) = examine("K609", of_words(after(ADD, "words", "places"), after(POOL, "sum"), release="3.15.1"), Target("2.15.0"))
    assert finding.repair is None
    assert finding.other_numbers


def test_an_attention_of_keras_3_3_handed_no_mask_on(tmp_path: Path) -> None:
    """What it makes is an output, too: the loss goes by its name."""
    first, words = embedding("first"), Input((5,), dtype="int32")
    steps, seen = first(words), ops.not_equal(words, 0)
    made = layers.Attention(name="attention")([steps, steps], mask=[seen, seen], use_causal_mask=True)
    model = Model(words, [made, layers.GlobalAveragePooling1D()(made)])
    expected = numpy.asarray(model(WORDS)[0]).mean(axis=1)
    path = said_by(model, "3.3.3", tmp_path / "model.keras", (True, True))
    rewritten(
        path,
        path,
        {"config.json": in_json(lambda config: config["config"]["layers"][-1]["inbound_nodes"][0].update(kwargs={"mask": None}))},
    )
    assert not numpy.allclose(numpy.asarray(keras.saving.load_model(path)(WORDS)[1]), expected, atol=1e-4)
    loaded = fixed(path)
    numpy.testing.assert_allclose(numpy.asarray(loaded(WORDS)[1]), expected, atol=1e-6)
    assert loaded.output_names[0] == "attention"


def test_an_attention_of_keras_2_hands_the_mask_of_its_queries_on_and_does_not_in_keras_3_3() -> None:
    model = of_words(after(layer("Attention", name="attention"), "words", "words"), after(POOL, "attention"))
    assert [one.layer for one in examine("K609", model, Target("3.3.3"))] == ["out"]
    assert [one.layer for one in examine("K609", model)] == []
