from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair, Severity, check
from kdoctor.document import ABSENT, Document
from kdoctor.edit import Edit
from kdoctor.keras_api import habits
from kdoctor.structure.flow import RANKED, flow
from kdoctor.structure.layers import is_model, layers
from kdoctor.structure.manifest import model_weights, weights_by_layer
from kdoctor.structure.objects import Node, as_node, model_of
from kdoctor.structure.sequential import FEATURE_AXIS, Shape, Stack, features_of, stack_at, stacks
from kdoctor.target import Target
from kdoctor.training.kernel_evidence import DAMAGED, contradicted

from ._input_shape import choose, stated
from ._tracing import certainly_untraced
from ._unbuilt_sublayers import unbuilt_sublayers

WHY = "the model never saw an input before it was saved"
MOST_AXES = 5  # batch, three axes of space or time, features
RECURRENT = frozenset({"LSTM", "GRU", "SimpleRNN"})
LONGEST = 1 << 20  # steps of a sequence


@check("K202", Severity.ERROR, mild=Severity.WARNING, since="0.1.0")
def input_shape_missing(document: Document, target: Target) -> Iterator[Finding]:
    """The model was never built: the file does not say what its input looks like.

    A Sequential without an InputLayer, without ``batch_input_shape`` and without a build shape has no weights yet. Where the file
    holds weights all the same (Keras 2.2 dropped the InputLayer on saving), they cannot be restored: "Layer count mismatch when
    loading weights from file. Model expected 0 layers, found 1 saved layers". Without weights the model loads empty: a warning. An
    ``.h5`` of a model that Keras cannot trace (TimeDistributed around a Pipeline) ends the same way, whatever shape it states, and so does
    one that Keras 3 saved of a subclassed model: it has no place for the shape that the layers inside were built with.

    The cure for a ``.keras`` archive writes for each layer the build shape that its kernel proves; for an ``.h5`` the input
    shape, where only one goes with all kernels: the length of a sequence too, where a Flatten leads to a Dense. Otherwise kdoctor asks: ``--input-shape None,224,224,3``.
    So it does where the optimizer's state was kept for a first kernel of another length: the stored one may be damaged.

    A class of the user's own (``--custom FILE.py``) whose constructor makes layers, with a ``compute_output_shape`` and no ``build``, is
    marked as built by the build_config of an archive, and what is inside it never is: "Layer 'dense' was never built and thus it doesn't
    have any variables". The cure leaves the build_config out, and Keras builds it by calling it. With a ``build`` that makes nothing, the class has to be changed; so it has
    inside a TimeDistributed, which runs its ``build`` and not its call.
    """
    yield from _subclassed(document, target)
    unbuilt = [*unbuilt_sublayers(document, target)]
    yield from unbuilt
    for stack in stacks(document):
        if stack.first is None or stack.model.at.keys:  # a model inside another one gets its shape from outside
            continue
        stored = len(model_weights(document))
        untraced = None if document.format.native or not stored else certainly_untraced(stack, target)
        if untraced is not None and any(finding.at == untraced.at for finding in unbuilt):
            continue  # an archive would not restore it either
        if untraced is not None and _owned_behind(document, untraced):
            yield _untraced(stack, untraced, stored)
        elif not _stated(document, stack, target) and not (stored and _restorable(document)):
            yield _missing(document, stack, target, stored) if stored else _empty(stack)


def _subclassed(document: Document, target: Target) -> Iterator[Finding]:
    """An ``.h5`` whose model is a class of the user's own, without a graph; what is not given is K301's business."""
    root, stored = model_of(document), len(model_weights(document))
    if document.format.native or not target.keras_3 or root is None or is_model(root) or not stored or root.class_name not in target.custom:
        return
    yield Finding(
        root.at,
        f"an .h5 does not say what {root.class_name} was built with: made from its arguments alone it has no variables yet, and the file "
        f"holds {stored}; save it as a .keras archive where it was made",
        keras_says="ValueError: Layer count mismatch when loading weights from file. Model expected 0 layers, found … saved layers.",
    )


def _stated(document: Document, stack: Stack, target: Target) -> bool:
    """Whether any place states a shape; that of a model in front counts since Keras looks at it."""
    if stack.built or stated(stack):
        return True
    first = stack.first
    listed = first is not None and (isinstance(first.raw.get("config"), list) or first.config.get("layers"))  # bare until Keras 2.2.2
    if first is None or not listed or not habits.LOOKS_AT_INNER_MODELS.of(target):
        return False
    inner = stack_at(document, first.at)
    return inner is None or _stated(document, inner, target)


def _restorable(document: Document) -> bool:
    """A ``.keras`` archive builds each layer from its own build_config, whatever the model says."""
    rows = zip(layers(document), weights_by_layer(document), strict=True)
    return document.format.native and all(_builds_itself(row.node) for row, owned in rows if owned)


def _builds_itself(layer: Node) -> bool:
    """Whether a layer carries the shape it was built with; of a wrapper, the layer inside counts."""
    inner = as_node(layer.config.get("layer"), layer.at)
    return bool(layer.build_config) or (inner is not None and bool(inner.build_config))


