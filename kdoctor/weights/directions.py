"""A Bidirectional in one form: Keras 3 always says the layer that goes backwards, Keras 2 only one that was given.

Source: ``get_config`` and ``__init__`` of Bidirectional in layers/rnn/bidirectional.py, 2.15.0 and 3.15.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kdoctor.document import Json

WRAPPER: Final = "Bidirectional"
FORWARD, BACKWARD = "layer", "backward_layer"
SIDES: Final = {FORWARD: "forward_", BACKWARD: "backward_"}  # what it puts before the names of the two


def both_directions(config: Mapping[str, Json]) -> dict[str, Json]:
    """Its arguments with both layers, by the names that they have outside of it."""
    found = dict(config)
    forward = _settings(found.get(FORWARD))
    if forward is not None and found.get(BACKWARD) is None and forward.get("go_backwards", False) is False:
        found[BACKWARD] = {**found[FORWARD], "config": {**forward, "go_backwards": True}}
    for side, before in SIDES.items():
        settings = _settings(found.get(side))
        if settings is not None and isinstance(settings.get("name"), str):
            found[side] = {**found[side], "config": {**settings, "name": settings["name"].removeprefix(before)}}
    return found


def _settings(layer: Json) -> Mapping[str, Json] | None:
    config = layer.get("config") if isinstance(layer, Mapping) else None
    return config if isinstance(config, Mapping) else None
