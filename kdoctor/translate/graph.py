"""A graph of Keras operations that is being put together, and its nodes as Keras 3 writes them in a config."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from kdoctor.document import Json
from kdoctor.keras_api import habits
from kdoctor.keras_api.api_object import REQUIRED, ApiObject
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.keras_api.output_shapes.table import outputs_of
from kdoctor.keras_api.variables.variable import Shapes
from kdoctor.pointer import Pointer
from kdoctor.structure.naming import fresh
from kdoctor.structure.objects import as_node
from kdoctor.structure.snake_case import snake_case
from kdoctor.translate.batch import keeps_batch, keeps_samples
from kdoctor.translate.dtypes import dtype_of
from kdoctor.translate.encoding import encoded, tensor_json
from kdoctor.translate.folding import folded
from kdoctor.translate.values import Tensor, Untranslatable, Value, tensors_in

HOMES = ("numpy", "nn", "core", "image", "linalg", "math")
MOST_OPERATIONS = 500
SEVERAL = frozenset({"Split", "Unstack", "TopK", "Moments"})


@dataclass(slots=True)
class Graph:
    """Operations in the order in which they were asked for.

    taken: names that no new operation may have; mixes: whether an operation may have put samples of the batch together; keras_minor: major and minor release of the Keras that saved the model, if it is known;
    prefix: of the names of new operations, where Keras makes some of its own under the plain ones.
    """

    release: str
    taken: set[str]
    layers: list[dict[str, Json]] = field(default_factory=list)
    keras_minor: tuple[int, int] | None = None
    mixes: bool = False
    prefix: str = ""

    @property
    def keras_major(self) -> int | None:
        """The Keras that the functions were written for."""
        return None if self.keras_minor is None else self.keras_minor[0]

    def __call__(self, operation: str, *operands: Value, **config: Json) -> Value:
        """The result of an operation: a tensor, several of one that returns several, or a constant when all operands are.

        Raises `Untranslatable` when the release has no such operation, or the operation cannot take what it is given.
        """
        if not tensors_in(list(operands)):
            return folded(operation, operands, config)
        known, stated = self._constructor(operation, self._strided(operation, config))
        return self._add(operation, known.module, stated, operands, "name" in known.parameters)

    def layer(self, class_name: str, operand: Tensor, **config: Json) -> Tensor:
        """The result of a built-in layer without variables."""
        stated = {"dtype": operand.dtype or "float32", **config}
        found: Tensor = self._add(class_name, "keras.layers", stated, (operand,), True)
        return found

    def same(self, operand: Tensor) -> Tensor:
        """A node of its own that changes nothing."""
        if operand.dtype is None:
            raise Untranslatable(f"the dtype of {operand.layer!r} is not known")
        found: Tensor = self("Cast", operand, dtype=operand.dtype)
        return found

    def _strided(self, operation: str, config: dict[str, Json]) -> dict[str, Json]:
        """Without strides for releases that fail when they are told them, where windows beside each other are the default."""
        step = config.get("strides")
        if operation != "ExtractPatches" or not step or habits.STRIDES_PATCHES.at(self.release):
            return config
        if _both(step) != _both(config.get("size")):
            raise Untranslatable(f"Keras {self.release} cuts no patches with strides")
        return {**config, "strides": None}

    def _constructor(self, operation: str, config: dict[str, Json]) -> tuple[ApiObject, dict[str, Json]]:
        catalogue = Catalogue.load(self.release)
        known = next((found for home in HOMES if (found := catalogue.resolve(f"keras.src.ops.{home}", operation)) is not None), None)
        if known is None or known.module.rpartition(".")[2] not in HOMES:
            raise Untranslatable(f"Keras {self.release} has no operation {operation}")
        for name, default in known.parameters.items():
            if default is REQUIRED and name not in config:
                raise Untranslatable(f"{operation} needs {name}")
        stated = {}
        for name, value in config.items():
            if name in known.parameters:
                stated[name] = encoded(value)
            elif value is not None:
                raise Untranslatable(f"{operation} of Keras {self.release} takes no {name}")
        return known, stated

    def _add(self, class_name: str, module: str, config: dict[str, Json], operands: tuple[Value, ...], named: bool) -> Value:
        if len(self.layers) >= MOST_OPERATIONS:
            raise Untranslatable(f"more than {MOST_OPERATIONS} operations")
        name = fresh(self.prefix + snake_case(class_name), self.taken)
        is_layer = module == "keras.layers"
        node = {
            "module": module,
            "class_name": class_name,
            "config": {**({"name": name} if named else {}), **config},
            "registered_name": None if is_layer else class_name,
            "name": name,
            "inbound_nodes": [{"args": [encoded(operand) for operand in operands], "kwargs": {}}],
        }
        shapes = self._shapes(node, operands)
        dtype = tensors_in(list(operands))[0].dtype if is_layer else dtype_of(class_name, config, list(operands))
        batched = keeps_batch(class_name, config, operands)
        self.mixes = self.mixes or not (batched or keeps_samples(class_name, config, operands))
        self.taken.add(name)
        self.layers.append(node)
        if class_name in SEVERAL:
            if shapes is None:
                raise Untranslatable(f"how many tensors {class_name} returns is not known")
            dtypes = ["int32" if class_name == "TopK" and index else dtype for index in range(len(shapes))]
            return [Tensor(name, 0, index, shape, dtypes[index], batched) for index, shape in enumerate(shapes)]
        return Tensor(name, 0, 0, shapes[0] if shapes else None, dtype, batched)

    def _shapes(self, node: dict[str, Json], operands: tuple[Value, ...]) -> Shapes | None:
        given = tuple(tensor.shape for tensor in tensors_in(list(operands)))
        described = as_node(node, Pointer("config"))
        return None if described is None or None in given else outputs_of(described, given, lambda inside, shapes: None)

    def mark(self) -> int:
        """Where the next operation will stand, to look later at what came after."""
        return len(self.layers)

    def needed(self, tensors: list[Tensor]) -> Iterator[dict[str, Json]]:
        """The nodes that these tensors come from, in order: what was computed and not used is left out."""
        from kdoctor.structure.sources import tensors as referred

        wanted = {tensor.layer for tensor in tensors}
        kept = []
        for node in reversed(self.layers):
            if node["name"] in wanted:
                wanted |= {source.layer for source in referred(node["inbound_nodes"])}
                kept.append(node)
        yield from reversed(kept)


def _both(lengths: Json) -> Json:
    """One number for both axes, or one for each."""
    return list(lengths) if isinstance(lengths, (list, tuple)) else [lengths, lengths]


def reference(tensor: Tensor) -> list[Json]:
    return [tensor.layer, tensor.call, tensor.output]


__all__ = ["Graph", "reference", "tensor_json"]
