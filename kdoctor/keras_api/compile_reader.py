"""What the target's loader makes of the training state: which optimizer, losses and metrics it finds, and with which arguments.

Sources: saving_utils.compile_args_from_training_config for ``.h5`` files, Trainer.compile_from_config for ``.keras`` archives.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from kdoctor.document import Document, Json
from kdoctor.keras_api.api_object import ApiObject
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.keras_api.loss_scaling import CALLED_OTHERWISE, held
from kdoctor.keras_api.metric_functions import FIRST_NAMES, KNOWN, WRAPPER
from kdoctor.pointer import Pointer
from kdoctor.structure.objects import FUNCTION, Node, as_node
from kdoctor.target import Target

KEYS = (("loss", "loss"), ("metrics", "metric"), ("weighted_metrics", "metric"))
SCHEDULES = "keras.optimizers.schedules"
GONE = "LegacyOptimizerWarning"  # stands for every class of keras.optimizers.legacy, and has no from_config
LEFT_ALONE = frozenset({"accuracy", "acc"})  # compile() chooses what they mean
CROSSENTROPY = frozenset({"crossentropy", "ce"})  # and these, in Keras 2: fit() of Keras 3 does not find them


class Mention(NamedTuple):
    """One optimizer, loss or metric of the training state.

    ``name`` is the class or function; ``form`` says how the file gives it: ``text``, ``function`` or ``object``; ``found`` is None when
    the loader does not find it; ``meant`` is what the name stands for all the same (``mse``); ``arguments`` are passed to its
    constructor; ``nested`` tells one that stands in a list, or in a dict of outputs, where more is forgiven.
    """

    at: Pointer
    kind: str
    name: str
    form: str
    found: ApiObject | None
    meant: ApiObject | None
    given: bool
    arguments: Mapping[str, Json]
    nested: bool

    def not_taken(self) -> tuple[str, ...]:
        """The arguments that the constructor refuses."""
        if self.found is None or self.form != "object" or self.found.takes_anything or self.found.is_function:
            return ()
        return tuple(name for name in self.arguments if name not in (*self.found.parameters, *self.found.keys_taken))


@lru_cache(maxsize=4)
def mentions(document: Document, target: Target) -> tuple[Mention, ...]:
    """Everything that the training state names, the optimizer first."""
    training = document.training
    if not isinstance(training, Mapping):
        return ()
    catalogue = Catalogue.load(target.release, target.family)
    return tuple(_Reader(catalogue, document.format.native, target.keras_3, target.custom).read(training))


@dataclass(frozen=True, slots=True)
class _Reader:
    catalogue: Catalogue
    native: bool
    keras_3: bool
    custom: frozenset[str]

    def read(self, training: Mapping[str, Json]) -> Iterator[Mention]:
        key = "optimizer" if self.native else "optimizer_config"
        if training.get(key) is not None:
            yield from self._one(training[key], Pointer("training", (key,)), "optimizer", False)
        for key, kind in KEYS:
            yield from self._nested(training.get(key), Pointer("training", (key,)), kind, False)

    def _nested(self, value: Json, at: Pointer, kind: str, nested: bool) -> Iterator[Mention]:
        """Losses and metrics nest in lists and dicts, by output."""
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from self._nested(item, at / index, kind, True)
        elif isinstance(value, Mapping) and "class_name" not in value:
            for key, item in value.items():
                yield from self._nested(item, at / key, kind, True)
        elif value is not None:
            yield from self._one(value, at, kind, nested)

    def _one(self, value: Json, at: Pointer, kind: str, nested: bool) -> Iterator[Mention]:
        if isinstance(value, str):
            if kind != "metric" or value not in (LEFT_ALONE if self.keras_3 else LEFT_ALONE | CROSSENTROPY):
                yield self._named(value, None, at, kind, "text", nested)
            return
        node = as_node(value, at)
        if node is None:
            return
        if node.class_name == FUNCTION:
            yield self._named(str(node.raw["config"]), node.module, at, kind, "function", nested)
            return
        given = node.class_name in self.custom or node.registered_name in self.custom
        if self.native:
            found = resolved(self.catalogue, node.module, node.class_name)
        else:
            found = self.catalogue.legacy(_table(kind, node), node.class_name)
        plain = node.class_name.rpartition(">")[2]
        meant = self.catalogue.function(kind, CALLED_OTHERWISE.get(plain, plain) if self.keras_3 else plain)
        yield Mention(at, kind, node.class_name, "object", found, meant, given, node.config, nested)
        if node.class_name == WRAPPER and kind == "metric":
            yield from self._wrapped(node, nested) if self.keras_3 else self._held(node)

    def _held(self, node: Node) -> Iterator[Mention]:
        """The function's name that Keras 2 looks up among its metrics when it reads an ``.h5``, its own losses by their first names alone."""
        fn = node.config.get("fn")
        if isinstance(fn, str) and not self.native:
            found, meant = self.catalogue.legacy("metric", fn), self.catalogue.function("metric", FIRST_NAMES.get(fn, fn))
            yield Mention(node.at / "config" / "fn", "metric", fn, "text", found, meant, fn in self.custom, {}, True)

    def _wrapped(self, node: Node, nested: bool) -> Iterator[Mention]:
        """What a metric wraps: a function, which an ``.h5`` of Keras 2 has as a text that Keras 3 reads unseen, or a loss."""
        fn, at = node.config.get("fn"), node.at / "config" / "fn"
        inner = as_node(fn, at)
        if isinstance(fn, str) and fn not in KNOWN:
            yield Mention(at, "metric", fn, "text", None, None, fn in self.custom, {}, True)
        elif inner is not None and inner.class_name == FUNCTION:
            yield _Reader(self.catalogue, True, self.keras_3, self.custom)._named(
                str(inner.raw["config"]), inner.module, at, "metric", "function", nested
            )
        elif inner is not None:
            yield from self._one(fn, at, "loss", nested)

    def _named(self, name: str, module: str | None, at: Pointer, kind: str, form: str, nested: bool) -> Mention:
        """A name alone. ``compile`` itself looks up the texts of a ``.keras``, those of an ``.h5`` go through the loader first."""
        meant = self.catalogue.function(kind, name)
        if not self.native:
            found = self.catalogue.legacy(kind, name)
        else:
            found = meant if form == "text" else self.catalogue.resolve(module, name)
        return Mention(at, kind, name, form, found, meant, name in self.custom, {}, nested)


