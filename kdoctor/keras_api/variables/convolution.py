"""Variables of the convolutions (Keras 3.15.1, layers/convolutional), and of STFTSpectrogram, which is one."""

from __future__ import annotations

from collections.abc import Callable

from kdoctor.keras_api.variables.variable import (
    Config,
    Inner,
    Rule,
    Shape,
    Shapes,
    Variables,
    channels,
    first,
    own,
    times,
    whole,
    whole_list,
)
from kdoctor.structure.objects import Node

Form = Callable[[Config, tuple[int, ...], "int | None"], Variables]


def convolution(rank: int) -> Rule:
    return _rule(rank, _convolution)


def transposed(rank: int) -> Rule:
    return _rule(rank, _transposed)


def depthwise(rank: int) -> Rule:
    return _rule(rank, _depthwise)


def separable(rank: int) -> Rule:
    return _rule(rank, _separable)


def _rule(rank: int, form: Form) -> Rule:
    def rule(node: Node, shapes: Shapes, inner: Inner) -> Variables | None:
        config = node.config
        return form(config, whole_list(config["kernel_size"], rank), channels(config, first(shapes)))

    return rule


def _convolution(config: Config, size: tuple[int, ...], taken: int | None) -> Variables:
    filters, groups = whole(config["filters"]), whole(config.get("groups", 1))
    return own(("kernel", (*size, None if taken is None else taken // groups, filters)), *_bias(config, filters))


def _transposed(config: Config, size: tuple[int, ...], taken: int | None) -> Variables:
    filters = whole(config["filters"])
    return own(("kernel", (*size, filters, taken)), *_bias(config, filters))


def _depthwise(config: Config, size: tuple[int, ...], taken: int | None) -> Variables:
    multiplier = whole(config.get("depth_multiplier", 1))
    return own(("kernel", (*size, taken, multiplier)), *_bias(config, times(multiplier, taken)))


def _separable(config: Config, size: tuple[int, ...], taken: int | None) -> Variables:
    filters, multiplier = whole(config["filters"]), whole(config.get("depth_multiplier", 1))
    pointwise = (*(1,) * len(size), times(multiplier, taken), filters)
    return own(("depthwise_kernel", (*size, taken, multiplier)), ("pointwise_kernel", pointwise), *_bias(config, filters))


def _bias(config: Config, lengths: int | None) -> tuple[tuple[str, Shape], ...]:
    return (("bias", (lengths,)),) if config.get("use_bias", True) else ()


def spectrogram(node: Node, shapes: Shapes, inner: Inner) -> Variables | None:
    """The window and the transform as a convolution's kernels, which nothing trains unless the layer is made trainable."""
    config = node.config
    frame, mode = whole(config["frame_length"]), config.get("mode", "log")
    transform = config.get("fft_length")
    shape = (frame, 1, whole(frame if transform is None else transform) // 2 + 1)
    named = [(role, shape) for role, other in (("real_kernel", "imag"), ("imag_kernel", "real")) if mode != other]
    return own(*named)
