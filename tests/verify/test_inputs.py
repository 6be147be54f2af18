"""Random input made from a model's own specs; the models are stand-ins with nothing but specs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from kdoctor.verify.inputs import Recipe, Slot, fill, mismatch, rearranged, recipes, slots

RECIPE = Recipe(length=8, bound=5, whole=False)


class Embedding:
    """What the input maker sees of a Keras Embedding."""

    def __init__(self, input_dim: int, *tensors: object) -> None:
        self.input_dim = input_dim
        self._inbound_nodes = [SimpleNamespace(input_tensors=list(tensors))]


def tensor(name: str, *shape: int | None, dtype: str = "float32") -> Any:
    return SimpleNamespace(name=name, shape=shape, dtype=dtype)


def model(*inputs: object, layers: tuple[object, ...] = ()) -> Any:
    return SimpleNamespace(inputs=list(inputs), _flatten_layers=lambda: iter(layers))


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others() -> None:
    wanted = (Slot("x", (None, 3), "float32"),)
    once, again, other = (fill(wanted, RECIPE, seed=seed, samples=2)[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(once, again)
    assert not np.array_equal(once, other)


def test_open_dimensions_are_filled_and_a_fixed_batch_is_kept() -> None:
    wanted = (Slot("open", (None, None, 3), "float32"), Slot("fixed", (4, 2), "float32"), Slot("scalar", (None,), "float32"))
    assert [array.shape for array in fill(wanted, RECIPE, seed=0, samples=2)] == [(2, 8, 3), (4, 2), (2,)]


@pytest.mark.parametrize("dtype", ["float16", "float32", "int64", "uint8", "bool"])
def test_each_dtype_is_kept(dtype: str) -> None:
    (array,) = fill((Slot("x", (None, 3), dtype),), RECIPE, seed=0, samples=2)
    assert array.dtype == dtype


def test_a_dtype_that_numpy_lacks_is_given_as_float32() -> None:
    (array,) = fill((Slot("x", (None, 3), "bfloat16"),), RECIPE, seed=0, samples=2)
    assert array.dtype == "float32"


def test_words_are_short_words() -> None:
    (array,) = fill((Slot("x", (None, 3), "string"),), RECIPE, seed=0, samples=2)
    assert array.shape == (2, 3)
    assert all(isinstance(word, str) and word for word in array.flat)


def test_what_an_embedding_takes_is_whole_and_within_its_bound_whatever_the_dtype() -> None:
    tokens, numbers = tensor("tokens", None, 50), tensor("numbers", None, 50)
    sick = model(tokens, numbers, layers=(Embedding(3, tokens),))
    first = next(iter(recipes(sick)))
    filled, free = fill(slots(sick), first, seed=0, samples=2)
    assert set(filled.flat) == {0.0, 1.0, 2.0}
    assert filled.dtype == "float32"
    assert free.min() < 0


def test_growing_lengths_are_tried_only_when_a_dimension_is_open() -> None:
    assert [recipe.length for recipe in recipes(model(tensor("x", None, None)))] == [8, 16, 32, 64] * 2
    assert [recipe.length for recipe in recipes(model(tensor("x", None, 5)))] == [8] * 2


def test_a_model_that_does_not_know_its_inputs_has_no_slots() -> None:
    assert slots(object()) == ()
    assert slots(SimpleNamespace(inputs=None)) == ()


def test_other_inputs_are_told_in_plain_words() -> None:
    ours = (Slot("x", (None, 3), "float32"),)
    assert mismatch(ours, ours) is None
    assert mismatch(ours, (Slot("y", (None, None), "float32"),)) is None
    assert mismatch(ours, ours * 2) == "1 inputs here, 2 in the other file"
    assert mismatch(ours, (Slot("x", (None, 4), "float32"),)) == "input 1 has shape (None, 3) here, (None, 4) in the other file"


def test_inputs_are_handed_over_by_name_when_both_models_use_the_same_names() -> None:
    a, b = Slot("a", (None, 1), "float32"), Slot("b", (None, 2), "float32")
    assert rearranged([1, 2], (a, b), (b, a)) == [2, 1]
    assert mismatch((a, b), (b, a)) is None


def test_inputs_are_handed_over_as_they_stand_when_names_differ() -> None:
    a, b, c = (Slot(name, (None, 1), "float32") for name in "abc")
    assert rearranged([1, 2], (a, b), (c, a)) == [1, 2]
