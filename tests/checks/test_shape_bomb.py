"""K807: sizes that exhaust the memory of whoever loads the file."""

from __future__ import annotations

import io
from pathlib import Path

import h5py
import numpy as np
import pytest
from model_files import keras_file, weights_bytes

from kdoctor.archive import open_document
from kdoctor.document import Document
from kdoctor.testing import document, examine, layer, model, sequential

GIB = 2**30


def archive(tmp_path: Path, count: int, **options: object) -> Document:
    """A Dense whose bias declares so many float32, of which none is written."""
    held = io.BytesIO(weights_bytes())
    with h5py.File(held, "r+") as file:
        del file["layers/dense/vars/1"]
        file.create_dataset("layers/dense/vars/1", (count,), "float32", **options)
    return open_document(keras_file(tmp_path / "model.keras", model=held.getvalue()))


@pytest.mark.parametrize("options", [{}, {"chunks": (2**16,)}, {"chunks": (2**16,), "compression": "gzip"}])
def test_three_gigabytes_in_a_file_of_kilobytes_are_found(tmp_path: Path, options: dict[str, object]) -> None:
    (finding,) = examine("K807", archive(tmp_path, 3 * GIB // 4, **options))
    assert "'layers/dense/vars/1'" in finding.message
    assert "no release refuses less than 4,096 MiB" in finding.message


def test_what_keras_refuses_is_quoted(tmp_path: Path) -> None:
    (finding,) = examine("K807", archive(tmp_path, 8 * GIB))
    assert str(finding.keras_says) == "ValueError: Not allowed: H5 dataset '1' declares"
    assert "Keras 3.15.1 guards against them" in finding.message


def test_many_arrays_that_share_their_bytes_are_found(tmp_path: Path) -> None:
    held = io.BytesIO()
    with h5py.File(held, "w") as file:
        file["layers/dense/vars/0"] = np.zeros(2**18, "float32")
        for index in range(200):
            file[f"layers/dense/vars/{index + 1}"] = file["layers/dense/vars/0"]
    found = open_document(keras_file(tmp_path / "model.keras", model=held.getvalue()))
    assert [fault.detail["declared"] for fault in found.faults.values() if fault.kind == "shape-bomb"] == [201 * 2**20]


def test_zeros_that_compress_well_are_nobodys_bomb(tmp_path: Path) -> None:
    held = io.BytesIO()
    with h5py.File(held, "w") as file:
        file.create_dataset("layers/dense/vars/0", data=np.zeros(2**20, "float32"), compression="gzip")
    assert examine("K807", open_document(keras_file(tmp_path / "model.keras", model=held.getvalue()))) == []


@pytest.mark.parametrize(
    "sick",
    [
        layer("Dense", units=10**12),
        layer("Dense", units=float(10**12)),
        layer("RepeatVector", n=10**10),
        layer("Conv2D", filters=8, kernel_size=[10**10, 3]),
        layer("ZeroPadding2D", padding=[[0, 10**10], [0, 0]]),
        layer("InputLayer", batch_shape=[None, 10**11]),
    ],
)
def test_a_size_that_no_axis_has_is_found(sick: dict[str, object]) -> None:
    (finding,) = examine("K807", model(sick))
    assert "no memory holds what it makes" in finding.message


def test_variables_that_only_together_are_too_many_are_found() -> None:
    stack = [layer("InputLayer", batch_shape=[None, 10**6]), layer("Dense", units=10**6, use_bias=True)]
    (finding,) = examine("K807", model(*stack))
    assert finding.message == "the layers make variables of 3 TiB, and the file holds 0 bytes: Dense 'dense' alone makes 3 TiB"


def test_a_large_model_with_its_weights_is_healthy() -> None:
    stack = sequential(layer("InputLayer", batch_shape=[None, 10**5]), layer("Dense", units=10**5))
    assert examine("K807", document(stack, weights={"layers/dense/vars/0": (10**5, 10**5), "layers/dense/vars/1": (10**5,)})) == []


def test_seeds_hashes_and_words_are_no_sizes() -> None:
    stack = [layer("Dropout", rate=0.5, seed=10**18), layer("IntegerLookup", vocabulary=[10**12]), layer("Dense", units=3)]
    assert examine("K807", model(*stack)) == []


@pytest.mark.parametrize("units", [None, "many", -1, [], 10**4000])
def test_odd_sizes_are_no_crash(units: object) -> None:
    assert len(examine("K807", model(layer("Dense", units=units)))) <= 1


def metric(class_name: str, **config: object) -> dict[str, object]:
    """A compile config with one metric of Keras."""
    found = {"module": "keras.metrics", "class_name": class_name, "config": {"name": "m", **config}, "registered_name": None}
    return {"optimizer": "adam", "loss": "mse", "metrics": [found]}


@pytest.mark.parametrize(
    "training",
    [
        metric("AUC", num_thresholds=3 * 10**9),
        metric("PrecisionAtRecall", recall=0.5, num_thresholds=3 * 10**9),
        metric("MeanIoU", num_classes=10**6),
        metric("OneHotIoU", num_classes=10**6, target_class_ids=[0]),
        metric("AUC", num_thresholds=10, multi_label=True, num_labels=10**10),
    ],
)
def test_a_metric_that_no_memory_holds_is_found(training: dict[str, object]) -> None:
    whole = document(sequential(layer("InputLayer", batch_shape=[None, 3]), layer("Dense", units=2)), training=training)
    assert len(examine("K807", whole)) == 1


def test_metrics_of_this_world_are_none() -> None:
    for training in (metric("AUC", num_thresholds=10_000), metric("MeanIoU", num_classes=1_000), metric("AUC", num_labels=5_000)):
        whole = document(sequential(layer("InputLayer", batch_shape=[None, 3]), layer("Dense", units=2)), training=training)
        assert examine("K807", whole) == []


@pytest.mark.parametrize(
    "stack",
    [
        [layer("InputLayer", batch_shape=[10**9, 4, 3]), layer("LSTM", units=8, stateful=True)],
        [layer("InputLayer", batch_shape=[10**9, 4, 3]), layer("RNN", stateful=True, cell=layer("GRUCell", units=8))],
        [layer("InputLayer", batch_shape=[None]), layer("TextVectorization", ngrams=3 * 10**9)],
        [layer("InputLayer", batch_shape=[None, 3]), layer("Dense", units=2, lora_rank=10**9)],
        [layer("InputLayer", batch_shape=[None, 3]), layer("Dense", units=2, x={"class_name": "__numpy__", "config": {"value": ["a"] * 8, "dtype": "S1000000000"}})],
    ],
)  # fmt: skip
def test_what_one_number_asks_for_is_found(stack: list[dict[str, object]]) -> None:
    assert len(examine("K807", model(*stack))) == 1


def test_states_ranks_and_types_of_this_world_are_none() -> None:
    stack = [
        layer("InputLayer", batch_shape=[512, 4, 3]),
        layer("LSTM", units=1024, stateful=True),
        layer("Dense", units=2, lora_rank=8),
        layer("Normalization", mean={"class_name": "__numpy__", "config": {"value": [1.0] * 5_000, "dtype": "float64"}}),
    ]
    assert examine("K807", model(*stack)) == []
