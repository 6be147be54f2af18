"""Legacy .h5 files of every age as parts of a document."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import h5py
import numpy as np
import pytest

from kdoctor.archive.h5 import read_h5
from kdoctor.document import Format, Json
from kdoctor.limits import Limits

CONFIG = {"class_name": "Sequential", "config": {"name": "m", "layers": []}}
TRAINING = {"loss": "mse", "optimizer_config": {"class_name": "Adam", "config": {}}}


def stored(*fill: Callable[[Any], object]) -> bytes:
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        for step in fill:
            step(file)
    return memory.getvalue()


def parts_of(*fill: Callable[[Any], object]) -> tuple[Format, dict[str, Json]]:
    data = stored(*fill)
    return read_h5(io.BytesIO(data), len(data), Limits())


def missing(parts: dict[str, Json]) -> list[tuple[str, str]]:
    assert {fault.kind for fault in parts["faults"]} <= {"missing-part"}
    return [(fault.detail["name"], fault.detail["group"]) for fault in parts["faults"]]


def names(group: Any, **lists: list[str]) -> None:
    for name, values in lists.items():
        group.attrs[name] = np.array([value.encode() for value in values])


def layer(group: Any, name: str) -> None:
    names(group.create_group(name), weight_names=[f"{name}/kernel:0"])
    group[f"{name}/{name}/kernel:0"] = np.zeros((2, 3), "float32")


def weights(file: Any) -> None:
    group = file.require_group("model_weights")
    names(group, layer_names=["dense", "flatten"])
    group.attrs["backend"], group.attrs["keras_version"] = b"tensorflow", b"2.15.0"
    layer(group, "dense")
    names(group.create_group("flatten"), weight_names=[])


def architecture(file: Any) -> None:
    file.attrs["model_config"] = json.dumps(CONFIG)
    file.attrs["backend"], file.attrs["keras_version"] = "tensorflow", "2.15.0"


def compiled(file: Any) -> None:
    file.attrs["training_config"] = json.dumps(TRAINING).encode()


def test_a_whole_model_is_read_without_a_fault() -> None:
    format, parts = parts_of(architecture, weights, compiled)
    assert format is Format.H5_MODEL
    assert parts["faults"] == []
    assert (parts["config"], parts["training"]) == (CONFIG, TRAINING)
    assert parts["attributes"]["/"] == {"backend": "tensorflow", "keras_version": "2.15.0"}
    assert parts["attributes"]["/model_weights/dense"] == {"weight_names": ["dense/kernel:0"]}
    assert parts["weights"]["model_weights/dense/dense/kernel:0"].shape == (2, 3)


def test_a_model_that_was_not_compiled_has_no_training_part() -> None:
    assert "training" not in parts_of(architecture, weights)[1]


def test_long_lists_and_texts_in_chunks_are_joined() -> None:
    def chunked(file: Any) -> None:
        text = json.dumps(CONFIG)
        file.attrs["model_config0"], file.attrs["model_config1"] = text[:9], text[9:]
        group = file.create_group("model_weights")
        names(group, layer_names0=["a", "b"], layer_names1=["c"])
        names(group.create_group("a"), weight_names0=["k"], weight_names1=["b"], weight_names3=["z"])

    _, parts = parts_of(chunked)
    assert parts["config"] == CONFIG
    assert parts["attributes"]["/model_weights"]["layer_names"] == ["a", "b", "c"]
    assert parts["attributes"]["/model_weights/a"] == {"weight_names": ["k", "b"], "weight_names3": ["z"]}
    assert "model_config0" not in parts["attributes"]["/"]


def test_a_broken_architecture_is_a_fault_of_its_part() -> None:
    def broken(file: Any) -> None:
        architecture(file)
        file.attrs["model_config"] = '{"class_name": "Sequential", '

    format, parts = parts_of(broken, weights)
    assert format is Format.H5_MODEL
    assert "config" not in parts
    assert [(fault.kind, fault.part) for fault in parts["faults"]] == [("json-malformed", "config")]


def test_json_texts_reach_the_json_reader_byte_by_byte() -> None:
    def encoded(file: Any) -> None:
        file.attrs["training_config"] = np.bytes_(b'{"a": "\xff"}')

    _, parts = parts_of(architecture, weights, encoded)
    assert parts["training"] == {"a": "ÿ"}
    assert [(fault.kind, fault.part) for fault in parts["faults"]] == [("json-encoding", "training")]


def test_a_model_that_lost_its_architecture_is_still_a_model() -> None:
    format, parts = parts_of(weights, compiled)
    assert format is Format.H5_MODEL
    assert missing(parts) == [("model_config", "/")]


def test_optimizer_weights_prove_that_it_was_a_whole_model() -> None:
    format, parts = parts_of(weights, lambda file: file.create_group("optimizer_weights"))
    assert (format, missing(parts)) == (Format.H5_MODEL, [("model_config", "/")])


def test_a_model_without_its_weights_group_is_named() -> None:
    assert missing(parts_of(architecture)[1]) == [("model_weights", "/")]


def test_release_and_backend_are_missed_in_both_places() -> None:
    def strip(file: Any) -> None:
        for group in (file, file["model_weights"]):
            del group.attrs["backend"]
        del file["model_weights"].attrs["keras_version"]

    expected = [("backend", "/"), ("keras_version", "/model_weights"), ("backend", "/model_weights")]
    assert missing(parts_of(architecture, weights, strip)[1]) == expected


def test_keras_1_never_wrote_a_backend() -> None:
    def old(file: Any) -> None:
        del file.attrs["backend"]
        file.attrs["keras_version"] = b"1.2.2"
        for name in ("backend", "keras_version"):
            del file["model_weights"].attrs[name]

    assert missing(parts_of(architecture, weights, old)[1]) == []


def test_missing_lists_of_names_are_named() -> None:
    def strip(file: Any) -> None:
        del file["model_weights/dense"].attrs["weight_names"]
        del file["model_weights/flatten"].attrs["weight_names"]  # holds nothing, so nothing is lost

    assert missing(parts_of(architecture, weights, strip)[1]) == [("weight_names", "/model_weights/dense")]

    def strip_more(file: Any) -> None:
        strip(file)
        del file["model_weights"].attrs["layer_names"]

    expected = [("layer_names", "/model_weights"), ("weight_names", "/model_weights/dense")]
    assert missing(parts_of(architecture, weights, strip_more)[1]) == expected


def old_weights(file: Any) -> None:
    names(file, layer_names=["dense"])
    layer(file, "dense")


def keras_3_weights(file: Any) -> None:
    file["layers/dense/vars/0"] = np.zeros(2)


def dependencies(file: Any) -> None:
    file["_layer_checkpoint_dependencies/dense/vars/0"] = np.zeros(2)


def dependencies_of_windows(file: Any) -> None:
    file["_layer_checkpoint_dependencies\\dense\\vars/0"] = np.zeros(2)


def keras_0_weights(file: Any) -> None:
    file.attrs["nb_layers"] = 1
    file.create_group("layer_0").attrs["nb_params"] = 1
    file["layer_0/param_0"] = np.zeros(2)


@pytest.mark.parametrize("fill", [weights, old_weights, keras_3_weights, dependencies, dependencies_of_windows, keras_0_weights])
def test_weights_of_every_age_are_weights_without_a_fault(fill: Callable[[Any], object]) -> None:
    format, parts = parts_of(fill)
    assert (format, parts["faults"]) == (Format.H5_WEIGHTS, [])
    assert len(parts["weights"]) == 1
    assert "config" not in parts


def test_hdf5_that_keras_did_not_write_is_no_model() -> None:
    format, parts = parts_of(lambda file: file.create_dataset("table/axis0", data=np.zeros(2)))
    (fault,) = parts["faults"]
    assert format is Format.OTHER
    assert (fault.kind, fault.detail) == ("not-a-model", {"content": "hdf5-data", "head": "table/axis0"})


def test_a_file_cut_short_is_read_and_not_called_foreign() -> None:
    data = stored(architecture, compiled, weights)
    format, parts = read_h5(io.BytesIO(data[:-1000]), len(data) - 1000, Limits())
    assert format is Format.H5_MODEL
    assert parts["config"] == CONFIG
    assert parts["faults"][0].kind == "truncated"
    format, parts = read_h5(io.BytesIO(data[:200]), 200, Limits())
    assert format is Format.OTHER
    assert [fault.kind for fault in parts["faults"]] == ["truncated", "hdf5-unreadable"]


@pytest.mark.parametrize("length", [8, 46, 71])
def test_a_file_cut_within_its_first_block_is_called_cut(length: int) -> None:
    _, parts = read_h5(io.BytesIO(stored(weights)[:length]), length, Limits())
    (fault,) = parts["faults"]
    assert (fault.kind, fault.detail["present"], fault.detail["expected"]) == ("truncated", length, None)
