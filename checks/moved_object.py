from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from kdoctor.check import Finding, Repair, Severity, check
from kdoctor.document import ABSENT, Document, Json
from kdoctor.edit import Edit
from kdoctor.graph.shapes import output_shapes
from kdoctor.keras_api import habits
from kdoctor.keras_api.operation import is_nameless
from kdoctor.keras_api.reader import Call, Resolution, found_in_calls, home_of, read_natively, unfound
from kdoctor.structure.layers import layer_at, layers
from kdoctor.structure.objects import Node
from kdoctor.target import Target

from ._layer_activations import stated
from ._registered_names import registered

# Operations that take an axis alone, as the layers of their names do: these are found in their places, and compute the same without a mask.
AS_LAYERS = frozenset({"Softmax", "Concatenate"})
WITH_WEIGHTS = frozenset({"PReLU"})  # of the layers that serve as an activation


@check("K306", Severity.ERROR, since="0.1.0")
def moved_object(document: Document, target: Target) -> Iterator[Finding]:
    """A class that the target has stands in the file under a module that it has not.

    Files of tf.keras 2.12 to 2.15 name ``keras.src.engine.functional``, files edited by hand ``tensorflow.keras.layers``: "Could not
    deserialize class 'Functional' because its parent module keras.src.engine.functional cannot be imported".

    Since 3.15 a class of Keras itself must not carry another registered name: "`registered_name='Custom>Dense'` was provided in the
    config, but 'keras.layers.Dense' resolved to a Keras built-in".

    Keras 3 saves an operation of its own (``x * 2``, ``x[:, 0]``) in an ``.h5`` without its module, and does not find it again: "Unknown
    layer: 'GetItem'". Of a softmax and a concatenate it finds the layers, which compute the same where no mask comes to them.

    A layer as an activation (``Dense(64, activation=LeakyReLU(0.1))``) is looked for by its module, which tf.keras up to 2.12 did not
    write: "Could not locate class 'LeakyReLU'". A PReLU is told its shape, too.

    The cure writes the module under which the target has the class, and takes the registered name away. Arguments that the class took
    only at its old place are findings of their own.
    """
    for call in unfound(document, target):
        if call.resolution is Resolution.MOVED:
            if not is_nameless(call.node):
                yield _moved(call, target)
            elif not _is_as_layer(call.node) or _masks(document):
                yield _operation(call, target)
        elif (whole := stated(call, target)) is not None:
            yield _activation(document, call.node, whole, target)
    if habits.REFUSES_REGISTERED_NAMES.of(target):
        yield from found_in_calls(document, target, partial(_registered, document, target))


def _registered(document: Document, target: Target, call: Call) -> Iterator[Finding]:
    node = call.node
    if node.raw.get("registered_name") and _misnamed(call) and read_natively(node, document.format.native, target):
        yield registered(node.at, node.class_name, f"{node.module}.{node.class_name}", node.raw["registered_name"], target)


def _is_as_layer(node: Node) -> bool:
    """A list of axes is lost (K609), and a layer without one has its own."""
    return node.class_name in AS_LAYERS and type(node.config.get("axis")) is int


def _masks(document: Document) -> bool:
    """Whether a layer of the model makes a mask."""
    return any(layer.class_name == "Masking" or bool(layer.node.config.get("mask_zero")) for layer in layers(document))


def _moved(call: Call, target: Target) -> Finding:
    node = call.node
    return Finding(
        node.at / "module",
        f"{node.class_name} is looked for in the module {node.module}, which {target} has not, or not with that class",
        repair=_at_home(call, target),
        keras_says=_unlocated(node),
    )


def _operation(call: Call, target: Target) -> Finding:
    node = call.node
    return Finding(
        node.at,
        f"{node.class_name} is an operation of Keras, and {target} looks for it among the layers: an .h5 does not say its module",
        repair=_at_home(call, target),
        keras_says=f"TypeError: Unknown layer: '{node.class_name}'.",
    )


def _activation(document: Document, node: Node, whole: dict[str, Json], target: Target) -> Finding:
    """With its shape where it has weights: Keras 3 makes them when it reads it, and a layer whose activation has none yet expects too few."""
    holder = layer_at(document, node.at)
    shape = output_shapes(document).get(holder.at) if holder is not None and whole["class_name"] in WITH_WEIGHTS else None
    built = {} if shape is None else {"build_config": {"input_shape": [*shape]}}
    told = whole["class_name"] not in WITH_WEIGHTS or "build_config" in whole or built
    write = Repair(f"write keras.layers.{whole['class_name']}", (Edit(node.at, old=node.raw, new={**built, **whole}),))
    return Finding(
        node.at,
        f"the activation {node.class_name} is a layer, which {target} looks for by its module: the file does not say it",
        repair=write if told else None,
        keras_says=f"TypeError: Could not locate class '{node.class_name}'.",
    )


def _at_home(call: Call, target: Target) -> Repair | None:
    home = home_of(call, target)
    if home is None:
        return None
    node, (module, registered) = call.node, home
    edits = [Edit(node.at / "module", old=node.raw.get("module", ABSENT), new=module)]
    if node.raw.get("registered_name", ABSENT) != registered:
        edits.append(Edit(node.at / "registered_name", old=node.raw.get("registered_name", ABSENT), new=registered))
    bare = node.class_name.rpartition(">")[2]
    if bare != node.class_name:
        edits.append(Edit(node.at / "class_name", old=node.class_name, new=bare))
    return Repair(f"write the module {module}", tuple(edits))


def _unlocated(node: Node) -> str:
    """Keras imports modules of its own only (serialization_lib._retrieve_class_or_fn)."""
    if (node.module or "").split(".")[0] == "keras":
        return f"TypeError: Could not deserialize class '{node.class_name}' because its parent module {node.module} cannot be imported."
    return f"TypeError: Could not locate class '{node.class_name}'."


def _misnamed(call: Call) -> bool:
    """Whether it is a built-in under a registered name that is not its own."""
    node = call.node
    public = call.resolution is Resolution.FOUND and call.kind == "layer" and not call.found_by_path
    named = node.raw.get("registered_name")  # a number, too; lists and dicts fail before (K614)
    return public and not isinstance(named, (list, dict)) and named != node.class_name
