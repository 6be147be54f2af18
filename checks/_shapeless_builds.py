"""A build_config that tells its layer no shape, and marks it as built all the same."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from kdoctor.check import Finding, Need, Repair
from kdoctor.document import ABSENT, Document, Json
from kdoctor.edit import Edit
from kdoctor.graph.shapes import infer
from kdoctor.keras_api.reader import Call, Resolution, found_in_calls, read_natively
from kdoctor.keras_api.variables.table import is_builtin, variables_of
from kdoctor.keras_api.variables.variable import Shapes
from kdoctor.pointer import Pointer
from kdoctor.structure.layers import is_model
from kdoctor.structure.objects import Node
from kdoctor.target import Target

TOLD: Final = ("input_shape", "shapes_dict")
# Their build asks for several shapes; all but the last two keep what their call asks for.
MERGING: Final = frozenset(
    {"Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract", "Attention", "AdditiveAttention", "Concatenate", "Dot"}
)
KEEPING: Final = MERGING - {"Concatenate", "Dot"} | {"STFTSpectrogram"}
# What they hold builds itself when it is called.
HOLDING: Final = frozenset({"RNN", "Bidirectional", "TimeDistributed", "StackedRNNCells", "SpectralNormalization"})
LOOKUPS: Final = frozenset({"StringLookup", "IntegerLookup", "TextVectorization", "FeatureSpace", "HashedCrossing"})
NEED = Need("FILE", "the config as Keras wrote it", "the shape that it was built with is not in the file")


def shapeless_builds(document: Document, target: Target, told: Collection[Pointer]) -> Iterator[Finding]:
    """Keras 3 builds a layer by ``build_config["input_shape"]``, or not at all, and takes it for built (serialization_lib, Layer.build_from_config).

    ``told``: the layers of which another finding speaks. Run in 3.15.1 with 90 layers and four values each. The cure leaves it out where the layer is called with a known shape: it is built by that.
    """
    for call in found_in_calls(document, target, _refused) if target.keras_3 else ():
        node, stated = call.node, call.node.raw.get("build_config")
        if node.at in told or not read_natively(node, document.format.native, target):
            continue
        given = infer(document).inputs.get(node.at, ())
        known = bool(given) and all(shape is not None for shape in given)
        at = node.at / "build_config"
        yield Finding(
            at,
            f"the build_config of {node.name!r} is {_written(stated)}, which tells no shape that it could be built with",
            repair=Repair("leave it out: the layer is built when it is called", (Edit(at, old=stated, new=ABSENT),)) if known else None,
            needs=() if known else (NEED,),
            layer=node.name,
            keras_says=f"ValueError: Layer '{node.name}' expected 0 variables, but received … variables during loading.",
        )


def _refused(call: Call) -> Iterator[Call]:
    stated = call.node.raw.get("build_config")
    if stated and call.kind == "layer" and call.resolution is Resolution.FOUND and _is_refused(call, stated):
        yield call


def _is_refused(call: Call, stated: Json) -> bool:
    node = call.node
    if isinstance(stated, dict) and "input_shape" in stated and node.class_name not in MERGING:  # almost every layer
        return False
    if is_model(node) or not is_builtin(node) or node.class_name in LOOKUPS:
        return False
    if not isinstance(stated, (dict, list, str)):  # "argument of type 'int' is not iterable", of a layer that is not built when it is made
        return node.class_name in MERGING | HOLDING or bool(variables_of(node, (), _unknown))
    if node.class_name in HOLDING:
        return False
    if any(key in stated for key in TOLD):
        return (
            isinstance(stated, dict) and node.class_name in MERGING and "input_shape" in stated and not _are_shapes(stated["input_shape"])
        )
    return node.class_name in KEEPING or bool(variables_of(node, (), _unknown))


def _are_shapes(value: Json) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, list) for one in value)


def _unknown(model: Node, given: Shapes) -> None:
    """A model in a wrapper has layers of its own."""


def _written(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
