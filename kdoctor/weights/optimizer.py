"""The state of an optimizer as it was stored, and the same numbers in the order of another Keras.

Every family stores a list: counters, then the slots of the variables that are trained, in the order of ``trainable_variables``. A list is
taken over only if its length and every shape are those that the optimizer's class and settings ask for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from kdoctor.document import Document, Json, Weight
from kdoctor.keras_api.catalogue import Catalogue, releases
from kdoctor.keras_api.loss_scaling import OWN, SCALE, SCALING, computing, held, plain_name
from kdoctor.keras_api.slots import Groups, Style, has_rate, slots
from kdoctor.recipe import constant

NATIVE = "optimizer/vars/"
INNER = "optimizer/inner_optimizer/"  # where an archive keeps the optimizer that a LossScaleOptimizer holds, a second time
LEGACY = "optimizer_weights"
COUNTERS = 2  # steps and learning rate
COUNTED = frozenset({"Adam", "AdamW", "Adamax", "Lamb"})  # compute with the number of steps taken


class State(NamedTuple):
    """The number of steps taken (None where it was not stored, and says nothing), and slot name -> its array for each trained variable;
    scaling: the four counters of a LossScaleOptimizer of Keras 3 around it."""

    steps: Weight | None
    kept: Mapping[str, tuple[Weight, ...]]
    scaling: tuple[Weight, ...] = ()


def stored_state(document: Document, trained: Sequence[Weight]) -> State | None:
    """The state in the file; None where there is none beyond counters, or where it is not known to be that of these variables."""
    named, style = optimizer_of(document), style_of(document)
    scaling, arrays = _scaled(named[0], stored_list(document), style)
    inner = computing(*named)
    if inner is None or any(weight.shape != () for weight in scaling):
        return None
    name, config = inner
    counters = _counters(config, style)
    for groups in _arrangements(name, config, style):
        found = _divided(arrays[counters:], groups, trained)
        if found is not None and len(arrays) >= counters and all(array.shape == () for array in arrays[:counters]):
            return State(arrays[0], found, scaling)
    if style is Style.KERAS_1 and name not in COUNTED:
        for groups in _arrangements(name, config, style):
            found = _divided(arrays, groups, trained)
            if found is not None:
                return State(None, found)
    return None


def _scaled(name: str, arrays: tuple[Weight, ...], style: Style) -> tuple[tuple[Weight, ...], tuple[Weight, ...]]:
    """The counters of a LossScaleOptimizer, which Keras 3 alone stores, and the arrays of the one within."""
    own = OWN if name == SCALING and style is Style.KERAS_3 else 0
    return arrays[:own], arrays[own:]


class Slots(NamedTuple):
    """A group of slots in the stored list: from ``start`` on, ``width`` arrays for each trained variable."""

    start: int
    width: int


def slots_of(document: Document, trained: Sequence[Weight]) -> tuple[Slots, ...] | None:
    """Where the stored list has the slots of these variables; None where it is not theirs."""
    named, style = optimizer_of(document), style_of(document)
    scaling, arrays = _scaled(named[0], stored_list(document), style)
    name, config = computing(*named) or ("", {})
    counters = _counters(config, style)
    for groups in _arrangements(name, config, style):
        if _divided(arrays[counters:], groups, trained) is not None:
            starts = accumulate((len(group) * len(trained) for group in groups), initial=len(scaling) + counters)
            return tuple(Slots(start, len(group)) for start, group in zip(starts, groups, strict=False))
    return None


def has_state(document: Document) -> bool:
    """Whether more than counters is stored for the optimizer, or the steps that a schedule goes by."""
    arrays, computes = stored_list(document), computing(*optimizer_of(document))
    if never_trained(document) and (computes is None or slots(*computes) != ()):
        return False
    return len(arrays) > COUNTERS or (len(arrays) > 0 and not has_rate(optimizer_of(document)[1]))


def never_trained(document: Document) -> bool:
    """Whether as many arrays are stored as an optimizer has before its first step: the counters alone, and of a LossScaleOptimizer without the scale."""
    name, config = optimizer_of(document)
    computes, style = computing(name, config), style_of(document)
    scaled = style is Style.KERAS_3 and (name == SCALING or any(path.startswith(INNER) for path in document.weights))
    arrays = stored_list(document)
    alone = computes is not None and len(arrays) == _counters(computes[1], style) + (COUNTERS if scaled else 0)
    return alone and all(array.shape == () for array in arrays)


def optimizer_of(document: Document) -> tuple[str, Mapping[str, Json]]:
    """Class name, without the package that it was registered under, and settings.

    A LossScaleOptimizer of Keras 2 that scales by one number for ever keeps nothing: the optimizer that it holds is told.
    """
    found = _serialized(document)
    if isinstance(found, str):
        known = Catalogue.load(releases()[-1]).function("optimizer", found)
        return ("", {}) if known is None else (known.name, known.parameters)
    config = found.get("config")
    name, settings = _called(str(found.get("class_name", ""))), config if isinstance(config, Mapping) else {}
    fixed = held(settings) if name == SCALING and settings.get("dynamic") is False else None
    return fixed or (name, settings)


def _called(class_name: str) -> str:
    """Without the package of Keras's own, and as Keras 3 calls it; a class of another package is another one."""
    plain = class_name.removeprefix("Custom>")
    return plain if ">" in plain else plain_name(plain)


def _serialized(document: Document) -> Mapping[str, Json] | str:
    """The optimizer, or its name alone, which stands for one with default settings."""
    training = document.training if isinstance(document.training, Mapping) else {}
    found = training.get("optimizer" if document.format.native else "optimizer_config")
    return found if isinstance(found, (Mapping, str)) else {}


