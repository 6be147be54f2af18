"""Run in a child process: builds layers in the installed Keras and tells, as JSON, what they own and what they return.

Standard input holds [[serialized layer, [shape, …], dtype, merged], …]. Each answer gives ``layer`` (as Keras serializes it), ``build``
(its build_config), ``stored`` ([path, name, shape] in the order in which Keras stores them in an archive), ``legacy`` ([path in the
archive or null, shape, trainable] in the order of an ``.h5``), ``outputs`` (the shapes that it returns) or ``error``.
"""

from __future__ import annotations

import io
import json
import sys
from typing import Any


class Recorder:
    """Made a subclass of Keras's own store on first use: remembers what each path was given."""


def recorder() -> Any:
    from keras.src.saving.saving_lib import H5IOStore

    class Recording(H5IOStore):  # type: ignore[misc]
        entries: list[tuple[str, Any]]

        def __setitem__(self, key: str, value: Any) -> None:
            self.entries.append((f"{self._h5_entry_path}/vars/{key}".lstrip("/"), value))
            super().__setitem__(key, value)

    store = Recording(io.BytesIO(), mode="w")
    store.entries = []
    return store


def stored(layer: Any) -> list[tuple[str, Any]]:
    """What the layer writes into an archive: paths and values."""
    from keras.src.saving.saving_lib import _save_state

    store = recorder()
    _save_state(layer, store, None, "", set())
    return list(store.entries)


def legacy(layer: Any, paths: dict[int, str]) -> list[Any]:
    """What the layer writes into an ``.h5``."""
    from keras.src.legacy.saving.legacy_h5_format import _legacy_weights

    trained = {id(variable) for variable in layer.trainable_weights}
    return [[paths.get(id(item)), list(item.shape), id(item) in trained] for item in _legacy_weights(layer)]


def answer(serialized: Any, shapes: list[Any], dtype: str, merged: bool) -> dict[str, Any]:
    import keras

    layer = keras.saving.deserialize_keras_object(serialized)
    inputs = [keras.Input(batch_shape=shape, dtype=dtype) for shape in shapes]
    outputs = layer(inputs) if merged else layer(*inputs)
    entries = stored(layer)
    paths = {id(value): path for path, value in reversed(entries)}  # a second copy goes by its first place
    if getattr(layer, "lora_enabled", False):  # the merged numbers are stored, not the variable
        paths |= {id(getattr(layer, name)): "vars/0" for name in ("_kernel", "_embeddings") if hasattr(layer, name)}
    return {
        "layer": keras.saving.serialize_keras_object(layer),
        "stored": [[path, getattr(value, "name", None), list(value.shape)] for path, value in entries],
        "legacy": legacy(layer, paths),
        "outputs": [list(item.shape) for item in keras.tree.flatten(outputs)],
    }


def main() -> None:
    """Answer the questions on standard input."""
    answers = []
    for question in json.load(sys.stdin):
        try:
            answers.append(answer(*question))
        except (ArithmeticError, AttributeError, ImportError, LookupError, NotImplementedError, OSError, TypeError, ValueError) as error:
            answers.append({"error": f"{type(error).__name__}: {error}"})
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
