"""The functions that the Lambda samples hold, compiled under the neutral file name train.py (a code object stores its file name)."""

import linecache
from typing import Any

SOURCE = """
CONV_WIDTH = 3


def scaled_by(factor):
    return lambda x: x * factor


def pixel_range(x):
    return x / 255.0


constant = lambda x: x / 255.0
reaching = lambda x: x / 255.0 if __import__("os").environ else x
last_steps = lambda x: x[:, -CONV_WIDTH:, :]
module_alias = lambda x: tf.nn.relu(x - 0.5)
halved = scaled_by(0.5)
weighted = scaled_by(array)
"""


def functions(tf: Any, array: Any) -> Any:
    """Run the source as the module `train` would have, with these two globals; returns its names."""
    # Keras asks for the source of a lambda that is an activation
    linecache.cache["train.py"] = (len(SOURCE), None, SOURCE.splitlines(True), "train.py")
    namespace = {"__name__": "train", "tf": tf, "array": array}
    exec(compile(SOURCE, "train.py", "exec"), namespace)
    return namespace
