"""A masked Bidirectional that repeats the step before in its sequence, as Keras 1 to 2.3 did: two recurrent layers, one turned round, and a merge.

Alone a recurrent layer of Keras 3 repeats its last output where it is masked, as the old ones did; only within a Bidirectional it puts
zeros there. Turning round is an operation, which hands no mask on: so the mask is made into a tensor of the model, by a recurrent layer that
returns 1 where there is a step and 0 where it is masked, and handed over with the outcome to a model that changes nothing.

Source: ``Bidirectional.call`` of wrappers.py 1.2.2, 2.1.6, 2.2.5 and 2.3.1, and ``rnn`` of their tensorflow_backend.py; bidirectional.py,
rnn.py and ``Functional.call`` of 3.3.3 and 3.15.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from kdoctor.check import Repair
from kdoctor.document import Document, Json
from kdoctor.graph.shapes import infer
from kdoctor.keras_api import habits
from kdoctor.keras_api.variables.variable import whole
from kdoctor.native_config import keras_tensor
from kdoctor.recipe import constant, zeros
from kdoctor.replacements.retired_layers import stands_alone, stored_arrays, written
from kdoctor.replacements.small_layers import INPUT, Small, built, small_layer, small_operation
from kdoctor.structure.layers import Layer
from kdoctor.structure.sources import Source
from kdoctor.target import Target
from kdoctor.weights.claims import Claim, claims

if TYPE_CHECKING:
    from kdoctor.recipe_steps import Recipe

TITLE: Final = "write both directions by themselves, which repeat the step before"
RECURRENT: Final = frozenset({"LSTM", "GRU", "SimpleRNN"})
FORWARD, BACKWARD, TURNED, MERGED, SEEN, MASK, KEPT = "forward", "backward", "turned", "merged", "seen", "mask", "kept"
OPERATIONS: Final = "keras.src.ops.numpy"
MERGES: Final = {"sum": "Add", "ave": "Add", "mul": "Multiply"}


def repeating(document: Document, found: Sequence[Layer], target: Target) -> Repair | None:
    """One repair of all these layers; None where one of them cannot be said so. An ``.h5`` is written as a ``.keras`` archive first."""
    if habits.RETURNS_LISTED_OUTPUTS.of(target) or not all(map(_is_told, found)):
        return None
    own = {claim.node.at: claim for claim in claims(document)}
    chosen = [own.get(layer.node.at) for layer in found]
    if not all(claim is not None and stands_alone(document, claim) for claim in chosen):
        return None
    if not document.format.native:
        return Repair(TITLE, native=True)
    made = {}
    for claim in chosen:
        if claim is None or (small := _small(document, claim, target)) is None:
            return None
        made[claim.node.at] = small
    return Repair(TITLE, written(document, made, target), native=True)


def _is_told(layer: Layer) -> bool:
    """A layer of Keras's own that goes both ways over one tensor, and gives one back."""
    config = layer.node.config
    held = config.get("layer")
    inner = held.get("config") if isinstance(held, dict) else None
    if (
        not isinstance(held, dict)
        or not isinstance(inner, dict)
        or held.get("class_name") not in RECURRENT
        or not _is_turned(config.get("backward_layer"), inner)
    ):
        return False
    odd = ("unroll", "stateful", "return_state", "time_major")
    single = all(len(call) == 1 for call in layer.calls)
    return config.get("merge_mode", "concat") in ("concat", *MERGES) and single and not any(inner.get(name) for name in odd)


def _is_turned(second: Json, inner: Mapping[str, Json]) -> bool:
    """Whether a second direction that is stated (as `kdoctor fix` does it for some) is the first one, turned round."""
    if second is None:
        return True
    config = second.get("config") if isinstance(second, dict) else None
    told = {"name": None, "go_backwards": not inner.get("go_backwards", False)}
    return isinstance(config, dict) and {**config, "name": None} == {**inner, **told}


