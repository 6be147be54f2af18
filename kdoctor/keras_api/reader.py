"""What the target's loader makes of a config: which class each object resolves to.

The loader of ``.keras`` archives goes by module and class name (serialization_lib), that of ``.h5`` files by class name alone
(legacy/saving/serialization.py). Both are modelled as a pure function from a document to calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import lru_cache, partial
from typing import NamedTuple, TypeAlias, TypeVar

from kdoctor.document import Document, Json
from kdoctor.keras_api import habits
from kdoctor.keras_api.api_object import ApiObject
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.keras_api.history import known_elsewhere
from kdoctor.keras_api.operation import home_of_operation, is_nameless, of_keras_3
from kdoctor.keras_api.retired import OPERATION_LAYERS
from kdoctor.pointer import Pointer
from kdoctor.structure.layers import is_model
from kdoctor.structure.objects import CODE, FUNCTION, Node, is_authors, is_repaired_hub, objects
from kdoctor.structure.outline import is_whole, outline, outlined, telling
from kdoctor.target import Target

FAMILY = ("keras", "tensorflow", "tf_keras", "keras_core")  # first components of the modules that Keras's own classes have lived in
WRAPPED = frozenset({"layer", "forward_layer", "backward_layer", "cell"})  # a wrapper reads the layer it holds as a .keras does
POLICY = ("config", "dtype")
ROOT = Pointer("config", ())
KINDS = (("initializer", "initializer"), ("regularizer", "regularizer"), ("constraint", "constraint"), ("activation", "activation"))

T = TypeVar("T")
LookUp: TypeAlias = "Callable[[str, bool, str | None, str], ApiObject | None]"


class Resolution(Enum):
    """What becomes of an object's class."""

    FOUND = "found"
    GIVEN = "given by the user as a custom object"
    HUB = "a TensorFlow Hub layer"
    OPERATION = "a TensorFlow operation recorded as a layer"
    RETIRED = "a class that Keras once had"
    MOVED = "a class of the target, under a module that it does not have"
    UNKNOWN = "a class of the user's own, or of a package"
    FUNCTION = "a function that the target does not know"
    POLICY = "a dtype policy in a form that the target does not read"


class Call(NamedTuple):
    """One constructor call of the loader: the object, what its class resolves to, and the arguments that it passes.

    ``found`` of a moved class is the class at its home, so that all that stands in the way is told at once.
    """

    node: Node
    kind: str
    resolution: Resolution
    found: ApiObject | None
    arguments: Mapping[str, Json]

    @property
    def found_by_path(self) -> bool:
        """Whether the class was found under its real module rather than under a public name."""
        return self.found is not None and self.node.module == self.found.module

    def not_taken(self) -> tuple[str, ...]:
        """The arguments that the constructor refuses."""
        found = self.found
        if found is None or found.takes_anything or found.is_function or self.arguments.keys() <= found.parameters.keys():
            return ()
        if is_model(self.node):  # which is put together from its layers, not called with its config
            return ()
        return tuple(name for name in self.arguments if name not in found.parameters and name not in found.keys_taken)


@lru_cache(maxsize=4)
def calls(document: Document, target: Target) -> tuple[Call, ...]:
    """The loader's calls for every object of the config, outermost first; encoded Python code is no call."""
    return telling_calls(document, target) if is_whole(document) else _calls(document, target, _made_of(objects(document), target))


@lru_cache(maxsize=16)
def calls_of(document: Document, target: Target, kind: str) -> tuple[Call, ...]:
    """Those for objects of this kind (`kind_of`): a third of all are layers, which most checks are about."""
    if is_whole(document):
        return tuple([call for call in telling_calls(document, target) if kind_of(call.node) == kind])
    found, inner = (_of_kind(outlined(document), target, kind), outline(document).inner)
    if inner and any(id(node.raw) in inner for node in found):
        found = _of_kind(objects(document), target, kind)
    return _calls(document, target, found)


@lru_cache(maxsize=4)
def telling_calls(document: Document, target: Target) -> tuple[Call, ...]:
    """The calls without those for layers that are like an earlier one, and for what these hold (`structure.outline`).

    Who goes by neither the names nor the connections nor the shapes of layers, and finds nothing in these, finds nothing in any call.
    """
    return _calls(document, target, _made_of(telling(document), target))


