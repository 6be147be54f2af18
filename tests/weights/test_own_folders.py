"""Arrays of an archive below their own layer, in a folder of another name, or under other numbers: moved back where one reading alone is left."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import layers
from weight_documents import NATIVE, archive

from kdoctor.doctor import plan_file
from kdoctor.document import Document
from kdoctor.edit import apply
from kdoctor.packs import load_checks
from kdoctor.repair import Wish, carry_out
from kdoctor.testing import KERAS_3, document, examine, layer, sequential

CHECKS = load_checks()
BOTH_WAYS = sequential(
    layer("InputLayer", batch_shape=[None, 7, 4]), layer("Bidirectional", name="both", layer=layer("LSTM", name="lstm", units=2))
)
CELLS: dict[str, tuple[int, ...]] = {
    f"layers/bidirectional/{way}_layer/cell/vars/{key}": shape
    for way in ("forward", "backward")
    for key, shape in enumerate([(4, 8), (2, 8), (8,)])
}
NORM = sequential(layer("InputLayer", batch_shape=[None, 4]), layer("BatchNormalization", name="norm"))


def shapes(made: Document) -> dict[str, tuple[int, ...]]:
    return {path: tuple(weight.shape) for path, weight in made.weights.items()}


def cured(sick: Document) -> dict[str, tuple[int, ...]]:
    (finding, *more) = examine("K701", sick)
    assert finding.repair is not None
    after = apply(sick, finding.repair.edits)
    for one in more:
        assert one.repair is not None
        after = apply(after, one.repair.edits)
    assert [*examine("K701", after), *examine("K703", after)] == []
    return shapes(after)


@pytest.mark.parametrize("name", ["variables/", "weights/", ""])
def test_another_name_for_the_folder_of_all_layers(name: str) -> None:
    sick = archive({path.replace("vars/", name): shape for path, shape in NATIVE.items()})
    assert {*cured(sick).items()} == {*NATIVE.items()}
    assert len(examine("K701", sick)) == (1 if name else 2)


@pytest.mark.parametrize("ways", [("forward",), ("forward", "backward")], ids=str)
def test_another_name_for_a_part_of_a_layer(ways: tuple[str, ...]) -> None:
    changed = {path.replace("cell", "lstm_cell") if any(way in path for way in ways) else path: shape for path, shape in CELLS.items()}
    assert {*cured(document(BOTH_WAYS, weights=changed, attributes={"/": {}})).items()} == {*CELLS.items()}


def test_parts_of_one_shape_that_are_both_called_otherwise_are_left() -> None:
    changed = {path.replace("forward_layer", "a").replace("backward_layer", "b"): shape for path, shape in CELLS.items()}
    assert [finding.repair for finding in examine("K701", document(BOTH_WAYS, weights=changed, attributes={"/": {}}))] == [None, None]


@pytest.mark.parametrize(
    "more",
    [{"layers/dense/old/0": (4, 5), "layers/dense/old/1": (5,)}, {"layers/dense/0": (4, 5), "layers/dense/1": (5,)}],
    ids=["two folders", "a folder and none"],
)
def test_of_two_folders_that_fit_none_is_taken(more: dict[str, tuple[int, ...]]) -> None:
    sick = archive({**{path.replace("dense/vars", "dense/variables"): shape for path, shape in NATIVE.items()}, **more})
    (finding,) = examine("K701", sick)
    assert finding.repair is None


def test_a_folder_with_other_shapes_is_not_taken() -> None:
    sick = archive({**{path: shape for path, shape in NATIVE.items() if "dense/" not in path}, "layers/dense/x/0": (4, 5)})
    (finding,) = examine("K701", sick)
    assert finding.repair is None


@pytest.mark.parametrize("names", [["00", "01", "02", "03"], ["w0", "w1", "w2", "w3"], ["0:0", "1:0", "2:0", "3:0"]], ids=str)
def test_numbers_that_begin_at_nought_keep_their_order(names: list[str]) -> None:
    folder = "layers/batch_normalization/vars"
    sick = document(NORM, weights=dict.fromkeys((f"{folder}/{name}" for name in names), (4,)), attributes={"/": {}})
    (finding,) = examine("K701", sick)
    assert finding.repair is not None
    moved = {sick.weights[f"{folder}/{name}"]: f"{folder}/{index}" for index, name in enumerate(names)}
    assert {edit.new: edit.at.keys[0] for edit in finding.repair.edits if edit.new in moved} == moved


@pytest.mark.parametrize("names", [["w6", "w7", "w8", "w9"], ["1", "2", "3", "4"], ["a0", "b1", "a2", "a3"], ["a", "b", "c", "d"]], ids=str)
def test_other_names_of_arrays_of_one_shape_have_no_order(names: list[str]) -> None:
    weights = dict.fromkeys((f"layers/batch_normalization/vars/{name}" for name in names), (4,))
    (finding,) = examine("K701", document(NORM, weights=weights, attributes={"/": {}}))
    assert finding.repair is None


@pytest.mark.filterwarnings("ignore:__array__ implementation")
def test_what_keras_saved_computes_the_same_again(tmp_path: Path) -> None:
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(4), layers.BatchNormalization(), layers.Dense(4)])
    model = keras.Sequential([keras.Input((3, 4)), layers.TimeDistributed(inner), layers.Bidirectional(layers.GRU(4)), layers.Dense(2)])
    model.set_weights([np.random.RandomState(0).rand(*array.shape) for array in model.get_weights()])
    path, out, given = tmp_path / "model.keras", tmp_path / "cured.keras", np.random.RandomState(1).rand(2, 3, 4)
    model.save(path)
    with zipfile.ZipFile(path) as file:
        members = {name: file.read(name) for name in file.namelist()}
    weights = io.BytesIO(members["model.weights.h5"])
    with h5py.File(weights, "a") as file:
        groups: list[str] = []
        file.visit(lambda name: groups.append(name) if name.endswith("vars") and file[name] else None)
        for name in groups:
            file.move(name, f"{name[:-4]}variables")
    with zipfile.ZipFile(path, "w") as file:
        for name, data in {**members, "model.weights.h5": weights.getvalue()}.items():
            file.writestr(name, data)
    assert carry_out(plan_file(path, KERAS_3, CHECKS), path, Wish(out=out)).out == out
    assert np.allclose(keras.saving.load_model(out).predict(given, verbose=0), model.predict(given, verbose=0), rtol=1e-5)
