"""Names in a config that stand for no part of a model: what they call acts on the machine, or on Keras itself."""

from __future__ import annotations

import builtins
import sys

from kdoctor.keras_api.catalogue import Catalogue, releases
from kdoctor.objects import FUNCTION, Node

# Keras writes plain functions of its own under this module, by their names: only Python's own names are foreign there.
BUILTINS = "builtins"
MAIN = "__main__"
FAMILY = ("keras", "tf_keras", "keras_core")


def called_name(node: Node) -> str:
    """The name of the function or class that the loader would call for the object."""
    return str(node.raw.get("config")) if node.class_name == FUNCTION else node.class_name


def is_pythons(node: Node) -> bool:
    """Whether the object belongs to Python's own library, such as ``os.system``."""
    root, name = _root(node), called_name(node)
    if root == BUILTINS:
        return hasattr(builtins, name) and not name.startswith("__keras")
    return root != MAIN and root in sys.stdlib_module_names


def is_no_modelling(node: Node) -> bool:
    """Whether the object is a function of Keras that the newest release refuses to call for a config, such as ``get_file``."""
    return _root(node) in FAMILY and called_name(node) in Catalogue.load(releases()[-1]).declined()


def _root(node: Node) -> str:
    return (node.module or "").split(".")[0]
