"""A whole model from a file of weights and the architecture that its user has: only when every variable has its array, and every array its variable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kdoctor.convert.native_weights import archived, by_layer, groups_of
from kdoctor.convert.refusal import NotConvertible
from kdoctor.convert.stored_once import spread
from kdoctor.document import ABSENT, Document, Fault, Format, Json, Weight
from kdoctor.edit import apply
from kdoctor.faults import FaultKind
from kdoctor.keras_1 import is_keras_1
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.native_config import Translator
from kdoctor.structure.layers import layer_nodes
from kdoctor.structure.manifest import FOREIGN
from kdoctor.structure.objects import model_of
from kdoctor.structure.sequential import stacks, statements
from kdoctor.target import Target
from kdoctor.weights.rearrange import edits, relocations

ROOT = "/model_weights"
KERAS_3 = 3
ROUNDS = 10
OF_MAPS = (FaultKind.RENAMED_MAP, FaultKind.RENAMED_SHARD, FaultKind.UNMAPPED_GROUPS)
SAID = ("keras_version", "backend")  # what a whole model states at its root and beside its weights


def assembled(weights: Document, target: Target) -> Document:
    """The model. Raises `NotConvertible`, and says which variable or array is without its counterpart."""
    architecture = target.given.architecture
    if not isinstance(architecture, Mapping):
        raise NotConvertible("the architecture is not in the file")
    return _by_order(weights, architecture, target) if _is_legacy(weights) else _by_place(weights, architecture, target)


def lent(weights: Document, architecture: Mapping[str, Json], target: Target) -> Document:
    """The weights with an architecture that need not be theirs: what does not match is for the reader to find. Raises `NotConvertible`."""
    if not _is_legacy(weights):
        return _archive(weights, architecture, dict(weights.weights), target)
    whole = _grouped(weights, architecture)
    seen = {f"{ROOT[1:]}/{path}": numbers for path, numbers in weights.numbers.items()}
    return whole.replacing({**whole.parts, "numbers": {**weights.numbers, **seen}})


def with_given(document: Document, target: Target) -> Document:
    """A document that has lost its architecture, or never had one, with that which the user gives, right or not; any other as it is."""
    architecture = target.given.architecture
    if document.config is not ABSENT or not isinstance(architecture, Mapping):
        return document
    if document.format is not Format.H5_WEIGHTS:
        return document.replacing({**document.parts, "config": architecture})
    try:
        return lent(document, architecture, target)
    except NotConvertible:
        return document


def _is_legacy(weights: Document) -> bool:
    return any(isinstance(weights.attributes.get(group, {}).get("layer_names"), list) for group in ("/", ROOT))


def restored(document: Document, target: Target) -> Document:
    """The document of a whole file whose architecture is lost, with the one that its user has. Raises `NotConvertible` as `assembled` does."""
    architecture = target.given.architecture
    if not isinstance(architecture, Mapping):
        raise NotConvertible("it is no model")
    whole = document.replacing({**document.parts, "config": architecture})
    if document.format.native:
        _require_one_release(architecture, document)
        whole = document.replacing({**document.parts, "config": _archive_words(architecture, target)})
        left = _unclaimed(whole)
    else:
        held = [path for path in document.weights if path.startswith(f"{ROOT[1:]}/")]
        left = held[len(by_layer(whole)) :]
    if left:
        raise NotConvertible(f"the file holds {len(left)} arrays more than the layers of the architecture have")
    return whole


def _by_place(weights: Document, architecture: Mapping[str, Json], target: Target) -> Document:
    """``.weights.h5``: the arrays stand where an archive has them."""
    kept = {path: weight for path, weight in weights.weights.items() if not path.startswith("optimizer/")}
    whole = _archive(weights, architecture, kept, target)
    try:
        left = _unclaimed(whole)
    except NotConvertible:
        shared = spread(whole, counted=_is_of_keras_3(architecture))
        if shared is None:
            raise
        return _archive(weights, architecture, shared, target)
    if left:
        raise NotConvertible(
            f"no layer of the architecture has the array {left[0]}" + (f", nor {len(left) - 1} more" if len(left) > 1 else "")
        )
    return whole


def _is_of_keras_3(architecture: Mapping[str, Json]) -> bool:
    """Whether Keras 3 wrote the architecture: in what 2.15 writes the model has no module, or one that is no more."""
    module = architecture.get("module")
    return isinstance(module, str) and ".engine" not in module


def _unclaimed(whole: Document) -> list[str]:
    """The arrays of an archive that no layer claims, wherever the release that saved it puts them. Raises `NotConvertible` for what a layer lacks."""
    placed = whole
    for _ in range(ROUNDS):
        found = relocations(placed)
        if not found:
            break
        placed = apply(placed, edits(placed, found[0].moves))
    claimed = {place.weight.source for place in archived(placed)}
    return [path for path, weight in whole.weights.items() if weight.source not in claimed and not FOREIGN.search(path)]


def _require_one_release(architecture: Mapping[str, Json], document: Document) -> None:
    """What Keras 2 says means something else in Keras 3 (hard_sigmoid): the words must be those of the release that saved the numbers."""
    saved = document.saved_by().major
    if "module" not in architecture and saved is not None and saved >= KERAS_3:
        raise NotConvertible("it is in the words of Keras 2, and Keras 3 saved the weights: save it with model.to_json() in Keras 3")


def _archive_words(architecture: Mapping[str, Json], target: Target) -> Mapping[str, Json]:
    """The architecture as an archive has it; what ``model.to_json()`` of Keras 2 says has no modules."""
    if "module" in architecture:
        return architecture
    if not target.keras_3:
        raise NotConvertible(
            f"it is in the words of an .h5, and {target} reads other ones in an archive: --target keras first, then convert"
        )
    words = {key: value for key, value in architecture.items() if key not in SAID}
    told: Mapping[str, Json] = Translator(Catalogue.load(target.release, target.family)).model(words)
    return told


def _by_order(weights: Document, architecture: Mapping[str, Json], target: Target) -> Document:
    """A legacy file: the groups in the order of the layers, as Keras pairs them."""
    whole = _grouped(weights, architecture)
    if _is_told_later(whole):
        _require_names(whole)
        return whole
    places = by_layer(whole)
    if len(places) != len(weights.weights):
        raise NotConvertible(f"the file holds {len(weights.weights)} arrays, and the layers of the architecture have {len(places)}")
    if "module" not in architecture:  # in the words of Keras 1 or 2: cured as any other .h5 of theirs
        return whole
    return _archive(weights, architecture, {place.path: place.weight for place in places}, target)


def _grouped(weights: Document, architecture: Mapping[str, Json]) -> Document:
    root, inside = weights.attributes.get("/", {}), ROOT in weights.attributes  # of a whole model, whose architecture is lost
    groups = {
        path if inside else ROOT + path.rstrip("/"): values for path, values in weights.attributes.items() if path != "/" or not inside
    }
    said = {name: value for name in SAID if isinstance(value := root.get(name, architecture.get(name)), str)}  # Keras 1 tells neither
    parts = {
        **weights.parts,
        "config": architecture,
        "attributes": {"/": said, **groups},
        "faults": {**weights.faults, **dict(enumerate(_unsaid(said), len(weights.faults)))},
        "weights": dict(weights.weights) if inside else {f"{ROOT[1:]}/{path}": weight for path, weight in weights.weights.items()},
    }
    return replace(weights.replacing(parts), format=Format.H5_MODEL)


def _is_told_later(whole: Document) -> bool:
    """Whether the layers' variables are told by the repairs alone that the architecture needs as any other: one in the words of Keras 1
    (K608), and a Sequential of Keras 2.2 that has lost its InputLayer (K202). The checks of weights then compare what comes of it."""
    model = model_of(whole)
    if model is None or model.module is not None:
        return False
    nodes = layer_nodes(model)
    stack = next((stack for stack in stacks(whole) if not stack.model.at.keys), None)
    lost = stack is not None and not stack.built and not any(any(statements(node)) for node in nodes[:1])
    return lost or any(is_keras_1(node) for node in nodes)


def _require_names(whole: Document) -> None:
    """Every group with arrays bears the name of a layer, in the order of the layers: nothing else is known of them yet."""
    model = model_of(whole)
    listed = whole.attributes.get(ROOT, {}).get("layer_names", [])
    filled = [name for name in listed if whole.attributes.get(f"{ROOT}/{name}", {}).get("weight_names")]
    names = [] if model is None else [node.name for node in layer_nodes(model)]
    known = [name for name in names if name in filled]
    if not filled or known != filled:
        odd = next((name for name in filled if name not in names), None)
        told = "in another order" if odd is None else f"of a layer {odd!r}, which the architecture has not"
        raise NotConvertible(f"the file holds the weights {told}")


def _unsaid(said: Mapping[str, Json]) -> list[Fault]:
    """What the whole model will lack, as the file of weights does: release and backend, harmless both."""
    missing = [name for name in SAID if name not in said for _ in ("/", ROOT)]
    return [Fault(FaultKind.MISSING_PART.value, "attributes", {"name": name, "group": ROOT}) for name in missing]


def _archive(weights: Document, architecture: Mapping[str, Json], arrays: dict[str, Weight], target: Target) -> Document:
    if not target.keras_3:
        raise NotConvertible(f"{target} reads no archive of Keras 3")
    parts = {key: value for key, value in weights.parts.items() if key != "members"}
    saved = architecture.get("keras_version") if "module" not in architecture else None
    faults = {key: fault for key, fault in weights.faults.items() if fault.kind not in OF_MAPS}  # an archive has none
    metadata = {"keras_version": saved or target.release, "date_saved": ""}
    parts |= {"config": _archive_words(architecture, target), "weights": arrays, "attributes": groups_of(arrays), "faults": faults}
    return replace(weights.replacing({**parts, "metadata": metadata, "members": {}}), format=Format.KERAS_ZIP)
