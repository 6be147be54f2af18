"""The custom classes and functions of a file beside the user's own source: which is which, and what does not fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import PurePath
from typing import NamedTuple

from kdoctor.custom.left_out import may_be_set
from kdoctor.document import ABSENT, Document, Json, Weight
from kdoctor.edit import Edit
from kdoctor.errors import UsageError
from kdoctor.keras_api import habits
from kdoctor.keras_api.api_object import ApiObject
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.keras_api.compile_reader import Mention
from kdoctor.keras_api.reader import FAMILY, Call, Resolution, calls
from kdoctor.pointer import Pointer
from kdoctor.structure.layers import layer_at, layers
from kdoctor.structure.manifest import model_weights, weights_by_layer
from kdoctor.structure.objects import FUNCTION, MODELS, Node, as_node, is_authors
from kdoctor.structure.sequential import as_shape, stack_that_begins
from kdoctor.target import Target
from kdoctor.user_code.definition import BASE_ARGUMENTS, Argument, Definition

GRAPH = frozenset({"name", "layers", "input_layers", "output_layers"})
READ_BY_KERAS = frozenset({"batch_input_shape", "batch_shape", "dynamic"})  # of a layer, by one reader or another
IN_REACH = (Resolution.GIVEN, Resolution.UNKNOWN, Resolution.FUNCTION)


class Match(NamedTuple):
    """An object of the file, its definition in the user's source, and the class of Keras that takes what this one's constructor hands on."""

    node: Node
    definition: Definition
    base: ApiObject | None = None

    @property
    def given(self) -> frozenset[str]:
        return frozenset(self.node.config)

    @property
    def unexpected(self) -> tuple[str, ...]:
        """Arguments that the file gives and the constructor refuses."""
        if not self.definition.is_class or self.put_together:
            return ()
        if self.base is None or self.definition.made_otherwise or not self.definition.takes_anything:
            return self.definition.unexpected(self.given)
        return tuple(sorted(self.given - self.definition.named - READ_BY_KERAS - {*self.base.parameters, *self.base.keys_taken}))

    @property
    def missing(self) -> tuple[Argument, ...]:
        """Arguments that the constructor needs and the file does not state."""
        return tuple(one for one in self._lacking if one.required)

    @property
    def assumed(self) -> tuple[Argument, ...]:
        """Arguments that were lost when the model was saved, and whose default may not be what it was made with."""
        return () if self.definition.stated else tuple(one for one in self._lacking if not one.required)

    @property
    def _lacking(self) -> tuple[Argument, ...]:
        return self.definition.lacking(self.given) if self.definition.is_class and not self.put_together else ()

    @property
    def put_together(self) -> bool:
        """Whether Keras makes the model from its graph, as it does a Functional: a subclass with a ``train_step`` of its own."""
        return self.definition.takes_a_graph and self.given >= GRAPH


@lru_cache(maxsize=4)
def matches(document: Document, target: Target) -> tuple[Match, ...]:
    """Every object of the config that the user's source defines, outermost first."""
    code = target.given.code
    if not code:
        return ()
    catalogue = Catalogue.load(target.release, target.family)
    found = []
    for call in calls(document, target):
        definition = code.get(plain_name(call.node))
        if definition is None or definition.is_class is (call.node.class_name == FUNCTION):
            continue
        if call.resolution in IN_REACH and not _is_keras_own(call, catalogue):
            found.append(Match(call.node, _as_stated(definition, call.node.module), base_of(definition, call.kind, target)))
    return tuple(found)


def _as_stated(definition: Definition, module: str | None) -> Definition:
    """Under the module that the file states, where the source stands in folders of these names: whatever else it imports of its project is
    found from there, too."""
    stated = tuple((module or "").split("."))
    source = PurePath(definition.file).with_suffix("")
    place = source.parts[:-1] if source.name == "__init__" else source.parts
    return definition._replace(module=module or "") if len(stated) > 1 and place[-len(stated) :] == stated else definition


