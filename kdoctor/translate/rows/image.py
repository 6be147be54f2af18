"""Functions of ``tf.image`` and their kin in Keras's backend and applications."""

from __future__ import annotations

import math

from kdoctor.translate.dtype_names import is_float
from kdoctor.translate.graph import Graph
from kdoctor.translate.rows.arrangement import lengths_of, pad, reverse
from kdoctor.translate.rows.words import TENSORFLOW_2, Row, Rows, array, dtype_name, flag, number, refuse_whole, tensor, whole
from kdoctor.translate.values import Tensor, Untranslatable, Value

METHODS = ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5")
OLD_METHODS: dict[Value, str] = {0: "bilinear", 1: "nearest", 2: "bicubic", 3: "area"}


def _sizes(size: Value) -> list[int]:
    found = lengths_of(size)
    if len(found) != 2 or not all(isinstance(length, int) for length in found):
        raise Untranslatable("a size that is known only when the model runs")
    return found


def resize(
    g: Graph, images: Value, size: Value, method: Value = "bilinear", preserve_aspect_ratio: Value = False, antialias: Value = False
) -> Value:
    """What is not the nearest number is a float."""
    if method not in METHODS or flag(preserve_aspect_ratio):
        raise Untranslatable(f"resizing by {method!r:.20}, or with the aspect ratio kept")
    x = tensor(images)
    if method != "nearest":
        x = _single(g, x)
    return g("Resize", x, size=_sizes(size), interpolation=method, antialias=flag(antialias), data_format="channels_last")


def resize_of_either(
    g: Graph, images: Value, size: Value, method: Value = "bilinear", preserve_aspect_ratio: Value = False, antialias: Value = False
) -> Value:
    """``tf.image.resize`` sampled from the corners of pixels in TensorFlow 1, from their centers in 2; files before Keras 2.4 may be of either."""
    old = g.keras_minor is None or g.keras_minor < TENSORFLOW_2
    if old and not _alike(tensor(images), _sizes(size), method):
        raise Untranslatable("a resize that TensorFlow 1 did otherwise than 2, and the file may be of either")
    return resize(g, images, size, method, preserve_aspect_ratio, antialias)


def _alike(x: Tensor, size: list[int], method: Value) -> bool:
    """Whether both take the same pixels: each as often as the next."""
    given = x.lengths[-3:-1]
    return method in ("nearest", 1) and all(length and wanted % length == 0 for length, wanted in zip(given, size, strict=True))


def _single(g: Graph, x: Tensor) -> Tensor:
    """TensorFlow weighs pixels in 32 bits, whatever they come in."""
    found: Tensor = x if x.dtype in ("float32", None) else g("Cast", x, dtype="float32")
    return found


def old_resize(
    g: Graph, images: Value, size: Value, method: Value = 0, align_corners: Value = False, preserve_aspect_ratio: Value = False
) -> Value:
    kind = OLD_METHODS.get(method) if isinstance(method, int) else method
    if kind not in ("bilinear", "nearest") or flag(preserve_aspect_ratio):
        raise Untranslatable(f"TensorFlow 1's resizing by {kind!r:.20}")
    return sampled(kind)(g, images, size, align_corners)


def sampled(method: str) -> Row:
    """TensorFlow 1 sampled from the corners of pixels, Keras's Resize from their centers: the same is said by taking rows and columns."""

    def row(g: Graph, images: Value, size: Value, align_corners: Value = False, half_pixel_centers: Value = False) -> Value:
        if flag(half_pixel_centers):
            return resize(g, images, size, method)
        x = tensor(images)
        if x.rank != 4 or not is_float(x.dtype):
            raise Untranslatable("resizing of what is not known to be a batch of images of floats")
        x = x if method == "nearest" else _single(g, x)
        for axis, length in zip((1, 2), _sizes(size), strict=True):
            x = _sampled(g, x, axis, length, method, flag(align_corners))
        return x

    return row


def _sampled(g: Graph, x: Tensor, axis: int, length: int, method: str, align: bool) -> Value:
    import numpy

    given = x.lengths[axis]
    if given is None or not 1 <= length <= 10_000:
        raise Untranslatable("resizing of images of unknown size")
    if given == length:
        return x
    scale = numpy.float32((given - 1) / (length - 1) if align and length > 1 else given / length)
    places = numpy.arange(length, dtype="float32") * scale
    if method == "nearest":
        return g("Take", x, numpy.minimum(numpy.round(places) if align else numpy.floor(places), given - 1).astype("int32"), axis=axis)
    low = numpy.floor(places).astype("int32")
    share = (places - low).reshape((-1, 1, 1) if axis == 1 else (-1, 1)).astype(str(x.dtype))
    before, after = g("Take", x, low, axis=axis), g("Take", x, numpy.minimum(low + 1, given - 1).astype("int32"), axis=axis)
    return g("Add", before, g("Multiply", g("Subtract", after, before), share))


