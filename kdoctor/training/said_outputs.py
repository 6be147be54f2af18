"""What ``--compile`` asks of each output, in the form that the target reads and trains with.

Run in 2.2.5, 2.4, 2.9, 2.15, 3.0.5 and 3.15.1. Keras 3 wants a loss and a weight for every output, both in one form, and takes no empty list of
metrics. What Keras 2 reads from an ``.h5`` keeps the names that it finds there, so that two outputs would share them: it writes objects itself.
Keras 3 names a metric by the text that it was asked for with, from an archive alone: from an ``.h5`` it makes a ``mean_absolute_error`` of "mae".
"""

from __future__ import annotations

from collections.abc import Sequence

from kdoctor.document import Document, Json
from kdoctor.graph.shapes import infer
from kdoctor.keras_api import habits
from kdoctor.keras_api.api_object import REQUIRED
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.keras_api.metric_functions import FIRST_NAMES, SHORT, WRAPPER
from kdoctor.structure.models import models
from kdoctor.structure.snake_case import snake_case
from kdoctor.target import Target, Training
from kdoctor.training.asked_outputs import output_names

CHOSEN = {"accuracy": "accuracy", "acc": "accuracy", "crossentropy": "crossentropy", "ce": "crossentropy"}
SPARSE, CATEGORICAL = "sparse_categorical", "categorical"


def for_outputs(training: Training, document: Document, target: Target) -> Training:
    """The losses, their weights and the metrics of this model's outputs, for this target."""
    names = output_names(document)
    if target.keras_3 and not document.format.native:
        training = training._replace(metrics=_named_objects(training.metrics, Catalogue.load(target.release, target.family)))
    model = next(iter(models(document)), None)
    by_name = model is not None and isinstance(model.node.config.get("output_layers"), dict)
    if len(names) < 2:
        kept = not document.format.native and habits.NAMES_METRICS_IN_HDF5.of(target)
        return _wrapped(_of_one(training), target) if kept else _of_one(training)
    strict = target.keras_3 or document.format.native
    loss, weights = _losses(training, names, by_name) if strict else (training.loss, training.loss_weights)
    objects = None if strict or not habits.NAMES_METRICS_IN_HDF5.of(target) else _objects(training, names, document, target)
    metrics = objects or _metrics(training.metrics, names, strict=strict and not by_name)
    return training._replace(loss=loss, loss_weights=weights, metrics=metrics)


def _named_objects(metrics: Json, catalogue: Catalogue) -> Json:
    """Every metric as an object that bears the name which it was asked for by; what compile() chooses by the output stays a text."""
    if isinstance(metrics, dict):
        return {output: _named_objects(said, catalogue) for output, said in metrics.items()}
    if isinstance(metrics, (list, tuple)):
        return type(metrics)(_named_objects(said, catalogue) for said in metrics)
    found = None if metrics in CHOSEN else catalogue.function("metric", metrics)
    return metrics if found is None else {"class_name": found.name, "config": {"name": metrics, "dtype": "float32"}}


def _of_one(training: Training) -> Training:
    loss, weights, metrics = (_only(said) for said in (training.loss, training.loss_weights, training.metrics))
    return training._replace(
        loss=loss, loss_weights=None if weights is None else [weights], metrics=tuple(metrics) if isinstance(metrics, list) else metrics
    )


def _wrapped(training: Training, target: Target) -> Training:
    """With the short names of metrics in the wrapper that Keras 2 writes: of a text it would make its full name."""
    catalogue = Catalogue.load(target.release, target.family)
    made = tuple(_object(metric, "", None, None, catalogue) if metric in SHORT else metric for metric in training.metrics)
    return training._replace(metrics=made)


def _only(said: Json) -> Json:
    found = [*said.values()] if isinstance(said, dict) else said
    return found[0] if isinstance(found, list) and len(found) == 1 else said


def _losses(training: Training, names: Sequence[str], by_name: bool) -> tuple[Json, Json]:
    """In one form: by name where the losses, or the outputs of the model itself, are."""
    loss, weights = training.loss, training.loss_weights
    if not isinstance(loss, (list, dict)) and weights is None:
        return loss, None
    losses = _each(loss, names, None)
    each = None if weights is None else _each(weights, names, 1.0)
    if by_name or isinstance(loss, dict):
        return dict(zip(names, losses, strict=True)), None if each is None else dict(zip(names, each, strict=True))
    return losses, each


def _each(said: Json, names: Sequence[str], missing: Json) -> list[Json]:
    if isinstance(said, dict):
        return [said.get(name, missing) for name in names]
    return [*said] if isinstance(said, list) else [said for _ in names]


def _metrics(metrics: Json, names: Sequence[str], *, strict: bool) -> Json:
    """A tuple is written for each output later on; a list of lists stays one where none is empty, everything else goes by names."""
    if isinstance(metrics, tuple) or (strict and isinstance(metrics, list) and all(metrics)):
        return metrics
    each = dict(zip(names, _each(metrics, names, []), strict=True))
    return {name: said for name, said in each.items() if said} or ()


def _objects(training: Training, names: Sequence[str], document: Document, target: Target) -> Json:
    """The metrics as Keras 2 writes them, named after their outputs; None where one of them cannot be made without its targets."""
    metrics, catalogue = training.metrics, Catalogue.load(target.release, target.family)
    asked = [[*metrics] for _ in names] if isinstance(metrics, tuple) else _each(metrics, names, [])
    losses, widths = _each(training.loss, names, None), _widths(document)
    found = [
        [_object(metric, name, loss, width, catalogue) for metric in said]
        for said, name, loss, width in zip(asked, names, losses, widths, strict=False)
    ]
    whole = len(found) == len(names) and all(one is not None for said in found for one in said)
    return found if whole and any(found) else None


def _object(metric: str, output: str, loss: Json, width: int | None, catalogue: Catalogue) -> Json:
    function = metric if metric not in CHOSEN else _chosen(CHOSEN[metric], loss, width)
    found = None if function is None else catalogue.function("metric", function)
    if found is None or (not found.is_function and REQUIRED in found.parameters.values()):
        return None
    if found.is_function:
        config = {"name": f"{output}_{metric}".lstrip("_"), "dtype": "float32", "fn": FIRST_NAMES.get(found.name, found.name)}
        return {"class_name": WRAPPER, "config": config}
    usual = found.parameters.get("name")
    return {
        "class_name": found.name,
        "config": {"name": f"{output}_{usual if isinstance(usual, str) else snake_case(found.name)}", "dtype": "float32"},
    }


def _chosen(kind: str, loss: Json, width: int | None) -> str | None:
    """What compile() takes for ``accuracy``; None where the targets alone tell."""
    if width == 1:
        return f"binary_{kind}"
    if width is None or not isinstance(loss, str):
        return None
    return next((f"{word}_{kind}" for word in (SPARSE, CATEGORICAL) if snake_case(loss).startswith(word)), None)


def _widths(document: Document) -> list[int | None]:
    """The last axis of each output."""
    model, made = models(document)[0], infer(document).outputs
    layers = {layer.key: layer.at for layer in model.layers}
    found = []
    for end in model.endpoints("output_layers"):
        shapes = made.get(layers[end.layer], ()) if end.layer in layers else ()
        shape = shapes[end.output] if end.output < len(shapes) else None
        found.append(shape[-1] if shape else None)
    return found
