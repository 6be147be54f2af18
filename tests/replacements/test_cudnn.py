from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest

from kdoctor.archive import open_document
from kdoctor.archive.writing.write import write_document
from kdoctor.document import Document
from kdoctor.edit import apply
from kdoctor.replacements.cudnn import as_plain
from kdoctor.testing import KERAS_3, examine

UNITS, FEATURES = 3, 4
GATES = {"CuDNNLSTM": 4, "CuDNNGRU": 3}


def converted(arrays: list[np.ndarray], gates: int) -> list[np.ndarray]:
    """What Keras 2.2.5 made of them: keras/engine/saving.py, _convert_rnn_weights."""
    kernel, recurrent, bias = arrays
    kernels = np.hstack([part.T.reshape(part.shape, order="F") for part in np.hsplit(kernel, gates)])
    recurrents = np.hstack([part.T for part in np.hsplit(recurrent, gates)])
    return [kernels, recurrents, bias.reshape((2, -1)).sum(axis=0) if gates == 4 else bias.reshape((2, -1))]


def saved(path: Path, class_name: str, *, both_ways: bool = False) -> list[np.ndarray]:
    """An .h5 as Keras 2.2.5 wrote it, with one CuDNN layer; its arrays in order."""
    gates, rng = GATES[class_name], np.random.default_rng(0)
    lengths = [(FEATURES, gates * UNITS), (UNITS, gates * UNITS), (2 * gates * UNITS,)] * (2 if both_ways else 1)
    arrays = [rng.normal(size=shape).astype("float32") for shape in lengths]
    layer = {"class_name": class_name, "config": {"name": "rnn", "units": UNITS}}
    if both_ways:
        layer = {"class_name": "Bidirectional", "config": {"name": "rnn", "layer": {**layer}, "merge_mode": "concat"}}
    first = {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 5, FEATURES], "name": "in"}}
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"], file.attrs["backend"] = "2.2.5", "tensorflow"
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {"name": "s", "layers": [first, layer]}})
        root = file.create_group("model_weights")
        root.attrs["layer_names"] = [b"rnn"]
        root.attrs["keras_version"], root.attrs["backend"] = "2.2.5", "tensorflow"
        group = root.create_group("rnn")
        names = [f"rnn/w{index}:0" for index in range(len(arrays))]
        group.attrs["weight_names"] = [name.encode() for name in names]
        for name, array in zip(names, arrays, strict=True):
            group[name] = array
    return arrays


def plain(document: Document) -> Document:
    edits = as_plain(document)
    assert edits is not None
    return apply(document, edits)


@pytest.mark.parametrize("class_name", GATES)
@pytest.mark.parametrize("both_ways", [False, True])
def test_the_written_numbers_are_those_that_keras_2_converted_to(tmp_path: Path, class_name: str, both_ways: bool) -> None:
    arrays = saved(tmp_path / "sick.h5", class_name, both_ways=both_ways)
    document = open_document(tmp_path / "sick.h5")
    write_document(document, plain(document), tmp_path / "well.h5")
    expected = [array for start in range(0, len(arrays), 3) for array in converted(arrays[start : start + 3], GATES[class_name])]
    with h5py.File(tmp_path / "well.h5") as file:
        for index, array in enumerate(expected):
            np.testing.assert_allclose(file[f"model_weights/rnn/rnn/w{index}:0"][()], array, rtol=1e-6)


def test_the_layer_becomes_its_plain_twin_with_the_activations_that_cudnn_has(tmp_path: Path) -> None:
    saved(tmp_path / "sick.h5", "CuDNNGRU")
    twin = plain(open_document(tmp_path / "sick.h5")).config["config"]["layers"][1]
    assert twin["class_name"] == "GRU"
    assert twin["config"]["reset_after"] is True
    assert twin["config"]["recurrent_activation"] == "sigmoid"


def test_the_check_cures_the_class_it_names(tmp_path: Path) -> None:
    saved(tmp_path / "sick.h5", "CuDNNLSTM")
    document = open_document(tmp_path / "sick.h5")
    (finding,) = examine("K602", document, KERAS_3)
    assert finding.repair is not None
    assert examine("K602", apply(document, finding.repair.edits), KERAS_3) == []


def test_arrays_of_other_shapes_are_left_alone(tmp_path: Path) -> None:
    saved(tmp_path / "sick.h5", "CuDNNLSTM")
    with h5py.File(tmp_path / "sick.h5", "r+") as file:
        del file["model_weights/rnn/rnn/w2:0"]
        file["model_weights/rnn/rnn/w2:0"] = np.zeros(7, "float32")
    document = open_document(tmp_path / "sick.h5")
    (finding,) = examine("K602", document, KERAS_3)
    assert finding.repair is None