def _small(document: Document, claim: Claim, target: Target) -> tuple[Claim, Small, tuple[str, ...]] | None:
    shape = (infer(document).inputs.get(claim.node.at) or (None,))[0]
    arrays = stored_arrays(document, claim)
    if shape is None or len(shape) != 3 or shape[2] is None or arrays is None:
        return None
    stored, paths = arrays
    inner = claim.node.config["layer"]["config"]
    half = len(stored) // 2
    if not isinstance(inner.get("units"), int) or any(one.shape != other.shape for one, other in zip(stored, stored[half:], strict=False)):
        return None
    units, mode = whole(inner["units"]), claim.node.config.get("merge_mode", "concat")
    layers = (*_directions(claim), *_merged(mode), *_mask(shape[1:]), _kept(2 * units if mode == "concat" else units, target))
    seen: tuple[Recipe, ...] = (zeros((shape[2], 1), "float32"), zeros((1, 1), "float32"), constant(1, (1,), "float32"))
    return claim, Small(layers, {FORWARD: tuple(stored[:half]), BACKWARD: tuple(stored[half:]), SEEN: seen}), paths


def _directions(claim: Claim) -> tuple[dict[str, Json], ...]:
    """The wrapper says for both whether they are trained."""
    held = claim.node.config["layer"]
    config = {key: value for key, value in held["config"].items() if key not in ("name", "trainable", "go_backwards")}
    config["trainable"] = claim.node.config.get("trainable", True)
    backwards = bool(held["config"].get("go_backwards"))
    both = {FORWARD: backwards, BACKWARD: not backwards}
    return tuple(small_layer(held["class_name"], name, [INPUT], **config, go_backwards=way) for name, way in both.items())


def _merged(mode: str) -> tuple[dict[str, Json], ...]:
    turned = small_operation(OPERATIONS, "Flip", TURNED, [BACKWARD], axis=1)
    if mode == "concat":
        return turned, small_operation(OPERATIONS, "Concatenate", MERGED, [FORWARD, TURNED], axis=-1)
    name = "total" if mode == "ave" else MERGED
    merged = _called(small_operation(OPERATIONS, MERGES[mode], name, [FORWARD]), _tensor(FORWARD), _tensor(TURNED))
    if mode != "ave":
        return turned, merged
    return turned, merged, _called(small_operation(OPERATIONS, "Multiply", MERGED, [name]), _tensor(name), 0.5)


def _mask(shape: Sequence[int | None]) -> tuple[dict[str, Json], ...]:
    """1 where there is a step: no input counts, no step before, and the bias is 1."""
    told: dict[str, Json] = {"units": 1, "activation": "linear", "return_sequences": True, "zero_output_for_mask": True, "trainable": False}
    steps = small_operation(OPERATIONS, "Squeeze", "steps", [SEEN], axis=-1)
    mask = small_operation(OPERATIONS, "NotEqual", MASK, ["steps"])
    return built(small_layer("SimpleRNN", SEEN, [INPUT], **told), shape), steps, _called(mask, _tensor("steps"), 0)


def _kept(features: int, target: Target) -> dict[str, Json]:
    """A model that is given the mask with the tensor: its layers find it there, and hand it on."""
    start: dict[str, Json] = {
        "module": "keras.layers", "class_name": "InputLayer", "config": {"batch_shape": [None, None, features], "dtype": "float32", "name": INPUT},
        "registered_name": None, "name": INPUT, "inbound_nodes": [],
    }  # fmt: skip
    ends: list[list[Json]] = [[INPUT, 0, 0], ["same", 0, 0]]
    starts, outputs = ends if habits.TAKES_FLAT_ENDS.of(target) else [[end] for end in ends]
    config: dict[str, Json] = {
        "name": KEPT,
        "trainable": True,
        "layers": [start, small_layer("Activation", "same", [INPUT], activation="linear")],
    }
    config |= {"input_layers": starts, "output_layers": outputs}
    return {
        "module": "keras.src.models.functional", "class_name": "Functional", "config": config, "registered_name": "Functional", "name": KEPT,
        "inbound_nodes": [{"args": [_tensor(MERGED)], "kwargs": {"mask": _tensor(MASK)}}],
    }  # fmt: skip


def _called(operation: dict[str, Json], *operands: Json) -> dict[str, Json]:
    return {**operation, "inbound_nodes": [{"args": list(operands), "kwargs": {}}]}


def _tensor(name: str) -> Json:
    return keras_tensor(Source(name, 0, 0))