def base_of(definition: Definition, kind: str, target: Target) -> ApiObject | None:
    """The class of Keras 3 that refuses what the user's class does not know; None where either takes anything."""
    if not target.keras_3 or not definition.is_class or definition.above is None:
        return None
    found = Catalogue.load(target.release, target.family).legacy(kind, definition.above)
    return None if found is None or found.is_function or found.takes_anything or found.name in MODELS else found


def of_training(mention: Mention, target: Target) -> tuple[ApiObject, tuple[str, ...]] | None:
    """The class of Keras under a loss, metric or optimizer whose source is given, and the arguments that neither takes."""
    definition = target.given.code.get(mention.name.rpartition(">")[2]) if mention.form == "object" else None
    base = base_of(definition, mention.kind, target) if definition is not None else None
    if definition is None or base is None or definition.made_otherwise:
        return None
    taken = definition.named | {*base.parameters, *base.keys_taken}
    return base, tuple(name for name in mention.arguments if name not in taken)


def plain_name(node: Node) -> str:
    """The name of the class or function without the package that it is registered in."""
    name = node.raw.get("config") if node.class_name == FUNCTION else node.class_name
    return name.rpartition(">")[2] if isinstance(name, str) else ""


def _is_keras_own(call: Call, catalogue: Catalogue) -> bool:
    """A class of Keras whose name the user's source has, too."""
    family = not is_authors(call.node) and (call.node.module or "keras").split(".")[0] in FAMILY
    return family and call.kind != "function" and catalogue.legacy(call.kind, call.node.class_name) is not None


def sought(node: Node, document: Document, target: Target) -> str:
    """The one name by which Keras asks what is registered, and what ``custom_objects`` has: a class is found by no other, a module apart.

    Run in 2.15.0, 3.0.5 and 3.15.1, archives and ``.h5``, with classes registered under this name, another or none.
    """
    if node.class_name == FUNCTION:
        return str(node.raw.get("config"))
    archived = document.format.native or "module" in node.raw  # an .h5 of Keras 3 writes what a wrapper holds as archives do
    by_class = not (document.format.native or node.at.keys) or _goes_by_class(node, document, target)
    return (node.registered_name if archived and not by_class else None) or node.class_name


def _goes_by_class(node: Node, document: Document, target: Target) -> bool:
    """Whether Keras 2 reads the layer in the way of old files: every layer of an ``.h5``, and what a wrapper holds (Wrapper.from_config asks
    its own config for a module, which has none), but for Bidirectional. Run in 2.15.0, read in 2.11 to 2.13 and tf-keras 2.19."""
    if target.keras_3 or not document.format.native:
        return not target.keras_3
    around = as_node(document.at(node.at.parent.parent), node.at.parent.parent) if node.key == "layer" else None
    return around is not None and around.class_name != "Bidirectional"


def hears_no_custom_objects(document: Document, target: Target) -> bool:
    """Whether the layers of this file are sought among what is registered, or in a ``custom_object_scope``, alone."""
    return not document.format.native and habits.KEEPS_CUSTOM_OBJECTS_TO_ITSELF.of(target)


def homecoming(match: Match, document: Document, target: Target) -> tuple[Edit, ...]:
    """Edits that write where the object is to be found: its module, and the name that Keras looks for."""
    node, definition = match.node, match.definition
    if not node.at.keys and not document.format.native:  # the root of an .h5 is read by its class name alone
        return _changed(node, {"class_name": definition.name_in_file})
    if node.class_name == FUNCTION:
        return _changed(node, function_object(definition))
    if _states_first_shape(node, document):
        return ()  # K609 writes an InputLayer first, as long as the layer is read in the old way
    if _goes_by_class(node, document, target):
        return _changed(node, {"class_name": definition.name_in_file})
    wanted: dict[str, Json] = {"module": definition.module, "class_name": definition.name, "registered_name": definition.name_in_file}
    if "batch_input_shape" in node.config and "module" not in node.raw:
        wanted["config"] = {key: value for key, value in node.config.items() if key != "batch_input_shape"}
    return _changed(node, wanted)


def function_object(definition: Definition) -> dict[str, Json]:
    """A function as Keras stores it: found by its registered name, or by the plain one."""
    name = definition.name_in_file
    return {"module": definition.module, "class_name": FUNCTION, "config": name, "registered_name": name}