def resize_by(
    g: Graph, x: Value, height_factor: Value, width_factor: Value, data_format: Value = "channels_last", interpolation: Value = "nearest"
) -> Value:
    """Keras's resize_images: ``nearest`` repeats rows and columns in every release; ``bilinear`` has meant two things."""
    first = 2 if data_format == "channels_first" else 1
    if interpolation == "nearest":
        return g("Repeat", g("Repeat", tensor(x), repeats=whole(height_factor), axis=first), repeats=whole(width_factor), axis=first + 1)
    lengths = tensor(x).lengths
    if g.keras_minor is None or g.keras_minor < (2, 4) or first == 2 or len(lengths) != 4 or None in lengths[1:3]:
        raise Untranslatable("resize_images with interpolation, which depends on the backend that the model was made with")
    return resize(g, x, [int(lengths[1] or 0) * whole(height_factor), int(lengths[2] or 0) * whole(width_factor)], interpolation)


def flip(from_end: int) -> Row:
    return lambda g, image: g("Flip", tensor(image), axis=tensor(image).rank + from_end)


def turned(g: Graph, image: Value, k: Value = 1) -> Value:
    """By quarters, against the clock."""
    x = tensor(image)
    height, width = x.rank - 3, x.rank - 2
    if height < 0:
        raise Untranslatable("what is no image")
    times = whole(k) % 4
    if times == 2:
        return g("Flip", g("Flip", x, axis=height), axis=width)
    if times == 1:
        return transposed(g, g("Flip", x, axis=width))
    return g("Flip", transposed(g, x), axis=width) if times else x


def transposed(g: Graph, image: Value) -> Value:
    x = tensor(image)
    if x.rank < 3:
        raise Untranslatable("what is no image")
    return g("Transpose", x, axes=[*range(x.rank - 3), x.rank - 2, x.rank - 3, x.rank - 1])


def contrast(g: Graph, images: Value, contrast_factor: Value) -> Value:
    """Away from the mean of each channel of each image."""
    x = tensor(images)
    if x.dtype != "float32":
        raise Untranslatable(f"the contrast of images of {x.dtype}")
    mean = g("Mean", x, axis=[-3, -2], keepdims=True)
    return g("Add", g("Multiply", g("Subtract", x, mean), number(contrast_factor)), mean)


def brightness(g: Graph, image: Value, delta: Value) -> Value:
    x = tensor(image)
    if x.dtype != "float32":
        raise Untranslatable(f"the brightness of images of {x.dtype}")
    return g("Add", x, number(delta))


def gray(g: Graph, images: Value) -> Value:
    x = tensor(images)
    if x.dtype not in ("float32", "float16", "bfloat16"):
        raise Untranslatable(f"gray images of {x.dtype}")
    return g("RGBToGrayscale", x, data_format="channels_last")


def from_gray(g: Graph, images: Value) -> Value:
    x = tensor(images)
    return g("Tile", x, repeats=[1] * (x.rank - 1) + [3])


def standardization(g: Graph, image: Value) -> Value:
    x = tensor(image)
    lengths = x.lengths[-3:]
    if None in lengths or len(lengths) != 3:
        raise Untranslatable("standardization of images of unknown size")
    x = x if x.dtype == "float32" else g("Cast", x, dtype="float32")
    count = math.prod(length or 0 for length in lengths)
    over = {"axis": [-3, -2, -1], "keepdims": True}
    spread = g("Maximum", g("Std", x, **over), 1.0 / math.sqrt(count))
    return g("Divide", g("Subtract", x, g("Mean", x, **over)), spread)


def central_crop(g: Graph, image: Value, central_fraction: Value) -> Value:
    x, fraction = tensor(image), float(number(central_fraction))
    height, width = x.lengths[-3:-1]
    if height is None or width is None or not 0 < fraction <= 1:
        raise Untranslatable("a crop of images of unknown size")
    keys = []
    for length in (height, width):
        start = int((length - length * fraction) / 2)
        keys.append(slice(start, start + length - 2 * start))
    return g("GetItem", x, (Ellipsis, *keys, slice(None)))


def crop(g: Graph, image: Value, offset_height: Value, offset_width: Value, target_height: Value, target_width: Value) -> Value:
    top, left = whole(offset_height), whole(offset_width)
    return g(
        "GetItem", tensor(image), (Ellipsis, slice(top, top + whole(target_height)), slice(left, left + whole(target_width)), slice(None))
    )


