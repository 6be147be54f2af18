"""Archives that stand as another release writes them: TensorFlow 2.12 and 2.13 call ``dense_2`` what is ``dense_1`` to all others."""

from __future__ import annotations

from typing import Any

import pytest

from kdoctor.document import Document
from kdoctor.edit import apply
from kdoctor.keras_api.layouts import CHECKPOINT, KERAS_2_12, KERAS_2_14, KERAS_2_15, KERAS_3, Layout
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, sequential
from kdoctor.weights.rearrange import relocations

NUMBERS: dict[str, tuple[int, ...]] = {"vars/0": (6, 6), "vars/1": (6,)}


def equal_layers(count: int) -> Any:
    rows = [layer("Dense", name=f"layer_{index}", units=6) for index in range(count)]
    return sequential(layer("InputLayer", name="input", batch_shape=[None, 6]), *rows)


def saved(model: Any, groups: list[str], release: str = "2.13.1") -> Document:
    weights = {f"{group}/{key}": shape for group in groups for key, shape in NUMBERS.items()}
    return document(model, weights=weights, attributes={"/": {}}, metadata={"keras_version": release})


def cured(sick: Document, layout: Layout) -> dict[str, str]:
    (found,) = relocations(sick, layout)
    after = {new: old for old, new in found.moves}
    kept = {path: path for path in sick.weights if path not in {old for old, _ in found.moves}}
    return {new.removesuffix("/vars/0"): old.removesuffix("/vars/0") for new, old in {**kept, **after}.items() if new.endswith("/vars/0")}


@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize("layout", [KERAS_2_15, KERAS_2_14, KERAS_3])
def test_equal_layers_of_2_13_keep_their_order(count: int, layout: Layout) -> None:
    """The group dense_2 of the file fits the third layer as well, whose name it is to the target: not its numbers."""
    sick = saved(equal_layers(count), [f"{CHECKPOINT}/dense{f'_{2 * index}' if index else ''}" for index in range(count)])
    folder = CHECKPOINT if CHECKPOINT in layout.folders else "layers"
    names = [f"dense_{index}" if index else "dense" for index in range(count)]
    assert cured(sick, layout) == {
        f"{folder}/{name}": f"{CHECKPOINT}/dense{f'_{2 * index}' if index else ''}" for index, name in enumerate(names)
    }


def test_equal_layers_of_later_releases_keep_their_order_for_2_13() -> None:
    sick = saved(equal_layers(3), ["layers/dense", "layers/dense_1", "layers/dense_2"], "2.15.0")
    assert cured(sick, KERAS_2_12) == {
        f"{CHECKPOINT}/dense": "layers/dense",
        f"{CHECKPOINT}/dense_2": "layers/dense_1",
        f"{CHECKPOINT}/dense_4": "layers/dense_2",
    }


def twins() -> Any:
    inner = [layer("InputLayer", name="inside", batch_shape=[None, 6]), *[layer("Dense", name=f"d{index}", units=6) for index in range(2)]]
    first, second = sequential(*inner), sequential(*inner)
    return sequential(
        layer("InputLayer", name="input", batch_shape=[None, 6]),
        {**first, "config": {**first["config"], "name": "first"}},
        {**second, "config": {**second["config"], "name": "second"}},
    )


@pytest.mark.parametrize(("layout", "folder"), [(KERAS_2_15, "layers"), (KERAS_3, CHECKPOINT)])
def test_models_within_are_counted_anew_as_their_layers_are(layout: Layout, folder: str) -> None:
    groups = [f"{CHECKPOINT}/{model}/{CHECKPOINT}/{name}" for model in ("sequential", "sequential_2") for name in ("dense", "dense_2")]
    names = [f"{folder}/{model}/{folder}/{name}" for model in ("sequential", "sequential_1") for name in ("dense", "dense_1")]
    assert cured(saved(twins(), groups), layout) == dict(zip(names, groups, strict=True))


def test_windows_and_numbers_are_moved_at_once() -> None:
    sick = saved(equal_layers(3), [f"{CHECKPOINT}\\{name}" for name in ("dense", "dense_2", "dense_4")])
    (finding,) = examine("K607", sick, Target("2.15.0"))
    assert "backslashes" in finding.message
    assert "numbers of Keras 2.13 (dense, dense_2, dense_4)" in finding.message
    assert finding.repair is not None
    assert {path.rpartition("/vars/")[0] for path in apply(sick, finding.repair.edits).weights} == {
        "layers/dense",
        "layers/dense_1",
        "layers/dense_2",
    }


def test_a_layer_that_was_lost_does_not_get_the_numbers_of_another() -> None:
    """The first two of three layers: the numbers of the second stand where later releases keep those of the third."""
    sick = saved(equal_layers(3), [f"{CHECKPOINT}/dense", f"{CHECKPOINT}/dense_2"])
    assert cured(sick, KERAS_2_15) == {"layers/dense": f"{CHECKPOINT}/dense", "layers/dense_1": f"{CHECKPOINT}/dense_2"}


def test_a_foreign_group_among_them_leaves_numbers_of_another_count_alone() -> None:
    """Where the whole is not told, no group is taken for one of the same name that is counted otherwise."""
    sick = saved(equal_layers(4), [*[f"{CHECKPOINT}/{name}" for name in ("dense", "dense_2", "dense_4")], "lost/found"])
    assert relocations(sick, KERAS_2_15) == ()


def test_what_a_layer_of_an_unknown_class_owns_goes_where_it_goes() -> None:
    own = {"class_name": "Mine", "module": "mine", "registered_name": "Mine", "config": {"name": "own"}}
    model = sequential(
        layer("InputLayer", name="input", batch_shape=[None, 6]), own, {**own, "config": {"name": "again"}}, layer("Dense", name="d", units=6),
        layer("Dense", name="e", units=6),
    )  # fmt: skip
    sick = document(
        model,
        weights={
            f"{CHECKPOINT}/{group}/vars/0": (6, 6) for group in ("mine/inner", "mine_2/inner", "dense", "dense_2")
        } | {f"{CHECKPOINT}/{group}/vars/1": (6,) for group in ("dense", "dense_2")},
        attributes={"/": {}},
        metadata={"keras_version": "2.13.1"},
    )  # fmt: skip
    assert cured(sick, KERAS_2_15)["layers/mine_1/inner"] == f"{CHECKPOINT}/mine_2/inner"
