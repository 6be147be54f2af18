"""Output shapes of the layers that count and encode, and of the spectrograms."""

from __future__ import annotations

from kdoctor.keras_api.output_shapes.convolution import windowed
from kdoctor.keras_api.output_shapes.rule import Inner, all_known, one
from kdoctor.keras_api.variables.variable import Config, Shape, Shapes, channels, times, whole
from kdoctor.structure.objects import Node


def category(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    return (encoded(one(shapes), node.config.get("output_mode", "multi_hot"), whole(node.config["num_tokens"])),)


def lookup(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    return (encoded(one(shapes), node.config.get("output_mode", "int"), _vocabulary(node.config)),)


def hashing(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    shape, mode = one(shapes), node.config.get("output_mode", "int")
    return (shape if mode == "int" else (*shape[:-1], whole(node.config["num_bins"])),)


def crossing(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    return (encoded(all_known(shapes)[0], node.config.get("output_mode", "int"), whole(node.config["num_bins"])),)


def discretization(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    """Keras tells no shape for the encoded modes that all its releases agree on."""
    return (one(shapes),) if node.config.get("output_mode", "int") == "int" else None


def vectorization(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    config, shape = node.config, one(shapes)
    if config.get("output_mode", "int") == "int":
        steps = config.get("output_sequence_length")
        return ((shape[0], None if steps is None else whole(steps)),)
    if config.get("split") is not None:
        shape = (*shape, None)
    return (encoded(shape, config["output_mode"], _vocabulary(config)),)


def encoded(shape: Shape, mode: object, depth: int | None) -> Shape:
    """One number for each token: of every value (one_hot), or counted over the last axis."""
    if mode == "int":
        return shape
    if mode == "one_hot":
        return (*(shape[:-1] if len(shape) > 1 and shape[-1] == 1 else shape), depth)
    return (*shape[:-1], depth)


def _vocabulary(config: Config) -> int | None:
    """How many tokens a layer knows; not in the config when the vocabulary is an asset of the archive."""
    return whole(config["max_tokens"]) if config.get("pad_to_max_tokens") and config.get("max_tokens") is not None else None


def mel_spectrogram(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    config, shape = node.config, one(shapes)
    stride = whole(config.get("sequence_stride", 512))
    frames = None if shape[-1] is None else (shape[-1] + stride + 1) // stride
    return ((*shape[:-1], whole(config.get("num_mel_bins", 128)), frames),)


def spectrogram(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    config, shape = node.config, one(shapes)
    frame, ahead = whole(config.get("frame_length", 256)), config.get("data_format") == "channels_first"
    transform, step = config.get("fft_length"), config.get("frame_step")
    bins = (whole(frame if transform is None else transform) // 2 + 1) * (2 if config.get("mode") == "stft" else 1)
    steps = windowed(shape[2 if ahead else 1], frame, frame // 2 if step is None else whole(step), config.get("padding", "valid"))
    given = channels(config, shape)
    if config.get("expand_dims"):
        return ((shape[0], given, steps, bins) if ahead else (shape[0], steps, bins, given),)
    return ((shape[0], times(bins, given), steps) if ahead else (shape[0], steps, times(bins, given)),)
