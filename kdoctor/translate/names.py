"""Modules by the names that people import them under, and what stands in them that is no function."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from kdoctor.bytecode.imported import is_path
from kdoctor.translate.dtype_names import NAMES
from kdoctor.translate.values import Value

# Global names that are modules by custom -> the table's name of the module.
ALIASES: Final = {
    "tf": "tf", "tensorflow": "tf", "K": "K", "backend": "K", "keras": "keras", "np": "np", "numpy": "np", "math": "math", "ops": "ops",
    "layers": "layers", "activations": "activations", "KB": "K", "keras_backend": "K",
}  # fmt: skip
# Those that nobody gives to a number: ``K`` and ``ops`` may be one, unless something is read from them.
ALWAYS_MODULES: Final = frozenset({"tf", "tensorflow", "keras", "np", "numpy", "math"})
# The beginning of a dotted name, longest first, and what the table calls it.
PATHS: Final = (
    ("tensorflow.python.keras.", "keras."), ("tensorflow.compat.v1.", "tf.compat.v1."), ("tensorflow.", "tf."), ("tf_keras.", "keras."),
    ("tf.compat.v1.keras.", "keras."), ("tf.compat.v2.", "tf."), ("tf.keras.", "keras."), ("keras.src.", "keras."), ("numpy.", "np."),
    ("keras.backend.", "K."), ("keras.legacy.backend.", "K."), ("keras.ops.", "ops."), ("keras.activations.", "activations."), ("keras.layers.", "layers."),
    ("keras.applications.", "applications."), ("ops.numpy.", "ops."),
)  # fmt: skip
VALUES: Final[dict[str, Value]] = {
    "math.pi": math.pi, "np.pi": math.pi, "math.e": math.e, "np.e": math.e, "np.inf": math.inf, "np.newaxis": None, "tf.newaxis": None,
    "np.nan": math.nan,
    "tf.image.ResizeMethod.BILINEAR": "bilinear", "tf.image.ResizeMethod.NEAREST_NEIGHBOR": "nearest",
    "tf.image.ResizeMethod.BICUBIC": "bicubic", "tf.image.ResizeMethod.AREA": "area",
    "tf.image.ResizeMethod.LANCZOS3": "lanczos3", "tf.image.ResizeMethod.LANCZOS5": "lanczos5",
}  # fmt: skip
NUMBER_FUNCTIONS: Final = frozenset(
    "sqrt exp log log2 log10 floor ceil sin cos tan tanh pow prod".split()  # noqa: SIM905 (a table of names)
)


@dataclass(frozen=True, slots=True)
class Module:
    """A module, or a function or class in one, by the table's name."""

    name: str


def canonical(path: str) -> str:
    """``tensorflow.keras.backend`` as the table has it: ``K``."""
    changed = path + "."
    for _ in range(4):
        before = changed
        for start, other in PATHS:
            if changed.startswith(start):
                changed = other + changed.removeprefix(start)
                break
        if changed == before:
            break
    return changed.rstrip(".")


def imported(path: str) -> Module | None:
    """The module or function that a user names, ``keras.backend`` or ``tensorflow.nn.relu``; None for any other text."""
    if not is_path(path):
        return None
    found = canonical(path)
    return Module(ALIASES.get(found, found))


def dtype_text(module: Module) -> str | None:
    """``float32`` of ``np.float32``, ``float`` of Python's own class; None for what is no dtype."""
    home, _, last = module.name.rpartition(".")
    return last if (home == "np" and last.removesuffix("_") in NAMES) or (home == "builtins" and last in ("float", "int", "bool")) else None


def member(module: Module, name: str) -> Value:
    """What a module holds under a name: a value, a dtype as its name, or again a module or function."""
    path = canonical(f"{module.name}.{name}")
    if path in VALUES:
        return VALUES[path]
    home, _, last = path.rpartition(".")
    if home in ("tf", "tf.dtypes", "tf.compat.v1") and last in NAMES:
        return last
    return Module(path)
