"""The NodeDef of a TensorFlowOpLayer, read as a call."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kdoctor.translate.node_def import node_def_call, node_def_of
from kdoctor.translate.values import Tensor, Untranslatable

X, Y = (Tensor(name, 0, 0, (None, 4), "float32", True) for name in "xy")


def config(operation: str, constants: dict[str, Any] | None = None, **attributes: Any) -> dict[str, Any]:
    return {"node_def": {"name": "n", "op": operation, "attr": attributes}, "constants": constants or {}}


@pytest.mark.parametrize(
    ("stored", "tensors", "expected"),
    [
        (config("AddV2", T={"type": "DT_FLOAT"}), [X, Y], ("tf.add", (X, Y), {})),
        (config("Sub", {"0": 1.0}), [X], ("tf.subtract", (1.0, X), {})),
        (config("Sub", {"1": 1.0}), [X], ("tf.subtract", (X, 1.0), {})),
        (config("Mean", {"1": [1]}, keep_dims={"b": True}), [X], ("tf.reduce_mean", (X, [1]), {"keepdims": True})),
        (config("Cast", DstT={"type": "DT_HALF"}), [X], ("tf.cast", (X,), {"dtype": "float16"})),
        (config("Squeeze", squeeze_dims={"list": {"i": ["1", "-1"]}}), [X], ("tf.squeeze", (X,), {"axis": [1, -1]})),
        (config("Squeeze", squeeze_dims={"list": {}}), [X], ("tf.squeeze", (X,), {})),
        (config("LeakyRelu", alpha={"f": 0.3}), [X], ("tf.nn.leaky_relu", (X,), {"alpha": 0.3})),
        (config("Einsum", equation={"s": "YWIsYmMtPmFj"}), [X, Y], ("tf.einsum", ("ab,bc->ac", X, Y), {})),
        (config("ConcatV2", {"2": -1}), [X, Y], ("tf.concat", ([X, Y], -1), {})),
        (config("ConcatV2", {"0": [[1.0]], "2": 0}), [X], ("tf.concat", ([[[1.0]], X], 0), {})),
        (config("Concat", {"0": 1}), [X, Y], ("tf.concat", ([X, Y], 1), {})),
        (config("Pack", axis={"i": "1"}), [X, Y], ("tf.stack", ([X, Y],), {"axis": 1})),
        (config("Unpack", num={"i": "4"}, axis={"i": "-1"}), [X], ("tf.unstack", (X,), {"num": 4, "axis": -1})),
        (config("Split", {"0": 1}, num_split={"i": "2"}), [X], ("tf.split", (X, 2, 1), {})),
        (config("SplitV", {"1": [1, 3], "2": 1}), [X], ("tf.split", (X, [1, 3], 1), {})),
        (config("GatherV2", {"2": 1}, batch_dims={"i": "0"}), [X, Y], ("tf.gather", (X, Y), {"batch_dims": 0, "axis": 1})),
        (config("PadV2", {"1": [[0, 0], [1, 1]], "2": 5.0}), [X], ("tf.pad", (X, [[0, 0], [1, 1]]), {"constant_values": 5.0})),
        (config("AddN"), [X, Y], ("tf.add_n", ([X, Y],), {})),
    ],
)
def test_operands_and_attributes_become_arguments(stored: dict[str, Any], tensors: list[Any], expected: tuple[Any, ...]) -> None:
    assert node_def_call(stored, tensors) == expected


def test_the_first_releases_stored_it_as_text() -> None:
    definition = {"op": "Exp", "attr": {}}
    assert node_def_of({"node_def": json.dumps(definition)}) == definition
    assert node_def_call({"node_def": json.dumps(definition), "constants": {}}, [X]) == ("tf.exp", (X,), {})


@pytest.mark.parametrize("stored", [None, 3, "", "{", "[" * 100_000, "[1]", ["op"]])
def test_what_is_no_definition_has_no_operation(stored: Any) -> None:
    assert node_def_of({"node_def": stored}) == {}
    with pytest.raises(Untranslatable):
        node_def_call({"node_def": stored}, [X])


def test_an_operation_without_a_counterpart_is_named() -> None:
    with pytest.raises(Untranslatable, match="RandomStandardNormal"):
        node_def_call(config("RandomStandardNormal"), [X])


@pytest.mark.parametrize(
    "stored",
    [
        config("Sub", {"5": 1.0}),
        config("Sub", {"-1": 1.0}),
        config("Sub", {"one": 1.0}),
        {"node_def": {"op": "Sub"}, "constants": [1.0]},
        {"node_def": {"op": "Mean", "attr": ["keep_dims"]}},
        {"node_def": {"op": ["Sub"]}},
        config("Einsum"),
        config("Split", num_split={"i": "2"}),
        config("PadV2"),
        config("Pack", axis={"i": "first"}),
        config("LeakyRelu", alpha={"f": None}),
        config("Pack", axis={"i": float("inf")}),
        config("Squeeze", squeeze_dims={"list": {"i": 3}}),
    ],
)
def test_what_tensorflow_never_wrote_is_refused(stored: dict[str, Any]) -> None:
    with pytest.raises(Untranslatable):
        node_def_call(stored, [X])
