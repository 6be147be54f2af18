"""A training state in one form, whichever words a release and a container have for it: ``"mae"``, the function, and what an ``.h5`` of Keras 2
writes for either, a MeanMetricWrapper.

Sources: trainers/compile_utils.py of 3.15.1, engine/compile_utils.py and saving/legacy/saving_utils.py of 2.15.0, engine/training.py of 2.2.5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from kdoctor.document import Document, Json
from kdoctor.keras_api.api_object import ApiObject, UnknownRelease
from kdoctor.keras_api.catalogue import Catalogue, releases
from kdoctor.keras_api.loss_scaling import plain_name
from kdoctor.keras_api.metric_functions import CLASSES, WRAPPER
from kdoctor.pointer import Pointer
from kdoctor.structure.models import models
from kdoctor.structure.objects import FUNCTION, as_node
from kdoctor.structure.snake_case import snake_case

OPTIMIZER: Final = ("optimizer", "optimizer_config")
METRICS: Final = ("metrics", "weighted_metrics")
SAID: Final = "said"  # beside a class: the text that stood for it
KERAS_2: Final = "2.15.0"
REDUCED: Final = ("auto", "sum_over_batch_size")  # what fit() does with a loss that says nothing, in either Keras
# What ``compile`` does when it is not told otherwise; "auto" is settled when the model is compiled.
USUAL: Final[Mapping[str, tuple[Json, ...]]] = {
    "run_eagerly": (False,), "steps_per_execution": (1,), "jit_compile": (False, "auto"), "auto_scale_loss": (True,), "sample_weight_mode": (),
}  # fmt: skip
# Metrics that compile() chooses by the output, and what it chose, which an .h5 of Keras 2 says.
CHOSEN: Final = {
    "accuracy": ("binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy"),
    "crossentropy": ("binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy"),
}
CHOICES: Final = {"accuracy": "accuracy", "acc": "accuracy", "crossentropy": "crossentropy", "ce": "crossentropy"}


def plain_training(document: Document) -> Json:
    """The training state: every loss, metric and optimizer as an object with its class and config, those of several outputs by their names,
    without modules and without what is null. Anything but an object is handed back as it is."""
    said = document.training
    return _Reader(document).read(said) if isinstance(said, Mapping) else said


@dataclass(frozen=True)
class _Reader:
    document: Document

    def read(self, said: Mapping[str, Json]) -> dict[str, Json]:
        found: dict[str, Json] = {}
        for key, value in said.items():
            if key in OPTIMIZER:
                found[OPTIMIZER[0]] = self.optimizer(value)
            elif key == "loss":
                found[key] = self.of_outputs(value, self.loss)
            elif key == "loss_weights":
                found[key] = self.weights(value)
            elif key in METRICS:
                found[key] = self.metrics(value)
            elif value is not None and value not in USUAL.get(key, ()):
                found[key] = value
        return {key: value for key, value in found.items() if value is not None}

    @property
    def keras_3(self) -> bool:
        return (self.document.saved_by().major or 0) >= 3

    @property
    def outputs(self) -> Sequence[str]:
        listed = models(self.document)
        ends = listed[0].node.config.get("output_layers") if listed else None
        return [*ends] if isinstance(ends, Mapping) else [source.layer for source in listed[0].endpoints("output_layers")] if listed else []

    def optimizer(self, value: Json) -> Json:
        node = as_node(value, Pointer("training"))
        if node is None:
            known = self.known("optimizer", value)
            return value if known is None else {"class_name": plain_name(known.name), "config": {}, SAID: value}
        own = self.known("optimizer", node.class_name)
        if own is None:
            return value
        config = {"learning_rate" if key == "lr" else key: item for key, item in node.config.items()}
        inner = {"inner_optimizer": self.optimizer(config["inner_optimizer"])} if "inner_optimizer" in config else {}
        return {"class_name": plain_name(own.name), "config": {**config, **inner}}

    def known(self, kind: str, name: Json) -> ApiObject | None:
        """What a release knows by this name: the saving one first. A package that is not Keras's own makes it another name."""
        for release in dict.fromkeys((self.document.saved_by().keras, KERAS_2, releases()[-1])):
            found = _found(kind, name, release) if isinstance(name, str) and release else None
            if found is not None:
                return found
        return None

    def of_outputs(self, value: Json, each: Callable[[Json], Json]) -> Json:
        """A loss for each output."""
        names = self.outputs
        if isinstance(value, list):
            if len(names) < 2 and len(value) == 1:
                return each(value[0])
            return dict(zip(names, map(each, value), strict=True)) if len(names) == len(value) > 1 else [each(item) for item in value]
        if isinstance(value, Mapping) and "class_name" not in value:
            if len(names) == 1 and [*value] == [*names]:
                return each(value[names[0]])
            return {name: item for name in dict.fromkeys((*names, *value)) if (item := each(value.get(name))) is not None}
        found = each(value)
        return dict.fromkeys(names, found) if len(names) > 1 and found is not None else found

    def weights(self, value: Json) -> Json:
        """Those that are not 1, which is what none means."""
        names = self.outputs
        pairs = zip(names, value, strict=True) if isinstance(value, list) and len(value) == len(names) else None
        found = value.items() if isinstance(value, Mapping) else pairs
        return value if found is None else {name: each for name, each in found if each not in (None, 1)} or None

    def metrics(self, value: Json) -> Json:
        names = self.outputs
        if len(names) < 2:
            return [self.metric(item, "") for item in _flat(value)] or None
        if isinstance(value, list) and not (len(value) == len(names) and (self.keras_3 or any(isinstance(item, list) for item in value))):
            value = [value for _ in names]
        if isinstance(value, list):
            value = dict(zip(names, value, strict=True))
        if not isinstance(value, Mapping) or "class_name" in value:
            value = dict.fromkeys(names, value)
        found = {name: [self.metric(item, name) for item in _flat(each)] for name, each in value.items()}
        return {name: each for name, each in found.items() if each} or None

    def loss(self, value: Json) -> Json:
        node = as_node(value, Pointer("training"))
        name = str(node.raw["config"]) if node is not None and node.class_name == FUNCTION else value
        if isinstance(name, str):
            known = self.as_class("loss", name)
            return {"class_name": name if known is None else known, "config": {}, SAID: name}
        if node is None:
            return value
        config = {key: item for key, item in node.config.items() if (key, item) != ("fn", snake_case(node.class_name))}
        if config.get("reduction") in REDUCED:
            del config["reduction"]
        return {"class_name": node.class_name, "config": config}

    def metric(self, value: Json, output: str) -> Json:
        """By its class; Keras 2 puts the name of the output before that of a metric, where there are several."""
        node = as_node(value, Pointer("training"))
        if isinstance(value, str):
            unnamed = value[:1].isupper() and not self.keras_3  # Keras 3 names it by the text, whatever that is
            return self.named_metric(value, {} if unnamed else {"name": value}, value)
        if node is None:
            return value
        if node.class_name == FUNCTION:
            name = str(node.raw["config"])
            return self.named_metric(name, {"name": name}, name)
        config = dict(node.config)
        own = config.get("name")
        if isinstance(own, str) and output and not self.keras_3:
            config["name"] = own.removeprefix(f"{output}_")
        function = _function(config.get("fn")) if node.class_name == WRAPPER else None
        if function is None:
            return {"class_name": node.class_name, "config": config}
        del config["fn"]
        choice = CHOICES.get(str(config.get("name")))
        return self.named_metric(choice if choice and function in CHOSEN[choice] else function, config)

    def named_metric(self, name: str, config: Mapping[str, Json], said: str = "") -> dict[str, Json]:
        known = CHOICES.get(name) or self.as_class("metric", name) or name
        return {"class_name": known, "config": dict(config), **({SAID: said} if said else {})}

    def as_class(self, kind: str, name: str) -> str | None:
        """The class that computes what the function does, or the function by its first name; None for somebody's own."""
        known = self.known(kind, name)
        if known is None or not known.is_function:
            return None if known is None else known.name
        return _classes(kind).get(known.name, known.name)


@lru_cache(maxsize=256)
def _found(kind: str, name: str, release: str) -> ApiObject | None:
    try:
        catalogue = Catalogue.load(release)
    except UnknownRelease:
        return None
    return catalogue.function(kind, name) or catalogue.legacy(kind, name)


@lru_cache(maxsize=8)
def _classes(kind: str) -> Mapping[str, str]:
    """Function -> the class of the same name."""
    catalogue = Catalogue.load(releases()[-1])
    alike = {snake_case(name): name for name in sorted(catalogue.names(kind)) if name[:1].isupper() and not name.isupper()}
    return {**alike, **(CLASSES if kind == "metric" else {})}


def _function(value: Json) -> str | None:
    node = as_node(value, Pointer("training"))
    found = node.raw["config"] if node is not None and node.class_name == FUNCTION else value
    return found if isinstance(found, str) else None


def _flat(value: Json) -> Iterator[Json]:
    if isinstance(value, list):
        for item in value:
            yield from _flat(item)
    elif isinstance(value, Mapping) and "class_name" not in value:
        for item in value.values():
            yield from _flat(item)
    elif value is not None:
        yield value