def _changed(node: Node, wanted: Mapping[str, Json]) -> tuple[Edit, ...]:
    different = any(node.raw.get(key, ABSENT) != value for key, value in wanted.items())
    return (Edit(node.at, old=node.raw, new={**node.raw, **wanted}),) if different else ()


def _states_first_shape(node: Node, document: Document) -> bool:
    if document.format.native or as_shape(node.config.get("batch_input_shape")) is None:
        return False
    return stack_that_begins(document, node) is not None


def settings_for(match: Match, document: Document, target: Target) -> dict[str, Json]:
    """The arguments that ``--set`` gives to this object, by its layer's name or its class."""
    layer = layer_at(document, match.node.at)
    names = {match.definition.name, match.node.name, layer.name if layer is not None and layer.at == match.node.at else None}
    return {argument: value for (name, argument), value in target.given.settings.items() if name in names}


def stored_arrays(document: Document, node: Node) -> list[tuple[str, Weight]]:
    """The arrays of one layer, or of the whole model, with their paths, in its order."""
    if node.at == Pointer("config"):
        return sorted(model_weights(document).items())
    for row, owned in zip(layers(document), weights_by_layer(document), strict=True):
        if row.at == node.at:
            names = document.attributes.get(f"/model_weights/{row.name}", {}).get("weight_names")
            order = {f"model_weights/{row.name}/{name}": index for index, name in enumerate(names if isinstance(names, list) else ())}
            return [(path, owned[path]) for path in sorted(owned, key=lambda path: (order.get(path, len(order)), _number(path)))]
    return []


def _number(path: str) -> tuple[int, str]:
    last = path.rpartition("/")[2]
    return (int(last) if last.isdecimal() else 0, path)


def only_base_arguments(node: Node) -> bool:
    """Whether the config holds nothing but what every layer has: what ``get_config`` of the class itself adds is lost."""
    return bool(node.config) and node.config.keys() <= BASE_ARGUMENTS | {"batch_input_shape", "dynamic"}


def check_settings(document: Document, target: Target) -> None:
    """Raises `UsageError` for a ``--set`` whose layer, or argument, is not there."""
    found = matches(document, target)
    asked = may_be_set(document, target) if target.given.settings else frozenset()
    for name, argument in target.given.settings:
        if (name, argument) in asked:
            continue
        fitting = [match for match in found if argument in settings_for(match, document, target)]
        if not fitting:
            known = ", ".join(sorted({repr(match.node.name or match.definition.name) for match in found})) or "none"
            raise UsageError(
                f"--set {name}.{argument}: no custom layer of that name, and none of Keras's own that lacks it; those whose source is given: {known}"
            )
        if all(match.definition.unexpected(frozenset({argument})) for match in fitting):
            raise UsageError(f"--set {name}.{argument}: {fitting[0].definition.name} takes no argument {argument!r}")


def loading_code(document: Document, target: Target, path: str) -> Iterator[str]:
    """The Python that loads the file with the user's objects: imports, ``custom_objects`` for what no decorator registers, and
    ``safe_mode=False`` where its code cannot be had otherwise."""
    used = sorted({match.definition.name: match.definition for match in matches(document, target)}.items())
    keys = {(sought(match.node, document, target), match.definition.name) for match in matches(document, target)}
    registered = {(definition.registered, name) for name, definition in used}
    plain = sorted(keys - registered)
    modules: dict[str, list[str]] = {}
    for name, definition in used:
        modules.setdefault(definition.module, []).extend([name] if any(name == given for _, given in plain) else [])
    for module, names in sorted(modules.items()):
        yield f"from {module} import {', '.join(names)}" if names else f"import {module}  # registers what the model uses"
    listed = ", ".join(f"{key!r}: {name}" for key, name in plain)
    given = (f"custom_objects={{{listed}}}" if plain else "", "" if target.safe_mode else "safe_mode=False")
    if any(given):
        yield f"model = keras.saving.load_model({path!r}, {', '.join(filter(None, given))})"


def source_of(definition: Definition) -> str:
    """``my_layers.py:12``, for messages."""
    return f"{definition.file}:{definition.line}"
