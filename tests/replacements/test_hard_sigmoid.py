"""The hard_sigmoid of Keras 1 and 2 in terms of that of Keras 3."""

from __future__ import annotations

from typing import Any

import pytest

from kdoctor.document import Document, Format, Weight
from kdoctor.edit import apply
from kdoctor.recipe_steps import Scale
from kdoctor.replacements.hard_sigmoid import rescaled, users
from kdoctor.saved_release import release_of
from kdoctor.testing import document, sequential

GATED = {"kernel": (3, 8), "recurrent_kernel": (2, 8), "bias": (8,)}


def h5(class_name: str, shapes: dict[str, tuple[int, ...]], input_shape: list[int | None], **config: Any) -> Document:
    """An ``.h5`` of Keras 2 with one layer that has arrays."""
    made = {"class_name": class_name, "config": {"name": "it", **config}}
    first = {"class_name": "InputLayer", "config": {"name": "in", "batch_input_shape": input_shape}}
    names = [f"it/{role}:0" for role in shapes]
    return document(
        sequential(first, made),
        format=Format.H5_MODEL,
        metadata={"x": 1},
        weights=dict(zip((f"model_weights/it/{name}" for name in names), shapes.values(), strict=True)),
        attributes={
            "/": {"keras_version": "2.3.1"},
            "/model_weights": {"layer_names": ["it"], "keras_version": "2.3.1"},
            "/model_weights/it": {"weight_names": names},
        },
    )


def lstm(**config: Any) -> Document:
    return h5("LSTM", GATED, [None, 5, 3], units=2, **config)


def scaled(weight: Weight) -> list[tuple[int, int, int]]:
    """Axis, first and last column of every scaling, in order."""
    found = []
    recipe: Any = weight.recipe
    while isinstance(recipe, Scale):
        assert recipe.factor == 1.2
        found.append((recipe.axis, recipe.start, recipe.stop))
        recipe = recipe.of
    return found[::-1]


def cured(sick: Document) -> Document:
    edits = rescaled(sick)
    assert edits is not None
    return apply(sick, edits)


def test_the_old_function_is_the_new_one_of_six_fifths() -> None:
    for number in range(-50, 51):
        x = number / 10
        old = min(max(0.2 * x + 0.5, 0), 1)
        new = min(max(1.2 * x + 3, 0), 6) / 6
        assert new == pytest.approx(old, abs=1e-12)


def test_the_gates_of_an_lstm_are_scaled_and_its_candidate_is_not() -> None:
    after = cured(lstm(recurrent_activation="hard_sigmoid"))
    assert scaled(after.weights["model_weights/it/it/kernel:0"]) == [(1, 0, 2), (1, 2, 4), (1, 6, 8)]
    assert scaled(after.weights["model_weights/it/it/recurrent_kernel:0"]) == [(1, 0, 2), (1, 2, 4), (1, 6, 8)]
    assert scaled(after.weights["model_weights/it/it/bias:0"]) == [(0, 0, 2), (0, 2, 4), (0, 6, 8)]


def test_a_gru_has_two_such_gates_and_both_rows_of_its_bias_count() -> None:
    sick = h5(
        "GRU",
        {"kernel": (3, 6), "recurrent_kernel": (2, 6), "bias": (2, 6)},
        [None, 5, 3],
        units=2,
        recurrent_activation="hard_sigmoid",
        reset_after=True,
    )
    assert scaled(cured(sick).weights["model_weights/it/it/bias:0"]) == [(1, 0, 2), (1, 2, 4)]


def test_a_dense_layer_is_scaled_as_a_whole() -> None:
    after = cured(h5("Dense", {"kernel": (4, 3), "bias": (3,)}, [None, 4], units=3, activation="hard_sigmoid"))
    assert scaled(after.weights["model_weights/it/it/kernel:0"]) == [(1, 0, 3)]
    assert scaled(after.weights["model_weights/it/it/bias:0"]) == [(0, 0, 3)]


def test_the_file_says_that_it_was_done_so_that_nobody_does_it_twice() -> None:
    after = cured(lstm(recurrent_activation="hard_sigmoid"))
    assert {after.attributes[group]["keras_version"] for group in ("/", "/model_weights")} == {"3.0.0"}


@pytest.mark.parametrize(
    "sick",
    [
        lstm(activation="hard_sigmoid"),  # the candidate and the cell's state: no weights feed the latter
        h5("SimpleRNN", {"kernel": (3, 2), "recurrent_kernel": (2, 2), "bias": (2,)}, [None, 5, 3], units=2, activation="hard_sigmoid"),
        h5("Activation", {}, [None, 4], activation="hard_sigmoid"),
        document(sequential({"class_name": "Dense", "config": {"activation": "hard_sigmoid"}}), format=Format.H5_MODEL),
    ],
)
def test_where_one_user_has_no_weights_that_say_the_same_nothing_is_scaled(sick: Document) -> None:
    assert users(sick)
    assert rescaled(sick) is None


def test_without_a_user_there_is_nothing_to_do() -> None:
    plain = lstm(recurrent_activation="sigmoid")
    assert users(plain) == ()
    assert rescaled(plain) is None


def test_who_saved_the_file_is_kept_beside_the_release_that_now_stands_there() -> None:
    after = cured(lstm(recurrent_activation="hard_sigmoid"))
    assert after.attributes["/"] == {"keras_version": "3.0.0", "backend": "tensorflow", "converted_from": "2.3.1"}
    assert release_of(after) == (2, 3)
