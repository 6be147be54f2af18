"""Layers that put neighbours together: pooling, over windows or over all there is, and resizing."""

from __future__ import annotations

from typing import Final

from kdoctor.translate.patterns.pattern import CHANNELS_LAST, Chain, Layer, Pattern

GLOBAL: Final = {"Mean": "GlobalAveragePooling", "Max": "GlobalMaxPooling"}
POOLS: Final = {"AveragePool": "AveragePooling", "MaxPool": "MaxPooling"}


def global_pooling(chain: Chain) -> Layer | None:
    """Over all axes between batch and channels, or behind the channels where these come first."""
    step, shape = chain.only, chain.given
    if step is None or step.operation not in GLOBAL or shape is None or not 3 <= len(shape) <= 5:
        return None
    axis = step.config.get("axis")
    axes = [each for each in (axis if isinstance(axis, list) else [axis]) if type(each) is int]
    rank = len(shape)
    places = sorted(each % rank for each in axes)
    form = {tuple(range(1, rank - 1)): "channels_last", tuple(range(2, rank)): "channels_first"}.get(tuple(places))
    if form is None:
        return None
    return Layer(f"{GLOBAL[step.operation]}{rank - 2}D", {"data_format": form, "keepdims": bool(step.config.get("keepdims"))})


def pooling(chain: Chain) -> Layer | None:
    step, shape = chain.only, chain.given
    if step is None or step.operation not in POOLS or shape is None or not 3 <= len(shape) <= 5:
        return None
    config = {key: step.config.get(key) for key in ("pool_size", "strides", "padding", "data_format")}
    return None if None in config.values() else Layer(f"{POOLS[step.operation]}{len(shape) - 2}D", config)


def resizing(chain: Chain) -> Layer | None:
    """Of a size that is written there, stretched without looking at the sides' ratio."""
    step, shape = chain.only, chain.given
    if step is None or step.operation != "Resize" or shape is None or len(shape) != 4:
        return None
    size, method = step.config.get("size"), step.config.get("interpolation", "bilinear")
    told = {"size", "interpolation", "antialias", "data_format", "name"}
    asked = {key for key, value in step.config.items() if value not in (None, False)}
    if not isinstance(size, list) or len(size) != 2 or asked - told or step.config.get("data_format") != "channels_last":
        return None
    smooth = {"antialias": True} if step.config.get("antialias") else {}
    return Layer("Resizing", {"height": size[0], "width": size[1], "interpolation": method, **smooth, **CHANNELS_LAST})


PATTERNS: Final[tuple[Pattern, ...]] = (global_pooling, pooling, resizing)
