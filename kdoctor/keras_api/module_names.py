"""What is gone from the modules that stored functions import: from ``keras.backend`` since Keras 3.1, from TensorFlow since its second release."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from kdoctor.keras_api import habits
from kdoctor.keras_api.data import table
from kdoctor.target import Target

TENSORFLOW, BACKEND = "tensorflow", "keras.backend"
# keras/backend/__init__.py of 3.1.1 to 3.15.1
KEPT: Final = frozenset(
    {
        "backend", "clear_session", "epsilon", "floatx", "get_uid", "image_data_format", "is_float_dtype", "is_int_dtype", "is_keras_tensor",
        "result_type", "set_epsilon", "set_floatx", "set_image_data_format", "standardize_dtype",
    }
)  # fmt: skip


def gone(path: str, target: Target) -> str | None:
    """The first part of a dotted path that a Keras 3 and its TensorFlow do not have; None where every part may be there."""
    if path.startswith(f"{BACKEND}."):
        name = path.removeprefix(f"{BACKEND}.").split(".")[0]
        return f"{BACKEND}.{name}" if habits.LOST_BACKEND_NAMES.of(target) and name not in KEPT else None
    root, *parts = path.split(".")
    if root != TENSORFLOW or parts[:1] == ["python"]:  # tensorflow.python is not public, and there
        return None
    module = ""
    for part in parts:
        if module not in _names():
            return None
        if part not in _names()[module]:
            return ".".join(filter(None, (TENSORFLOW, module, part)))
        module = f"{module}.{part}".lstrip(".")
    return None


@lru_cache(maxsize=1)
def _names() -> dict[str, frozenset[str]]:
    """By module below ``tensorflow``: made by `kdoctor.keras_api.generate_tensorflow_names` from each TensorFlow that Keras 3 runs with."""
    rows = table("tensorflow_names.json")["names"]
    return {module: frozenset(names) for module, names in rows.items()}
