"""TensorFlow Hub's KerasLayer, a layer of Keras 2, said as kdoctor's own layer for Keras 3, with its weights where that looks for them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Final, NamedTuple

from kdoctor.document import ABSENT, Document, Json, Member, Weight
from kdoctor.edit import Edit
from kdoctor.keras_api.layouts import CHECKPOINT, LAYERS
from kdoctor.keras_api.reader import Resolution, unfound
from kdoctor.pointer import Pointer
from kdoctor.structure.naming import fresh
from kdoctor.structure.objects import HUB_CLASS, HUB_MODULE, HUB_REGISTERED, Node, is_repaired_hub
from kdoctor.structure.outline import found_in_objects
from kdoctor.structure.sequential import as_shape, stacks
from kdoctor.target import Target
from kdoctor.weights.claims import Claim, claims
from kdoctor.weights.rearrange import edits as moving
from kdoctor.weights.stored_h5 import ledger

if TYPE_CHECKING:
    from kdoctor.saved_model.module import Module

STEM: Final = "keras_layer"  # of its weights in a .keras, and of the layer that takes its place
NEW_STEM: Final = "hub_layer"
# What KerasLayer.get_config writes (tensorflow_hub 0.6 to 0.16), and what its base class adds.
TAKEN: Final = ("name", "trainable", "dtype", "handle", "arguments", "signature", "signature_outputs_as_dict", "output_key", "output_shape")
MEANS_NOTHING: Final = frozenset({"batch_input_shape", "dynamic", "stateful"})
NUMBERED: Final = re.compile(r"(.*?)(?:_([0-9]+))?")


class Rewriting(NamedTuple):
    """The edits that rewrite every KerasLayer of the file at once, or why that cannot be."""

    edits: tuple[Edit, ...]
    refused: str = ""


def hub_nodes(document: Document, target: Target) -> tuple[Node, ...]:
    """The layers of TensorFlow Hub in the file, outermost first."""
    return tuple(call.node for call in unfound(document, target) if call.resolution is Resolution.HUB)


@lru_cache(maxsize=4)
def repaired_nodes(document: Document) -> tuple[Node, ...]:
    """The layers that kdoctor wrote for them."""
    return tuple(found_in_objects(document, _repaired_in))


def _repaired_in(node: Node) -> Iterator[Node]:
    if node.at.part == "config" and is_repaired_hub(node):
        yield node


def handle_of(node: Node) -> str | None:
    found = node.config.get("handle")
    return found if isinstance(found, str) else None


def rewriting(document: Document, target: Target) -> Rewriting:
    """All at once, because the name of a layer's weights in a ``.keras`` counts those of its class before it."""
    nodes = hub_nodes(document, target)
    moves = [*_moves(document, {node.at for node in nodes})] if document.format.native else []
    stored = _stored(document, nodes)
    edits: list[Edit] = []
    for node in nodes:
        handle = handle_of(node)
        if handle is None:
            return Rewriting((), "the file does not say which module it runs")
        odd = sorted(node.config.keys() - {*TAKEN} - MEANS_NOTHING)
        if odd:
            return Rewriting((), f"it has the arguments {', '.join(odd)}, which are none of hub.KerasLayer's")
        module = target.given.modules.get(handle)
        arrays = stored.get(node.at)
        wrong = None if module is None or arrays is None else _differs(module, arrays)
        if wrong:
            return Rewriting(
                (), f"{wrong}: the folder {module.folder if module else ''} holds another module than the one that was trained"
            )
        edits.append(Edit(node.at, old=node.raw, new=_rewritten(node, document, target, _stated(module, arrays))))
    return Rewriting((*_with_inputs(document, edits), *moving(document, moves)))


def _stored(document: Document, nodes: tuple[Node, ...]) -> dict[Pointer, tuple[Weight, ...]]:
    """The arrays that the file holds for each layer, in its order, where that is told."""
    if not document.weights:
        return {}  # lost, perhaps
    wanted = {node.at for node in nodes}
    if document.format.native:
        homes = {claim.node.at: home for claim, home, _ in _homes(document, wanted)}
        return {at: tuple(document.weights[path] for path in _paths(document, home)) for at, home in homes.items()}
    found = ledger(document)
    groups = {} if found is None else {group.name: group.weights for group in found.groups}
    outermost = [] if found is None else [row.node for row in found.layers]
    kept = {name.replace("/", "_"): name for name in groups}  # by what a layer is called once K207 has replaced its slashes
    names = {node.at: node.name or "" for node in outermost if node.at in wanted}
    arrays = {at: groups.get(name if name in groups else kept.get(name, ""), ()) for at, name in names.items()}
    return {at: tuple(weight for weight in weights if weight is not None) for at, weights in arrays.items() if None not in weights}


