"""Run by `test_built_in` in a process of its own: each lambda as TensorFlow computes it, and as the built-in layer that it is."""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def judge(source: str, shapes: list[list[int]], dtype: str, rank_known: bool) -> list[Any]:
    """The class that takes the Lambda's place (None for a nested model), and whether real Keras gives the very same numbers."""
    import keras
    import numpy as np
    import tensorflow as tf
    from keras.src.legacy import backend as K

    function = eval(source, {"tf": tf, "K": K, "keras": keras, "ops": keras.ops})
    random = np.random.default_rng(7)
    given = [tf.constant((random.normal(size=shape) * 3).astype(dtype)) for shape in shapes]
    made = replaced(function, shapes, dtype, rank_known)
    layer = keras.saving.deserialize_keras_object(made.layer, safe_mode=True)
    wanted = function(given if len(given) > 1 else given[0])
    symbolic = [keras.Input(shape[1:], dtype=dtype) for shape in shapes]
    output = layer(symbolic if len(symbolic) > 1 else symbolic[0])
    found = keras.Model(symbolic, output)(given)
    return [None if made.native else made.layer["class_name"], same(np, wanted, found, output)]


def same(np: Any, wanted: Any, found: Any, output: Any) -> str:
    one, other = np.asarray(wanted), np.asarray(found)
    if (one.shape, one.dtype) != (other.shape, other.dtype) or output.shape[1:] != other.shape[1:] or output.dtype != str(other.dtype):
        return f"{one.dtype}{one.shape} and {other.dtype}{other.shape}, told as {output.dtype}{output.shape}"
    if np.array_equal(one, other):
        return "the same"
    return f"differs by {np.max(np.abs(one - other) / np.spacing(np.maximum(np.abs(one), np.abs(other)))):.0f} in the last place"


def replaced(function: Any, shapes: list[list[int]], dtype: str, rank_known: bool) -> Any:
    from compare_with_tensorflow import stored_lambda

    from kdoctor.translate.lambda_layers import Surroundings, replacement

    known = tuple((None, *shape[1:]) if rank_known else None for shape in shapes)
    around = Surroundings(known, (dtype,) * len(shapes), len(shapes) > 1, False, {}, "3.15.1", (2, 15))
    policy = "mixed_float16" if dtype == "float16" else "float32" if dtype.startswith("int") else dtype
    config = {"name": "made", "trainable": True, "dtype": policy}
    return replacement(stored_lambda(function), {"module": "keras.layers", "class_name": "Lambda", "config": config}, around)


def main() -> None:
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever TensorFlow prints
    said = []
    for case in json.load(sys.stdin):
        try:
            said.append(judge(*case))
        except Exception as error:  # each must have its answer
            said.append([None, f"{type(error).__name__}: {error}"[:300]])
    json.dump(said, answer)
    answer.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
