"""The function of a Lambda written as a Keras layer: source for people to read and paste, never run here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from kdoctor.bytecode.code import Code, MalformedCode
from kdoctor.bytecode.expression import Function, Parameter
from kdoctor.bytecode.literal import Untraceable
from kdoctor.bytecode.names import names_read
from kdoctor.bytecode.printer import Printer
from kdoctor.bytecode.source import constant_of, function_of
from kdoctor.identifiers import is_identifier

INDENT = "    "
# How scripts import the modules that they call by these names.
IMPORTS = {
    "tf": "import tensorflow as tf",
    "tensorflow": "import tensorflow",
    "K": "from tensorflow.keras import backend as K",
    "np": "import numpy as np",
    "numpy": "import numpy",
    "math": "import math",
    "ops": "from keras import ops",
    "layers": "from keras import layers",
    "torch": "import torch",
    "jax": "import jax",
    "jnp": "import jax.numpy as jnp",
}


def layer_source(code: Code, name: str, defaults: Sequence[object] = (), closure: Sequence[object] = ()) -> str | None:
    """A registered layer named after `name`, with what it needs from outside at the top; None where the source cannot be told."""
    try:
        function = function_of(code, defaults)
        if any(parameter.name == "self" for parameter in function.parameters):
            return None
        method = _printed(replace(function, name="call", parameters=(Parameter("self"), *function.parameters)))
        outside = sorted(_outside(code), key=lambda name: name not in IMPORTS)
        head = [*(IMPORTS.get(each, f"{each} = ...  # from the script that made the model") for each in outside), *_captured(code, closure)]
    except (Untraceable, MalformedCode):
        return None
    lines = ["import keras", *head, "", "", "@keras.saving.register_keras_serializable()", f"class {class_name(name)}(keras.layers.Layer):"]
    return "\n".join([*lines, *(f"{INDENT}{line}".rstrip() for line in method.rstrip().split("\n"))]) + "\n"


def class_name(name: str) -> str:
    """A layer's name as that of a class: crop_2 is Crop2."""
    words = re.findall(r"[A-Za-z0-9]+", name)
    joined = "".join(word[:1].upper() + word[1:] for word in words)
    return joined if is_identifier(joined) else f"Stored{joined}"


def _printed(function: Function) -> str:
    printer = Printer(is_python2=False)
    printer.function(function)
    return printer.text


def _captured(code: Code, closure: Sequence[object]) -> list[str]:
    """The captured variables with the values in the file, where these can be written."""
    lines = []
    for index, name in enumerate(code.freevars):
        value = constant_of(closure[index]) if index < len(closure) else None
        lines.append(f"{name} = ...  # captured, and not in the file as it was" if value is None else f"{name} = {value}")
    return lines


def _outside(code: Code) -> tuple[str, ...]:
    return tuple(name for name in names_read(code).unknown if name != "keras")
