from __future__ import annotations

from collections.abc import Iterator, Sequence

from kdoctor.check import Finding, Severity, check
from kdoctor.document import Document, Json
from kdoctor.faults import FaultKind
from kdoctor.keras_api.variables.table import is_builtin
from kdoctor.security.guards import judged
from kdoctor.structure.layers import is_model, layers
from kdoctor.structure.manifest import model_weights
from kdoctor.structure.objects import Node
from kdoctor.structure.outline import found_in_objects
from kdoctor.target import Target
from kdoctor.weights.claims import Claim, Listed, claims, listed

from ._asked_memory import asked_memory

GIB = 2**30
ITEM = 4  # bytes of a float32, which weights are unless somebody says otherwise
EXPANSION = 100  # times what the file holds
HUGE = 2**31  # elements of one axis: more than any layer has
# What is made of them is a list of as many numbers: 200 million num_oov_indices took 13 s and 3.3 GB in Keras 3.6 and 3.15.1, 3,000 million
# num_thresholds a minute and all memory.
NUMBERED = {"num_oov_indices": 2**24, "ngrams": 2**24, "num_thresholds": 2**24}
SMALL = 2**16  # what a number may be without a second look
SIZES = frozenset(
    """
    units filters input_dim output_dim key_dim value_dim num_heads head_dim num_query_heads num_key_value_heads n num_tokens num_bins
    depth_multiplier height width size padding cropping kernel_size pool_size strides dilation_rate target_shape target_size max_tokens
    groups output_sequence_length batch_shape batch_input_shape input_length
    """.split()  # noqa: SIM905 (a table of names)
) | frozenset(NUMBERED)


@check("K807", Severity.ERROR, since="0.1.0")
def shape_bomb(document: Document, target: Target) -> Iterator[Finding]:
    """The file declares sizes that exhaust the memory of whoever loads it, and holds next to nothing.

    A shape takes eight bytes a number: an HDF5 file of 8 kB may declare an array of 3 GiB that was never written (CVE-2026-0897,
    CVE-2026-12570), and ``Dense(units=1000000000000)`` asks for its kernel before any weight is read. Keras 3.15: "Not allowed: H5 dataset
    '0' declares 8.00 TB but only 0.00 B are stored on disk", for more than 4 GiB; below that it allocates.

    So do a metric's ``num_thresholds`` or ``num_classes``, a stateful layer's batch, the rank of a LoRA, the type of an array: compiling a file of
    4 kB with ``MeanIoU(num_classes=1000000)`` asked 3.15.1 for 4 TB.

    Compared are the sizes that the arrays declare with that of the file, and the variables that the layers make by their configs with
    the arrays stored: a hundred times as much, of gigabytes, is nobody's model. There is no cure: what is not in the file cannot be
    written. A large model with its weights in the file is none of this.
    """
    for at, fault in document.faults_of(FaultKind.SHAPE_BOMB):
        name, shape, declared, stored = (fault.detail.get(key, 0) for key in ("name", "shape", "declared", "stored"))
        yield Finding(
            at,
            f"the arrays declare {_told(declared)} in a file of {_told(stored)}, the largest is {name!r} of the shape {shape}"
            f"{judged(target, 'shape-bomb', declared)}",
            keras_says=f"ValueError: Not allowed: H5 dataset '{str(name).rpartition('/')[2]}' declares" if declared > 4 * GIB else None,
        )
    yield from _sizes(document)
    yield from _variables(document)
    for asked in asked_memory(document):
        yield Finding(asked.at, f"{asked.told}, which takes {_told(asked.size)} while the file loads", layer=asked.layer)


def _sizes(document: Document) -> Iterator[Finding]:
    """Numbers that no axis has, whatever the layer would do with them."""
    return found_in_objects(document, _sizes_of)


def _sizes_of(node: Node) -> Iterator[Finding]:
    if SIZES.isdisjoint(node.config):
        return
    large = [key for key in SIZES & node.config.keys() if type(value := node.config[key]) is not int or value > SMALL]
    for key in sorted(large) if large and is_builtin(node) else ():
        largest = max(_numbers(node.config[key]), default=0)
        if largest > NUMBERED.get(key, HUGE):
            told = f"{node.class_name} {node.name!r} is made with {key}={_short(largest)}: no memory holds what it makes"
            yield Finding(node.at / "config" / key, told, layer=node.name)


def _variables(document: Document) -> Iterator[Finding]:
    """Layers whose variables together are far more than the file holds."""
    claimed = [(claim, _bytes(claim.variables) + _bytes_of_lora(claim)) for claim in _claimed(document)]
    total = sum(size for _, size in claimed)
    if total <= GIB or total <= EXPANSION * (held := sum(weight.bytes for weight in model_weights(document).values())):
        return
    worst, size = max(claimed, key=lambda pair: pair[1])
    if worst.node.config.keys() & SIZES and any(
        max(_numbers(worst.node.config[key]), default=0) > HUGE for key in SIZES & worst.node.config.keys()
    ):
        return  # said already
    told = f"the layers make variables of {_told(total)}, and the file holds {_told(held)}: {worst.node.class_name} {worst.name!r} alone makes {_told(size)}"
    yield Finding(worst.node.at, told, layer=worst.name)


def _claimed(document: Document) -> Sequence[Claim | Listed]:
    """The layers with their variables, as other checks ask for them; those of nested models each for itself, so that one of the user's own hides
    none of the others."""
    if document.format.native or any(is_model(layer.node) for layer in layers(document)):
        return claims(document)
    return listed(document)


def _bytes(variables: Json) -> int:
    total = 0
    for variable in variables or ():
        size = ITEM
        for length in variable.shape or (0,):
            size *= length or 0
        total += size
    return total


def _bytes_of_lora(claim: Claim | Listed) -> int:
    """Two matrices, from the inputs to the rank and from there to the outputs, beside the kernel, which comes first: Dense.enable_lora."""
    rank = claim.node.config.get("lora_rank")
    return (
        ITEM * rank * sum(length or 0 for length in claim.variables[0].shape or ())
        if type(rank) is int and rank > 0 and claim.variables
        else 0
    )


def _numbers(value: Json) -> Iterator[int]:
    """The whole numbers of a size, which may be a list, or a list of lists; a flat one, however deep."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, (list, tuple)):
            stack.extend(item[:64])
        elif isinstance(item, (int, float)) and not isinstance(item, bool) and abs(item) < float("inf"):
            yield abs(int(item))


def _told(size: int) -> str:
    for unit in ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB"):
        if size < 1024:
            return f"{size:,} {unit}"
        size //= 1024
    return f"{_short(size)} EiB"


def _short(number: int) -> str:
    return f"{number:,}" if number < 10**18 else f"about 10^{number.bit_length() * 301 // 1000}"
