"""Values that mean the same although two files write them otherwise: a number as float32 holds it, one axis in a list, a policy by its name,
an argument that is left out."""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from kdoctor.document import Document, Json
from kdoctor.edit import same
from kdoctor.keras_api.absence import means_nothing
from kdoctor.keras_api.api_object import ApiObject, NoDefault, UnknownRelease
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.keras_api.compile_reader import SCHEDULES
from kdoctor.pointer import Pointer
from kdoctor.structure.objects import MODELS, as_node

KINDS: Final = (("initializer", "initializer"), ("regularizer", "regularizer"), ("constraint", "constraint"), ("activation", "activation"))
TRAINING: Final = {"optimizer": "optimizer", "loss": "loss", "metrics": "metric", "weighted_metrics": "metric"}
# How an optimizer of Keras 2 is made and run (optimizers/optimizer.py, `from_config` of 2.15): other releases know neither word.
HOW_IT_RUNS: Final = frozenset({"is_legacy_optimizer", "jit_compile"})
COMPUTED: Final = ("loss", "metric")
HELD: Final = frozenset({*TRAINING.values(), "schedule", "regularizer"})  # Keras 2 holds their numbers as float32, and says them so
PLAIN: Final = (None, "float32")  # how both compute unless they are told otherwise


class Owner(NamedTuple):
    """The object whose arguments are compared: its kind and its class."""

    kind: str
    class_name: str


class Releases(NamedTuple):
    """Who saved the two files, as far as they tell."""

    one: str | None
    other: str | None


def releases_of(one: Document, other: Document) -> Releases:
    return Releases(one.saved_by().keras, other.saved_by().keras)


def owner_at(place: str, class_name: Json) -> Owner:
    """Of an object at this place: ``dense.kernel_initializer``, ``optimizer``, ``metrics.0``, ``optimizer.config.learning_rate``."""
    steps = place.split(".")
    kind = next((kind for suffix, kind in KINDS if steps[-1].endswith(suffix)), "layer")
    kind = "schedule" if steps[-1] == "learning_rate" else TRAINING.get(steps[0], kind) if kind == "layer" else kind
    return Owner(kind, str(class_name))


def unsaid(owner: Owner, name: str, value: Json, having: str | None, lacking: str | None) -> bool:
    """Whether a file that leaves an argument out means this value by it: what the release that saved it takes for granted.

    having, lacking: the releases of the two files. An argument that the lacking one does not take must be one that says nothing.
    """
    if (owner.kind, name) == ("schedule", "name") or (owner.kind == "optimizer" and name in HOW_IT_RUNS):
        return True
    if name == "dtype" and (owner.kind in COMPUTED or owner.class_name in MODELS) and _policy(value) in PLAIN:
        return True
    found = _known(owner, lacking)
    default = NoDefault.OPAQUE if found is None else found.parameters.get(name, NoDefault.OPAQUE)
    if isinstance(default, NoDefault) or (owner.kind == "optimizer" and default is None):  # taken out of **kwargs: ``decay``
        return means_nothing(owner.kind, owner.class_name, name, value, having)
    return same_value(owner, name, value, default) or _spelled_out(name, value, default, lacking)


def _known(owner: Owner, release: str | None) -> ApiObject | None:
    try:
        catalogue = Catalogue.load(release) if release else None
    except UnknownRelease:
        return None
    if catalogue is None:
        return None
    at_home = catalogue.resolve(SCHEDULES, owner.class_name) if owner.kind == "schedule" else None
    return at_home or catalogue.legacy(owner.kind, owner.class_name) or catalogue.function(owner.kind, owner.class_name)


def _spelled_out(name: str, value: Json, default: Json, release: str | None) -> bool:
    """Whether an object is the one that a default names: ``glorot_uniform``, and a GlorotUniform without settings of its own."""
    node, kind = as_node(value, Pointer("config")), next((kind for suffix, kind in KINDS if name.endswith(suffix)), "")
    known = Catalogue.load(release).function(kind, default) if node is not None and release and isinstance(default, str) else None
    if node is None or known is None or known.name != node.class_name:
        return False
    return all(same(said, known.parameters.get(key)) for key, said in node.config.items())


def same_value(owner: Owner | None, name: str, one: Json, other: Json) -> bool:
    """Whether two values of an argument are one."""
    if same(one, other):
        return True
    if name == "axis":
        return _alone(one) == _alone(other) and type(_alone(one)) is type(_alone(other)) is int
    if name == "dtype":
        one, other = _policy(one), _policy(other)
        return one == other or (owner is not None and owner.kind in COMPUTED and one in PLAIN and other in PLAIN)
    return owner is not None and owner.kind in HELD and same_number(one, other)


def same_number(one: Json, other: Json) -> bool:
    """Whether two numbers are one, of which either may have been held as float32: 0.001 and 0.0010000000474974513."""
    if type(one) not in (int, float) or type(other) not in (int, float):
        return False
    return bool(one == other or _single(one) == other or _single(other) == one)


def _single(value: Json) -> float | None:
    try:
        return float(struct.unpack("f", struct.pack("f", value))[0])
    except (OverflowError, struct.error):
        return None


def _alone(value: Json) -> Json:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _policy(value: Json) -> Json:
    node = as_node(value, Pointer("config"))
    name = None if node is None else node.config.get("name")
    return value if node is None or node.class_name not in ("DTypePolicy", "Policy") or not isinstance(name, str) else name
