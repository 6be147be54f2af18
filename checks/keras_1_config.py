from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Severity, check
from kdoctor.document import Document
from kdoctor.edit import Edit
from kdoctor.keras_1 import is_keras_1
from kdoctor.keras_api import habits
from kdoctor.structure.layers import layers
from kdoctor.structure.models import wrapped_models
from kdoctor.structure.naming import fresh
from kdoctor.structure.objects import Node, objects
from kdoctor.structure.outline import objects_named
from kdoctor.target import Target

from ._old_words import graph_of_branches, in_todays_words, speaks_of_old


@check("K608", Severity.ERROR, since="0.1.0")
def keras_1_config(document: Document, target: Target) -> Iterator[Finding]:
    """The config speaks an early Keras: a Sequential whose config is the bare list of its layers, or the words of Keras 1.

    Keras 0.3 to 2.2.2 wrote the list; Keras 3 trips over it with "pop expected at most 1 argument, got 2". Keras 1 said ``output_dim``,
    ``nb_filter``, ``border_mode``, ``Convolution2D``, ``Merge``: "Unrecognized keyword arguments passed to Dense: {'output_dim': 4}".

    The cure writes the list as ``{"name": …, "layers": […]}``, and Keras 1's words in today's, with the arrays of recurrent layers and of
    Theano's convolutions, and of a Deconvolution2D, laid out anew. A Sequential that begins with a Merge of other models becomes the graph of its layers; a Merge by a
    function becomes a Lambda of several tensors, which K401 looks at. An Embedding that dropped whole words in training loses that, which is unsafe. Layers that compute
    something else today, or that nobody has any more, have no cure.
    """
    words = speaks_of_old(document, target)
    graph = graph_of_branches(document) if words else None
    if graph is not None:
        at, repair = graph
        message = "the Sequential model begins with a Merge of other models, which Keras 1 alone can take"
        yield Finding(at, message, repair=repair, keras_says="ValueError: Unknown layer: 'Merge'.")
    for node in _all_layers(document) if words and graph is None else ():
        if is_keras_1(node):
            yield _old_words(document, node, target)
    if graph is not None or not habits.REFUSES_BARE_LIST.of(target):
        return
    named = (node for node in objects_named(document, ("Sequential",)) if node.class_name == "Sequential" and node.at.part == "config")
    bare = [node for node in named if isinstance(node.raw.get("config"), list)]
    taken = {node.name for node in objects(document) if node.name is not None} if bare else set()
    for node in bare:
        listed = node.raw["config"]
        name = _name(node, taken)
        taken.add(name)
        yield Finding(
            node.at / "config",
            "the config of the Sequential model is a bare list of layers, as Keras 0.3 to 2.2.2 wrote it",
            repair=Repair("write it as name and layers", (Edit(node.at / "config", old=listed, new={"name": name, "layers": listed}),)),
            keras_says="TypeError: pop expected at most 1 argument, got 2",
        )


def _all_layers(document: Document) -> Iterator[Node]:
    """Those of the models, within wrappers too, and those that a wrapper holds."""
    yield from (layer.node for layer in layers(document))
    yield from (layer.node for model in wrapped_models(document) for layer in model.layers)
    yield from (node for node in objects(document) if node.key == "layer" and node.at.part == "config")


def _name(node: Node, taken: set[str]) -> str:
    """A nested model goes by the name beside its config; the outermost one has none."""
    beside = node.raw.get("name")
    return beside if isinstance(beside, str) else fresh("sequential", taken)


def _old_words(document: Document, node: Node, target: Target) -> Finding:
    repair, why = in_todays_words(document, node)
    return Finding(
        node.at,
        f"{node.class_name} {node.name!r} is written in the words of Keras 1, which {target} does not read"
        + (f", and is not cured: {why}" if why else ""),
        repair=repair,
        layer=node.name,
    )
