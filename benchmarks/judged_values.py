"""What constructors of Keras judge: the values of each argument that `from_config` refuses, tried one after the other in real Keras.

    python benchmarks/judged_values.py probe > 3.15.json        # under each release, with its own interpreter
    python benchmarks/judged_values.py merge 2.15.json 3.0.json … > kdoctor/keras_api/judged_values.json

A value is tried by its kind (`kdoctor.keras_api.judged_values.kind_of` says which it is of), with several of each; a kind counts as refused
where all of them are, whatever the other arguments are set to. Of texts those that are taken are stored: every text in
the source of a class and of those that it is derived from is tried. The table stands on Keras 3.0.5, 3.9.2, 3.12.0 and 3.15.1, of November 2026.
"""

from __future__ import annotations

import ast
import json
import sys
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

VALUES: dict[str, list[Any]] = {
    "null": [None], "true": [True], "false": [False], "zero": [0], "one": [1], "positive": [2, 3, 4, 12], "negative": [-1, -2, -7],
    "zero.0": [0.0], "fraction": [0.25, 0.5], "one.0": [1.0], "above": [1.5, 7.0], "negative.0": [-0.25, -3.0],
    "empty text": [""], "text": ["zzq", "zz_qq"], "empty list": [[]], "empty dict": [{}], "dict": [{"zzq": 1}, {"zz": "qq"}],
    "list of text": [["zzq"], ["zz", "qq"]],
    **{f"list of {n}": [[1] * n, [3, 2, 4, 6][:n]] for n in (1, 2, 3, 4)},
    **{f"list of {n} with {word}": [[odd] * n, [odd, *[2] * (n - 1)], [*[2] * (n - 1), odd]] for n in (1, 2, 3)
       for word, odd in (("null", None), ("zero", 0), ("negative", -1))},
}  # fmt: skip
# the least that a constructor needs
NEEDED = {
    "units": 3, "filters": 4, "kernel_size": 2, "rate": 0.5, "stddev": 0.5, "target_shape": [2, 2], "dims": [1], "n": 2, "input_dim": 5, "output_dim": 3,
    "equation": "abc,cd->abd", "output_shape": [None, 3], "num_heads": 2, "key_dim": 2, "height": 4, "width": 4, "factor": 0.5, "num_bins": 5,
    "bin_boundaries": [0.5, 1.5], "num_tokens": 5, "head_dim": 2, "num_query_heads": 4, "num_key_value_heads": 2, "axes": 1, "function": "zzq",
    "height_factor": 0.2, "width_factor": 0.2, "scale": 2.0, "min_value": 0.1, "max_value": 1.0, "value_range": [0, 255], "num_classes": 3,
    "batch_shape": [None, 4], "alpha": 0.5, "crop_to_aspect_ratio": False, "cropping": 1, "max_norm": 1.0, "value": 1.0,
}  # fmt: skip
JUDGED = (
    "trainable", "dtype", "seed", "data_format", "padding", "strides", "kernel_size", "dilation_rate", "pool_size", "filters", "units", "rate",
    "groups", "num_heads", "key_dim", "input_dim", "output_dim", "interpolation", "output_mode", "ngrams", "momentum", "epsilon", "n", "size",
    "return_sequences", "go_backwards", "stateful", "unroll", "use_bias", "mask_zero", "stddev", "num_bins", "height", "width", "cropping", "dropout",
    "recurrent_dropout", "depth_multiplier", "standardize", "split", "target_shape", "keepdims", "negative_slope", "max_value", "threshold", "alpha",
    "l1", "l2", "value_dim", "key_shape", "num_tokens", "max_tokens", "factor", "height_factor", "width_factor", "fill_mode", "value_range",
)  # fmt: skip  # not "dims" of Permute: which numbers it takes depends on their order
LAYERS = (
    "Dense", "Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "DepthwiseConv2D", "SeparableConv2D", "MaxPooling1D", "MaxPooling2D", "AveragePooling2D",
    "GlobalAveragePooling2D", "GlobalMaxPooling2D", "GlobalAveragePooling1D", "Flatten", "Embedding", "LSTM", "GRU", "SimpleRNN", "Dropout",
    "SpatialDropout1D", "SpatialDropout2D", "GaussianNoise", "GaussianDropout", "AlphaDropout", "BatchNormalization", "LayerNormalization",
    "Activation", "ReLU", "LeakyReLU", "Softmax", "ZeroPadding2D", "Cropping2D", "UpSampling2D", "MultiHeadAttention", "TextVectorization",
    "Rescaling", "Resizing", "RandomFlip", "RandomRotation", "RandomZoom", "RepeatVector", "Add", "Concatenate", "Permute", "Reshape",
    "ELU", "PReLU", "Conv1DTranspose", "Conv3DTranspose", "DepthwiseConv1D", "SeparableConv1D", "MaxPooling3D", "AveragePooling1D", "AveragePooling3D",
    "GlobalMaxPooling1D", "GlobalAveragePooling3D", "GlobalMaxPooling3D", "UpSampling1D", "UpSampling3D", "ZeroPadding1D", "ZeroPadding3D", "Cropping1D",
    "Cropping3D", "Attention", "AdditiveAttention", "GroupQueryAttention", "GroupNormalization", "UnitNormalization", "RMSNormalization", "Masking",
    "ActivityRegularization", "EinsumDense", "SpatialDropout3D", "Average", "Maximum", "Minimum", "Multiply", "Subtract", "ConvLSTM1D", "ConvLSTM2D",
    "CenterCrop", "RandomCrop", "RandomBrightness", "RandomContrast", "RandomTranslation", "CategoryEncoding", "Discretization", "Hashing",
)  # fmt: skip
SKIPPED = (
    "name",
    "layer",
    "cell",
    "cells",
    "forward_layer",
    "backward_layer",
    "vocabulary",
    "idf_weights",
    "batch_input_shape",
    "bounding_box_format",
)
DECIDING = ("output_mode", "strides", "dilation_rate", "groups", "data_format", "sparse", "split", "standardize", "padding")  # with others
COMMON = (
    "same",
    "valid",
    "causal",
    "full",
    "auto",
    "channels_first",
    "channels_last",
    "sum",
    "max",
    "min",
    "mean",
    "average",
    "nearest",
    "bilinear",
    "bicubic",
    "lanczos3",
    "lanczos5",
    "area",
    "gaussian",
    "mitchellcubic",
    "constant",
    "reflect",
    "wrap",
    "crop",
    "pad",
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "bool",
    "string",
    "float8_e4m3fn",
    "float8_e5m2",
    "float16",
    "bfloat16",
    "float32",
    "float64",
    "float",
    "double",
    "half",
    "complex64",
    "complex128",
    "mixed_float16",
    "mixed_bfloat16",
    "int4",
    "float8",
)
OBJECTS = ("activation", "initializer", "regularizer", "constraint")  # whose texts are names: K303


