"""Every layer class of Keras 3.15.1 and the rule for its variables: the one place to ask.

Checked against the real thing: tests/keras_api/test_variables.py builds each layer in the installed Keras with several configs.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from kdoctor.keras_api.operation import is_operation
from kdoctor.keras_api.variables import attention, convolution, dense, hub, normalization, preprocessing, recurrent
from kdoctor.keras_api.variables.retired import RETIRED
from kdoctor.keras_api.variables.variable import Inner, Leaves, Rule, Shapes, Variable, Variables, below, flagged, own
from kdoctor.structure.layers import is_model
from kdoctor.structure.objects import Node, as_node, is_authors, is_repaired_hub

FAMILY: Final = ("keras", "tensorflow", "tf_keras", "keras_core")  # first components of modules that Keras's own classes have lived in
DEEPEST: Final = 40  # layers inside layers: hostile files nest deeper than Python's stack
UNREADABLE: Final = (
    TypeError,
    ValueError,
    LookupError,
    ArithmeticError,
    AttributeError,
)  # what a rule meets in a config that no release wrote

RULES: Final[Mapping[str, Rule]] = MappingProxyType({
    "Dense": dense.dense,
    "EinsumDense": dense.einsum_dense,
    "Embedding": dense.embedding,
    "ReversibleEmbedding": dense.reversible_embedding,
    **{f"Conv{rank}D": convolution.convolution(rank) for rank in (1, 2, 3)},
    **{f"Conv{rank}DTranspose": convolution.transposed(rank) for rank in (1, 2, 3)},
    **{f"DepthwiseConv{rank}D": convolution.depthwise(rank) for rank in (1, 2)},
    **{f"SeparableConv{rank}D": convolution.separable(rank) for rank in (1, 2)},
    "STFTSpectrogram": convolution.spectrogram,
    "BatchNormalization": normalization.batch,
    "LayerNormalization": normalization.layer,
    "RMSNormalization": normalization.root_mean_square,
    "GroupNormalization": normalization.group,
    "SpectralNormalization": normalization.spectral,
    "Normalization": normalization.normalization,
    "PReLU": normalization.parametric_relu,
    "LayerScale": normalization.layer_scale,
    **{name: recurrent.recurrent(name) for name in recurrent.GATES},
    **{f"{name}Cell": recurrent.cell(name) for name in recurrent.GATES},
    **{f"ConvLSTM{rank}D": recurrent.convolutional(rank) for rank in (1, 2, 3)},
    "RNN": recurrent.from_cell,
    "StackedRNNCells": recurrent.stacked,
    "Bidirectional": recurrent.bidirectional,
    "TimeDistributed": recurrent.time_distributed,
    "MultiHeadAttention": attention.multi_head,
    "GroupedQueryAttention": attention.grouped_query,
    "GroupQueryAttention": attention.grouped_query,
    "Attention": attention.dot_product,
    "AdditiveAttention": attention.additive,
    "IntegerLookup": preprocessing.lookup,
    "StringLookup": preprocessing.lookup,
    "TextVectorization": preprocessing.lookup,
})  # fmt: skip

# Their random states are not stored; vocabularies and boundaries are assets or config.
WITHOUT: Final = frozenset(
    """
    Activation ActivityRegularization Add AlphaDropout AugMix AutoContrast Average CategoryEncoding CenterCrop Concatenate
    ContrastLimitedAdaptiveHistogramEqualization CustomScaleLayer CutMix Discretization Dot Dropout ELU Equalization Flatten GaussianDropout GaussianNoise
    HashedCrossing Hashing Identity InputLayer LeakyReLU Masking MaxNumBoundingBoxes Maximum MelSpectrogram Minimum MixUp Multiply Permute
    Pipeline RandAugment RandomBrightness RandomColorDegeneration RandomColorJitter RandomContrast RandomCrop RandomElasticTransform
    RandomErasing RandomFlip RandomGaussianBlur RandomGrayscale RandomHeight RandomHue RandomInvert RandomPerspective RandomPosterization
    RandomRotation RandomSaturation RandomSharpness RandomShear RandomTranslation RandomWidth RandomZoom ReLU RepeatVector Rescaling
    Reshape Resizing Softmax Solarization SpatialDropout1D SpatialDropout2D SpatialDropout3D Subtract ThresholdedReLU UnitNormalization
    """.split()  # noqa: SIM905 (a table of names)
    + [f"{kind}{rank}D" for kind in ("Cropping", "UpSampling", "ZeroPadding") for rank in (1, 2, 3)]
    + [f"{scope}{kind}Pooling{rank}D" for scope in ("", "Global", "Adaptive") for kind in ("Average", "Max") for rank in (1, 2, 3)]
)

# Classes of the tables that Keras 3 has no public name for: a conversion writes them, as all that it does not know, without a module.
WITHOUT_A_NAME: Final = frozenset(
    {"CustomScaleLayer", "GroupQueryAttention", "LayerScale", "RandomHeight", "RandomWidth", "ThresholdedReLU"}
)


def is_builtin(node: Node) -> bool:
    """Whether the object is of Keras's own classes, by its module and its registered name; the file may lie about both."""
    return _is_builtin(node.class_name, node.module, node.registered_name, is_authors(node))


