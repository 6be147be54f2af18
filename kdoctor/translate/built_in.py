"""A graph of operations as one of Keras's own layers, where that is exactly the same: it reads better, and an ``.h5`` can hold it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kdoctor.document import Json
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.keras_api.variables.variable import Shape
from kdoctor.translate.dtype_names import is_float
from kdoctor.translate.patterns.between_tensors import MERGES
from kdoctor.translate.patterns.pattern import Chain, Layer, Step, Subject
from kdoctor.translate.patterns.table import PATTERNS
from kdoctor.translate.values import Tensor

LONGEST = 4  # operations


@dataclass(frozen=True, slots=True)
class Translation:
    """What a function computes: ``nodes`` from the tensors ``given`` to ``outputs``, for a Keras of a release."""

    release: str
    given: Sequence[Tensor]
    nodes: Sequence[Mapping[str, Json]]
    outputs: Sequence[Tensor]

    @property
    def keeps_dtype(self) -> bool:
        """Whether floats of one width go in and come out."""
        dtypes = {tensor.dtype for tensor in (*self.given, *self.outputs)}
        return len(dtypes) == 1 and is_float(self.given[0].dtype)


def built_in(found: Translation, listed: bool) -> Layer | None:
    """The layer that computes the same from the same input; None where there is none, or not in the release."""
    if len(found.outputs) != 1 or not found.keeps_dtype or len(found.nodes) > LONGEST:
        return None
    layer = _merging(found) if listed else _of_one(found)
    return layer if layer is not None and _is_known(layer, found.release) else None


def _of_one(found: Translation) -> Layer | None:
    steps = _steps(found)
    if steps is None or len(found.given) != 1:
        return None
    if len(steps) == 1 and steps[0].layer and steps[0].operands == (Subject.BEFORE,):  # the function itself calls a layer
        return Layer(steps[0].operation, {key: value for key, value in steps[0].config.items() if key not in ("name", "dtype")})
    chain = Chain(steps, found.given[0].shape, found.outputs[0].shape, str(found.given[0].dtype), found.release)
    if any(step.layer for step in steps):
        return None
    return next((layer for pattern in PATTERNS if (layer := pattern(chain)) is not None), None)


def _merging(found: Translation) -> Layer | None:
    """One operation on all tensors of the list, in its order; of equal shapes, for nothing is stretched that the layer might not stretch."""
    shapes: list[Shape | None] = [tensor.shape for tensor in found.given]
    if len(found.nodes) != len(found.given) - 1 and len(found.nodes) != 1:
        return None
    names = [tensor.layer for tensor in found.given]
    return next((layer for merge in MERGES if (layer := merge(names, shapes, found.nodes)) is not None), None)


def _steps(found: Translation) -> tuple[Step, ...] | None:
    """The operations one after the other; None where one looks further back than at what the one before it made."""
    names = {tensor.layer: Subject.GIVEN for tensor in found.given}
    names[found.given[0].layer] = Subject.BEFORE
    steps = []
    for node in found.nodes:
        operands = tuple(_operand(value, names) for value in node["inbound_nodes"][0]["args"])
        if Subject.OTHER in operands or Subject.BEFORE not in operands:
            return None
        steps.append(Step(node["class_name"], node["module"] == "keras.layers", operands, node["config"]))
        names = {**dict.fromkeys(names, Subject.OTHER), node["name"]: Subject.BEFORE}
    return tuple(steps)


def _operand(value: Json, names: Mapping[str, Subject]) -> Json:
    if isinstance(value, Mapping) and value.get("class_name") == "__keras_tensor__":
        name, _, output = value["config"]["keras_history"]
        return names.get(name, Subject.OTHER) if output == 0 else Subject.OTHER
    if isinstance(value, list) and any(isinstance(item, Mapping) and item.get("class_name") == "__keras_tensor__" for item in value):
        return Subject.OTHER
    return value


def _is_known(layer: Layer, release: str) -> bool:
    """Whether the release has the layer with these arguments, and the activation that it names."""
    catalogue = Catalogue.load(release)
    known = catalogue.resolve("keras.layers", layer.class_name)
    activation = layer.config.get("activation")
    if isinstance(activation, str) and catalogue.function("activation", activation) is None:
        return False
    return known is not None and set(layer.config) <= set(known.parameters)
