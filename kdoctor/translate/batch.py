"""Whether the first axis of an operation's result is still the batch of the model."""

from __future__ import annotations

from math import prod

from kdoctor.document import Json
from kdoctor.translate.values import Tensor, Value, tensors_in

REDUCING = frozenset(
    "All Amax Amin Any Argmax Argmin CountNonzero Logsumexp Max Mean Median Min Norm Prod Std Sum Var".split()  # noqa: SIM905 (a table)
)
MOVING = frozenset(
    {"Flip", "Roll", "Sort", "Argsort", "Cumsum", "Cumprod", "Tril", "Triu", "Unstack", "Tensordot", "Einsum", "BroadcastTo"}
)

# How many axes it takes that none of those that an operation goes along is the first one: the last two, or the last.
LEAST_AXES = {**dict.fromkeys(("Cholesky", "Det", "Diagonal", "Inv", "Trace"), 3), "TopK": 2}

MIXING = "it puts samples together, and Keras 2 called what TimeDistributed holds with all times as samples"


def keeps_batch(operation: str, config: dict[str, Json], operands: tuple[Value, ...]) -> bool:
    """False where it is not certain."""
    tensors = tensors_in(list(operands))
    first = operands[0]
    if operation == "Take":
        return isinstance(first, Tensor) and first.batched and config.get("axis") not in (None, 0, -first.rank)
    if not all(tensor.batched for tensor in tensors if tensor.shape is None or len(tensor.shape) == max(_rank(t) for t in tensors)):
        return False
    rank = max(_rank(tensor) for tensor in tensors)
    if operation in MOVING:
        return False
    if operation in REDUCING:
        axes = config.get("axis")
        axes = axes if isinstance(axes, list) else [axes]
        return all(type(axis) is int and axis % (rank or 1) != 0 for axis in axes)
    if operation == "GetItem":
        key = operands[1]
        head = key[0] if isinstance(key, (list, tuple)) and key else key
        return head == slice(None) or head is Ellipsis
    if operation == "Transpose":
        return bool(config.get("axes")) and config["axes"][0] == 0
    if operation == "Reshape":
        return False
    if operation in ("Concatenate", "Stack", "Split", "ExpandDims", "Squeeze", "Repeat", "Moments"):
        axis = config.get("axis", config.get("axes", 0))
        span = rank + (operation in ("Stack", "ExpandDims"))
        return type(axis) is int and axis % (span or 1) != 0
    if operation in ("Pad", "Tile"):
        widths = config.get("pad_width", config.get("repeats"))
        return isinstance(widths, list) and len(widths) == rank and widths[0] in (1, [0, 0])
    apart = rank >= LEAST_AXES.get(operation, 0) and _beside_the_batch(config, rank)
    return apart and (operation != "Matmul" or rank > 2 or tensors[0] is first)


def _beside_the_batch(config: dict[str, Json], rank: int) -> bool:
    """Whether the axes that an operation names, if any, are others than the first: a Softmax along it is one of all samples."""
    named = [config[key] for key in ("axis", "axes") if key in config]
    axes = [axis for one in named for axis in (one if isinstance(one, list) else [one])]
    return all(type(axis) is int and axis % (rank or 1) != 0 for axis in axes)


def keeps_samples(operation: str, config: dict[str, Json], operands: tuple[Value, ...]) -> bool:
    """Whether a Reshape rearranges within each sample only."""
    first, shape = operands[0], config.get("newshape")
    if operation != "Reshape" or not isinstance(first, Tensor) or not first.batched or not isinstance(shape, list):
        return False
    inner = first.lengths[1:]
    return None not in inner and shape[:1] == [-1] and prod(shape[1:]) == prod(length or 0 for length in inner)


def _rank(tensor: Tensor) -> int:
    return len(tensor.shape or ())
