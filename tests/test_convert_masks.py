"""Masks that Keras 3 writes down as operations, for Keras 2, which makes its own: left out where they are the same, refused where not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kdoctor.archive.writing.write import write_document
from kdoctor.asked import installed_keras
from kdoctor.container import Container
from kdoctor.convert.keras_2_masks import without_masks
from kdoctor.convert.refusal import NotConvertible
from kdoctor.doctor import convert_file
from kdoctor.packs import load_checks
from kdoctor.structure.sources import tensors
from kdoctor.target import Target
from kdoctor.testing import document, layer

PROBE = Path(__file__).with_name("probe_masks.py")
KERAS_2 = Target("2.15.0")


def tensor(name: str, *shape: int | None) -> dict[str, Any]:
    return {
        "class_name": "__keras_tensor__",
        "config": {"shape": [*(shape or (None, 5, 4))], "dtype": "float32", "keras_history": [name, 0, 0]},
    }


def row(class_name: str, name: str, *args: Any, kwargs: dict[str, Any] | None = None, **config: Any) -> dict[str, Any]:
    nodes = [{"args": list(args), "kwargs": kwargs or {}}] if args else []
    return {**layer(class_name, name=name, **config), "name": name, "inbound_nodes": nodes}


def op(class_name: str, name: str, *args: Any, **config: Any) -> dict[str, Any]:
    return {**row(class_name, name, *args, **config), "module": "keras.src.ops.numpy"}


def words(name: str) -> list[dict[str, Any]]:
    """An input, its masking Embedding, and the mask as Keras 3.6 and later write it down."""
    entry = row("InputLayer", f"{name}_in", batch_shape=[None, 5], dtype="int32")
    taken = tensor(f"{name}_in", None, 5)
    return [entry, row("Embedding", name, taken, input_dim=9, output_dim=4, mask_zero=True), op("NotEqual", f"{name}_mask", taken, 0)]


def said(*layers: dict[str, Any], saved: str = "3.15.1", training: Any = None) -> Any:
    """What becomes of a model that ends in the last of these layers."""
    listed = [*words("a"), *words("b"), *layers]
    ends = {"input_layers": [["a_in", 0, 0], ["b_in", 0, 0]], "output_layers": [layers[-1]["name"], 0, 0]}
    config = {**layer("Functional", name="model", layers=listed, **ends), "module": "keras.src.models.functional"}
    parts = {} if training is None else {"training": training}
    sick = document(config, attributes={"/": {}}, metadata={"keras_version": saved}, **parts)
    return without_masks(sick, KERAS_2)


def rows(made: Any) -> list[dict[str, Any]]:
    return [dict(each) for each in made[0].config["config"]["layers"]]


def names(made: Any) -> list[str]:
    return [each["config"]["name"] for each in rows(made)]


def given(made: Any) -> dict[str, Any]:
    """By argument the layers that the last call takes."""
    (call,) = rows(made)[-1]["inbound_nodes"]
    return {key: [source.layer for source in tensors(value)] for key, value in (("", call["args"]), *call["kwargs"].items())}


def pooled(source: str, mask: Any) -> dict[str, Any]:
    return row("GlobalAveragePooling1D", "out", tensor(source), kwargs={"mask": mask})


def test_a_mask_that_keras_2_makes_by_itself_is_left_out_with_its_operations() -> None:
    made = said(pooled("a", tensor("a_mask", None, 5)))
    assert names(made) == ["a_in", "a", "b_in", "b", "out"]
    assert given(made) == {"": ["a"]}


def test_an_operation_that_something_else_takes_stays() -> None:
    made = said(pooled("a", tensor("a_mask", None, 5)), row("Flatten", "end", tensor("a_mask", None, 5)))
    assert names(made) == ["a_in", "a", "a_mask", "b_in", "b", "out", "end"]


def test_the_mask_of_another_tensor_is_refused() -> None:
    with pytest.raises(NotConvertible, match="'out' heeds another mask"):
        said(pooled("a", tensor("b_mask", None, 5)))


def test_a_mask_that_is_an_input_is_said_in_the_call() -> None:
    entry = row("InputLayer", "own", batch_shape=[None, 5], dtype="bool")
    made = said(entry, pooled("a", tensor("own", None, 5)))
    assert given(made) == {"": ["a"], "mask": ["own"]}


def merged(other: str, *, op_name: str) -> list[dict[str, Any]]:
    """A sum, with its mask as Keras 3 makes it, and a layer that heeds it."""
    either = op("LogicalOr", "either", tensor("a_mask", None, 5), tensor(op_name, None, 5))
    return [row("Add", "sum", [tensor("a"), tensor(other)]), either, pooled("sum", tensor("either", None, 5))]


def test_of_one_mask_twice_a_sum_makes_the_same_in_either_keras() -> None:
    same = row("Dense", "same", tensor("a"), units=4)
    assert names(said(same, *merged("same", op_name="a_mask")))[-2:] == ["sum", "out"]


def test_of_two_masks_keras_3_makes_either_and_keras_2_both() -> None:
    with pytest.raises(NotConvertible, match="heeds another mask"):
        said(*merged("b", op_name="b_mask"))


def test_joined_features_of_one_mask_are_masked_alike() -> None:
    wide, zeros = op("ExpandDims", "wide", tensor("a_mask", None, 5), axis=-1), op("ZerosLike", "zeros", tensor("a"))
    each = op("LogicalOr", "each", tensor("wide", None, 5, 1), tensor("zeros"))
    both = op("Concatenate", "both", [tensor("each"), tensor("each")], axis=-1)
    some = op("Any", "some", tensor("both", None, 5, 8), axis=-1, keepdims=False)
    joined = row("Concatenate", "joined", [tensor("a"), tensor("a")], axis=-1)
    made = said(wide, zeros, each, both, some, joined, pooled("joined", tensor("some", None, 5)))
    assert names(made)[-2:] == ["joined", "out"]


def test_what_keras_3_does_not_mask_gets_its_tensor_through_a_layer_that_drops_the_mask() -> None:
    """``x + 1.0`` is an operation in Keras 3, which hands no mask on; so does an Add of two, which a layer of Keras 2 says."""
    made = said(op("Add", "sum", tensor("a"), tensor("a")), row("GlobalAveragePooling1D", "out", tensor("sum")))
    assert names(made)[-3:] == ["sum", "out_unmasked", "out"]
    stop = rows(made)[-2]
    assert (stop["class_name"], stop["config"]["scale"], given(made)) == ("Rescaling", 1.0, {"": ["out_unmasked"]})


def test_a_mask_that_keras_2_drops_on_its_way_is_refused() -> None:
    scaled = row("Rescaling", "scaled", tensor("a"), scale=2.0)
    with pytest.raises(NotConvertible, match="heeds another mask"):
        said(scaled, pooled("scaled", tensor("a_mask", None, 5)))


def attending(name: str = "heads", dropout: float = 0.0) -> dict[str, Any]:
    shapes = {"query_shape": [None, 5, 4], "value_shape": [None, 5, 4], "key_shape": None}
    made = row("MultiHeadAttention", name, tensor("a"), tensor("a"), num_heads=1, key_dim=2, dropout=dropout)
    return {**made, "build_config": {"shapes_dict": shapes}}


def test_hidden_queries_are_zeros_in_keras_3_alone_where_it_computes_scores() -> None:
    """With a dropout it does; without one the mean of all values comes out in both (run in 2.15 and 3.15.1)."""
    with pytest.raises(NotConvertible, match="Flatten 'out' takes steps that are masked"):
        said(attending(dropout=0.1), row("Flatten", "out", tensor("heads")))
    with pytest.raises(NotConvertible, match="what comes out of a MultiHeadAttention"):
        said(attending(dropout=0.1))
    assert names(said(attending(dropout=0.1), pooled("heads", tensor("a_mask", None, 5))))[-2:] == ["heads", "out"]
    assert names(said(attending(), row("Flatten", "out", tensor("heads"))))[-2:] == ["heads", "out"]


def test_attention_takes_the_masks_off_its_tensors_for_those_that_come_later() -> None:
    """Run in 3.15.1: the second of two attentions that stand behind one another is not masked, as its input was added to a bare one."""
    sum_ = row("Add", "sum", [tensor("a"), tensor("heads")])
    second = {**attending("second"), "inbound_nodes": row("x", "x", tensor("sum"), tensor("sum"))["inbound_nodes"]}
    whole = row("Add", "whole", [tensor("sum"), tensor("second")])
    made = said(attending(), sum_, second, whole, pooled("whole", tensor("a_mask", None, 5)))
    assert names(made)[-5:] == ["sum", "second_unmasked", "second", "whole", "out"]


def test_another_mask_on_what_comes_out_is_said_of_a_model_that_trains() -> None:
    optimizer = {"module": "keras.optimizers", "class_name": "SGD", "config": {"learning_rate": 0.1}, "registered_name": None}
    trained = {"optimizer": optimizer, "loss": "mse", "metrics": None}
    end = row("Rescaling", "out", tensor("a"), scale=2.0)
    assert any("count in the loss" in note for note in said(end, training=trained)[1])
    assert said(end)[1] == ()


def probe(*arguments: str) -> str:
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, str(PROBE), *arguments], capture_output=True, text=True, env=environment, timeout=600, check=True
    )
    return done.stdout


def test_real_masked_models_compute_the_same_without_their_operations(tmp_path: Path) -> None:
    """The ``.h5`` for Keras 2 holds no mask; the Keras that is installed makes the same ones from it."""
    probe("make", str(tmp_path))
    for file in sorted(tmp_path.glob("*.keras")):
        plan = convert_file(file, KERAS_2, load_checks(), Container.H5)
        assert not plan.refused, (file.stem, plan.refused)
        held = {each["class_name"] for each in plan.after.document.config["config"]["layers"]}
        assert not held & {"NotEqual", "Any", "LogicalOr"}
        older = file.with_suffix(".h5")
        write_document(plan.before.document, plan.after.document, older)
        back = convert_file(older, Target(installed_keras()), load_checks(), Container.KERAS)
        assert back.after.errors == (), file.stem
        write_document(back.before.document, back.after.document, file.with_name(f"{file.stem}.back.keras"))
    told = json.loads(probe("answer", str(tmp_path)).splitlines()[-1])
    assert {name: error for name, error in told.items() if not (isinstance(error, float) and error < 1e-5)} == {}
    assert len(told) == 3
