"""``tf.where`` by a condition of constants, and ``tf.einsum``, whose tensors no file holds. 10 files of TensorFlow 2.3 to 2.15 were cured and run (2026-11-23)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy
import pytest
from graphs import functional, start
from keras import Model, ops

from kdoctor.document import Json
from kdoctor.pointer import Pointer
from kdoctor.structure.objects import as_node
from kdoctor.testing import document, examine, layer
from kdoctor.translate.graph import Graph
from kdoctor.translate.op_calls import call_of
from kdoctor.translate.table import call
from kdoctor.translate.values import Tensor, Untranslatable

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
X = Tensor("in", 0, 0, (None, 4), "float32", True)


@pytest.mark.parametrize("condition", [[True, False, True, False], [[True, False, True, True]], [True]])
def test_a_condition_of_constants_is_an_array_in_keras(condition: Json, tmp_path: Path) -> None:
    graph = Graph("3.15.1", {"in"}, keras_minor=(2, 4))
    made = call(graph, "tf.where", (condition, X, 2.0), {})
    assert made.shape == (None, 4)
    config: dict[str, Any] = functional(start(), *graph.layers, outputs=((made.layer, made.call, made.output),))
    model = Model.from_config(config["config"])
    values = numpy.arange(8, dtype="float32").reshape(2, 4)
    expected = numpy.where(numpy.array(condition), values, 2.0)
    numpy.testing.assert_array_equal(ops.convert_to_numpy(model([values])), expected)


@pytest.mark.parametrize("condition", [[1, 0, 1, 0], [True, False], [[True], [False]], [[[True, False, True, False]]]])
def test_a_condition_that_makes_something_longer_or_of_numbers_is_refused(condition: Json) -> None:
    with pytest.raises(Untranslatable, match="condition"):
        call(Graph("3.15.1", {"in"}, keras_minor=(2, 4)), "tf.where", (condition, X, 2.0), {})


def test_a_condition_of_one_axis_may_be_tensorflow_1s_in_an_old_file() -> None:
    with pytest.raises(Untranslatable, match="otherwise than 2"):
        call(Graph("3.15.1", {"in"}, keras_minor=(2, 3)), "tf.where", ([True, False, True, False], X, 2.0), {})


def test_the_tensors_of_an_einsum_are_not_in_the_file() -> None:
    node = as_node(layer("TFOpLambda", name="tf.einsum", function="einsum"), Pointer("config"))
    assert node is not None
    with pytest.raises(Untranslatable, match="does not say which tensors"):
        call_of(node, ["_CONSTANT_VALUE", -1, "bi,bj->bij", {}], lambda source: X)


def test_the_report_says_so() -> None:
    einsum = {
        **layer("TFOpLambda", name="out", function="einsum"),
        "name": "out",
        "inbound_nodes": [["_CONSTANT_VALUE", -1, "bi,bj->bij", {}]],
    }
    assert any("does not say which tensors" in found.message for found in examine("K603", document(functional(start(), einsum))))