def found_in_calls(document: Document, target: Target, judge: Callable[[Call], Iterable[T]]) -> Iterator[T]:
    """What such a judge finds in each call: all of them are asked only where one of the telling ones says something."""
    if any(True for call in telling_calls(document, target) for _ in judge(call)):
        for call in calls(document, target):
            yield from judge(call)


def _made_of(found: Iterable[Node], target: Target) -> Sequence[Node]:
    """Those of the objects that the loader makes."""
    nodes = [node for node in found if node.at.part == "config" and node.class_name != CODE]
    if habits.READS_NO_POLICY_OF_STACKS.of(target):
        stacks = {node.at.keys for node in nodes if node.class_name == "Sequential"}
        nodes = [node for node in nodes if node.at.keys[-2:] != POLICY or node.at.keys[:-2] not in stacks] if stacks else nodes
    return nodes


def _of_kind(found: Iterable[Node], target: Target, kind: str) -> Sequence[Node]:
    return [node for node in _made_of(found, target) if kind_of(node) == kind]


def _calls(document: Document, target: Target, nodes: Sequence[Node]) -> tuple[Call, ...]:
    if not nodes:
        return ()
    catalogue = Catalogue.load(target.release, target.family)
    look_up = lru_cache(maxsize=4096)(partial(_look_up, catalogue))  # a model has thousands of objects, of few classes
    return tuple(_made(nodes, lambda node: _call(node, document.format.native, catalogue, target, look_up)))


def _made(nodes: Iterable[Node], make: Callable[[Node], Call]) -> Iterator[Call]:
    """The calls of the objects, of which thousands go by the same words: what was found once is found again."""
    known: dict[tuple[Json, ...], Call] = {}
    for node in nodes:
        like = known.get(words := _words(node))
        if like is not None:
            passed = node.config if like.arguments is like.node.config else _forgiven(node)
            yield Call(node, like.kind, Resolution.FOUND, like.found, passed)
            continue
        call = make(node)
        if words and call.resolution is Resolution.FOUND:
            known[words] = call
        yield call


def _words(node: Node) -> tuple[Json, ...]:
    """All that the loader goes by; nothing for the outermost object, for a function, and for what may be an operation without a name."""
    stated = "module" in node.raw
    if not node.at.keys or node.class_name == FUNCTION or not (stated or "trainable" in node.config or "inbound_nodes" not in node.raw):
        return ()
    return node.key, node.class_name, node.module, node.registered_name, stated, not stated and is_held(node)


@lru_cache(maxsize=4)
def unfound(document: Document, target: Target) -> tuple[Call, ...]:
    """The calls whose class is not simply found: few of thousands, and what most checks are about."""
    if all(call.resolution is Resolution.FOUND for call in telling_calls(document, target)):
        return ()
    return tuple(call for call in calls(document, target) if call.resolution is not Resolution.FOUND)


def kind_of(node: Node) -> str:
    """What the loader expects where the object stands, by the key that holds it: layer, initializer, dtype_policy, …"""
    return _kind(node.key or "")


@lru_cache(maxsize=256)
def _kind(key: str) -> str:
    return "dtype_policy" if key == "dtype" else next((kind for suffix, kind in KINDS if key.endswith(suffix)), "layer")


def _look_up(catalogue: Catalogue, kind: str, by_module: bool, module: str | None, class_name: str) -> ApiObject | None:
    if kind != "layer":
        return catalogue.argument(kind, module, class_name)
    return catalogue.resolve(module, class_name) if by_module else catalogue.legacy(kind, class_name)


def _call(node: Node, native: bool, catalogue: Catalogue, target: Target, look_up: LookUp) -> Call:
    kind = kind_of(node)
    if node.class_name in target.custom or node.registered_name in target.custom or is_repaired_hub(node):
        return Call(node, kind, Resolution.GIVEN, None, node.config)
    if node.class_name == FUNCTION:
        return _function(node, catalogue, target)
    if not native and target.keras_3 and is_nameless(node) and (operation := home_of_operation(node, catalogue)) is not None:
        return Call(node, kind, Resolution.MOVED, operation, node.config)
    natively = read_natively(node, native, target)
    by_module = natively and (habits.GOES_BY_MODULE.of(target) or not node.at.keys)
    found = look_up(kind, by_module, node.module, node.class_name)
    resolution = Resolution.FOUND if found is not None else _lost(node, kind, catalogue)
    if resolution is Resolution.MOVED:  # the class at its home will refuse the same arguments
        found = _at_home(node, kind, catalogue)
    return Call(node, kind, resolution, found, _forgiven(node) if target.keras_3 and not natively else node.config)


