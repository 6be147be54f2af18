"""The training state in the words of each container, and as people ask for it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from kdoctor.document import Format, Json
from kdoctor.errors import UsageError
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.target import Training

PAIR = re.compile(r"(optimizer|loss|metrics?)=")
CALL = re.compile(r"([A-Za-z_]\w*)\s*(?:\((.*)\))?")


def training_part(training: Training, format: Format) -> dict[str, Json]:
    """compile_config of a ``.keras`` archive, or training_config of an ``.h5`` file, for a model without optimizer state."""
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
            "loss_weights": None,
            "metrics": list(training.metrics),
            "weighted_metrics": None,
        }
    return {
        "loss": training.loss,
        "loss_weights": None,
        "metrics": list(training.metrics),
        "weighted_metrics": None,
        "optimizer_config": {"class_name": training.optimizer, "config": dict(training.arguments)},
    }


def parse_training(text: str, catalogue: Catalogue) -> Training:
    """``optimizer=adam(1e-4),loss=mse,metrics=mae+accuracy`` as Keras names it.

    The one positional argument of an optimizer is its learning rate; several metrics are joined by ``+`` or commas. Names are checked
    against the release and written out in full (``mean_squared_error``), the only form that every loader understands. Raises `UsageError`.
    """
    given = dict(_pairs(text))
    unknown = given.keys() - {"optimizer", "loss", "metrics", "metric"}
    if unknown or "optimizer" not in given:
        raise UsageError(f"--compile {text!r}: write optimizer=…,loss=…,metrics=…")
    name, arguments = _optimizer(given["optimizer"], catalogue)
    named = re.split(r"[+,]", given.get("metrics", given.get("metric", "")))
    metrics = tuple(_named("metric", metric.strip(), catalogue) for metric in named if metric.strip())
    loss = given.get("loss")
    return Training(name, arguments, None if loss is None else _named("loss", loss, catalogue), metrics)


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """``key=value`` pairs; a comma belongs to the value unless a known key follows it."""
    starts = list(PAIR.finditer(text))
    if not starts or starts[0].start() != 0:
        raise UsageError(f"--compile {text!r}: write optimizer=…,loss=…,metrics=…")
    for one, following in zip(starts, [*starts[1:], None], strict=True):
        end = len(text) if following is None else following.start()
        yield one.group(1), text[one.end() : end].strip().rstrip(",").strip()


def _optimizer(text: str, catalogue: Catalogue) -> tuple[str, dict[str, Json]]:
    match = CALL.fullmatch(text)
    names = catalogue.names("optimizer")
    sought = "" if match is None else match.group(1)
    registered = next((name for name in names if name.lower() == f"custom>{sought.lower()}"), "")
    stored = sought if catalogue.function("optimizer", sought) is not None else registered
    found = catalogue.function("optimizer", stored)
    if match is None or found is None:
        known = ", ".join(sorted(name for name in names if name[:1].isupper() and ">" not in name))
        raise UsageError(f"--compile: there is no optimizer {text!r}; {known}")
    arguments = _arguments(match.group(2) or "")
    for name in arguments:
        if not catalogue.accepts(found, name):
            raise UsageError(f"--compile: {found.name} takes no {name!r}")
    return registered if stored == registered else found.name, {"name": found.name.lower(), **arguments}


def _arguments(text: str) -> dict[str, Json]:
    """Literal arguments of a call; the positional one is the learning rate."""
    try:
        call = ast.parse(f"f({text})", mode="eval").body
        if not isinstance(call, ast.Call) or any(word.arg is None for word in call.keywords):
            raise ValueError("more than the arguments of one call")
        positional = [ast.literal_eval(value) for value in call.args]
        named = {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
    except (SyntaxError, ValueError) as error:
        raise UsageError(f"--compile: the optimizer's arguments {text!r} are not plain values") from error
    if len(positional) > 1:
        raise UsageError(f"--compile: only the learning rate may go without a name: ({text})")
    return {"learning_rate": positional[0], **named} if positional else named


def _named(kind: str, text: str, catalogue: Catalogue) -> str:
    """The full name of a loss or metric; ``accuracy`` and its short form mean whatever fits the output, so they stay."""
    if kind == "metric" and text in ("accuracy", "acc", "crossentropy", "ce"):
        return text
    found = catalogue.function(kind, text)
    if found is None:
        raise UsageError(f"--compile: there is no {kind} {text!r}")
    return found.name
