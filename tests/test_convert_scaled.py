"""Layers of keras.applications that scale something, which Keras 2 has no class for."""

from __future__ import annotations

from typing import Any

import pytest
from keras_3_words import INPUT, KERAS_2, called, graph, said, tensor

from kdoctor.container import Container
from kdoctor.convert.conversion import convert
from kdoctor.convert.refusal import NotConvertible
from kdoctor.recipe import sources
from kdoctor.testing import document, layer


def image_model(*layers: dict[str, Any]) -> dict[str, Any]:
    """A model of images with three channels."""
    made = graph(*layers)
    made["config"]["layers"][0]["config"] = {**INPUT["config"], "batch_shape": [None, 5, 5, 3]}
    return made


def layer_scale(name: str, source: str) -> dict[str, Any]:
    row = layer("LayerScale", name=name, module="keras.src.applications.convnext", init_values=1e-6, projection_dim=3)
    return called({**row, "registered_name": "LayerScale"}, tensor(source))


def test_a_layer_scale_is_a_depthwise_convolution_whose_numbers_stand_where_that_class_is_counted() -> None:
    depthwise = layer("DepthwiseConv2D", name="depth", kernel_size=[1, 1], use_bias=False)
    config = image_model(layer_scale("first", "in"), called(depthwise, tensor("first")), layer_scale("out", "depth"))
    weights = {"layers/layer_scale/vars/0": (3,), "layers/depthwise_conv2d/vars/0": (1, 1, 3, 1), "layers/layer_scale_1/vars/0": (3,)}
    made = convert(document(config, attributes={"/": {}}, weights=weights), KERAS_2, Container.H5).document
    rows = made.config["config"]["layers"][1:]
    assert [row["class_name"] for row in rows] == ["DepthwiseConv2D"] * 3
    assert (rows[0]["config"]["use_bias"], rows[0]["config"]["data_format"]) == (False, "channels_last")
    assert {path: weight.shape for path, weight in made.weights.items()} == {
        f"model_weights/{name}/{name}/kernel:0": (1, 1, 3, 1) for name in ("first", "depth", "out")
    }
    taken = [next(iter(sources(weight.numbers))).path for weight in made.weights.values()]
    assert taken == ["layers/layer_scale/vars/0", "layers/depthwise_conv2d/vars/0", "layers/layer_scale_1/vars/0"]


def test_a_layer_scale_of_something_of_unknown_rank_is_refused() -> None:
    code = called(layer("Strange", name="mine", module="mine"), tensor("in"))
    config = image_model(code, layer_scale("out", "mine"))
    with pytest.raises(NotConvertible):
        convert(document(config, attributes={"/": {}}, weights={"layers/layer_scale/vars/0": (3,)}), KERAS_2, Container.H5)


def custom_scale(*args: Any, module: str = "keras.src.applications.inception_resnet_v2") -> dict[str, Any]:
    row = layer("CustomScaleLayer", name="out", module=module, scale=0.17)
    return called({**row, "registered_name": "CustomScaleLayer"}, *args)


def test_a_custom_scale_is_an_addition_of_something_scaled() -> None:
    made = said(graph(called(layer("Flatten", name="flat"), tensor("in")), custom_scale([tensor("in"), tensor("flat")])))["config"]
    scaled, out = made["layers"][2:]
    assert (scaled["class_name"], scaled["config"]["scale"], scaled["inbound_nodes"]) == ("Rescaling", 0.17, [[["flat", 0, 0, {}]]])
    assert (out["class_name"], out["inbound_nodes"]) == ("Add", [[["in", 0, 0, {}], [scaled["name"], 0, 0, {}]]])


def test_a_custom_scale_of_somebody_else_is_refused() -> None:
    with pytest.raises(NotConvertible, match="has no layer CustomScaleLayer"):
        said(graph(custom_scale([tensor("in"), tensor("in")], module="mine.layers")))
