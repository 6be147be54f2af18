from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair, Safety, Severity, check
from kdoctor.document import Document
from kdoctor.hostile import is_no_modelling, is_pythons
from kdoctor.keras_api.reader import Resolution, calls
from kdoctor.lambdas import named_functions
from kdoctor.objects import Node
from kdoctor.target import Target

BASE_ARGUMENTS = frozenset({"name", "trainable", "dtype", "batch_input_shape"})


@check("K301", Severity.ERROR, since="0.1.0")
def unresolved_object(document: Document, target: Target) -> Iterator[Finding]:
    """The model uses a class that the target does not know: a custom layer, or one of another package.

    The file holds the class's name, module and arguments, never its code. Keras says "Could not locate class 'MyLayer'. Make sure
    custom classes are decorated with `@keras.saving.register_keras_serializable()`", for an ``.h5`` "Unknown layer: 'MyLayer'".

    The cure is the code: ``load_model(path, custom_objects={"MyLayer": MyLayer})``. With ``--custom MyLayer`` (or a file that
    defines it, which is read and not run) kdoctor judges the rest of the file as if the class were there. What no model calls (K801,
    K802) is nobody's custom class.
    """
    seen: set[tuple[str, str | None]] = set()
    for call in calls(document, target):
        node = call.node
        if call.resolution is not Resolution.UNKNOWN or (node.class_name, node.module) in seen:
            continue
        seen.add((node.class_name, node.module))
        if is_pythons(node) or is_no_modelling(node) or node.at in named_functions(document):
            continue
        yield Finding(
            node.at,
            f"{target} does not know the {call.kind.replace('_', ' ')} class {_named(node)}; it was given {_arguments(node)}",
            repair=Repair(f"load_model(path, custom_objects={{{node.class_name!r}: {node.class_name}}})", safety=Safety.ADVICE),
            needs=(Need("--custom", node.class_name, "the class itself is not in the file, only its name and arguments"),),
            keras_says=_keras_says(document, node),
        )


def _named(node: Node) -> str:
    place = f" of the module {node.module}" if node.module else ""
    registered = f", registered as {node.registered_name}" if node.registered_name not in (None, node.class_name) else ""
    return f"{node.class_name}{place}{registered}"


def _arguments(node: Node) -> str:
    own = [f"{name}={_short(value)}" for name, value in node.config.items() if name not in BASE_ARGUMENTS]
    return ", ".join(own[:6]) + (" …" if len(own) > 6 else "") if own else "no arguments of its own"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "…"


def _keras_says(document: Document, node: Node) -> str:
    if not document.format.native:
        return f"ValueError: Unknown layer: '{node.class_name}'. Please ensure you are using a `keras.utils.custom_object_scope`"
    if node.module and node.module.startswith("keras."):
        return f"ValueError: Could not deserialize '{node.module}.{node.class_name}' because it is not a KerasSaveable subclass"
    return (
        f"TypeError: Could not locate class '{node.class_name}'. Make sure custom classes and functions are decorated with "
        "`@keras.saving.register_keras_serializable()`."
    )