@lru_cache(maxsize=4096)  # thousands of objects have few names
def _is_builtin(class_name: str, module: str | None, registered: str | None, authors: bool) -> bool:
    namesake = authors and class_name not in WITHOUT_A_NAME and (class_name in RULES or class_name in WITHOUT)
    family = not namesake and (module is None or module.split(".")[0] in FAMILY)
    applied = (module or "").startswith("keras.src.applications.")  # Keras 2 registered theirs as anyone's
    return family and (applied or registered is None or ">" not in registered or registered.startswith("Keras>"))


def variables_of(node: Node, input_shapes: Shapes | None = None, model: Inner | None = None) -> Variables | None:
    """The variables of a layer, in the order in which Keras 3 makes them, each with its place in a Keras 3 archive.

    input_shapes: of the tensors that it is called with, the batch first; None where they are not known: then lengths are None.
    model: asks the same of a model inside a wrapper.
    Returns None for a class that is not Keras's own, and for a config that tells too little. Never raises.
    """
    return _owned(node, input_shapes or (), model, 0)


def legacy_order(node: Node, variables: Variables, leaves: Leaves) -> Variables | None:
    """The same variables in the order of ``weight_names`` in an ``.h5``: ``trainable_weights``, then the others; None where that is not told.

    leaves: the layers of a model in a wrapper, and of the models in it, with their places.
    """
    found = _as_loaded(node, variables, leaves)
    if found is None:
        return None
    weights = [variable for variable in found if variable.weight]
    return (*(v for v in weights if v.trainable), *(v for v in weights if not v.trainable))


def _as_loaded(node: Node, variables: Variables, leaves: Leaves) -> Variables | None:
    """The variables as the layer makes them when an ``.h5`` is loaded, or as the one within a TimeDistributed does, or those of a model there."""
    if node.class_name in dense.ADAPTABLE:
        return dense.in_h5(node.config, variables)
    wrapped = as_node(node.config.get("layer"), node.at / "config" / "layer") if node.class_name == "TimeDistributed" else None
    if wrapped is None:
        return variables
    inside = tuple(variable._replace(path=variable.path.removeprefix("layer/")) for variable in variables)
    found = _in_model(wrapped, inside, leaves) if is_model(wrapped) else _as_loaded(wrapped, inside, leaves)
    return None if found is None else below("layer", found)


def _in_model(model: Node, variables: Variables, leaves: Leaves) -> Variables | None:
    """The variables of a model, those of each layer as it makes them."""
    layers = {place: node for node, place in leaves(model)}
    owned: dict[str, list[Variable]] = {}
    for variable in variables:
        place = variable.path
        while place and place not in layers:
            place = place.rpartition("/")[0]
        owned.setdefault(place, []).append(variable._replace(path=variable.path.removeprefix(f"{place}/")))
    found: list[Variable] = []
    for place, own_ones in owned.items():
        made = _as_loaded(layers[place], tuple(own_ones), leaves) if place in layers else tuple(own_ones)
        if made is None:
            return None
        found += below(place, made) if place in layers else made
    return tuple(found)


def _of_activation(node: Node) -> Variables:
    """Of an activation that is a layer itself (PReLU), which Keras keeps as part of the layer."""
    stated = node.config.get("activation") if node.class_name not in recurrent.GATES else None
    inside = as_node(stated, node.at / "config" / "activation") if isinstance(stated, dict) else None
    return below("activation", own(("alpha", None))) if inside is not None and inside.class_name == "PReLU" and is_builtin(inside) else ()


def _owned(node: Node, shapes: Shapes, model: Inner | None, depth: int) -> Variables | None:
    builtin = is_builtin(node)
    if builtin and (node.class_name in WITHOUT or node.class_name == "Lambda" or is_operation(node)):
        return _of_activation(node)
    if is_model(node):
        return None if model is None else model(node, shapes)
    repaired = is_repaired_hub(node)
    if depth > DEEPEST or not (builtin or repaired):
        return None
    rule = hub.hub if repaired else RULES.get(node.class_name, RETIRED.get(node.class_name))
    if rule is None:
        return None
    try:
        found = rule(node, shapes, lambda inside, given: _owned(inside, given, model, depth + 1))
    except UNREADABLE:
        return None
    found = (*found, *_of_activation(node)) if found is not None else None
    freezes = node.config.get("trainable") is False
    return flagged(found, False) if found is not None and freezes else found