def resolved(catalogue: Catalogue, module: str | None, class_name: str) -> ApiObject | None:
    """What the reader of archives finds; nothing in place of the class that tells, in early releases of Keras 3, that an optimizer is gone."""
    found = catalogue.resolve(module, class_name)
    return None if found is None or found.name == GONE else found


def _table(kind: str, node: Node) -> str:
    """Keras 2 has two optimizers of each name since 2.11; a config that does not deny it means the older one (optimizers.deserialize)."""
    return "legacy_optimizer" if kind == "optimizer" and node.config.get("is_legacy_optimizer", True) else kind


def is_optimizer(name: Json, target: Target) -> bool:
    """Whether an optimizer goes by this name, in whatever case (optimizers.get)."""
    return isinstance(name, str) and name.lower() in {
        one.lower() for one in Catalogue.load(target.release, target.family).names("optimizer")
    }


class Unknown(NamedTuple):
    """What the config of an optimizer holds and the target does not have: where, its class, and the class of the optimizer that holds it."""

    at: Pointer
    name: str
    holder: str


def unknown_schedule(mention: Mention, target: Target) -> Unknown | None:
    """An optimizer's learning-rate schedule, or that of the one which it holds, where the target does not have it and the user does not give it."""
    if mention.kind != "optimizer" or not (mention.found is not None or _is_read_by_keras(mention, target)):
        return None
    inner = held(mention.arguments)
    optimizers = [(mention.at, mention.name, mention.arguments)]
    optimizers += [] if inner is None else [(mention.at / "config" / "inner_optimizer", *inner)]
    for at, holder, settings in optimizers:
        stated = settings.get("learning_rate")
        name = stated.get("class_name") if isinstance(stated, Mapping) else None
        if isinstance(stated, Mapping) and isinstance(name, str) and not _has_schedule(stated, name, target):
            return Unknown(at / "config" / "learning_rate", name, holder)
    return None


def _is_read_by_keras(mention: Mention, target: Target) -> bool:
    """Whether the user's optimizer is given, and made from its config as Keras's own are."""
    definition = target.given.code.get(mention.name.rpartition(">")[2])
    return mention.given and not (definition is not None and definition.made_otherwise)


def _has_schedule(stated: Mapping[str, Json], name: str, target: Target) -> bool:
    """Keras 2 has a table of them beside what the file says; before 2.4 there were none, and no optimizer that took one."""
    if target.is_given(name, stated.get("registered_name")):
        return True
    catalogue, module = Catalogue.load(target.release, target.family), stated.get("module")
    if not target.keras_3 and (not catalogue.names("schedule") or catalogue.legacy("schedule", name) is not None):
        return True
    homes = (module,) if isinstance(module, str) else (SCHEDULES,) if "module" not in stated else ()
    return any(catalogue.resolve(home, name) is not None for home in homes)
