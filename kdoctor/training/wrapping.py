"""What ``keras.wrappers`` do with the model of a file: which of them fits it, and what each release keeps of it.

Measured with Keras 3.8.0, 3.9.2, 3.12.0 and 3.15.1 and scikit-learn 1.9.1, and read in the sources of the releases between: ``fit`` always
trains ``clone_model`` of the given model, so the weights of the file are lost, ``warm_start`` or not; the training state is lost up to 3.8;
``sklearn.base.clone`` loses ``fit_kwargs``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from kdoctor.document import Document, Json
from kdoctor.pointer import Pointer
from kdoctor.structure.layers import layers
from kdoctor.structure.models import models
from kdoctor.structure.objects import as_node
from kdoctor.target import Target

FIRST_WITH_WRAPPERS: Final = (3, 8)
FIRST_THAT_KEEPS: Final = (3, 9)  # clone_model compiles the clone as the model was
CROSSED: Final = "categorical_crossentropy"
SQUARED: Final = "mean_squared_error"


class Wrapper(NamedTuple):
    """The wrapper for a model, the loss that goes with it, and what its user has to know, a sentence each."""

    name: str
    loss: str
    notes: tuple[str, ...] = ()


def has_wrappers(target: Target) -> bool:
    return target.keras_3 and target.minor >= FIRST_WITH_WRAPPERS


def keeps_training_state(target: Target) -> bool:
    """Whether a compiled model may be given to a wrapper as it is."""
    return target.keras_3 and target.minor >= FIRST_THAT_KEEPS


def is_compiled(document: Document) -> bool:
    """Whether the training state has what a wrapper asks for: an optimizer and a loss. Without an optimizer Keras 3 takes its default."""
    training = document.training
    if not isinstance(training, Mapping):
        return False
    return bool(training.get("loss")) and (document.format.native or bool(training.get("optimizer_config")))


def wrapper_of(document: Document) -> Wrapper:
    """By the loss, or else by the activation of the last layer."""
    loss = _name(document.training.get("loss")) if isinstance(document.training, Mapping) else ""
    last = _last(document)
    activation = _name(last.get("activation"))
    if not (_is_crossentropy(loss) or (not loss and activation in ("softmax", "sigmoid"))):
        return Wrapper("SKLearnRegressor", SQUARED, _several(document))
    notes = [*_several(document)]
    if loss.startswith("sparse") or last.get("units") == 1:
        notes.append(
            "SKLearnClassifier turns y into one column a class: the last layer needs a unit for each, and a loss that is not sparse."
        )
    return Wrapper("SKLearnClassifier", CROSSED, tuple(notes))


def _several(document: Document) -> tuple[str, ...]:
    """A wrapper passes one array in and one out."""
    outer = next(iter(models(document)), None)
    counts = (
        (1, 1) if outer is None or not outer.functional else (len(outer.endpoints("input_layers")), len(outer.endpoints("output_layers")))
    )
    return (
        ()
        if counts == (1, 1)
        else (f"The model has {counts[0]} inputs and {counts[1]} outputs: a wrapper passes one array in and one out.",)
    )


def _last(document: Document) -> Mapping[str, Json]:
    """The config of the layer that the model ends with."""
    outer = next(iter(models(document)), None)
    ends = {source.layer for source in outer.endpoints("output_layers")} if outer is not None and outer.functional else set()
    found = [layer for layer in layers(document) if layer.depth == 0 and (not ends or layer.key in ends)]
    return found[-1].node.config if found else {}


def _is_crossentropy(name: str) -> bool:
    return "crossentropy" in name.lower().replace("_", "")


def _name(value: Json) -> str:
    """The name of a function or class, however it is stored."""
    node = as_node(value, Pointer("training"))
    if node is None:
        return value if isinstance(value, str) else ""
    named = node.raw.get("config")
    return named if isinstance(named, str) else node.class_name
