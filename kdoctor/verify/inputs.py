"""Random input that a loaded model accepts, made from the model's own input specs. Runs in the child of `verify` only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")

LENGTHS = (8, 16, 32, 64)
"""What an open dimension is tried with, in order: down-sampling networks refuse the small ones."""

WORDS = ("red", "green", "blue", "cat", "dog", "tree", "the", "of")
SMALL = 10
"""Whole numbers stay below this when no layer bounds them."""

HIGHEST_VALUE_IN = {"Embedding": "input_dim", "CategoryEncoding": "num_tokens"}
"""Layers that take whole numbers below one of their own attributes."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One input of a model: its shape with the batch dimension first, `None` where it is open."""

    name: str
    shape: tuple[int | None, ...]
    dtype: str
    embedded: bool = False

    @property
    def open(self) -> bool:
        """Whether a dimension other than the batch is left to the caller."""
        return None in self.shape[1:]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to fill the slots: the length of open dimensions, the bound of whole numbers, and whether all are whole."""

    length: int
    bound: int
    whole: bool


def slots(model: Any) -> tuple[Slot, ...]:
    """The inputs of a model in Keras's own order; empty when the model does not know them (never built)."""
    tensors = getattr(model, "inputs", None) or ()  # an unbuilt Sequential raises AttributeError
    embedded = {id(tensor) for layer in layers(model) if _limit_of(layer) for tensor in _taken_by(layer)}
    return tuple(
        Slot(str(tensor.name), tuple(tensor.shape), str(getattr(tensor.dtype, "name", tensor.dtype)), id(tensor) in embedded)
        for tensor in tensors
    )


def layers(model: Any) -> tuple[Any, ...]:
    """The model's layers, nested ones included."""
    flatten = getattr(model, "_flatten_layers", None)  # private, in Keras 2 and 3 alike; there is no public walk
    return tuple(flatten()) if flatten else ()


def _taken_by(layer: Any) -> Iterator[Any]:
    for node in getattr(layer, "_inbound_nodes", ()):
        tensors = getattr(node, "input_tensors", ())
        yield from tensors if isinstance(tensors, (list, tuple)) else (tensors,)


def _limit_of(layer: Any) -> int | None:
    for base in type(layer).__mro__:
        limit = getattr(layer, HIGHEST_VALUE_IN.get(base.__name__, ""), None)
        if isinstance(limit, int):
            return limit
    return None


def recipes(model: Any) -> Iterator[Recipe]:
    """What to try, best first: numbers of each slot's own kind at growing lengths, then the same with whole numbers only.

    The second round is for models whose float input reaches an Embedding by way of another layer, as old Keras files do.
    """
    bound = max(1, min((limit for layer in layers(model) if (limit := _limit_of(layer))), default=SMALL))
    lengths = LENGTHS if any(slot.open for slot in slots(model)) else LENGTHS[:1]
    for whole in (False, True):
        for length in lengths:
            yield Recipe(length, bound, whole)


def fill(wanted: tuple[Slot, ...], recipe: Recipe, *, seed: int, samples: int) -> list[np.ndarray[Any, Any]]:
    """One array for each slot, the same for the same seed; open batches have `samples` rows."""
    random = np.random.default_rng(seed)
    return [_values(slot, recipe, random, samples) for slot in wanted]


def _values(slot: Slot, recipe: Recipe, random: np.random.Generator, samples: int) -> np.ndarray[Any, Any]:
    batch = slot.shape[:1] or (None,)
    shape = tuple(samples if n is None else n for n in batch) + tuple(recipe.length if n is None else n for n in slot.shape[1:])
    if slot.dtype == "string":
        return random.choice(np.array(WORDS, dtype=object), shape)
    if slot.dtype == "bool":
        return random.random(shape) < 0.5
    if slot.dtype.startswith(("int", "uint")) or slot.embedded or recipe.whole:
        numbers: np.ndarray[Any, Any] = random.integers(0, recipe.bound, shape)
    else:
        numbers = random.standard_normal(shape)
    # numpy has no bfloat16 of its own, though whoever imports ml_dtypes gives it one; Keras casts float32 to it
    known = getattr(np.sctypeDict.get(slot.dtype), "__module__", None) == "numpy"
    return numbers.astype(slot.dtype if known else "float32")


def mismatch(ours: tuple[Slot, ...], theirs: tuple[Slot, ...]) -> str | None:
    """A sentence if two models cannot be given the same input, `None` if they can."""
    if len(ours) != len(theirs):
        return f"{len(ours)} inputs here, {len(theirs)} in the other file"
    for index, (our, their) in enumerate(zip(ours, rearranged(theirs, theirs, ours), strict=True), start=1):
        fits = len(our.shape) == len(their.shape) and all(
            a == b or a is None or b is None for a, b in zip(our.shape, their.shape, strict=True)
        )
        if not fits:
            return f"input {index} has shape {our.shape} here, {their.shape} in the other file"
    return None


def rearranged(things: Sequence[T], order: tuple[Slot, ...], wanted: tuple[Slot, ...]) -> list[T]:
    """Things given in one model's order of inputs, in another's: by name when both use the same names, else as they stand."""
    by_name = {slot.name: thing for slot, thing in zip(order, things, strict=True)}
    if by_name.keys() != {slot.name for slot in wanted} or len(by_name) != len(wanted):
        return list(things)
    return [by_name[slot.name] for slot in wanted]


def computes_in_half(model: Any) -> bool:
    """Whether any layer computes in half precision."""
    return any(str(getattr(layer, "compute_dtype", "")) in ("float16", "bfloat16") for layer in layers(model))