def classes(keras: Any) -> Iterator[tuple[str, str, Any]]:
    for kind in ("layers",):
        module = getattr(keras, kind)
        for name in sorted(dir(module)):
            found = getattr(module, name)
            if name in LAYERS and isinstance(found, type) and hasattr(found, "from_config") and found.__name__ == name:
                yield kind, name, found


def made(found: Any, config: Any) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return found.from_config(json.loads(json.dumps(config)))
    except Exception:
        return None


def base(found: Any) -> Any:
    """A config that is taken: the arguments that a constructor cannot do without, then what `get_config` says of the others."""
    import inspect

    parameters = inspect.signature(found.__init__).parameters
    needed = [
        name for name, one in parameters.items() if one.default is one.empty and one.kind == one.POSITIONAL_OR_KEYWORD and name != "self"
    ]
    config = {name: NEEDED.get(name) for name in needed}
    if found.__name__ == "GroupNormalization":
        config["groups"] = 2
    one = made(found, config)
    if one is None:
        return None
    try:
        config = json.loads(json.dumps(one.get_config()))
    except Exception:
        return None
    config.pop("name", None)
    return config if made(found, config) is not None else None


def words(found: Any) -> list[str]:
    """Every text in the source of a class and of those that it is derived from, and those that helpers all over Keras compare with."""
    texts = set(COMMON)
    for one in found.__mro__:
        file = getattr(sys.modules.get(one.__module__), "__file__", None)
        if file and one.__module__.startswith("keras"):
            tree = ast.parse(Path(file).read_text(encoding="utf-8", errors="replace"))
            texts |= {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return sorted(text for text in texts if len(text) < 32 and text.replace("_", "").isalnum())


def probe() -> None:
    import keras

    rows: dict[str, Any] = {}
    for kind, name, found in classes(keras):
        config = base(found)
        if config is None:
            continue
        texts = words(found)
        for argument in config:
            if argument not in JUDGED:
                continue
            refused = {word for word, values in VALUES.items() if all(made(found, {**config, argument: value}) is None for value in values)}
            others = [
                (key, value) for key in config if key != argument and key in DECIDING for value in alternatives(found, config, key, texts)
            ]
            for word in sorted(refused):
                if any(made(found, {**config, key: value, argument: VALUES[word][0]}) is not None for key, value in others):
                    refused.discard(word)
            taken: dict[str, Any] | None = None
            if "text" in refused and not argument.endswith(OBJECTS):
                known = [text for text in texts if text and made(found, {**config, argument: text}) is not None]
                any_case = bool(known) and all(made(found, {**config, argument: text.upper()}) is not None for text in known)
                taken = {"texts": known, "any_case": any_case}
            if argument.endswith(OBJECTS):
                refused -= {"text", "empty text", "dict", "empty dict"}
            rows[f"{kind}.{name}.{argument}"] = {"refused": sorted(refused), "taken": taken}
    json.dump({"release": keras.__version__, "rows": rows}, sys.stdout)


KNOWN: dict[Any, list[Any]] = {}


def alternatives(found: Any, config: Any, key: str, texts: list[str]) -> list[Any]:
    """Other values of another argument that the constructor takes: with them it may judge otherwise."""
    place = (found, key)
    if place not in KNOWN:
        tried: list[Any] = [True, False, None, 2]
        tried += [text for text in texts if made(found, {**config, key: text}) is not None][:8] if isinstance(config[key], str) else []
        KNOWN[place] = [value for value in tried if value != config[key] and made(found, {**config, key: value}) is not None]
    return KNOWN[place]


def merge(paths: Iterable[str]) -> None:
    """The table of all releases: what each refuses as a bit of a number, the oldest lowest; the texts that any takes."""
    measured = sorted(
        (json.loads(Path(path).read_text()) for path in paths), key=lambda one: [int(part) for part in one["release"].split(".")[:2]]
    )
    rows: dict[str, Any] = {}
    for index, one in enumerate(measured):
        for place, found in one["rows"].items():
            _, name, argument = place.split(".")
            row = rows.setdefault(name, {}).setdefault(argument, {"refused": {}, "texts": set(), "any_case": False})
            for kind in found["refused"]:
                row["refused"][kind] = row["refused"].get(kind, 0) | 1 << index
            if found["taken"]:
                row["texts"] |= set(found["taken"]["texts"])
                row["any_case"] |= found["taken"]["any_case"]
    for arguments in rows.values():
        for argument in [argument for argument, row in arguments.items() if not row["refused"]]:
            del arguments[argument]
        for row in arguments.values():
            row["texts"] = sorted(row["texts"])
    json.dump({"releases": [one["release"] for one in measured], "rows": rows}, sys.stdout, separators=(",", ":"), sort_keys=True)


if __name__ == "__main__":
    probe() if sys.argv[1:] == ["probe"] else merge(sys.argv[2:])
