"""Whether leaving an argument out means its value: then a person would leave it out."""

from __future__ import annotations

from collections.abc import Mapping

from kdoctor.document import Json
from kdoctor.keras_api.api_object import ApiObject, NoDefault
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.keras_api.reader import KINDS
from kdoctor.pointer import Pointer
from kdoctor.structure.objects import FUNCTION, as_node

SOMEWHERE = Pointer("config")
# What None comes to in a constructor, as Keras writes it afterwards.
UNSTATED: Mapping[str, Json] = {"data_format": "channels_last", "dtype": "float32", "sparse": False, "ragged": False}


def kind_of_argument(name: str) -> str | None:
    """initializer, regularizer, constraint or activation; None for plain values."""
    return next((kind for suffix, kind in KINDS if name.endswith(suffix)), None)


def is_default(catalogue: Catalogue, known: ApiObject, name: str, value: Json) -> bool:
    """Whether a constructor that is not given the argument makes an object with this config."""
    default = known.parameters.get(name)
    if name not in known.parameters or isinstance(default, NoDefault):
        return False
    if default is None and name in UNSTATED:
        default = UNSTATED[name]
    kind = kind_of_argument(name)
    if name == "dtype":
        return _equal(_policy(value), _policy(default))
    if kind is not None:
        return _equal(_meaning(catalogue, kind, value), _meaning(catalogue, kind, default))
    return _equal(value, default)


def _policy(value: Json) -> Json:
    """The name of a plain dtype policy; any other value as it is. None means what Keras is set to."""
    node = as_node(value, SOMEWHERE)
    if node is not None and node.class_name == "DTypePolicy":
        return node.config.get("name")
    return "float32" if value is None else value


def _meaning(catalogue: Catalogue, kind: str, value: Json) -> Json:
    """The path and arguments of an object, however it is named: ``"zeros"``, ``Zeros()``."""
    if value is None:
        return [catalogue_path(catalogue, kind, "linear"), {}] if kind == "activation" else None
    if isinstance(value, str):
        return [catalogue_path(catalogue, kind, value), {}]
    node = as_node(value, SOMEWHERE)
    if node is None:
        return value
    if node.class_name == FUNCTION:
        return [catalogue_path(catalogue, kind, str(node.raw["config"])), {}]
    found = catalogue.argument(kind, node.module, node.class_name)
    if found is None:
        return value
    stated = {key: item for key, item in node.config.items() if key != "name" and not is_default(catalogue, found, key, item)}
    return [found.path, stated]


def catalogue_path(catalogue: Catalogue, kind: str, name: str) -> str:
    found = catalogue.function(kind, name)
    return name if found is None else found.path


def _equal(one: Json, other: Json) -> bool:
    """Equality that keeps true and 1 apart, but not 1 and 1.0."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_equal(a, b) for a, b in zip(one, other, strict=True))
    return bool(one == other)
