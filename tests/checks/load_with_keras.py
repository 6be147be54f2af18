"""Run by `test_samples` in a process of its own: load files with real Keras, all in one go, and compare each with its twin.

Takes a JSON list of [file, twin, what to do: load, compare or fit] on standard input, and answers with a JSON list of sentences: "ok",
or what is wrong.
"""

from __future__ import annotations

import json
import os
import sys
from functools import cache
from typing import Any


def judge(keras: Any, path: str, twin: str | None, task: str) -> str:
    from kdoctor.verify.compare import compare
    from kdoctor.verify.trial import load, predict

    model = load(keras, path, 0)
    if task == "fit":
        return fitted(keras, model)
    if twin is None or task == "load":
        return "ok"
    given, wanted = computed_by(keras, twin)
    return compare(predict(keras, model, given, 0), wanted, half=False).sentence or "ok"


@cache
def computed_by(keras: Any, twin: str) -> tuple[Any, Any]:
    """Random inputs of a twin, and its outputs: asked once, because many files share a twin."""
    from kdoctor.verify.trial import load, predict, predict_random

    model = load(keras, twin, 0)
    trial: Any = predict_random(keras, model, seed=0, samples=2)
    given = trial.inputs or [numbers(model._layers[0].batch_shape)]  # a model that cannot be traced does not tell its inputs
    return given, predict(keras, model, given, 0)


def numbers(batch_shape: tuple[int | None, ...]) -> Any:
    """Random input of the shape, eight rows of it."""
    import numpy as np

    return np.random.default_rng(0).random((8, *(length or 5 for length in batch_shape[1:])), dtype="float32")


def fitted(keras: Any, model: Any) -> str:
    import numpy as np

    if not model.compiled:
        return "it is not compiled"
    history = model.fit(numbers(model.input_shape), np.zeros((8, *model.output_shape[1:])), epochs=2, verbose=0).history
    return "ok" if len(history) == 2 and all(np.isfinite(values).all() for values in history.values()) else f"it did not train: {history}"


def main() -> None:
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever Keras prints
    import keras
    import tensorflow

    tensorflow.config.run_functions_eagerly(True)  # compiling a model costs more than running it on two rows

    found = []
    for path, twin, task in json.load(sys.stdin):
        try:
            found.append(judge(keras, path, twin, task))
        except Exception as error:  # a file may make Keras raise anything, and each must have its answer
            found.append(f"{type(error).__name__}: {error}"[:500])
    json.dump(found, answer)
    answer.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
