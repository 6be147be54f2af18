from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair, Severity, check
from kdoctor.custom.hub_layers import embedding, handle_of, hub_nodes, repaired_nodes, rewriting, trust_lines, unembedded
from kdoctor.document import Document
from kdoctor.structure.models import is_wrapped
from kdoctor.structure.objects import Node
from kdoctor.target import Target

THE_FILE = "THIS_FILE.keras"
HELD = "a wrapper holds it, whose weights Keras 3 does not restore from an .h5"
KERAS_2_CALL = "load_model(path, custom_objects={'KerasLayer': hub.KerasLayer})"


@check("K302", Severity.ERROR, mild=Severity.INFO, since="0.1.0")
def hub_layer(document: Document, target: Target) -> Iterator[Finding]:
    """The model uses TensorFlow Hub's KerasLayer, which is a layer of Keras 2.

    "Unknown layer: 'KerasLayer'" is the oldest question about Keras files. The old answer,
    ``custom_objects={'KerasLayer': hub.KerasLayer}``, no longer works: that class belongs to Keras 2, and Keras 3 refuses it
    ("Only instances of keras.Layer can be added to a Sequential model"). Its own TFSMLayer is refused in safe mode.

    The cure, asked for with ``--custom hub``, writes every such layer as ``kdoctor.hub.HubLayer``, a layer of Keras 3 that does the
    same, and puts its fine-tuned weights where that looks for them. ``--hub-path HANDLE=DIR`` names a copy of the module on this
    machine; with it, kdoctor compares the module's weights with those in the file. ``--embed`` puts that copy into the file, which
    then outlives any hub. Nothing is fetched, loaded or run.

    A SavedModel is a program. The repaired file loads under safe mode after two lines, which ``fix`` prints:
    ``import kdoctor.hub`` and ``kdoctor.hub.trust("FOLDER_OF_THE_MODULE")``. A trusted module is read first, and refused when it holds
    operations that touch the outside (ReadFile, WriteFile, PyFunc, …), unless ``trust(…, allow=["ReadFile"])`` names them.

    Keras 2 keeps its layer, and wants the class: ``load_model(path, custom_objects={'KerasLayer': hub.KerasLayer})``.
    """
    if not target.keras_3:
        known = "hub" in target.given.custom
        for node in hub_nodes(document, target):
            yield Finding(
                node.at,
                f"{_told(node)}; load it with {KERAS_2_CALL}",
                needs=() if known else (Need("--custom", "hub", "Keras 2 loads the layer when it is given the class"),),
                keras_says=None if known else _keras_says(document),
                mild=known,
            )
        return
    nodes = hub_nodes(document, target)
    asked = "hub" in target.given.custom
    cure = rewriting(document, target) if nodes and asked else None
    if cure is not None and not document.format.native and any(is_wrapped(node.at) for node in nodes):
        cure = cure._replace(edits=(), refused=HELD)
    repair = Repair(f"write {_count(nodes)} as kdoctor.hub.HubLayer", cure.edits) if cure is not None and cure.edits else None
    for node in nodes:
        yield Finding(
            node.at,
            f"{_told(node)}: a layer of Keras 2, which {target} refuses"
            + (f"; {cure.refused}" if cure is not None and cure.refused else ""),
            repair=repair,
            needs=() if repair else _needs(node, asked, cure.refused if cure is not None else ""),
            keras_says=_keras_says(document),
        )
    yield from _repaired(document, target)


def _needs(node: Node, asked: bool, refused: str) -> tuple[Need, ...]:
    if refused == HELD:
        return (Need("FILE", "the same model saved as .keras", "that format tells what the wrapper was built with"),)
    if asked:
        return (Need("--hub-path", f"{handle_of(node)}=…", refused),)
    return (
        Need("--custom", "hub", "the layer is rewritten for Keras 3 only when you ask for it: the file then needs kdoctor.hub to load"),
    )


def _repaired(document: Document, target: Target) -> Iterator[Finding]:
    """What a file with kdoctor's own layer needs before it is loaded, and its modules that shall stand in it."""
    for node in unembedded(document, target):
        edits = embedding(document, target) if document.format.native else ()
        found = handle_of(node) in target.given.modules
        repair = Repair(f"bring the module {handle_of(node)!r} into the file", edits, native=not document.format.native) if found else None
        yield Finding(
            node.at,
            f"the module {handle_of(node)!r} shall stand in the file" + ("" if found else ", and is not on this machine"),
            repair=repair,
            needs=() if found else (Need("--hub-path", f"{handle_of(node)}=…", "the folder of the module, to be embedded"),),
        )
    lines = trust_lines(document, target, document.file.get("name") or THE_FILE)
    if lines:
        yield Finding(
            repaired_nodes(document)[0].at,
            "the model runs a TensorFlow Hub module; before it is loaded: " + "; ".join(lines),
            mild=True,
        )


def _count(nodes: tuple[Node, ...]) -> str:
    return "the hub layer" if len(nodes) == 1 else f"{len(nodes)} hub layers"


def _told(node: Node) -> str:
    told = [
        f"{name}={node.config[name]!r}" for name in ("trainable", "signature", "output_key") if node.config.get(name) not in (None, False)
    ]
    return f"TensorFlow Hub's KerasLayer with the module {handle_of(node)!r}" + (f" ({', '.join(told)})" if told else "")


def _keras_says(document: Document) -> str:
    if not document.format.native:
        return "ValueError: Unknown layer: 'KerasLayer'. Please ensure you are using a `keras.utils.custom_object_scope`"
    return (
        "TypeError: Could not locate class 'KerasLayer'. Make sure custom classes and functions are decorated with "
        "`@keras.saving.register_keras_serializable()`."
    )
