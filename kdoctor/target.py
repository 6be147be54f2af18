"""Which Keras must load the file, and what its user will give it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from kdoctor.errors import UsageError

if TYPE_CHECKING:
    from kdoctor.document import Json
    from kdoctor.saved_model.module import Module
    from kdoctor.user_code.definition import Definition

# What --target may call a family, and how it is called in a sentence; the number of tf.keras is that of TensorFlow.
FAMILIES = {
    "": "keras", "keras": "keras", "tf-keras": "tf-keras", "tf_keras": "tf-keras", "tf.keras": "tf.keras", "tensorflow": "tf.keras",
}  # fmt: skip
TITLES = {"keras": "Keras", "tf-keras": "tf-keras", "tf.keras": "tf.keras of TensorFlow"}
RELEASE = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){1,2}")


class Training(NamedTuple):
    """How a model shall be compiled: optimizer class and its arguments, names of the loss and of the metrics, as Keras has them.

    loss, loss_weights: one, a list in the order of the outputs, or a dict by their names; metrics: those of every output as a tuple, a
    list of lists, or a dict of lists.
    """

    optimizer: str
    arguments: Mapping[str, Json]
    loss: Json
    metrics: Json
    loss_weights: Json = None


class StateWish(Enum):
    """What shall become of an optimizer's state: taken along where it maps, left out (``--drop-optimizer``), or never lost (``--keep-optimizer``)."""

    WHERE_IT_MAPS = "where it maps"
    DROP = "drop"
    KEEP = "keep"


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """What the user of a repair supplies: the answers to a finding's needs.

    bindings: global name -> value (``--bind NAME=VALUE``); custom: names of objects or modules (``--custom``);
    hub_paths: handle -> folder (``--hub-path``); modules: handle -> the module, of those that are on this machine; embed: whether the
    modules shall stand in the file (``--embed``); code: name -> class or function of the user's own source; settings: (layer or class,
    argument) -> value (``--set``); training: what ``--compile`` asks for, or None; input_shape: of the model, the batch
    first (``--input-shape``), or None; state: what shall become of the optimizer's state; architecture: the
    config of a model (``--architecture``), or None; prune: whether layers that no output needs shall go (``--prune``); compiled: source of
    a stored function -> the code that a Python made of it (``--unsafe``); typed: the flags and values as they stood in the command.
    """

    bindings: Mapping[str, Json] = field(default_factory=dict)
    custom: tuple[str, ...] = ()
    hub_paths: Mapping[str, str] = field(default_factory=dict)
    modules: Mapping[str, Module] = field(default_factory=dict)
    embed: bool = False
    code: Mapping[str, Definition] = field(default_factory=dict)
    settings: Mapping[tuple[str, str], Json] = field(default_factory=dict)
    training: Training | None = None
    input_shape: tuple[int | None, ...] | None = None
    state: StateWish = StateWish.WHERE_IT_MAPS
    architecture: Mapping[str, Json] | None = None
    prune: bool = False
    compiled: Mapping[str, bytes] = field(default_factory=dict)
    typed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """A Keras release that shall load the file with ``load_model(path)``, or, without ``safe_mode``, with ``safe_mode=False``.

    ``custom`` are the class and function names that its user will pass as ``custom_objects``; ``purpose`` is what the model is
    loaded for: ``inference``, ``training``, ``sklearn``, or a deployment (`kdoctor.deployment`); ``family`` is what the release is published as: keras, tf.keras (the number is then
    TensorFlow's) or tf-keras. ``python`` is the Python it will run in, where that is known. ``minor`` is (major, minor) of the release, and
    ``keras_3`` whether the loader is that of Keras 3; else it is Keras 1, Keras 2, or tf-keras.
    """

    release: str
    safe_mode: bool = True
    custom: frozenset[str] = frozenset()
    purpose: str = "inference"
    given: Given = field(default_factory=Given)
    family: str = "keras"
    python: tuple[int, int] | None = None
    minor: tuple[int, int] = field(init=False, repr=False, compare=False)
    keras_3: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "minor", _minor(self.release))
        object.__setattr__(self, "keras_3", self.family == "keras" and self.minor >= (3, 0))

    def is_given(self, *names: Json) -> bool:
        """Whether the user passes an object of one of these names; what is no text is no name."""
        return any(isinstance(name, str) and name in self.custom for name in names)

    @property
    def label(self) -> str:
        """The release of Keras by its number alone, others as ``tf-keras==2.18.0``."""
        return self.release if self.family == "keras" else f"{self.family}=={self.release}"

    def __str__(self) -> str:
        return f"{TITLES[self.family]} {self.release}"


@lru_cache(maxsize=64)
def _minor(release: str) -> tuple[int, int]:
    major, minor = release.split(".")[:2]
    return int(major), int(minor)


def parse_target(text: str, installed: str, newest: str) -> Target:
    """The release meant by ``--target``: ``keras==3.15.1``, ``3.15.1``, ``tf-keras==2.18``, ``tf.keras==2.11``, ``installed``.

    installed: the release of Keras that is; newest: of tf-keras, meant by ``tf-keras`` alone. Raises `UsageError` for anything else.
    """
    if text in ("", "installed", "keras"):
        return Target(installed)
    name, _, release = text.rpartition("==")
    family = FAMILIES.get(name if name or release not in FAMILIES else release)
    if family == "tf-keras" and not name:
        return Target(newest, family=family)
    if family is None or not RELEASE.fullmatch(release):
        raise UsageError(f"--target {text!r} is not understood; write keras==3.15.1, tf-keras, tf.keras==2.11, installed, or all")
    return Target(release, family=family)
