"""Arguments that the target takes, with values that it does not: of layers and regularizers, and of the optimizer."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import partial

from kdoctor.check import Finding, Need, Repair, Safety
from kdoctor.document import ABSENT, Document, Json
from kdoctor.edit import Edit
from kdoctor.keras_api import habits
from kdoctor.keras_api.compile_reader import Mention, mentions
from kdoctor.keras_api.optimizer_settings import unmet
from kdoctor.keras_api.reader import Call, Resolution, found_in_calls
from kdoctor.keras_api.refusal import Refusal
from kdoctor.keras_api.refused_values import refusals_of
from kdoctor.structure.layers import is_model
from kdoctor.structure.objects import Node
from kdoctor.target import Target

from ._given_training import as_given

COMPILED = Need("--compile", "optimizer=adam(0.001),loss=…,metrics=…", "the file does not say how the model was trained")
CLIPS = ("clipnorm", "global_clipnorm", "clipvalue")  # the order in which Keras 2.11 to 2.15 take the first and no other
WITHOUT = Need("FILE", "the model with another value", "no layer of Keras 3 computes the same")


def refused_values(document: Document, target: Target) -> Iterator[Finding]:
    """Of objects of Keras's own, by the table of refusals."""
    if target.keras_3:
        yield from found_in_calls(document, target, partial(_of_object, target))


def _of_object(target: Target, call: Call) -> Iterator[Finding]:
    if call.resolution is Resolution.FOUND and call.kind in ("layer", "regularizer") and not is_model(call.node):
        for one in refusals_of(call.kind, call.node.class_name, target.minor):
            if one.refuses(call.node):
                yield _finding(call.node, one, target)


def _finding(node: Node, one: Refusal, target: Target) -> Finding:
    at, value = node.at / "config" / one.argument, node.config[one.argument]
    by = f"Keras {one.later} is the first to take" if one.later else one.by
    repair = Repair(f"load it with Keras {one.later} or later", safety=Safety.ADVICE) if one.later else None
    if one.instead is not None:
        new = one.instead(value)
        title = f"write {one.argument} {new!r}" + (
            ": predictions stay, training does not" if one.trains_otherwise else ", which means the same"
        )
        repair = Repair(title, (Edit(at, old=value, new=new),), Safety.UNSAFE if one.trains_otherwise else Safety.SAFE)
    return Finding(
        at,
        f"{node.class_name} of {target} takes no {one.argument} of {_short(value)}{one.beside}, which {by}",
        repair=repair,
        needs=() if repair else (WITHOUT,),
        layer=node.name,
        keras_says=f"ValueError: {one.says}",
    )


def metrics_built(document: Document, target: Target) -> Iterator[Finding]:
    """A metric was a layer to Keras 2, which wrote the shape that an AUC for several labels was built with."""
    for mention in mentions(document, target) if target.keras_3 and document.format.native else ():
        built = document.at(mention.at / "build_config")
        if mention.kind == "metric" and mention.found is not None and isinstance(built, dict):
            at = mention.at / "build_config"
            yield Finding(
                at,
                f"the metric {mention.name} states the shape that it was built with; metrics of {target} are not built",
                repair=Repair("leave it out", (Edit(at, old=built, new=ABSENT),)),
                keras_says=f"AttributeError: '{mention.name}' object has no attribute 'built'",
            )


def metrics_arrays(document: Document, target: Target) -> Iterator[Finding]:
    """A metric of Keras 3 is made of its config as it stands; Keras 2 wrote the label_weights of an AUC as an array of NumPy."""
    for mention in mentions(document, target) if target.keras_3 and document.format.native else ():
        if mention.kind != "metric" or mention.form != "object" or mention.found is None:
            continue
        for name, value in mention.arguments.items():
            if not isinstance(value, Mapping) or value.get("class_name") != "__numpy__" or not isinstance(value.get("config"), Mapping):
                continue
            at, plain = mention.at / "config" / name, value["config"].get("value")
            yield Finding(
                at,
                f"{name} of the metric {mention.name} is an array of NumPy, which {target} does not read in a metric",
                repair=Repair("write it as a list", (Edit(at, old=value, new=plain),)) if isinstance(plain, list) else None,
                keras_says="ValueError: Attempt to convert a value ({'class_name': '__numpy__', …",
            )


def refused_settings(document: Document, mention: Mention, target: Target) -> Iterator[Finding]:
    """Of an optimizer that is found: a learning rate or a momentum that is no float, two ways to clip gradients at once, and what else it demands."""
    yield from _refused_rate(document, mention, target)
    arguments, at = mention.arguments, mention.at / "config"
    ways = CLIPS if habits.CLIPS_IN_ONE_WAY.of(target) else CLIPS[:2]
    given = [name for name in ways if arguments.get(name) is not None]
    if len(given) > 1:
        kept = next((name for name in given if arguments[name]), given[0])
        edits = tuple(Edit(at / name, old=arguments[name], new=None) for name in given if name != kept)
        safety = Safety.UNSAFE if target.purpose == "training" else Safety.SAFE
        yield Finding(
            at / given[-1],
            f"the optimizer {mention.name} of {target} clips gradients in one way, and is told {len(given)}: {', '.join(given)}",
            repair=Repair(f"keep {kept}, the one that Keras 2.11 and later go by; predictions stay", edits, safety),
            keras_says="ValueError: Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set.",
        )
    momentum = arguments.get("momentum")
    whole = mention.name == "SGD" and type(momentum) is int and momentum in (0, 1)
    taken = {name: value for name, value in arguments.items() if name not in mention.not_taken() and not (whole and name == "momentum")}
    for one in unmet(mention.name, taken):
        repair = as_given(document, target)
        yield Finding(
            at / one.setting,
            f"{one.setting} of the optimizer {mention.name} is {_short(arguments[one.setting])}, which no Keras 3 takes",
            repair=repair,
            needs=() if repair else (COMPILED,),
            keras_says=f"ValueError: {one.says}",
        )
    if whole:
        yield Finding(
            at / "momentum",
            f"the momentum of SGD is the whole number {momentum}, and {target} takes a float alone",
            repair=Repair(f"write momentum {momentum}.0", (Edit(at / "momentum", old=momentum, new=float(momentum or 0)),)),
            keras_says="ValueError: `momentum` must be a float between [0, 1].",
        )


def _refused_rate(document: Document, mention: Mention, target: Target) -> Iterator[Finding]:
    """optimizers/base_optimizer.py: a float, or a schedule, which is an object."""
    rate = mention.arguments.get("learning_rate", 0.0)
    if isinstance(rate, float) or (isinstance(rate, Mapping) and "class_name" in rate):
        return
    at, meant = mention.at / "config" / "learning_rate", _meant_rate(rate)
    written = None if meant is None else Repair(f"write learning_rate {meant}", (Edit(at, old=rate, new=meant),))
    repair = as_given(document, target) or written
    yield Finding(
        at,
        f"the learning rate of {mention.name} is {_short(rate)}, and {target} takes a float alone",
        repair=repair,
        needs=() if repair else (COMPILED,),
        keras_says="ValueError: Argument `learning_rate` should be float, or an instance of LearningRateSchedule, or a callable",
    )


def _meant_rate(value: Json) -> float | None:
    """The number that a whole one, or a text, can only mean."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    try:
        meant = float(value)
    except (ValueError, OverflowError):
        return None
    return meant if math.isfinite(meant) else None


def _short(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
