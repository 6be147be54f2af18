from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kdoctor.check import Finding, Need, Repair, Safety, Severity, check
from kdoctor.document import ABSENT, Document, Fault, Format, Json
from kdoctor.edit import Edit
from kdoctor.faults import FaultKind
from kdoctor.pointer import Pointer
from kdoctor.structure.layers import layers
from kdoctor.structure.objects import as_node
from kdoctor.target import Target

from ._architecture import architecture

ARCHITECTURE = Need("FILE", "the architecture (model.to_json(), or the code)", "the layers and how they are connected are not in the file")
WEIGHTS = Need("FILE", "the file with the weights", "without weights the model would predict nonsense")
NEEDED = {
    "config.json": (
        ARCHITECTURE,
        "KeyError: \"There is no item named 'config.json' in the archive\"",
    ),
    "model.weights.h5": (
        WEIGHTS,
        "ValueError: Expected a model.weights.h5 or model.weights.npz file.",
    ),
    "model_config": (
        ARCHITECTURE,
        "ValueError: No model config found in the file",
    ),
    "model_weights": (
        WEIGHTS,
        "KeyError: 'model_weights'",
    ),
    "layer_names": (
        Need("FILE", "the order of the layers", "the file does not say which layer owns which group"),
        "ValueError: Layer count mismatch when loading weights from file.",
    ),
}
FEW = 3  # files of an archive that Keras opens no assets of
HARMLESS = {
    "metadata.json": "Keras reads the archive without it; who saved it, and when, is not known",
    "keras_version": "Keras reads the file without it; the release that saved it is not known",
    "backend": "Keras reads the file without it; the backend that saved it is not known",
}


@check("K104", Severity.ERROR, mild=Severity.INFO, since="0.1.0")
def missing_part(document: Document, target: Target) -> Iterator[Finding]:
    """A part that belongs to every saved model is not there.

    Without ``config.json`` or ``model_config`` there is no architecture ("No model config found in the file", "There is no item
    named 'config.json' in the archive"); without the weights Keras says "Expected a model.weights.h5". Missing metadata is an info:
    Keras does without. Not so where an archive holds one file of words beside config and weights (the vocabulary of a lookup layer): of an archive
    of three files Keras opens no assets, whatever they are, and the model fails at its first call: "Table not initialized". An empty
    ``metadata.json`` is written.

    The names of the layers are derived from the architecture where they are missing beside their weights, and groups of layers that
    stand at the root, as in a file of weights alone, or all in one group of another name, are moved to where a whole model keeps them. An architecture that is lost can be given:
    ``--architecture model.json`` (or a saved model of the same kind, or ``pkg.module:builder``), which is written only when every variable has its array and every
    array its variable; K108 tells how to get that of a model of ``keras.applications``. Nothing else can be derived.
    """
    for at, fault in document.faults_of(FaultKind.MISSING_PART):
        name = fault.detail.get("name", "")
        if name == "metadata.json" and _hides_assets(document):
            yield _uncounted(document, at, fault)
        elif name in HARMLESS:
            yield Finding(at, f"{name} is missing: {HARMLESS[name]}", mild=True)
        elif name == "model_weights" and (moved := _at_the_root(document, at, fault)) is not None:
            yield Finding(
                at, "model_weights is missing: the groups of the layers stand at the root", repair=moved, keras_says=NEEDED[name][1]
            )
        elif name == "model_weights" and (renamed := _under_another_name(document, at, fault)) is not None:
            other, repair = renamed
            yield Finding(
                at, f"model_weights is missing: the groups of the layers stand in {other!r}", repair=repair, keras_says=NEEDED[name][1]
            )
        elif name == "layer_names":
            yield _layer_names(document, at, fault)
        elif name in NEEDED:
            need, says = NEEDED[name]
            fits, cure, needs = architecture(document, target, at, fault) if need is ARCHITECTURE else ("", None, ())
            advice = Repair("get the whole file again from whoever saved it", safety=Safety.ADVICE)
            needs = needs or (() if cure else (need,))
            yield Finding(at, f"{name} is missing: {need.why}{fits}", repair=cure or advice, needs=needs, keras_says=says)
    if document.config is not ABSENT and as_node(document.config, Pointer("config")) is None:
        yield _no_model(document)


def _hides_assets(document: Document) -> bool:
    """Whether Keras counts three files (saving_lib, ``len(all_filenames) > 3``), one of them an asset; strays are not counted on, `fix` drops them."""
    roles = [member.role for member in document.members.values() if member.role != "stray"]
    return document.format is Format.KERAS_ZIP and "asset" in roles and len(roles) <= FEW


