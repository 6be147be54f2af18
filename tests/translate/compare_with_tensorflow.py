"""Run by `test_table` in a process of its own: each lambda as TensorFlow computes it, and as the model that it is translated to computes it."""

from __future__ import annotations

import json
import marshal
import math
import os
import sys
from typing import Any


def judge(source: str, shapes: list[list[int]]) -> str:
    import keras
    import numpy as np
    import tensorflow as tf
    from keras.src.legacy import backend as K

    from kdoctor.translate.values import Untranslatable

    # the functions of Keras 2 and of applications as tf.keras had them
    names: dict[str, Any] = {"tf": tf, "K": K, "np": np, "keras": keras, "math": math, "ops": keras.ops}
    if source.startswith("def "):
        exec(source, names)
    function: Any = names["made"] if source.startswith("def ") else eval(source, names)
    random = np.random.default_rng(7)
    given = [random.normal(size=shape).astype("float32") for shape in shapes]
    try:
        config, _ = translated(
            function, shapes, (3, 15) if "ops" in source or ("keras.activations" in source and "tf." not in source) else (2, 15)
        )
    except Untranslatable as error:
        return f"refused: {error}"
    model = keras.saving.deserialize_keras_object(config, safe_mode=True)
    tensors = [tf.constant(each) for each in given]
    wanted = function(tensors if len(tensors) > 1 else tensors[0])
    found = model(tensors if len(tensors) > 1 else tensors[0])
    return compared(np, wanted, found)


def stored_lambda(function: Any) -> Any:
    """A function as a file would hold it."""
    from kdoctor.bytecode.marshal import read_code
    from kdoctor.bytecode.stored import StoredFunction
    from kdoctor.pointer import Pointer
    from kdoctor.structure.lambdas import Lambda

    code = read_code(marshal.dumps(function.__code__))
    return Lambda(Pointer("config"), None, "function", StoredFunction("list", b""), code, None)


def translated(function: Any, shapes: list[list[int]], keras_minor: tuple[int, int]) -> Any:
    from kdoctor.translate.lambda_layers import Surroundings, functional

    stored = stored_lambda(function)
    known = tuple((None, *shape[1:]) for shape in shapes)
    around = Surroundings(known, ("float32",) * len(shapes), len(shapes) > 1, False, {}, "3.15.1", keras_minor)
    return functional(stored, {"class_name": "Lambda", "config": {"name": "made"}}, around)


def compared(np: Any, wanted: Any, found: Any) -> str:
    if isinstance(wanted, (list, tuple)):
        return next((said for a, b in zip(wanted, found, strict=True) if (said := compared(np, a, b)) != "ok"), "ok")
    one, other = np.asarray(wanted), np.asarray(found)
    if one.shape != other.shape:
        return f"shapes {one.shape} and {other.shape}"
    if one.dtype.kind != other.dtype.kind:
        return f"dtypes {one.dtype} and {other.dtype}"
    difference = np.max(np.abs(one.astype("float64") - other.astype("float64")), initial=0)
    return "ok" if difference <= 1e-5 or np.allclose(one, other, 1e-5, 1e-5, equal_nan=True) else f"differs by {difference}"


def main() -> None:
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever TensorFlow prints
    said = []
    for source, shapes in json.load(sys.stdin):
        try:
            said.append(judge(source, shapes))
        except Exception as error:  # each must have its answer
            said.append(f"{type(error).__name__}: {error}"[:300])
    json.dump(said, answer)
    answer.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
