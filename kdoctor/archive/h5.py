"""The legacy ``.h5``: a model or its weights as Keras 0.x to 3 wrote them into HDF5, as the parts of a document.

Layouts: keras/src/legacy/saving/legacy_h5_format.py (Keras 1 to 3) and saving_lib.py (``layers/…/vars``) of Keras 3.15.1,
``_layer_checkpoint_dependencies`` of tf.keras 2.12 to 2.15, ``nb_layers`` of Keras 0.x.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from kdoctor.archive.glance import glanced
from kdoctor.archive.hdf5.structure import Hdf5, read_hdf5, user_block
from kdoctor.archive.json_part import read_json
from kdoctor.document import ABSENT, Fault, Format, Json
from kdoctor.faults import FaultKind
from kdoctor.limits import Limits

# An attribute over 64512 bytes is stored as name0, name1, …: each name, and that of its first chunk.
CHUNKED = {name: f"{name}0" for name in ("layer_names", "weight_names", "model_config", "training_config")}
TEXTS = {"config": "model_config", "training": "training_config"}
HEAD = 5  # names that tell what an HDF5 file is that Keras did not write

Attributes = Mapping[str, Mapping[str, Json]]


def read_h5(stream: BinaryIO, size: int, limits: Limits) -> tuple[Format, dict[str, Json]]:
    """The format and the parts config, training, attributes, weights and faults (a list) of the HDF5 file that fills ``stream``."""
    hdf5 = read_hdf5(stream, size, limits)
    attributes = {group: joined(values) for group, values in hdf5.attributes.items()}
    faults = list(hdf5.faults)
    format = judge(hdf5, attributes)
    parts: dict[str, Json] = {}
    root = attributes.get("/", {})
    for part, name in TEXTS.items():
        text = root.pop(name, ABSENT)
        if text is ABSENT:
            continue
        value, found = read_json(_bytes(text), part, limits)
        faults += found
        if isinstance(text, list) and value is not ABSENT and not found:
            faults.append(Fault(FaultKind.JSON_IN_TEXT.value, part, {"how": "list"}))
        if value is not ABSENT and not (part == "training" and value is None):
            parts[part] = value
    if format is Format.H5_MODEL:
        faults += missing(hdf5, attributes)
    elif format is Format.H5_WEIGHTS:
        faults += missing_names(attributes, hdf5, "/model_weights" if "/model_weights" in attributes else "/")
    elif not hdf5.faults:
        head = ", ".join([*hdf5.weights][:HEAD])
        faults.append(Fault(FaultKind.NOT_A_MODEL.value, "file", {"content": "hdf5-data", "head": head}))
    faults += user_block(stream, hdf5)
    faults += () if hdf5.faults else glanced(stream, hdf5.weights)
    parts |= {"attributes": attributes, "weights": hdf5.weights, "faults": faults}
    return format, parts


def joined(attributes: Mapping[str, Json]) -> dict[str, Json]:
    """The attributes of a group with the chunks of a long one (``weight_names0``, ``weight_names1``, …) under its own name.

    Like Keras: where the name itself stands, chunks beside it are not read.
    """
    found = dict(attributes)
    for name, first in CHUNKED.items() if attributes else ():
        chunks: list[Json] = []
        while first in attributes and name not in attributes and f"{name}{len(chunks)}" in found:
            chunks.append(found.pop(f"{name}{len(chunks)}"))
        if chunks:
            found[name] = _joined(chunks)
    return found


def judge(hdf5: Hdf5, attributes: Attributes) -> Format:
    """What the content is: a model, even one whose architecture is lost, weights alone, or no work of Keras."""
    root = attributes.get("/", {})
    known = {*root, *_damaged(hdf5)}
    if known & set(TEXTS.values()) or "/optimizer_weights" in attributes:
        return Format.H5_MODEL
    marked = any("weight_names" in values or "nb_params" in values for values in attributes.values())
    if marked or known & {"layer_names", "nb_layers"} or "/model_weights" in attributes:
        return Format.H5_WEIGHTS
    names = (name for path in (*attributes, *hdf5.weights) for name in re.split(r"[/\\]", path))
    return Format.H5_WEIGHTS if any(name in ("vars", "_layer_checkpoint_dependencies") for name in names) else Format.OTHER


def missing(hdf5: Hdf5, attributes: Attributes) -> Iterator[Fault]:
    """The parts of a whole model that are not there."""
    names = {*hdf5.attributes.get("/", {}), *attributes.get("/", {}), *_damaged(hdf5)}
    if not any(name in names for name in ("model_config", "model_config0")):
        yield _missing("model_config", "/")
    else:
        yield from _missing_origin(names, attributes)
    if "/model_weights" not in attributes:
        yield _missing("model_weights", "/")
    else:
        yield from missing_names(attributes, hdf5, "/model_weights")


def _missing_origin(names: set[str], attributes: Attributes) -> Iterator[Fault]:
    """Release and backend, which Keras 2 and 3 write twice; the loader reads those of model_weights, and takes none to mean Keras 1."""
    groups = {"/": names} | {group: set(attributes[group]) for group in ("/model_weights",) if group in attributes}
    release = str(next((attributes[group]["keras_version"] for group in groups if "keras_version" in attributes.get(group, {})), ""))
    if not release.startswith(("0.", "1.")):  # Keras 1 wrote its release alone, and at the root alone
        yield from (_missing(name, group) for group, found in groups.items() for name in ("keras_version", "backend") if name not in found)


def missing_names(attributes: Attributes, hdf5: Hdf5, group: str) -> Iterator[Fault]:
    """The lists of names that Keras needs to find the weights below ``group``, where they are not there."""
    values = attributes.get(group, {})
    below = group.rstrip("/") + "/"
    listed = values.get("layer_names")
    if "layer_names" in values:
        layers = [below + name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
    elif group == "/":
        return  # not the layout that has such lists: Keras 3's and that of Keras 0.x
    else:
        yield _missing("layer_names", group)
        layers = [path for path in attributes if path.startswith(below) and "/" not in path[len(below) :]]
    named = {path for path, found in attributes.items() if "weight_names" in found}
    full = {path for weight in hdf5.weights for path in _around("/" + weight)}
    covered = {path for name in named for path in (name, *_around(name))}
    yield from (_missing("weight_names", layer) for layer in layers if layer in full and layer not in covered)


def _around(path: str) -> Iterator[str]:
    """The groups that a path lies in, innermost first, without the root."""
    while path := path.rpartition("/")[0]:
        yield path


def _damaged(hdf5: Hdf5) -> set[str]:
    """Attributes of the root group that are there and could not be read."""
    return {fault.detail["attribute"] for fault in hdf5.faults if fault.detail.get("group") == "/" and "attribute" in fault.detail}


def _missing(name: str, group: str) -> Fault:
    return Fault(FaultKind.MISSING_PART.value, "attributes", {"name": name, "group": group})


def _joined(chunks: list[Json]) -> Json:
    if all(isinstance(chunk, str) for chunk in chunks):
        return "".join(chunks)
    return [item for chunk in chunks for item in (chunk if isinstance(chunk, list) else [chunk])]


def _bytes(text: Json) -> bytes:
    """The bytes of a JSON text; Keras takes a scalar, some writers made it an array of one."""
    if isinstance(text, list) and len(text) == 1:
        text = text[0]
    return text.encode("utf-8", "surrogateescape") if isinstance(text, str) else repr(text).encode()