def _missing(document: Document, stack: Stack, target: Target, stored: int) -> Finding:
    doubted = stack.first is not None and contradicted(document, stack.first)
    builds = () if doubted else _layer_builds(document)
    choice = choose(document, stack, target, [] if doubted else _whole(document, stack), followed=True)
    features = None if stack.first is None else features_of(document, stack.first)
    at = stack.model.at / "config" / "build_input_shape"
    repair = None
    if builds and target.given.input_shape is None:
        repair = Repair("write the shape that each kernel proves beside its layer", builds)
    elif choice.shape and isinstance(stack.model.raw["config"], dict):  # a list in Keras 0.3 to 2.2.2: no place for it
        edit = Edit(at, old=stack.model.config.get("build_input_shape", ABSENT), new=list(choice.shape))
        repair = Repair(f"write the input shape {choice.shape}", (edit,))
    why = DAMAGED if doubted else WHY
    needs = choice.needs(why, _example(stack, None if doubted else features)) or (Need("--input-shape", "None,…", why),)
    return Finding(
        at,
        f"the input shape of {_called(stack)} is not in the file, so its {stored} stored arrays cannot be restored{choice.refused}",
        repair=repair,
        needs=() if repair else needs,
        layer=stack.model.name,
        keras_says="ValueError: A total of … objects could not be loaded. Example error message for object"
        if document.format.native
        else "ValueError: Layer count mismatch when loading weights from file.",
    )


def _called(stack: Stack) -> str:
    return "the model" if stack.model.name is None else repr(stack.model.name)


def _empty(stack: Stack) -> Finding:
    """No shape and no weights: to write a shape would only make Keras look for weights that are not there."""
    message = f"the input shape of {_called(stack)} is not in the file: it was never built and has no weights"
    return Finding(stack.model.at / "config" / "build_input_shape", message, layer=stack.model.name, mild=True)


def _owned_behind(document: Document, layer: Node) -> bool:
    """Whether a layer behind this one has weights: the last one that tracing comes to is built itself, and those behind it are not."""
    rows = [*zip(layers(document), weights_by_layer(document), strict=True)]
    index = next((index for index, (row, _) in enumerate(rows) if row.at == layer.at), -1)
    return any(owned for _, owned in rows[index + 1 :])


def _untraced(stack: Stack, layer: Node, stored: int) -> Finding:
    inner = as_node(layer.config.get("layer"), layer.at)
    return Finding(
        layer.at,
        f"Keras cannot trace {layer.class_name}({inner.class_name if inner else ''}), so the {stored} arrays of {stack.model.name!r} "
        "cannot be restored from an .h5 file",
        needs=(Need("FILE", "the same model saved as .keras", "that format restores each layer by itself"),),
        layer=layer.name,
        keras_says="ValueError: Layer count mismatch when loading weights from file.",
    )


def _layer_builds(document: Document) -> tuple[Edit, ...]:
    """The missing build_config of every layer that owns weights; none at all where one kernel does not prove it."""
    edits = []
    for row, owned in zip(layers(document), weights_by_layer(document), strict=True):
        if not document.format.native or not owned or _builds_itself(row.node):
            continue
        shape = _of_layer(document, row.node)
        if shape is None or row.depth:
            return ()
        edits.append(Edit(row.at / "build_config", old=row.node.raw.get("build_config", ABSENT), new={"input_shape": list(shape)}))
    return tuple(edits)


def _of_layer(document: Document, layer: Node) -> Shape | None:
    """The input shape that a layer's own kernel proves, as far as building it goes."""
    if layer.class_name == "Embedding":
        return (None, None)  # its table does not depend on it
    features, rank = features_of(document, layer), 2
    if features is None or layer.class_name not in FEATURE_AXIS or layer.config.get("data_format") == "channels_first":
        return None
    if layer.class_name != "Dense":  # which takes any number of axes, built for two
        rank = {"2D": 4, "3D": 5}.get(layer.class_name[-2:], 3)
    return (*(None,) * (rank - 1), features)


def _example(stack: Stack, features: int | None) -> str:
    """What a shape for the first layer looks like, as far as the file tells."""
    rank = _rank(stack)
    return ",".join(["None", *["…"] * ((rank or 2) - 2), str(features)]) if features else "None,…"


def _rank(stack: Stack) -> int | None:
    """Of the input of a first layer that takes one number of axes alone."""
    name = "" if stack.first is None else stack.first.class_name
    return 3 if name in RECURRENT else RANKED.get(name[-2:])


def _whole(document: Document, stack: Stack) -> list[Shape]:
    """The input shapes that reach the end of the model without a contradiction: all lengths but the last open, or the one proven."""
    first = stack.first
    features = None if first is None else features_of(document, first)
    if first is None or (features is None and first.class_name != "Embedding"):
        return []
    if features is not None and _rank(stack) == 3 and any(layer.class_name == "Flatten" for layer in stack.layers):
        lengths = _lengths(document, stack, features)
        return [(None, length, features) for length in lengths] if len(lengths) == 1 else []
    length = first.config.get("input_length") if first.class_name == "Embedding" else features
    shapes = [(*(None,) * rank, length) for rank in range(1, MOST_AXES)]
    followed = [(shape, flow(document, stack.layers, shape)) for shape in shapes]
    return [shape for shape, found in followed if found.complete]


def _lengths(document: Document, stack: Stack, features: int) -> list[int]:
    """The lengths of a sequence that give, flattened, what the Dense behind was made for: one, or several that pooling makes alike."""
    names = [layer.class_name for layer in stack.layers]
    before = stack.layers[: names.index("Flatten") + 1]
    dense = next((layer for layer in stack.layers[len(before) :] if layer.class_name == "Dense"), None)
    wanted = None if dense is None else features_of(document, dense)
    if wanted is None:
        return []

    def flattened(length: int) -> int:
        found = flow(document, before, (None, length, features))
        return (found.shape[-1] or 0) if found.complete else 0  # too short for a window, or not followed

    least = bisect_left(range(LONGEST), wanted, key=flattened)
    alike = [length for length in range(least, least + 2) if flattened(length) == wanted]
    return [length for length in alike if flow(document, stack.layers, (None, length, features)).complete]
