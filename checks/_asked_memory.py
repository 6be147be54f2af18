"""What Keras asks the memory for at once, beside the variables of layers, because of one number in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from kdoctor.document import Document, Json
from kdoctor.keras_api.variables.table import is_builtin
from kdoctor.pointer import Pointer
from kdoctor.structure.objects import Node, serialized
from kdoctor.structure.outline import encoded_values, objects_named, telling

ITEM: Final = 4  # bytes of a float32
GIB: Final = 2**30
THRESHOLDS: Final = 200  # of an AUC that states no number: keras/src/metrics/confusion_metrics.py
TABLES: Final = 4  # true and false, positives and negatives
SQUARES: Final = ("IoU", "BinaryIoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU")  # make a matrix of their classes
STATEFUL: Final = ("RNN", "LSTM", "GRU", "SimpleRNN", "Bidirectional", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
SHAPES: Final = ("batch_shape", "batch_input_shape")
LENGTH: Final = re.compile(r"\d{1,20}")


class Asked(NamedTuple):
    """An object, why it takes so much, and how many bytes that are at least."""

    at: Pointer
    told: str
    size: int
    layer: str | None


def asked_memory(document: Document) -> Iterator[Asked]:
    """What takes more than a gibibyte, whatever the file holds."""
    for found in (*_matrices(document), *_lists_of_labels(document), *_states(document), *_arrays(document)):
        if found.size > GIB:
            yield found


def _matrices(document: Document) -> Iterator[Asked]:
    for node in objects_named(document, SQUARES):
        if is_builtin(node) and (classes := _whole(node.config.get("num_classes"))):
            yield Asked(node.at, f"{node.class_name} makes a matrix of num_classes={classes:,}", classes**2 * ITEM, None)


def _lists_of_labels(document: Document) -> Iterator[Asked]:
    for node in objects_named(document, ("AUC",)):
        if is_builtin(node) and (labels := _whole(node.config.get("num_labels"))):
            thresholds = _whole(node.config.get("num_thresholds")) or THRESHOLDS
            told = f"AUC makes {TABLES} tables of num_labels={labels:,} for {thresholds:,} thresholds"
            yield Asked(node.at, told, labels * thresholds * TABLES * ITEM, None)


def _states(document: Document) -> Iterator[Asked]:
    """A stateful layer keeps what it last computed for every sample of a batch; 3.15.1 asked for 32 GB for 1,000,000,000 samples of 8 units."""
    stateful = [node for node in objects_named(document, STATEFUL) if node.config.get("stateful") is True and is_builtin(node)]
    if not stateful:
        return
    batch = max((_batch(node) for node in telling(document)), default=0)
    for node in stateful:
        units = _units(node)
        told = f"{node.class_name} {node.name!r} keeps the states of {batch:,} samples of {units:,} units"
        yield Asked(node.at, told, batch * units * ITEM, node.name)


def _batch(node: Node) -> int:
    stated = [shape[0] for key in SHAPES if isinstance(shape := node.config.get(key), list) and shape]
    return max(_whole(size) for size in (*stated, node.config.get("batch_size")))


def _units(node: Node) -> int:
    cell = node.config.get("cell")
    inside = cell.get("config") if isinstance(cell, dict) else None
    for config in (node.config, inside if isinstance(inside, dict) else {}):
        for key in ("units", "filters"):
            if size := _whole(config.get(key)):
                return size
    return 1


def _arrays(document: Document) -> Iterator[Asked]:
    """A NumPy array of texts takes the length that its type states for each of them: ``S1000000000``."""
    for part, keys, raw in serialized(document) if "__numpy__" in encoded_values(document) else ():
        config = raw["config"]
        if raw["class_name"] != "__numpy__" or not isinstance(config, dict) or not isinstance(dtype := config.get("dtype"), str):
            continue
        size = len(value) if isinstance(value := config.get("value"), list) else 1
        for length in LENGTH.findall(dtype)[:8]:
            size *= max(int(length), 1)
        yield Asked(Pointer(part, keys), f"an array of NumPy is of the type {dtype[:40]!r}", size, None)


def _whole(value: Json) -> int:
    return value if type(value) is int and value > 0 else 0
