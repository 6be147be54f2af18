"""A shape on its way through the layers: what each makes of it, and where the stored kernels refuse it."""

from __future__ import annotations

from typing import Any

import pytest

from kdoctor.structure.flow import Flow, fits, flow
from kdoctor.structure.sequential import Shape, stacks
from kdoctor.testing import document, layer, sequential

DENSE = layer("Dense", units=2)
LSTM = layer("LSTM", units=3, return_sequences=False)
CONV = layer("Conv2D", filters=8, kernel_size=[3, 3], strides=[1, 1], padding="valid", dilation_rate=[1, 1])


def through(shape: Shape, *layers: dict[str, Any], **weights: tuple[int, ...]) -> Flow:
    made = document(sequential(*layers), weights={path.replace("__", "/"): kernel for path, kernel in weights.items()})
    return flow(made, stacks(made)[0].layers, shape)


@pytest.mark.parametrize(
    ("made", "before", "after"),
    [
        (DENSE, (None, 4), (None, 2)),
        (DENSE, (None, 5, 4), (None, 5, 2)),
        (layer("Dropout"), (None, 5), (None, 5)),
        (layer("Flatten"), (None, 3, 4), (None, 12)),
        (layer("Flatten"), (None, None, 4), (None, None)),
        (layer("Embedding", output_dim=6), (None, 10), (None, 10, 6)),
        (LSTM, (None, 7, 4), (None, 3)),
        (layer("GRU", units=3, return_sequences=True), (None, 7, 4), (None, 7, 3)),
        (CONV, (None, 9, 8, 3), (None, 7, 6, 8)),
        (layer("MaxPooling2D", pool_size=[2, 2], strides=None, padding="valid"), (None, 9, 8, 3), (None, 4, 4, 3)),
        (layer("GlobalAveragePooling1D"), (None, 9, 3), (None, 3)),
        (layer("TimeDistributed", layer=DENSE), (None, 9, 3), (None, 9, 2)),
        (layer("Bidirectional", layer=LSTM, merge_mode="concat"), (None, 9, 3), (None, 6)),
        (sequential(DENSE, layer("ReLU")), (None, 4), (None, 2)),
    ],
)
def test_a_layer_makes_another_shape_of_what_it_is_given(made: dict[str, Any], before: Shape, after: Shape) -> None:
    assert through(before, made) == Flow(after, complete=True)


@pytest.mark.parametrize(
    ("made", "shape", "why"),
    [
        (DENSE, (None,), "it has no axis for features"),
        (LSTM, (None, 4), "it takes 3 axes, the batch included"),
        (CONV, (None, 5, 9, 9, 3), "it takes 4 axes, the batch included"),
        (CONV, (None, 2, 9, 3), "its kernel is larger than the input"),
        (layer("LSTM", units=3, unroll=True), (None, None, 4), "it is unrolled over a fixed number of steps"),
        (layer("LSTM", units=3, stateful=True), (None, 7, 4), "it keeps its state between batches of a fixed size"),
        (layer("TimeDistributed", layer=DENSE), (None, 4), "it needs an axis of steps"),
        (layer("BatchNormalization", axis=1), (None, None, 3), "the length of its axis 1 must be known"),
        (layer("LayerNormalization", axis=[1, 3]), (None, 5, 3), "it has no axis 3"),
    ],
)
def test_a_layer_refuses_what_it_cannot_take(made: dict[str, Any], shape: Shape, why: str) -> None:
    clash = through(shape, made).clash
    assert clash is not None
    assert clash.why == why


def test_a_kernel_refuses_any_other_number_of_features() -> None:
    clash = through((None, 7), DENSE, layers__dense__vars__0=(4, 2)).clash
    assert clash is not None
    assert str(clash) == "'dense' cannot take (None, 7): its kernel takes 4 features"
    assert clash.features == 4


def test_a_kernel_behind_a_flatten_proves_the_lengths_before_it() -> None:
    made = document(sequential(layer("Flatten"), DENSE), weights={"layers/dense/vars/0": (12, 2)})
    layers = stacks(made)[0].layers
    assert fits(made, layers, (None, 3, 4))
    assert not fits(made, layers, (None, 4, 4))
    assert not fits(made, layers, (None, None, 4))


def test_a_clash_inside_a_nested_model_names_both() -> None:
    inner = sequential(DENSE, name="inner")
    clash = through((None, 7), inner, layers__sequential__layers__dense__vars__0=(4, 2)).clash
    assert clash is not None
    assert str(clash) == "'inner' cannot take (None, 7): inside it, 'dense' cannot take (None, 7): its kernel takes 4 features"


def test_channels_first_counts_its_features_on_the_second_axis() -> None:
    first = {**CONV, "config": {**CONV["config"], "data_format": "channels_first"}}
    assert through((None, 3, 9, 8), first, layers__conv2d__vars__0=(3, 3, 3, 8)).shape == (None, 8, 7, 6)


@pytest.mark.parametrize(
    "made",
    [
        layer("Lambda"),
        layer("Dense", module="mine", units=2),
        layer("Dense", output_dim=2),
        layer("LSTM", units=3, return_state=True),
        layer("GlobalMaxPooling2D", keepdims=True),
    ],
)
def test_what_is_not_certain_ends_the_way_without_a_clash(made: dict[str, Any]) -> None:
    shape = (None, 4, 4, 3) if made["class_name"].startswith("Global") else (None, 4, 3)
    assert through(shape, made, DENSE) == Flow(shape)


def test_a_bidirectional_layer_takes_as_many_axes_as_the_one_inside() -> None:
    sequence, video = (None, 9, 3), (None, 3, 6, 6, 2)
    convolving = layer("ConvLSTM2D", filters=2, kernel_size=[3, 3])
    assert through(video, layer("Bidirectional", layer=convolving, merge_mode="concat"), DENSE) == Flow(video)
    assert through(sequence, layer("Bidirectional", layer=LSTM, merge_mode="concat")).clash is None
    assert through(video, layer("Bidirectional", layer=LSTM, merge_mode="concat")).clash is not None
