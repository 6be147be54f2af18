"""The training state in the words of each container, and as people ask for it."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator

from kdoctor.document import Format, Json
from kdoctor.errors import UsageError
from kdoctor.keras_api.api_object import ApiObject
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.keras_api.metric_functions import SHORT
from kdoctor.target import Training
from kdoctor.training.asked_outputs import NOTHING, each_of, split, weight
from kdoctor.training.output_forms import for_each
from kdoctor.training.schedules import is_schedule, schedule

PAIR = re.compile(r"(optimizer|loss_weights|loss|metrics?)=")
FORM = "write optimizer=…,loss=…,loss_weights=…,metrics=…"
QUOTES = " '\""
RATE = "learning_rate"
CALL = re.compile(r"([A-Za-z_]\w*)\s*(?:\((.*)\))?")


def training_part(training: Training, format: Format, ends: Json = None) -> dict[str, Json]:
    """compile_config of a ``.keras`` archive, or training_config of an ``.h5`` file, for a model without optimizer state.

    ``ends``: its output_layers, where it has any; the metrics are those of each output.
    """
    metrics = training.metrics or None  # Keras 3.0 takes no empty list for several outputs
    if isinstance(metrics, tuple):
        metrics = for_each([*metrics], ends)
    if format.native:
        optimizer = {
            "module": "keras.optimizers",
            "class_name": training.optimizer.rpartition(">")[2],  # Keras 2.11 to 2.15 know some in an .h5 by their registered names alone
            "config": dict(training.arguments),
            "registered_name": None,
        }
        return {
            "optimizer": optimizer,
            "loss": training.loss,
            "loss_weights": training.loss_weights,
            "metrics": metrics,
            "weighted_metrics": None,
        }
    return {
        "loss": training.loss,
        "loss_weights": training.loss_weights,
        "metrics": metrics,
        "weighted_metrics": None,
        "optimizer_config": {"class_name": training.optimizer, "config": dict(training.arguments)},
    }


def parse_training(text: str, catalogue: Catalogue) -> Training:
    """``optimizer=adam(1e-4),loss=mse,metrics=mae+accuracy`` as Keras names it.

    The one positional argument of an optimizer is its learning rate; several metrics are joined by ``+`` or commas. Names are checked
    against the release, that of a loss is written out in full (``mean_squared_error``), which every loader understands. Raises `UsageError`.
    """
    given = dict(_pairs(text))
    if "optimizer" not in given:
        raise UsageError(f"--compile {text!r}: {FORM}")
    name, arguments = _optimizer(given["optimizer"], catalogue)
    metrics = _metrics(given.get("metrics", given.get("metric", "")), catalogue)
    loss, weights = given.get("loss"), given.get("loss_weights")
    return Training(
        name,
        arguments,
        None if loss is None else each_of("loss", loss, lambda one: _named("loss", one.strip(QUOTES), catalogue)),
        metrics,
        None if weights is None else each_of("loss_weights", weights, weight),
    )


def _metrics(text: str, catalogue: Catalogue) -> Json:
    """A tuple is that of every output; of a list of lists, and of a dict, each member is that of one."""

    def read(one: str) -> Json:
        plain = re.sub(r"^\[(.*)\]$", r"\1", one.strip())
        named = (item.strip(QUOTES) for item in split(plain, "+,"))
        return [_named("metric", item, catalogue) for item in named if item and item.lower() not in NOTHING]

    text = text.strip()
    members = [*split(text[1:-1])] if text[:1] == "[" and text[-1:] == "]" else []
    if text[:1] == "{" or any(item.strip()[:1] == "[" for item in members):
        found = each_of("metrics", text, read)
        return [one or [] for one in found] if isinstance(found, list) else {name: one or [] for name, one in found.items()}
    return tuple(read(text))


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """``key=value`` pairs; a comma belongs to the value unless a known key follows it."""
    parts: list[list[str]] = []
    for item in split(text):
        match = PAIR.match(item.strip())
        if match is not None:
            parts.append([match.group(1), item.strip()[match.end() :].strip()])
        elif not parts:
            raise UsageError(f"--compile {text!r}: {FORM}")
        else:
            parts[-1][1] += f",{item}"
    yield from ((key, value) for key, value in parts)


def _optimizer(text: str, catalogue: Catalogue) -> tuple[str, dict[str, Json]]:
    match = CALL.fullmatch(text)
    names = catalogue.names("optimizer")
    sought = "" if match is None else match.group(1)
    registered = next((name for name in names if name.lower() == f"custom>{sought.lower()}"), "")
    stored = sought if catalogue.function("optimizer", sought) is not None else registered
    found = catalogue.function("optimizer", stored)
    if match is None or found is None or not _stands_alone(found):
        known = ", ".join(
            sorted(
                name for name in names if name[:1].isupper() and ">" not in name and _stands_alone(catalogue.function("optimizer", name))
            )
        )
        raise UsageError(f"--compile: there is no optimizer {text!r}; {known}")
    arguments = {_rate(found) if name == RATE else name: value for name, value in _arguments(match.group(2) or "", catalogue).items()}
    for name in arguments:
        if not catalogue.accepts(found, name):
            raise UsageError(f"--compile: {found.name} takes no {name!r}")
    arguments = {name: _fitting(found, name, value) for name, value in arguments.items()}
    usual = found.parameters.get("name")
    named = {"name": usual if isinstance(usual, str) else found.name.lower()} if catalogue.accepts(found, "name") else {}
    return registered if stored == registered else found.name, {**named, **arguments}


def _stands_alone(optimizer: ApiObject | None) -> bool:
    """Whether it can be made without another optimizer, and is no base of them: it has a learning rate of its own."""
    return optimizer is not None and isinstance(optimizer.parameters.get(_rate(optimizer)), float)


def _rate(optimizer: ApiObject) -> str:
    """What the release calls the learning rate of an optimizer: ``lr`` up to Keras 2.2."""
    return RATE if RATE in optimizer.parameters else "lr"


def _fitting(optimizer: ApiObject, name: str, value: Json) -> Json:
    """The value as Keras saves one of the parameter's kind; it refuses a learning rate that is not written as a float."""
    default = optimizer.parameters.get(name)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if isinstance(default, bool):
        fits, wanted = isinstance(value, bool), "True or False"
    elif name == _rate(optimizer) and isinstance(value, dict):
        fits, wanted = True, "a schedule"
    elif isinstance(default, (int, float)):
        fits, wanted = is_number and (value >= 0 or name != _rate(optimizer)), "a number"
    else:
        fits, wanted = not isinstance(value, str) or name == "name", "a number"
    if not fits:
        raise UsageError(f"--compile: {name} of {optimizer.name} is {wanted}, not {value!r}")
    return float(value) if isinstance(default, float) and is_number else value


