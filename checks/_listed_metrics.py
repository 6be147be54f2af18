"""Metrics that no list holds, and a list of metrics that was meant for each of several outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kdoctor.check import Finding, Repair
from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.pointer import Pointer
from kdoctor.saved_release import release_of
from kdoctor.structure.models import Model, models
from kdoctor.structure.objects import as_node
from kdoctor.target import Target
from kdoctor.training.output_forms import for_each

AT = Pointer("training")
KEYS = ("metrics", "weighted_metrics")
KERAS_3 = (3, 0)


def listed_metrics(document: Document, target: Target) -> Iterator[Finding]:
    """Of a file of Keras 2, which gave every output a copy of a single metric, and of a flat list of them.

    Sources: MetricsContainer._should_broadcast of Keras 2.15, CompileMetrics._build_metrics_set of Keras 3; tried with lists, dicts
    and nested lists of outputs.
    """
    training = document.training
    if not target.keras_3 or not isinstance(training, Mapping):
        return
    for key in KEYS:
        value = training.get(key)
        if isinstance(value, str) or as_node(value, AT / key) is not None:
            yield _alone(document, key, value, target)
        elif isinstance(value, list) and value and not any(_is_nested(item) for item in value) and _of_keras_2(document):
            yield from _shared(document, key, value, target)


def _alone(document: Document, key: str, value: Json, target: Target) -> Finding:
    new = for_each([value], _ends(document))
    return Finding(
        AT / key,
        f"the {key} are no list but one metric, which {target} refuses",
        repair=Repair("put it in a list" + (", once for each output" if new != [value] else ""), (Edit(AT / key, old=value, new=new),)),
        keras_says=f"ValueError: Expected `{key}` argument to be a list, tuple, or dict. Received instead: {key}=…",
    )


def _shared(document: Document, key: str, value: list[Json], target: Target) -> Iterator[Finding]:
    kept = [item for item in value if item is not None]
    new = for_each(kept, _ends(document))
    if not kept or new == kept:
        return
    yield Finding(
        AT / key,
        f"the list of {len(value)} {key} was meant for each output of the model; {target} takes its items for one output each",
        repair=Repair("write the list for each output", (Edit(AT / key, old=value, new=new),)),
        keras_says=f"ValueError: Invalid `{key}`. `{key}` should contain metrics objects and either be a dict or a list matching the output names",
        mild=target.purpose != "training",
    )


def _ends(document: Document) -> Json:
    """What the model returns, as its config says it; of a Sequential, what its last layer does where that is a model."""
    found = {model.node.at: model for model in models(document)}
    model: Model | None = next(iter(found.values()), None)
    while model is not None and not model.functional:
        model = found.get(model.layers[-1].at) if model.layers else None
    return None if model is None else model.node.config["output_layers"]


def _is_nested(value: Json) -> bool:
    return isinstance(value, list) or (isinstance(value, Mapping) and "class_name" not in value)


def _of_keras_2(document: Document) -> bool:
    saved = release_of(document)
    return saved is not None and saved < KERAS_3
