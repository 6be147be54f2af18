"""Stored weights, joined to the layers that own them."""

from __future__ import annotations

from typing import Any

import pytest

from kdoctor.document import Document, Format
from kdoctor.structure.layers import layers
from kdoctor.structure.manifest import model_weights, parameters, weights_by_layer
from kdoctor.structure.snake_case import snake_case
from kdoctor.testing import document, layer, sequential


def archive(*stacked: Any, weights: dict[str, tuple[int, ...]]) -> Document:
    return document(sequential(*stacked), weights=weights)


def owned(made: Document) -> dict[str, list[str]]:
    """Layer name -> the paths of its weights."""
    return {row.name: sorted(weights) for row, weights in zip(layers(made), weights_by_layer(made), strict=True)}


@pytest.mark.parametrize(
    ("class_name", "stem"),
    [
        ("Dense", "dense"),
        ("Conv2D", "conv2d"),
        ("LSTM", "lstm"),
        ("BatchNormalization", "batch_normalization"),
        ("MyLayer3D", "my_layer3d"),
        ("Conv2DTranspose", "conv2d_transpose"),
        ("Model<lambda>", "modellambda"),
    ],
)
def test_a_class_is_written_in_snake_case_as_keras_does(class_name: str, stem: str) -> None:
    assert snake_case(class_name) == stem


def test_an_archive_counts_layers_of_one_class_whatever_their_names() -> None:
    made = archive(
        layer("Dense", name="first"),
        layer("LSTM", name="middle"),
        layer("Dense", name="last"),
        weights={"layers/dense/vars/0": (4, 2), "layers/dense_1/vars/0": (2, 1), "layers/lstm/cell/vars/0": (2, 8)},
    )
    assert owned(made) == {"first": ["layers/dense/vars/0"], "middle": ["layers/lstm/cell/vars/0"], "last": ["layers/dense_1/vars/0"]}


def test_the_tenth_dense_does_not_own_what_belongs_to_the_first() -> None:
    made = archive(
        *(layer("Dense", name=f"d{i}") for i in range(11)), weights={"layers/dense_10/vars/0": (1,), "layers/dense_1/vars/0": (1,)}
    )
    found = owned(made)
    assert (found["d1"], found["d10"], found["d0"]) == (["layers/dense_1/vars/0"], ["layers/dense_10/vars/0"], [])


def test_a_nested_model_owns_what_its_layers_own() -> None:
    path = "layers/sequential/layers/dense/vars/0"
    made = archive(sequential(layer("Dense", name="inner"), name="encoder"), layer("Dense", name="head"), weights={path: (4, 2)})
    assert owned(made) == {"encoder": [path], "inner": [path], "head": []}


def test_layers_are_counted_anew_in_each_nested_model() -> None:
    made = archive(
        sequential(layer("Dense", name="a"), name="one"),
        sequential(layer("Dense", name="b"), name="two"),
        weights={"layers/sequential/layers/dense/vars/0": (1,), "layers/sequential_1/layers/dense/vars/0": (2,)},
    )
    assert owned(made)["b"] == ["layers/sequential_1/layers/dense/vars/0"]


def test_the_archives_of_tensorflow_2_12_to_2_15_keep_layers_under_another_root() -> None:
    made = archive(layer("Dense"), weights={"_layer_checkpoint_dependencies/dense/vars/0": (4, 2)})
    assert owned(made) == {"dense": ["_layer_checkpoint_dependencies/dense/vars/0"]}


def test_backslashes_in_weight_paths_are_read_as_slashes() -> None:
    assert owned(archive(layer("Dense"), weights={"layers\\dense\\vars\\0": (4, 2)})) == {"dense": ["layers/dense/vars/0"]}


def legacy(*stacked: Any, weights: dict[str, tuple[int, ...]]) -> Document:
    return document(sequential(*stacked), format=Format.H5_MODEL, weights=weights)


def test_an_hdf5_model_keeps_weights_under_the_layers_name() -> None:
    paths = {"model_weights/dense/dense/kernel:0": (4, 2), "model_weights/dense_1/dense_1/kernel:0": (2, 1)}
    made = legacy(layer("Dense", name="dense"), layer("Dense", name="dense_1"), weights=paths)
    assert owned(made) == {"dense": ["model_weights/dense/dense/kernel:0"], "dense_1": ["model_weights/dense_1/dense_1/kernel:0"]}


def test_an_hdf5_model_keeps_a_nested_models_weights_in_the_group_of_the_outermost() -> None:
    path = "model_weights/encoder/inner/kernel:0"
    made = legacy(sequential(layer("Dense", name="inner"), name="encoder"), layer("Dense", name="head"), weights={path: (4, 2)})
    assert owned(made) == {"encoder": [path], "inner": [path], "head": []}


def test_a_layers_name_may_hold_slashes_and_all_of_them_count() -> None:
    path = "model_weights/block/conv/block/conv/kernel:0"
    made = legacy(layer("Dense", name="block/conv"), layer("Dense", name="block"), weights={path: (4, 2)})
    assert owned(made)["block/conv"] == [path]


def test_weights_of_random_states_metrics_and_optimizers_are_not_the_models() -> None:
    own = "layers/dropout/vars/0"
    foreign = [
        "layers/dropout/seed_generator/vars/0",
        "optimizer/vars/0",
        "metrics/mean/vars/0",
        "_loss_tracker/vars/0",
        "seed_generator_1/vars/0",
    ]
    made = archive(layer("Dropout"), weights=dict.fromkeys((own, *foreign), (2,)))
    assert list(model_weights(made)) == [own]


def test_a_layer_whose_name_merely_begins_like_those_keeps_its_weights() -> None:
    paths = {"model_weights/metrics_head/kernel:0": (2,), "model_weights/optimizer_like/kernel:0": (2,)}
    assert list(model_weights(document(format=Format.H5_MODEL, weights=paths))) == list(paths)


def test_in_an_hdf5_model_only_the_group_of_the_weights_counts() -> None:
    made = document(format=Format.H5_MODEL, weights={"model_weights/dense/kernel:0": (2,), "optimizer_weights/m:0": (2,), "notes": (2,)})
    assert list(model_weights(made)) == ["model_weights/dense/kernel:0"]


def test_parameters_are_the_elements_of_the_models_weights() -> None:
    made = archive(layer("Dense"), weights={"layers/dense/vars/0": (4, 2), "layers/dense/vars/1": (2,), "optimizer/vars/0": (100,)})
    assert parameters(made) == 10


def test_a_file_with_weights_alone_has_parameters_and_no_layers() -> None:
    made = document(format=Format.H5_WEIGHTS, weights={"dense/kernel:0": (4, 2)})
    assert (parameters(made), weights_by_layer(made)) == (8, ())


@pytest.mark.parametrize("format", [Format.KERAS_ZIP, Format.H5_MODEL])
def test_thousands_of_layers_and_weights_are_joined_without_comparing_each_with_each(format: Format) -> None:
    count = 4_000
    stacked = [layer("Dense", name=f"d{index}") for index in range(count)]
    native = [f"layers/dense{f'_{index}' if index else ''}/vars/0" for index in range(count)]
    paths = native if format.native else [f"model_weights/d{index}/d{index}/kernel:0" for index in range(count)]
    made = document(sequential(*stacked), format=format, weights=dict.fromkeys(paths, (1,)))
    assert [sorted(weights) for weights in weights_by_layer(made)] == [[path] for path in paths]
