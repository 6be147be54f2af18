"""Which arguments say nothing, so that leaving them out changes nothing."""

from __future__ import annotations

import pytest

from kdoctor.document import Json
from kdoctor.keras_api.absence import means_nothing
from kdoctor.keras_api.catalogue import Catalogue


@pytest.mark.parametrize(
    ("class_name", "argument", "value"),
    [
        ("DepthwiseConv2D", "groups", 1),
        ("DepthwiseConv2D", "groups", 1.0),
        ("LSTM", "time_major", False),
        ("LSTM", "implementation", 2),
        ("Dense", "quantization_config", None),
        ("Dense", "built", False),
        ("ZeroPadding1D", "data_format", "channels_last"),
        ("RandomFlip", "data_format", "channels_last"),
        ("MultiHeadAttention", "query_shape", [None, 3, 4]),
        ("Lambda", "output_shape_type", "raw"),
        ("Embedding", "input_length", 100),
        ("SimpleRNN", "implementation", 0),
        ("GRU", "implementation", 1),
        ("DepthwiseConv2D", "kernel_initializer", {"class_name": "Zeros", "config": {}}),
    ],
)
def test_a_default_a_description_and_a_way_to_start_say_nothing(class_name: str, argument: str, value: Json) -> None:
    assert means_nothing("layer", class_name, argument, value, "2.15.0")


@pytest.mark.parametrize(
    ("class_name", "argument", "value"),
    [
        ("DepthwiseConv2D", "groups", 2),
        ("DepthwiseConv2D", "groups", True),
        ("LSTM", "time_major", True),
        ("LSTM", "time_major", 0),
        ("Dense", "query_shape", [None, 3, 4]),
        ("Dense", "made_up", 0),
        ("ZeroPadding1D", "data_format", "channels_first"),
        ("RandomFlip", "data_format", "channels_first"),
        ("Mine", "groups", 1),
    ],
)
def test_another_value_and_an_argument_that_nobody_knows_say_something(class_name: str, argument: str, value: Json) -> None:
    assert not means_nothing("layer", class_name, argument, value, "2.15.0")


@pytest.mark.parametrize("saved_by", [None, "2.15.0", "3.15.1", "nightly", "0.3.3"])
def test_whoever_saved_the_file_or_none_the_witnesses_are_heard(saved_by: str | None) -> None:
    assert means_nothing("layer", "LSTM", "time_major", False, saved_by)
    assert not means_nothing("layer", "LSTM", "time_major", True, saved_by)


def test_an_initializer_itself_may_lose_any_argument() -> None:
    assert means_nothing("initializer", "GlorotUniform", "dtype", "float32", None)


def test_none_for_an_argument_of_a_release_to_come_says_that_it_is_not_given() -> None:
    assert means_nothing("layer", "Dense", "made_up", None, "3.15.1")


@pytest.mark.parametrize(
    ("module", "class_name", "argument", "default"),
    [
        ("keras.src.ops.numpy", "Argmax", "keepdims", False),
        ("keras.src.ops.image", "Resize", "crop_to_aspect_ratio", False),
        ("keras.layers", "GroupQueryAttention", "use_gate", False),
    ],
)
def test_an_object_that_no_bare_name_leads_to_is_known_by_its_home(module: str, class_name: str, argument: str, default: Json) -> None:
    found = Catalogue.load("3.0.5").resolve(module, class_name)
    assert means_nothing("layer", class_name, argument, default, "3.15.1", found)
    assert not means_nothing("layer", class_name, argument, not default, "3.15.1", found)
