"""What ``keras.wrappers`` do with the model of a file: which of them fits it, and what each release keeps of it.

Measured with Keras 3.8.0, 3.9.2, 3.12.0 and 3.15.1 and scikit-learn 1.9.1, and read in the sources of the releases between: ``fit`` always
trains ``clone_model`` of the given model, so the weights of the file are lost, ``warm_start`` or not; the training state is lost up to 3.8;
``sklearn.base.clone`` loses ``fit_kwargs``. What ``fit`` is given goes through scikit-learn's check of X and y (wrappers/fixes.py, measured with 3.12.0
and 3.15.1): X is a table, y one column, which a regressor's predictions are squeezed to, and a classifier's are one column a class.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from kdoctor.document import Document, Json
from kdoctor.graph.shapes import infer
from kdoctor.pointer import Pointer
from kdoctor.structure.layers import Layer, layers
from kdoctor.structure.models import models
from kdoctor.structure.objects import as_node
from kdoctor.target import Target

FIRST_WITH_WRAPPERS: Final = (3, 8)
FIRST_THAT_KEEPS: Final = (3, 9)  # clone_model compiles the clone as the model was
CROSSED: Final = '"categorical_crossentropy"'
OF_LOGITS: Final = "keras.losses.CategoricalCrossentropy(from_logits=True)"
SQUARED: Final = '"mean_squared_error"'
BINARY: Final = '"binary_crossentropy"'
SINGLE: Final = "SKLearnClassifier needs a unit for each class and this model has one; SKLearnRegressor trains it on a y of 0 and 1"
IF_CLASSES: Final = "if its numbers are logits of classes; a model of several numbers for each row is trained by no wrapper"
ROW_AND_COLUMN: Final = 2  # axes of a table


class Wrapper(NamedTuple):
    """The wrapper for a model, and the loss that goes with it, as Python.

    hindrances: why the wrapper takes neither the model nor a function that builds it, a sentence each; refits: whether the loss that the file
    has, if it has one, is not fit for the wrapper's y, and another one is needed; guessed: the file does not tell that its
    numbers are classes; single: it tells two classes apart by one number.
    """

    name: str
    loss: str
    hindrances: tuple[str, ...] = ()
    refits: bool = False
    guessed: bool = False
    single: bool = False


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
    """By the loss, or else by the activation of the last layer; a model of several columns without either is one of logits, as no wrapper
    trains a regressor that has several."""
    training = document.training.get("loss") if isinstance(document.training, Mapping) else None
    loss, last = _name(training), _last(document)
    activation = ("" if last is None else _name(last.node.config.get("activation")) or last.node.class_name).lower()
    columns = _columns(last, document)
    logits = _is_of_logits(training) if loss else activation not in ("softmax", "sigmoid")
    hindrances = (*_several(document), *_untabled(document))
    classes = _is_of_classes(loss) or activation == "softmax" or (not loss and (activation == "sigmoid" or (columns or 1) > 1))
    if classes and columns == 1:
        return Wrapper("SKLearnRegressor", BINARY, hindrances, single=True)
    if not classes:
        found = f"it computes {columns} numbers for each row, and scikit-learn's check takes a y of one column"
        return Wrapper("SKLearnRegressor", SQUARED, (*hindrances, *((found,) if (columns or 1) > 1 else ())))
    sparse = loss.lower().startswith("sparse")
    return Wrapper("SKLearnClassifier", OF_LOGITS if logits else CROSSED, hindrances, refits=sparse, guessed=logits and not loss)


def _several(document: Document) -> tuple[str, ...]:
    """A wrapper passes one array in and one out."""
    outer = next(iter(models(document)), None)
    counts = (1, 1)
    if outer is not None and outer.functional:
        counts = (len(outer.endpoints("input_layers")), len(outer.endpoints("output_layers")))
    said = f"it has {counts[0]} inputs and {counts[1]} outputs: a wrapper passes one array in and one out"
    return () if counts == (1, 1) else (said,)


def _untabled(document: Document) -> tuple[str, ...]:
    """Whether the model takes anything but rows and columns."""
    begun = _outermost(document, "input_layers")
    shapes = infer(document)
    given = [
        shape for layer in begun[:1] for shape in (shapes.inputs.get(layer.at) or shapes.outputs.get(layer.at, ()))[:1] if shape is not None
    ]
    axes = [len(shape) for shape in given if len(shape) != ROW_AND_COLUMN]
    return tuple(f"it takes an X of {count} axes, and scikit-learn's check one of {ROW_AND_COLUMN}" for count in axes)


def _columns(last: Layer | None, document: Document) -> int | None:
    """How many numbers the model computes for each row; None where it is not known, or they are no row of numbers."""
    found = () if last is None else infer(document).outputs.get(last.at, ())
    shape = found[0] if found else None
    return shape[-1] if shape is not None and len(shape) == ROW_AND_COLUMN else None


def _last(document: Document) -> Layer | None:
    """The layer that the model ends with."""
    return next(reversed(_outermost(document, "output_layers")), None)


def _outermost(document: Document, ends: str) -> list[Layer]:
    """The layers of the outermost model: of a functional one those at one of its ends."""
    outer = next(iter(models(document)), None)
    named = {source.layer for source in outer.endpoints(ends)} if outer is not None and outer.functional else set()
    return [layer for layer in layers(document) if layer.depth == 0 and (not named or layer.key in named)]


def _is_of_classes(name: str) -> bool:
    plain = name.lower().replace("_", "")
    return "crossentropy" in plain or plain.startswith("categorical")


def _is_of_logits(loss: Json) -> bool:
    node = as_node(loss, Pointer("training"))
    return node is not None and bool(node.config.get("from_logits"))


def _name(value: Json) -> str:
    """The name of a function or class, however it is stored."""
    node = as_node(value, Pointer("training"))
    if node is None:
        return value if isinstance(value, str) else ""
    named = node.raw.get("config")
    return named if isinstance(named, str) else node.class_name
