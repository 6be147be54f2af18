"""How Keras 2.0 to 2.3 took the arguments of Keras 1: the converters of ``keras/legacy/interfaces.py``."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

from kdoctor.keras_api.hierarchy import Hierarchy, Key

GENERATORS = ("generate_legacy_interface", "generate_legacy_method_interface")


@dataclass(frozen=True, slots=True)
class Interface:
    """A constructor's converter.

    renamed: old argument -> new one; values: old argument -> old value -> new value; shim: the function that rewrites what
    is more than a renaming, empty when there is none.
    """

    renamed: dict[str, str]
    values: dict[str, dict[str, Any]]
    shim: str = ""


def read_interfaces(hierarchy: Hierarchy, package: str) -> dict[str, Interface]:
    """The converters by name, such as ``legacy_dense_support``."""
    module = hierarchy.modules.get(f"{package}.legacy.interfaces")
    found: dict[str, Interface] = {}
    for statement in module.body if module else []:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id=made), keywords=keywords)) if made in GENERATORS:
                given = {item.arg: item.value for item in keywords}
                shim = given.get("preprocessor")
                found[name] = Interface(
                    dict(ast.literal_eval(given["conversions"])) if "conversions" in given else {},
                    ast.literal_eval(given["value_conversions"]) if "value_conversions" in given else {},
                    ast.unparse(shim) if shim is not None else "",
                )
    return found


def interface_of(hierarchy: Hierarchy, key: Key, interfaces: dict[str, Interface]) -> Interface | None:
    """The converter that decorates the constructor of the class, or of the nearest base that has a constructor."""
    node = next((found for base in hierarchy.order(key) if (found := hierarchy.method(base, "__init__"))), None)
    names = [ast.unparse(decorator).rpartition(".")[2] for decorator in node.decorator_list] if node else []
    return next((interfaces[name] for name in names if name in interfaces), None)


def converted_weights(hierarchy: Hierarchy) -> tuple[str, ...]:
    """The layer classes whose weights ``preprocess_weights_for_loading`` re-lays out, by name."""
    functions = (module.functions.get("preprocess_weights_for_loading") for module in hierarchy.modules.values())
    compared = (
        node.value
        for function in functions
        for comparison in (ast.walk(function) if function else ())
        if isinstance(comparison, ast.Compare) and "__name__" in ast.unparse(comparison.left)
        for node in ast.walk(comparison)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    return tuple(sorted(set(compared)))