def pad_to(g: Graph, image: Value, offset_height: Value, offset_width: Value, target_height: Value, target_width: Value) -> Value:
    x = tensor(image)
    height, width = x.lengths[-3:-1]
    if height is None or width is None:
        raise Untranslatable("padding of images of unknown size")
    top, left = whole(offset_height), whole(offset_width)
    sides = [[top, whole(target_height) - height - top], [left, whole(target_width) - width - left]]
    return pad(g, x, [[0, 0]] * (x.rank - 3) + sides + [[0, 0]])


def convert_dtype(g: Graph, image: Value, dtype: Value, saturate: Value = False) -> Value:
    x, made = tensor(image), dtype_name(dtype)
    if not is_float(made):
        raise Untranslatable("images made of whole numbers")
    if is_float(x.dtype):
        return x if x.dtype == made else g("Cast", x, dtype=made)
    most = {"uint8": 255, "int8": 127, "uint16": 65535, "int16": 32767, "int32": 2147483647}.get(str(x.dtype))
    if most is None:
        raise Untranslatable(f"images of the dtype {x.dtype}")
    return g("Multiply", g("Cast", x, dtype=made), 1.0 / most)


def normalized(mode: str) -> Row:
    """``preprocess_input`` of Keras's applications."""

    def row(g: Graph, x: Value, data_format: Value = None) -> Value:
        given = tensor(x)
        if data_format not in (None, "channels_last"):
            raise Untranslatable("images with channels first")
        if mode == "caffe":
            refuse_whole(given, "caffe's preprocess_input")
        if not is_float(given.dtype):
            given = g("Cast", given, dtype="float32")
        if mode == "tf":
            return g("Subtract", g("Divide", given, 127.5), 1.0)
        if mode == "caffe":
            return g("Subtract", reverse(g, given, [-1]), array([103.939, 116.779, 123.68], given.dtype))
        scaled = g("Subtract", g("Divide", given, 255.0), array([0.485, 0.456, 0.406], given.dtype))
        return g("Divide", scaled, array([0.229, 0.224, 0.225], given.dtype))

    return row


def preprocessed(g: Graph, x: Value, data_format: Value = None, mode: Value = "caffe") -> Value:
    if mode not in ("caffe", "tf", "torch"):
        raise Untranslatable(f"the mode {mode!r:.20}")
    return normalized(mode)(g, x, data_format)


def patches(g: Graph, images: Value, sizes: Value = None, strides: Value = None, rates: Value = None, padding: Value = "VALID") -> Value:
    """The numbers of each window beside each other."""
    size, step, rate = (_window(value) for value in (sizes, strides, rates))
    if rate != [1, 1] or str(padding).lower() not in ("same", "valid") or not is_float(tensor(images).dtype):
        raise Untranslatable("patches with gaps, with another padding, or of whole numbers")
    return g("ExtractPatches", tensor(images), size=size, strides=step, padding=str(padding).lower(), data_format="channels_last")


def _window(value: Value) -> list[int]:
    lengths = array(value).tolist()
    if len(lengths) != 4 or (lengths[0], lengths[3]) != (1, 1):
        raise Untranslatable("a window over the batch or the channels")
    return [whole(length) for length in lengths[1:3]]


PREPROCESSING = {
    "tf": "inception_v3 inception_resnet_v2 xception mobilenet mobilenet_v2 resnet_v2 nasnet",
    "caffe": "vgg16 vgg19 resnet resnet50",
    "torch": "densenet",
}
ROWS: Rows = {
    "tf.image.resize": resize_of_either, "tf.image.resize_images": old_resize, "tf.compat.v1.image.resize": old_resize,
    "tf.compat.v1.image.resize_images": old_resize, "tf.image.resize_bilinear": sampled("bilinear"),
    "tf.image.resize_nearest_neighbor": sampled("nearest"), "K.resize_images": resize_by,
    "tf.image.flip_left_right": flip(-2), "tf.image.flip_up_down": flip(-3), "tf.image.rgb_to_grayscale": gray,
    "tf.image.grayscale_to_rgb": from_gray, "tf.image.per_image_standardization": standardization, "tf.image.central_crop": central_crop,
    "tf.image.crop_to_bounding_box": crop, "tf.image.pad_to_bounding_box": pad_to, "tf.image.convert_image_dtype": convert_dtype,
    "tf.image.extract_patches": patches, "tf.image.rot90": turned, "tf.image.transpose": transposed, "tf.image.adjust_contrast": contrast,
    "tf.image.adjust_brightness": brightness,
    **{
        f"applications.{network}.preprocess_input": normalized(mode)
        for mode, networks in PREPROCESSING.items()
        for network in networks.split()
    },
    "applications.imagenet_utils.preprocess_input": preprocessed,
    **{f"applications.{name}.preprocess_input": lambda g, x, data_format=None: x for name in ("efficientnet", "efficientnet_v2", "mobilenet_v3")},
}  # fmt: skip