def read_natively(node: Node, native: bool, target: Target) -> bool:
    """Whether an object is read as in a ``.keras`` archive: without what an ``.h5`` is forgiven.

    Inside either file a listed layer is read natively if it states a module (Sequential.from_config, functional_from_config), and what a
    wrapper of Keras 3 holds always is (Wrapper.from_config, serialization_lib.deserialize_keras_object). The root of an archive is, whatever
    it states, and that of an ``.h5`` never is in Keras 3. Before Keras 2.12 no object is.
    """
    if "module" not in node.raw and not (native and node.at == ROOT):
        return habits.READS_HELD_LAYERS_NATIVELY.of(target) and is_held(node)
    return native or (habits.READS_MODULES_IN_HDF5.of(target) and (len(node.at.keys) > 0 or not target.keras_3))


def is_held(node: Node) -> bool:
    """Whether a layer is one that a wrapper holds, or one of the cells of a StackedRNNCells (stacked_rnn_cells.py, from_config)."""
    keys = node.at.keys
    return node.key in WRAPPED or (len(keys) > 1 and keys[-2] == "cells" and isinstance(keys[-1], int))


def _forgiven(node: Node) -> Mapping[str, Json]:
    """The arguments that the ``.h5`` reader passes on, after what it renames and drops for old files (saving_utils.model_from_config)."""
    arguments = dict(node.config)
    batch_shape = arguments.pop("batch_input_shape", None)
    if batch_shape is not None:
        arguments["batch_shape" if node.class_name == "InputLayer" else "input_shape"] = batch_shape
    if "axis" in arguments and not _is_one_axis(arguments["axis"]):
        del arguments["axis"]
    if node.class_name == "Lambda":
        for name in ("module", "function_type", "output_shape_type", "output_shape_module"):
            arguments.pop(name, None)
    return arguments


def _is_one_axis(axis: Json) -> bool:
    """Whether it is an axis that the reader hands on (later releases alone: habits.DROPS_NUMBERED_AXIS); it takes every other out."""
    one = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    return isinstance(one, (int, float))


def _function(node: Node, catalogue: Catalogue, target: Target) -> Call:
    """A function by name: ``{"module": "builtins", "class_name": "function", "config": "relu"}``."""
    name = node.raw.get("config")
    text = name if isinstance(name, str) else ""
    if text in target.custom or text.rpartition(">")[2] in target.custom:
        return Call(node, "function", Resolution.GIVEN, None, {})
    found = catalogue.resolve(node.module, text)
    return Call(node, "function", Resolution.FOUND if found is not None else Resolution.FUNCTION, found, {})


def _lost(node: Node, kind: str, catalogue: Catalogue) -> Resolution:
    """Why a class is not found; kdoctor never guesses a package from a name that Keras itself has used."""
    if kind == "dtype_policy":
        return Resolution.POLICY
    root = (node.module or "").split(".")[0]
    if root == "tensorflow_hub" or (node.class_name == "KerasLayer" and "handle" in node.config):
        return Resolution.HUB
    family = node.module is None or root in FAMILY
    if family and node.class_name in OPERATION_LAYERS:
        return Resolution.OPERATION
    if family and _at_home(node, kind, catalogue) is not None:
        return Resolution.UNKNOWN if kind == "layer" and is_authors(node) else Resolution.MOVED
    known = family and known_elsewhere("operation" if of_keras_3(node) else kind, node.class_name)
    return Resolution.RETIRED if known else Resolution.UNKNOWN


def _at_home(node: Node, kind: str, catalogue: Catalogue) -> ApiObject | None:
    """The class of that name, wherever the release keeps it."""
    return catalogue.legacy(kind, node.class_name) or (
        catalogue.of_application(node.class_name.removeprefix("Custom>"), node.config) if kind == "layer" else None
    )


def home_of(call: Call, target: Target) -> tuple[str, str | None] | None:
    """The module under which the target has a class that the file names under another one, and the registered name that goes with it."""
    if is_nameless(call.node) and call.found is not None:
        return call.found.module, call.node.class_name
    found = _at_home(call.node, call.kind, Catalogue.load(target.release, target.family))
    if found is None:
        return None
    public = found.exports[0] if found.exports else None
    return (public.rpartition(".")[0], None) if public else (found.module, found.name)
