"""K603: a TensorFlow operation stands in the model as a layer."""

from __future__ import annotations

from typing import Any

import pytest

from kdoctor.testing import examine, layer, model


@pytest.mark.parametrize(
    ("made", "operation"),
    [
        (layer("TFOpLambda", function="math.reduce_mean"), "math.reduce_mean"),
        (layer("SlicingOpLambda", function="_slice"), "_slice"),
        (layer("TensorFlowOpLayer", node_def='name: "AddV2"'), 'name: "AddV2"'),
        (layer("ClassMethod", symbol="keras.x"), "keras.x"),
        (layer("TFOpLambda"), "TFOpLambda"),
    ],
)
def test_the_operation_is_named(made: dict[str, Any], operation: str) -> None:
    (finding,) = examine("K603", model(made))
    assert finding.message == f"the TensorFlow operation {operation} stands here as a layer of the class {made['class_name']}"
    assert f"Unknown layer: '{made['class_name']}'" in str(finding.keras_says)


def test_keras_layers_and_those_of_others_are_no_operations() -> None:
    assert examine("K603", model(layer("Dense"), layer("TFOpLambda", module="mine"))) == []
