from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair, Safety, Severity, check
from kdoctor.custom.custom_objects import Match, hears_no_custom_objects, homecoming, matches, plain_name, sought, source_of
from kdoctor.document import ABSENT, Document
from kdoctor.edit import Edit
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.keras_api.reader import Resolution, calls, unfound
from kdoctor.saved_release import release_of
from kdoctor.security.hostile import is_no_modelling, is_pythons
from kdoctor.structure.lambdas import named_functions
from kdoctor.structure.manifest import model_weights
from kdoctor.structure.objects import Node, as_node, is_authors
from kdoctor.target import Target

from ._layer_activations import stated
from ._lost_backend_names import lost_backend_names
from ._told_keys import told_keys
from ._unheard_custom_objects import unheard_custom_objects
from ._unwritten_code import unwritten_code

BASE_ARGUMENTS = frozenset({"name", "trainable", "dtype", "batch_input_shape"})


@check("K301", Severity.ERROR, mild=Severity.INFO, since="0.1.0")
def unresolved_object(document: Document, target: Target) -> Iterator[Finding]:
    """The model uses a class that the target does not know: a custom layer, or one of another package.

    The file holds the class's name, module and arguments, never its code. Keras says "Could not locate class 'MyLayer'. Make sure
    custom classes are decorated with `@keras.saving.register_keras_serializable()`", for an ``.h5`` "Unknown layer: 'MyLayer'".

    The cure is the code: ``load_model(path, custom_objects={"MyLayer": MyLayer})``. With ``--custom MyLayer`` kdoctor judges the rest of
    the file as if the class were there, and tells the key where that is another. The key has to be the name that the file registers it under (``"my_package>MyLayer"``), where it has one; a class
    that is registered under another one is not found. With ``--custom FILE.py``, or a module or package, the source is read, and not run: the class is
    matched by name, its constructor is compared with what the file holds (K304), and ``fix`` writes the module and the registered
    name under which Keras finds it; what it reads of ``keras.backend`` that Keras lost with 3.1 (``K.dot``) is told, and what is
    a skeleton still, as ``--stub`` writes it. In an ``.h5``, Keras 3 finds a class inside Bidirectional only if it is registered,
    and 3.0 to 3.2 any layer. Keras 2
    finds a class of an ``.h5``, and one that a TimeDistributed holds, by the class's name in the file alone: where that is not the registered one,
    it has to be among the ``custom_objects``, or the registered name is written there. What no model calls (K801, K802) is nobody's custom class.
    """
    seen: set[tuple[str, str | None]] = set()
    known = {match.node.at: match for match in matches(document, target) if match.definition.is_class}
    yield from (finding for match in known.values() for finding in _found(match, document, target))
    yield from told_keys(document, target)
    yield from lost_backend_names(document, target)
    yield from unwritten_code(document, target)
    if target.keras_3 and not document.format.native:
        yield from _given_inside_bidirectional(document, target)
        yield from _taken_for_the_authors(document, target)
        yield from unheard_custom_objects(document, target)
    for call in unfound(document, target):
        node = call.node
        if node.at in known:
            continue
        if call.resolution is not Resolution.UNKNOWN or (node.class_name, node.module) in seen:
            continue
        seen.add((node.class_name, node.module))
        if is_pythons(node) or is_no_modelling(node) or node.at in named_functions(document) or stated(call, target) is not None:
            continue
        yield Finding(
            node.at,
            f"{target} does not know the {call.kind.replace('_', ' ')} class {_named(node)}; it was given {_arguments(node)}"
            + (_subclassed(document) if not node.at.keys else ""),
            repair=Repair(
                f"load_model(path, custom_objects={{{sought(node, document, target)!r}: {plain_name(node)}}})", safety=Safety.ADVICE
            ),
            needs=(Need("--custom", node.class_name, "the class itself is not in the file, only its name and arguments"),),
            keras_says=_keras_says(document, node),
        )


