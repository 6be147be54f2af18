"""Makes data/keras_*.pb, what Keras 2 writes beside a SavedModel of a model with Lambdas: ``python make_metadata.py``, by each TensorFlow."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

SCRIPT = """
inner = keras.Sequential([keras.layers.InputLayer((3,)), keras.layers.Lambda(lambda x: x * 3.0, name="inner")], name="nested")
inputs = keras.Input((4,), name="inputs")
outputs = inner(keras.layers.Lambda(lambda x: x[:, :3], name="crop")(inputs))
model = keras.Model(inputs, keras.layers.Dense(2, name="dense")(outputs), name="model")
"""

if __name__ == "__main__":
    import tensorflow as tf  # type: ignore[import-untyped, import-not-found, unused-ignore]

    space = {"keras": tf.keras}
    exec(compile(SCRIPT, "train.py", "exec"), space)
    release = "_".join(tf.__version__.split(".")[:2])
    with tempfile.TemporaryDirectory() as place:
        space["model"].save(place, save_format="tf")  # type: ignore[attr-defined]
        shutil.copy(Path(place, "keras_metadata.pb"), Path(__file__).with_name("data") / f"keras_{release}.pb")
