"""What a translation reckons with: tensors of the graph, lengths that only a running model knows, and plain Python values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from kdoctor.errors import KdoctorError
from kdoctor.keras_api.variables.variable import Shape

Value: TypeAlias = Any  # Tensor, Dim, Function, Module, Layer, numpy array, or a plain number, text, list, tuple, dict, slice, None


class Untranslatable(KdoctorError):
    """Code or an operation that has no exact counterpart among Keras's operations; the text says what and why."""


class MissingName(Untranslatable):
    """A name whose value is not in the file."""

    def __init__(self, name: str, why: str = "is not in the file") -> None:
        super().__init__(f"{name} {why}")
        self.name = name


@dataclass(frozen=True, slots=True)
class Tensor:
    """The output of one call of a layer or operation, by the names that a graph uses.

    shape: None for an unknown rank; dtype: None where it is not known; batched: whether its first axis is the model's batch.
    """

    layer: str
    call: int
    output: int
    shape: Shape | None
    dtype: str | None
    batched: bool = False

    @property
    def rank(self) -> int:
        """Raises `Untranslatable` where it is not known."""
        return len(self.lengths)

    @property
    def lengths(self) -> Shape:
        if self.shape is None:
            raise Untranslatable(f"the shape of {self.layer!r} is not known")
        return self.shape


@dataclass(frozen=True, slots=True)
class Dim:
    """A length that is known when the model runs only: ``tf.shape(x)[0]``. Without a tensor, one computed from such lengths."""

    tensor: Tensor | None = None
    axis: int = 0

    @property
    def is_batch(self) -> bool:
        return self.tensor is not None and self.tensor.batched and self.axis == 0


@dataclass(frozen=True, slots=True)
class ShapeOf:
    """The shape of a tensor as a value: a tuple of lengths and `Dim`; ``as_list`` and the like live on it.

    computed: whether TensorFlow holds it as a tensor (``tf.shape(x)``), with which it reckons number by number, and not as a list.
    """

    lengths: tuple[int | Dim, ...]
    computed: bool = False


MOST_VALUES = 10_000
MOST_NESTED = 24


def tree_size(value: Value) -> int:
    """How many values whoever goes through nested lists meets, each as often as it is held.

    Raises `Untranslatable` for lists that hold each other so often, or so deep, that nobody could.
    """
    sizes: dict[int, int] = {}

    def size(inner: Value, depth: int) -> int:
        if not isinstance(inner, (list, tuple, dict)):
            return 1
        if id(inner) not in sizes:
            if depth > MOST_NESTED:
                raise Untranslatable("lists in lists without end")
            items = inner.values() if isinstance(inner, dict) else inner
            sizes[id(inner)] = 1 + sum(size(item, depth + 1) for item in items)
        return sizes[id(inner)]

    found = size(value, 0)
    if found > MOST_VALUES:
        raise Untranslatable(f"lists of more than {MOST_VALUES:,} values")
    return found


def is_tensor(value: Value) -> bool:
    return isinstance(value, Tensor)


def tensors_in(value: Value) -> list[Tensor]:
    """Every tensor in a value of nested lists, tuples and dicts, in order."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, (list, tuple)):
        return [found for item in value for found in tensors_in(item)]
    if isinstance(value, dict):
        return [found for item in value.values() for found in tensors_in(item)]
    return []


def shape_of(tensor: Tensor, computed: bool = False) -> ShapeOf:
    return ShapeOf(tuple(Dim(tensor, axis) if length is None else length for axis, length in enumerate(tensor.lengths)), computed)