def _arguments(text: str, catalogue: Catalogue) -> dict[str, Json]:
    """Literal arguments of a call; the positional one is the learning rate, which may be a schedule, too."""
    try:
        call = ast.parse(f"f({text})", mode="eval").body
        if not isinstance(call, ast.Call) or any(word.arg is None for word in call.keywords):
            raise ValueError("more than the arguments of one call")
        positional = [_value(RATE, value, catalogue) for value in call.args]
        named = {str(word.arg): _value(str(word.arg), word.value, catalogue) for word in call.keywords}
    except (SyntaxError, ValueError) as error:
        raise UsageError(f"--compile: the optimizer's arguments {text!r} are not plain values") from error
    if len(positional) > 1:
        raise UsageError(f"--compile: only the learning rate may go without a name: ({text})")
    return {RATE: positional[0], **named} if positional else named


def _value(name: str, value: ast.expr, catalogue: Catalogue) -> Json:
    return schedule(value, catalogue) if name in (RATE, "lr") and is_schedule(value) else ast.literal_eval(value)


def _named(kind: str, text: str, catalogue: Catalogue) -> str:
    """The full name of a loss; a metric stays as it is asked for, because ``history`` names it so.

    ``accuracy`` and its short form mean whatever fits the output; Keras 2 finds few short names of functions when it trains.
    """
    if kind == "metric" and text in ("accuracy", "acc", "crossentropy", "ce"):
        return text
    found = catalogue.function(kind, text)
    if found is None:
        raise UsageError(f"--compile: there is no {kind} {text!r}" + ("; it goes by its name, without arguments" if "(" in text else ""))
    return text if kind == "metric" and (not found.is_function or text in SHORT) else found.name
