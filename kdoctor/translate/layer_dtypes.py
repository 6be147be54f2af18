"""The dtype of what a layer returns: its own for nearly all, that of its input for those that only arrange."""

from __future__ import annotations

from typing import Final

from kdoctor.document import Json
from kdoctor.structure.objects import Node
from kdoctor.translate.dtype_names import FLOATS, NAMES, is_float

ARRANGING: Final = frozenset(
    """
    Reshape Flatten Permute RepeatVector Cropping1D Cropping2D Cropping3D ZeroPadding1D ZeroPadding2D ZeroPadding3D UpSampling1D
    UpSampling2D UpSampling3D Concatenate Lambda Masking Identity MaxPooling1D MaxPooling2D MaxPooling3D GlobalMaxPooling1D
    GlobalMaxPooling2D GlobalMaxPooling3D Add Subtract Multiply Maximum Minimum Activation ActivityRegularization Dropout
    """.split()  # noqa: SIM905 (a table of names)
)
UNTOLD: Final = frozenset(
    "StringLookup IntegerLookup Hashing Discretization TextVectorization CategoryEncoding HashedCrossing KerasLayer".split()  # noqa: SIM905
)


def policy_dtype(value: Json) -> str:
    """The dtype that a layer computes in, from what its config says under ``dtype``."""
    if isinstance(value, dict):
        config = value.get("config")
        value = config.get("name") if isinstance(config, dict) else None
    if value in ("mixed_float16", "mixed_bfloat16"):
        return str(value).removeprefix("mixed_")
    return value if isinstance(value, str) and value in NAMES else "float32"


def returned_dtype(node: Node, given: tuple[str | None, ...]) -> str | None:
    """None where it is not known."""
    own = policy_dtype(node.config.get("dtype"))
    if node.class_name == "InputLayer":
        return own
    if node.class_name in UNTOLD or "layers" in node.config:
        return own if "layers" in node.config and _floats_throughout(node) else None
    if node.class_name in ARRANGING:
        first = given[0] if given else None
        return own if is_float(first) or first is None else first
    return own if own in FLOATS else "float32"


def _floats_throughout(model: Node) -> bool:
    """Whether nothing in a nested model makes other than floats of one width."""
    items = model.config.get("layers")
    found = set()
    for item in items if isinstance(items, list) else ():
        config = item.get("config") if isinstance(item, dict) else None
        if not isinstance(config, dict) or item.get("class_name") in UNTOLD:
            return False
        if item.get("class_name") != "InputLayer":
            found.add(policy_dtype(config.get("dtype")))
    return found <= {"float32"}
