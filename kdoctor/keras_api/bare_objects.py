"""Objects of which the file states the class alone, without a config: ``{"class_name": "HeNormal"}``.

Keras 3 reads no object in such a dict, and takes what stands under ``class_name`` for a name: of an initializer, a regularizer, a constraint or a
dtype policy it knows some, of an activation none. Run in 3.15.1 with 16 values of each.
"""

from __future__ import annotations

from kdoctor.document import Json
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.target import Target


def refused_bare(kind: str, value: Json, target: Target) -> str | None:
    """What Keras says of such a dict where it finds nothing of that name; None for any other value, and for what the user gives."""
    if not isinstance(value, dict) or "class_name" not in value or "config" in value:
        return None
    name = value["class_name"]
    if isinstance(name, str) and kind != "activation":
        table = "dtype_policy" if kind == "dtype" else kind
        if name in target.custom or Catalogue.load(target.release, target.family).function(table, name) is not None:
            return None
    if kind == "dtype":
        return f"AttributeError: '{type(name).__name__}' object has no attribute 'quantization_mode'"
    what = "activation function" if kind == "activation" else kind
    return f"ValueError: Could not interpret {what} identifier: {value!r:.60}"