def _paths(document: Document, home: str) -> list[str]:
    """The paths of a layer's own arrays, by their numbers."""
    found = [path for root in (home, home.replace(LAYERS, CHECKPOINT)) for path in document.weights if path.startswith(f"{root}/vars/")]
    return sorted(found, key=lambda path: _number(path.rpartition("/")[2]))


def _homes(document: Document, wanted: set[Pointer]) -> Iterator[tuple[Claim, str, str]]:
    """Each layer, where its weights stand, and where those of the layer in its place are looked for.

    Releases that count in another way (Keras 2.13 by twos) are followed where as many places are there as layers.
    """
    rows = [claim for claim in claims(document) if claim.node.at in wanted]
    containers: dict[str, list[Claim]] = {}
    for row in rows:
        containers.setdefault(row.place.rpartition("/")[0], []).append(row)
    for container, members in containers.items():
        roots = (f"{container}/", f"{container}/".replace(LAYERS, CHECKPOINT))
        steps = {path[len(root) :].split("/")[0] for root in roots for path in document.weights if path.startswith(root)}
        present = sorted((step for step in steps if _stem(step) == STEM), key=_number)
        for index, row in enumerate(members):
            stands = f"{container}/{present[index]}" if len(present) == len(members) else row.place
            yield row, stands, f"{container}/{NEW_STEM}_{index}" if index else f"{container}/{NEW_STEM}"


def _moves(document: Document, wanted: set[Pointer]) -> Iterator[tuple[str, str]]:
    for _, old, new in _homes(document, wanted):
        for root in dict.fromkeys((old, old.replace(LAYERS, CHECKPOINT))):
            place = new if root == old else new.replace(LAYERS, CHECKPOINT)
            yield from ((path, f"{place}/{path[len(root) + 1 :]}") for path in document.weights if path.startswith(f"{root}/"))


def _stem(name: str) -> str:
    found = NUMBERED.fullmatch(name)
    return found[1] if found else name


def _number(name: str) -> int:
    digits = name.rpartition("_")[2]
    return int(digits) if digits.isdecimal() else 0


def _differs(module: Module, arrays: tuple[Weight, ...]) -> str | None:
    if module.variables is None:
        return None
    shapes = [variable.shape for variable in module.variables]
    held = [weight.shape for weight in arrays]
    alike = len(shapes) == len(held) and all(_fits(shape, lengths) for shape, lengths in zip(shapes, held, strict=True))
    return None if alike else f"the file holds weights of the shapes {held} for it, and the module has {shapes}"


def _fits(shape: tuple[int | None, ...] | None, lengths: tuple[int, ...]) -> bool:
    return shape is None or (len(shape) == len(lengths) and all(a in (None, b) for a, b in zip(shape, lengths, strict=True)))


def _stated(module: Module | None, arrays: tuple[Weight, ...] | None) -> list[Json] | None:
    """What the layer's config says of its variables; None where neither the file nor the module tells."""
    known = None if module is None else module.variables
    if arrays is not None:
        shapes = [list(weight.shape) for weight in arrays]
    elif known is not None and all(variable.shape is not None and None not in variable.shape for variable in known):
        shapes = [list(variable.shape or ()) for variable in known]  # type: ignore[arg-type]
    else:
        return None
    trained = [True] * len(shapes) if known is None else [variable.trainable for variable in known]
    return [{"shape": shape, "trainable": flag} for shape, flag in zip(shapes, trained, strict=True)]


def _rewritten(node: Node, document: Document, target: Target, variables: list[Json] | None) -> Json:
    config = {key: value for key, value in node.config.items() if key not in MEANS_NOTHING}
    folder = _folder(node, target)
    config.update({"folder": folder} if folder else {})
    config.update({"variables": variables} if variables is not None else {})
    if document.format.native or "module" in node.raw:
        return {**node.raw, "module": HUB_MODULE, "class_name": HUB_CLASS, "config": config, "registered_name": HUB_REGISTERED}
    return {**node.raw, "class_name": HUB_REGISTERED, "config": config}


