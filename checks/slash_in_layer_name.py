from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Severity, check
from kdoctor.document import Document
from kdoctor.edit import Edit
from kdoctor.keras_api import habits
from kdoctor.keras_api.reader import is_held
from kdoctor.pointer import Pointer
from kdoctor.structure.layers import layer_list, layer_nodes
from kdoctor.structure.models import model_nodes, models
from kdoctor.structure.naming import fresh, rename
from kdoctor.structure.objects import Node
from kdoctor.structure.outline import found_in_objects
from kdoctor.target import Target

ROOT = Pointer("config")


@check("K207", Severity.ERROR, since="0.1.0")
def slash_in_layer_name(document: Document, target: Target) -> Iterator[Finding]:
    """A layer's name holds a slash, which Keras 3 keeps for paths.

    "Argument `name` must be a string and cannot contain character `/`. Received: name=Conv/BatchNorm". All MobileNetV3 models of
    Keras 2 have such names, and everything built inside a TensorFlow name scope.

    The cure writes an underscore instead, in the name and wherever it is used. The weights keep their place: Keras finds them by the
    order of the layers, not by these names.
    """
    if not habits.REFUSES_SLASHES.of(target):
        return
    for model in _models(document):
        yield from _listed(model)
    yield from found_in_objects(document, _in_no_list, named=True)


def _in_no_list(node: Node) -> Iterator[Finding]:
    own = node.config.get("name")
    if isinstance(own, str) and "/" in own and (node.at == ROOT or _is_held(node)):
        yield _unlisted(node, own)


def _models(document: Document) -> Iterator[Node]:
    """Every model, those inside wrappers too."""
    listed = [model.node for model in models(document)]
    yield from listed
    known = {node.at for node in listed}
    yield from (node for node in model_nodes(document) if node.at not in known)


def _listed(model: Node) -> Iterator[Finding]:
    """One finding for all layers of a model."""
    _, at = layer_list(model)
    nodes = layer_nodes(model)
    if not any("/" in (node.name or "") for node in nodes):
        return
    names = {int(node.at.keys[-1]): name for node in nodes if (name := node.name)}
    bad = {index: name for index, name in names.items() if "/" in name}
    taken = set(names.values())
    fresh_names: dict[str, str] = {}
    for name in dict.fromkeys(bad.values()):
        fresh_names[name] = fresh(name.replace("/", "_"), taken)
        taken.add(fresh_names[name])
    edits = rename(model, {index: fresh_names[name] for index, name in bad.items()}, fresh_names)
    first = next(iter(bad.values()))
    others = f" and {len(bad) - 1} more" if len(bad) > 1 else ""
    yield Finding(
        at / next(iter(bad)) / "config" / "name",
        f"the layer name {first!r}{others} holds a slash",
        repair=Repair("write underscores instead, wherever the names are used", edits),
        layer=first,
        keras_says=_keras_says(first),
    )


def _is_held(node: Node) -> bool:
    """Whether a wrapper, or StackedRNNCells, holds it."""
    return node.at.part == "config" and is_held(node)


def _unlisted(node: Node, name: str) -> Finding:
    """The outermost model, or what a wrapper holds: nothing refers to these by name."""
    at, new = node.at / "config" / "name", name.replace("/", "_")
    what = "model" if node.at == ROOT else "wrapped layer"
    repair = Repair(f"write {new!r} instead", (Edit(at, old=name, new=new),))
    return Finding(at, f"the {what}'s name {name!r} holds a slash", repair=repair, layer=name, keras_says=_keras_says(name))


def _keras_says(name: str) -> str:
    return f"ValueError: Argument `name` must be a string and cannot contain character `/`. Received: name={name}"
