"""LocallyConnected1D and LocallyConnected2D as small models: the windows of the input side by side, and kernels of their own for each.

Sources: keras/layers/local.py and keras/utils/conv_utils.py of Keras 2.2.5 and 2.15.0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Final, NamedTuple

from kdoctor.document import Json
from kdoctor.keras_api.variables.retired import implementation
from kdoctor.keras_api.variables.variable import whole, whole_list
from kdoctor.recipe import constant, join, part, reshape, transpose, zeros
from kdoctor.replacements.small_layers import INPUT, LIMITS, PENALTIES, Small, built, small_layer, small_operation
from kdoctor.structure.objects import Node

if TYPE_CHECKING:
    from kdoctor.recipe_steps import Recipe

POSITIONS: Final = 1024  # of an output, each of whose kernels is cut out of one array
WIDTH: Final = 2048  # numbers in a window that a convolution with ones may cut out: it has the square of them


def locally_connected_1d(node: Node, shape: tuple[int | None, ...], arrays: tuple[Recipe, ...], patches: bool) -> Small | None:
    """As one of two dimensions, the second of length 1."""
    if len(shape) != 3 or shape[1] is None or shape[2] is None:
        return None
    kernels = _kernels(node, shape[1:2], shape[2], arrays[0])
    if kernels is None:
        return None
    (steps,), (size,), (stride,) = kernels.windows.outputs, kernels.windows.sizes, kernels.windows.strides
    width = size * shape[2]
    image = small_layer("Reshape", "as_image", [INPUT], target_shape=[shape[1], 1, shape[2]])
    cut = _cut_out(kernels.windows, [size, 1], [stride, stride], "as_image", shape[2], patches)
    if cut is None:
        return None
    layers = (
        image,
        *cut.layers,
        small_layer("Reshape", "as_steps", ["patches"], target_shape=[steps, width]),
        _local(node, "abc,bcd->abd", "as_steps", [steps, width]),
    )
    return Small(layers, {**cut.arrays, "local": (kernels.recipe, *arrays[1:])})


def locally_connected_2d(node: Node, shape: tuple[int | None, ...], arrays: tuple[Recipe, ...], patches: bool) -> Small | None:
    lengths = [length for length in shape[1:] if length is not None]
    if len(shape) != 4 or len(lengths) != 3:
        return None
    kernels = _kernels(node, lengths[:2], lengths[2], arrays[0])
    if kernels is None:
        return None
    windows = kernels.windows
    (rows, columns), width = windows.outputs, prod(windows.sizes) * lengths[2]
    cut = _cut_out(windows, list(windows.sizes), list(windows.strides), INPUT, lengths[2], patches)
    if cut is None:
        return None
    kernel = reshape(kernels.recipe, (rows, columns, *kernels.recipe.shape[1:]))
    layers = (*cut.layers, _local(node, "abcd,bcde->abce", "patches", [rows, columns, width]))
    return Small(layers, {**cut.arrays, "local": (kernel, *arrays[1:])})


class _Windows(NamedTuple):
    """Which part of the input each output sees, by axis; with padding a window may reach over the edge."""

    lengths: tuple[int, ...]
    sizes: tuple[int, ...]
    strides: tuple[int, ...]
    padded: bool

    @property
    def outputs(self) -> tuple[int, ...]:
        if self.padded:
            return tuple(-(-length // stride) for length, stride in zip(self.lengths, self.strides, strict=True))
        return tuple((n - size) // stride + 1 for n, size, stride in zip(self.lengths, self.sizes, self.strides, strict=True))

    @property
    def before(self) -> tuple[int, ...]:
        """How far the first window reaches over the edge: half its size, whatever others mean by padding "same"."""
        return tuple(size // 2 if self.padded else 0 for size in self.sizes)

    @property
    def after(self) -> tuple[int, ...]:
        """How far the last one does."""
        last = ((count - 1) * stride for count, stride in zip(self.outputs, self.strides, strict=True))
        sides = zip(last, self.sizes, self.before, self.lengths, strict=True)
        return tuple(max(0, start + size - first - length) for start, size, first, length in sides)

    def seen(self, place: Sequence[int]) -> tuple[tuple[int, int], ...]:
        """By axis, where the window of an output begins and ends; before 0 and behind the end there is nothing."""
        starts = (index * stride - first for index, stride, first in zip(place, self.strides, self.before, strict=True))
        return tuple((start, start + size) for start, size in zip(starts, self.sizes, strict=True))

    def inside(self, place: Sequence[int]) -> tuple[tuple[int, int], ...]:
        return tuple((max(0, start), min(length, stop)) for (start, stop), length in zip(self.seen(place), self.lengths, strict=True))

    def places(self) -> Iterator[tuple[int, ...]]:
        return product(*map(range, self.outputs))


class _Kernels(NamedTuple):
    """The kernels of a locally connected layer: (output position, place in the window and channel, filter)."""

    windows: _Windows
    recipe: Recipe


def _kernels(node: Node, lengths: Sequence[int | None], channels: int, stored: Recipe) -> _Kernels | None:
    config, rank = node.config, len(lengths)
    padding, order = config.get("padding", "valid"), config.get("data_format") or "channels_last"
    if padding not in ("valid", "same") or order != "channels_last" or any(config.get(name) is not None for name in LIMITS[:2]):
        return None
    sizes, strides = whole_list(config["kernel_size"], rank), whole_list(config.get("strides", 1), rank)
    given, filters = tuple(length for length in lengths if length is not None), whole(config["filters"])
    windows = _Windows(given, tuple(sizes), tuple(strides), padding == "same")
    positions, width = prod(windows.outputs), prod(sizes) * channels
    kind = implementation(node)
    if kind == 1:
        fits = not windows.padded and stored.shape == (positions, width, filters)
        return _Kernels(windows, stored) if fits else None
    if kind == 3 and not windows.padded:  # the values of a sparse matrix, sorted by output (filters last), then by input
        fits = stored.shape == (positions * filters * width,)
        return _Kernels(windows, transpose(reshape(stored, (positions, filters, width)), (0, 2, 1))) if fits else None
    if positions > POSITIONS:
        return None
    cut = _masked(stored, windows, channels, filters) if kind == 2 else _sparse(stored, windows, channels, filters) if kind == 3 else None
    return None if cut is None else _Kernels(windows, join(0, [reshape(one, (1, width, filters)) for one in cut]))


def _masked(stored: Recipe, windows: _Windows, channels: int, filters: int) -> list[Recipe] | None:
    """Of one array for all inputs and outputs, what leads from the window of each output to it; a mask hides the rest."""
    if stored.shape != (*windows.lengths, channels, *windows.outputs, filters):
        return None
    found = []
    for place in windows.places():
        one = stored
        for axis, index in enumerate(place):
            one = part(one, len(place) + 1 + axis, index, index + 1)
        for axis, (start, stop) in enumerate(windows.inside(place)):
            one = part(one, axis, start, stop)
        extent = [stop - start for start, stop in windows.inside(place)]
        found.append(_filled_up(reshape(one, (*extent, channels, filters)), windows, place))
    return found


def _sparse(stored: Recipe, windows: _Windows, channels: int, filters: int) -> list[Recipe] | None:
    """The values of a sparse matrix in a row: for each output and filter those of the inputs that it sees."""
    extents = [[stop - start for start, stop in windows.inside(place)] for place in windows.places()]
    if stored.shape != (sum(prod(extent) for extent in extents) * channels * filters,):
        return None
    found, first = [], 0
    for place, extent in zip(windows.places(), extents, strict=True):
        count = prod(extent) * channels
        one = transpose(reshape(part(stored, 0, first, first + count * filters), (filters, count)))
        found.append(_filled_up(reshape(one, (*extent, channels, filters)), windows, place))
        first += count * filters
    return found


def _filled_up(kernel: Recipe, windows: _Windows, place: Sequence[int]) -> Recipe:
    """Zeros where the window reaches over the edge."""
    for axis, ((start, stop), (first, last)) in enumerate(zip(windows.seen(place), windows.inside(place), strict=True)):
        edges = [zeros((*kernel.shape[:axis], count, *kernel.shape[axis + 1 :]), kernel.dtype) for count in (first - start, stop - last)]
        parts = [one for one in (edges[0], kernel, edges[1]) if one.shape[axis]]
        kernel = join(axis, parts) if len(parts) > 1 else kernel
    return kernel


def _cut_out(windows: _Windows, sizes: list[int], strides: list[int], source: str, channels: int, patches: bool) -> Small | None:
    """Windows of an image in a row, the channels last. ``patches``: the operation for it can be used; else a convolution with ones."""
    edges = [[first, last] for first, last in zip(windows.before, windows.after, strict=True)]
    padding = [*edges, [0, 0]][:2]
    around: list[dict[str, Json]] = []
    if any((*windows.before, *windows.after)):
        around, source = [small_layer("ZeroPadding2D", "padded", [source], padding=padding, data_format="channels_last")], "padded"
    one = strides[0] if len({*strides}) == 1 else strides  # a number where it can be one: early releases of Keras 3 take no list here
    settings: dict[str, Json] = {"strides": one, "padding": "valid", "data_format": "channels_last"}
    if patches:
        cut = small_operation("keras.src.ops.image", "ExtractPatches", "patches", [source], size=sizes, **settings)
        return Small((*around, cut), {})
    width = prod(sizes) * channels
    if width > WIDTH:
        return None
    settings |= {"filters": width, "kernel_size": sizes, "use_bias": False, "activation": "linear", "trainable": False}
    return Small((*around, small_layer("Conv2D", "patches", [source], **settings)), {"patches": (_ones(sizes, channels, width),)})


def _ones(sizes: Sequence[int], channels: int, width: int) -> Recipe:
    """A kernel each of whose filters takes one number of the window: the rows of a unit matrix, a one and then zeros up to the next one."""
    one, gap = constant(1, (1,), "float32"), zeros((width,), "float32")
    row = [piece for _ in range(width - 1) for piece in (one, gap)]
    return reshape(join(0, [*row, one]), (*sizes, channels, width))


def _local(node: Node, equation: str, source: str, shape: list[int]) -> dict[str, Json]:
    config = node.config
    bias = {"bias_axes": equation.rpartition("->")[2][1:]} if config.get("use_bias", True) else {}
    told = {name: config[name] for name in PENALTIES if config.get(name) is not None}
    output = [*shape[:-1], whole(config["filters"])]
    settings = {"equation": equation, "output_shape": output, "activation": config.get("activation"), **bias, **told}
    return built(small_layer("EinsumDense", "local", [source], **settings), shape)