def _folder(node: Node, target: Target) -> str | None:
    """The name of the module's folder, where the handle does not end with it."""
    handle = handle_of(node) or ""
    given = target.given.hub_paths.get(handle)
    name = PurePath(given).name if given else ""
    return name if name and name != PurePath(handle).name else None


def _with_inputs(document: Document, edits: list[Edit]) -> Iterator[Edit]:
    """The edits; where the first layer of a Sequential states the input shape, an InputLayer goes before it, which says the same to all."""
    left = {edit.at: edit for edit in edits}
    for stack in stacks(document):
        first = stack.layers[0] if stack.layers else None
        shape = None if first is None or first.at not in left else as_shape(first.config.get("batch_input_shape"))
        if first is None or shape is None:
            continue
        listed = [layer.raw for layer in stack.layers]
        new = [left.pop(layer.at).new if layer.at in left else layer.raw for layer in stack.layers]
        names = {layer.name or "" for layer in stack.layers}
        yield Edit(stack.at, old=listed, new=[_input(first, shape, fresh(f"{first.name}_input", names)), *new])
    yield from left.values()


def _input(first: Node, shape: tuple[int | None, ...], name: str) -> Json:
    dtype = first.config.get("dtype")
    config = {"batch_input_shape": list(shape), "dtype": dtype if isinstance(dtype, str) else "float32", "name": name}
    if "module" not in first.raw:
        return {"class_name": "InputLayer", "config": config}
    config["batch_shape"] = config.pop("batch_input_shape")
    return {"module": "keras.layers", "class_name": "InputLayer", "config": config, "registered_name": None}


def embedding(document: Document, target: Target) -> tuple[Edit, ...]:
    """Edits that bring the modules of repaired layers into a ``.keras`` archive's assets, each once."""
    places = {claim.node.at: claim.place for claim in claims(document)}
    brought: set[str] = set()
    found: list[Edit] = []
    ordinal = max(document.members, default=-1) + 1
    for node in repaired_nodes(document):
        module = target.given.modules.get(handle_of(node) or "")
        if module is None or node.config.get("embedded"):
            continue
        place = places.get(node.at, f"{LAYERS}/{NEW_STEM}_{module.digest[:16]}")  # anywhere will do: it is found by its digest
        found.append(Edit(node.at / "config" / "embedded", old=node.config.get("embedded", ABSENT), new=module.digest))
        for name, size in module.files if module.digest not in brought else ():
            member = Member(f"assets/{place}/{name}", "asset", size, size, 0, 0, brought=str(module.folder / name))
            found.append(Edit(Pointer("members", (ordinal,)), old=ABSENT, new=member))
            ordinal += 1
        brought.add(module.digest)
    return tuple(found)


def unembedded(document: Document, target: Target) -> tuple[Node, ...]:
    """Repaired layers whose module shall stand in the file, and does not."""
    return tuple(node for node in repaired_nodes(document) if target.given.embed and not node.config.get("embedded"))


def trust_lines(document: Document, target: Target, name: str) -> tuple[str, ...]:
    """The Python that has to run before the file, called ``name``, is loaded; none where it has no such layer."""
    nodes = repaired_nodes(document)
    arguments: list[str] = []
    for node in nodes:
        handle = handle_of(node) or ""
        module = target.given.modules.get(handle)
        what = name if node.config.get("embedded") else handle if module is None else str(module.folder)
        allow = f", allow={list(module.outside)!r}" if module is not None and module.outside else ""
        arguments.append(f"{what!r}{allow}")
    if not nodes:
        return ()
    plain = [one for one in dict.fromkeys(arguments) if ", allow=" not in one]
    calls = ([", ".join(plain)] if plain else []) + [one for one in dict.fromkeys(arguments) if ", allow=" in one]
    return ("import kdoctor.hub", *(f"kdoctor.hub.trust({call})" for call in calls))


def handles(document: Document, target: Target) -> Mapping[str, None]:
    """The handles of all hub layers of the file, each once, in order."""
    return dict.fromkeys(handle for node in (*hub_nodes(document, target), *repaired_nodes(document)) if (handle := handle_of(node)))