def _found(match: Match, document: Document, target: Target) -> Iterator[Finding]:
    """A class whose source is given. An error only where the loader would not find it under the name in the file."""
    edits, definition = homecoming(match, document, target), match.definition
    if edits:
        yield Finding(
            match.node.at,
            f"{definition.name} is the class at {source_of(definition)}: Keras finds it as {definition.name_in_file!r}{_as_it_is(match, document, target)}",
            repair=Repair(f"write the module {definition.module} and the name {definition.name_in_file!r}", edits),
            mild=not _missed(match, document, target),
        )


def _given_inside_bidirectional(document: Document, target: Target) -> Iterator[Finding]:
    """The reader of an ``.h5`` hands ``custom_objects`` to Bidirectional, whose constructor copies the layer without them."""
    for call in calls(document, target) if target.custom else ():
        if call.node.class_name != "Bidirectional" or call.resolution is not Resolution.FOUND:
            continue
        held = as_node(call.node.config.get("layer"), call.node.at / "config" / "layer")
        if held is None:
            continue
        definition = target.given.code.get(held.class_name)
        registered = definition.registered is not None if definition else ">" in (held.registered_name or "")
        if held.class_name in target.custom and not registered:
            yield Finding(
                held.at,
                f"Bidirectional of {target} does not find {held.class_name} among the custom_objects of an .h5: it has to be registered, "
                "by @keras.saving.register_keras_serializable() above it",
                needs=(Need("--custom", "FILE.py", f"{held.class_name} with @keras.saving.register_keras_serializable() above it"),),
                keras_says=f"TypeError: Could not locate class '{held.class_name}'.",
            )


def _taken_for_the_authors(document: Document, target: Target) -> Iterator[Finding]:
    """Layers of Keras's own beside a class of the user's of the same name: the reader of an ``.h5`` takes that one for both."""
    given = calls(document, target) if target.custom else ()
    own = {call.node.class_name for call in given if call.node.class_name in target.custom and is_authors(call.node)}
    for node in (call.node for call in given if own and call.node.class_name in own and "module" not in call.node.raw):
        home = Catalogue.load(target.release, target.family).legacy("layer", node.class_name)
        if home is None or not home.exports:
            continue
        place = {"module": home.exports[0].rpartition(".")[0], "registered_name": None}
        edits = tuple(Edit(node.at / key, old=node.raw.get(key, ABSENT), new=value) for key, value in place.items())
        yield Finding(
            node.at,
            f"the {node.class_name} of Keras's own, {node.name!r}, bears the name of a class that custom_objects has, which {target} takes for it",
            repair=Repair(f"write the module {place['module']}", edits) if (release_of(document) or (0, 0)) >= (3, 0) else None,
            layer=node.name,
            keras_says=f"TypeError: Error when deserializing class '{node.class_name}' using config=…",
        )


def _missed(match: Match, document: Document, target: Target) -> bool:
    """By the name in the file: registered under it, or given under the class's own, as ``custom_objects`` are."""
    name, definition = sought(match.node, document, target), match.definition
    if definition.registered is not None and match.node.at.keys and hears_no_custom_objects(document, target):
        return name != definition.registered
    return name not in (definition.name_in_file, definition.name)


def _as_it_is(match: Match, document: Document, target: Target) -> str:
    name = sought(match.node, document, target)
    if name == match.definition.name_in_file:
        return ""
    given = f"{{{name!r}: {match.definition.name}}}"
    scoped = match.node.at.keys and hears_no_custom_objects(document, target)
    return f"; the file says {name!r}, by which it is found with {f'custom_object_scope({given})' if scoped else f'custom_objects={given}'} alone"


def _subclassed(document: Document) -> str:
    held = model_weights(document)
    shapes = ", ".join(str(weight.shape) for weight in [*held.values()][:4]) + (", …" if len(held) > 4 else "")
    arrays = f"{len(held)} array{'s' if len(held) > 1 else ''} ({shapes})" if held else "no weights"
    return f". The model itself is a class of its author's: the file holds no graph, only these arguments and {arrays}"


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