def _uncounted(document: Document, at: Pointer, fault: Fault) -> Finding:
    unsigned = replace(fault, part="metadata", detail={**fault.detail, "name": "keras_version"})  # which it cannot tell
    write = Edit(Pointer("metadata"), old=document.at(Pointer("metadata")), new={})
    return Finding(
        at,
        "metadata.json is missing: of an archive of three files Keras opens no assets, and a layer has lost its words",
        repair=Repair("write an empty one", (write, Edit(at, old=fault, new=unsigned))),
        keras_says="FailedPreconditionError: Table not initialized.",
        mild=len(document.members) > FEW,
    )


def _no_model(document: Document) -> Finding:
    keys = ", ".join(repr(key) for key in list(document.config)[:4]) if isinstance(document.config, dict) else "no keys"
    need = NEEDED["config.json"][0]
    return Finding(
        Pointer("config"),
        f"the architecture is missing: config holds no model (its keys are {keys})",
        needs=(need,),
        keras_says="ValueError: Expected object to be an instance of `KerasSaveable`",
    )


def _layer_names(document: Document, at: Pointer, fault: Fault) -> Finding:
    """Keras matches weights by this attribute's order, which is the order of the model's layers; a Sequential's InputLayer has no group."""
    need, says = NEEDED["layer_names"]
    filled = {path.split("/")[1] for path in document.weights if path.startswith("model_weights/")} - {"top_level_model_weights"}
    known = filled | {path.removeprefix("/model_weights/") for path in document.attributes}
    names = [layer.name for layer in layers(document) if layer.depth == 0 and layer.name in known]
    message = "layer_names is missing beside the weights: Keras cannot tell which layer owns which group"
    if not filled or not filled <= set(names) or len(set(names)) != len(names):
        return Finding(at, message, needs=(need,), keras_says=says)
    group = Pointer("attributes", ("/model_weights",))
    if document.at(group) is not ABSENT:
        restore = Edit(group / "layer_names", old=ABSENT, new=names)
    else:
        values: Json = {**document.attributes, group.keys[0]: {"layer_names": names}}
        restore = Edit(group.parent, old=document.at(group.parent), new=values)
    repair = Repair("write the names of the layers from the architecture", (restore, Edit(at, old=fault, new=ABSENT)))
    return Finding(at, message, repair=repair, keras_says=says)


def _at_the_root(document: Document, at: Pointer, fault: Fault) -> Repair | None:
    """The groups that layer_names lists, moved below model_weights; None unless all of them are there."""
    root = document.attributes.get("/", {})
    names = root.get("layer_names")
    if not isinstance(names, list) or not names or not all(f"/{name}" in document.attributes for name in names):
        return None
    listed = {str(name).split("/")[0] for name in names}
    arrays = {path: weight for path, weight in document.weights.items() if path.split("/")[0] in listed}
    moved = {f"model_weights/{path}": weight for path, weight in arrays.items()}
    groups = {("/model_weights" + path).rstrip("/"): values for path, values in document.attributes.items() if path != "/"}
    left = {key: value for key, value in root.items() if key != "layer_names"}
    said = {key: root[key] for key in ("backend", "keras_version") if key in root}
    values: Json = {"/": left, "/model_weights": {"layer_names": names, **said}, **groups}
    weights = {**{path: weight for path, weight in document.weights.items() if path not in arrays}, **moved}
    return Repair(
        "move them below model_weights",
        (
            Edit(Pointer("attributes"), old=document.attributes, new=values),
            Edit(Pointer("weights"), old=document.weights, new=weights),
            Edit(at, old=fault, new=ABSENT),
        ),
    )


def _under_another_name(document: Document, at: Pointer, fault: Fault) -> tuple[str, Repair] | None:
    """The one group that lists layers of the model, each with a group of its own in it, and the cure that calls it model_weights."""
    homes = [path for path, values in document.attributes.items() if path.count("/") == 1 and path != "/" and "layer_names" in values]
    if len(homes) != 1 or document.attributes.get("/", {}).get("layer_names") is not None:
        return None
    names = document.attributes[homes[0]]["layer_names"]
    known = {layer.name for layer in layers(document) if layer.depth == 0} | {"top_level_model_weights"}
    if not isinstance(names, list) or not names or not all(name in known and f"{homes[0]}/{name}" in document.attributes for name in names):
        return None
    old = homes[0][1:]

    def called(path: str, start: str) -> str:
        return f"{start}model_weights{path[len(start + old) :]}" if f"{path}/".startswith(f"{start}{old}/") else path

    values: Json = {called(path, "/"): held for path, held in document.attributes.items()}
    weights = {called(path, ""): weight for path, weight in document.weights.items()}
    edits = (
        Edit(Pointer("attributes"), old=document.attributes, new=values),
        Edit(Pointer("weights"), old=document.weights, new=weights),
        Edit(at, old=fault, new=ABSENT),
    )
    return old, Repair("call that group model_weights", edits)
