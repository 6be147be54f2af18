"""Classes of the user's own, or of a package, under the name of one of Keras's."""

from __future__ import annotations

from kdoctor.keras_1 import is_keras_1
from kdoctor.keras_api.api_object import REQUIRED
from kdoctor.keras_api.reader import Call


def is_namesake(call: Call) -> bool:
    """Whether it can be no object of Keras's: it lacks what that is made with, and has arguments that it does not take."""
    if call.found is None or not call.not_taken() or is_keras_1(call.node):
        return False
    return any(default is REQUIRED and name not in call.arguments for name, default in call.found.parameters.items())
