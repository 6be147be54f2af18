"""A training state in the words of a release of Keras 2."""

from __future__ import annotations

from collections.abc import Mapping

from kdoctor.convert.keras_2_words import Words
from kdoctor.convert.refusal import NotConvertible
from kdoctor.convert.training import PARTS
from kdoctor.document import Json
from kdoctor.keras_api.api_object import ApiObject
from kdoctor.pointer import Pointer
from kdoctor.structure.objects import FUNCTION, Node, as_node

LOST = "the training state is left out ({why}): compile the model again"
REDUCTIONS = ("auto", "none", "sum", "sum_over_batch_size")  # utils/losses_utils.py, ReductionV2
WHOLE = "int64"  # in which the MeanIoU of Keras 3 counts, and that of Keras 2 cannot divide (run in 2.9 and 2.15)
NEW = "is_legacy_optimizer"  # false: the optimizer is one of Keras 2.11 and later, which an .h5 has to say


def keras_2_training(words: Words, training: Json, *, native: bool) -> tuple[Json, tuple[str, ...]]:
    """A training_config from a compile_config (``native``) or a training_config; None, and why, for what the release cannot say."""
    optimizer = training.get("optimizer" if native else "optimizer_config") if isinstance(training, Mapping) else None
    if optimizer is None:
        return None, ()
    try:
        said = {key: _said(words, training.get(key), "loss" if key == "loss" else "metric") for key in PARTS}
        return {**said, "optimizer_config": _optimizer(words, optimizer)}, ()
    except NotConvertible as refusal:
        return None, (LOST.format(why=refusal),)


def _said(words: Words, value: Json, kind: str) -> Json:
    node = as_node(value, Pointer("training"))
    if node is not None and node.class_name == FUNCTION:
        return _said(words, node.raw.get("config"), kind)
    if node is not None:
        found = words.catalogue.legacy(kind, node.class_name.rpartition(">")[2])
        if found is None:
            raise NotConvertible(f"Keras {words.catalogue.release} has no {kind} {node.class_name}")
        said = words.arguments(node, kind, found)
        if kind == "loss" and said.get("reduction", "auto") not in REDUCTIONS:
            raise NotConvertible(f"a {found.name} of Keras {words.catalogue.release} takes no reduction {said['reduction']!r}")
        if kind == "metric" and said.get("dtype") == WHOLE:
            del said["dtype"]
        return {"class_name": found.name, "config": said}
    if isinstance(value, Mapping):
        return {key: _said(words, item, kind) for key, item in value.items()}
    if isinstance(value, list):
        return [_said(words, item, kind) for item in value]
    if isinstance(value, str) and value not in ("accuracy", "acc", "crossentropy", "ce") and words.catalogue.function(kind, value) is None:
        raise NotConvertible(f"Keras {words.catalogue.release} has no {kind} {value!r}")
    return value


def _optimizer(words: Words, optimizer: Json) -> dict[str, Json]:
    node = as_node({"class_name": optimizer, "config": {}} if isinstance(optimizer, str) else optimizer, Pointer("training") / "optimizer")
    found = None if node is None else words.catalogue.legacy("optimizer", node.class_name.rpartition(">")[2])
    if node is None or found is None:
        raise NotConvertible(f"Keras {words.catalogue.release} does not have the optimizer")
    rate = node.config.get("learning_rate")
    schedule = as_node(rate, node.at / "learning_rate")
    plain = node if schedule is None else node._replace(config={**node.config, "learning_rate": None})
    said = words.arguments(plain, "optimizer", found)
    if schedule is not None:
        kept = words.catalogue.function("schedule", schedule.class_name)
        if kept is None:
            raise NotConvertible(f"Keras {words.catalogue.release} has no schedule {schedule.class_name}")
        said["learning_rate"] = {"class_name": kept.name, "config": _schedule(words, schedule, kept)}
    return {"class_name": found.name, "config": {**said, **({NEW: False} if NEW in found.parameters else {})}}


def _schedule(words: Words, schedule: Node, kept: ApiObject) -> dict[str, Json]:
    """Its settings; a warm-up of no steps is what a release does that has none."""
    said: dict[str, Json] = {}
    for name, value in schedule.config.items():
        if name in kept.parameters:
            said[name] = value
        elif not (name.startswith("warmup_") and value in (None, 0)):
            raise NotConvertible(f"{kept.name} of Keras {words.catalogue.release} takes no argument {name!r} (here {value!r:.60})")
    return said
