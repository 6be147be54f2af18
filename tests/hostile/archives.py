"""Archives of Keras around a hostile config or hostile members."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from typing import Any

from model_files import keras_members, zip_bytes

Make = Callable[[], bytes]
HONEST = keras_members()
SHARDED = {name: data for name, data in HONEST.items() if name != "model.weights.h5"}


def with_members(**members: bytes) -> bytes:
    return zip_bytes({**HONEST, **members}, zipfile.ZIP_DEFLATED)


def config(text: bytes) -> bytes:
    return with_members(**{"config.json": text})


def layers(*listed: Any) -> bytes:
    """The config of a Sequential of these layers."""
    return json.dumps({"class_name": "Sequential", "module": "keras", "config": {"name": "s", "layers": listed}}).encode()


def layer(class_name: str = "Dense", module: str = "keras.layers", **arguments: Any) -> dict[str, Any]:
    return {"class_name": class_name, "module": module, "config": arguments, "registered_name": None}