def arranged(state: State, name: str, config: Mapping[str, Json], style: Style) -> tuple[Weight, ...] | None:
    """The list as the other Keras stores it; None where it wants slots that the state has not."""
    if name == SCALING:
        inner, own = computing(name, config), own_counters(state.scaling, config) if style is Style.KERAS_3 else ()
        within = None if inner is None or own is None else arranged(state, *inner, style)
        return None if within is None or own is None else (*own, *within)
    groups = slots(name, config, style)
    rate = config.get("learning_rate", config.get("lr"))
    if groups is None or not all(slot in state.kept for group in groups for slot in group):
        return None
    if style is Style.KERAS_3 and has_rate(config) and type(rate) not in (int, float):
        return None
    counters = fresh(config)[: 1 + (style is Style.KERAS_3)]
    count = len(state.kept[groups[0][0]]) if groups else 0
    return (state.steps or counters[0], *counters[1:], *_joined(groups, state.kept, range(count)))


def own_counters(scaling: tuple[Weight, ...], config: Mapping[str, Json]) -> tuple[Weight, ...] | None:
    """Those of a LossScaleOptimizer of Keras 3, as stored; Keras 2 stores none, and begins with the scale of its config whenever it loads a model."""
    scale = config.get(SCALE)
    if scaling:
        return scaling
    if not isinstance(scale, (int, float)):
        return None
    steps = Weight.made(constant(0, (), "int64"))
    return (*fresh({"learning_rate": 0.0}), steps, Weight.made(constant(float(scale), (), "float32")))


def in_archive(name: str, arrays: Sequence[Weight], style: Style) -> dict[str, Weight]:
    """The list under its paths in an archive, where the optimizer that a LossScaleOptimizer holds is kept once more."""
    within = arrays[OWN if style is Style.KERAS_3 else 0 :] if name == SCALING else ()
    paths = {f"{NATIVE}{index}": weight for index, weight in enumerate(arrays)}
    return {**paths, **{f"{INNER}vars/{index}": weight for index, weight in enumerate(within)}}


def fresh(config: Mapping[str, Json]) -> tuple[Weight, ...]:
    """What Keras 3 stores for an optimizer that has not taken a step: the number of steps, and its learning rate.

    A LossScaleOptimizer has a rate of its own, which is 0 and stands in no config.
    """
    settings: Mapping[str, Json] = {"learning_rate": 0.0} if "inner_optimizer" in config else config
    rate: Json = settings.get("learning_rate", settings.get("lr"))
    steps = Weight.made(constant(0, (), "int64"))
    return (steps, Weight.made(constant(float(rate), (), "float32"))) if type(rate) in (int, float) else (steps,)


def stored_list(document: Document) -> tuple[Weight, ...]:
    """What is stored, in order."""
    if document.format.native:
        keys = sorted((int(key), path) for path in document.weights if path.startswith(NATIVE) and (key := path[len(NATIVE) :]).isdecimal())
        return tuple(document.weights[path] for _, path in keys)
    names = document.attributes.get(f"/{LEGACY}", {}).get("weight_names")
    paths = [f"{LEGACY}/{name}" for name in names if isinstance(name, str)] if isinstance(names, list) else []
    return tuple(document.weights[path] for path in paths) if all(path in document.weights for path in paths) else ()


def style_of(document: Document) -> Style:
    if (document.saved_by().major or 0) >= 3:
        return Style.KERAS_3
    if document.format.native:
        return Style.TENSORFLOW if _of_legacy(_serialized(document)) else Style.KERAS_2
    names = document.attributes.get(f"/{LEGACY}", {}).get("weight_names")
    first = names[0] if isinstance(names, list) and names and isinstance(names[0], str) else ""
    if first == "iteration:0":
        return Style.KERAS_2
    return Style.TENSORFLOW if first.endswith("/iter:0") else Style.KERAS_1


def _of_legacy(optimizer: Json) -> bool:
    """Whether it, or the one that it holds, is of ``keras.optimizers.legacy``."""
    config = optimizer.get("config") if isinstance(optimizer, Mapping) else None
    inner = config.get("inner_optimizer") if isinstance(config, Mapping) else None
    return any("legacy" in str(one.get("module")) for one in (optimizer, inner) if isinstance(one, Mapping))


def _counters(config: Mapping[str, Json], style: Style) -> int:
    return 1 + (has_rate(config) if style is Style.KERAS_3 else 0)


def _joined(groups: Groups, kept: Mapping[str, Sequence[Weight]], order: Sequence[int]) -> Iterator[Weight]:
    """The slots as a list, group by group, for the variables in this order."""
    for group in groups:
        yield from (kept[slot][index] for index in order for slot in group)


def _arrangements(name: str, config: Mapping[str, Json], style: Style) -> Iterator[Groups]:
    groups = slots(name, config, style)
    if groups is None:
        return
    yield groups
    if style is Style.KERAS_1 and name == "Adam" and ("vhat",) not in groups:
        yield (*groups, ("",))  # Keras 2.1 to 2.3 stored an array of one number where there is no vhat


def _divided(arrays: Sequence[Weight], groups: Groups, trained: Sequence[Weight]) -> dict[str, tuple[Weight, ...]] | None:
    """The arrays by slot, if there are as many as there have to be, each of the shape of its variable."""
    if len(arrays) != len(trained) * sum(map(len, groups)):
        return None
    found: dict[str, tuple[Weight, ...]] = {}
    start = 0
    for group in groups:
        end = start + len(group) * len(trained)
        for index, slot in enumerate(group):
            found[slot] = tuple(arrays[start + index : end : len(group)])
        start = end
    fits = all(each.shape == variable.shape for slot, kept in found.items() if slot for each, variable in zip(kept, trained, strict=True))
    return found if fits else None
