"""Archives of Keras 2.15 whose nested models share a layer: what was saved in an earlier model is not counted, and the next one is in its place."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from kdoctor.archive import open_document
from kdoctor.doctor import repair_file
from kdoctor.packs import load_checks
from kdoctor.repair import Wish, carry_out
from kdoctor.target import Target
from kdoctor.testing import KERAS_3, examine
from kdoctor.weights.passed_over import passed_over

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
CHECKS = load_checks()
KERAS_2 = Target("2.15.0")
GIVEN = np.linspace(-1, 1, 12).reshape(3, 4)
SECOND = "layers/functional_1"


def nested(name: str, *rows: Any) -> Any:
    start = end = keras.Input((4,))
    for row in rows:
        end = row(end)
    return keras.Model(start, end, name=name)


def in_turn(*rows: Any) -> Any:
    return nested("whole", *rows, layers.Dense(2, name="end"))


def own(name: str, units: int = 4) -> Any:
    return layers.Dense(units, activation="tanh", name=name)


def own_behind(units: int) -> Any:
    shared = own("shared")
    return in_turn(nested("a", shared, own("own_a")), nested("b", shared, own("own_b", units)))


def own_before() -> Any:
    shared = own("shared")
    return in_turn(nested("a", shared), nested("b", own("own_b"), shared, own("own_c")))


def two_deep() -> Any:
    shared = own("shared")
    return in_turn(nested("a", shared, own("own_a")), nested("b", nested("inner", shared, own("own_b", 5)), own("own_c")))


def a_model() -> Any:
    shared = nested("shared", own("x"), own("y"))
    return in_turn(nested("a", shared, own("own_a")), nested("b", shared, nested("other", own("own_x")), own("own_b")))


FOLDED: list[tuple[Callable[[], Any], dict[str, str]]] = [
    (lambda: own_behind(4), {f"{SECOND}/layers/dense_1": f"{SECOND}/layers/dense"}),
    (lambda: own_behind(5), {f"{SECOND}/layers/dense_1": f"{SECOND}/layers/dense"}),
    (own_before, {f"{SECOND}/layers/dense_2": f"{SECOND}/layers/dense_1"}),
    (two_deep, {f"{SECOND}/layers/functional/layers/dense_1": f"{SECOND}/layers/functional/layers/dense"}),
    (a_model, {f"{SECOND}/layers/functional_1": f"{SECOND}/layers/functional"}),
]


def saved(path: Path, made: Any, moves: dict[str, str]) -> None:
    """The model as Keras 3 saves it, its arrays where Keras 2.15 counts them (seen in archives that it saved)."""
    made.save(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    held = io.BytesIO(members["model.weights.h5"])
    with h5py.File(held, "a") as file:
        for old, new in moves.items():
            if new in file:
                del file[new]
            file.move(old, new)
    members["model.weights.h5"] = held.getvalue()
    members["metadata.json"] = members["metadata.json"].replace(keras.__version__.encode(), b"2.15.0")
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


@pytest.mark.parametrize(("make", "moves"), FOLDED)
def test_the_arrays_go_back_to_where_keras_3_counts_and_the_shared_layer_is_told(
    tmp_path: Path, make: Callable[[], Any], moves: dict[str, str]
) -> None:
    path, out = tmp_path / "m.keras", tmp_path / "whole.keras"
    keras.utils.set_random_seed(1)
    made = make()
    saved(path, made, moves)
    sick = open_document(path)
    assert passed_over(sick).items() >= moves.items()
    assert all(finding.repair is not None for finding in examine("K701", sick))
    assert examine("K702", sick) == []
    (moved,) = examine("K607", sick)
    assert moved.repair is not None
    assert "does not count a layer that it has saved in an earlier model" in moved.message
    plan = repair_file(path, KERAS_3, CHECKS, unsafe=True)
    assert carry_out(plan, path, Wish(out=out)).out == out
    assert np.allclose(keras.saving.load_model(out).predict(GIVEN, verbose=0), made.predict(GIVEN, verbose=0), rtol=1e-5)


def test_a_layer_beside_a_wrapper_that_holds_it_is_one_layer(tmp_path: Path) -> None:
    path, shared, start = tmp_path / "m.keras", own("shared"), keras.Input((3, 4))
    made = keras.Model(start, layers.TimeDistributed(own("other"))(layers.TimeDistributed(shared, name="wrapper")(shared(start))))
    made.save(path)
    healthy = open_document(path)
    assert [finding for code in ("K607", "K701", "K703") for finding in examine(code, healthy)] == []
    given = np.linspace(-1, 1, 24).reshape(2, 3, 4)
    assert np.allclose(keras.saving.load_model(path).predict(given, verbose=0), made.predict(given, verbose=0), rtol=1e-5)
    assert "'wrapper' stands in two places" in examine("K701", healthy, KERAS_2)[0].message


@pytest.mark.parametrize("beside", [False, True])
def test_a_layer_in_wrappers_of_several_models_is_made_one_again(tmp_path: Path, beside: bool) -> None:
    path, out, shared = tmp_path / "m.keras", tmp_path / "whole.keras", own("shared")
    start = end = keras.Input((3, 4))
    wrapper = layers.TimeDistributed(shared, name="both") if beside else None
    for name in ("a", "b"):
        inside = keras.Input((3, 4))
        first = wrapper or layers.TimeDistributed(shared, name=f"first_{name}")
        end = keras.Model(inside, layers.TimeDistributed(own(f"own_{name}"))(first(inside)), name=name)(end)
    made = keras.Model(start, end)
    made.save(path)
    assert examine("K701", open_document(path)) != []
    assert carry_out(repair_file(path, KERAS_3, CHECKS), path, Wish(out=out)).out == out
    again, given = keras.saving.load_model(out), np.linspace(-1, 1, 24).reshape(2, 3, 4)
    assert np.allclose(again.predict(given, verbose=0), made.predict(given, verbose=0), rtol=1e-5)


def test_a_bidirectional_that_is_shared_gets_its_copies(tmp_path: Path) -> None:
    path, out = tmp_path / "m.keras", tmp_path / "whole.keras"
    shared = layers.Bidirectional(layers.GRU(2, return_sequences=True), name="shared")
    start = end = keras.Input((3, 4))
    for name in ("a", "b"):
        inside = keras.Input((3, 4))
        end = keras.Model(inside, layers.Dense(4, name=f"own_{name}")(shared(inside)), name=name)(end)
    made, given = keras.Model(start, end), np.linspace(-1, 1, 24).reshape(2, 3, 4)
    made.save(path)
    assert carry_out(repair_file(path, KERAS_3, CHECKS, unsafe=True), path, Wish(out=out)).out == out
    assert np.allclose(keras.saving.load_model(out).predict(given, verbose=0), made.predict(given, verbose=0), rtol=1e-5)


def test_a_layer_whose_arrays_are_gone_is_named_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "m.keras"
    saved(path, own_behind(4), {"layers/dense": f"{SECOND}/lost"})
    sick = open_document(path)
    weights = {name: weight for name, weight in sick.weights.items() if SECOND not in name}
    assert "own_b" in {finding.layer for finding in examine("K701", sick.replacing({**sick.parts, "weights": weights}))}


def test_keras_2_makes_two_layers_whatever_their_number_says(tmp_path: Path) -> None:
    path, shared = tmp_path / "m.keras", own("shared")
    start = keras.Input((4,))
    beside = shared(start)
    keras.Model(start, [nested("n", shared)(start), beside]).save(path)
    healthy = open_document(path)
    assert examine("K607", healthy, KERAS_2) == []
    for finding in examine("K701", healthy, KERAS_2):
        assert "2.15.0 makes two layers of it" in finding.message
        assert finding.repair is not None
        assert all("shared_object_id" not in edit.at.keys or edit.new != edit.old for edit in finding.repair.edits)


def test_nothing_is_passed_over_where_no_layer_is_shared(tmp_path: Path) -> None:
    path = tmp_path / "m.keras"
    in_turn(nested("a", own("same")), nested("b", own("same"))).save(path)
    assert passed_over(open_document(path)) == {}
