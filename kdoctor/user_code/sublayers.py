"""The layers of Keras that a constructor makes one after the other, and the arguments that go to their kernels."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple


class Length(NamedTuple):
    """One axis of a kernel, which a layer's argument decides; a recurrent layer keeps its gates beside each other."""

    axis: int
    gates: int = 1


class Sublayer(NamedTuple):
    """A layer in an attribute. ``lengths``: argument of the outer constructor -> the axis of the layer's first array that it decides."""

    attribute: str
    recurrent: bool
    lengths: tuple[tuple[str, Length], ...]


UNITS: Final = (("units", Length(-1)),)
FILTERS: Final = (("filters", Length(-1)),)
TRANSPOSED: Final = (("filters", Length(-2)),)
# What decides the first array of a layer, in the order of the constructor's arguments.
FIRST_ARRAYS: Final[dict[str, tuple[tuple[str, Length], ...]]] = {
    "Dense": UNITS, "Conv1D": FILTERS, "Conv2D": FILTERS, "Conv3D": FILTERS,
    "Conv1DTranspose": TRANSPOSED, "Conv2DTranspose": TRANSPOSED, "Conv3DTranspose": TRANSPOSED,
    "Embedding": (("input_dim", Length(0)), ("output_dim", Length(1))),
    "SimpleRNN": UNITS, "GRU": (("units", Length(-1, 3)),), "LSTM": (("units", Length(-1, 4)),),
    "BatchNormalization": (), "LayerNormalization": (),
}  # fmt: skip
RECURRENT: Final = frozenset({"SimpleRNN", "GRU", "LSTM"})
WITHOUT_ARRAYS: Final = frozenset(
    {
        "Activation", "Add", "Average", "AveragePooling1D", "AveragePooling2D", "Concatenate", "Dropout", "ELU", "Flatten", "GlobalAveragePooling1D",
        "GlobalAveragePooling2D", "GlobalMaxPooling1D", "GlobalMaxPooling2D", "LeakyReLU", "MaxPooling1D", "MaxPooling2D", "Multiply", "Permute",
        "ReLU", "RepeatVector", "Reshape", "Softmax", "UpSampling2D", "ZeroPadding2D",
    }
)  # fmt: skip


class Made(NamedTuple):
    """The layers with arrays, in order; ``complete``: nothing else in the constructor may make arrays of its own."""

    layers: tuple[Sublayer, ...] = ()
    complete: bool = False


def sublayers(constructor: ast.FunctionDef | None, own: frozenset[str]) -> Made:
    """own: names of classes in the source itself, which are not Keras's. An attribute that is set twice, or under a condition, is left out."""
    if constructor is None:
        return Made()
    arguments = _as_given(constructor)
    times = Counter(attribute for node in ast.walk(constructor) for attribute in _attributes(node))
    found: list[Sublayer] = []
    complete = True
    for node in constructor.body:
        if not any(attribute for one in ast.walk(node) for attribute in _attributes(one)):
            continue  # super().__init__(), or a local name
        attributes = [*_attributes(node)]
        value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
        if value is not None and not any(isinstance(one, ast.Call) for one in ast.walk(value)):
            continue  # a plain value
        made = _last(value.func) if isinstance(value, ast.Call) else ""
        if made in WITHOUT_ARRAYS - own:
            continue
        if isinstance(value, ast.Call) and made in FIRST_ARRAYS.keys() - own and [times[one] for one in attributes] == [1]:
            found.append(Sublayer(attributes[0], made in RECURRENT, tuple(_lengths(value, FIRST_ARRAYS[made], arguments))))
        else:
            complete = False
    return Made(tuple(found), complete)


def _lengths(call: ast.Call, table: tuple[tuple[str, Length], ...], arguments: dict[str, str]) -> Iterator[tuple[str, Length]]:
    placed = dict(zip((name for name, _ in table), call.args, strict=False))
    given = {**placed, **{one.arg: one.value for one in call.keywords if one.arg is not None}}
    for name, length in table:
        argument = arguments.get(ast.unparse(given[name])) if name in given else None
        if argument is not None:
            yield argument, length


def _as_given(constructor: ast.FunctionDef) -> dict[str, str]:
    """How a constructor writes an argument that it leaves as it was given: ``units``, or ``self.units`` -> argument."""
    taken = constructor.args
    names = {one.arg for one in (*[*taken.posonlyargs, *taken.args][1:], *taken.kwonlyargs)}
    stored = {node.id for node in ast.walk(constructor) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    found = {name: name for name in names - stored}
    written = Counter(
        ast.unparse(node) for node in ast.walk(constructor) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    )
    for node in constructor.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and node.value.id in found:
            found.update({text: node.value.id for target in node.targets if written[text := ast.unparse(target)] == 1})
    return found


def _attributes(node: ast.AST) -> Iterator[str]:
    """The attributes of ``self`` that a statement sets."""
    targets = (
        node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.For)) else []
    )
    for target in targets:
        for one in ast.walk(target):
            if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name) and one.value.id == "self":
                yield one.attr


def _last(node: ast.expr) -> str:
    """``Dense`` of ``keras.layers.Dense``."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
